// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf_table.c - see btf_table.h
 *
 * Two walks go over the graph of types. Each of them visits every type once.
 *
 * The first walk follows all references, but does not enter a structure or
 * union with a name from another type. Such a walk goes in a circle only if a
 * debugger that prints the type would do so, too.
 *
 * The second walk computes the sizes. It follows a type to the types that it
 * contains, so it does not follow pointers. A circle is a type that contains
 * itself.
 */
#include "btf_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

/* A kernel has 8 MiB and 150,000 types. */
#define MAX_BLOB  (32 * SZ_1M)
#define MAX_TYPES SZ_1M
#define MAX_DEPTH 128 /* of one walk; kernels need 40 */
#define MAX_NAME  511 /* KSYM_NAME_LEN: longer names are cut */

enum mark {
	FRESH,
	BUSY,
	DONE
};

struct walk {
	struct btf_table *t;
	bool values; /* the second walk */
};

#define STRUCTURES (BTF_KINDS(STRUCT) | BTF_KINDS(UNION))
#define ENUMS      (BTF_KINDS(ENUM) | BTF_KINDS(ENUM64))
#define MODIFIERS                                                      \
	(BTF_KINDS(TYPEDEF) | BTF_KINDS(CONST) | BTF_KINDS(VOLATILE) | \
	 BTF_KINDS(RESTRICT) | BTF_KINDS(TYPE_TAG))
#define TYPES                                                                 \
	(STRUCTURES | ENUMS | MODIFIERS | BTF_KINDS(INT) | BTF_KINDS(FLOAT) | \
	 BTF_KINDS(PTR) | BTF_KINDS(ARRAY) | BTF_KINDS(FWD) |                 \
	 BTF_KINDS(FUNC_PROTO))
#define NAMED                                                     \
	(BTF_KINDS(INT) | BTF_KINDS(FLOAT) | BTF_KINDS(TYPEDEF) | \
	 BTF_KINDS(FWD))

static bool is_any(const struct btf_node *n, uint32_t kinds)
{
	return 1U << n->r.kind & kinds;
}

bool btf_table_child(const struct btf_table *t, const struct btf_node *n,
		     uint32_t i, uint32_t *ret)
{
	const struct btf_view *v = &t->view;
	struct btf_array array;
	struct btf_member m;
	struct btf_param p;

	if (is_any(n, STRUCTURES)) {
		if (i >= n->r.vlen || !btf_entry(v, &n->r, i, &m, sizeof(m)))
			return false;
		*ret = m.type;
		return true;
	}
	if (n->r.kind == BTF_KIND_FUNC_PROTO && i) {
		if (i > n->r.vlen || !btf_entry(v, &n->r, i - 1, &p, sizeof(p)))
			return false;
		*ret = p.type;
		return true;
	}
	*ret = n->r.type;
	if (i)
		return false;
	if (n->r.kind == BTF_KIND_ARRAY) {
		if (!btf_entry(v, &n->r, 0, &array, sizeof(array)))
			return false;
		*ret = array.type;
		return true;
	}
	return is_any(n, MODIFIERS | BTF_KINDS(PTR) | BTF_KINDS(FUNC_PROTO));
}

/* --- sizes ---------------------------------------------------------------- */

/* One bit for each size that a number can have: 1, 2, 4, 8, 16. */
#define NUMBER_SIZES 0x10116U
#define ENUM_SIZES   0x00116U
#define FLOAT_SIZES  0x10114U

static bool has_size(const struct btf_node *n, uint32_t sizes)
{
	return n->r.type < 32 && 1U << n->r.type & sizes;
}

/* Old bit-fields, whose number of bits is in the INT, are not understood. */
static bool is_int(const struct btf_table *t, const struct btf_node *n)
{
	uint32_t data;

	return has_size(n, NUMBER_SIZES) &&
	       btf_entry(&t->view, &n->r, 0, &data, sizeof(data)) &&
	       BTF_INT_BITS(data) == 8 * n->r.type && !BTF_INT_OFFSET(data);
}

static bool is_bit_field(const struct btf_table *t, const struct btf_place *m)
{
	const struct btf_node *n = btf_table_node(t, m->type);

	if (m->bits > 64 || m->bits > 8 * n->size)
		return false;
	while (is_any(n, MODIFIERS))
		n = btf_table_node(t, n->r.type);
	return is_any(n, ENUMS | BTF_KINDS(INT));
}

static bool members_fit(const struct btf_table *t, const struct btf_node *n)
{
	struct btf_place m;
	uint64_t size, bits;
	uint32_t name;

	for (uint32_t i = 0; i < n->r.vlen; i++) {
		if (!btf_member_at(&t->view, &n->r, i, 0, &m, &name))
			return false;
		size = btf_table_node(t, m.type)->size;
		if (size == BTF_SIZE_NONE || (m.bits && !is_bit_field(t, &m)) ||
		    (!m.bits && m.bit % 8))
			return false;
		bits = m.bits ? m.bits : 8 * size;
		if (m.bit + bits > 8 * (uint64_t)n->r.type)
			return false;
	}
	return true;
}

static bool is_array(const struct btf_table *t, struct btf_node *n)
{
	struct btf_array array;

	if (!btf_entry(&t->view, &n->r, 0, &array, sizeof(array)) ||
	    btf_table_node(t, array.type)->size == BTF_SIZE_NONE)
		return false;
	n->size = array.nelems * btf_table_node(t, array.type)->size;
	return n->size <= UINT32_MAX;
}

/* Set the size of a type whose parts have their sizes. false: it is damaged. */
static bool measure(const struct btf_table *t, struct btf_node *n)
{
	n->size = n->r.type;
	switch (n->r.kind) {
	case BTF_KIND_INT:
		return is_int(t, n);
	case BTF_KIND_FLOAT:
		return has_size(n, FLOAT_SIZES);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return has_size(n, ENUM_SIZES);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_fit(t, n);
	case BTF_KIND_ARRAY:
		return is_array(t, n);
	case BTF_KIND_PTR:
		n->size = 8;
		return true;
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC_PROTO:
		n->size = BTF_SIZE_NONE;
		return true;
	default:
		n->size = btf_table_node(t, n->r.type)->size;
		return true;
	}
}

/* --- the walks ------------------------------------------------------------ */

bool btf_table_is_named_structure(const struct btf_table *t, uint32_t id)
{
	return id <= t->nr && is_any(btf_table_node(t, id), STRUCTURES) &&
	       *btf_table_name(t, btf_table_node(t, id)->r.name);
}

/* Are this type and all types that the walk reaches from it good? */
static bool visit(struct walk *w, uint32_t id, unsigned int depth)
{
	struct btf_table *t = w->t;
	struct btf_node *n;
	uint32_t next;

	if (!id)
		return true;
	if (id > t->nr || depth > MAX_DEPTH)
		return false;
	n = btf_table_node(t, id);
	if (id < t->first)
		return n->good;
	if (n->mark != FRESH || !n->good)
		return n->mark != BUSY && n->good;
	n->mark = BUSY;
	for (uint32_t i = 0; n->good && btf_table_child(t, n, i, &next); i++) {
		if (w->values &&
		    is_any(n, BTF_KINDS(PTR) | BTF_KINDS(FUNC_PROTO)))
			break;
		if (next >= t->first && next <= t->nr)
			btf_table_node(t, next)->used = true;
		if (w->values || !btf_table_is_named_structure(t, next))
			n->good = visit(w, next, depth + 1);
	}
	if (w->values && n->good)
		n->good = measure(t, n);
	n->mark = DONE;
	return n->good;
}

static void walk(struct btf_table *t, bool values)
{
	struct walk w = { .t = t, .values = values };

	for (uint32_t id = t->first; id <= t->nr; id++)
		btf_table_node(t, id)->mark = FRESH;
	for (uint32_t id = t->first; id <= t->nr; id++)
		visit(&w, id, 0);
}

/* --- the table ------------------------------------------------------------ */

/* Clean the names (text.h), and cut those that would cost a debugger time. */
static void names_clean(char *strings, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		if (!strings[i] || length == MAX_NAME) {
			strings[i] = '\0';
			length = 0;
			continue;
		}
		if (!text_is_printable(strings[i]))
			strings[i] = '?';
		length++;
	}
}

static int copy(const struct btf_view *v, struct btf_table *t)
{
	uint64_t size = (uint64_t)v->types_len + v->strings_len;
	char *strings;

	if (size > MAX_BLOB || v->nr > MAX_TYPES)
		return -E2BIG;
	t->copy = malloc(size + 1);
	if (!t->copy)
		return -ENOMEM;
	memcpy(t->copy, v->types, v->types_len);
	strings = (char *)t->copy + v->types_len;
	memcpy(strings, v->strings, v->strings_len);
	names_clean(strings, v->strings_len);
	strings[v->strings_len] = '\0';
	t->view = *v;
	t->view.types = t->copy;
	t->view.strings = strings;
	t->view.index = NULL;
	return 0;
}

static bool see(void *opaque, const struct btf_record *r)
{
	struct btf_table *t = opaque;
	struct btf_node *n = btf_table_node(t, r->id);

	*n = (struct btf_node){ .r = *r, .size = BTF_SIZE_NONE };
	n->good = is_any(n, TYPES) &&
		  (!is_any(n, NAMED) || *btf_table_name(t, r->name));
	return true;
}

int btf_table_create(const struct btf_view *v, const struct btf_table *base,
		     struct btf_table *ret)
{
	struct btf_table t = { .base = base, .first = 1 };
	int err = copy(v, &t);

	if (err)
		return err;
	if (base) {
		t.first = base->nr + 1;
		t.view.base = &base->view;
	}
	/* If the guest has changed the blob, the last types are not found. */
	t.nr = t.first - 1 + v->nr;
	t.node = calloc((size_t)v->nr + 1, sizeof(*t.node));
	if (!t.node) {
		free(t.copy);
		return -ENOMEM;
	}
	t.node[0].size = BTF_SIZE_NONE;
	btf_each(&t.view, see, &t);
	walk(&t, false);
	walk(&t, true);
	for (uint32_t id = t.first; id <= t.nr; id++) {
		const struct btf_node *n = btf_table_node(&t, id);

		t.nr_damaged += is_any(n, TYPES) && !n->good;
	}
	*ret = t;
	return 0;
}

void btf_table_destroy(struct btf_table *t)
{
	free(t->node);
	free(t->copy);
	t->node = NULL;
	t->copy = NULL;
}

const char *btf_table_name(const struct btf_table *t, uint32_t offset)
{
	if (t->base) {
		if (offset < t->base->view.strings_len)
			return btf_table_name(t->base, offset);
		offset -= t->base->view.strings_len;
	}
	return offset < t->view.strings_len ? t->view.strings + offset : "";
}

uint32_t btf_table_type(const struct btf_table *t, uint32_t id)
{
	const struct btf_node *n;

	for (; id <= t->nr; id = n->r.type) {
		n = btf_table_node(t, id);
		if (!n->good)
			return 0;
		if (n->r.kind != BTF_KIND_TYPE_TAG)
			return id;
	}
	return 0;
}
