// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpio.c - write an initramfs archive
 *
 * Each entry is the magic, a header of 13 fields of 8 hex digits, the name with
 * its NUL, and the data. Name and data are each padded to 4 bytes. The kernel
 * unpacks concatenated archives in order, so this archive's files replace those
 * of the lab's base archive.
 */
#include "cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/util.h>

void cpio_init(struct cpio *cpio)
{
	memset(cpio, 0, sizeof(*cpio));
}

void cpio_deinit(struct cpio *cpio)
{
	free(cpio->data);
	cpio_init(cpio);
}

/* Make room for @size more bytes. The present data is kept. */
static bool reserve(struct cpio *cpio, size_t size)
{
	size_t room = cpio->room ? cpio->room : 64 * 1024;
	uint8_t *data;

	if (cpio->error)
		return false;
	if (size <= cpio->room - cpio->size)
		return true;
	while (room - cpio->size < size)
		room *= 2;
	data = realloc(cpio->data, room);
	if (!data) {
		cpio->error = -ENOMEM;
		return false;
	}
	cpio->data = data;
	cpio->room = room;
	return true;
}

static void put(struct cpio *cpio, const void *data, size_t size)
{
	if (!size || !reserve(cpio, size))
		return;
	memcpy(cpio->data + cpio->size, data, size);
	cpio->size += size;
}

static void pad(struct cpio *cpio, size_t align)
{
	static const uint8_t zero[512];

	put(cpio, zero, -cpio->size & (align - 1));
}

static void put_header(struct cpio *cpio, const char *path, unsigned int mode,
		       unsigned int nlink, size_t size)
{
	unsigned int namesize = strlen(path) + 1;
	char header[6 + 13 * 8 + 1];

	if (size > UINT32_MAX) {
		cpio->error = cpio->error ? cpio->error : -EFBIG;
		return;
	}
	snprintf(header, sizeof(header),
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 cpio->ino++, mode, 0U, 0U, nlink, 0U, (unsigned int)size, 0U,
		 0U, 0U, 0U, namesize, 0U);
	put(cpio, header, sizeof(header) - 1);
	put(cpio, path, namesize);
	pad(cpio, 4);
}

void cpio_add_dir(struct cpio *cpio, const char *path, unsigned int mode)
{
	put_header(cpio, path, S_IFDIR | mode, 2, 0);
}

void cpio_add_file(struct cpio *cpio, const char *path, unsigned int mode,
		   const void *data, size_t size)
{
	put_header(cpio, path, S_IFREG | mode, 1, size);
	put(cpio, data, size);
	pad(cpio, 4);
}

void cpio_add_link(struct cpio *cpio, const char *path, const char *target)
{
	size_t size = strlen(target);

	put_header(cpio, path, S_IFLNK | 0777, 1, size);
	put(cpio, target, size);
	pad(cpio, 4);
}

void cpio_add_parents(struct cpio *cpio, const char *path)
{
	char *part = strdup(path);

	if (!part) {
		cpio->error = cpio->error ? cpio->error : -ENOMEM;
		return;
	}
	for (char *slash = part; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		cpio_add_dir(cpio, part, 0755);
		*slash = '/';
	}
	free(part);
}

void cpio_copy_file(struct cpio *cpio, const char *path, unsigned int mode,
		    const char *from)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0) {
		cpio->error = cpio->error ? cpio->error : -errno;
		goto out;
	}
	put_header(cpio, path, S_IFREG | mode, 1, st.st_size);
	if (!reserve(cpio, st.st_size))
		goto out;
	err = read_all(fd, cpio->data + cpio->size, st.st_size);
	if (err)
		cpio->error = err;
	cpio->size += st.st_size;
	pad(cpio, 4);
out:
	if (fd >= 0)
		close(fd);
}

int cpio_finish(struct cpio *cpio)
{
	cpio->ino = 0;
	put_header(cpio, "TRAILER!!!", 0, 1, 0);
	pad(cpio, 512);
	return cpio->error;
}
