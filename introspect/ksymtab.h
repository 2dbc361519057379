/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ksymtab.h - the data that the kernel exports to modules
 *
 * A kernel without KALLSYMS_ALL has no symbols for data in kallsyms. The table
 * of EXPORT_SYMBOL() has symbols for the data that modules may use.
 */
#ifndef TRAPLINE_INTROSPECT_KSYMTAB_H
#define TRAPLINE_INTROSPECT_KSYMTAB_H

#include <trapline/types.h>

struct introspect;

struct ksymtab {
	bool looked;
	uint64_t first; /* offset of the first entry from _text */
	uint32_t nr; /* 0: no table is found */
};

/* *ret is the offset from _text. Returns 0 or -ENOENT. */
int ksymtab_lookup(struct introspect *in, const char *name, uint64_t *ret);
/* The number of entries; 0: there is no table, or it is not needed. */
uint32_t ksymtab_nr(struct introspect *in);
/*
 * Call see for each name, with its offset from _text, until see returns false.
 * Returns what see returned.
 */
bool ksymtab_each(struct introspect *in,
		  bool (*see)(void *opaque, const char *name, uint64_t offset),
		  void *opaque);

#endif
