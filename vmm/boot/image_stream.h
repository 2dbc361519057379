/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_stream.h - read part of a file once from front to back, decompressed
 *
 * The loader reads its files through this code. The magic numbers tell whether
 * the bytes are stored or compressed by gzip, zstd, xz or lzma. The result goes
 * straight to the caller's buffer (guest RAM), without an intermediate buffer.
 *
 * To add a compression: write one struct decompressor, and add a line to the
 * table in image_stream.c.
 */
#ifndef TRAPLINE_VMM_IMAGE_STREAM_H
#define TRAPLINE_VMM_IMAGE_STREAM_H

#include <stddef.h>
#include <sys/types.h>
#include <trapline/types.h>

struct image_stream;

/*
 * Read [offset, offset + size) of fd; fd stays the caller's. Returns 0,
 * -ENOMEM, an error of read(2), or -ENOTSUP: the compression is not supported;
 * image_stream_compression_name() names it.
 */
int image_stream_open(int fd, uint64_t offset, uint64_t size,
		      struct image_stream **ret);
/* NULL is fine. */
void image_stream_close(struct image_stream *s);

/*
 * Fill buf. A result below len means that the stream has ended. -EBADMSG:
 * compressed data is corrupt (checksum included) or ends early. -EIO and others
 * come from read(2).
 */
ssize_t image_stream_read(struct image_stream *s, void *buf, size_t len);

/* "gzip", ...; NULL when the bytes are stored as they are. */
const char *image_stream_compression(const struct image_stream *s);

/*
 * Name the compression that the first bytes of a file show, supported or not;
 * NULL: none.
 */
const char *image_stream_compression_name(const uint8_t *head, size_t len);

#endif
