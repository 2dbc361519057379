// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_modfile.c - the search for the user's .ko of a loaded module, by
 * build-id; no byte of the file is trusted
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "session/modfile.h"

static const uint8_t id[20] = { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 };
static const char names[] =
	"\0.text\0.note.gnu.build-id\0.data\0.shstrtab\0.debug_line";

struct image {
	Elf64_Ehdr eh;
	Elf64_Nhdr nh;
	char gnu[4];
	uint8_t id[20];
	char names[sizeof(names)];
	uint64_t debug[4];
	Elf64_Sym sym[2];
	Elf64_Rela rela[5];
	Elf64_Shdr sh[8];
} __attribute__((packed));

/* .debug_line with a word for .text + 0x10, .symtab, .rela.debug_line. */
static void build_debug(struct image *im)
{
	static const struct {
		uint64_t offset, type;
		int64_t addend;
	} relas[] = {
		{ 0, R_AARCH64_ABS64, 0x10 },
		{ 8, R_AARCH64_ABS32, 0x20 },
		{ 16, R_AARCH64_PREL64, 0 },
		{ 28, R_AARCH64_ABS64, 1 }, /* does not fit */
		{ ~0ULL, R_AARCH64_ABS64, 1 },
	};

	im->sym[1] = (Elf64_Sym){ .st_shndx = 1, .st_value = 4 };
	for (size_t i = 0; i < 5; i++)
		im->rela[i] = (Elf64_Rela){ relas[i].offset,
					    ELF64_R_INFO(1, relas[i].type),
					    relas[i].addend };
	im->sh[5] = (Elf64_Shdr){ .sh_name = 42,
				  .sh_type = SHT_PROGBITS,
				  .sh_offset = offsetof(struct image, debug),
				  .sh_size = sizeof(im->debug) };
	im->sh[6] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
				  .sh_offset = offsetof(struct image, sym),
				  .sh_size = sizeof(im->sym) };
	im->sh[7] = (Elf64_Shdr){ .sh_type = SHT_RELA,
				  .sh_offset = offsetof(struct image, rela),
				  .sh_size = sizeof(im->rela),
				  .sh_link = 6,
				  .sh_info = 5 };
}

static void build(struct image *im)
{
	memset(im, 0, sizeof(*im));
	memcpy(im->eh.e_ident, ELFMAG, SELFMAG);
	im->eh.e_ident[EI_CLASS] = ELFCLASS64;
	im->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	im->eh.e_type = ET_REL;
	im->eh.e_machine = EM_AARCH64;
	im->eh.e_shoff = offsetof(struct image, sh);
	im->eh.e_shentsize = sizeof(Elf64_Shdr);
	im->eh.e_shnum = 8;
	im->eh.e_shstrndx = 4;
	im->nh = (Elf64_Nhdr){ 4, sizeof(id), NT_GNU_BUILD_ID };
	memcpy(im->gnu, "GNU", 4);
	memcpy(im->id, id, sizeof(id));
	memcpy(im->names, names, sizeof(names));
	im->sh[1] = (Elf64_Shdr){ .sh_name = 1,
				  .sh_type = SHT_PROGBITS,
				  .sh_flags = SHF_ALLOC | SHF_EXECINSTR };
	im->sh[2] = (Elf64_Shdr){
		.sh_name = 7,
		.sh_type = SHT_NOTE,
		.sh_flags = SHF_ALLOC,
		.sh_offset = offsetof(struct image, nh),
		.sh_size = sizeof(im->nh) + 4 + sizeof(id),
	};
	im->sh[3] = (Elf64_Shdr){ .sh_name = 26,
				  .sh_type = SHT_NOBITS,
				  .sh_flags = SHF_ALLOC | SHF_WRITE };
	im->sh[4] = (Elf64_Shdr){ .sh_name = 32,
				  .sh_type = SHT_STRTAB,
				  .sh_offset = offsetof(struct image, names),
				  .sh_size = sizeof(names) };
	build_debug(im);
}

static struct modfile view(struct image *im)
{
	return (struct modfile){ .data = (uint8_t *)im, .size = sizeof(*im) };
}

static void reads(void **state)
{
	struct image im;
	struct modfile file = view(&im);
	const uint8_t *got;

	build(&im);
	assert_int_equal(modfile_check(&file), 0);
	assert_int_equal(modfile_build_id(&file, &got), sizeof(id));
	assert_memory_equal(got, id, sizeof(id));
}

#define TEXT 0xffff800012340000ULL

static va_t address(const void *opaque, const char *name)
{
	return strcmp(name, ".text") ? 0 : TEXT;
}

/* Every single-byte change, and every truncation: no crash, no overrun. */
static void hostile(void **state)
{
	struct image good;
	va_t load;
	uint8_t *copy;
	const uint8_t *got;

	build(&good);
	for (size_t i = 0; i < 2 * sizeof(good); i++) {
		size_t size = i < sizeof(good) ? sizeof(good)
					       : i - sizeof(good);
		struct modfile file = { .size = size };

		copy = malloc(size ? size : 1);
		assert_non_null(copy);
		memcpy(copy, &good, size);
		if (i < sizeof(good))
			copy[i] ^= 0xff;
		file.data = copy;
		if (!modfile_check(&file)) {
			(void)modfile_build_id(&file, &got);
			(void)modfile_link(&file, address, NULL, &load);
		}
		modfile_free(&file);
	}
}

/* A copy on the heap, as modfile_find() makes it. */
static struct modfile heap(const struct image *im)
{
	struct modfile file = { malloc(sizeof(*im)), sizeof(*im) };

	assert_non_null(file.data);
	memcpy(file.data, im, sizeof(*im));
	return file;
}

static void links(void **state)
{
	const struct image *got;
	struct modfile file;
	struct image im;
	Elf64_Phdr ph;
	va_t load = 0;

	build(&im);
	im.sh[1].sh_size = 0x100;
	file = heap(&im);
	assert_int_equal(modfile_link(&file, address, NULL, &load), 0);
	got = (const void *)file.data;
	assert_int_equal(load, TEXT);
	assert_int_equal(got->eh.e_type, ET_DYN);
	assert_int_equal(got->eh.e_phnum, 1);
	memcpy(&ph, file.data + got->eh.e_phoff, sizeof(ph));
	assert_int_equal(ph.p_vaddr, TEXT);
	assert_int_equal(ph.p_memsz, 0x100);
	assert_int_equal(got->sh[1].sh_addr, TEXT);
	assert_int_equal(got->sh[3].sh_flags & SHF_ALLOC, 0);
	assert_int_equal(got->sym[1].st_value, TEXT + 4);
	assert_int_equal(got->debug[0], TEXT + 4 + 0x10);
	assert_int_equal(got->debug[1], (uint32_t)(TEXT + 4 + 0x20));
	assert_int_equal(got->debug[2], TEXT + 4 - 16);
	assert_int_equal(got->debug[3], 0);
	assert_int_equal(got->sh[7].sh_type, SHT_NULL);
	modfile_free(&file);
	im.sh[5].sh_flags = SHF_COMPRESSED;
	file = heap(&im);
	assert_int_equal(modfile_link(&file, address, NULL, &load), -ENOTSUP);
	modfile_free(&file);
}

/* Offset of the last section's name; it has no zero byte. */
#define LAST_NAME  0x01010101U
#define NAMES_SIZE (LAST_NAME + 2)

static va_t address_any(const void *opaque, const char *name)
{
	/*
	 * strlen() reads every byte, up to the NUL, so that ASan checks the
	 * name.
	 */
	return strlen(name) > 1 ? TEXT : 0;
}

/*
 * The table of section names ends behind sh_addr of section 1, whose last byte
 * is the NUL that ends the table. Placing that section overwrites the NUL, and
 * no other zero byte follows in the file. Then section 2's name is read.
 */
static void names_overlap(void **state)
{
	size_t shoff = NAMES_SIZE - offsetof(Elf64_Shdr, sh_addr) -
		       sizeof(Elf64_Addr) - sizeof(Elf64_Shdr);
	struct modfile file = { .size = shoff + 3 * sizeof(Elf64_Shdr) };
	Elf64_Shdr sh[3];
	struct image im;
	va_t load;

	build(&im);
	im.eh.e_shoff = shoff;
	im.eh.e_shnum = 3;
	im.eh.e_shstrndx = 0;
	memset(sh, 1, sizeof(sh));
	sh[0] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_size = NAMES_SIZE };
	sh[1].sh_name = 1;
	sh[1].sh_addr = 0;
	sh[1].sh_flags = sh[2].sh_flags |= SHF_ALLOC;
	sh[2].sh_name = LAST_NAME;
	file.data = calloc(1, file.size);
	assert_non_null(file.data);
	memcpy(file.data, &im.eh, sizeof(im.eh));
	memcpy(file.data + shoff, sh, sizeof(sh));
	/* The sum of the sections' sizes exceeds the address space. */
	assert_int_equal(modfile_link(&file, address_any, NULL, &load),
			 -EBADMSG);
	modfile_free(&file);
}

static void finds(void **state)
{
	char dir[] = "/tmp/trapline-modfile-XXXXXX";
	struct modfile file;
	uint8_t other[20] = { 0 };
	struct image im;
	char path[64];
	FILE *f;

	build(&im);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/snd-foo_bar.ko", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(&im, sizeof(im), 1, f), 1);
	fclose(f);
	assert_int_equal(
		modfile_find(dir, "snd_foo_bar", id, sizeof(id), &file), 0);
	assert_int_equal(file.size, sizeof(im));
	modfile_free(&file);
	assert_int_equal(modfile_find(dir, "snd_foo_bar", other, sizeof(id),
				      &file),
			 -ENOENT);
	assert_int_equal(modfile_find(dir, "snd_foo_bar", id, 0, &file),
			 -ENOENT);
	assert_int_equal(modfile_find(dir, "snd_foo", id, sizeof(id), &file),
			 -ENOENT);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("not an ELF file", f);
	fclose(f);
	assert_int_equal(modfile_find(dir, "snd_foo_bar", id, sizeof(id),
				      &file),
			 -EBADMSG);
	unlink(path);
	rmdir(dir);
	assert_int_equal(modfile_find(dir, "x", id, sizeof(id), &file),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads), cmocka_unit_test(hostile),
		cmocka_unit_test(links), cmocka_unit_test(names_overlap),
		cmocka_unit_test(finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
