// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_modules.c - a hostile list of modules
 *
 * The memory that introspection keeps for the modules of fake_modules.h must be
 * bounded.
 */
#include "fake_modules.h"
#include "introspect/state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <trapline/code.h>

#define NR_SYMS  (1U << 18)
#define STRINGS  (16 * SZ_1M - 1) /* offset of the last name */
#define KEEP_MAX (256 * SZ_1M)

static int setup(void **state)
{
	struct fake_modules *m = calloc(1, sizeof(*m));

	fake_modules_create(m);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	fake_modules_destroy(*state);
	free(*state);
	return 0;
}

static void test_list(void **state)
{
	struct fake_modules *m = *state;

	fake_modules_put(m, 3, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 3);
	assert_string_equal(introspect_module(m->in, 2)->name, "m2");
}

/*
 * Linux never has two modules of one name. With two, the user's file would be
 * read once for each.
 */
static void test_same_name(void **state)
{
	struct fake_modules *m = *state;

	fake_modules_put(m, 100, "twin", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 1);
}

static void expect_gone(struct fake_modules *m, va_t va, const char *expected)
{
	char text[96] = "";

	introspect_module_gone(m->in, va, text, sizeof(text));
	assert_string_equal(text, expected);
}

/* Text of a module that has left, and init text that was freed. */
static void test_gone(void **state)
{
	struct fake_modules *m = *state;
	const va_t init = FAKE_MODULES_VA + 0x800000;
	struct fake_module *first = fake_modules_at(m, FAKE_MODULES_RING);
	struct fake_module *second = first + 1;
	struct introspect_symbol sym;

	fake_modules_put(m, 3, "m%u", 4);
	first->init_base = init;
	first->init_size = 0x1000;
	assert_int_equal(introspect_modules_refresh(m->in), 3);
	assert_true(introspect_module(m->in, 0)->has_init);
	assert_false(introspect_module(m->in, 1)->has_init);
	expect_gone(m, init, "");
	first->init_size = 0;
	assert_int_equal(introspect_modules_refresh(m->in), 3);
	assert_false(introspect_module(m->in, 0)->has_init);
	expect_gone(m, init + 0xfff, "was in the init text of m0, freed");
	expect_gone(m, init + 0x1000, "");
	/* m1 is in the list, but the kernel frees it (MODULE_STATE_GOING). */
	second->state = 2;
	introspect_module_leaves(m->in, FAKE_MODULES_RING +
						sizeof(struct fake_module));
	assert_int_equal(introspect_modules_refresh(m->in), 2);
	assert_string_equal(introspect_module(m->in, 1)->name, "m2");
	expect_gone(m, FAKE_MODULES_VA + 0x10010, "was in m1, unloaded");
	assert_int_equal(introspect_symbol_by_address(
				 m->in, FAKE_MODULES_VA + 0x10010, &sym),
			 -ENOENT);
	/* It is loaded again, to the same address. */
	second->state = 0;
	assert_int_equal(introspect_modules_refresh(m->in), 3);
	second->state = 2;
	introspect_module_leaves(m->in, FAKE_MODULES_RING +
						sizeof(struct fake_module));
	assert_int_equal(introspect_modules_refresh(m->in), 2);
	/* Then it has left; another one may come to its address. */
	fake_modules_put(m, 1, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 1);
	expect_gone(m, FAKE_MODULES_VA + 0x20010, "was in m2, unloaded");
	fake_modules_put(m, 3, "n%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 3);
	/* A list that cannot be read says nothing of the modules. */
	*(uint64_t *)fake_modules_at(m, FAKE_MODULES_RING + 8) = 8;
	assert_int_equal(introspect_modules_refresh(m->in), -EFAULT);
	expect_gone(m, FAKE_MODULES_VA + 0x10010, "was in m1, unloaded");
	introspect_reset(m->in);
	expect_gone(m, FAKE_MODULES_VA + 0x10010, "");
}

/* The ring of modules that have gone is bounded. */
static void test_gone_bounded(void **state)
{
	struct fake_modules *m = *state;

	fake_modules_put(m, 100, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 100);
	fake_modules_put(m, 1, "n%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 1);
	expect_gone(m, FAKE_MODULES_VA + 0x10000 * 99, "was in m99, unloaded");
	expect_gone(m, FAKE_MODULES_VA + 0x10000 * 36, "was in m36, unloaded");
	expect_gone(m, FAKE_MODULES_VA + 0x10000 * 35, "");
}

/* Each module has 22 MiB of symbols, all of them the same. */
static void test_kept(void **state)
{
	struct fake_modules *m = *state;
	Elf64_Sym *last = fake_modules_at(m, FAKE_MODULES_SYMTAB + 24);
	uint64_t kept = 0;
	va_t va;

	fake_modules_put(m, 24, "m%u", NR_SYMS);
	last->st_name = STRINGS;
	assert_int_equal(introspect_modules_refresh(m->in), 24);
	assert_int_equal(introspect_symbol_by_name(m->in, "nowhere", &va),
			 -ENOENT);
	for (unsigned int i = 0; i < 24; i++) {
		const struct module_symbols *syms = &m->in->mods.m[i].symbols;

		if (syms->loaded)
			kept += syms->nr * sizeof(*syms->sym) +
				syms->strings_size;
	}
	assert_true(kept && kept <= KEEP_MAX);
	/* After a new refresh the limit starts anew. */
	fake_modules_put(m, 1, "m%u", 4);
	assert_int_equal(introspect_modules_refresh(m->in), 1);
	introspect_symbol_by_name(m->in, "nowhere", &va);
	assert_true(m->in->mods.m[0].symbols.loaded);
}

/* A debugger that loads the files of all modules. */
static void test_files(void **state)
{
	struct fake_modules *m = *state;
	uint64_t sum = 0;
	uint8_t *data;
	size_t size;
	int err = 0;

	fake_modules_put(m, 8, "m%u", NR_SYMS);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(introspect_modules_refresh(m->in), 8);
		err = introspect_module_symbol_file(m->in, i, &data, &size);
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
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_bounded, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	};

	return fake_guest_run_tests(tests);
}
