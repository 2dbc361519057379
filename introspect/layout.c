// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout.c - structure layouts from the BTF inside the Image
 *
 * The blob lies between __start_BTF and __stop_BTF (kernels with KALLSYMS_ALL).
 * Without these symbols the blob is found by its header, after kallsyms. The
 * blob has 150,000 types. So this file lists the structures that are needed
 * while a user waits to see a stop, and finds them in the same pass that counts
 * the types. Only a look-up of another structure hashes all names (btf_find).
 */
#include "state.h"
#include "btf_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The structures for a debugger's first stop. btf_find() finds others. */
static const char *const structures[] = {
	"module",           "module_memory", "module_sect_attrs",
	"module_sect_attr", "bin_attribute", "mod_kallsyms",
	"task_struct",      "mm_struct",
};

static const char percpu_section[] = ".data..percpu";

static const uint8_t magic[4] = { 0x9f, 0xeb, BTF_VERSION, 0 };

struct layouts {
	int err; /* the result of load() */
	struct btf_view btf; /* nr 0: this kernel has none */
	uint32_t id[ARRAY_SIZE(structures)];
	uint32_t percpu; /* id of the DATASEC, or 0 */
	struct btf_table table; /* node NULL: not made yet */
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

struct btf_view *layouts_btf(struct introspect *in)
{
	return layouts_load(in) ? NULL : &in->layouts->btf;
}

const struct btf_table *layouts_table(struct introspect *in)
{
	const struct btf_view *btf = layouts_btf(in);
	struct layouts *l = in->layouts;

	if (!btf || (!l->table.node && btf_table_create(btf, NULL, &l->table)))
		return NULL;
	return &l->table;
}

void layouts_destroy(struct layouts *l)
{
	if (l) {
		btf_table_destroy(&l->table);
		btf_close(&l->btf);
	}
	free(l);
}

/* --- members ------------------------------------------------------------ */

/* The type number of a structure, or 0. */
static uint32_t structure(struct introspect *in, const char *name)
{
	if (layouts_load(in))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(structures); i++)
		if (!strcmp(name, structures[i]))
			return in->layouts->id[i];
	return btf_find(&in->layouts->btf, BTF_KINDS(STRUCT), name);
}

int layout_offset(struct introspect *in, const char *name, const char *path,
		  uint32_t *ret)
{
	uint32_t type = structure(in, name), bit = 0;
	struct btf_place place;
	size_t len;

	if (!type)
		return -ENOENT;
	do {
		len = strcspn(path, ".");
		if (!btf_member(&in->layouts->btf, type, path, len, &place))
			return -ENOENT;
		bit += place.bit;
		type = place.type;
		path += len;
	} while (*path++ == '.');
	*ret = bit / 8;
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

bool layout_percpu_at(struct introspect *in, uint32_t i,
		      struct layout_variable *ret)
{
	const struct btf_view *btf = layouts_btf(in);
	struct btf_var_secinfo v;
	struct btf_record r, var;

	if (!btf || !btf_get(btf, in->layouts->percpu, &r) || i >= r.vlen ||
	    !btf_entry(btf, &r, i, &v, sizeof(v)) ||
	    !btf_get(btf, v.type, &var))
		return false;
	*ret = (struct layout_variable){ v.offset, v.size, var.type, var.name };
	return true;
}

int layout_percpu(struct introspect *in, const char *variable, uint32_t *ret)
{
	struct layout_variable v;

	for (uint32_t i = 0; layout_percpu_at(in, i, &v); i++) {
		if (!btf_name_is(&in->layouts->btf, v.name, variable,
				 strlen(variable)))
			continue;
		*ret = v.offset;
		return 0;
	}
	return -ENOENT;
}
