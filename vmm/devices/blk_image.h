/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blk_image.h - the file or block device behind a guest's disk
 *
 * Raw images only. Used by one thread at a time. Offsets and lengths are in
 * bytes and inside [0, size): the caller checks. Functions return 0, or -EIO
 * with nothing said about how much was done. Each may take as long as the disk
 * needs for that many bytes: callers that must not be away for long ask for
 * pieces.
 */
#ifndef TRAPLINE_VMM_BLK_IMAGE_H
#define TRAPLINE_VMM_BLK_IMAGE_H

#include <stdio.h>
#include <sys/uio.h>
#include <trapline/vmm.h>

struct blk_image {
	int fd;
	bool read_only;
	uint64_t size; /* rounded up to whole sectors of 512 bytes */
	const char *name; /* the path's last component, borrowed */

	/* Private: bytes written since the last flush, and where they are. */
	uint64_t unflushed, unflushed_start, unflushed_end;
};

/*
 * Open and lock: one VM that writes, or any number that only read. 0 or a
 * negative errno with one line in err.
 */
int blk_image_open(struct blk_image *image, const struct vmm_disk *disk,
		   char *err, size_t err_size);
void blk_image_close(struct blk_image *image);

/* The segments of iov are used up. What lies behind a file's end reads 0. */
int blk_image_read(struct blk_image *image, struct iovec *iov, unsigned int nr,
		   uint64_t offset);
int blk_image_write(struct blk_image *image, struct iovec *iov, unsigned int nr,
		    uint64_t offset);
/*
 * All that was written is on the disk. -EAGAIN: a part of it is; call again,
 * nothing else in between.
 */
int blk_image_flush(struct blk_image *image);
/* A hint: 0 also when the file system cannot. */
int blk_image_discard(struct blk_image *image, uint64_t offset, uint64_t len);
/* unmap: holes are welcome. */
int blk_image_zero(struct blk_image *image, uint64_t offset, uint64_t len,
		   bool unmap);

#endif
