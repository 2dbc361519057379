/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trees.h - walk the kernel's trees: red-black trees, maple trees, xarrays
 *
 * A walk calls see() for each entry, in ascending order, as long as see()
 * returns true. The tree may be damaged, so a walk visits a bounded number of
 * nodes. Errors: -EFAULT (a node cannot be read), -ELOOP (too deep, or too many
 * nodes), -ENOENT (BTF lacks a name).
 */
#ifndef TRAPLINE_INTROSPECT_TREES_H
#define TRAPLINE_INTROSPECT_TREES_H

#include <trapline/introspect.h>

typedef bool (*tree_see)(void *opaque, uint64_t index, va_t entry);

/* root is the address of a struct rb_root; entry is a struct rb_node. */
int tree_rb_each(struct introspect *in, va_t root, tree_see see, void *opaque);
/*
 * tree is the address of a struct maple_tree. The index of an entry is the
 * first index of the entry's range.
 */
int tree_maple_each(struct introspect *in, va_t tree, tree_see see,
		    void *opaque);
/* tree is the address of a struct xarray. */
int tree_xarray_each(struct introspect *in, va_t tree, tree_see see,
		     void *opaque);

#endif
