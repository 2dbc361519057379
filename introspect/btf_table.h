/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf_table.h - all types of a BTF blob at once: copied and checked
 *
 * The guest may change its blob at any time, and may have made it to harm a
 * program that trusts types. So the blob is copied, and each type of the copy
 * is checked. The check finds:
 * - types that contain themselves, other than behind a pointer in a structure
 *   with a name
 * - sizes that no C type has; members outside their structure; sizes that are
 *   not known
 * - numbers that name no type, and names that are missing
 * A type with such a fault is damaged, and so is every type that contains it.
 * A pointer to a damaged structure is not damaged.
 */
#ifndef TRAPLINE_INTROSPECT_BTF_TABLE_H
#define TRAPLINE_INTROSPECT_BTF_TABLE_H

#include "btf.h"

#define BTF_SIZE_NONE UINT64_MAX /* the size of void, functions, declarations */

struct btf_node {
	struct btf_record r;
	uint64_t size; /* in bytes, or BTF_SIZE_NONE */
	uint8_t mark; /* for the check */
	bool good; /* a type, and not damaged */
	bool used; /* a type that is not a function refers to it */
};

struct btf_table {
	const struct btf_table *base; /* of a module's table: the kernel's */
	struct btf_view view; /* of the copy */
	uint8_t *copy;
	struct btf_node *node; /* void, and then the blob's own types */
	uint32_t first; /* the number of the first own type */
	uint32_t nr; /* the highest number */
	uint32_t nr_damaged; /* own types */
};

/*
 * base is the table of v->base, or NULL if v has no base. It must stay in its
 * place as long as this table is in use. Returns 0, -E2BIG or -ENOMEM.
 */
int btf_table_create(const struct btf_view *v, const struct btf_table *base,
		     struct btf_table *ret);
void btf_table_destroy(struct btf_table *t);

/* The type number id, which is at most t->nr. */
static inline struct btf_node *btf_table_node(const struct btf_table *t,
					      uint32_t id)
{
	if (!id)
		return t->node;
	return id < t->first ? &t->base->node[id] : &t->node[id - t->first + 1];
}

/*
 * Get the number of a type to which the type n refers; i counts from 0. false:
 * there are no more.
 */
bool btf_table_child(const struct btf_table *t, const struct btf_node *n,
		     uint32_t i, uint32_t *ret);
bool btf_table_is_named_structure(const struct btf_table *t, uint32_t id);

/* The name at this offset; "" if there is none. Names are clean (text.h). */
const char *btf_table_name(const struct btf_table *t, uint32_t offset);
/*
 * The number of the type behind tags, which DWARF does not have. 0: void, or
 * the type is damaged.
 */
uint32_t btf_table_type(const struct btf_table *t, uint32_t id);

#endif
