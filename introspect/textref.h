/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * textref.h - the data that a kernel function refers to
 *
 * Kernels without KALLSYMS_ALL have no symbols for data. The code of a function
 * that is known to use a variable contains the variable's address: ADRP, then
 * ADD or a load.
 */
#ifndef TRAPLINE_INTROSPECT_TEXTREF_H
#define TRAPLINE_INTROSPECT_TEXTREF_H

#include <trapline/introspect.h>

/*
 * Write to ret the addresses that the function computes (ADRP + ADD) or loads
 * 64 bits from (ADRP ... LDR), as offsets from _text, in order, each once.
 * Returns their number, at most max. The addresses are only candidates: the
 * caller checks the data there.
 */
unsigned int textref_scan(const struct introspect *in, const char *function,
			  uint64_t *ret, unsigned int max);
/*
 * Find the call in the function whose second argument (x1) is the address of
 * the string name. *ret is the third argument (x2), an address, as an offset
 * from _text. Returns 0, or -ENOENT: no such call.
 */
int textref_named(const struct introspect *in, const char *function,
		  const char *name, uint64_t *ret);

#endif
