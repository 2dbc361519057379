// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_modules.c - a hostile list of modules
 *
 * The guest has an Image with kallsyms, a BTF of three structures, and a ring
 * of modules that share one table of symbols. The memory that introspection
 * keeps for these modules must be bounded.
 */
#include "fake_guest.h"
#include "fake_kernel.h"
#include "introspect/btf.h"
#include "introspect/state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM        0x40000000ULL
#define RAM_SIZE   (32 * SZ_1M)
#define IMAGE      (RAM + SZ_2M)
#define BTF_OFFSET SZ_1M
#define TEXT       0xffff800008000000ULL
#define VA         (TEXT - SZ_2M) /* linear map of RAM */
#define TABLES     (RAM + SZ_64K)
#define MODULES    (VA + 0x20000)
#define SYMTAB     (VA + 8 * SZ_1M)
#define STRTAB     (VA + 15 * SZ_1M)
#define NR_SYMS    (1U << 18)
#define STRINGS    (16 * SZ_1M - 1) /* offset of the last name */
#define KEEP_MAX   (256 * SZ_1M)

/* struct module, as the BTF below describes it. */
struct fake_module {
	uint32_t state;
	uint64_t list[2];
	char name[56];
	uint64_t base;
	uint32_t size;
	uint64_t kallsyms;
	uint64_t symtab;
	uint32_t nr;
	uint64_t strtab;
};

struct setup {
	struct fake_guest *fake;
	struct introspect *in;
};

static void *at_va(struct setup *s, va_t va)
{
	return fake_guest_at(s->fake, va - VA + RAM, 8);
}

/* --- BTF ---------------------------------------------------------------- */

struct blob {
	uint8_t types[1024];
	uint32_t types_len;
	char strings[256];
	uint32_t strings_len;
};

static uint32_t string_put(struct blob *b, const char *s)
{
	uint32_t at = b->strings_len;

	strcpy(b->strings + at, s);
	b->strings_len += strlen(s) + 1;
	return at;
}

static void struct_put(struct blob *b, const char *name, uint32_t size,
		       uint32_t vlen)
{
	struct btf_type t = { .name_off = string_put(b, name),
			      .info = BTF_KIND_STRUCT << 24 | vlen,
			      .size = size };

	memcpy(b->types + b->types_len, &t, sizeof(t));
	b->types_len += sizeof(t);
}

/* Only a member that is a structure needs its true type. */
static void member_put(struct blob *b, const char *name, uint32_t type,
		       size_t offset)
{
	struct btf_member m = { .name_off = string_put(b, name),
				.type = type,
				.offset = 8 * offset };

	memcpy(b->types + b->types_len, &m, sizeof(m));
	b->types_len += sizeof(m);
}

#define MEMBER(b, member) \
	member_put(b, #member, 1, offsetof(struct fake_module, member))

static void btf_put(struct setup *s)
{
	struct blob b = { .strings_len = 1 };
	struct btf_header h = { .magic = BTF_MAGIC,
				.version = BTF_VERSION,
				.hdr_len = sizeof(h) };
	uint8_t *at = fake_guest_at(s->fake, IMAGE + BTF_OFFSET, SZ_4K);
	size_t base = offsetof(struct fake_module, base);

	struct_put(&b, "module_layout", 16, 2); /* this is type 1 */
	member_put(&b, "base", 1, 0);
	member_put(&b, "text_size", 1, 8);
	struct_put(&b, "module", sizeof(struct fake_module), 6);
	MEMBER(&b, state);
	MEMBER(&b, list);
	MEMBER(&b, name);
	member_put(&b, "core_layout", 1, base);
	member_put(&b, "init_layout", 1, base);
	MEMBER(&b, kallsyms);
	struct_put(&b, "mod_kallsyms", 24, 3);
	member_put(&b, "symtab", 1, 0);
	member_put(&b, "num_symtab", 1, 8);
	member_put(&b, "strtab", 1, 16);
	h.type_len = h.str_off = b.types_len;
	h.str_len = b.strings_len;
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), b.types, b.types_len);
	memcpy(at + sizeof(h) + b.types_len, b.strings, b.strings_len);
}

/* --- the guest ---------------------------------------------------------- */

/* 4 KiB pages, 48 bits: map all of RAM in order, by 2 MiB blocks. */
static void tables_put(struct setup *s)
{
	uint64_t *t =
		(uint64_t *)(void *)fake_guest_at(s->fake, TABLES, 3 * SZ_4K);
	uint64_t *r = s->fake->sysregs[0];

	t[VA >> 39 & 511] = (TABLES + SZ_4K) | 3;
	t[512 + (VA >> 30 & 511)] = (TABLES + 2 * SZ_4K) | 3;
	for (unsigned int i = 0; i < RAM_SIZE / SZ_2M; i++)
		t[1024 + (VA >> 21 & 511) + i] = (RAM + i * SZ_2M) | 0x401;
	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = 16ULL << 16 | 2ULL << 30 | 5ULL << 32;
	r[GUEST_TTBR1_EL1] = TABLES;
}

static va_t module_va(unsigned int i)
{
	return MODULES + i * sizeof(struct fake_module);
}

/* nr modules of nr_syms symbols each, named by format and their number. */
static void modules_put(struct setup *s, unsigned int nr, const char *format,
			uint32_t nr_syms)
{
	va_t head = TEXT + FAKE_TEXT_OFFSET + fake_kernel_offset(FAKE_MODULES);
	size_t list = offsetof(struct fake_module, list);
	uint64_t *h = at_va(s, head);

	h[0] = module_va(0) + list;
	h[1] = module_va(nr - 1) + list;
	for (unsigned int i = 0; i < nr; i++) {
		struct fake_module *m = at_va(s, module_va(i));

		memset(m, 0, sizeof(*m));
		m->list[0] = i + 1 < nr ? module_va(i + 1) + list : head;
		m->list[1] = i ? module_va(i - 1) + list : head;
		snprintf(m->name, sizeof(m->name), format, i);
		m->base = VA + 0x10000 * i;
		m->size = 4096;
		m->kallsyms =
			module_va(i) + offsetof(struct fake_module, symtab);
		m->symtab = SYMTAB;
		m->nr = nr_syms;
		m->strtab = STRTAB;
	}
}

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct fake_kernel kernel;

	s->fake = fake_guest_create(1, RAM, RAM_SIZE);
	fake_kernel_write(&kernel,
			  fake_guest_at(s->fake, IMAGE, FAKE_IMAGE_SIZE),
			  FAKE_ORDER_6_4);
	btf_put(s);
	tables_put(s);
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	assert_int_equal(introspect_find_kernel_at(s->in, IMAGE), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

/* --- tests -------------------------------------------------------------- */

static void test_list(void **state)
{
	struct setup *s = *state;

	modules_put(s, 3, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(s->in), 3);
	assert_string_equal(introspect_module(s->in, 2)->name, "m2");
}

/*
 * Linux never has two modules of one name. With two, the user's file would be
 * read once for each.
 */
static void test_same_name(void **state)
{
	struct setup *s = *state;

	modules_put(s, 100, "twin", 4);
	assert_int_equal(introspect_modules_refresh(s->in), 1);
}

/* Each module has 22 MiB of symbols, all of them the same. */
static void test_kept(void **state)
{
	struct setup *s = *state;
	Elf64_Sym *last = at_va(s, SYMTAB + 24);
	uint64_t kept = 0;
	va_t va;

	modules_put(s, 24, "m%u", NR_SYMS);
	last->st_name = STRINGS;
	assert_int_equal(introspect_modules_refresh(s->in), 24);
	assert_int_equal(introspect_symbol_by_name(s->in, "nowhere", &va),
			 -ENOENT);
	for (unsigned int i = 0; i < 24; i++) {
		const struct module_symbols *m = &s->in->mods.m[i].symbols;

		if (m->loaded)
			kept += m->nr * sizeof(*m->sym) + m->strings_size;
	}
	assert_true(kept && kept <= KEEP_MAX);
	/* After a new refresh the limit starts anew. */
	modules_put(s, 1, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(s->in), 1);
	introspect_symbol_by_name(s->in, "nowhere", &va);
	assert_true(s->in->mods.m[0].symbols.loaded);
}

/* A debugger that loads the files of all modules. */
static void test_files(void **state)
{
	struct setup *s = *state;
	uint64_t sum = 0;
	uint8_t *data;
	size_t size;
	int err = 0;

	modules_put(s, 8, "m%u", NR_SYMS);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(introspect_modules_refresh(s->in), 8);
		err = introspect_module_symbol_file(s->in, i, &data, &size);
		if (err)
			break;
		sum += size;
		free(data);
	}
	assert_int_equal(err, -E2BIG);
	assert_true(sum && sum <= KEEP_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	};

	return fake_guest_run_tests(tests);
}
