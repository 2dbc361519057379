// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_symfile.c - the ELF file made of a module's symbols
 *
 * The module is written by hand: local and global symbols in no order, init
 * text, data outside of both texts. test_introspect_real.c tests kernels'
 * files.
 */
#include "fake_guest.h"
#include "introspect/state.h"
#include "introspect/symfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT 0xffff800001000000ULL
#define INIT 0xffff800001200000ULL
#define DATA 0xffff800001100000ULL
/* clang-format off */
#define SYM(name_, value, bind)                                       \
	{ .st_name = name_, .st_value = value, .st_shndx = 1,         \
	  .st_size = 16, .st_info = ELF64_ST_INFO(bind, STT_NOTYPE) }
/* clang-format on */

/* Offsets of names: 1, 7, 13, 19, 22, 27. */
static const char strings[] = "\0probe\0setup\0table\0$x\0.LC0\0undef";

struct setup {
	struct fake_guest *fake;
	struct introspect *in;
	struct symfile file;
};

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->fake = fake_guest_create(1, 0x40000000, SZ_1M);
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	free(s->file.data);
	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

static const Elf64_Shdr *section(const struct symfile *f, const char *name)
{
	const Elf64_Ehdr *e = (const void *)f->data;
	const Elf64_Shdr *h = (const void *)(f->data + e->e_shoff);
	const char *names = (const char *)f->data + h[e->e_shstrndx].sh_offset;

	for (unsigned int i = 0; i < e->e_shnum; i++) {
		assert_true(h[i].sh_type == SHT_NOBITS ||
			    h[i].sh_offset + h[i].sh_size <= f->size);
		if (!strcmp(names + h[i].sh_name, name))
			return &h[i];
	}
	return NULL;
}

static const Elf64_Sym *symbol(const struct symfile *f, const char *name)
{
	const Elf64_Shdr *tab = section(f, ".symtab");
	const Elf64_Shdr *str = section(f, ".strtab");
	const Elf64_Sym *sym = (const void *)(f->data + tab->sh_offset);

	for (size_t i = 0; i < tab->sh_size / sizeof(*sym); i++) {
		assert_true(sym[i].st_name < str->sh_size);
		if (!strcmp((const char *)f->data + str->sh_offset +
				    sym[i].st_name,
			    name))
			return &sym[i];
	}
	return NULL;
}

static void test_module(void **state)
{
	struct setup *s = *state;
	Elf64_Sym syms[] = {
		{ 0 },
		SYM(7, INIT + 8, STB_LOCAL),
		SYM(1, TEXT + 64, STB_GLOBAL),
		SYM(13, DATA + 32, STB_LOCAL),
		SYM(19, TEXT, STB_LOCAL),
		SYM(22, TEXT, STB_LOCAL),
	};
	char types[] = "?tTd??";
	struct module_info m = {
		.pub = { .load = TEXT,
			 .load_size = INIT + 4096 - TEXT,
			 .build_id_size = 20 },
		.build_id = { 0xab },
		.text = { TEXT, 8192 },
		.init_text = { INIT, 4096 },
		.symbols = { .loaded = true,
			     .nr = ARRAY_SIZE(syms),
			     .sym = syms,
			     .types = types,
			     .strings = (char *)strings,
			     .strings_size = sizeof(strings) },
	};
	const Elf64_Phdr *p;
	const Elf64_Shdr *h;

	assert_int_equal(symfile_module(s->in, &m, &s->file), 0);
	p = (const void *)(s->file.data + sizeof(Elf64_Ehdr));
	assert_int_equal(p[0].p_type, PT_LOAD);
	assert_true(p[0].p_vaddr == TEXT);
	assert_true(p[0].p_memsz == INIT + 4096 - TEXT);
	h = section(&s->file, ".text");
	assert_true(h->sh_addr == TEXT && h->sh_size == 8192);
	h = section(&s->file, ".init.text");
	assert_true(h->sh_addr == INIT && h->sh_size == 4096);
	h = section(&s->file, ".note.gnu.build-id");
	assert_int_equal(h->sh_size, 36);
	assert_int_equal(s->file.data[h->sh_offset + 16], 0xab);
	/* The null symbol, two local ones, one global. */
	h = section(&s->file, ".symtab");
	assert_int_equal(h->sh_size / h->sh_entsize, 4);
	assert_int_equal(h->sh_info, 3);
	assert_true(symbol(&s->file, "probe")->st_value == TEXT + 64);
	assert_int_equal(symbol(&s->file, "probe")->st_info,
			 ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
	assert_int_equal(symbol(&s->file, "setup")->st_shndx, 2);
	assert_int_equal(symbol(&s->file, "table")->st_info,
			 ELF64_ST_INFO(STB_LOCAL, STT_OBJECT));
	assert_null(symbol(&s->file, "$x"));
	assert_null(symbol(&s->file, ".LC0"));
}

#define NR_MANY   8192
#define LONG_SIZE SZ_64K

/* Many symbols whose names are the ends of one long string. */
static struct module_info long_names(char *names, Elf64_Sym *syms, size_t from)
{
	memset(names, 'a', LONG_SIZE - 1);
	names[LONG_SIZE - 1] = '\0';
	for (unsigned int i = 1; i < NR_MANY; i++)
		syms[i] = (Elf64_Sym)SYM(from, TEXT + 4 * i, STB_LOCAL);
	return (struct module_info){
		.pub = { .load = TEXT, .load_size = SZ_64K },
		.text = { TEXT, SZ_64K },
		.symbols = { .loaded = true,
			     .nr = NR_MANY,
			     .sym = syms,
			     .strings = names,
			     .strings_size = LONG_SIZE },
	};
}

/* Overlapping names must not make a file of unbounded size. */
static void test_bounds(void **state)
{
	struct setup *s = *state;
	Elf64_Sym *syms = calloc(NR_MANY, sizeof(*syms));
	char *names = malloc(LONG_SIZE);
	struct module_info m = long_names(names, syms, 0);
	const Elf64_Shdr *tab;

	/* Longer names than possible: the symbols are left out. */
	assert_int_equal(symfile_module(s->in, &m, &s->file), 0);
	tab = section(&s->file, ".symtab");
	assert_int_equal(tab->sh_size / tab->sh_entsize, 1);
	assert_true(s->file.size < NR_MANY * 64);
	free(s->file.data);
	/* Names of the maximum length: the file has room for some of them. */
	m = long_names(names, syms, LONG_SIZE - 512);
	assert_int_equal(symfile_module(s->in, &m, &s->file), 0);
	tab = section(&s->file, ".symtab");
	assert_true(tab->sh_size / tab->sh_entsize > NR_MANY / 4);
	assert_true(s->file.size < NR_MANY * 300);
	free(names);
	free(syms);
}

static void test_labels(void **state)
{
	assert_true(symfile_is_label("_stext"));
	assert_true(symfile_is_label("__pi__text"));
	assert_true(symfile_is_label("__sched_text_start"));
	assert_true(symfile_is_label("__init_begin"));
	assert_false(symfile_is_label("device_start"));
	assert_false(symfile_is_label("__pi_memcpy"));
	assert_false(symfile_is_label(""));
	assert_false(symfile_is_label("_end_of_it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test(test_labels),
	};

	return fake_guest_run_tests(tests);
}
