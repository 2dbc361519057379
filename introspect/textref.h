/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * textref.h - the data that a kernel function refers to
 *
 * Kernels without KALLSYMS_ALL have no names for data. A function that is
 * known to use a variable gives its address away: ADRP, then ADD or a load.
 */
#ifndef TRAPLINE_INTROSPECT_TEXTREF_H
#define TRAPLINE_INTROSPECT_TEXTREF_H

#include <trapline/introspect.h>

/*
 * Offsets from _text of what the function computes (ADRP + ADD) or loads 64
 * bits from (ADRP ... LDR), in order, each once. Returns how many were put
 * into ret, at most max. Candidates only: the caller checks what is there.
 */
unsigned int textref_scan(const struct introspect *in, const char *function,
			  uint64_t *ret, unsigned int max);

#endif
