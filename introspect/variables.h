/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variables.h - variables of the kernel and their types, for the symbol file
 */
#ifndef TRAPLINE_INTROSPECT_VARIABLES_H
#define TRAPLINE_INTROSPECT_VARIABLES_H

#include <trapline/introspect.h>
#include "dwarf.h"

struct variables {
	struct introspect *in;
	va_t text; /* the address of _text */
	struct dwarf_variable *v;
	size_t nr, max;
	uint64_t seen; /* rows of the table of types */
};

/* Begin with the per-CPU variables. Returns 0 or -ENOMEM. */
int variables_begin(struct introspect *in, va_t text, struct variables *ret);
/* Add a variable whose type is known. size 0: the size is not known. */
void variables_add(struct variables *vs, const char *name, va_t va,
		   uint64_t size);
/* Add the exported ones that variables_add() has not had. */
void variables_end(struct variables *vs);
void variables_free(struct variables *vs);

#endif
