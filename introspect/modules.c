// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modules.c - the guest's loaded modules
 *
 * This file walks the kernel's list "modules" (kernel/module/main.c). BTF gives
 * the offsets of the members: core_layout and init_layout up to 6.3, mem[]
 * since (ac3b43283923 "module: replace module_layout with module_memory").
 *
 * Without KALLSYMS_ALL the list head has no symbol. The addresses that
 * list-walking functions refer to are then the candidates. A candidate is
 * accepted if both of its neighbours in the list point back to it.
 *
 * The list may change while the guest runs, and the guest may be hostile. So
 * each struct module is copied once, pointers are followed only by kva_read(),
 * and the walk and the memory for all modules together are bounded. In Linux no
 * two modules have the same name. If two modules in the list have the same
 * name, only the first is used, so that a user's file is read only once for
 * each name.
 */
#include "state.h"
#include "symfile.h"
#include "textref.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

#define MODULES_MAX     2048
#define SECTIONS_MAX    256 /* of one module */
#define ALL_SECTIONS    SZ_64K /* of all modules */
#define MODULE_SIZE_MAX SZ_64K
#define TEXT_SIZE_MAX   (256 * SZ_1M)
#define CANDIDATES      32
/*
 * The most symbols in the symbol files of all modules together: a debugger
 * loads all of these files. 300 modules of a distribution have 200,000 symbols.
 */
#define FILES_SYMS_MAX  (1U << 20)

/* enum module_state, enum mod_mem_type (include/linux/module.h). */
#define MODULE_STATE_GOING    2
#define MODULE_STATE_UNFORMED 3
#define MOD_INIT_TEXT         4

/* Offsets of members in struct module and in the structures it points to. */
struct fields {
	uint32_t size, state, list, name;
	uint32_t text, text_size;
	uint32_t init, init_size;
	uint32_t build_id, sect_attrs;
	/* In module_sect_attrs and in the structures it points to. */
	uint32_t attrs, attr_name, attr_address;
	bool has_build_id, has_sections;
};

static int text_fields(struct introspect *in, struct fields *f)
{
	static const char s[] = "module";
	uint32_t element;

	if (!layout_offset(in, s, "mem.base", &f->text) &&
	    !layout_offset(in, s, "mem.size", &f->text_size) &&
	    !layout_size(in, "module_memory", &element)) {
		f->init = f->text + MOD_INIT_TEXT * element;
		f->init_size = f->text_size + MOD_INIT_TEXT * element;
		return 0;
	}
	if (layout_offset(in, s, "core_layout.base", &f->text) ||
	    layout_offset(in, s, "core_layout.text_size", &f->text_size) ||
	    layout_offset(in, s, "init_layout.base", &f->init) ||
	    layout_offset(in, s, "init_layout.text_size", &f->init_size))
		return -ENOENT;
	return 0;
}

/*
 * sysfs has a binary attribute for each section. Up to 6.13 the section's
 * address is a member of struct module_sect_attr, which contains the attribute.
 * Since then the address is in the attribute itself (4b2c11e4aaf7 "module:
 * sysfs: Drop member 'module_sect_attr::address'").
 */
static bool attr_fields(struct introspect *in, struct fields *f)
{
	static const char a[] = "module_sect_attr", b[] = "bin_attribute";

	if (!layout_offset(in, a, "battr.attr.name", &f->attr_name) &&
	    !layout_offset(in, a, "address", &f->attr_address))
		return true;
	return !layout_offset(in, b, "attr.name", &f->attr_name) &&
	       !layout_offset(in, b, "private", &f->attr_address);
}

static void section_fields(struct introspect *in, struct fields *f)
{
	f->has_sections =
		!layout_offset(in, "module", "sect_attrs", &f->sect_attrs) &&
		!layout_offset(in, "module_sect_attrs", "grp.bin_attrs",
			       &f->attrs) &&
		attr_fields(in, f);
}

/* Do all members that are used later lie inside the copy of the structure? */
static bool fields_fit(const struct fields *f)
{
	const uint32_t ends[] = {
		f->state + 4,
		f->list + 16,
		f->name + 56,
		f->text + 8,
		f->text_size + 4,
		f->init + 8,
		f->init_size + 4,
		f->sect_attrs + 8,
		f->build_id + MODULE_BUILD_ID_SIZE,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends[i] > f->size || ends[i] < 4)
			return false;
	return f->size <= MODULE_SIZE_MAX;
}

static int fields_find(struct introspect *in, struct fields *ret)
{
	static const char s[] = "module";
	struct fields f = { 0 };
	int err = layouts_load(in);

	if (err)
		return err;
	if (layout_size(in, s, &f.size) ||
	    layout_offset(in, s, "state", &f.state) ||
	    layout_offset(in, s, "list", &f.list) ||
	    layout_offset(in, s, "name", &f.name) || text_fields(in, &f))
		return -ENOENT;
	f.has_build_id = !layout_offset(in, s, "build_id", &f.build_id);
	section_fields(in, &f);
	if (!fields_fit(&f))
		return -EBADMSG;
	*ret = f;
	return 0;
}

bool modules_understood(struct introspect *in)
{
	struct fields f;

	return !fields_find(in, &f);
}

/* --- the list head ------------------------------------------------------ */

/* Is there, at offset, a list_head whose neighbours point back to it? */
static bool is_list_head(struct introspect *in, uint64_t offset, bool *empty)
{
	va_t va = in->kva.text + offset;
	uint64_t head[2], back;

	if (offset % 8 || kva_read_image(in, offset, head, sizeof(head)))
		return false;
	*empty = head[0] == va && head[1] == va;
	if (*empty)
		return true;
	return !kva_read_u64(in, head[0] + 8, &back) && back == va &&
	       !kva_read_u64(in, head[1], &back) && back == va;
}

static bool is_module_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' &&
		    name[i] != '-')
			return false;
	return len;
}

static bool is_module_list(struct introspect *in, const struct fields *f,
			   uint64_t offset)
{
	char name[MODULE_NAME_SIZE];
	uint64_t first;
	bool empty;

	if (!is_list_head(in, offset, &empty) || empty)
		return false;
	if (kva_read_image(in, offset, &first, sizeof(first)) ||
	    kva_read_string(in, first - f->list + f->name, name, 56) < 0)
		return false;
	return is_module_name(name);
}

/*
 * Returns 0, -ENOENT (not found) or -EAGAIN. -EAGAIN: only empty lists were
 * found. If no module is loaded, the right list head is one of them, and
 * there is nothing to read.
 */
static int head_find(struct introspect *in, const struct fields *f)
{
	static const char *const walkers[] = { "print_modules",
					       "find_module_all", "m_start" };
	uint64_t ref[CANDIDATES];
	struct kallsyms_entry e;
	unsigned int nr;
	bool empty = false;
	int err = -ENOENT;

	if (in->mods.head)
		return 0;
	if (kallsyms_lookup(&in->ks, "modules", &e)) {
		in->mods.head = kallsyms_offset(&in->ks, e.index);
		return 0;
	}
	for (unsigned int w = 0; w < ARRAY_SIZE(walkers); w++) {
		nr = textref_scan(in, walkers[w], ref, CANDIDATES);
		for (unsigned int i = 0; i < nr; i++) {
			if (is_module_list(in, f, ref[i])) {
				in->mods.head = ref[i];
				return 0;
			}
			if (is_list_head(in, ref[i], &empty) && empty)
				err = -EAGAIN;
		}
	}
	return err;
}

/* --- one module --------------------------------------------------------- */

static uint64_t field_u64(const uint8_t *copy, uint32_t at)
{
	uint64_t v;

	memcpy(&v, copy + at, sizeof(v));
	return v;
}

static uint32_t field_u32(const uint8_t *copy, uint32_t at)
{
	uint32_t v;

	memcpy(&v, copy + at, sizeof(v));
	return v;
}

static struct module_range field_range(const uint8_t *copy, uint32_t base,
				       uint32_t size)
{
	struct module_range r = { field_u64(copy, base),
				  field_u32(copy, size) };

	if (!kva_is_kernel(r.base) || r.size > TEXT_SIZE_MAX ||
	    r.size > -r.base)
		r = (struct module_range){ 0 };
	return r;
}

/* The number of pointers in the list, up to its NULL or the limit. */
static uint32_t sections_count(struct introspect *in, va_t list)
{
	uint32_t nr = 0, max = ALL_SECTIONS - in->mods.nr_sections;
	uint64_t attr;

	if (max > SECTIONS_MAX)
		max = SECTIONS_MAX;
	while (nr < max && !kva_read_u64(in, list + 8ULL * nr, &attr) && attr)
		nr++;
	return nr;
}

static int sections_read(struct introspect *in, const struct fields *f,
			 va_t attrs, struct module_info *m)
{
	uint64_t name_va, list, at;
	char name[64];
	uint32_t nr;

	if (!f->has_sections || !kva_is_kernel(attrs) ||
	    kva_read_u64(in, attrs + f->attrs, &list))
		return 0;
	nr = sections_count(in, list);
	in->mods.nr_sections += nr;
	m->sections = calloc(nr + 1, sizeof(*m->sections));
	if (!m->sections)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		struct introspect_section *s = &m->sections[m->pub.nr_sections];

		if (kva_read_u64(in, list + 8ULL * i, &at) ||
		    kva_read_u64(in, at + f->attr_name, &name_va) ||
		    kva_read_u64(in, at + f->attr_address, &s->va) ||
		    kva_read_string(in, name_va, name, sizeof(name)) <= 0)
			break;
		text_clean(name, strlen(name));
		s->name = strdup(name);
		if (!s->name)
			return -ENOMEM;
		m->pub.nr_sections++;
	}
	return 0;
}

static bool is_set(const uint8_t *id, size_t size)
{
	while (size--)
		if (*id++)
			return true;
	return false;
}

/*
 * Read the build-id from its note, which is always loaded. struct module has
 * the build-id only with CONFIG_STACKTRACE_BUILD_ID. Source: System V ABI,
 * "Note Section".
 */
static void build_id_read(struct introspect *in, struct module_info *m)
{
	struct {
		Elf64_Nhdr header;
		char owner[4];
		uint8_t id[MODULE_BUILD_ID_SIZE];
	} note;

	for (unsigned int i = 0; i < m->pub.nr_sections; i++) {
		if (strcmp(m->sections[i].name, ".note.gnu.build-id"))
			continue;
		if (!kva_read(in, m->sections[i].va, &note, sizeof(note)) &&
		    note.header.n_type == NT_GNU_BUILD_ID &&
		    note.header.n_namesz == sizeof(note.owner) &&
		    note.header.n_descsz == sizeof(note.id) &&
		    !memcmp(note.owner, "GNU", sizeof(note.owner))) {
			memcpy(m->build_id, note.id, sizeof(m->build_id));
			m->pub.build_id_size = sizeof(m->build_id);
		}
		return;
	}
}

static void module_deinit(struct module_info *m)
{
	for (unsigned int i = 0; i < m->pub.nr_sections; i++)
		free((char *)m->sections[i].name);
	free(m->sections);
	module_symbols_deinit(&m->symbols);
}

static void load_range(struct module_info *m)
{
	va_t low = m->text.base, high = low + m->text.size;
	const struct module_range *init = &m->init_text;

	if (init->size && init->base < low)
		low = init->base;
	if (init->size && init->base + init->size > high)
		high = init->base + init->size;
	m->pub.load = low;
	m->pub.load_size = high - low;
	m->pub.has_init = init->size;
}

/* Returns 0; -EAGAIN: leave this module out; -ENOMEM. */
static int module_fill(struct introspect *in, const struct fields *f,
		       const uint8_t *copy, struct module_info *m)
{
	int err;

	memcpy(m->name, copy + f->name, 56);
	m->text = field_range(copy, f->text, f->text_size);
	m->init_text = field_range(copy, f->init, f->init_size);
	if (field_u32(copy, f->state) >= MODULE_STATE_UNFORMED ||
	    !is_module_name(m->name) || !m->text.size)
		return -EAGAIN;
	m->pub.va = m->va;
	m->pub.text = m->text.base;
	m->pub.size = m->text.size;
	load_range(m);
	err = sections_read(in, f, field_u64(copy, f->sect_attrs), m);
	if (err)
		return err;
	if (f->has_build_id) {
		memcpy(m->build_id, copy + f->build_id, sizeof(m->build_id));
		if (is_set(m->build_id, sizeof(m->build_id)))
			m->pub.build_id_size = sizeof(m->build_id);
	} else {
		build_id_read(in, m);
	}
	return 0;
}

/* --- the list ----------------------------------------------------------- */

static void list_deinit(struct module_list *l)
{
	for (unsigned int i = 0; i < l->nr; i++)
		module_deinit(&l->m[i]);
	free(l->m);
	memset(l, 0, sizeof(*l));
}

void modules_deinit(struct introspect *in)
{
	list_deinit(&in->mods);
}

static bool is_listed(const struct module_list *l, const char *name)
{
	for (unsigned int i = 0; i < l->nr; i++)
		if (!strcmp(l->m[i].name, name))
			return true;
	return false;
}

static int module_append(struct introspect *in, const struct fields *f, va_t va,
			 const uint8_t *copy)
{
	struct module_list *l = &in->mods;
	struct module_info *m = realloc(l->m, (l->nr + 1) * sizeof(*l->m));
	int err;

	if (!m)
		return -ENOMEM;
	l->m = m;
	m += l->nr;
	memset(m, 0, sizeof(*m));
	m->va = va;
	err = module_fill(in, f, copy, m);
	if (!err && is_listed(l, m->name))
		err = -EAGAIN;
	if (err)
		module_deinit(m);
	else
		l->nr++;
	return err == -EAGAIN ? 0 : err;
}

/* Set the pointers into the array, now that the array no longer moves. */
static void list_settle(struct module_list *l)
{
	for (unsigned int i = 0; i < l->nr; i++) {
		struct module_info *m = &l->m[i];

		m->pub.name = m->name;
		m->pub.sections = m->sections;
		m->pub.build_id = m->build_id;
	}
	l->loaded = true;
}

/*
 * Does the struct module in copy belong to the module that leaves? The next
 * module may be loaded at the same address, and the same one often is.
 */
static bool is_leaving(const struct fields *f, const uint8_t *copy)
{
	return field_u32(copy, f->state) >= MODULE_STATE_GOING;
}

static int list_walk(struct introspect *in, const struct fields *f)
{
	va_t head = in->kva.text + in->mods.head, at;
	va_t leaving = in->gone.leaving;
	uint8_t *copy = malloc(f->size);
	unsigned int seen = 0;
	uint64_t next;
	int err;

	if (!copy)
		return -ENOMEM;
	err = kva_read_u64(in, head, &next);
	in->gone.leaving = 0;
	while (!err && next != head) {
		at = next - f->list;
		err = ++seen > MODULES_MAX ? -EBADMSG
					   : kva_read(in, at, copy, f->size);
		if (!err && at == leaving && is_leaving(f, copy))
			in->gone.leaving = leaving;
		else if (!err)
			err = module_append(in, f, at, copy);
		next = field_u64(copy, f->list);
	}
	if (err)
		in->gone.leaving = leaving;
	free(copy);
	return err;
}

int introspect_modules_refresh(struct introspect *in)
{
	struct module_list old = in->mods;
	struct fields f;
	int err;

	memset(&in->mods, 0, sizeof(in->mods));
	in->mods.head = old.head;
	in->mods.loaded = true;
	err = kva_refresh(in);
	if (!err)
		err = fields_find(in, &f);
	if (!err)
		err = head_find(in, &f);
	if (!err)
		err = list_walk(in, &f);
	list_settle(&in->mods);
	if (err == -EAGAIN) /* the list is empty */
		err = 0;
	if (!err)
		modules_gone_compare(in, &old);
	list_deinit(&old);
	return err ? err : (int)in->mods.nr;
}

const struct introspect_module *introspect_module(struct introspect *in,
						  unsigned int index)
{
	return index < in->mods.nr ? &in->mods.m[index].pub : NULL;
}

/* --- symbols ------------------------------------------------------------ */

static void load_once(struct introspect *in)
{
	if (!in->mods.loaded)
		introspect_modules_refresh(in);
}

int modules_symbol_by_name(struct introspect *in, const char *name, va_t *ret)
{
	const char *s;

	load_once(in);
	for (unsigned int i = 0; i < in->mods.nr; i++) {
		struct module_info *m = &in->mods.m[i];

		if (module_symbols_load(in, m))
			continue;
		for (uint32_t n = 0; n < m->symbols.nr; n++) {
			s = module_symbol_name(&m->symbols, n);
			if (!s || strcmp(s, name))
				continue;
			*ret = m->symbols.sym[n].st_value;
			return 0;
		}
	}
	return -ENOENT;
}

void modules_symbol_each(struct introspect *in,
			 bool (*see)(void *opaque, const char *name),
			 void *opaque)
{
	const char *s;

	load_once(in);
	for (unsigned int i = 0; i < in->mods.nr; i++) {
		struct module_info *m = &in->mods.m[i];

		if (module_symbols_load(in, m))
			continue;
		for (uint32_t n = 0; n < m->symbols.nr; n++) {
			s = module_symbol_name(&m->symbols, n);
			if (s && !see(opaque, s))
				return;
		}
	}
}

static bool in_range(const struct module_range *r, va_t va)
{
	return va >= r->base && va - r->base < r->size;
}

/*
 * The nearest symbol at or below va in the same range. Its size is that of the
 * ELF symbol, but at most up to the next symbol.
 */
static int nearest(const struct module_info *m, const struct module_range *r,
		   va_t va, struct introspect_symbol *ret)
{
	const struct module_symbols *s = &m->symbols;
	struct introspect_symbol best = { .module = m->name };
	va_t next = r->base + r->size;
	const char *name;

	for (uint32_t i = 0; i < s->nr; i++) {
		va_t value = s->sym[i].st_value;

		if (!in_range(r, value))
			continue;
		name = module_symbol_name(s, i);
		if (!name)
			continue;
		if (value > va) {
			if (value < next)
				next = value;
		} else if (!best.name || value > best.va) {
			best.name = name;
			best.va = value;
			best.size = s->sym[i].st_size;
		}
	}
	if (!best.name)
		return -ENOENT;
	best.room = next - best.va;
	if (!best.size || best.size > best.room)
		best.size = best.room;
	*ret = best;
	return 0;
}

int modules_symbol_by_address(struct introspect *in, va_t va,
			      struct introspect_symbol *ret)
{
	const struct module_range *r;

	load_once(in);
	for (unsigned int i = 0; i < in->mods.nr; i++) {
		struct module_info *m = &in->mods.m[i];

		if (in_range(&m->text, va))
			r = &m->text;
		else if (in_range(&m->init_text, va))
			r = &m->init_text;
		else
			continue;
		if (!module_symbols_load(in, m) && !nearest(m, r, va, ret))
			return 0;
		*ret = (struct introspect_symbol){
			.name = "",
			.module = m->name,
			.va = r->base,
			.size = r->size,
		};
		return 0;
	}
	return -ENOENT;
}

int introspect_symbol_exact(struct introspect *in, va_t va,
			    struct introspect_symbol *ret)
{
	int err = introspect_symbol_by_address(in, va, ret);

	if (!err && ret->va == va && *ret->name)
		return 0;
	load_once(in);
	for (unsigned int i = 0; i < in->mods.nr; i++) {
		struct module_info *m = &in->mods.m[i];

		if (module_symbols_load(in, m))
			continue;
		for (uint32_t n = 0; n < m->symbols.nr; n++) {
			const char *name = module_symbol_name(&m->symbols, n);

			if (!name || m->symbols.sym[n].st_value != va)
				continue;
			*ret = (struct introspect_symbol){
				.name = name,
				.module = m->name,
				.va = va,
			};
			return 0;
		}
	}
	return -ENOENT;
}

/* Do this module and the modules before it together have too many symbols? */
static bool is_too_much(struct introspect *in, unsigned int index)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= index; i++)
		sum += module_symbols_count(in, &in->mods.m[i]);
	return sum > FILES_SYMS_MAX;
}

int introspect_module_symbol_file(struct introspect *in, unsigned int index,
				  uint8_t **data, size_t *size)
{
	struct module_info *m;
	struct symfile file;
	int err;

	if (index >= in->mods.nr)
		return -EINVAL;
	if (is_too_much(in, index))
		return -E2BIG;
	m = &in->mods.m[index];
	err = module_symbols_load(in, m);
	if (!err)
		err = symfile_module(in, m, &file);
	if (err)
		return err;
	*data = file.data;
	*size = file.size;
	return 0;
}
