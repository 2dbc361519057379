/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - where the members of the kernel's structures are, by its BTF
 */
#ifndef TRAPLINE_INTROSPECT_LAYOUT_H
#define TRAPLINE_INTROSPECT_LAYOUT_H

#include <trapline/introspect.h>

struct layouts;

/*
 * Find the BTF in the Image and index it: once, then kept. 0, -ENOENT (none),
 * -EBADMSG, -ENOMEM.
 */
int layouts_load(struct introspect *in);
void layouts_destroy(struct layouts *l);

/*
 * Offset in bytes of a member of struct name, which layout.c has to list.
 * path is "list" or "core_layout.base"; members of anonymous structures and
 * unions are found, an array counts as its first element. 0 and *ret, or
 * -ENOENT: this kernel has no such member.
 */
int layout_offset(struct introspect *in, const char *name, const char *path,
		  uint32_t *ret);
/* sizeof(struct name): 0 or -ENOENT. */
int layout_size(struct introspect *in, const char *name, uint32_t *ret);
/* Offset of a per-CPU variable in the per-CPU section: 0 or -ENOENT. */
int layout_percpu(struct introspect *in, const char *variable, uint32_t *ret);

#endif
