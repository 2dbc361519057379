// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * savefile.c - see savefile.h
 *
 * openat2(2) resolves the name. RESOLVE_BENEATH keeps it below the folder,
 * whatever others rename meanwhile. RESOLVE_NO_SYMLINKS refuses symbolic links.
 * glibc has no wrapper for openat2(2).
 */
#include "savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 16 /* openat2(2) fails with EAGAIN during a rename */

static int beneath_create(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		.mode = 0600,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd = -1;

	errno = EAGAIN;
	for (int i = 0; i < TRIES && fd < 0 && errno == EAGAIN; i++)
		fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

static const char *why(int error)
{
	switch (-error) {
	case EXDEV:
		return "this leads out of the folder of --save-dir";
	case ELOOP:
		return "symbolic links are not followed";
	case EEXIST:
		return "exists already; choose a name that does not";
	case ENOENT:
		return "no such folder below that of --save-dir";
	case ENOSYS:
		return "this kernel has no openat2(2), which Linux 5.6 brought";
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
			 "--save-dir DIR, which names the folder for them");
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
	close(folder);
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
