// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * savefile.c - see savefile.h
 *
 * The name is resolved one folder after the other, without ".." and without
 * symbolic links. So the file is below the folder even if another process
 * renames folders meanwhile. openat2(2) does the same in one call, but takes
 * its flags from memory. The sandbox (sandbox.h) checks flags in registers:
 * it allows only calls that create a file.
 */
#include "savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/types.h>

/* Open the folder name, n characters long, of the folder dir. */
static int folder_of(int dir, const char *name, size_t n)
{
	char part[NAME_MAX + 1];
	struct stat st;
	int fd;

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, name, n);
	part[n] = '\0';
	if (!strcmp(part, ".."))
		return -EXDEV;
	fd = openat(dir, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && !S_ISLNK(st.st_mode))
		return fd;
	close(fd);
	return -ELOOP;
}

/*
 * Open the folder that contains the file *name. *name becomes the file's name
 * in this folder. Closes dir.
 */
static int beneath_folder(int dir, const char **name)
{
	const char *slash;
	int fd = dir;

	if (**name == '/')
		fd = -EXDEV;
	while (fd >= 0 && (slash = strchr(*name, '/'))) {
		fd = folder_of(dir, *name, (size_t)(slash - *name));
		if (fd < 0)
			break;
		close(dir);
		dir = fd;
		*name = slash + strspn(slash, "/");
	}
	if (fd >= 0 && !strcmp(*name, ".."))
		fd = -EXDEV;
	if (fd < 0)
		close(dir);
	return fd;
}

static int create(int folder, const char *name)
{
	int fd = openat(folder, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	return fd < 0 ? -errno : fd;
}

static const char *why(int error)
{
	switch (-error) {
	case EXDEV:
		return "this leads out of the folder of --save-dir";
	case ELOOP:
		return "symbolic links are not followed";
	case EEXIST:
		return "exists already; choose another name";
	case ENOENT:
		return "no such folder below that of --save-dir";
	default:
		return strerror(-error);
	}
}

static int folder_open(const char *dir, char *err, size_t err_size)
{
	int error, fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	error = -errno;
	snprintf(err, err_size, "the folder %s: %s", dir, strerror(-error));
	return error;
}

/* Open the folder in which *name is to be made. */
static int place_open(const char *dir, const char **name, char *err,
		      size_t err_size)
{
	const char *whole = *name;
	int folder;

	if (!dir) {
		snprintf(err, err_size,
			 "no file is written: trapline was started without "
			 "--save-dir DIR, which names the folder for files");
		return -EACCES;
	}
	if (!*whole) {
		snprintf(err, err_size, "the name of the file is missing");
		return -EINVAL;
	}
	folder = folder_open(dir, err, err_size);
	if (folder < 0)
		return folder;
	folder = beneath_folder(folder, name);
	if (folder < 0)
		snprintf(err, err_size, "%s: %s", whole, why(folder));
	return folder;
}

static bool exists(int folder, const char *name)
{
	int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int savefile_begin(const char *dir, const char *name, struct savefile *ret,
		   char *err, size_t err_size)
{
	struct savefile f;
	const char *last = name;
	int error = 0;

	f.folder = place_open(dir, &last, err, err_size);
	if (f.folder < 0)
		return f.folder;
	if (!*last || exists(f.folder, last))
		error = -EEXIST;
	else if (strlen(last) >= sizeof(f.name))
		error = -ENAMETOOLONG;
	if (!error) {
		snprintf(f.name, sizeof(f.name), "%s", last);
		snprintf(f.part, sizeof(f.part), ".%.200s.%d.part", last,
			 (int)getpid());
		f.fd = create(f.folder, f.part);
		error = f.fd < 0 ? f.fd : 0;
	}
	if (!error) {
		*ret = f;
		return 0;
	}
	close(f.folder);
	snprintf(err, err_size, "%s: %s", name, why(error));
	return error;
}

int savefile_commit(struct savefile *f, char *err, size_t err_size)
{
	int error = close(f->fd) ? -errno : 0;

	f->fd = -1;
	if (!error &&
	    renameat2(f->folder, f->part, f->folder, f->name, RENAME_NOREPLACE))
		error = -errno;
	/* 9p, among others, has no RENAME_NOREPLACE. */
	if (error == -EINVAL)
		error = linkat(f->folder, f->part, f->folder, f->name, 0)
				? -errno
				: 0;
	if (error)
		snprintf(err, err_size, "%s: %s", f->name, why(error));
	savefile_abort(f);
	return error;
}

void savefile_abort(struct savefile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	unlinkat(f->folder, f->part, 0);
	close(f->folder);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return 0;
}

int savefile_put(const char *dir, const char *name, const char *text,
		 size_t len, char *err, size_t err_size)
{
	struct savefile f;
	int error = savefile_begin(dir, name, &f, err, err_size);

	if (error)
		return error;
	error = write_all(f.fd, text, len);
	if (!error)
		return savefile_commit(&f, err, err_size);
	savefile_abort(&f);
	snprintf(err, err_size, "%s: %s", name, why(error));
	return error;
}

int savefile_check(const char *dir, char *err, size_t err_size)
{
	int fd = folder_open(dir, err, err_size);
	int error;

	if (fd < 0)
		return fd;
	close(fd);
	if (!access(dir, W_OK | X_OK))
		return 0;
	error = -errno;
	snprintf(err, err_size, "the folder %s: no file can be made there: %s",
		 dir, strerror(-error));
	return error;
}
