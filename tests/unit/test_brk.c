// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_brk.c - planted BRKs: their owners, a debugger's reads and writes around
 * them, and a guest that rewrites its text
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <trapline/decoder.h>
#include "vmm/debug/brk.h"

#define RAM   0x40000000ULL
#define WORDS 16
#define NOP   0xd503201fU

static uint32_t words[WORDS];
static struct guest_ram ram = { .ipa = RAM, .size = sizeof(words) };
static const uint32_t ours = INSN_BRK_IMM(TRAPLINE_BRK_IMM);

static int setup(void **state)
{
	static struct brk_table t;

	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = NOP + (i << 5);
	ram.host = (uint8_t *)words;
	brk_init(&t, &ram, 1);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	brk_deinit(*state);
	return 0;
}

static void owners(void **state)
{
	struct brk_table *t = *state;
	uint32_t was = words[2];

	assert_int_equal(brk_add(t, RAM + 8, BREAK_DEBUGGER), 1);
	assert_int_equal(words[2], ours);
	/*
	 * Two more owners: a second VA of the same word, and the crash catch.
	 */
	assert_int_equal(brk_add(t, RAM + 8, BREAK_DEBUGGER), 0);
	assert_int_equal(brk_add(t, RAM + 8, BREAK_CATCH), 0);
	assert_int_equal(brk_find(t, RAM + 8)->owners,
			 BREAK_DEBUGGER | BREAK_CATCH);
	assert_int_equal(brk_del(t, RAM + 8, BREAK_DEBUGGER), 0);
	assert_int_equal(brk_del(t, RAM + 8, BREAK_DEBUGGER), 0);
	assert_int_equal(brk_del(t, RAM + 8, BREAK_DEBUGGER), -ENOENT);
	assert_int_equal(words[2], ours);
	assert_int_equal(brk_del(t, RAM + 8, BREAK_CATCH), 1);
	assert_int_equal(words[2], was);
	assert_null(brk_find(t, RAM + 8));
}

static void errors(void **state)
{
	struct brk_table *t = *state;

	assert_int_equal(brk_add(t, RAM + 2, BREAK_CATCH), -EINVAL);
	assert_int_equal(brk_add(t, RAM - 4, BREAK_CATCH), -EFAULT);
	assert_int_equal(brk_add(t, RAM + sizeof(words), BREAK_CATCH), -EFAULT);
	assert_int_equal(brk_add(t, ~3ULL, BREAK_CATCH), -EFAULT);
	assert_int_equal(brk_del(t, RAM, BREAK_CATCH), -ENOENT);
	assert_int_equal(t->nr, 0);
}

static void many(void **state)
{
	struct brk_table *t = *state;
	uint32_t before[WORDS];

	memcpy(before, words, sizeof(words));
	for (ipa_t i = 0; i < WORDS; i++)
		assert_int_equal(brk_add(t, RAM + 4 * i, BREAK_DEBUGGER), 1);
	for (ipa_t i = 0; i < WORDS; i++) {
		assert_int_equal(words[i], ours);
		assert_int_equal(brk_del(t, RAM + 4 * i, BREAK_DEBUGGER), 1);
	}
	assert_memory_equal(words, before, sizeof(words));
}

/* Set and cleared in another order than that of their addresses. */
static void scrambled(void **state)
{
	struct brk_table *t = *state;
	uint32_t before[WORDS], got;

	memcpy(before, words, sizeof(words));
	for (ipa_t i = 0; i < WORDS; i++)
		assert_int_equal(
			brk_add(t, RAM + 4 * (i * 5 % WORDS), BREAK_CATCH), 1);
	for (ipa_t i = 0; i < WORDS; i++) {
		ipa_t n = i * 11 % WORDS;

		assert_int_equal(brk_find(t, RAM + 4 * n)->original, before[n]);
		assert_int_equal(brk_del(t, RAM + 4 * n, BREAK_CATCH), 1);
		assert_null(brk_find(t, RAM + 4 * n));
		for (ipa_t j = 0; j < WORDS; j++) {
			got = words[j];
			brk_hide(t, RAM + 4 * j, &got, sizeof(got));
			assert_int_equal(got, before[j]);
		}
	}
	assert_memory_equal(words, before, sizeof(words));
}

/* A read of any start and length must show the guest's own bytes. */
static void hidden(void **state)
{
	struct brk_table *t = *state;
	uint8_t before[sizeof(words)], got[sizeof(words)];

	memcpy(before, words, sizeof(words));
	assert_int_equal(brk_add(t, RAM + 8, BREAK_DEBUGGER), 1);
	assert_int_equal(brk_add(t, RAM + 12, BREAK_CATCH), 1);
	assert_int_equal(brk_add(t, RAM + 40, BREAK_CATCH), 1);
	for (size_t at = 0; at < sizeof(words); at++)
		for (size_t len = 0; len <= sizeof(words) - at; len++) {
			memcpy(got, (uint8_t *)words + at, len);
			brk_hide(t, RAM + at, got, len);
			assert_memory_equal(got, before + at, len);
		}
}

/*
 * After a write of any start and length, a read returns the new bytes, and the
 * BRKs are still there.
 */
static void written(void **state)
{
	struct brk_table *t = *state;
	uint8_t expect[sizeof(words)], got[sizeof(words)];
	uint8_t data[sizeof(words)], seed = 1;

	memcpy(expect, words, sizeof(words));
	assert_int_equal(brk_add(t, RAM + 8, BREAK_DEBUGGER), 1);
	assert_int_equal(brk_add(t, RAM + 40, BREAK_CATCH), 1);
	for (size_t at = 0; at < sizeof(words); at++)
		for (size_t len = 0; len <= sizeof(words) - at; len++) {
			memset(data, seed++, len);
			brk_write(t, RAM + at, (uint8_t *)words + at, data,
				  len);
			memcpy(expect + at, data, len);
			assert_int_equal(words[2], ours);
			assert_int_equal(words[10], ours);
			memcpy(got, words, sizeof(words));
			brk_hide(t, RAM, got, sizeof(got));
			assert_memory_equal(got, expect, sizeof(got));
		}
	assert_int_equal(brk_del(t, RAM + 8, BREAK_DEBUGGER), 1);
	assert_int_equal(brk_del(t, RAM + 40, BREAK_CATCH), 1);
	assert_memory_equal(words, expect, sizeof(words));
}

static void lifted(void **state)
{
	struct brk_table *t = *state;
	uint32_t was = words[4];
	uint32_t got;

	assert_int_equal(brk_add(t, RAM + 16, BREAK_CATCH), 1);
	assert_int_equal(brk_state(t, RAM + 16), BREAK_OURS);
	brk_lift(brk_find(t, RAM + 16));
	assert_int_equal(words[4], was);
	assert_int_equal(brk_state(t, RAM + 16), BREAK_STALE);
	got = words[4];
	brk_hide(t, RAM + 16, &got, 4);
	assert_int_equal(got, was);
	brk_plant(brk_find(t, RAM + 16));
	brk_plant(brk_find(t, RAM + 16));
	assert_int_equal(words[4], ours);
	assert_int_equal(brk_find(t, RAM + 16)->original, was);
	/* If a BRK is deleted while it is lifted, nothing is written. */
	brk_lift(brk_find(t, RAM + 16));
	assert_int_equal(brk_del(t, RAM + 16, BREAK_CATCH), 1);
	assert_int_equal(words[4], was);
}

static bool stays_not(void *opaque, const struct brk_site *s)
{
	(void)opaque;
	(void)s;
	return false;
}

/* A table walk of the CPU itself must not see a BRK in a page-table entry. */
static void lent(void **state)
{
	struct brk_table *t = *state;
	uint32_t before[WORDS];

	memcpy(before, words, sizeof(words));
	for (ipa_t i = 0; i < 4; i++)
		assert_int_equal(brk_add(t, RAM + 4 * i, BREAK_DEBUGGER), 1);
	brk_lend(t, RAM, 12, RAM + 4);
	assert_int_equal(words[0], before[0]);
	assert_int_equal(words[1], ours); /* the exception */
	assert_int_equal(words[2], before[2]);
	assert_int_equal(words[3], ours); /* beyond the range */
	assert_int_equal(brk_state(t, RAM), BREAK_OURS);
	/* The CPU has written to one of them, which does not stay. */
	words[2] = NOP;
	brk_again(t, RAM, 12, stays_not, NULL);
	assert_int_equal(words[0], ours);
	assert_int_equal(words[1], ours);
	assert_int_equal(words[2], NOP);
	for (ipa_t i = 0; i < 4; i++)
		assert_int_equal(brk_del(t, RAM + 4 * i, BREAK_DEBUGGER), 1);
	before[2] = NOP;
	assert_memory_equal(words, before, sizeof(words));
}

/* The guest may have the very same BRK, even at the address of our BRK. */
static void guests_own(void **state)
{
	struct brk_table *t = *state;

	words[5] = ours;
	assert_int_equal(brk_state(t, RAM + 20), BREAK_NONE);
	assert_int_equal(brk_add(t, RAM + 20, BREAK_DEBUGGER), 1);
	assert_int_equal(brk_state(t, RAM + 20), BREAK_OURS);
	brk_lift(brk_find(t, RAM + 20));
	assert_int_equal(brk_state(t, RAM + 20), BREAK_NONE);
	assert_int_equal(brk_state(t, RAM - 4), BREAK_NONE);
}

static void rewritten(void **state)
{
	struct brk_table *t = *state;
	uint32_t was = words[6], got;

	assert_int_equal(brk_add(t, RAM + 24, BREAK_CATCH), 1);
	/* If the guest overwrites the BRK, its new word stays. */
	words[6] = NOP;
	got = words[6];
	brk_hide(t, RAM + 24, &got, 4);
	assert_int_equal(got, NOP);
	assert_int_equal(brk_replant(t, false), 0);
	assert_int_equal(words[6], NOP);
	/* The same image is loaded again: the BRK is planted again. */
	words[6] = was;
	assert_int_equal(brk_replant(t, false), 1);
	assert_int_equal(words[6], ours);
	/* After a reset the BRK is planted over any word. */
	words[6] = NOP;
	assert_int_equal(brk_replant(t, true), 1);
	assert_int_equal(brk_del(t, RAM + 24, BREAK_CATCH), 1);
	assert_int_equal(words[6], NOP);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(owners),  T(errors), T(many), T(scrambled),  T(hidden),
		T(written), T(lifted), T(lent), T(guests_own), T(rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
