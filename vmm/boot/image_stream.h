/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_stream.h - read part of a file once from front to back, decompressed
 *
 * The reader of the loader: whether the bytes are stored or compressed by
 * gzip, zstd, xz or lzma is found out here, by their magic numbers, and what
 * comes out goes straight to the caller's buffer (guest RAM), not through one
 * of ours.
 *
 * To add a compression: one struct decompressor and its line in the table of
 * image_stream.c.
 */
#ifndef TRAPLINE_VMM_IMAGE_STREAM_H
#define TRAPLINE_VMM_IMAGE_STREAM_H

#include <stddef.h>
#include <sys/types.h>
#include <trapline/types.h>

struct image_stream;

/*
 * Read [offset, offset + size) of fd; fd stays the caller's. 0, -ENOMEM, what
 * read(2) said, or -ENOTSUP: compressed in a way we cannot undo;
 * image_stream_compression_name() says which.
 */
int image_stream_open(int fd, uint64_t offset, uint64_t size,
		      struct image_stream **ret);
/* NULL is fine. */
void image_stream_close(struct image_stream *s);

/*
 * Fill buf; less than len means that this was the end. -EBADMSG: compressed
 * data is corrupt or stops early, checksum included; -EIO and others from
 * read(2).
 */
ssize_t image_stream_read(struct image_stream *s, void *buf, size_t len);

/* "gzip", ...; NULL when the bytes are stored as they are. */
const char *image_stream_compression(const struct image_stream *s);

/*
 * What the first bytes of a file say: a compression's name, supported or not,
 * or NULL.
 */
const char *image_stream_compression_name(const uint8_t *head, size_t len);

#endif
