// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read_kdump.c - the RAM of a kdump-compressed file: see kdump.h
 *
 * Such files come from our own writer, from QEMU's dump-guest-memory -z, and
 * from makedumpfile. A page is decompressed when it is first read, and is then
 * kept: a reader needs few of a dump's pages, and needs these often. So the
 * memory in use is never more than the guest's RAM, or MAX_KEPT.
 *
 * libkdumpfile, a library for this format, is not used: here the file is mapped
 * and read in place, and every offset and size is checked against its end.
 */
#include "core.h"

#include <errno.h>
#include <lzo/lzo1x.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <trapline/util.h>
#include <zlib.h>
#include <zstd.h>
#include "kdump.h"

#define MAX_PAGE   SZ_64K
#define MAX_RANGES 4096U /* of RAM; the last one includes all later RAM */
#define MAX_FRAME  BIT_ULL(52 - 12) /* frames of a 52-bit address space */

/*
 * The most bytes of pages that are kept. Many descriptors of a hostile file can
 * refer to the same few bytes.
 */
#define MAX_KEPT (2ULL * SZ_1G)

/* --- one page ------------------------------------------------------------ */

static bool unpack_zlib(const uint8_t *from, uint64_t size, uint8_t *to,
			uint64_t to_size)
{
	uLongf n = to_size;

	return uncompress(to, &n, from, size) == Z_OK && n == to_size;
}

static bool unpack_lzo(const uint8_t *from, uint64_t size, uint8_t *to,
		       uint64_t to_size)
{
	lzo_uint n = to_size;

	return lzo1x_decompress_safe(from, size, to, &n, NULL) == LZO_E_OK &&
	       n == to_size;
}

static bool unpack_zstd(const uint8_t *from, uint64_t size, uint8_t *to,
			uint64_t to_size)
{
	return ZSTD_decompress(to, to_size, from, size) == to_size;
}

static bool unpack_none(const uint8_t *from, uint64_t size, uint8_t *to,
			uint64_t to_size)
{
	if (size != to_size)
		return false;
	memcpy(to, from, size);
	return true;
}

static bool page_read(struct vmcore *c, uint64_t desc, uint8_t *to)
{
	static const struct {
		uint32_t method;
		bool (*unpack)(const uint8_t *from, uint64_t size, uint8_t *to,
			       uint64_t to_size);
	} methods[] = {
		{ 0, unpack_none },
		{ KDUMP_ZLIB, unpack_zlib },
		{ KDUMP_LZO, unpack_lzo },
		{ KDUMP_ZSTD, unpack_zstd },
	};
	struct core_kdump *k = &c->kdump;
	struct kdump_desc d;

	memcpy(&d, c->file + k->descs + desc * sizeof(d), sizeof(d));
	if (!d.offset || !core_has(c, d.offset, d.size)) {
		core_lacks(c, "the dump is incomplete: memory is missing");
		return false;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == (d.flags & KDUMP_METHODS)) {
			if (methods[i].unpack(c->file + d.offset, d.size, to,
					      k->page_size))
				return true;
			core_lacks(c, "the dump has damaged pages");
			return false;
		}
	core_lacks(c, "the dump has pages compressed by snappy, which is not "
		      "supported: makedumpfile -c makes another dump");
	return false;
}

/* The number of the frame's descriptor; false: the file lacks the frame. */
static bool desc_of(const struct core_kdump *k, uint64_t frame, uint64_t *ret)
{
	uint64_t word;

	if (frame >= k->nr_frames)
		return false;
	memcpy(&word, k->bitmap + frame / 64 * 8, sizeof(word));
	if (!(word & BIT_ULL(frame % 64)))
		return false;
	word &= BIT_ULL(frame % 64) - 1;
	*ret = k->before[frame / 64] + (uint64_t)__builtin_popcountll(word);
	return *ret < k->nr_descs;
}

static void pages_forget(struct core_kdump *k)
{
	madvise(k->pages, k->nr_descs * k->page_size, MADV_DONTNEED);
	memset(k->have, 0, k->nr_descs / 8 + 1);
	k->kept = 0;
}

const uint8_t *core_kdump_map(const struct guest *g, ipa_t ipa, uint64_t *len)
{
	struct vmcore *c = core_of(g);
	struct core_kdump *k = &c->kdump;
	uint64_t desc, in_page = ipa % k->page_size;
	uint8_t *page;

	if (!desc_of(k, ipa / k->page_size, &desc))
		return NULL;
	page = k->pages + desc * k->page_size;
	if (!(k->have[desc / 8] & BIT_ULL(desc % 8))) {
		if (k->kept >= MAX_KEPT)
			pages_forget(k);
		if (!page_read(c, desc, page))
			return NULL;
		k->kept += k->page_size;
		k->have[desc / 8] |= (uint8_t)BIT_ULL(desc % 8);
	}
	*len = min(*len, k->page_size - in_page);
	return page + in_page;
}

/* --- the file ------------------------------------------------------------ */

/* Count the bits before each word of the bitmap. */
static int bitmap_count(struct core_kdump *k)
{
	uint64_t nr = k->nr_frames / 64, sum = 0, word;

	k->before = malloc((nr + 1) * sizeof(*k->before));
	if (!k->before)
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++) {
		memcpy(&word, k->bitmap + i * 8, sizeof(word));
		k->before[i] = sum;
		sum += (uint64_t)__builtin_popcountll(word);
	}
	k->nr_descs = sum;
	return 0;
}

/* The first frame, from this frame on, whose bit has this value; nr: none. */
static uint64_t frame_find(const uint8_t *bitmap, uint64_t nr, uint64_t frame,
			   bool bit)
{
	uint8_t skip = bit ? 0 : 0xff;

	while (frame < nr) {
		if (frame % 8 == 0 && bitmap[frame / 8] == skip)
			frame += 8;
		else if (!!(bitmap[frame / 8] & BIT_ULL(frame % 8)) != bit)
			frame++;
		else
			return frame;
	}
	return nr;
}

/* RAM is the frames of the first bitmap; the file may lack some of them. */
static int ram_make(struct vmcore *c, const uint8_t *bitmap)
{
	const struct core_kdump *k = &c->kdump;
	uint64_t from, to = 0;
	struct guest_ram *r = NULL;

	c->ram = calloc(MAX_RANGES, sizeof(*c->ram));
	if (!c->ram)
		return -ENOMEM;
	c->guest.ram = c->ram;
	for (;;) {
		from = frame_find(bitmap, k->nr_frames, to, true);
		if (from == k->nr_frames)
			return 0;
		to = frame_find(bitmap, k->nr_frames, from, false);
		if (c->guest.nr_ram < MAX_RANGES) {
			r = &c->ram[c->guest.nr_ram++];
			r->ipa = from * k->page_size;
		}
		r->size = to * k->page_size - r->ipa;
	}
}

static int pages_make(struct vmcore *c)
{
	struct core_kdump *k = &c->kdump;
	uint64_t room = (c->size - k->descs) / sizeof(struct kdump_desc);
	void *pages;

	if (k->nr_descs > room) {
		core_lacks(c, "the dump ends too early: memory is missing");
		k->nr_descs = room;
	}
	if (!k->nr_descs)
		return 0;
	k->have = calloc(k->nr_descs / 8 + 1, 1);
	pages = mmap(NULL, k->nr_descs * k->page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!k->have || pages == MAP_FAILED)
		return -ENOMEM;
	k->pages = pages;
	return 0;
}

static void notes_take(struct vmcore *c, const struct kdump_sub_header *s)
{
	if (s->notes_size)
		core_notes_read(c, s->notes_offset, s->notes_size);
	if (!c->info.data && s->vmcoreinfo_size &&
	    core_has(c, s->vmcoreinfo_offset, s->vmcoreinfo_size))
		c->info = (struct vmcore_text){
			(const char *)c->file + s->vmcoreinfo_offset,
			s->vmcoreinfo_size,
		};
}

/* The reason why the headers cannot be used; NULL: they can. */
static const char *headers_check(const struct vmcore *c,
				 const struct kdump_header *h,
				 const struct kdump_sub_header *s)
{
	uint64_t blocks = 1 + (uint64_t)h->sub_header_blocks + h->bitmap_blocks;

	if (h->version < KDUMP_VERSION)
		return "its version is too old: makedumpfile 1.5.4 and later "
		       "write version 6";
	/* QEMU does not name the machine. */
	if (memcmp(h->utsname[4], "aarch64", sizeof("aarch64")) &&
	    memcmp(h->utsname[4], "Unknown", sizeof("Unknown")))
		return "it is no dump of an arm64 machine";
	if (h->block_size != SZ_4K && h->block_size != 4 * SZ_4K &&
	    h->block_size != MAX_PAGE)
		return "its page size is none of arm64";
	if (s->split)
		return "it is one of several files: makedumpfile --reassemble "
		       "makes one of them";
	if (s->max_frames_64 > MAX_FRAME || h->bitmap_blocks % 2 ||
	    s->max_frames_64 > 4ULL * h->bitmap_blocks * h->block_size)
		return "its bitmaps are too short";
	if (!core_has(c, 0, blocks * h->block_size))
		return "it ends in its bitmaps";
	return NULL;
}

int core_kdump_read(struct vmcore *c, char *err, size_t err_size)
{
	struct core_kdump *k = &c->kdump;
	struct kdump_sub_header s = { 0 };
	struct kdump_header h = { 0 };
	const uint8_t *bitmaps;
	const char *why;
	int error;

	memcpy(&h, c->file, min(c->size, (uint64_t)sizeof(h)));
	if (core_has(c, h.block_size, sizeof(s)))
		memcpy(&s, c->file + h.block_size, sizeof(s));
	why = headers_check(c, &h, &s);
	if (why) {
		snprintf(err, err_size, "a compressed dump, but %s", why);
		return -EBADMSG;
	}
	if (h.status & KDUMP_INCOMPLETE)
		core_lacks(c, "the dump is incomplete: memory is missing");
	bitmaps = c->file + (1ULL + h.sub_header_blocks) * h.block_size;
	k->page_size = h.block_size;
	k->bitmap = bitmaps + h.bitmap_blocks / 2ULL * h.block_size;
	k->nr_frames = ALIGN_UP(s.max_frames_64, 64ULL);
	k->descs =
		(1ULL + h.sub_header_blocks + h.bitmap_blocks) * h.block_size;
	error = bitmap_count(k);
	if (!error)
		error = pages_make(c);
	if (!error)
		error = ram_make(c, bitmaps);
	if (!error)
		notes_take(c, &s);
	return error;
}

void core_kdump_close(struct vmcore *c)
{
	struct core_kdump *k = &c->kdump;

	if (k->pages)
		munmap(k->pages, k->nr_descs * k->page_size);
	free(k->have);
	free(k->before);
}
