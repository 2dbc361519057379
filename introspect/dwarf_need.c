// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf_need.c - the types of the kernel that a module's file needs
 *
 * All types of the module are needed. A type that contains another one needs
 * all of it; a type that points to a structure needs only its name. A list has
 * the types that are still to be followed. A type can be in it twice, because
 * what is needed of it can grow once.
 */
#include "dwarf_write.h"

#include <errno.h>
#include <stdlib.h>

struct list {
	struct dwarf_writer *w;
	uint32_t *id;
	size_t nr;
};

static void need(struct list *l, uint32_t id, enum dwarf_need need)
{
	const struct btf_table *t = l->w->types;
	const struct btf_node *n;

	if (!id || id > t->nr || !btf_table_node(t, id)->good)
		return;
	n = btf_table_node(t, id);
	/* A structure without a name cannot be declared. */
	if (1U << n->r.kind & (BTF_KINDS(STRUCT) | BTF_KINDS(UNION)) &&
	    !btf_table_is_named_structure(t, id))
		need = DWARF_NEED_ALL;
	if (l->w->need[id] >= need)
		return;
	l->w->need[id] = need;
	l->id[l->nr++] = id;
}

/* What a type needs of those to which it refers. */
static enum dwarf_need need_of_child(const struct list *l, uint32_t id)
{
	switch (btf_table_node(l->w->types, id)->r.kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_FUNC_PROTO:
		return DWARF_NEED_NAME;
	case BTF_KIND_ARRAY: /* its elements have a size */
		return DWARF_NEED_ALL;
	default:
		return l->w->need[id];
	}
}

static void follow(struct list *l)
{
	const struct btf_table *t = l->w->types;
	uint32_t id, next;

	while (l->nr) {
		id = l->id[--l->nr];
		if (l->w->need[id] == DWARF_NEED_NAME &&
		    btf_table_is_named_structure(t, id))
			continue;
		for (uint32_t i = 0;
		     btf_table_child(t, btf_table_node(t, id), i, &next); i++)
			need(l, next, need_of_child(l, id));
	}
}

/* One of the module's own types, or a function, which is no type itself. */
static void need_own(struct list *l, uint32_t id)
{
	const struct btf_record *r = &btf_table_node(l->w->types, id)->r;

	if (r->kind == BTF_KIND_FUNC)
		need(l, r->type, DWARF_NEED_NAME);
	else if (1U << r->kind &
		 (BTF_KINDS(STRUCT) | BTF_KINDS(UNION) | BTF_KINDS(ARRAY)))
		need(l, id, DWARF_NEED_ALL);
	else
		need(l, id, DWARF_NEED_NAME);
}

int dwarf_need_find(struct dwarf_writer *w)
{
	const struct btf_table *t = w->types;
	struct list l = { .w = w };

	if (!t->base)
		return 0;
	w->need = calloc((size_t)t->nr + 1, sizeof(*w->need));
	l.id = malloc(2 * ((size_t)t->nr + 1) * sizeof(*l.id));
	if (!w->need || !l.id) {
		free(l.id);
		return -ENOMEM;
	}
	for (uint32_t id = t->first; id <= t->nr; id++)
		need_own(&l, id);
	follow(&l);
	free(l.id);
	return 0;
}
