// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * write_kdump.c - write a guest to a kdump-compressed file: see kdump.h
 *
 * Pages are compressed by zstd, level 1. All pages of zeros share the bytes of
 * the first page of zeros. The order in the file is: headers, bitmaps,
 * descriptors, pages, notes, VMCOREINFO.
 */
#include "write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trapline/util.h>
#include <zstd.h>
#include "kdump.h"

#define LEVEL  1
#define BUFFER (4 * SZ_64K)

struct kdump_writer {
	const struct vmcore_source *source;
	int fd;
	uint64_t page_size;
	uint64_t nr_frames; /* up to the end of RAM */
	uint64_t bitmap_size; /* bytes of one bitmap, whole blocks */
	uint8_t *bitmaps;
	struct kdump_desc *descs;
	uint64_t nr_descs, max_descs;
	uint64_t descs_at;
	uint64_t at; /* offset of the next byte of data */
	ZSTD_CCtx *zstd;
	uint8_t *page; /* one page, as it is */
	uint8_t *packed; /* ZSTD_compressBound() of a page */
	uint8_t *buffer; /* BUFFER bytes; data that is not written yet */
	size_t buffered;
	struct kdump_desc zero; /* of the first page of zeros */
	uint64_t done, total; /* bytes of RAM */
};

/* --- data ---------------------------------------------------------------- */

static int buffer_flush(struct kdump_writer *w)
{
	int err =
		core_pwrite(w->fd, w->buffer, w->buffered, w->at - w->buffered);

	w->buffered = 0;
	return err;
}

static int data_add(struct kdump_writer *w, const void *data, size_t size)
{
	int err = w->buffered + size > BUFFER ? buffer_flush(w) : 0;

	if (err)
		return err;
	memcpy(w->buffer + w->buffered, data, size);
	w->buffered += size;
	w->at += size;
	return 0;
}

/* Compress w->page and describe it in *ret. */
static int page_add(struct kdump_writer *w, struct kdump_desc *ret)
{
	size_t room = ZSTD_compressBound(w->page_size);
	size_t n = ZSTD_compressCCtx(w->zstd, w->packed, room, w->page,
				     w->page_size, LEVEL);
	bool packed = !ZSTD_isError(n) && n < w->page_size;

	if (!packed)
		n = w->page_size;
	*ret = (struct kdump_desc){
		.offset = w->at,
		.size = (uint32_t)n,
		.flags = packed ? KDUMP_ZSTD : 0,
	};
	return data_add(w, packed ? w->packed : w->page, n);
}

static void bit_set(uint8_t *bitmap, uint64_t n)
{
	bitmap[n / 8] |= (uint8_t)BIT_ULL(n % 8);
}

static int frame_add(struct kdump_writer *w, ipa_t ipa)
{
	struct kdump_desc *d = &w->descs[w->nr_descs];
	uint64_t frame = ipa / w->page_size;
	int err = 0;

	bit_set(w->bitmaps, frame);
	if (core_ram_read(w->source->guest, ipa, w->page, w->page_size))
		return 0; /* the guest lacks this page */
	bit_set(w->bitmaps + w->bitmap_size, frame);
	if (!core_is_zero(w->page, w->page_size)) {
		err = page_add(w, d);
	} else {
		if (!w->zero.offset)
			err = page_add(w, &w->zero);
		*d = w->zero;
	}
	w->nr_descs++;
	return err;
}

static int ram_add(struct kdump_writer *w, const struct guest_ram *r)
{
	const struct vmcore_source *s = w->source;
	int err = 0;

	for (uint64_t i = 0; i < r->size && !err; i += w->page_size) {
		err = frame_add(w, r->ipa + i);
		w->done += w->page_size;
		if (!err && s->progress && w->done % SZ_1M == 0 &&
		    !s->progress(s->opaque, w->done, w->total))
			err = -ECANCELED;
	}
	return err;
}

/* --- headers ------------------------------------------------------------- */

/* VMCOREINFO begins with the kernel's release. */
static void release_set(struct kdump_header *h, const char *info)
{
	static const char key[] = "OSRELEASE=";

	if (info && !strncmp(info, key, sizeof(key) - 1))
		snprintf(h->utsname[2], sizeof(h->utsname[2]), "%.*s",
			 (int)strcspn(info + sizeof(key) - 1, "\n"),
			 info + sizeof(key) - 1);
}

static int headers_write(struct kdump_writer *w, const char *notes, size_t size)
{
	const struct guest *g = w->source->guest;
	const char *info = w->source->vmcoreinfo;
	struct kdump_header h = {
		.magic = KDUMP_MAGIC,
		.version = KDUMP_VERSION,
		/* libkdumpfile ignores all names if one of these is empty. */
		.utsname = { "Linux", "", "unknown", "unknown", "aarch64" },
		.seconds = (uint64_t)time(NULL),
		.status = KDUMP_ZSTD,
		.block_size = (uint32_t)w->page_size,
		.sub_header_blocks = 1,
		.bitmap_blocks = (uint32_t)(2 * w->bitmap_size / w->page_size),
		.max_frames = (uint32_t)min(w->nr_frames, (uint64_t)UINT32_MAX),
		.nr_cpus = g->nr_vcpus,
	};
	struct kdump_sub_header s = {
		.phys_base = g->nr_ram ? g->ram[0].ipa : 0,
		.notes_offset = w->at,
		.notes_size = size,
		.vmcoreinfo_offset = info ? w->at + size : 0,
		.vmcoreinfo_size = info ? strlen(info) : 0,
		.max_frames_64 = w->nr_frames,
	};
	int err;

	release_set(&h, info);
	err = core_pwrite(w->fd, &h, sizeof(h), 0);
	if (!err)
		err = core_pwrite(w->fd, &s, sizeof(s), w->page_size);
	if (!err)
		err = core_pwrite(w->fd, w->bitmaps, 2 * w->bitmap_size,
				  2 * w->page_size);
	if (!err)
		err = core_pwrite(w->fd, w->descs,
				  w->nr_descs * sizeof(*w->descs), w->descs_at);
	if (!err)
		err = core_pwrite(w->fd, notes, size, w->at);
	if (!err && info)
		err = core_pwrite(w->fd, info, strlen(info), w->at + size);
	return err;
}

static int notes_write(struct kdump_writer *w)
{
	char *notes = NULL;
	size_t size;
	int err = core_notes_make(w->source, &notes, &size);

	if (!err)
		err = headers_write(w, notes, size);
	free(notes);
	return err;
}

static int writer_init(struct kdump_writer *w)
{
	const struct guest *g = w->source->guest;

	w->page_size = w->source->page_size ? w->source->page_size : SZ_4K;
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		if ((r->ipa | r->size) % w->page_size)
			return -EINVAL;
		w->total += r->size;
		w->max_descs += r->size / w->page_size;
		w->nr_frames = (r->ipa + r->size) / w->page_size;
	}
	w->bitmap_size = ALIGN_UP(w->nr_frames / 8 + 1, w->page_size);
	w->bitmaps = calloc(2, w->bitmap_size);
	w->descs = calloc(w->max_descs + 1, sizeof(*w->descs));
	w->page = malloc(w->page_size);
	w->packed = malloc(ZSTD_compressBound(w->page_size));
	w->buffer = malloc(BUFFER);
	w->zstd = ZSTD_createCCtx();
	w->descs_at = 2 * w->page_size + 2 * w->bitmap_size;
	w->at = w->descs_at + w->max_descs * sizeof(*w->descs);
	return w->bitmaps && w->descs && w->page && w->packed && w->buffer &&
			       w->zstd
		       ? 0
		       : -ENOMEM;
}

static void writer_deinit(struct kdump_writer *w)
{
	ZSTD_freeCCtx(w->zstd);
	free(w->buffer);
	free(w->packed);
	free(w->page);
	free(w->descs);
	free(w->bitmaps);
}

int core_kdump_write(const struct vmcore_source *source, int fd)
{
	struct kdump_writer w = { .source = source, .fd = fd };
	int err = writer_init(&w);

	for (unsigned int i = 0; !err && i < source->guest->nr_ram; i++)
		err = ram_add(&w, &source->guest->ram[i]);
	if (!err)
		err = buffer_flush(&w);
	if (!err)
		err = notes_write(&w);
	writer_deinit(&w);
	return err;
}
