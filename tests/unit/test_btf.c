// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_btf.c - BTF that no compiler would write
 *
 * Types that contain themselves, names that lie outside the blob, and sizes
 * that overflow. Each lookup has to end, and to read nothing beyond the blob:
 * the blob ends where the heap block ends, so the address sanitizer sees it.
 */
#include "introspect/btf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define INFO(kind, vlen) ((uint32_t)BTF_KIND_##kind << 24 | (vlen))

/* Strings: offset 1 "loop", 6 "a", 8 "int". The last string has no NUL. */
static const char strings[] = {
	0, 'l', 'o', 'o', 'p', 0, 'a', 0, 'i', 'n', 't'
};

static const uint32_t types[] = {
	/* 1: struct loop { struct loop <anonymous>; struct loop a; } */
	1,
	INFO(STRUCT, 2),
	8,
	0,
	1,
	0,
	6,
	1,
	32,
	/* 2: an array of itself */
	0,
	INFO(ARRAY, 0),
	0,
	2,
	2,
	0xffffffff,
	/* 3: a typedef of itself */
	6,
	INFO(TYPEDEF, 0),
	3,
	/* 4: an array of more elements than memory has bytes, of type 5 */
	0,
	INFO(ARRAY, 0),
	0,
	5,
	5,
	0xffffffff,
	/* 5: an array of as many elements, of type 1 */
	0,
	INFO(ARRAY, 0),
	0,
	1,
	1,
	0xffffffff,
	/* 6: a name outside the blob; 7: a name without an end */
	0x7fffffff,
	INFO(STRUCT, 0),
	4,
	8,
	INFO(INT, 0),
	4,
	0x01000020,
	/* 8: a structure with a type that does not exist */
	6,
	INFO(STRUCT, 1),
	4,
	6,
	99,
	0,
};

static uint8_t *blob;
static struct btf_view view;

static void see(void *opaque, const struct btf_view *v,
		const struct btf_record *r)
{
	++*(unsigned int *)opaque;
}

static int setup(void **state)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = sizeof(types),
		.str_off = sizeof(types),
		.str_len = sizeof(strings),
	};
	size_t size = sizeof(h) + sizeof(types) + sizeof(strings);
	unsigned int seen = 0;

	blob = malloc(size);
	memcpy(blob, &h, sizeof(h));
	memcpy(blob + sizeof(h), types, sizeof(types));
	memcpy(blob + sizeof(h) + sizeof(types), strings, sizeof(strings));
	assert_int_equal(btf_size(blob, size), size);
	assert_int_equal(btf_open(blob, size, see, &seen, &view), 0);
	assert_int_equal(view.nr, 8);
	assert_int_equal(seen, 3);
	return 0;
}

static int teardown(void **state)
{
	btf_close(&view);
	free(blob);
	return 0;
}

static void test_names(void **state)
{
	char name[8];

	assert_int_equal(btf_find(&view, BTF_KINDS(STRUCT), "loop"), 1);
	assert_int_equal(btf_find(&view, BTF_KINDS(UNION), "loop"), 0);
	assert_int_equal(btf_find(&view, BTF_KINDS(STRUCT), "a"), 8);
	assert_int_equal(btf_find(&view, BTF_KINDS(TYPEDEF), "a"), 3);
	/* A name that the blob cuts off is no name. */
	assert_int_equal(btf_find(&view, BTF_KINDS(INT), "int"), 0);
	btf_name(&view, 8, name, sizeof(name));
	assert_string_equal(name, "int");
	btf_name(&view, 1, name, 3);
	assert_string_equal(name, "lo");
	btf_name(&view, 0x7fffffff, name, sizeof(name));
	assert_string_equal(name, "");
}

static void test_circles(void **state)
{
	struct btf_place place;
	struct btf_record r;

	assert_true(btf_member(&view, 1, "a", 1, &place));
	assert_int_equal(place.bit, 32);
	assert_false(btf_member(&view, 1, "b", 1, &place));
	assert_false(btf_member(&view, 2, "a", 1, &place));
	assert_true(btf_member(&view, 8, "a", 1, &place));
	assert_false(btf_strip(&view, place.type, &r));
	assert_false(btf_strip(&view, 3, &r));
	assert_false(btf_strip(&view, 0, &r));
}

static void test_sizes(void **state)
{
	assert_int_equal(btf_sizeof(&view, 1), 8);
	assert_int_equal(btf_sizeof(&view, 2), 0);
	assert_int_equal(btf_sizeof(&view, 3), 0);
	assert_int_equal(btf_sizeof(&view, 4), 0);
	assert_int_equal(btf_sizeof(&view, 5), 0xffffffffULL * 8);
	assert_int_equal(btf_sizeof(&view, 99), 0);
}

/* Every single word of the types is replaced by some values. */
static void test_damaged(void **state)
{
	static const uint32_t values[] = { 0,      1,          3,
					   0xffff, 0x80000000, 0xffffffff };
	size_t size =
		sizeof(struct btf_header) + sizeof(types) + sizeof(strings);
	struct btf_place place;
	unsigned int seen = 0;
	struct btf_view v;

	for (size_t i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(values); i++) {
		uint8_t *word = blob + sizeof(struct btf_header) +
				i / ARRAY_SIZE(values) * 4;
		uint32_t old;

		memcpy(&old, word, 4);
		memcpy(word, &values[i % ARRAY_SIZE(values)], 4);
		btf_open(blob, size, see, &seen, &v);
		btf_find(&v, ~0U, "loop");
		for (uint32_t id = 0; id <= v.nr; id++) {
			btf_sizeof(&v, id);
			btf_member(&v, id, "none", 4, &place);
		}
		btf_close(&v);
		memcpy(word, &old, 4);
	}
}

int main(void)
{
	/* clang-format off */
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
	/* clang-format on */
	const struct CMUnitTest tests[] = {
		T(test_names),
		T(test_circles),
		T(test_sizes),
		T(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
