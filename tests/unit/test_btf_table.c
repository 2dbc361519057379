// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_btf_table.c - which types of a BTF blob are damaged
 *
 * Each row is a small blob. The blob ends where its heap block ends, so the
 * address sanitizer sees a read beyond it.
 */
#include "btf_words.h"
#include "introspect/dwarf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Names: 1 "int", 5 "s", 7 "a", 9 has an escape character. */
static const char strings[] = "\0int\0s\0a\0x\033";

enum {
	NO,
	INT = 1,
	S = 5,
	A = 7,
	ESCAPE = 9
};

struct row {
	const char *what;
	uint32_t words[32];
	unsigned int nr; /* words */
	const char *good; /* for each type '+', or '-' if it is damaged */
};

#define ROW(what, good, ...)                                  \
	{                                                     \
		what, { __VA_ARGS__ },                        \
			sizeof((uint32_t[]){ __VA_ARGS__ }) / \
				sizeof(uint32_t),             \
			good                                  \
	}

/* clang-format off */
static const struct row rows[] = {
	ROW("a list", "+++", W_OF(PTR, NO, 2), W_STRUCT(STRUCT, S, 1, 8),
	    W_MEMBER(A, 1, 0), W_OF(CONST, NO, 2)),
	ROW("a list through a qualifier", "+++", W_OF(PTR, NO, 3),
	    W_STRUCT(STRUCT, S, 1, 8), W_MEMBER(A, 1, 0), W_OF(CONST, NO, 2)),
	ROW("a function pointer that takes the structure", "++++",
	    W_STRUCT(STRUCT, S, 1, 8), W_MEMBER(A, 2, 0), W_OF(PTR, NO, 3),
	    0, BTF_WORD(FUNC_PROTO, 1), 0, A, 1, W_OF(TYPEDEF, A, 2)),
	ROW("a structure in itself", "--", W_STRUCT(STRUCT, S, 1, 8),
	    W_MEMBER(A, 1, 0), W_OF(TYPEDEF, A, 1)),
	ROW("a union in an array in itself", "--", W_STRUCT(UNION, S, 1, 8),
	    W_MEMBER(A, 2, 0), W_ARRAY(1, 1)),
	ROW("a pointer to itself", "-", W_OF(PTR, NO, 1)),
	ROW("a typedef of itself", "--", W_OF(TYPEDEF, A, 2),
	    W_OF(VOLATILE, NO, 1)),
	ROW("a nameless structure that points to itself", "--",
	    W_STRUCT(STRUCT, NO, 1, 8), W_MEMBER(A, 2, 0), W_OF(PTR, NO, 1)),
	ROW("a function that returns itself", "-", 0,
	    BTF_WORD(FUNC_PROTO, 0), 1),
	ROW("a pointer to a damaged structure", "+-", W_OF(PTR, NO, 2),
	    W_STRUCT(STRUCT, S, 1, 8), W_MEMBER(A, 99, 0)),
	ROW("an array that is too long", "+--", W_INT(INT, 4, 0),
	    W_ARRAY(1, 0x40000000), W_ARRAY(2, 0)),
	ROW("arrays of void, of a declaration, of a function", "--+-+", 
	    W_ARRAY(0, 1), W_ARRAY(3, 1), W_OF(FWD, S, 0), W_ARRAY(5, 0),
	    0, BTF_WORD(FUNC_PROTO, 0), 0),
	ROW("odd sizes", "---", W_INT(INT, 3, 0), W_STRUCT(ENUM, A, 0, 5),
	    W_STRUCT(FLOAT, A, 0, 1)),
	ROW("an INT with less bits than its size", "-", INT, BTF_WORD(INT, 0),
	    4, 31),
	ROW("no names", "---", W_INT(NO, 4, 0), W_OF(TYPEDEF, NO, 0),
	    W_OF(FWD, 0x7fffffff, 0)),
	ROW("members outside the structure", "+--+", W_INT(INT, 4, 0),
	    W_STRUCT(STRUCT, S, 1, 4), W_MEMBER(A, 1, 8),
	    W_BITS(STRUCT, S, 1, 4), W_BIT_MEMBER(A, 1, 28, 5),
	    W_BITS(STRUCT, S, 1, 4), W_BIT_MEMBER(A, 1, 28, 4)),
	ROW("a bit-field of a pointer, one that is too long", "+--+",
	    W_OF(PTR, NO, 0), W_BITS(STRUCT, S, 1, 8), W_BIT_MEMBER(A, 1, 0, 1),
	    W_BITS(STRUCT, S, 1, 8), W_BIT_MEMBER(A, 4, 0, 33),
	    W_INT(INT, 4, 0)),
	ROW("a member that begins inside a byte", "+-", W_INT(INT, 1, 0),
	    W_STRUCT(STRUCT, S, 1, 4), W_MEMBER(A, 1, 3)),
	ROW("references to what is no type", "++--", W_OF(FUNC, A, 2), 0,
	    BTF_WORD(FUNC_PROTO, 0), 0, W_OF(PTR, NO, 1), W_OF(PTR, NO, 9)),
};
/* clang-format on */

/* The heap block of a blob. Its size goes to *size. */
static uint8_t *blob_of(const uint32_t *words, unsigned int nr,
			const char *names, size_t names_size, size_t *size)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = 4 * nr,
		.str_off = 4 * nr,
		.str_len = names_size,
	};
	uint8_t *blob;

	*size = sizeof(h) + h.type_len + h.str_len;
	blob = malloc(*size);
	memcpy(blob, &h, sizeof(h));
	memcpy(blob + sizeof(h), words, 4 * nr);
	memcpy(blob + sizeof(h) + 4 * nr, names, names_size);
	return blob;
}

static uint8_t *blob_make(const uint32_t *words, unsigned int nr, size_t *size)
{
	return blob_of(words, nr, strings, sizeof(strings), size);
}

static void see(void *opaque, const struct btf_view *v,
		const struct btf_record *r)
{
}

static void table_make(const uint32_t *words, unsigned int nr,
		       struct btf_table *ret)
{
	struct btf_view v;
	size_t size;
	uint8_t *blob = blob_make(words, nr, &size);

	assert_int_equal(btf_open(blob, size, see, NULL, &v), 0);
	assert_int_equal(btf_table_create(&v, NULL, ret), 0);
	btf_close(&v);
	free(blob); /* the table has a copy */
}

static bool is_type(const struct btf_table *t, uint32_t id)
{
	return t->node[id].r.kind != BTF_KIND_FUNC;
}

static void row_check(const struct row *row)
{
	struct btf_table t;
	uint32_t damaged = 0;

	table_make(row->words, row->nr, &t);
	print_message("%s\n", row->what);
	assert_int_equal(t.nr, strlen(row->good));
	for (uint32_t id = 1; id <= t.nr; id++) {
		if (!is_type(&t, id))
			continue;
		assert_int_equal(t.node[id].good, row->good[id - 1] == '+');
		assert_int_equal(btf_table_type(&t, id),
				 t.node[id].good ? id : 0);
		damaged += row->good[id - 1] == '-';
	}
	assert_int_equal(t.nr_damaged, damaged);
	btf_table_destroy(&t);
}

static void test_rows(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		row_check(&rows[i]);
}

static void test_names(void **state)
{
	const uint32_t words[] = { W_OF(TYPEDEF, ESCAPE, 0),
				   W_OF(TYPE_TAG, A, 1) };
	struct btf_table t;

	table_make(words, ARRAY_SIZE(words), &t);
	assert_string_equal(btf_table_name(&t, ESCAPE), "x?");
	assert_string_equal(btf_table_name(&t, 99), "");
	assert_int_equal(btf_table_type(&t, 2), 1);
	assert_int_equal(btf_table_type(&t, 0), 0);
	assert_int_equal(btf_table_type(&t, 3), 0);
	btf_table_destroy(&t);
}

/* A name without an end, and a blob without a last NUL. */
static void test_long_names(void **state)
{
	const uint32_t words[] = { W_OF(TYPEDEF, 1, 0) };
	char names[2000] = "";
	struct btf_table t;
	struct btf_view v;
	uint8_t *blob;
	size_t size;

	memset(names + 1, 'n', sizeof(names) - 1);
	blob = blob_of(words, ARRAY_SIZE(words), names, sizeof(names), &size);
	assert_int_equal(btf_open(blob, size, see, NULL, &v), 0);
	assert_int_equal(btf_table_create(&v, NULL, &t), 0);
	for (uint32_t at = 1; at < sizeof(names); at++)
		assert_true(strlen(btf_table_name(&t, at)) <= 511);
	assert_string_equal(btf_table_name(&t, sizeof(names) - 1), "n");
	btf_table_destroy(&t);
	btf_close(&v);
	free(blob);
}

/* The kernel's blob changes after the numbers of a module's types are known. */
static void test_change(void **state)
{
	const uint32_t words[] = { W_INT(INT, 4, 0), W_OF(PTR, NO, 1),
				   W_OF(PTR, NO, 2), W_OF(PTR, NO, 3) };
	const uint32_t own[] = { W_OF(CONST, NO, 4), W_OF(PTR, NO, 1) };
	struct btf_table t, module;
	struct btf_view v, split;
	size_t size, split_size;
	uint8_t *blob = blob_make(words, ARRAY_SIZE(words), &size);
	uint8_t *other = blob_make(own, ARRAY_SIZE(own), &split_size);

	assert_int_equal(btf_open(blob, size, see, NULL, &v), 0);
	assert_int_equal(btf_open_split(other, split_size, &v, &split), 0);
	memset(blob + sizeof(struct btf_header) + 4 * 4, 0xff, 4 * 9);
	assert_int_equal(btf_table_create(&v, NULL, &t), 0);
	assert_int_equal(t.nr, 4);
	assert_int_equal(btf_table_type(&t, 1), 1);
	for (uint32_t id = 2; id <= 4; id++)
		assert_int_equal(btf_table_type(&t, id), 0);
	assert_int_equal(btf_table_create(&split, &t, &module), 0);
	assert_int_equal(btf_table_type(&module, 5), 0);
	assert_int_equal(btf_table_type(&module, 6), 6);
	btf_table_destroy(&module);
	btf_table_destroy(&t);
	btf_close(&split);
	btf_close(&v);
	free(other);
	free(blob);
}

/* DWARF has no entry for a prototype, so no variable may refer to it. */
static void test_variable_of_function(void **state)
{
	const uint32_t words[] = { W_INT(INT, 4, 0), 0, BTF_WORD(FUNC_PROTO, 0),
				   1 };
	const struct dwarf_variable variables[] = {
		{ .name = "number", .type = 1 },
		{ .name = "prototype", .type = 2 },
	};
	struct btf_table t;
	struct dwarf_input input = {
		.name = "test",
		.types = &t,
		.variables = variables,
		.nr_variables = ARRAY_SIZE(variables),
	};
	struct dwarf d;

	table_make(words, ARRAY_SIZE(words), &t);
	assert_int_equal(dwarf_create(&input, &d), 0);
	assert_non_null(memmem(d.section[DWARF_INFO].data,
			       d.section[DWARF_INFO].size, "number", 7));
	assert_null(memmem(d.section[DWARF_INFO].data,
			   d.section[DWARF_INFO].size, "prototype", 10));
	dwarf_destroy(&d);
	btf_table_destroy(&t);
}

/* A chain of pointers that is longer than the stack is deep. */
static void test_deep(void **state)
{
	unsigned int nr = 100000;
	uint32_t *words = calloc(3 * nr, sizeof(*words));
	struct btf_table t;

	for (uint32_t i = 0; i < nr; i++) {
		words[3 * i + 1] = BTF_WORD(PTR, 0);
		words[3 * i + 2] = i + 2;
	}
	words[3 * nr - 1] = 0;
	table_make(words, 3 * nr, &t);
	free(words);
	assert_true(t.nr_damaged > 0 && t.nr_damaged < nr);
	btf_table_destroy(&t);
}

/* More types than a kernel can have. */
static void test_large(void **state)
{
	unsigned int nr = SZ_1M + 1;
	uint32_t *words = calloc(3 * nr, sizeof(*words));
	struct btf_table t;
	struct btf_view v;
	uint8_t *blob;
	size_t size;

	for (uint32_t i = 0; i < nr; i++)
		words[3 * i + 1] = BTF_WORD(PTR, 0);
	blob = blob_make(words, 3 * nr, &size);
	free(words);
	assert_int_equal(btf_open(blob, size, see, NULL, &v), 0);
	assert_int_equal(btf_table_create(&v, NULL, &t), -E2BIG);
	btf_close(&v);
	free(blob);
}

/* Every word of every row is replaced by some values; nothing may crash. */
static void test_damaged(void **state)
{
	static const uint32_t values[] = { 0,      1,          2,         3,
					   0xffff, 0x84000002, 0xffffffff };
	uint32_t words[ARRAY_SIZE(rows[0].words)];
	struct btf_view v;
	struct btf_table t;
	uint8_t *blob;
	size_t size;

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned int n = 0; n < rows[i].nr * ARRAY_SIZE(values);
		     n++) {
			memcpy(words, rows[i].words, sizeof(words));
			words[n / ARRAY_SIZE(values)] =
				values[n % ARRAY_SIZE(values)];
			blob = blob_make(words, rows[i].nr, &size);
			btf_open(blob, size, see, NULL, &v);
			assert_int_equal(btf_table_create(&v, NULL, &t), 0);
			btf_table_destroy(&t);
			btf_close(&v);
			free(blob);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_variable_of_function),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
