// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_kallsyms.c - kallsyms tables of every layout, intact and broken
 *
 * fake_kernel.h makes the Images; test_introspect_real.c has real kernels.
 */
#include "fake_guest.h"
#include "fake_kernel.h"
#include "introspect/kallsyms.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM   0x40000000ULL
#define IMAGE (RAM + SZ_2M)

struct setup {
	enum fake_order order;
	struct fake_guest *fake;
	struct fake_kernel w;
	struct kernel_image k;
	struct kallsyms ks;
	const char *missing;
};

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->order = *(const enum fake_order *)*state;
	s->fake = fake_guest_create(1, RAM, 8 * SZ_1M);
	fake_kernel_write(&s->w, fake_guest_at(s->fake, IMAGE, FAKE_IMAGE_SIZE),
			  s->order);
	assert_true(kernel_header_at(&s->fake->guest, IMAGE, &s->k));
	assert_int_equal(kernel_open(&s->fake->guest, &s->k), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	kallsyms_deinit(&s->ks);
	kernel_close(&s->k);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

static void test_tables(void **state)
{
	struct setup *s = *state;
	char name[FAKE_NAME_MAX];
	struct kallsyms_entry e;
	bool ok;

	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
	assert_int_equal(s->ks.nr, FAKE_NR_SYMBOLS);
	assert_int_equal(s->ks.base,
			 s->order == FAKE_ORDER_7_0 ? 0 : FAKE_TEXT_OFFSET);
	assert_int_equal(s->ks.relative_base_at, s->w.relative_base);
	assert_int_equal(!s->ks.seqs, s->order == FAKE_ORDER_5_0);
	ok = kallsyms_get(&s->ks, 0, &e);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++) {
		assert_true(ok);
		assert_int_equal(e.index, i);
		fake_kernel_name(i, name);
		assert_string_equal(e.name, name);
		assert_int_equal(e.len, strlen(name));
		assert_int_equal(e.type, fake_kernel_type(i));
		assert_int_equal(kallsyms_offset(&s->ks, i),
				 FAKE_TEXT_OFFSET + fake_kernel_offset(i));
		ok = kallsyms_next(&s->ks, &e);
	}
	assert_false(ok);
	assert_false(kallsyms_get(&s->ks, FAKE_NR_SYMBOLS, &e));
}

static void test_lookup(void **state)
{
	struct setup *s = *state;
	char name[FAKE_NAME_MAX];
	struct kallsyms_entry e;

	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++) {
		fake_kernel_name(i, name);
		assert_true(kallsyms_lookup(&s->ks, name, &e));
		/*
		 * Of two symbols of one name, the lookup finds the global one.
		 */
		assert_int_equal(e.index,
				 i == FAKE_TWICE_LOCAL ? FAKE_TWICE : i);
	}
	assert_false(kallsyms_lookup(&s->ks, "", &e));
	assert_false(kallsyms_lookup(&s->ks, "f00042", &e));
	assert_false(kallsyms_lookup(&s->ks, "f00042_function_", &e));
	assert_false(kallsyms_lookup(&s->ks, "~", &e));
}

static void test_by_address(void **state)
{
	struct setup *s = *state;
	uint32_t i;

	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
	assert_false(kallsyms_at(&s->ks, FAKE_TEXT_OFFSET - 1, &i));
	assert_true(kallsyms_at(&s->ks, FAKE_TEXT_OFFSET, &i));
	assert_int_equal(i, 0);
	assert_true(kallsyms_at(&s->ks, FAKE_TEXT_OFFSET + 63, &i));
	assert_int_equal(i, 0);
	assert_int_equal(kallsyms_size(&s->ks, 0), 64);
	/*
	 * Of two symbols at one address the first is found; both end at the
	 * next address.
	 */
	assert_true(kallsyms_at(&s->ks, FAKE_TEXT_OFFSET + 20 * 64 + 70, &i));
	assert_int_equal(i, 20);
	assert_int_equal(kallsyms_size(&s->ks, 20), 128);
	assert_int_equal(kallsyms_size(&s->ks, 21), 128);
	assert_true(kallsyms_at(&s->ks, ~0ULL, &i));
	assert_int_equal(i, FAKE_NR_SYMBOLS - 1);
	assert_int_equal(kallsyms_size(&s->ks, FAKE_NR_SYMBOLS - 1), 0);
}

/* A table that is missing or contradicts the others is refused. */
static void test_broken(void **state)
{
	struct setup *s = *state;
	bool own = s->order == FAKE_ORDER_7_0;
	const struct {
		uint64_t at;
		uint8_t value;
		const char *missing;
	} breaks[] = {
		/* does not ascend */
		{ s->w.index + 100, 0xff, "kallsyms_token_index" },
		/* a token without an end */
		{ s->w.token_table + 130, 'x', "kallsyms_token_table" },
		/* steps back */
		{ s->w.markers + 5, 0xff, "kallsyms_markers" },
		/* an empty name; one symbol too many */
		{ s->w.names, 0, "kallsyms_names" },
		{ s->w.num_syms, (FAKE_NR_SYMBOLS & 0xff) + 1,
		  "kallsyms_names" },
		/*
		 * relative neither to the first symbol nor to the offset's own
		 * address
		 */
		{ s->w.offsets + (own ? 3 : 0), 1, "kallsyms_offsets" },
		/* does not ascend */
		{ s->w.offsets + 4 * 100 + 3, 0x7f, "kallsyms_offsets" },
	};
	uint8_t keep;

	for (unsigned int i = 0; i < ARRAY_SIZE(breaks); i++) {
		keep = s->w.image[breaks[i].at];
		s->w.image[breaks[i].at] = breaks[i].value;
		if (kallsyms_find(&s->k, &s->ks, &s->missing) != -ENOENT)
			fail_msg("break %u was not noticed", i);
		assert_non_null(strstr(s->missing, breaks[i].missing));
		s->w.image[breaks[i].at] = keep;
	}
	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
}

/* No symbol's name contains control characters. */
static void test_hostile_names(void **state)
{
	static const char function[] = "_function";
	struct setup *s = *state;
	struct kallsyms_entry e;
	unsigned int nr = 0;
	uint8_t *token;

	token = memmem(s->w.image + s->w.token_table, FAKE_NAME_MAX * 4,
		       function, sizeof(function));
	assert_non_null(token);
	memcpy(token, "\033]2;\n\x9b\x7f\xc2", 8);
	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
	for (bool ok = kallsyms_get(&s->ks, 0, &e); ok;
	     ok = kallsyms_next(&s->ks, &e)) {
		for (uint32_t i = 0; i < e.len; i++)
			assert_in_range(e.name[i], ' ', '~');
		nr += strstr(e.name, "?]2;????n") != NULL;
	}
	assert_true(nr > 1000);
}

/* A release that would be a path to another folder. */
static void test_hostile_banner(void **state)
{
	static const uint8_t data[] =
		"Linux version 6.12.1+deb13~x_y-arm64/../../etc/\"'<&;`$(a) "
		"(gcc) #1 SMP\n";
	struct kernel_image k = { .data = data, .size = sizeof(data) };

	(void)state;
	assert_int_equal(kernel_banner_find(&k, 0), 0);
	assert_string_equal(k.release, "6.12.1+deb13~x_y-arm64_.._.._etc_______"
				       "__a_");
}

/*
 * For offsets from relative_base, only the branch to primary_entry gives the
 * address of _text.
 */
static void test_no_base(void **state)
{
	struct setup *s = *state;

	s->k.entry = 0;
	if (s->order == FAKE_ORDER_7_0) {
		assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), 0);
		return;
	}
	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), -EBADMSG);
	s->k.entry = 16;
	assert_int_equal(kallsyms_find(&s->k, &s->ks, &s->missing), -EBADMSG);
}

/* With any bytes changed, nothing outside the Image is read. */
static void test_mutations(void **state)
{
	struct setup *s = *state;
	uint64_t x = 88172645463325252ULL, size = s->w.at - FAKE_TABLES, at;
	uint8_t *good = malloc(size), *tables = s->w.image + FAKE_TABLES;
	struct kallsyms_entry e;

	memcpy(good, tables, size);
	for (unsigned int i = 0; i < 300; i++) {
		for (unsigned int n = 0; n < 3; n++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			at = x % size;
			tables[at] = x >> 40;
		}
		if (!kallsyms_find(&s->k, &s->ks, &s->missing)) {
			for (bool ok = kallsyms_get(&s->ks, 0, &e); ok;)
				ok = kallsyms_next(&s->ks, &e);
			kallsyms_lookup(&s->ks, "f00042_function", &e);
			kallsyms_lookup(&s->ks, "no", &e);
			kallsyms_deinit(&s->ks);
		}
		if (i % 8 == 0)
			memcpy(tables, good, size);
	}
	free(good);
}

/* The Image ends in the middle of the tables. */
static void test_truncated(void **state)
{
	struct setup *s = *state;
	uint64_t end = s->w.at;

	for (uint64_t size = FAKE_TABLES; size < end; size += 997) {
		s->k.size = size;
		assert_true(kallsyms_find(&s->k, &s->ks, &s->missing) != 0);
	}
}

/* RAM in pieces, one of which a dump has left out: it has no tables. */
static void test_copy(void **state)
{
	static const uint8_t zero[FAKE_PIECE];
	struct kernel_image k;
	struct fake_kernel w;
	struct fake_guest *fake;
	struct kallsyms ks;
	const char *missing;

	fake_guest_pieces = true;
	fake = fake_guest_create(1, RAM, 8 * SZ_1M);
	fake_guest_pieces = false;
	fake_kernel_write(&w, fake_guest_at(fake, IMAGE, FAKE_IMAGE_SIZE),
			  FAKE_ORDER_6_4);
	memset(w.image + SZ_1M, 0xff, FAKE_PIECE);
	fake->lost = IMAGE + SZ_1M;
	assert_true(kernel_header_at(&fake->guest, IMAGE, &k));
	assert_int_equal(kernel_open(&fake->guest, &k), 0);
	assert_memory_equal(k.data, w.image, SZ_1M);
	assert_memory_equal(k.data + SZ_1M, zero, FAKE_PIECE);
	assert_memory_equal(k.data + SZ_1M + FAKE_PIECE,
			    w.image + SZ_1M + FAKE_PIECE,
			    FAKE_IMAGE_SIZE - SZ_1M - FAKE_PIECE);
	assert_int_equal(kallsyms_find(&k, &ks, &missing), 0);
	kallsyms_deinit(&ks);
	kernel_close(&k);
	fake_guest_destroy(fake);
}

int main(void)
{
	static enum fake_order orders[] = { FAKE_ORDER_5_0, FAKE_ORDER_6_2,
					    FAKE_ORDER_6_4, FAKE_ORDER_7_0 };
	/* clang-format off */
#define T(x, o) { #x " " #o, x, setup, teardown, &orders[o] }
	/* clang-format on */
#define ALL(x)                                                            \
	T(x, FAKE_ORDER_5_0), T(x, FAKE_ORDER_6_2), T(x, FAKE_ORDER_6_4), \
		T(x, FAKE_ORDER_7_0)
	const struct CMUnitTest tests[] = {
		ALL(test_tables),
		ALL(test_lookup),
		ALL(test_by_address),
		ALL(test_broken),
		ALL(test_no_base),
		ALL(test_mutations),
		ALL(test_truncated),
		ALL(test_hostile_names),
		cmocka_unit_test(test_hostile_banner),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
