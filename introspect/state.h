/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - the state of introspection of one guest
 *
 * The file named beside a part writes that part; the other files only read it.
 */
#ifndef TRAPLINE_INTROSPECT_STATE_H
#define TRAPLINE_INTROSPECT_STATE_H

#include <trapline/introspect.h>
#include "kallsyms.h"
#include "ksymtab.h"
#include "kva.h"
#include "layout.h"
#include "modules.h"

/* A symbol file that symfile.c has built. */
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
		const char *missing; /* table's name; NULL: no such Image */
	} odd;
	struct kernel_image k; /* kernel.c */
	struct kallsyms ks; /* kallsyms.c */
	struct ksymtab exports; /* ksymtab.c */
	struct { /* percpu.c */
		bool looked, known;
		uint64_t start; /* offset from _text */
	} percpu;
	char **names; /* names handed out so far, by symbol index */
	struct symfile symfile;

	struct kva kva; /* kva.c */
	struct layouts *layouts; /* layout.c; NULL: not looked at yet */
	struct module_btfs *module_btfs; /* module_btf.c; NULL: none yet */
	struct module_list mods; /* modules.c */
	struct modules_gone gone; /* module_gone.c; leaving: modules.c, too */
};

/*
 * Use the Image k if it has kallsyms. Returns 0, or the error of
 * kallsyms_find(). The caller sets only ipa and size of k.
 */
int introspect_take(struct introspect *in, struct kernel_image *k);

/*
 * Find the array of struct page (pages.c). *ret is the address of its element for
 * physical address 0, even if no RAM is there: add to it by page number. Returns
 * 0, -ENOENT or -EFAULT.
 */
int pages_map(struct introspect *in, va_t *ret);
/* *ret is the list of struct vmap_area before Linux 6.9 (vmap.c). 0 or -ENOENT. */
int vmap_old_list(struct introspect *in, va_t *ret);

#endif
