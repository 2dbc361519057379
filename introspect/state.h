/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - what introspection knows of one guest
 *
 * Each part is filled by the file named beside it and only read by others.
 */
#ifndef TRAPLINE_INTROSPECT_STATE_H
#define TRAPLINE_INTROSPECT_STATE_H

#include <trapline/introspect.h>
#include "kallsyms.h"
#include "kva.h"
#include "layout.h"
#include "modules.h"

/* A symbol file once built (symfile.c). */
struct symfile {
	uint8_t *data;
	size_t size;
};

struct introspect {
	struct guest *g;

	/* introspect.c */
	bool found;
	/* An Image with a Linux banner whose tables are not understood. */
	struct {
		struct kernel_image k;
		const char *missing; /* of its tables; NULL: no such Image */
	} odd;
	struct kernel_image k; /* kernel.c */
	struct kallsyms ks; /* kallsyms.c */
	char **names; /* by symbol index, those handed out so far */
	struct symfile symfile;

	struct kva kva; /* kva.c */
	struct layouts *layouts; /* layout.c; NULL: not looked at yet */
	struct module_list mods; /* modules.c */
};

#endif
