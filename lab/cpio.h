/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio.h - write an initramfs archive ("newc", as the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst defines it)
 *
 * The archive grows in memory. The first error stays set: the cpio_add
 * functions return nothing, and cpio_finish() reports whether all of them
 * succeeded. Every entry belongs to root and has time 0, so equal input makes
 * equal bytes. Add a directory before its entries.
 */
#ifndef LAB_CPIO_H
#define LAB_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct cpio {
	uint8_t *data;
	size_t size;
	size_t room;
	unsigned int ino;
	int error;
};

void cpio_init(struct cpio *cpio);
void cpio_deinit(struct cpio *cpio);

/* Paths are relative, without a leading slash. */
void cpio_add_dir(struct cpio *cpio, const char *path, unsigned int mode);
void cpio_add_file(struct cpio *cpio, const char *path, unsigned int mode,
		   const void *data, size_t size);

/* A symbolic link to @target. */
void cpio_add_link(struct cpio *cpio, const char *path, const char *target);
/* Add the parent directories of @path, which the base archive may lack. */
void cpio_add_parents(struct cpio *cpio, const char *path);

/*
 * Add a copy of the host's file @from. If the file cannot be opened, -errno
 * becomes the archive's error.
 */
void cpio_copy_file(struct cpio *cpio, const char *path, unsigned int mode,
		    const char *from);

/*
 * End the archive, padded to 512 bytes. Returns 0 or the first error: -ENOMEM,
 * -EFBIG (the format has no room for a file of 4 GiB or more), or the error of
 * a file that could not be read.
 */
int cpio_finish(struct cpio *cpio);

#endif
