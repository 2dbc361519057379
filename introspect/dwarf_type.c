// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf_type.c - the unit of all types, and of the variables
 *
 * Source: DWARF 5, "Type Entries"; Documentation/bpf/btf.rst. Every type was
 * checked before (btf_table.h), so the numbers and offsets in it are right.
 * Prototypes to which only functions refer are not written as types.
 */
#include "dwarf_write.h"

#define OP_ADDR 0x03 /* DW_OP_addr */

enum encoding { /* DW_ATE_x */
	ATE_BOOLEAN = 0x02,
	ATE_FLOAT = 0x04,
	ATE_SIGNED = 0x05,
	ATE_SIGNED_CHAR = 0x06,
	ATE_UNSIGNED = 0x07,
	ATE_UNSIGNED_CHAR = 0x08,
};

static bool has_name(const struct dwarf_writer *w, uint32_t name)
{
	return *btf_table_name(w->types, name);
}

/* An entry with or without a name; the two follow each other in the enum. */
static void put_die_named(struct dwarf_writer *w, enum dwarf_abbrev die,
			  uint32_t name)
{
	dwarf_put_die(w, has_name(w, name) ? die : die + 1);
}

static void put_name(struct dwarf_writer *w, uint32_t name)
{
	if (has_name(w, name))
		dwarf_put_name(w, name);
}

/* An entry of a type or of void; the two follow each other in the enum. */
static void put_die_of(struct dwarf_writer *w, enum dwarf_abbrev die,
		       uint32_t type)
{
	bool has = dwarf_has(w, type);

	dwarf_put_die(w, has ? die : die + 1);
	if (has)
		dwarf_put_type(w, type);
}

/* --- kinds ---------------------------------------------------------------- */

static enum encoding int_encoding(const struct dwarf_writer *w,
				  const struct btf_record *r)
{
	uint32_t data = 0;
	bool is_signed;

	btf_entry(&w->types->view, r, 0, &data, sizeof(data));
	is_signed = BTF_INT_ENCODING(data) & BTF_INT_SIGNED;
	if (BTF_INT_ENCODING(data) & BTF_INT_BOOL)
		return ATE_BOOLEAN;
	/* C has no other integers of one byte. */
	if (r->type == 1)
		return is_signed ? ATE_SIGNED_CHAR : ATE_UNSIGNED_CHAR;
	return is_signed ? ATE_SIGNED : ATE_UNSIGNED;
}

static void put_number(struct dwarf_writer *w, const struct btf_record *r)
{
	dwarf_put_die(w, DIE_NUMBER);
	dwarf_put_name(w, r->name);
	bytes_put8(&w->info,
		   r->kind == BTF_KIND_FLOAT ? ATE_FLOAT : int_encoding(w, r));
	bytes_put8(&w->info, r->type);
}

/* Only a typedef has a name. */
static void put_derived(struct dwarf_writer *w, const struct btf_record *r)
{
	static const enum dwarf_abbrev die[] = {
		[BTF_KIND_PTR] = DIE_POINTER,
		[BTF_KIND_CONST] = DIE_CONST,
		[BTF_KIND_VOLATILE] = DIE_VOLATILE,
		[BTF_KIND_RESTRICT] = DIE_RESTRICT,
		[BTF_KIND_TYPEDEF] = DIE_TYPEDEF,
	};

	put_die_of(w, die[r->kind], r->type);
	if (r->kind == BTF_KIND_TYPEDEF)
		dwarf_put_name(w, r->name);
}

/* BTF does not tell [] from [0]. */
static void put_array(struct dwarf_writer *w, const struct btf_record *r)
{
	struct btf_array array = { 0 };

	btf_entry(&w->types->view, r, 0, &array, sizeof(array));
	dwarf_put_die(w, DIE_ARRAY);
	dwarf_put_type(w, array.type);
	dwarf_put_die(w, DIE_RANGE);
	bytes_put(&w->info, array.nelems, 4);
	dwarf_put_die(w, DIE_END);
}

static void put_member(struct dwarf_writer *w, const struct btf_place *m,
		       uint32_t name)
{
	put_die_named(w, m->bits ? DIE_BITS : DIE_MEMBER, name);
	dwarf_put_type(w, m->type);
	bytes_put(&w->info, m->bits ? m->bit : m->bit / 8, 4);
	if (m->bits)
		bytes_put8(&w->info, m->bits);
	put_name(w, name);
}

static void put_structure(struct dwarf_writer *w, const struct btf_record *r)
{
	struct btf_place m;
	uint32_t name;

	put_die_named(w, r->kind == BTF_KIND_UNION ? DIE_UNION : DIE_STRUCT,
		      r->name);
	bytes_put(&w->info, r->type, 4);
	put_name(w, r->name);
	for (uint32_t i = 0; btf_member_at(&w->types->view, r, i, 0, &m, &name);
	     i++)
		put_member(w, &m, name);
	dwarf_put_die(w, DIE_END);
}

/* Get enumerator number i. false: there are no more. */
static bool enumerator(const struct dwarf_writer *w, const struct btf_record *r,
		       uint32_t i, uint32_t *name, uint64_t *value)
{
	const struct btf_view *v = &w->types->view;
	struct btf_enum64 large;
	struct btf_enum small;

	if (i >= r->vlen)
		return false;
	if (r->kind == BTF_KIND_ENUM64) {
		if (!btf_entry(v, r, i, &large, sizeof(large)))
			return false;
		*name = large.name_off;
		*value = (uint64_t)large.val_hi32 << 32 | large.val_lo32;
		return true;
	}
	if (!btf_entry(v, r, i, &small, sizeof(small)))
		return false;
	*name = small.name_off;
	*value = r->kflag ? (uint64_t)(int64_t)small.val : (uint32_t)small.val;
	return true;
}

static void put_enum(struct dwarf_writer *w, const struct btf_record *r)
{
	uint64_t value;
	uint32_t name;

	if (!r->vlen && has_name(w, r->name)) {
		dwarf_put_die(w, DIE_ENUM_DECLARATION);
		bytes_put8(&w->info, r->type);
		dwarf_put_name(w, r->name);
		return;
	}
	put_die_named(w, DIE_ENUM, r->name);
	bytes_put8(&w->info, r->type);
	put_name(w, r->name);
	for (uint32_t i = 0; enumerator(w, r, i, &name, &value); i++) {
		if (!has_name(w, name))
			continue;
		dwarf_put_die(w, r->kflag ? DIE_SIGNED : DIE_UNSIGNED);
		if (r->kflag)
			bytes_put_sleb(&w->info, (int64_t)value);
		else
			bytes_put_uleb(&w->info, value);
		dwarf_put_name(w, name);
	}
	dwarf_put_die(w, DIE_END);
}

static void put_declaration(struct dwarf_writer *w, const struct btf_record *r)
{
	dwarf_put_die(w, r->kflag ? DIE_UNION_DECLARATION
				  : DIE_STRUCT_DECLARATION);
	dwarf_put_name(w, r->name);
}

/* The last parameter of printf() and others has neither type nor name. */
static void put_prototype(struct dwarf_writer *w, const struct btf_record *r)
{
	struct btf_param p;

	put_die_of(w, DIE_PROTOTYPE, r->type);
	for (uint32_t i = 0; i < r->vlen; i++) {
		if (!btf_entry(&w->types->view, r, i, &p, sizeof(p)))
			break;
		if (i + 1 == r->vlen && !p.type && !p.name_off)
			dwarf_put_die(w, DIE_MORE_ARGUMENTS);
		else
			put_die_of(w, DIE_ARGUMENT, p.type);
	}
	dwarf_put_die(w, DIE_END);
}

/* --- the unit ------------------------------------------------------------- */

/* To add a kind: add it to TYPES in btf_table.c as well. */
static void (*const puts_kind[])(struct dwarf_writer *w,
				 const struct btf_record *r) = {
	[BTF_KIND_INT] = put_number,
	[BTF_KIND_FLOAT] = put_number,
	[BTF_KIND_PTR] = put_derived,
	[BTF_KIND_CONST] = put_derived,
	[BTF_KIND_VOLATILE] = put_derived,
	[BTF_KIND_RESTRICT] = put_derived,
	[BTF_KIND_TYPEDEF] = put_derived,
	[BTF_KIND_ARRAY] = put_array,
	[BTF_KIND_STRUCT] = put_structure,
	[BTF_KIND_UNION] = put_structure,
	[BTF_KIND_ENUM] = put_enum,
	[BTF_KIND_ENUM64] = put_enum,
	[BTF_KIND_FWD] = put_declaration,
	[BTF_KIND_FUNC_PROTO] = put_prototype,
};

static void put_variable(struct dwarf_writer *w, const struct dwarf_variable *v)
{
	uint32_t type = w->info.size;

	/* A hostile kernel may have a variable whose type is not written. */
	if (!dwarf_has(w, v->type) ||
	    !w->die[btf_table_type(w->types, v->type)])
		return;
	if (v->form == DWARF_POINTER) {
		dwarf_put_die(w, DIE_POINTER);
		dwarf_put_type(w, v->type);
	} else if (v->form == DWARF_ARRAY) {
		dwarf_put_die(w, DIE_ARRAY);
		dwarf_put_type(w, v->type);
		dwarf_put_die(w, DIE_RANGE_OPEN);
		dwarf_put_die(w, DIE_END);
	} else {
		type = w->die[btf_table_type(w->types, v->type)];
	}
	dwarf_put_die(w, DIE_VARIABLE);
	bytes_put_string(&w->info, v->name);
	bytes_put(&w->info, type, 4);
	bytes_put_uleb(&w->info, 9); /* bytes of the expression */
	bytes_put8(&w->info, OP_ADDR);
	bytes_put(&w->info, v->va, 8);
}

static void put_type(struct dwarf_writer *w, uint32_t id)
{
	const struct btf_record *r = &btf_table_node(w->types, id)->r;

	w->die[id] = w->info.size;
	if (w->need && w->need[id] == DWARF_NEED_NAME &&
	    btf_table_is_named_structure(w->types, id)) {
		dwarf_put_die(w, r->kind == BTF_KIND_UNION
					 ? DIE_UNION_DECLARATION
					 : DIE_STRUCT_DECLARATION);
		dwarf_put_name(w, r->name);
	} else {
		puts_kind[r->kind](w, r);
	}
}

void dwarf_put_types(struct dwarf_writer *w)
{
	size_t unit = dwarf_unit_begin(w, DIE_TYPES);

	for (uint32_t id = 1; id <= w->types->nr; id++) {
		const struct btf_node *n = btf_table_node(w->types, id);

		if (!dwarf_has(w, id) || n->r.kind == BTF_KIND_TYPE_TAG ||
		    (n->r.kind == BTF_KIND_FUNC_PROTO && !n->used &&
		     id >= w->types->first))
			continue;
		put_type(w, id);
	}
	for (size_t i = 0; i < w->input->nr_variables; i++)
		put_variable(w, &w->input->variables[i]);
	dwarf_unit_end(w, unit);
}
