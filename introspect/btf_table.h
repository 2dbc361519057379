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
	bool used; /* another type than a function refers to it */
};

struct btf_table {
	struct btf_view view; /* of the copy */
	uint8_t *copy;
	struct btf_node *node; /* by number; node[0] is void */
	uint32_t nr; /* the highest number */
	uint32_t nr_damaged;
};

/* Returns 0, -E2BIG or -ENOMEM. v must have no base. */
int btf_table_create(const struct btf_view *v, struct btf_table *ret);
void btf_table_destroy(struct btf_table *t);

/* The name at this offset; "" if there is none. Names are clean (text.h). */
const char *btf_table_name(const struct btf_table *t, uint32_t offset);
/*
 * The number of the type behind tags, which DWARF does not have. 0: void, or
 * the type is damaged.
 */
uint32_t btf_table_type(const struct btf_table *t, uint32_t id);

#endif
