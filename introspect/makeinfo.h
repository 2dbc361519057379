/* SPDX-License-Identifier: GPL-2.0-or-later */
/* makeinfo.h - VMCOREINFO of a kernel that has not published its own */
#ifndef TRAPLINE_INTROSPECT_MAKEINFO_H
#define TRAPLINE_INTROSPECT_MAKEINFO_H

#include <stdio.h>
#include <trapline/introspect.h>

/*
 * Print the text to out. Returns 0, or -ENOENT: the kernel has not relocated
 * itself, or its page tables are not known.
 */
int makeinfo_print(struct introspect *in, FILE *out);

#endif
