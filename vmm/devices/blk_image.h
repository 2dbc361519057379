/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blk_image.h - the file or block device behind a guest's disk
 *
 * Raw images only. One thread at a time uses an image. Offsets and lengths are
 * in bytes and inside [0, size): the caller checks that. Functions return 0 or
 * -EIO; after -EIO the amount done is unknown. The first error of an image is
 * reported to the user. A call may take as long as the disk needs for that many
 * bytes, so a caller that must return soon works in pieces.
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

	/*
	 * Private: an error was reported; bytes written since the last flush,
	 * and their range.
	 */
	bool complained;
	uint64_t unflushed, unflushed_start, unflushed_end;
};

/*
 * Open and lock the image: either one VM may write, or any number of VMs may
 * read. Returns 0, or a negative errno with one line in err.
 */
int blk_image_open(struct blk_image *image, const struct vmm_disk *disk,
		   char *err, size_t err_size);
void blk_image_close(struct blk_image *image);

/*
 * The calls change the segments of iov. Bytes after the end of a file read as
 * 0.
 */
int blk_image_read(struct blk_image *image, struct iovec *iov, unsigned int nr,
		   uint64_t offset);
int blk_image_write(struct blk_image *image, struct iovec *iov, unsigned int nr,
		    uint64_t offset);
/*
 * Returns 0 when all written data is on the disk. -EAGAIN: only a part is; call
 * again, with no other call in between.
 */
int blk_image_flush(struct blk_image *image);
/* A hint. Returns 0 also when the file system cannot discard. */
int blk_image_discard(struct blk_image *image, uint64_t offset, uint64_t len);
/* unmap: the zeroes may be a hole in the file. */
int blk_image_zero(struct blk_image *image, uint64_t offset, uint64_t len,
		   bool unmap);

#endif
