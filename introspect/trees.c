// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trees.c - see trees.h
 *
 * Sources: include/linux/rbtree_types.h, lib/maple_tree.c ("Maple Tree
 * implementation", the tags of node pointers), include/linux/xarray.h. All
 * walks are recursive, with one bound for the depth.
 */
#include "trees.h"

#include <errno.h>
#include <string.h>
#include <trapline/util.h>
#include "state.h"

#define MAX_DEPTH 64
#define MAX_NODES (1U << 18)

struct walk {
	struct introspect *in;
	tree_see see;
	void *opaque;
	unsigned int nr; /* nodes that were visited */
	bool ended; /* by see() */
};

static int walk_enter(struct walk *w, va_t node, unsigned int depth)
{
	if (!kva_is_kernel(node))
		return -EFAULT;
	return ++w->nr > MAX_NODES || depth > MAX_DEPTH ? -ELOOP : 0;
}

/* --- red-black trees ------------------------------------------------------- */

struct rb {
	uint32_t left, right;
};

static int rb_walk(struct walk *w, const struct rb *rb, va_t node,
		   unsigned int depth)
{
	va_t left, right;
	int err;

	if (!node || w->ended)
		return 0;
	err = walk_enter(w, node, depth);
	if (err)
		return err;
	if (introspect_read(w->in, node + rb->left, &left, sizeof(left)) ||
	    introspect_read(w->in, node + rb->right, &right, sizeof(right)))
		return -EFAULT;
	err = rb_walk(w, rb, left, depth + 1);
	if (!err && !w->ended)
		w->ended = !w->see(w->opaque, w->nr, node);
	return err ? err : rb_walk(w, rb, right, depth + 1);
}

int tree_rb_each(struct introspect *in, va_t root, tree_see see, void *opaque)
{
	struct walk w = { .in = in, .see = see, .opaque = opaque };
	struct rb rb;
	va_t node;

	if (layout_offset(in, "rb_node", "rb_left", &rb.left) ||
	    layout_offset(in, "rb_node", "rb_right", &rb.right))
		return -ENOENT;
	if (introspect_read(in, root, &node, sizeof(node)))
		return -EFAULT;
	return rb_walk(&w, &rb, node, 0);
}

/* --- maple trees ----------------------------------------------------------- */

#define MAPLE_NODE GENMASK_ULL(7, 0) /* tag bits of a node's address */
#define MAPLE_TYPE GENMASK_ULL(6, 3)
#define XA_TAG     GENMASK_ULL(1, 0)
#define XA_NODE    2 /* of XA_TAG: an internal entry */
#define XA_MIN     4096 /* smaller internal entries are not pointers */

enum {
	MAPLE_LEAF,
	MAPLE_RANGE,
	MAPLE_ARANGE,
	NR_MAPLE
};

struct maple {
	struct {
		uint64_t type;
		uint32_t pivots, slots;
		uint32_t nr; /* of slots */
	} kind[NR_MAPLE];
};

#define MAPLE_SLOTS 32

static int maple_kind(struct introspect *in, struct maple *m, unsigned int i,
		      const char *type, const char *layout)
{
	struct introspect_object slots;

	if (introspect_enum_value(in, "maple_type", type, &m->kind[i].type) ||
	    layout_offset(in, layout, "pivot", &m->kind[i].pivots) ||
	    layout_offset(in, layout, "slot", &m->kind[i].slots) ||
	    introspect_object(in, layout, 0, "slot", &slots))
		return -ENOENT;
	m->kind[i].nr = (uint32_t)(slots.size / sizeof(va_t));
	return m->kind[i].nr && m->kind[i].nr <= MAPLE_SLOTS ? 0 : -EBADMSG;
}

static bool is_node(va_t entry)
{
	return FIELD_GET(XA_TAG, entry) == XA_NODE && entry > XA_MIN;
}

static int maple_walk(struct walk *w, const struct maple *m, va_t enode,
		      uint64_t min, uint64_t max, unsigned int depth)
{
	uint64_t pivots[MAPLE_SLOTS] = { 0 }, slots[MAPLE_SLOTS], end;
	va_t node = enode & ~MAPLE_NODE;
	unsigned int k = 0;
	int err = walk_enter(w, node, depth);

	while (k < NR_MAPLE && m->kind[k].type != FIELD_GET(MAPLE_TYPE, enode))
		k++;
	if (k == NR_MAPLE)
		return -EBADMSG;
	if (err ||
	    introspect_read(w->in, node + m->kind[k].pivots, pivots,
			    (m->kind[k].nr - 1) * sizeof(*pivots)) ||
	    introspect_read(w->in, node + m->kind[k].slots, slots,
			    m->kind[k].nr * sizeof(*slots)))
		return err ? err : -EFAULT;
	for (unsigned int i = 0; i < m->kind[k].nr && !err && !w->ended; i++) {
		end = pivots[i] || !i ? pivots[i] : max;
		end = i + 1 == m->kind[k].nr ? max : min(end, max);
		if (slots[i] && k != MAPLE_LEAF)
			err = maple_walk(w, m, slots[i], min, end, depth + 1);
		else if (slots[i] && !is_node(slots[i]))
			w->ended = !w->see(w->opaque, min, slots[i]);
		if (end >= max)
			break;
		min = end + 1;
	}
	return err;
}

int tree_maple_each(struct introspect *in, va_t tree, tree_see see,
		    void *opaque)
{
	struct walk w = { .in = in, .see = see, .opaque = opaque };
	struct maple m;
	va_t root;

	if (maple_kind(in, &m, MAPLE_LEAF, "maple_leaf_64", "maple_range_64") ||
	    maple_kind(in, &m, MAPLE_RANGE, "maple_range_64",
		       "maple_range_64") ||
	    maple_kind(in, &m, MAPLE_ARANGE, "maple_arange_64",
		       "maple_arange_64"))
		return -ENOENT;
	if (introspect_get(in, "maple_tree", tree, "ma_root", &root))
		return -EFAULT;
	if (is_node(root))
		return maple_walk(&w, &m, root, 0, UINT64_MAX, 0);
	if (root)
		see(opaque, 0, root);
	return 0;
}

/* --- xarrays --------------------------------------------------------------- */

struct xa {
	uint32_t shift, slots, nr;
};

static int xa_walk(struct walk *w, const struct xa *xa, va_t entry,
		   uint64_t index, unsigned int depth)
{
	va_t node = entry & ~XA_TAG, slot;
	uint8_t shift;
	int err;

	if (!entry || w->ended)
		return 0;
	if (!is_node(entry)) {
		w->ended = !w->see(w->opaque, index, entry);
		return 0;
	}
	err = walk_enter(w, node, depth);
	if (!err)
		err = introspect_read(w->in, node + xa->shift, &shift,
				      sizeof(shift));
	for (uint32_t i = 0; i < xa->nr && !err && !w->ended; i++) {
		err = introspect_read(w->in, node + xa->slots + i * 8, &slot,
				      sizeof(slot));
		/*
		 * A small internal entry is a sibling of an earlier slot: skip
		 * it.
		 */
		if (!err &&
		    (FIELD_GET(XA_TAG, slot) != XA_NODE || is_node(slot)))
			err = xa_walk(w, xa, slot,
				      index + ((uint64_t)i << (shift & 63)),
				      depth + 1);
	}
	return err;
}

int tree_xarray_each(struct introspect *in, va_t tree, tree_see see,
		     void *opaque)
{
	struct walk w = { .in = in, .see = see, .opaque = opaque };
	struct introspect_object slots;
	struct xa xa;
	va_t head;

	if (layout_offset(in, "xa_node", "shift", &xa.shift) ||
	    layout_offset(in, "xa_node", "slots", &xa.slots) ||
	    introspect_object(in, "xa_node", 0, "slots", &slots))
		return -ENOENT;
	xa.nr = (uint32_t)(slots.size / sizeof(va_t));
	if (introspect_get(in, "xarray", tree, "xa_head", &head))
		return -EFAULT;
	return xa_walk(&w, &xa, head, 0, 0);
}
