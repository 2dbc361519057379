/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - offsets of members of the kernel's structures, from its BTF
 */
#ifndef TRAPLINE_INTROSPECT_LAYOUT_H
#define TRAPLINE_INTROSPECT_LAYOUT_H

#include <trapline/introspect.h>

struct btf_table;
struct btf_view;
struct layouts;

/*
 * Find the BTF in the Image and index it. The first call does this; its result
 * is kept. Returns 0, -ENOENT (no BTF), -EBADMSG or -ENOMEM.
 */
int layouts_load(struct introspect *in);
void layouts_destroy(struct layouts *l);
/* The BTF of the kernel (btf.h); NULL: layouts_load() fails. */
struct btf_view *layouts_btf(struct introspect *in);
/* All types of the kernel (btf_table.h); NULL: no BTF, or no memory. */
const struct btf_table *layouts_table(struct introspect *in);

/*
 * The offset in bytes of a member of struct name. path is, for instance, "list"
 * or "core_layout.base". Members of anonymous structures and unions are found.
 * An array stands for its first element. Returns 0 and *ret, or -ENOENT: this
 * kernel has no such member.
 */
int layout_offset(struct introspect *in, const char *name, const char *path,
		  uint32_t *ret);
/* *ret is sizeof(struct name). Returns 0 or -ENOENT. */
int layout_size(struct introspect *in, const char *name, uint32_t *ret);
/*
 * Per-CPU variable number i, and its offset in the per-CPU section. false:
 * there are no more.
 */
struct layout_variable {
	uint32_t offset, size;
	uint32_t type;
	uint32_t name; /* for btf_name() */
};

bool layout_percpu_at(struct introspect *in, uint32_t i,
		      struct layout_variable *ret);
/*
 * *ret is the offset of a per-CPU variable in the per-CPU section. Returns 0 or
 * -ENOENT.
 */
int layout_percpu(struct introspect *in, const char *variable, uint32_t *ret);

#endif
