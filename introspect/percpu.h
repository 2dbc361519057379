/* SPDX-License-Identifier: GPL-2.0-or-later */
/* percpu.h - the section of per-CPU variables in the Image */
#ifndef TRAPLINE_INTROSPECT_PERCPU_H
#define TRAPLINE_INTROSPECT_PERCPU_H

#include <trapline/introspect.h>

/* The run-time address of the section. Returns 0 or -ENOENT. */
int percpu_section(struct introspect *in, va_t *ret);

#endif
