// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * names.c - the names that the guest has, for completion
 */
#include <trapline/names.h>

#include <errno.h>
#include <string.h>
#include "btf.h"
#include "state.h"

#define NAME_SIZE  128
#define MAX_DEPTH  16 /* pointers, arrays and anonymous structures */
#define MAX_MEMBER 65536 /* of one structure, with anonymous ones */

struct names {
	bool (*see)(void *opaque, const char *name);
	void *opaque;
};

static bool see_export(void *opaque, const char *name, uint64_t offset)
{
	const struct names *n = opaque;

	return n->see(n->opaque, name);
}

void introspect_symbol_each(struct introspect *in,
			    bool (*see)(void *opaque, const char *name),
			    void *opaque)
{
	struct names names = { see, opaque };
	struct kallsyms_entry e;
	bool ok;

	if (!in->found)
		return;
	for (ok = kallsyms_get(&in->ks, 0, &e); ok;
	     ok = kallsyms_next(&in->ks, &e))
		if (!see(opaque, e.name))
			return;
	if (ksymtab_each(in, see_export, &names))
		modules_symbol_each(in, see, opaque);
}

/* --- types --------------------------------------------------------------- */

struct types {
	const struct btf_view *btf;
	bool (*see)(void *opaque, const char *name);
	void *opaque;
};

static bool see_type(void *opaque, const struct btf_record *r)
{
	static const uint32_t kinds = BTF_KINDS(INT) | BTF_KINDS(FLOAT) |
				      BTF_KINDS(STRUCT) | BTF_KINDS(UNION) |
				      BTF_KINDS(ENUM) | BTF_KINDS(ENUM64) |
				      BTF_KINDS(TYPEDEF);
	const struct types *t = opaque;
	char name[NAME_SIZE];

	if (!(1U << r->kind & kinds))
		return true;
	btf_name(t->btf, r->name, name, sizeof(name));
	return !*name || t->see(t->opaque, name);
}

void introspect_type_each(struct introspect *in,
			  bool (*see)(void *opaque, const char *name),
			  void *opaque)
{
	struct types t = { layouts_btf(in), see, opaque };

	if (t.btf)
		btf_each(t.btf, see_type, &t);
}

/* --- members ------------------------------------------------------------- */

/* The structure behind pointers and arrays. */
static bool strip(const struct btf_view *btf, uint32_t id,
		  struct btf_record *ret)
{
	struct btf_array array;

	for (unsigned int i = 0; i < MAX_DEPTH; i++) {
		if (!btf_strip(btf, id, ret))
			return false;
		if (ret->kind == BTF_KIND_PTR)
			id = ret->type;
		else if (ret->kind != BTF_KIND_ARRAY)
			return true;
		else if (!btf_entry(btf, ret, 0, &array, sizeof(array)))
			return false;
		else
			id = array.type;
	}
	return false;
}

static bool see_members(const struct types *t, const struct btf_record *r,
			unsigned int depth, unsigned int *left)
{
	struct btf_record inner;
	struct btf_place m;
	char name[NAME_SIZE];
	uint32_t name_at;

	for (uint32_t i = 0; btf_member_at(t->btf, r, i, 0, &m, &name_at);
	     i++) {
		if (!*left || !(*left)--)
			return false;
		btf_name(t->btf, name_at, name, sizeof(name));
		if (*name ? !t->see(t->opaque, name)
			  : depth < MAX_DEPTH &&
				    strip(t->btf, m.type, &inner) &&
				    !see_members(t, &inner, depth + 1, left))
			return false;
	}
	return true;
}

int introspect_member_each(const struct introspect_type *type, const char *path,
			   bool (*see)(void *opaque, const char *name),
			   void *opaque)
{
	struct types t = { type->btf, see, opaque };
	unsigned int left = MAX_MEMBER;
	uint32_t id = type->id;
	struct btf_record r;
	struct btf_place m;
	size_t len;

	for (; *path; path += len) {
		len = strcspn(path, ".[->]");
		if (len && strspn(path, "0123456789") != len) {
			if (!strip(t.btf, id, &r) ||
			    !btf_member(t.btf, r.id, path, len, &m))
				return -ENOENT;
			id = m.type;
		}
		len += strspn(path + len, ".[->]");
	}
	if (!strip(t.btf, id, &r))
		return -ENOENT;
	see_members(&t, &r, 0, &left);
	return 0;
}

int introspect_object_type(struct introspect *in,
			   const struct introspect_object *o,
			   struct introspect_type *ret)
{
	const struct btf_view *btf = layouts_btf(in);

	if (!btf)
		return -ENOENT;
	*ret = (struct introspect_type){ .btf = btf, .id = o->type };
	return 0;
}
