/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symfile.h - ELF files that hold nothing but symbols, made for gdb
 */
#ifndef TRAPLINE_INTROSPECT_SYMFILE_H
#define TRAPLINE_INTROSPECT_SYMFILE_H

#include <trapline/introspect.h>

struct symfile;
struct module_info;

/*
 * 0, -ENOMEM. The caller frees data. The size is bounded; symbols and frames
 * that do not fit are left out.
 */
int symfile_kernel(struct introspect *in, va_t text, struct symfile *ret);
int symfile_module(struct introspect *in, const struct module_info *m,
		   struct symfile *ret);

/*
 * A name for a place rather than for what is there (_stext,
 * __sched_text_start): gives way to the function at the same address.
 */
bool symfile_is_label(const char *name);

#endif
