/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core.h - an open dump */
#ifndef TRAPLINE_VMCORE_CORE_H
#define TRAPLINE_VMCORE_CORE_H

#include <trapline/vmcore.h>

struct core_cpu {
	bool online;
	struct guest_regs regs; /* of NT_PRSTATUS, until real replaces them */
	bool has_fpregs;
	struct guest_fpregs fpregs;
	uint64_t known; /* bit n: sysreg[n] is known */
	uint64_t sysreg[GUEST_NR_SYSREGS];
	/* VMCORE_CPU */
	bool has_real, real_online;
	struct guest_regs real;
};

/* A kdump-compressed file. A page is decompressed when it is first read. */
struct core_kdump {
	const uint8_t *bitmap; /* a bit for each page that the file has */
	uint64_t nr_frames; /* bits of the bitmap */
	uint64_t descs; /* offset in the file of the first kdump_desc */
	uint64_t nr_descs;
	uint64_t page_size;
	uint64_t *before; /* [n]: set bits of the bitmap before bit n * 64 */
	uint8_t *pages; /* [n * page_size]: the page of descriptor n */
	uint8_t *have; /* a bit for each descriptor: the page is in pages */
	uint64_t kept; /* bytes of these pages */
};

struct vmcore {
	struct guest guest; /* the first member: core_of() */
	char path[4096]; /* for messages; a longer path is cut */
	const uint8_t *file; /* mapped; anonymous memory if it was flattened */
	uint64_t size;
	bool was_flat;
	struct guest_ram *ram;
	struct core_cpu cpu[GUEST_MAX_VCPUS];
	struct core_cpu *last_cpu; /* of the last NT_PRSTATUS; NULL: none */
	bool has_sysregs;
	struct vmcore_text info;
	char *found_info; /* info that was found in RAM, to be freed */
	struct vmcore_text text[VMCORE_NR_NOTES];
	const char *warning;
	struct core_kdump kdump;
};

static inline struct vmcore *core_of(const struct guest *g)
{
	return (struct vmcore *)(uintptr_t)g;
}

static inline bool core_has(const struct vmcore *c, uint64_t at, uint64_t size)
{
	return at <= c->size && size <= c->size - at;
}

/* Keep text, which says what the dump lacks. Only the first text is kept. */
void core_lacks(struct vmcore *c, const char *text);
/* Read the notes in this part of the file. */
void core_notes_read(struct vmcore *c, uint64_t at, uint64_t size);

/* Read a file of any format. Errors as core_kdump_read(). */
int core_read(struct vmcore *c, char *err, size_t err_size);
/* Build the dump that a flattened file describes, and read it. */
int core_flat_read(struct vmcore *c, char *err, size_t err_size);

/*
 * Read a file that begins with KDUMP_MAGIC: its notes and the ranges of RAM.
 * Errors as vmcore_open(), with a line in err unless -ENOMEM.
 */
int core_kdump_read(struct vmcore *c, char *err, size_t err_size);
void core_kdump_close(struct vmcore *c);
/* guest_ops.ram_map() of such a file */
const uint8_t *core_kdump_map(const struct guest *g, ipa_t ipa, uint64_t *len);

extern const struct guest_ops core_ops; /* guest.c */

#endif
