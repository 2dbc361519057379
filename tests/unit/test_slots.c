// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_slots.c - the list of memory slots: cut around a page, and joined again
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vmm/watch/slots.h"

#define RAM  0x40000000ULL
#define SIZE (64 * SZ_1M)
#define RO   ((unsigned int)GUEST_WRITE)
#define NONE ((unsigned int)GUEST_READ_WRITE)

static void change(struct slots *s, ipa_t ipa, uint64_t size, unsigned int deny)
{
	struct slots_plan plan;

	assert_int_equal(slots_plan(s, ipa, size, deny, &plan), 0);
	if (!plan.nr_add)
		return;
	assert_int_equal(slots_number(s, &plan), 0);
	slots_commit(s, &plan);
}

/* No gaps, no overlaps, all of RAM, each number once. */
static void check(const struct slots *s)
{
	ipa_t at = RAM;

	for (unsigned int i = 0; i < s->nr; i++) {
		assert_int_equal(s->slot[i].ipa, at);
		assert_true(s->slot[i].size);
		at += s->slot[i].size;
		assert_int_equal(s->slot[i].id == SLOT_NONE,
				 s->slot[i].deny == NONE);
		for (unsigned int j = 0; j < i; j++)
			assert_true(s->slot[j].id == SLOT_NONE ||
				    s->slot[j].id != s->slot[i].id);
	}
	assert_int_equal(at, RAM + SIZE);
}

static int setup(void **state)
{
	static struct slots s;

	*state = &s;
	return slots_init(&s, RAM, SIZE, 100);
}

static int teardown(void **state)
{
	slots_deinit(*state);
	return 0;
}

static void one_page(void **state)
{
	struct slots *s = *state;
	ipa_t page = RAM + 5 * SZ_1M + SZ_4K;

	change(s, page, SZ_4K, RO);
	check(s);
	/*
	 * slots: below the block, its lower rest, the page, its upper rest,
	 * above
	 */
	assert_int_equal(s->nr, 5);
	assert_int_equal(slots_find(s, page)->deny, RO);
	assert_int_equal(slots_find(s, page - 1)->ipa, RAM + 4 * SZ_1M);
	assert_int_equal(slots_find(s, page + SZ_4K)->deny, 0);
	assert_null(slots_find(s, RAM + SIZE));
	assert_null(slots_find(s, RAM - 1));
	change(s, page, SZ_4K, 0);
	check(s);
	/* the block is one slot again */
	assert_int_equal(s->nr, 3);
	assert_int_equal(slots_find(s, page)->size, SLOT_BLOCK);
}

static void two_pages_of_a_block(void **state)
{
	struct slots *s = *state;
	unsigned int below;

	change(s, RAM + SZ_2M + SZ_4K, SZ_4K, RO);
	below = slots_find(s, RAM)->id;
	change(s, RAM + SZ_2M + 8 * SZ_4K, SZ_4K, NONE);
	check(s);
	/* the slots of other blocks stay as they are */
	assert_int_equal(slots_find(s, RAM)->id, below);
	change(s, RAM + SZ_2M + SZ_4K, SZ_4K, 0);
	check(s);
	assert_int_equal(slots_find(s, RAM + SZ_2M + 8 * SZ_4K)->deny, NONE);
	change(s, RAM + SZ_2M + 8 * SZ_4K, SZ_4K, 0);
	check(s);
	assert_int_equal(slots_find(s, RAM + SZ_2M)->size, SLOT_BLOCK);
}

static void large_over_small(void **state)
{
	struct slots *s = *state;

	change(s, RAM + 3 * SZ_4K, SZ_4K, RO);
	change(s, RAM, 32 * SZ_1M, RO);
	check(s);
	assert_int_equal(s->slot[0].size, 32 * SZ_1M);
	change(s, RAM + SZ_1M, SZ_4K, NONE);
	check(s);
	change(s, RAM, 32 * SZ_1M, 0);
	check(s);
	assert_int_equal(slots_find(s, RAM + SZ_1M)->deny, 0);
	/* the same change again has no effect */
	change(s, RAM, 32 * SZ_1M, 0);
	check(s);
}

/* Protect every second page until no slot is left. Returns the next page. */
static ipa_t fill(struct slots *s, ipa_t at)
{
	struct slots_plan plan;

	while (!slots_plan(s, at, SZ_4K, RO, &plan)) {
		change(s, at, SZ_4K, RO);
		at += 2 * SZ_4K;
	}
	assert_int_equal(slots_plan(s, at, SZ_4K, RO, &plan), -ENOSPC);
	return at;
}

static void no_more_slots(void **state)
{
	struct slots *s = *state;
	struct slots_plan plan;

	assert_true(fill(s, RAM) < RAM + SIZE);
	check(s);
	assert_int_equal(slots_plan(s, RAM + SIZE, SZ_4K, RO, &plan), -EFAULT);
	assert_int_equal(slots_plan(s, RAM, SIZE + 1, RO, &plan), -EFAULT);
}

/*
 * With all slots in use, watched pages can still be opened for a step, closed
 * again, and released.
 */
static void all_in_use(void **state)
{
	struct slots *s = *state;
	unsigned int row;
	ipa_t next;

	/*
	 * A row of protected pages is one slot; then some of the pages are
	 * opened.
	 */
	change(s, RAM, SZ_1M, RO);
	next = fill(s, RAM + SZ_2M);
	row = s->nr;
	for (ipa_t at = RAM + SZ_4K; at < RAM + 9 * SZ_4K; at += 2 * SZ_4K)
		change(s, at, SZ_4K, 0);
	check(s);
	for (ipa_t at = RAM + SZ_4K; at < RAM + 9 * SZ_4K; at += 2 * SZ_4K)
		change(s, at, SZ_4K, RO);
	assert_int_equal(s->nr, row + 8);
	change(s, RAM, SZ_1M, 0);
	/* A removed slot makes room for another one. */
	change(s, RAM + SZ_2M, SZ_4K, 0);
	assert_true(fill(s, next) > next);
	for (ipa_t at = RAM; at < RAM + SIZE; at += SZ_4K)
		change(s, at, SZ_4K, 0);
	check(s);
}

/* After random changes the slots agree with a plain array of pages. */
static void random_changes(void **state)
{
	static unsigned int pages[SIZE / SZ_4K];
	struct slots *s = *state;
	struct slots_plan plan;

	srand(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = 0;
	for (int i = 0; i < 3000; i++) {
		unsigned int at = (unsigned int)rand() % ARRAY_SIZE(pages);
		unsigned int nr = 1 + (unsigned int)rand() % 600;
		unsigned int kinds[] = { 0, RO, NONE };
		unsigned int deny = kinds[rand() % 3];

		if (nr > ARRAY_SIZE(pages) - at)
			nr = (unsigned int)ARRAY_SIZE(pages) - at;
		if (slots_plan(s, RAM + at * SZ_4K, nr * SZ_4K, deny, &plan))
			continue;
		change(s, RAM + at * SZ_4K, nr * SZ_4K, deny);
		for (unsigned int j = 0; j < nr; j++)
			pages[at + j] = deny;
		check(s);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		assert_int_equal(slots_find(s, RAM + i * SZ_4K)->deny,
				 pages[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_page, setup, teardown),
		cmocka_unit_test_setup_teardown(two_pages_of_a_block, setup,
						teardown),
		cmocka_unit_test_setup_teardown(large_over_small, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_more_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(all_in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(random_changes, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
