/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms.h - the kernel's own symbol table in the Image
 *
 * A struct kallsyms is a private copy of the compressed tables. It never
 * changes and has no pointers into the guest. Addresses are offsets from _text.
 * A name is expanded only when it is needed.
 */
#ifndef TRAPLINE_INTROSPECT_KALLSYMS_H
#define TRAPLINE_INTROSPECT_KALLSYMS_H

#include "kernel.h"

/* KSYM_NAME_LEN (6.1 and later), with the type letter. */
#define KALLSYMS_NAME_MAX  512
#define KALLSYMS_TOKEN_MAX 64
/* The expansion of a name may write up to one token beyond the name. */
#define KALLSYMS_BUF_SIZE  (KALLSYMS_NAME_MAX + KALLSYMS_TOKEN_MAX)

struct kallsyms {
	uint32_t nr;
	uint32_t nr_markers;
	uint8_t *names;
	size_t names_size;
	uint32_t *markers; /* offset in names of every 256th symbol */
	uint32_t *offsets; /* relative to base, ascending */
	uint8_t *seqs; /* 3 bytes each, big-endian; NULL before 6.2 */
	uint64_t base; /* offset from _text to which offsets are relative */
	/*
	 * Offset, in the Image, of the 64-bit word that holds the run-time
	 * address of base; 0: this layout has no such word (7.0 and later).
	 */
	uint64_t relative_base_at;
	/* The same for the other tables: their offsets in the Image. */
	uint64_t names_at, num_syms_at, offsets_at;
	uint64_t token_table_at, token_index_at;
	uint64_t end; /* offset, in the Image, of the end of the last table */
	uint8_t token_len[256];
	char token[256][KALLSYMS_TOKEN_MAX];
};

/* One symbol, and the position of an iteration over all symbols. */
struct kallsyms_entry {
	uint32_t index;
	size_t next; /* offset in names of the next symbol's name */
	char type; /* the letter of nm(1); a capital means global */
	uint32_t len;
	char name[KALLSYMS_BUF_SIZE];
};

/*
 * Find and copy the tables. Returns 0; -ENOENT: the Image has no such tables;
 * -EBADMSG: the tables contradict themselves; -ENOMEM. On an error *missing_ret
 * is the name of the first table that was not understood.
 */
int kallsyms_find(const struct kernel_image *k, struct kallsyms *ret,
		  const char **missing_ret);
void kallsyms_deinit(struct kallsyms *ks);

/* Get symbol number index. false: no such symbol, or its name is broken. */
bool kallsyms_get(const struct kallsyms *ks, uint32_t index,
		  struct kallsyms_entry *ret);
/* Get the symbol after e, in order of address. */
bool kallsyms_next(const struct kallsyms *ks, struct kallsyms_entry *e);
/* Find a name. A global symbol goes before a local one of the same name. */
bool kallsyms_lookup(const struct kallsyms *ks, const char *name,
		     struct kallsyms_entry *ret);
/* The first symbol at the highest address that is not above offset. */
bool kallsyms_at(const struct kallsyms *ks, uint64_t offset,
		 uint32_t *index_ret);
/* The symbol's offset from _text. */
uint64_t kallsyms_offset(const struct kallsyms *ks, uint32_t index);
/* Bytes up to the next address with a symbol; 0 for the last symbol. */
uint64_t kallsyms_size(const struct kallsyms *ks, uint32_t index);

#endif
