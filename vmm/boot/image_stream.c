// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image_stream.c - read part of a file once from front to back, decompressed
 *
 * pread(2) fills a window of 256 KiB or, for stored bytes, the caller's buffer.
 * Files are never mapped: if another process truncated a mapped file, SIGBUS
 * would kill this process. A stream that ends before the end mark of its
 * compression is corrupt, even if it has given data.
 */
#include "image_stream.h"

#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <trapline/util.h>

#define WINDOW          0x40000
#define LZMA_MEMORY     (512 * SZ_1M)
#define ZSTD_WINDOW_LOG 27

struct decompressor;

struct image_stream {
	int fd;
	uint64_t offset;
	uint64_t left; /* bytes of the range after offset */
	const struct decompressor *how; /* NULL: stored */
	bool ended;
	union {
		z_stream zlib;
		lzma_stream lzma;
		ZSTD_DStream *zstd;
	};
	const uint8_t *in; /* the unused part of the window */
	size_t in_len;
	uint8_t window[WINDOW];
};

/*
 * step: decompress from s->in to *out and advance both; set s->ended at the end
 * mark. Returns 0, -EBADMSG or -ENOMEM. last: no more input will come.
 */
struct decompressor {
	const char *name;
	const char *magic;
	size_t magic_len;
	int (*init)(struct image_stream *s);
	int (*step)(struct image_stream *s, uint8_t **out, size_t *out_len,
		    bool last);
	void (*deinit)(struct image_stream *s);
};

static int gzip_init(struct image_stream *s)
{
	memset(&s->zlib, 0, sizeof(s->zlib));
	return inflateInit2(&s->zlib, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_step(struct image_stream *s, uint8_t **out, size_t *out_len,
		     bool last)
{
	uInt room = min(*out_len, UINT_MAX);
	int ret;

	s->zlib.next_in = (Bytef *)s->in;
	s->zlib.avail_in = s->in_len;
	s->zlib.next_out = *out;
	s->zlib.avail_out = room;
	ret = inflate(&s->zlib, Z_NO_FLUSH);
	s->in = s->zlib.next_in;
	s->in_len = s->zlib.avail_in;
	*out_len -= room - s->zlib.avail_out;
	*out = s->zlib.next_out;
	if (ret == Z_STREAM_END)
		s->ended = true;
	else if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	else if (ret != Z_OK && ret != Z_BUF_ERROR)
		return -EBADMSG;
	return 0;
}

static void gzip_deinit(struct image_stream *s)
{
	inflateEnd(&s->zlib);
}

static int zstd_init(struct image_stream *s)
{
	s->zstd = ZSTD_createDStream();
	if (!s->zstd)
		return -ENOMEM;
	/* Kernels are compressed with -22 --ultra: a window of 128 MiB. */
	ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	return 0;
}

static int zstd_step(struct image_stream *s, uint8_t **out, size_t *out_len,
		     bool last)
{
	ZSTD_inBuffer in = { s->in, s->in_len, 0 };
	ZSTD_outBuffer o = { *out, *out_len, 0 };
	size_t ret = ZSTD_decompressStream(s->zstd, &o, &in);

	s->in += in.pos;
	s->in_len -= in.pos;
	*out += o.pos;
	*out_len -= o.pos;
	if (ZSTD_isError(ret))
		return -EBADMSG;
	if (!ret)
		s->ended = true;
	return 0;
}

static void zstd_deinit(struct image_stream *s)
{
	ZSTD_freeDStream(s->zstd);
}

static int xz_init(struct image_stream *s)
{
	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&s->lzma, LZMA_MEMORY, 0) == LZMA_OK
		       ? 0
		       : -ENOMEM;
}

static int lzma_init(struct image_stream *s)
{
	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_alone_decoder(&s->lzma, LZMA_MEMORY) == LZMA_OK ? 0
								    : -ENOMEM;
}

static int lzma_step(struct image_stream *s, uint8_t **out, size_t *out_len,
		     bool last)
{
	lzma_ret ret;

	s->lzma.next_in = s->in;
	s->lzma.avail_in = s->in_len;
	s->lzma.next_out = *out;
	s->lzma.avail_out = *out_len;
	ret = lzma_code(&s->lzma, last ? LZMA_FINISH : LZMA_RUN);
	s->in = s->lzma.next_in;
	s->in_len = s->lzma.avail_in;
	*out = s->lzma.next_out;
	*out_len = s->lzma.avail_out;
	if (ret == LZMA_STREAM_END)
		s->ended = true;
	else if (ret == LZMA_MEM_ERROR || ret == LZMA_MEMLIMIT_ERROR)
		return -ENOMEM;
	else if (ret != LZMA_OK && ret != LZMA_BUF_ERROR)
		return -EBADMSG;
	return 0;
}

static void lzma_deinit(struct image_stream *s)
{
	lzma_end(&s->lzma);
}

/* init NULL: the compression is not supported; a message shows its name. */
static const struct decompressor decompressors[] = {
	{ "gzip", "\x1f\x8b\x08", 3, gzip_init, gzip_step, gzip_deinit },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_init, zstd_step, zstd_deinit },
	{ "xz",
	  "\xfd"
	  "7zXZ\0",
	  6, xz_init, lzma_step, lzma_deinit },
	{ "lzma", "\x5d\0\0", 3, lzma_init, lzma_step, lzma_deinit },
	{ "lz4", "\x02\x21\x4c\x18", 4, NULL, NULL, NULL },
	{ "lz4", "\x04\x22\x4d\x18", 4, NULL, NULL, NULL },
	{ "lzo", "\x89LZO", 4, NULL, NULL, NULL },
	{ "bzip2", "BZh", 3, NULL, NULL, NULL },
};

static const struct decompressor *decompressor_find(const uint8_t *head,
						    size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(decompressors); i++) {
		const struct decompressor *d = &decompressors[i];

		if (len >= d->magic_len &&
		    !memcmp(head, d->magic, d->magic_len))
			return d;
	}
	return NULL;
}

const char *image_stream_compression_name(const uint8_t *head, size_t len)
{
	const struct decompressor *d = decompressor_find(head, len);

	return d ? d->name : NULL;
}

/* Read up to len bytes of the file; 0 at the end of the range or the file. */
static ssize_t file_read(struct image_stream *s, void *buf, size_t len)
{
	ssize_t n;

	if (len > s->left)
		len = s->left;
	if (len > INT_MAX)
		len = INT_MAX;
	do {
		n = len ? pread(s->fd, buf, len, s->offset) : 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	s->offset += n;
	/* The file may have been truncated since it was opened. */
	s->left = n ? s->left - n : 0;
	return n;
}

static int window_fill(struct image_stream *s)
{
	ssize_t n = file_read(s, s->window, sizeof(s->window));

	if (n < 0)
		return n;
	s->in = s->window;
	s->in_len = n;
	return 0;
}

int image_stream_open(int fd, uint64_t offset, uint64_t size,
		      struct image_stream **ret)
{
	struct image_stream *s;
	int err;

	if (offset > INT64_MAX || size > INT64_MAX - offset)
		return -EBADMSG;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = fd;
	s->offset = offset;
	s->left = size;
	err = window_fill(s);
	if (err)
		goto free_stream;
	s->how = decompressor_find(s->in, s->in_len);
	err = !s->how ? 0 : s->how->init ? s->how->init(s) : -ENOTSUP;
	if (err)
		goto free_stream;
	*ret = s;
	return 0;

free_stream:
	free(s);
	return err;
}

void image_stream_close(struct image_stream *s)
{
	if (s && s->how)
		s->how->deinit(s);
	free(s);
}

const char *image_stream_compression(const struct image_stream *s)
{
	return s->how ? s->how->name : NULL;
}

static ssize_t stored_read(struct image_stream *s, uint8_t *buf, size_t len)
{
	size_t done = min(len, s->in_len);
	ssize_t n;

	memcpy(buf, s->in, done);
	s->in += done;
	s->in_len -= done;
	while (done < len) {
		n = file_read(s, buf + done, len - done);
		if (n < 0)
			return n;
		if (!n)
			break;
		done += n;
	}
	return done;
}

ssize_t image_stream_read(struct image_stream *s, void *buf, size_t len)
{
	uint8_t *out = buf;
	size_t room = len;
	int err;

	if (!s->how)
		return stored_read(s, buf, len);
	while (room && !s->ended) {
		size_t had_room = room, had_in;

		if (!s->in_len) {
			err = window_fill(s);
			if (err)
				return err;
		}
		had_in = s->in_len;
		err = s->how->step(s, &out, &room, !s->left);
		if (err)
			return err;
		/* No progress and no more input: the stream ends early. */
		if (!s->ended && room == had_room && s->in_len == had_in &&
		    !s->left)
			return -EBADMSG;
	}
	return len - room;
}
