// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prototype.c - prototypes of functions, and members of types by offset
 *
 * Arm's "Procedure Call Standard for the Arm 64-bit Architecture" states which
 * register has which argument. Only arguments that take one general register
 * each are reported. The first argument of another kind ends the list, because
 * the registers of the arguments after it are not computed here.
 */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "btf.h"
#include "module_btf.h"

#define MAX_ARGS   8
#define MAX_DEPTH  16
#define MAX_WORK   4096 /* members that one search looks at */
#define NAME_SIZE  128
#define MAX_TARGET 4 /* pointers to pointers */

static struct introspect_type type_of(const struct btf_view *v, uint32_t id)
{
	return (struct introspect_type){ .btf = v, .id = id };
}

static const struct btf_view *view_of(const struct introspect_type *t)
{
	return t->btf;
}

/* --- functions -------------------------------------------------------------*/

struct find {
	const struct btf_view *v;
	const char *name;
	uint32_t proto;
	bool twice; /* two functions of this name have different types */
};

static bool find_see(void *opaque, const struct btf_record *r)
{
	struct find *f = opaque;

	if (r->kind == BTF_KIND_FUNC &&
	    btf_name_is(f->v, r->name, f->name, strlen(f->name))) {
		f->twice = f->proto && f->proto != r->type;
		f->proto = r->type;
	}
	return !f->twice;
}

static const struct btf_view *btf_of(struct introspect *in, const char *module)
{
	if (!*module)
		return layouts_btf(in);
	for (unsigned int i = 0; i < in->mods.nr; i++)
		if (!strcmp(in->mods.m[i].name, module))
			return module_btf(in, in->mods.m[i].va);
	return NULL;
}

int introspect_function(struct introspect *in, const char *name,
			const char *module, struct introspect_type *ret)
{
	struct find f = { .v = btf_of(in, module), .name = name };
	struct btf_record r;

	if (!f.v)
		return -ENOENT;
	btf_each(f.v, find_see, &f);
	if (!f.proto || f.twice || !btf_get(f.v, f.proto, &r) ||
	    r.kind != BTF_KIND_FUNC_PROTO)
		return -ENOENT;
	*ret = type_of(f.v, f.proto);
	return 0;
}

/* Does a value of this type take one general register? */
static bool is_scalar(const struct btf_view *v, uint32_t type)
{
	struct btf_record r;

	if (!btf_strip(v, type, &r))
		return false;
	return (r.kind == BTF_KIND_PTR || r.kind == BTF_KIND_INT ||
		r.kind == BTF_KIND_ENUM || r.kind == BTF_KIND_ENUM64) &&
	       btf_sizeof(v, type) <= 8;
}

int introspect_parameter(const struct introspect_type *function,
			 unsigned int index, char *name, size_t size,
			 struct introspect_type *ret)
{
	const struct btf_view *v = view_of(function);
	struct btf_record r;
	struct btf_param p;

	if (index >= MAX_ARGS || !btf_get(v, function->id, &r) ||
	    r.kind != BTF_KIND_FUNC_PROTO || index >= r.vlen)
		return -ENOENT;
	for (unsigned int i = 0; i <= index; i++)
		if (!btf_entry(v, &r, i, &p, sizeof(p)) ||
		    !is_scalar(v, p.type))
			return -ENOENT;
	btf_name(v, p.name_off, name, size);
	*ret = type_of(v, p.type);
	return *name ? 0 : -ENOENT;
}

int introspect_returned(const struct introspect_type *function,
			struct introspect_type *ret)
{
	const struct btf_view *v = view_of(function);
	struct btf_record r;

	if (!btf_get(v, function->id, &r) || r.kind != BTF_KIND_FUNC_PROTO ||
	    !is_scalar(v, r.type))
		return -ENOENT;
	*ret = type_of(v, r.type);
	return 0;
}

/* --- types -----------------------------------------------------------------*/

int introspect_type_find(struct introspect *in, const char *name,
			 struct introspect_type *ret)
{
	struct introspect_object o;
	int err = introspect_object(in, name, 0, "", &o);

	if (!err)
		*ret = type_of(layouts_btf(in), o.type);
	return err;
}

int introspect_pointed(const struct introspect_type *type,
		       struct introspect_type *ret)
{
	const struct btf_view *v = view_of(type);
	struct btf_record r;

	if (!btf_strip(v, type->id, &r) || r.kind != BTF_KIND_PTR)
		return -ENOENT;
	*ret = type_of(v, r.type);
	return 0;
}

void introspect_type_text(const struct introspect_type *type, char *buf,
			  size_t size)
{
	const struct btf_view *v = view_of(type);
	const char *word = "", *stars = "****";
	uint32_t id = type->id;
	unsigned int depth = 0;
	char name[NAME_SIZE];
	struct btf_record r;

	snprintf(buf, size, "?");
	while (btf_get(v, id, &r)) {
		if (r.kind == BTF_KIND_PTR && ++depth > MAX_TARGET)
			return;
		if (r.kind != BTF_KIND_PTR && r.kind != BTF_KIND_CONST &&
		    r.kind != BTF_KIND_VOLATILE &&
		    r.kind != BTF_KIND_RESTRICT && r.kind != BTF_KIND_TYPE_TAG)
			break;
		if (r.type == id)
			return;
		id = r.type;
	}
	btf_name(v, r.name, name, sizeof(name));
	if (!id)
		snprintf(name, sizeof(name), "void");
	else if (r.kind == BTF_KIND_FUNC_PROTO)
		snprintf(name, sizeof(name), "function");
	else if (r.kind == BTF_KIND_STRUCT ||
		 (r.kind == BTF_KIND_FWD && !r.kflag))
		word = "struct ";
	else if (r.kind == BTF_KIND_UNION || r.kind == BTF_KIND_FWD)
		word = "union ";
	else if (r.kind == BTF_KIND_ENUM || r.kind == BTF_KIND_ENUM64)
		word = "enum ";
	if (*name)
		snprintf(buf, size, "%s%s%s%.*s", word, name, depth ? " " : "",
			 (int)depth, stars);
}

/* --- members ---------------------------------------------------------------*/

struct place {
	const struct btf_view *v;
	uint64_t size;
	char *path;
	size_t path_size;
	unsigned int left;
};

/* Add ".name" or, without a name, "[index]". */
static bool path_add(struct place *p, const char *name, uint64_t index)
{
	size_t len = strlen(p->path);
	int n;

	if (*name)
		n = snprintf(p->path + len, p->path_size - len, "%s%s",
			     len ? "." : "", name);
	else
		n = snprintf(p->path + len, p->path_size - len, "[%" PRIu64 "]",
			     index);
	return n >= 0 && (size_t)n < p->path_size - len;
}

static int place_find(struct place *p, uint32_t type, uint64_t offset,
		      unsigned int depth, uint32_t *ret);

static int element_find(struct place *p, const struct btf_record *r,
			uint64_t offset, unsigned int depth, uint32_t *ret)
{
	struct btf_array array;
	uint64_t size;

	if (!btf_entry(p->v, r, 0, &array, sizeof(array)))
		return -ENOENT;
	size = btf_sizeof(p->v, array.type);
	if (!size || offset / size >= array.nelems ||
	    !path_add(p, "", offset / size))
		return -ENOENT;
	return place_find(p, array.type, offset % size, depth + 1, ret);
}

/*
 * Find the member that contains the bytes. Members of a union share bytes:
 * there is an answer only if exactly one of them fits.
 */
static int member_find(struct place *p, const struct btf_record *r,
		       uint64_t offset, unsigned int depth, uint32_t *ret)
{
	size_t len = strlen(p->path);
	char best[256] = "";
	unsigned int found = 0;
	struct btf_place m;
	char name[NAME_SIZE];
	uint32_t name_at, id;

	for (uint32_t i = 0; btf_member_at(p->v, r, i, 0, &m, &name_at); i++) {
		uint64_t at = m.bit / 8, size = btf_sizeof(p->v, m.type);

		if (!p->left--)
			return -ENOENT;
		if (m.bits || offset < at || offset - at >= size)
			continue;
		btf_name(p->v, name_at, name, sizeof(name));
		p->path[len] = '\0';
		if ((*name && !path_add(p, name, 0)) ||
		    place_find(p, m.type, offset - at, depth + 1, &id))
			continue;
		if (found++ || strlen(p->path) >= sizeof(best))
			continue;
		strcpy(best, p->path);
		*ret = id;
	}
	if (found != 1 || strlen(best) >= p->path_size)
		return -ENOENT;
	strcpy(p->path, best);
	return 0;
}

static int place_find(struct place *p, uint32_t type, uint64_t offset,
		      unsigned int depth, uint32_t *ret)
{
	struct btf_record r;

	if (depth > MAX_DEPTH || !btf_strip(p->v, type, &r))
		return -ENOENT;
	if (r.kind == BTF_KIND_STRUCT || r.kind == BTF_KIND_UNION)
		return member_find(p, &r, offset, depth, ret);
	if (r.kind == BTF_KIND_ARRAY)
		return element_find(p, &r, offset, depth, ret);
	if (offset || btf_sizeof(p->v, type) != p->size)
		return -ENOENT;
	*ret = type;
	return 0;
}

int introspect_member_at(const struct introspect_type *type, uint64_t offset,
			 uint64_t size, char *path, size_t path_size,
			 struct introspect_type *ret)
{
	struct place p = {
		.v = view_of(type),
		.size = size,
		.path = path,
		.path_size = path_size,
		.left = MAX_WORK,
	};
	uint32_t id;
	int err;

	*path = '\0';
	err = place_find(&p, type->id, offset, 0, &id);
	if (!err)
		*ret = type_of(p.v, id);
	return err;
}
