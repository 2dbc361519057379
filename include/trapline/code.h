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
 * The next text that has gone, in the order in which it went. *seen counts what
 * the caller has got; it begins as 0. Of much that has gone between two calls
 * the first may be missing. -ENOENT: nothing more has gone.
 */
int introspect_module_went(struct introspect *in, unsigned int *seen,
			   va_t *base, uint64_t *size);
/*
 * The kernel begins to free this struct module. It is no longer one of the
 * modules, although it is still in the guest's list.
 */
void introspect_module_leaves(struct introspect *in, va_t module);

#endif
