// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * symfile.c - build ELF files with symbols, unwind information and types, for
 * gdb's exec-file and libraries
 *
 * Source: System V ABI, "Object Files"; ELF for the Arm 64-bit Architecture.
 * The file is ET_DYN with run-time addresses, so that gdb relocates by 0. It
 * has one PT_LOAD, because gdb takes one address per library. The sections are
 * NOBITS: they separate text from data and show which addresses belong to the
 * file; gdb reads the bytes from the target. A debugger that also has a vmlinux
 * can compare the build-id.
 *
 *	Elf64_Ehdr | Elf64_Phdr[2] | note | .symtab | .strtab |
 *	.debug_frame | sections of types (dwarf.h) | .shstrtab | Elf64_Shdr[]
 *
 * In .symtab local symbols come first (sh_info). Local symbols are written from
 * the front of the table and global symbols from its end. symtab_close() then
 * moves the global symbols next to the local ones.
 */
#include "state.h"
#include "cfi.h"
#include "dwarf.h"
#include "module_btf.h"
#include "symfile.h"
#include "variables.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/decoder.h>
#include <trapline/report.h>

#define SECTIONS_MAX 4
#define NOTE_MAX     (sizeof(Elf64_Nhdr) + 4 + KERNEL_BUILD_ID_MAX)
#define SHSTRTAB_MAX 256
#define NAME_GUESS   24 /* bytes of .strtab allocated per symbol at first */
/*
 * The guest chooses the number of symbols and their names, and names may
 * overlap in its string table. So the size of the file is bounded: a file of n
 * symbols has at most FILE_BASE + n * SYMBOL_ROOM bytes, and never more than
 * FILE_MAX. Symbols and frames that do not fit are left out. A symbol, its name
 * and its frame need about 100 bytes in C and 200 in Rust; a kernel of 200,000
 * symbols needs 20 MiB.
 */
#define SYMBOL_ROOM  256
#define FILE_BASE    SZ_64K /* for a few symbols with long names */
#define FILE_MAX     (128 * SZ_1M)
#define HEADERS_MAX  SZ_4K /* room for what builder_finish() adds */
#define SYMTAB_AT \
	ALIGN_UP(sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr) + NOTE_MAX, 8UL)

/* A range of addresses in the file. size 0: symbols refer to the section. */
struct section {
	const char *name;
	va_t va;
	uint64_t size;
	uint64_t flags; /* SHF_EXECINSTR, SHF_WRITE */
};

struct builder {
	uint8_t *data; /* the file so far */
	size_t size, capacity;
	size_t limit; /* symbols and frames must end here */
	size_t strtab; /* offset of .strtab in the file */
	uint32_t max; /* entries of .symtab */
	uint32_t nr_local; /* local symbols, with the null symbol */
	uint32_t nr_global;
	struct section section[SECTIONS_MAX];
	unsigned int nr_sections;
	size_t strtab_size, frames, frames_size; /* .debug_frame */
	struct dwarf dwarf; /* the sections for types; empty without BTF */
	size_t dwarf_at[DWARF_SECTIONS];
	/* Read up to max instructions of a function. Returns their number. */
	unsigned int (*code)(const struct builder *b, va_t va, uint32_t *insns,
			     unsigned int max);
	struct introspect *in;
	va_t load;
	uint64_t load_size;
	const uint8_t *build_id;
	size_t build_id_size;
};

bool symfile_is_label(const char *name)
{
	static const char *const names[] = { "_text", "_stext", "_etext",
					     "_sinittext", "_einittext" };
	static const char *const ends[] = { "_start", "_end", "_begin" };
	size_t len, n;

	/* Nearly all names return here. */
	if (*name != '_')
		return false;
	/* The symbols of position-independent early code have this prefix. */
	if (!strncmp(name, "__pi_", 5))
		name += 5;
	len = strlen(name);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	/* "__sched_text_start", but not "device_start". */
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
		n = strlen(ends[i]);
		if (len > n && !strncmp(name, "__", 2) &&
		    !strcmp(name + len - n, ends[i]))
			return true;
	}
	return false;
}

/* --- building ----------------------------------------------------------- */

static int reserve(struct builder *b, size_t more)
{
	size_t capacity = b->capacity;
	uint8_t *data;

	if (more <= capacity - b->size)
		return 0;
	while (more > capacity - b->size)
		capacity *= 2;
	data = realloc(b->data, capacity);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->capacity = capacity;
	return 0;
}

static int append(struct builder *b, const void *data, size_t size)
{
	int err = reserve(b, size);

	if (err)
		return err;
	memcpy(b->data + b->size, data, size);
	b->size += size;
	return 0;
}

static bool has_room(const struct builder *b, size_t more)
{
	return more <= b->limit && b->size <= b->limit - more;
}

static int builder_init(struct builder *b, uint32_t max)
{
	size_t limit = FILE_BASE + (size_t)max * SYMBOL_ROOM;

	if (limit > FILE_MAX)
		limit = FILE_MAX;
	b->limit = limit - HEADERS_MAX;
	b->max = max + 1;
	b->nr_local = 1;
	b->strtab = SYMTAB_AT + b->max * sizeof(Elf64_Sym);
	b->capacity = b->strtab + (size_t)b->max * NAME_GUESS + SZ_4K;
	b->data = calloc(1, b->capacity);
	if (!b->data)
		return -ENOMEM;
	b->size = b->strtab;
	return append(b, "", 1);
}

static Elf64_Sym *symtab(struct builder *b)
{
	return (Elf64_Sym *)(void *)(b->data + SYMTAB_AT);
}

static void section_add(struct builder *b, const char *name, va_t va,
			uint64_t size, uint64_t flags)
{
	b->section[b->nr_sections++] =
		(struct section){ name, va, size, flags };
}

/* The index of the section header for an address; 0: no section. */
static unsigned int section_of(const struct builder *b, va_t va)
{
	for (unsigned int i = 0; i < b->nr_sections; i++)
		if (va >= b->section[i].va &&
		    va - b->section[i].va < b->section[i].size)
			return i + 1;
	return 0;
}

static unsigned char symbol_info(char type, const char *name)
{
	char lower = type | 0x20;
	unsigned char bind = STB_LOCAL, kind = STT_OBJECT;

	if (lower == 'w' || lower == 'v')
		bind = STB_WEAK;
	else if (type >= 'A' && type <= 'Z')
		bind = STB_GLOBAL;
	if (lower == 't' || lower == 'w')
		kind = STT_FUNC;
	if (symfile_is_label(name))
		kind = STT_NOTYPE;
	return ELF64_ST_INFO(bind, kind);
}

static int symbol_add(struct builder *b, const char *name, size_t len,
		      char type, va_t va, uint64_t size, unsigned int shndx)
{
	Elf64_Sym *sym;
	Elf64_Sym s = {
		.st_name = b->size - b->strtab,
		.st_info = symbol_info(type, name),
		.st_shndx = shndx,
		.st_value = va,
		.st_size = size,
	};
	int err;

	if (b->nr_local + b->nr_global >= b->max || !has_room(b, len + 1))
		return 0;
	if (ELF64_ST_TYPE(s.st_info) == STT_NOTYPE)
		s.st_size = 0;
	err = append(b, name, len + 1);
	if (err)
		return err;
	sym = symtab(b);
	if (ELF64_ST_BIND(s.st_info) == STB_LOCAL)
		sym[b->nr_local++] = s;
	else
		sym[b->max - ++b->nr_global] = s;
	return 0;
}

/* Put the global symbols after the local ones, in ascending order again. */
static void symtab_close(struct builder *b)
{
	Elf64_Sym *low = symtab(b) + b->max - b->nr_global;
	Elf64_Sym *high = symtab(b) + b->max - 1, swap;

	for (Elf64_Sym *l = low, *h = high; l < h; l++, h--) {
		swap = *l;
		*l = *h;
		*h = swap;
	}
	memmove(symtab(b) + b->nr_local, low, b->nr_global * sizeof(*low));
}

/* --- headers ------------------------------------------------------------ */

static size_t note_put(struct builder *b, size_t at)
{
	Elf64_Nhdr n = { 4, b->build_id_size, NT_GNU_BUILD_ID };

	if (!b->build_id_size || b->build_id_size > KERNEL_BUILD_ID_MAX)
		return 0;
	memcpy(b->data + at, &n, sizeof(n));
	memcpy(b->data + at + sizeof(n), "GNU", 4);
	memcpy(b->data + at + sizeof(n) + 4, b->build_id, b->build_id_size);
	return sizeof(n) + 4 + b->build_id_size;
}

static void ehdr_put(struct builder *b, uint64_t shoff, unsigned int nr)
{
	Elf64_Ehdr e = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_shoff = shoff,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = nr,
		.e_shstrndx = nr - 1,
	};

	memcpy(b->data, &e, sizeof(e));
}

static void phdr_put(struct builder *b, size_t note_at, size_t note_size)
{
	Elf64_Phdr p[2] = {
		{
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W | PF_X,
			.p_vaddr = b->load,
			.p_paddr = b->load,
			.p_memsz = b->load_size,
			.p_align = SZ_4K,
		},
		{
			.p_type = PT_NOTE,
			.p_flags = PF_R,
			.p_offset = note_at,
			.p_filesz = note_size,
			.p_align = 4,
		},
	};

	memcpy(b->data + sizeof(Elf64_Ehdr), p, sizeof(p));
}

/* The section headers added so far, and their names. */
struct headers {
	Elf64_Shdr h[SECTIONS_MAX + 6 + DWARF_SECTIONS];
	unsigned int nr;
	char names[SHSTRTAB_MAX];
	size_t names_size;
};

static Elf64_Shdr *header_add(struct headers *hs, const char *name,
			      uint32_t type, size_t at, size_t size,
			      uint64_t align)
{
	size_t len = strlen(name) + 1;
	Elf64_Shdr *h = &hs->h[hs->nr++];

	/* All names come from this source file, so they fit. */
	if (len <= sizeof(hs->names) - hs->names_size) {
		h->sh_name = hs->names_size;
		memcpy(hs->names + hs->names_size, name, len);
		hs->names_size += len;
	}
	h->sh_type = type;
	h->sh_offset = at;
	h->sh_size = size;
	h->sh_addralign = align;
	return h;
}

static void headers_fill(const struct builder *b, struct headers *hs,
			 size_t note_at, size_t note_size)
{
	Elf64_Shdr *h;

	hs->nr = 1;
	hs->names_size = 1;
	for (unsigned int i = 0; i < b->nr_sections; i++) {
		const struct section *s = &b->section[i];

		h = header_add(hs, s->name, SHT_NOBITS, SYMTAB_AT, s->size, 4);
		h->sh_addr = s->va;
		h->sh_flags = SHF_ALLOC | s->flags;
	}
	header_add(hs, ".note.gnu.build-id", SHT_NOTE, note_at, note_size, 4);
	h = header_add(hs, ".symtab", SHT_SYMTAB, SYMTAB_AT,
		       (b->nr_local + b->nr_global) * sizeof(Elf64_Sym), 8);
	h->sh_entsize = sizeof(Elf64_Sym);
	h->sh_link = hs->nr; /* .strtab follows */
	h->sh_info = b->nr_local;
	header_add(hs, ".strtab", SHT_STRTAB, b->strtab, b->strtab_size, 1);
	header_add(hs, ".debug_frame", SHT_PROGBITS, b->frames, b->frames_size,
		   8);
	for (unsigned int i = 0; i < DWARF_SECTIONS; i++)
		if (b->dwarf.section[i].size)
			header_add(hs, b->dwarf.section[i].name, SHT_PROGBITS,
				   b->dwarf_at[i], b->dwarf.section[i].size, 1);
	header_add(hs, ".shstrtab", SHT_STRTAB, b->size, 0, 1);
	hs->h[hs->nr - 1].sh_size = hs->names_size;
}

/* --- unwind information ------------------------------------------------- */

static int frame_add(struct builder *b, const Elf64_Sym *sym)
{
	uint32_t insns[CFI_MAX_INSNS];
	uint8_t fde[CFI_FDE_MAX];
	unsigned int max = CFI_MAX_INSNS, nr;
	const char *name = (char *)b->data + b->strtab + sym->st_name;

	if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC ||
	    sym->st_size < sizeof(uint32_t) || !has_room(b, sizeof(fde)))
		return 0;
	if (max > sym->st_size / sizeof(uint32_t))
		max = sym->st_size / sizeof(uint32_t);
	nr = b->code(b, sym->st_value, insns, max);
	if (!nr)
		return 0;
	return append(b, fde,
		      cfi_fde(name, sym->st_value, sym->st_size, insns, nr,
			      fde));
}

static int frames_add(struct builder *b)
{
	static const uint8_t zeros[8];
	uint8_t cie[CFI_CIE_SIZE];
	int err;

	b->strtab_size = b->size - b->strtab;
	err = append(b, zeros, -b->size % 8);
	b->frames = b->size;
	for (unsigned int signal = 0; !err && signal < 2; signal++)
		err = append(b, cie, cfi_cie(signal, cie));
	for (uint32_t i = 1; !err && i < b->nr_local + b->nr_global; i++) {
		/* Copy the symbol, because append() may move the table. */
		Elf64_Sym sym = symtab(b)[i];

		err = frame_add(b, &sym);
	}
	b->frames_size = b->size - b->frames;
	return err;
}

/* --- types -------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct dwarf_function *f = a, *g = b;

	return f->va < g->va ? -1 : f->va > g->va;
}

/* Get the functions from both halves of the table. */
static size_t functions_list(struct builder *b, struct dwarf_function *ret)
{
	size_t nr = 0;

	for (uint32_t i = 1; i < b->nr_local + b->nr_global; i++) {
		const Elf64_Sym *sym = &symtab(b)[i];

		if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
			continue;
		ret[nr++] = (struct dwarf_function){
			.name = (char *)b->data + b->strtab + sym->st_name,
			.va = sym->st_value,
			.size = sym->st_size,
			.global = i >= b->nr_local,
		};
	}
	qsort(ret, nr, sizeof(*ret), by_address);
	return nr;
}

/* Without BTF, or if the types are too many, the file has no types. */
static int types_make(struct builder *b, struct dwarf_input *input)
{
	struct dwarf_function *functions;
	int err;

	if (!input->types)
		return 0;
	functions = malloc((size_t)b->max * sizeof(*functions));
	if (!functions)
		return -ENOMEM;
	input->functions = functions;
	input->nr_functions = functions_list(b, functions);
	err = dwarf_create(input, &b->dwarf);
	free(functions);
	if (!err && input->types->nr_damaged)
		report(REPORT_NOTE,
		       "%s: %u types of its BTF are damaged; gdb does not get "
		       "them",
		       input->name, input->types->nr_damaged);
	if (err == -E2BIG)
		report(REPORT_NOTE,
		       "%s: its BTF is too large; gdb gets no types",
		       input->name);
	return err == -E2BIG ? 0 : err;
}

static int types_add(struct builder *b)
{
	int err = 0;

	for (unsigned int i = 0; i < DWARF_SECTIONS && !err; i++) {
		if (!b->dwarf.section[i].size)
			continue;
		b->dwarf_at[i] = b->size;
		err = append(b, b->dwarf.section[i].data,
			     b->dwarf.section[i].size);
	}
	return err;
}

static int builder_finish(struct builder *b, struct dwarf_input *input,
			  struct symfile *ret)
{
	static const char zeros[8];
	size_t note_at = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
	size_t note_size = note_put(b, note_at), shoff;
	struct headers hs = { 0 };
	uint8_t *data;
	int err;

	symtab_close(b);
	err = types_make(b, input);
	if (!err)
		err = frames_add(b);
	if (!err)
		err = types_add(b);
	if (err)
		return err;
	headers_fill(b, &hs, note_at, note_size);
	err = append(b, hs.names, hs.names_size);
	if (!err)
		err = append(b, zeros, -b->size % 8);
	shoff = b->size;
	if (!err)
		err = append(b, hs.h, hs.nr * sizeof(hs.h[0]));
	if (err)
		return err;
	phdr_put(b, note_at, note_size);
	ehdr_put(b, shoff, hs.nr);
	/* Free the memory that reserve() allocated beyond the file. */
	data = realloc(b->data, b->size);
	ret->data = data ? data : b->data;
	ret->size = b->size;
	return 0;
}

/* --- the kernel --------------------------------------------------------- */

/* Add text, read-only data, init text and data, by the linker's labels. */
static void kernel_sections(struct builder *b, const struct introspect *in,
			    va_t text)
{
	static const char *const label[] = { "_etext", "_sinittext",
					     "_einittext" };
	static const char *const name[] = { ".text", ".rodata", ".init.text",
					    ".data" };
	static const uint64_t flags[] = { SHF_EXECINSTR, 0, SHF_EXECINSTR,
					  SHF_WRITE };
	struct kallsyms_entry e;
	uint64_t at = 0, end;

	for (unsigned int i = 0; i < ARRAY_SIZE(name); i++) {
		end = in->k.size;
		if (i < ARRAY_SIZE(label) &&
		    kallsyms_lookup(&in->ks, label[i], &e))
			end = kallsyms_offset(&in->ks, e.index);
		if (end <= at || end > in->k.size)
			continue;
		section_add(b, name[i], text + at, end - at, flags[i]);
		at = end;
	}
}

static bool is_wanted(const char *name)
{
	return *name && *name != '$' && strncmp(name, ".L", 2);
}

struct exports {
	struct builder *b;
	va_t text;
	int err;
};

/* kallsyms has all functions, but a kernel without KALLSYMS_ALL no data. */
static bool export_add(void *opaque, const char *name, uint64_t offset)
{
	struct exports *e = opaque;
	unsigned int shndx = section_of(e->b, e->text + offset);

	if (shndx && !(e->b->section[shndx - 1].flags & SHF_EXECINSTR))
		e->err = symbol_add(e->b, name, strlen(name), 'D',
				    e->text + offset, 0, shndx);
	return !e->err;
}

static int exports_add(struct builder *b, va_t text)
{
	struct exports e = { .b = b, .text = text };

	ksymtab_each(b->in, export_add, &e);
	return e.err;
}

static int kernel_symbols(struct builder *b, const struct introspect *in,
			  va_t text, struct variables *vs)
{
	const struct kallsyms *ks = &in->ks;
	struct kallsyms_entry e;
	uint32_t next = 0;
	uint64_t offset, size;
	unsigned int shndx;
	int err = 0;
	bool ok;

	for (ok = kallsyms_get(ks, 0, &e); ok && !err;
	     ok = kallsyms_next(ks, &e)) {
		if (next <= e.index)
			next = e.index + 1;
		while (next < ks->nr &&
		       ks->offsets[next] == ks->offsets[e.index])
			next++;
		size = next < ks->nr ? ks->offsets[next] - ks->offsets[e.index]
				     : 0;
		offset = kallsyms_offset(ks, e.index);
		shndx = section_of(b, text + offset);
		if (!shndx || !is_wanted(e.name))
			continue;
		err = symbol_add(b, e.name, e.len, e.type, text + offset, size,
				 shndx);
		variables_add(vs, e.name, text + offset, size);
	}
	variables_end(vs);
	return err;
}

/* Is a breakpoint planted in these instructions? */
static bool is_planted(const uint32_t *insns, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (insns[i] == INSN_BRK_IMM(TRAPLINE_BRK_IMM))
			return true;
	return false;
}

static unsigned int kernel_code(const struct builder *b, va_t va,
				uint32_t *insns, unsigned int max)
{
	struct guest *g = b->in->g;
	size_t size = max * sizeof(*insns);

	if (kva_read_image(b->in, va - b->load, insns, size))
		return 0;
	if (is_planted(insns, max))
		g->ops->ipa_read(g, b->in->k.ipa + (va - b->load), insns, size);
	return max;
}

int symfile_kernel(struct introspect *in, va_t text, struct symfile *ret)
{
	struct builder b = {
		.in = in,
		.code = kernel_code,
		.load = text,
		.load_size = in->k.size,
		.build_id = in->k.build_id,
		.build_id_size = in->k.build_id_size,
	};
	struct dwarf_input types = { .name = "kernel",
				     .types = layouts_table(in) };
	struct variables vs;
	int err = variables_begin(in, text, &vs);

	kernel_sections(&b, in, text);
	if (!err)
		err = builder_init(&b, in->ks.nr + ksymtab_nr(in));
	if (!err)
		err = kernel_symbols(&b, in, text, &vs);
	if (!err)
		err = exports_add(&b, text);
	types.variables = vs.v;
	types.nr_variables = vs.nr;
	if (!err)
		err = builder_finish(&b, &types, ret);
	variables_free(&vs);
	dwarf_destroy(&b.dwarf);
	if (err)
		free(b.data);
	return err;
}

/* --- a module ----------------------------------------------------------- */

/*
 * The symbols of a module need not be sorted, so sizes come from the module's
 * own ELF symbols. The section of data symbols has size 0: the end of the data
 * is not known, and data is not looked up by address.
 */
static int module_symbols(struct builder *b, const struct module_symbols *s,
			  unsigned int data_section)
{
	const char *name;
	unsigned int shndx;
	int err = 0;

	for (uint32_t i = 0; i < s->nr && !err; i++) {
		const Elf64_Sym *sym = &s->sym[i];

		name = module_symbol_name(s, i);
		if (!name || !kva_is_kernel(sym->st_value))
			continue;
		shndx = section_of(b, sym->st_value);
		err = symbol_add(b, name, strlen(name),
				 module_symbol_type(s, i), sym->st_value,
				 sym->st_size, shndx ? shndx : data_section);
	}
	return err;
}

static unsigned int module_code(const struct builder *b, va_t va,
				uint32_t *insns, unsigned int max)
{
	size_t size = max * sizeof(*insns);

	if (kva_read(b->in, va, insns, size))
		return 0;
	if (is_planted(insns, max))
		kva_read_original(b->in, va, insns, size);
	return max;
}

/* The file of a module without BTF has no types. */
static int module_types(struct introspect *in, const struct module_info *m,
			struct btf_table *ret)
{
	const struct btf_view *btf = module_btf(in, m->va);
	const struct btf_table *base = layouts_table(in);
	int err = btf && base ? btf_table_create(btf, base, ret) : 0;

	return err == -E2BIG ? 0 : err;
}

int symfile_module(struct introspect *in, const struct module_info *m,
		   struct symfile *ret)
{
	struct builder b = {
		.in = in,
		.code = module_code,
		.load = m->pub.load,
		.load_size = m->pub.load_size,
		.build_id = m->build_id,
		.build_id_size = m->pub.build_id_size,
	};
	struct dwarf_input input = { .name = m->name };
	struct btf_table types = { 0 };
	int err;

	section_add(&b, ".text", m->text.base, m->text.size, SHF_EXECINSTR);
	if (m->init_text.size)
		section_add(&b, ".init.text", m->init_text.base,
			    m->init_text.size, SHF_EXECINSTR);
	section_add(&b, ".data", m->text.base, 0, SHF_WRITE);
	err = builder_init(&b, m->symbols.nr);
	if (!err)
		err = module_symbols(&b, &m->symbols, b.nr_sections);
	if (!err)
		err = module_types(in, m, &types);
	if (types.node)
		input.types = &types;
	if (!err)
		err = builder_finish(&b, &input, ret);
	btf_table_destroy(&types);
	dwarf_destroy(&b.dwarf);
	if (err)
		free(b.data);
	return err;
}
