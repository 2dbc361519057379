/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symfile.h - build ELF files for gdb: symbols, unwind information, and types
 */
#ifndef TRAPLINE_INTROSPECT_SYMFILE_H
#define TRAPLINE_INTROSPECT_SYMFILE_H

#include <trapline/introspect.h>

struct symfile;
struct module_info;

/*
 * Return 0 or -ENOMEM. The caller frees ret->data. The size of the file is
 * bounded; symbols and frames that do not fit are left out.
 */
int symfile_kernel(struct introspect *in, va_t text, struct symfile *ret);
int symfile_module(struct introspect *in, const struct module_info *m,
		   struct symfile *ret);

/*
 * Does the name only mark a place (_stext, __sched_text_start)? The name of a
 * function at the same address is preferred to such a label.
 */
bool symfile_is_label(const char *name);

#endif
