// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module_symbols.c - a module's own kallsyms
 *
 * struct mod_kallsyms (include/linux/module.h; 8244062ef1e5 "modules: fix
 * longstanding /proc/kallsyms vs module insertion race.") has three tables:
 * - an ELF symbol table, whose values the loader has changed to addresses;
 * - the strings of that table;
 * - the letters of nm(1), since 1c7651f43777 "kallsyms: store type information
 *   in its own array".
 *
 * During a module's init the symbol table is the whole table of the file.
 * Afterwards the kernel keeps a part of it and frees the whole table. So the
 * pointer to struct mod_kallsyms is read before the tables are read, and
 * compared afterwards.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

#define SYMS_MAX    (1U << 18)
#define STRINGS_MAX (16 * SZ_1M)
#define NAME_SIZE   512 /* KSYM_NAME_LEN: Linux has no longer names */
/*
 * The most bytes read for the symbols of all modules together, until the list
 * of modules is read again. 300 modules of a distribution need 40 MiB.
 */
#define READ_MAX    (256 * SZ_1M)

void module_symbols_deinit(struct module_symbols *s)
{
	free(s->sym);
	free(s->types);
	free(s->strings);
	memset(s, 0, sizeof(*s));
}

/*
 * Unusable tables count as well, so that the budget also bounds the time that a
 * hostile list of modules takes.
 */
static int budget_take(struct introspect *in, size_t size)
{
	if (size > READ_MAX - in->mods.symbols_read)
		return -E2BIG;
	in->mods.symbols_read += size;
	return 0;
}

static int read_alloc(struct introspect *in, va_t va, size_t size, void **ret)
{
	int err = budget_take(in, size);
	void *p;

	if (err)
		return err;
	p = malloc(size);
	if (!p)
		return -ENOMEM;
	err = kva_read(in, va, p, size);
	if (err)
		free(p);
	else
		*ret = p;
	return err;
}

/* The string table has no stored size: it ends with the last name used. */
static int strings_load(struct introspect *in, va_t va,
			struct module_symbols *s)
{
	size_t last = 0, size, n;
	int err;

	for (uint32_t i = 0; i < s->nr; i++)
		if (s->sym[i].st_name > last)
			last = s->sym[i].st_name;
	if (last > STRINGS_MAX)
		return -EBADMSG;
	size = last + NAME_SIZE;
	err = budget_take(in, size);
	if (err)
		return err;
	s->strings = calloc(1, size + 1);
	if (!s->strings)
		return -ENOMEM;
	for (size_t done = 0; done < size; done += n) {
		n = SZ_4K - ((va + done) & (SZ_4K - 1));
		if (n > size - done)
			n = size - done;
		if (!kva_read(in, va + done, s->strings + done, n))
			continue;
		if (done <= last)
			return -EFAULT;
		break;
	}
	s->strings_size = size + 1;
	text_clean(s->strings, size);
	return 0;
}

struct fields {
	uint32_t kallsyms, symtab, nr, strtab, typetab;
	bool has_types;
};

static int fields_find(struct introspect *in, struct fields *ret)
{
	static const char s[] = "mod_kallsyms";
	struct fields f = { 0 };

	if (layout_offset(in, "module", "kallsyms", &f.kallsyms) ||
	    layout_offset(in, s, "symtab", &f.symtab) ||
	    layout_offset(in, s, "num_symtab", &f.nr) ||
	    layout_offset(in, s, "strtab", &f.strtab))
		return -ENOENT;
	f.has_types = !layout_offset(in, s, "typetab", &f.typetab);
	*ret = f;
	return 0;
}

static int load(struct introspect *in, const struct fields *f, va_t va,
		struct module_symbols *s)
{
	uint64_t symtab, strtab, typetab;
	void *p;
	int err;

	if (kva_read_u64(in, va + f->symtab, &symtab) ||
	    kva_read_u64(in, va + f->strtab, &strtab) ||
	    kva_read(in, va + f->nr, &s->nr, sizeof(s->nr)))
		return -EFAULT;
	if (!s->nr || s->nr > SYMS_MAX)
		return -EBADMSG;
	err = read_alloc(in, symtab, s->nr * sizeof(*s->sym), &p);
	if (err)
		return err;
	s->sym = p;
	if (f->has_types && !kva_read_u64(in, va + f->typetab, &typetab) &&
	    !read_alloc(in, typetab, s->nr, &p))
		s->types = p;
	return strings_load(in, strtab, s);
}

uint32_t module_symbols_count(struct introspect *in,
			      const struct module_info *m)
{
	struct fields f;
	uint32_t nr;
	uint64_t va;

	if (fields_find(in, &f) || kva_read_u64(in, m->va + f.kallsyms, &va) ||
	    kva_read(in, va + f.nr, &nr, sizeof(nr)) || nr > SYMS_MAX)
		return 0;
	return nr;
}

int module_symbols_load(struct introspect *in, struct module_info *m)
{
	struct module_symbols s = { 0 };
	uint64_t va = 0, now = 0;
	struct fields f;
	int err;

	if (m->symbols.loaded)
		return 0;
	err = fields_find(in, &f);
	if (!err)
		err = kva_read_u64(in, m->va + f.kallsyms, &va);
	if (!err)
		err = load(in, &f, va, &s);
	if (!err)
		err = kva_read_u64(in, m->va + f.kallsyms, &now);
	if (!err && now != va)
		err = -EAGAIN;
	if (err)
		module_symbols_deinit(&s);
	s.loaded = !err;
	m->symbols = s;
	return err;
}

const char *module_symbol_name(const struct module_symbols *s, uint32_t i)
{
	const Elf64_Sym *sym = &s->sym[i];
	const char *name;

	if (sym->st_shndx == SHN_UNDEF || sym->st_name >= s->strings_size)
		return NULL;
	name = s->strings + sym->st_name;
	if (strnlen(name, NAME_SIZE) == NAME_SIZE)
		return NULL;
	/* Leave out mapping symbols ("$x") and compilers' labels (".LC0"). */
	if (!*name || *name == '$' || !strncmp(name, ".L", 2))
		return NULL;
	return name;
}

char module_symbol_type(const struct module_symbols *s, uint32_t i)
{
	unsigned char info = s->sym[i].st_info;
	bool global = ELF64_ST_BIND(info) != STB_LOCAL;

	if (s->types)
		return s->types[i];
	if (ELF64_ST_TYPE(info) == STT_FUNC)
		return global ? 'T' : 't';
	return global ? 'D' : 'd';
}
