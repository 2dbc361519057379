/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdump.h - the kdump-compressed format
 *
 * Source: README.txt and IMPLEMENTATION of makedumpfile, "kdump-compressed
 * format"; struct disk_dump_header, struct kdump_sub_header and struct
 * page_desc. All numbers are little-endian; the structures are those of a
 * 64-bit machine.
 *
 *	block 0		struct kdump_header
 *	block 1		struct kdump_sub_header
 *	bitmap 1	a bit for each page frame: it is RAM
 *	bitmap 2	a bit for each page frame: the file has this page
 *	descriptors	a struct kdump_desc for each bit of bitmap 2
 *	data		pages, each compressed by itself; notes
 *
 * A block has the size of a page. Descriptors and data may come in any order.
 */
#ifndef TRAPLINE_VMCORE_KDUMP_H
#define TRAPLINE_VMCORE_KDUMP_H

#include <assert.h>
#include <stddef.h>
#include <trapline/types.h>

#define KDUMP_MAGIC   "KDUMP   "
#define KDUMP_VERSION 6U

struct kdump_header {
	char magic[8];
	uint32_t version;
	char utsname[6][65]; /* struct new_utsname */
	char pad[6];
	uint64_t seconds, microseconds;
	uint32_t status; /* KDUMP_* flags of the whole file */
	uint32_t block_size;
	uint32_t sub_header_blocks;
	uint32_t bitmap_blocks; /* both bitmaps */
	uint32_t max_frames; /* version 6 has max_frames_64 instead */
	uint32_t reserved[4];
	uint32_t nr_cpus;
};

_Static_assert(offsetof(struct kdump_header, status) == 424, "timestamp");
_Static_assert(offsetof(struct kdump_header, nr_cpus) == 460, "nr_cpus");

struct kdump_sub_header {
	uint64_t phys_base;
	uint32_t dump_level;
	uint32_t split; /* not 0: one file of several */
	uint64_t start_frame, end_frame;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size;
	uint64_t notes_offset, notes_size;
	uint64_t eraseinfo_offset, eraseinfo_size;
	uint64_t start_frame_64, end_frame_64;
	uint64_t max_frames_64;
};

_Static_assert(sizeof(struct kdump_sub_header) == 104, "kdump_sub_header");

#define KDUMP_ZLIB       BIT_ULL(0)
#define KDUMP_LZO        BIT_ULL(1)
#define KDUMP_SNAPPY     BIT_ULL(2)
#define KDUMP_INCOMPLETE BIT_ULL(3) /* in kdump_header.status only */
#define KDUMP_ZSTD       BIT_ULL(5)
#define KDUMP_METHODS    (KDUMP_ZLIB | KDUMP_LZO | KDUMP_SNAPPY | KDUMP_ZSTD)

struct kdump_desc {
	uint64_t offset; /* in the file; 0: the page is missing */
	uint32_t size; /* bytes in the file */
	uint32_t flags; /* KDUMP_METHODS; none: the page as it is */
	uint64_t page_flags;
};

_Static_assert(sizeof(struct kdump_desc) == 24, "page_desc");

/*
 * The flattened format: a dump that was written sequentially, for example to a
 * pipe. Its numbers are big-endian. Each record has the offset of its bytes in
 * the dump; the last record has FLAT_END.
 */
#define FLAT_MAGIC  "makedumpfile"
#define FLAT_HEADER SZ_4K /* bytes before the first record */
#define FLAT_END    (~0ULL)

struct flat_record {
	uint64_t offset;
	uint64_t size; /* of the bytes that follow */
};

#endif
