// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modlink.c - a .ko, linked for debugging to where the guest has loaded it
 *
 * gdb takes one offset per section of an ET_REL library, but relocates the
 * DWARF by the offset of .text alone. So the lines of a function in
 * .text.unlikely, where gcc puts code that it expects to run once, come out
 * wrong. This code therefore writes the guest's addresses into the file: into
 * sections, symbols, and the relocations of debug sections. Sections that the
 * guest has in memory lose their contents, and gdb reads them from the guest.
 * One PT_LOAD, added after the end of the file, spans all of these sections.
 * Sections that the guest has not loaded (.modinfo, __versions) lose SHF_ALLOC,
 * so they occupy no memory.
 *
 * Source: ELF for the Arm 64-bit Architecture, "Relocation"; System V ABI. The
 * file is untrusted: all offsets are checked, and entries that lie outside the
 * file are left as they are.
 */
#include "modfile.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct link {
	uint8_t *data;
	size_t size;
	Elf64_Ehdr eh;
	va_t (*address)(const void *opaque, const char *name);
	const void *opaque;
	va_t low, high; /* of the sections that were placed */
};

static uint8_t *at(const struct link *l, uint64_t offset, uint64_t size)
{
	if (offset > l->size || size > l->size - offset)
		return NULL;
	return l->data + offset;
}

static bool shdr_get(const struct link *l, uint64_t n, Elf64_Shdr *ret)
{
	if (n >= l->eh.e_shnum)
		return false;
	memcpy(ret, l->data + l->eh.e_shoff + n * sizeof(*ret), sizeof(*ret));
	return true;
}

static void shdr_set(struct link *l, uint64_t n, const Elf64_Shdr *sh)
{
	memcpy(l->data + l->eh.e_shoff + n * sizeof(*sh), sh, sizeof(*sh));
}

static void span(struct link *l, va_t va, uint64_t size)
{
	if (va + size < va)
		return;
	if (va < l->low)
		l->low = va;
	if (va + size > l->high)
		l->high = va + size;
}

/*
 * Copy the table of section names: in an untrusted file the section headers,
 * which are changed below, may overlap the table. Returns NULL when there is no
 * table or no memory. The caller frees the copy.
 */
static char *names_copy(const struct link *l, uint64_t *size_ret)
{
	const uint8_t *names = NULL;
	Elf64_Shdr str;
	char *copy;

	if (shdr_get(l, l->eh.e_shstrndx, &str) && str.sh_size)
		names = at(l, str.sh_offset, str.sh_size);
	if (!names || names[str.sh_size - 1])
		return NULL;
	copy = malloc(str.sh_size);
	if (copy)
		memcpy(copy, names, str.sh_size);
	*size_ret = str.sh_size;
	return copy;
}

static void sections_place(struct link *l)
{
	uint64_t size;
	char *names = names_copy(l, &size);
	Elf64_Shdr sh;

	for (uint64_t i = 0; names && shdr_get(l, i, &sh); i++) {
		if (!(sh.sh_flags & SHF_ALLOC) || sh.sh_name >= size)
			continue;
		sh.sh_addr = l->address(l->opaque, names + sh.sh_name);
		if (sh.sh_addr) {
			sh.sh_type = SHT_NOBITS;
			span(l, sh.sh_addr, sh.sh_size);
		} else {
			sh.sh_flags &= ~(uint64_t)SHF_ALLOC;
		}
		shdr_set(l, i, &sh);
	}
	free(names);
}

/* A symbol's value is an offset in its section; make it an address. */
static void symbols_place(struct link *l, const Elf64_Shdr *symtab)
{
	uint64_t nr = symtab->sh_size / sizeof(Elf64_Sym);
	uint8_t *p = at(l, symtab->sh_offset, symtab->sh_size);
	Elf64_Shdr sh;
	Elf64_Sym sym;

	for (uint64_t i = 0; p && i < nr; i++, p += sizeof(sym)) {
		memcpy(&sym, p, sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF ||
		    sym.st_shndx >= SHN_LORESERVE ||
		    !shdr_get(l, sym.st_shndx, &sh))
			continue;
		sym.st_value += sh.sh_addr;
		memcpy(p, &sym, sizeof(sym));
	}
}

static uint64_t symbol_value(const struct link *l, const Elf64_Shdr *symtab,
			     uint64_t n)
{
	Elf64_Sym sym;
	uint8_t *p;

	if (n >= symtab->sh_size / sizeof(sym))
		return 0;
	p = at(l, symtab->sh_offset + n * sizeof(sym), sizeof(sym));
	if (!p)
		return 0;
	memcpy(&sym, p, sizeof(sym));
	return sym.st_value;
}

static void relocate(struct link *l, const Elf64_Shdr *target,
		     const Elf64_Shdr *symtab, const Elf64_Rela *rela)
{
	uint64_t value = symbol_value(l, symtab, ELF64_R_SYM(rela->r_info)) +
			 (uint64_t)rela->r_addend;
	size_t size = 0;

	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_AARCH64_PREL64:
		value -= target->sh_addr + rela->r_offset;
		size = 8;
		break;
	case R_AARCH64_ABS64:
		size = 8;
		break;
	case R_AARCH64_PREL32:
		value -= target->sh_addr + rela->r_offset;
		size = 4;
		break;
	case R_AARCH64_ABS32:
		size = 4;
		break;
	default:
		return;
	}
	if (rela->r_offset <= target->sh_size &&
	    size <= target->sh_size - rela->r_offset)
		memcpy(l->data + target->sh_offset + rela->r_offset, &value,
		       size);
}

/* Relocate one debug section; 0, or -ENOTSUP: it is compressed. */
static int section_relocate(struct link *l, const Elf64_Shdr *rela)
{
	uint64_t nr = rela->sh_size / sizeof(Elf64_Rela);
	uint8_t *p = at(l, rela->sh_offset, rela->sh_size);
	Elf64_Shdr target, symtab;
	Elf64_Rela r;

	if (!p || !shdr_get(l, rela->sh_info, &target) ||
	    !shdr_get(l, rela->sh_link, &symtab) ||
	    target.sh_flags & SHF_EXECINSTR || target.sh_type == SHT_NOBITS ||
	    !at(l, target.sh_offset, target.sh_size))
		return 0;
	if (target.sh_flags & SHF_COMPRESSED)
		return -ENOTSUP;
	for (uint64_t i = 0; i < nr; i++, p += sizeof(r)) {
		memcpy(&r, p, sizeof(r));
		relocate(l, &target, &symtab, &r);
	}
	return 0;
}

/* Add the program header after the end of the file. */
static int segment_add(struct modfile *file, const struct link *l)
{
	Elf64_Phdr ph = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_vaddr = l->low,
		.p_paddr = l->low,
		.p_memsz = l->high - l->low,
		.p_align = 1,
	};
	Elf64_Ehdr eh = l->eh;
	size_t offset = ALIGN_UP(file->size, 8UL);
	uint8_t *data = realloc(file->data, offset + sizeof(ph));

	if (!data)
		return -ENOMEM;
	memset(data + file->size, 0, offset - file->size);
	memcpy(data + offset, &ph, sizeof(ph));
	eh.e_type = ET_DYN;
	eh.e_phoff = offset;
	eh.e_phentsize = sizeof(ph);
	eh.e_phnum = 1;
	memcpy(data, &eh, sizeof(eh));
	file->data = data;
	file->size = offset + sizeof(ph);
	return 0;
}

int modfile_link(struct modfile *file,
		 va_t (*address)(const void *opaque, const char *name),
		 const void *opaque, va_t *load)
{
	struct link l = { .data = file->data,
			  .size = file->size,
			  .address = address,
			  .opaque = opaque,
			  .low = ~0ULL };
	Elf64_Shdr sh;
	int err = modfile_check(file);

	if (err)
		return err;
	memcpy(&l.eh, file->data, sizeof(l.eh));
	sections_place(&l);
	if (l.low > l.high)
		return -EBADMSG;
	for (uint64_t i = 0; shdr_get(&l, i, &sh); i++)
		if (sh.sh_type == SHT_SYMTAB)
			symbols_place(&l, &sh);
	for (uint64_t i = 0; shdr_get(&l, i, &sh); i++) {
		if (sh.sh_type != SHT_RELA)
			continue;
		err = section_relocate(&l, &sh);
		if (err)
			return err;
		/*
		 * The relocations are applied: the debugger must not apply them
		 * again.
		 */
		sh.sh_type = SHT_NULL;
		sh.sh_size = 0;
		shdr_set(&l, i, &sh);
	}
	err = segment_add(file, &l);
	if (!err)
		*load = l.low;
	return err;
}
