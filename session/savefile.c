// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * savefile.c - see savefile.h
 *
 * The name is resolved one folder after the other, without ".." and without
 * symbolic links. So the file is below the folder, whatever others rename
 * meanwhile. openat2(2) does the same in one call, but takes its flags from
 * memory. The sandbox (vmm/sandbox.h) checks flags in registers: it allows only
 * calls that create a file.
 */
#include "savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Closes dir. */
static int beneath_create(int dir, const char *name)
{
	const char *slash;
	int fd = dir;

	if (*name == '/')
		goto leads_out;
	while (fd >= 0 && (slash = strchr(name, '/'))) {
		fd = folder_of(dir, name, (size_t)(slash - name));
		close(dir);
		dir = fd;
		name = slash + strspn(slash, "/");
	}
	if (fd < 0)
		return fd;
	if (!strcmp(name, ".."))
		goto leads_out;
	fd = openat(dir, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;

leads_out:
	close(dir);
	return -EXDEV;
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
	snprintf(err, err_size, "--save-dir %s: %s", dir, strerror(-error));
	return error;
}

int savefile_open(const char *dir, const char *name, FILE **ret, char *err,
		  size_t err_size)
{
	int folder, fd, error;
	FILE *file;

	if (!dir) {
		snprintf(err, err_size,
			 "no file is written: trapline was started without "
			 "--save-dir DIR, which names the folder for files");
		return -EACCES;
	}
	if (!*name) {
		snprintf(err, err_size, "the name of the file is missing");
		return -EINVAL;
	}
	folder = folder_open(dir, err, err_size);
	if (folder < 0)
		return folder;
	fd = beneath_create(folder, name);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file) {
		*ret = file;
		return 0;
	}
	error = fd < 0 ? fd : -errno;
	if (fd >= 0)
		close(fd);
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
	snprintf(err, err_size, "--save-dir %s: no file can be made there: %s",
		 dir, strerror(-error));
	return error;
}
