/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms.h - the kernel's own symbol table, as it lies in the Image
 *
 * A struct kallsyms is a private copy of the compressed tables; nothing in it
 * changes or points into the guest. Addresses are offsets from _text. Names
 * are expanded only when they are asked for.
 */
#ifndef TRAPLINE_INTROSPECT_KALLSYMS_H
#define TRAPLINE_INTROSPECT_KALLSYMS_H

#include "kernel.h"

/* KSYM_NAME_LEN (6.1 and later), the type letter included. */
#define KALLSYMS_NAME_MAX  512
#define KALLSYMS_TOKEN_MAX 64
/* Expanding writes up to one token too much. */
#define KALLSYMS_BUF_SIZE  (KALLSYMS_NAME_MAX + KALLSYMS_TOKEN_MAX)

struct kallsyms {
	uint32_t nr;
	uint32_t nr_markers;
	uint8_t *names;
	size_t names_size;
	uint32_t *markers; /* place in names of every 256th symbol */
	uint32_t *offsets; /* from base, ascending */
	uint8_t *seqs; /* 3 bytes each, big-endian; NULL before 6.2 */
	uint64_t base; /* what offsets count from, less _text */
	/*
	 * Offset, in the Image, of the 64-bit word that holds base's run-time
	 * address; 0: this layout has no such word (7.0 and later).
	 */
	uint64_t relative_base_at;
	uint64_t end; /* behind the last table, in the Image */
	uint8_t token_len[256];
	char token[256][KALLSYMS_TOKEN_MAX];
};

/* One symbol in hand; also the way to walk through all of them. */
struct kallsyms_entry {
	uint32_t index;
	size_t next; /* where the next one's name begins */
	char type; /* as nm(1) has it; capital: global */
	uint32_t len;
	char name[KALLSYMS_BUF_SIZE];
};

/*
 * 0; -ENOENT: no such tables in the Image; -EBADMSG: there are, but they
 * contradict themselves; -ENOMEM. On errors *missing_ret is the name of the
 * first table that was not understood, the others before it were.
 */
int kallsyms_find(const struct kernel_image *k, struct kallsyms *ret,
		  const char **missing_ret);
void kallsyms_deinit(struct kallsyms *ks);

/* Symbol number index. false: no such symbol, or its name is broken. */
bool kallsyms_get(const struct kallsyms *ks, uint32_t index,
		  struct kallsyms_entry *ret);
/* The one after e, in order of address. */
bool kallsyms_next(const struct kallsyms *ks, struct kallsyms_entry *e);
/* By name; a global symbol rather than a static one of the same name. */
bool kallsyms_lookup(const struct kallsyms *ks, const char *name,
		     struct kallsyms_entry *ret);
/* The first of those at the highest address not above offset. */
bool kallsyms_at(const struct kallsyms *ks, uint64_t offset,
		 uint32_t *index_ret);
/* Offset from _text. */
uint64_t kallsyms_offset(const struct kallsyms *ks, uint32_t index);
/* Bytes up to the next address that has a symbol; 0 for the last. */
uint64_t kallsyms_size(const struct kallsyms *ks, uint32_t index);

#endif
