// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_kallsyms.c - kallsyms tables of every order, made here, and broken
 *
 * The writer below does what scripts/kallsyms.c of Linux does, in the three
 * orders there are, into an Image with nothing else in it. Real kernels are
 * in test_introspect_real.c.
 */
#include "fake_guest.h"
#include "introspect/kallsyms.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM         0x40000000ULL
#define IMAGE       (RAM + SZ_2M)
#define IMAGE_SIZE  (4 * SZ_1M)
#define NR          3001
#define TEXT_OFFSET 0x10000
#define LONG_NAME   300
#define LONG_INDEX  1234
#define TOKEN_FUNC  1 /* "_function" */
#define TOKEN_TYPE  2 /* "Tf": the type and a letter in one */

enum order {
	ORDER_5_0,
	ORDER_6_2,
	ORDER_6_4
};

/* The Image being written. */
struct writer {
	uint8_t *image;
	uint64_t at;
	uint64_t offsets, relative_base, names, markers, token_table, index,
		seqs;
};

struct setup {
	enum order order;
	struct fake_guest *fake;
	struct writer w;
	struct kernel_image k;
	struct kallsyms ks;
};

/* Symbol number i; two of them share a name, one is too long for a byte. */
static void symbol_name(unsigned int i, char *name)
{
	if (i == LONG_INDEX) {
		memset(name, 'x', LONG_NAME);
		name[LONG_NAME] = '\0';
	} else if (i == 0) {
		strcpy(name, "first");
	} else if (i == 5) {
		strcpy(name, "primary_entry");
	} else if (i == 7 || i == 9) {
		strcpy(name, "twice");
	} else {
		sprintf(name, "f%05u_function", i);
	}
}

static char symbol_type(unsigned int i)
{
	return i == 7 ? 't' : 'T';
}

static unsigned int symbol_offset(unsigned int i)
{
	/* 20 and 21 are at the same address. */
	return i == 21 ? 20 * 64 : i * 64;
}

static void put(struct writer *w, const void *data, size_t size)
{
	memcpy(w->image + w->at, data, size);
	w->at += size;
}

static void put32(struct writer *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static uint64_t label(struct writer *w)
{
	w->at = ALIGN_UP(w->at, 8ULL);
	return w->at;
}

static void put_name(struct writer *w, unsigned int i)
{
	uint8_t tokens[KALLSYMS_NAME_MAX];
	char name[KALLSYMS_NAME_MAX], *p = name;
	unsigned int len = 0;

	symbol_name(i, name);
	if (symbol_type(i) == 'T' && *p == 'f') {
		tokens[len++] = TOKEN_TYPE;
		p++;
	} else {
		tokens[len++] = symbol_type(i);
	}
	while (*p) {
		if (!strcmp(p, "_function")) {
			tokens[len++] = TOKEN_FUNC;
			break;
		}
		tokens[len++] = *p++;
	}
	if (len < 0x80) {
		w->image[w->at++] = len;
	} else {
		w->image[w->at++] = (len & 0x7f) | 0x80;
		w->image[w->at++] = len >> 7;
	}
	put(w, tokens, len);
}

static void put_names(struct writer *w)
{
	uint32_t marker[(NR + 255) / 256];

	w->names = label(w);
	for (unsigned int i = 0; i < NR; i++) {
		if (i % 256 == 0)
			marker[i / 256] = w->at - w->names;
		put_name(w, i);
	}
	w->markers = label(w);
	put(w, marker, sizeof(marker));
}

static int by_name(const void *a, const void *b)
{
	char na[KALLSYMS_NAME_MAX], nb[KALLSYMS_NAME_MAX];
	unsigned int ia = *(const unsigned int *)a;
	unsigned int ib = *(const unsigned int *)b;
	int d;

	symbol_name(ia, na);
	symbol_name(ib, nb);
	d = strcmp(na, nb);
	return d ? d : (int)ia - (int)ib;
}

static void put_seqs(struct writer *w)
{
	unsigned int seq[NR];
	uint8_t b[3];

	for (unsigned int i = 0; i < NR; i++)
		seq[i] = i;
	qsort(seq, NR, sizeof(*seq), by_name);
	w->seqs = label(w);
	for (unsigned int i = 0; i < NR; i++) {
		b[0] = seq[i] >> 16;
		b[1] = seq[i] >> 8;
		b[2] = seq[i];
		put(w, b, 3);
	}
}

static void put_tokens(struct writer *w)
{
	uint16_t index[256];
	char token[16];

	w->token_table = label(w);
	for (unsigned int i = 0; i < 256; i++) {
		if (i == TOKEN_FUNC)
			strcpy(token, "_function");
		else if (i == TOKEN_TYPE)
			strcpy(token, "Tf");
		else
			sprintf(token, "%c", i ? i : 'q');
		index[i] = w->at - w->token_table;
		put(w, token, strlen(token) + 1);
	}
	w->index = label(w);
	put(w, index, sizeof(index));
}

static void put_offsets(struct writer *w)
{
	static const uint64_t base = 0xffff800008000000ULL + TEXT_OFFSET;

	w->offsets = label(w);
	for (unsigned int i = 0; i < NR; i++)
		put32(w, symbol_offset(i));
	w->relative_base = label(w);
	put(w, &base, sizeof(base));
}

static void write_tables(struct writer *w, enum order order)
{
	if (order != ORDER_6_4)
		put_offsets(w);
	label(w);
	put32(w, NR);
	put_names(w);
	if (order == ORDER_6_2)
		put_seqs(w);
	put_tokens(w);
	if (order == ORDER_6_4) {
		put_offsets(w);
		put_seqs(w);
	}
}

static void write_header(struct writer *w)
{
	uint64_t size = IMAGE_SIZE, flags = 10;
	/* b primary_entry, from offset 4. */
	uint32_t b = 0x14000000U | (TEXT_OFFSET + symbol_offset(5) - 4) / 4;

	memcpy(w->image + 4, &b, 4);
	memcpy(w->image + 16, &size, 8);
	memcpy(w->image + 24, &flags, 8);
	memcpy(w->image + 56, "ARMd", 4);
}

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->order = *(const enum order *)*state;
	s->fake = fake_guest_create(1, RAM, 8 * SZ_1M);
	s->w.image = guest_ram_at(&s->fake->guest, IMAGE, IMAGE_SIZE);
	s->w.at = 2 * SZ_1M + 40;
	write_header(&s->w);
	write_tables(&s->w, s->order);
	assert_true(kernel_header_at(&s->fake->guest, IMAGE, &s->k));
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	kallsyms_deinit(&s->ks);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

static void test_tables(void **state)
{
	struct setup *s = *state;
	char name[KALLSYMS_NAME_MAX];
	struct kallsyms_entry e;
	bool ok;

	assert_int_equal(kallsyms_find(&s->k, &s->ks), 0);
	assert_int_equal(s->ks.nr, NR);
	assert_int_equal(s->ks.base, TEXT_OFFSET);
	assert_int_equal(s->ks.relative_base_at, s->w.relative_base);
	assert_int_equal(!s->ks.seqs, s->order == ORDER_5_0);
	ok = kallsyms_get(&s->ks, 0, &e);
	for (unsigned int i = 0; i < NR; i++) {
		assert_true(ok);
		assert_int_equal(e.index, i);
		symbol_name(i, name);
		assert_string_equal(e.name, name);
		assert_int_equal(e.len, strlen(name));
		assert_int_equal(e.type, symbol_type(i));
		assert_int_equal(kallsyms_offset(&s->ks, i),
				 TEXT_OFFSET + symbol_offset(i));
		ok = kallsyms_next(&s->ks, &e);
	}
	assert_false(ok);
	assert_false(kallsyms_get(&s->ks, NR, &e));
}

static void test_lookup(void **state)
{
	struct setup *s = *state;
	char name[KALLSYMS_NAME_MAX];
	struct kallsyms_entry e;

	assert_int_equal(kallsyms_find(&s->k, &s->ks), 0);
	for (unsigned int i = 0; i < NR; i++) {
		symbol_name(i, name);
		assert_true(kallsyms_lookup(&s->ks, name, &e));
		/* The global one of the two. */
		assert_int_equal(e.index, i == 7 ? 9 : i);
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

	assert_int_equal(kallsyms_find(&s->k, &s->ks), 0);
	assert_false(kallsyms_at(&s->ks, TEXT_OFFSET - 1, &i));
	assert_true(kallsyms_at(&s->ks, TEXT_OFFSET, &i));
	assert_int_equal(i, 0);
	assert_true(kallsyms_at(&s->ks, TEXT_OFFSET + 63, &i));
	assert_int_equal(i, 0);
	assert_int_equal(kallsyms_size(&s->ks, 0), 64);
	/* The first of two at one address; both end at the next address. */
	assert_true(kallsyms_at(&s->ks, TEXT_OFFSET + 20 * 64 + 70, &i));
	assert_int_equal(i, 20);
	assert_int_equal(kallsyms_size(&s->ks, 20), 128);
	assert_int_equal(kallsyms_size(&s->ks, 21), 128);
	assert_true(kallsyms_at(&s->ks, ~0ULL, &i));
	assert_int_equal(i, NR - 1);
	assert_int_equal(kallsyms_size(&s->ks, NR - 1), 0);
}

/* A table that is not there, or contradicts the others, is not taken. */
static void test_broken(void **state)
{
	struct setup *s = *state;
	const struct {
		uint64_t at;
		uint8_t value;
	} breaks[] = {
		{ s->w.index + 100, 0xff }, /* does not ascend */
		{ s->w.token_table + 130, 'x' }, /* a token without end */
		{ s->w.markers + 5, 0xff }, /* steps back */
		{ s->w.names, 0 }, /* an empty name */
		{ s->w.names - 8, (NR & 0xff) + 1 }, /* one too many */
		{ s->w.offsets, 1 }, /* not relative to the first */
		{ s->w.offsets + 4 * 100 + 3, 0x7f }, /* not ascending */
	};
	uint8_t keep;

	for (unsigned int i = 0; i < ARRAY_SIZE(breaks); i++) {
		keep = s->w.image[breaks[i].at];
		s->w.image[breaks[i].at] = breaks[i].value;
		if (kallsyms_find(&s->k, &s->ks) != -ENOENT)
			fail_msg("break %u was not noticed", i);
		s->w.image[breaks[i].at] = keep;
	}
	assert_int_equal(kallsyms_find(&s->k, &s->ks), 0);
}

/* Without the branch to primary_entry nothing says where _text is. */
static void test_no_base(void **state)
{
	struct setup *s = *state;

	s->k.entry = 0;
	assert_int_equal(kallsyms_find(&s->k, &s->ks), -EBADMSG);
	s->k.entry = 16;
	assert_int_equal(kallsyms_find(&s->k, &s->ks), -EBADMSG);
}

/* Whatever the bytes, nothing is read outside of what there is. */
static void test_mutations(void **state)
{
	struct setup *s = *state;
	uint64_t x = 88172645463325252ULL, size = s->w.at - 2 * SZ_1M, at;
	uint8_t *good = malloc(size), *tables = s->w.image + 2 * SZ_1M;
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
		if (!kallsyms_find(&s->k, &s->ks)) {
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

	for (uint64_t size = 2 * SZ_1M; size < end; size += 997) {
		s->k.size = size;
		assert_true(kallsyms_find(&s->k, &s->ks) != 0);
	}
}

int main(void)
{
	static enum order orders[] = { ORDER_5_0, ORDER_6_2, ORDER_6_4 };
#define T(x, o)                                           \
	{                                                 \
#x " " #o, x, setup, teardown, &orders[o] \
	}
#define ALL(x) T(x, ORDER_5_0), T(x, ORDER_6_2), T(x, ORDER_6_4)
	const struct CMUnitTest tests[] = {
		ALL(test_tables),    ALL(test_lookup),  ALL(test_by_address),
		ALL(test_broken),    ALL(test_no_base), ALL(test_mutations),
		ALL(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
