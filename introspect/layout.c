// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout.c - structure layouts from the BTF inside the Image
 *
 * Format: Documentation/bpf/btf.rst; parsed and checked by libbpf, which
 * works on its own copy. The blob lies between __start_BTF and __stop_BTF
 * (kernels with KALLSYMS_ALL), or is searched for by its header behind
 * kallsyms. It holds 150,000 types, so all structures that are ever asked for
 * are listed here and found in one pass; what is in them is walked by hand,
 * with bounds on nesting, because a hostile BTF may point in circles.
 */
#include "state.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* To add one: its name here; that is all. */
static const char *const structures[] = {
	"module",           "module_memory", "module_sect_attrs",
	"module_sect_attr", "mod_kallsyms",  "task_struct",
};

static const char percpu_section[] = ".data..percpu";

#define MAX_NESTING   8
#define MAX_MODIFIERS 32
#define MAX_WORK      20000 /* members looked at for one answer */

static const uint8_t magic[4] = { 0x9f, 0xeb, BTF_VERSION, 0 };

struct layouts {
	struct btf *btf; /* NULL: this kernel has none */
	uint32_t id[ARRAY_SIZE(structures)];
	uint32_t percpu; /* id of the DATASEC, or 0 */
};

/* --- finding the blob --------------------------------------------------- */

/* Its size if a BTF header stands there, else 0. */
static uint64_t blob_size(const struct introspect *in, uint64_t at)
{
	struct btf_header h;
	uint64_t size;

	if (kva_read_image(in, at, &h, sizeof(h)) || h.magic != BTF_MAGIC ||
	    h.version != BTF_VERSION || h.flags || h.hdr_len != sizeof(h) ||
	    h.type_off || h.str_off < h.type_len || !h.str_len)
		return 0;
	size = sizeof(h) + (uint64_t)h.str_off + h.str_len;
	return size <= in->k.size - at ? size : 0;
}

static uint64_t blob_search(const struct introspect *in, uint64_t from,
			    uint64_t *size_ret)
{
	const uint8_t *start = in->k.data, *p = start + from;
	const uint8_t *end = start + in->k.size;

	while (p < end && (p = memmem(p, end - p, magic, sizeof(magic)))) {
		*size_ret = blob_size(in, p - start);
		if (*size_ret > sizeof(struct btf_header) + 2)
			return p - start;
		p++;
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
		*size_ret = blob_size(in, at);
		if (*size_ret)
			return at;
	}
	at = blob_search(in, in->ks.end, size_ret);
	return at ? at : blob_search(in, 0, size_ret);
}

/* --- index -------------------------------------------------------------- */

static void index_type(struct layouts *l, uint32_t id, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(l->btf, t->name_off);

	if (!name)
		return;
	if (btf_kind(t) == BTF_KIND_DATASEC) {
		if (!strcmp(name, percpu_section))
			l->percpu = id;
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(structures); i++)
		if (!l->id[i] && !strcmp(name, structures[i]))
			l->id[i] = id;
}

static void index_types(struct layouts *l)
{
	uint32_t nr = btf__type_cnt(l->btf);
	const struct btf_type *t;

	for (uint32_t id = 1; id < nr; id++) {
		t = btf__type_by_id(l->btf, id);
		if (!t)
			return;
		if (btf_kind(t) == BTF_KIND_STRUCT ||
		    btf_kind(t) == BTF_KIND_DATASEC)
			index_type(l, id, t);
	}
}

static int no_print(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	return 0;
}

static int load(const struct introspect *in, struct layouts *l)
{
	uint64_t size, at = blob_find(in, &size);
	uint8_t *copy;

	if (!size)
		return -ENOENT;
	/* A copy of our own first: libbpf sizes its buffer by what it reads. */
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, in->k.data + at, size);
	libbpf_set_print(no_print);
	l->btf = btf__new(copy, size);
	free(copy);
	if (libbpf_get_error(l->btf)) {
		l->btf = NULL;
		return -EBADMSG;
	}
	index_types(l);
	return 0;
}

int layouts_load(struct introspect *in)
{
	int err;

	if (in->layouts)
		return in->layouts->btf ? 0 : -ENOENT;
	if (!in->found)
		return -ENOENT;
	in->layouts = calloc(1, sizeof(*in->layouts));
	if (!in->layouts)
		return -ENOMEM;
	err = load(in, in->layouts);
	if (err == -ENOMEM) {
		layouts_destroy(in->layouts);
		in->layouts = NULL;
	}
	return err;
}

void layouts_destroy(struct layouts *l)
{
	if (l)
		btf__free(l->btf);
	free(l);
}

/* --- members ------------------------------------------------------------ */

/* The type behind typedefs, qualifiers and arrays, or NULL. */
static const struct btf_type *bare_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (unsigned int i = 0; t && i < MAX_MODIFIERS; i++) {
		if (btf_is_mod(t) || btf_is_typedef(t))
			t = btf__type_by_id(btf, t->type);
		else if (btf_is_array(t))
			t = btf__type_by_id(btf, btf_array(t)->type);
		else
			return t;
	}
	return NULL;
}

/* One member looked for; budget bounds the work on a circular type. */
struct search {
	const struct btf *btf;
	const char *name;
	size_t len;
	unsigned int budget;
	uint32_t bit; /* found: from the start of the outermost */
	const struct btf_type *type;
};

static bool member_find(struct search *s, const struct btf_type *t,
			uint32_t base, unsigned int depth)
{
	const struct btf_member *m;
	const char *name;
	uint32_t bit;

	if (!t || !btf_is_composite(t) || depth > MAX_NESTING)
		return false;
	m = btf_members(t);
	for (uint32_t i = 0; i < btf_vlen(t) && s->budget; i++, m++) {
		s->budget--;
		name = btf__name_by_offset(s->btf, m->name_off);
		bit = base + btf_member_bit_offset(t, i);
		if (!name)
			continue;
		if (!*name) {
			if (member_find(s, bare_type(s->btf, m->type), bit,
					depth + 1))
				return true;
		} else if (!strncmp(name, s->name, s->len) && !name[s->len]) {
			s->bit = bit;
			s->type = bare_type(s->btf, m->type);
			return true;
		}
	}
	return false;
}

static const struct btf_type *structure(struct introspect *in, const char *name)
{
	if (layouts_load(in))
		return NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(structures); i++)
		if (!strcmp(name, structures[i]) && in->layouts->id[i])
			return btf__type_by_id(in->layouts->btf,
					       in->layouts->id[i]);
	return NULL;
}

int layout_offset(struct introspect *in, const char *name, const char *path,
		  uint32_t *ret)
{
	struct search s = { .type = structure(in, name), .budget = MAX_WORK };

	do {
		s.btf = in->layouts ? in->layouts->btf : NULL;
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
	const struct btf_type *t = structure(in, name);

	if (!t)
		return -ENOENT;
	*ret = t->size;
	return 0;
}

int layout_percpu(struct introspect *in, const char *variable, uint32_t *ret)
{
	const struct btf_var_secinfo *v;
	const struct btf_type *t, *var;
	const char *name;

	if (layouts_load(in) || !in->layouts->percpu)
		return -ENOENT;
	t = btf__type_by_id(in->layouts->btf, in->layouts->percpu);
	v = btf_var_secinfos(t);
	for (uint32_t i = 0; i < btf_vlen(t); i++, v++) {
		var = btf__type_by_id(in->layouts->btf, v->type);
		if (!var)
			continue;
		name = btf__name_by_offset(in->layouts->btf, var->name_off);
		if (!name || strcmp(name, variable))
			continue;
		*ret = v->offset;
		return 0;
	}
	return -ENOENT;
}
