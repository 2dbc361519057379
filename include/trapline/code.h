/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * code.h - addresses of code that no symbol table has
 *
 * A part of introspect.h, whose rules apply.
 */
#ifndef TRAPLINE_CODE_H
#define TRAPLINE_CODE_H

#include <trapline/introspect.h>

/*
 * Text that the kernel has freed, as far as introspect_modules_refresh() has
 * seen it before and after: writes "was in NAME, unloaded", or "was in the init
 * text of NAME, freed". Look for a symbol first: the memory may have another
 * use now. -ENOENT: no module was there.
 */
int introspect_module_gone(struct introspect *in, va_t va, char *text,
			   size_t size);
/*
 * The kernel begins to free this struct module. It is no longer one of the
 * modules, although it is still in the guest's list.
 */
void introspect_module_leaves(struct introspect *in, va_t module);

#endif
