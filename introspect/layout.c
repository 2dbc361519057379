// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout.c - structure layouts from the BTF inside the Image
 *
 * The blob lies between __start_BTF and __stop_BTF (kernels with KALLSYMS_ALL).
 * Without these symbols the blob is found by its header, after kallsyms. The
 * blob has 150,000 types. So this file lists all structures that are ever
 * needed, and finds them in one pass (btf.h). The walk through their members
 * bounds the nesting, because the types of a hostile BTF may form a circle.
 */
#include "state.h"
#include "btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* To add a structure, only add its name here. */
static const char *const structures[] = {
	"module",           "module_memory", "module_sect_attrs",
	"module_sect_attr", "bin_attribute", "mod_kallsyms",
	"task_struct",      "mm_struct",
};

static const char percpu_section[] = ".data..percpu";

#define MAX_NESTING   8
#define MAX_MODIFIERS 32
#define MAX_WORK      20000 /* the most members looked at in one search */

static const uint8_t magic[4] = { 0x9f, 0xeb, BTF_VERSION, 0 };

struct layouts {
	int err; /* the result of load() */
	struct btf_view btf; /* nr 0: this kernel has none */
	uint32_t id[ARRAY_SIZE(structures)];
	uint32_t percpu; /* id of the DATASEC, or 0 */
};

/* --- finding the blob --------------------------------------------------- */

static uint64_t blob_search(const struct introspect *in, uint64_t from,
			    uint64_t *size_ret)
{
	const uint8_t *data = in->k.data;

	for (uint64_t at = ALIGN_UP(from, 4ULL); at + 4 <= in->k.size;
	     at += 4) {
		if (memcmp(data + at, magic, sizeof(magic)))
			continue;
		*size_ret = btf_size(data + at, in->k.size - at);
		if (*size_ret > sizeof(struct btf_header) + 2)
			return at;
	}
	*size_ret = 0;
	return 0;
}

static uint64_t blob_find(const struct introspect *in, uint64_t *size_ret)
{
	struct kallsyms_entry e;
	uint64_t at;

	if (kallsyms_lookup(&in->ks, "__start_BTF", &e)) {
		at = kallsyms_offset(&in->ks, e.index);
		*size_ret = at < in->k.size
				    ? btf_size(in->k.data + at, in->k.size - at)
				    : 0;
		if (*size_ret)
			return at;
	}
	at = blob_search(in, in->ks.end, size_ret);
	return at ? at : blob_search(in, 0, size_ret);
}

/* --- index -------------------------------------------------------------- */

static void index_type(void *opaque, const struct btf_view *v,
		       const struct btf_record *r)
{
	struct layouts *l = opaque;

	if (r->kind == BTF_KIND_DATASEC) {
		if (btf_name_is(v, r->name, percpu_section,
				strlen(percpu_section)))
			l->percpu = r->id;
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(structures); i++)
		if (!l->id[i] && btf_name_is(v, r->name, structures[i],
					     strlen(structures[i])))
			l->id[i] = r->id;
}

static int load(const struct introspect *in, struct layouts *l)
{
	uint64_t size, at = blob_find(in, &size);
	int err;

	if (!size)
		return -ENOENT;
	err = btf_open(in->k.data + at, size, index_type, l, &l->btf);
	if (err == -EBADMSG)
		btf_close(&l->btf);
	return err;
}

int layouts_load(struct introspect *in)
{
	int err;

	if (in->layouts)
		return in->layouts->err;
	if (!in->found)
		return -ENOENT;
	in->layouts = calloc(1, sizeof(*in->layouts));
	if (!in->layouts)
		return -ENOMEM;
	err = load(in, in->layouts);
	in->layouts->err = err;
	if (err == -ENOMEM) {
		layouts_destroy(in->layouts);
		in->layouts = NULL;
	}
	return err;
}

void layouts_destroy(struct layouts *l)
{
	if (l)
		btf_close(&l->btf);
	free(l);
}

/* --- members ------------------------------------------------------------ */

/* Skip typedefs, qualifiers and arrays; false: no type is left. */
static bool bare_type(const struct btf_view *btf, uint32_t id,
		      struct btf_record *ret)
{
	struct btf_array array;

	for (unsigned int i = 0; i < MAX_MODIFIERS; i++) {
		if (!btf_get(btf, id, ret))
			return false;
		switch (ret->kind) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = ret->type;
			break;
		case BTF_KIND_ARRAY:
			if (!btf_entry(btf, ret, 0, &array, sizeof(array)))
				return false;
			id = array.type;
			break;
		default:
			return true;
		}
	}
	return false;
}

/* The search for one member. budget bounds the work on a circular type. */
struct search {
	const struct btf_view *btf;
	const char *name;
	size_t len;
	unsigned int budget;
	uint32_t bit; /* result: offset from the outermost structure */
	uint32_t type;
};

static bool member_find(struct search *s, uint32_t type, uint32_t base,
			unsigned int depth)
{
	struct btf_member m;
	struct btf_record r;
	uint32_t bit;

	if (depth > MAX_NESTING || !bare_type(s->btf, type, &r) ||
	    (r.kind != BTF_KIND_STRUCT && r.kind != BTF_KIND_UNION))
		return false;
	for (uint32_t i = 0; i < r.vlen && s->budget; i++) {
		s->budget--;
		if (!btf_entry(s->btf, &r, i, &m, sizeof(m)))
			return false;
		bit = r.kflag ? BTF_MEMBER_BIT_OFFSET(m.offset) : m.offset;
		bit += base;
		if (btf_name_is(s->btf, m.name_off, "", 0)) {
			if (member_find(s, m.type, bit, depth + 1))
				return true;
		} else if (btf_name_is(s->btf, m.name_off, s->name, s->len)) {
			s->bit = bit;
			s->type = m.type;
			return true;
		}
	}
	return false;
}

/* The type number of a structure, or 0. */
static uint32_t structure(struct introspect *in, const char *name)
{
	if (layouts_load(in))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(structures); i++)
		if (!strcmp(name, structures[i]))
			return in->layouts->id[i];
	return 0;
}

int layout_offset(struct introspect *in, const char *name, const char *path,
		  uint32_t *ret)
{
	struct search s = { .type = structure(in, name), .budget = MAX_WORK };

	if (!s.type)
		return -ENOENT;
	s.btf = &in->layouts->btf;
	do {
		s.name = path;
		s.len = strcspn(path, ".");
		if (!member_find(&s, s.type, s.bit, 0))
			return -ENOENT;
		path += s.len;
	} while (*path++ == '.');
	*ret = s.bit / 8;
	return 0;
}

int layout_size(struct introspect *in, const char *name, uint32_t *ret)
{
	uint32_t id = structure(in, name);
	struct btf_record r;

	if (!id || !btf_get(&in->layouts->btf, id, &r))
		return -ENOENT;
	*ret = r.type;
	return 0;
}

int layout_percpu(struct introspect *in, const char *variable, uint32_t *ret)
{
	const struct btf_view *btf;
	struct btf_var_secinfo v;
	struct btf_record r, var;

	if (layouts_load(in))
		return -ENOENT;
	btf = &in->layouts->btf;
	if (!btf_get(btf, in->layouts->percpu, &r))
		return -ENOENT;
	for (uint32_t i = 0; i < r.vlen; i++) {
		if (!btf_entry(btf, &r, i, &v, sizeof(v)) ||
		    !btf_get(btf, v.type, &var))
			return -ENOENT;
		if (!btf_name_is(btf, var.name, variable, strlen(variable)))
			continue;
		*ret = v.offset;
		return 0;
	}
	return -ENOENT;
}
