// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_watchtab.c - watched bytes by page: which accesses hit, and which pages
 * to protect
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmm/watch/watchtab.h"

#define RAM   0x40000000ULL
#define PAGES 64

struct watch {
	int unused;
};

static struct watch a, b;
static unsigned int told[PAGES]; /* denied accesses, by page */
static unsigned int nr_calls;
static int error;

static int set(void *opaque, ipa_t ipa, uint64_t size, unsigned int deny)
{
	(void)opaque;
	if (error)
		return error;
	nr_calls++;
	for (uint64_t i = 0; i < size; i += SZ_4K)
		told[(ipa - RAM + i) / SZ_4K] = deny;
	return 0;
}

static int setup(void **state)
{
	static struct watchtab t;

	watchtab_init(&t, SZ_4K);
	for (unsigned int i = 0; i < PAGES; i++)
		told[i] = 0;
	nr_calls = 0;
	error = 0;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	watchtab_deinit(*state);
	return 0;
}

static struct watch_piece *touched(struct watchtab *t, ipa_t ipa, uint64_t len,
				   unsigned int access)
{
	struct watch_page *page = watchtab_page(t, ipa);

	return page ? watch_piece_touched(page->pieces, ipa, len, access)
		    : NULL;
}

static void bytes(void **state)
{
	struct watchtab *t = *state;
	struct watch_piece *p;

	assert_int_equal(watchtab_add(t, &a, RAM + 0x101, 3, 0xffff0101,
				      GUEST_WRITE, true),
			 0);
	assert_null(touched(t, RAM + 0x100, 1, GUEST_WRITE));
	assert_null(touched(t, RAM + 0x104, 8, GUEST_WRITE));
	assert_null(touched(t, RAM + 0x101, 3, GUEST_READ));
	assert_null(touched(t, RAM + 0x1101, 3, GUEST_WRITE));
	p = touched(t, RAM + 0x100, 2, GUEST_WRITE);
	assert_non_null(p);
	assert_int_equal(p->va, 0xffff0101);
	assert_non_null(touched(t, RAM + 0x103, 1, GUEST_READ_WRITE));
	watchtab_del(t, &a, RAM + 0x101, 3);
	assert_null(touched(t, RAM + 0x102, 1, GUEST_WRITE));
}

static void over_pages(void **state)
{
	struct watchtab *t = *state;
	struct watch_piece *p;

	assert_int_equal(watchtab_add(t, &a, RAM + 0xffc, 0x2008, 0x5ffc,
				      GUEST_WRITE, true),
			 0);
	assert_int_equal(t->nr_pages, 4);
	p = touched(t, RAM + 0x3000, 1, GUEST_WRITE);
	assert_non_null(p);
	assert_int_equal(p->len, 4);
	assert_int_equal(p->va, 0x8000);
	assert_int_equal(watchtab_apply(t, true, set, NULL), 0);
	/* all pages in one call */
	assert_int_equal(nr_calls, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(told[i], i < 4 ? GUEST_WRITE : 0);
	watchtab_del(t, &a, RAM + 0xffc, 0x2008);
	/* a run with grow set lifts no protection */
	assert_int_equal(watchtab_apply(t, true, set, NULL), 0);
	assert_int_equal(told[1], GUEST_WRITE);
	assert_int_equal(watchtab_apply(t, false, set, NULL), 0);
	assert_int_equal(told[1], 0);
	assert_int_equal(t->nr_pages, 0);
}

static void two_watches(void **state)
{
	struct watchtab *t = *state;

	watchtab_add(t, &a, RAM, 8, 0, GUEST_WRITE, true);
	watchtab_add(t, &b, RAM + 16, 8, 16, GUEST_READ, true);
	assert_int_equal(watchtab_apply(t, true, set, NULL), 0);
	assert_int_equal(told[0], GUEST_READ_WRITE);
	watchtab_del(t, &b, RAM + 16, 8);
	/*
	 * a third watch on the page must not stop the removal of protection
	 * later
	 */
	watchtab_add(t, &b, RAM + 32, 8, 16, GUEST_WRITE, true);
	assert_int_equal(watchtab_apply(t, true, set, NULL), 0);
	assert_int_equal(told[0], GUEST_READ_WRITE);
	assert_int_equal(watchtab_apply(t, false, set, NULL), 0);
	assert_int_equal(told[0], GUEST_WRITE);
	watchtab_del(t, &a, RAM, 8);
	watchtab_del(t, &b, RAM + 32, 8);
	assert_int_equal(watchtab_apply(t, false, set, NULL), 0);
	assert_int_equal(told[0], 0);
}

static void registers_protect_nothing(void **state)
{
	struct watchtab *t = *state;

	watchtab_add(t, &a, RAM, 8, 0, GUEST_WRITE, false);
	assert_int_equal(watchtab_apply(t, false, set, NULL), 0);
	assert_int_equal(nr_calls, 0);
	assert_non_null(touched(t, RAM, 1, GUEST_WRITE));
}

static void errors_wait(void **state)
{
	struct watchtab *t = *state;

	watchtab_add(t, &a, RAM, 2 * SZ_4K, 0, GUEST_WRITE, true);
	error = -ENOSPC;
	assert_int_equal(watchtab_apply(t, true, set, NULL), -ENOSPC);
	error = 0;
	assert_int_equal(watchtab_apply(t, false, set, NULL), 0);
	assert_int_equal(told[1], GUEST_WRITE);
}

static void pages_one_by_one(void **state)
{
	struct watchtab *t = *state;
	const struct watch_page *page = NULL;
	unsigned int nr = 0;
	ipa_t sum = 0;

	assert_null(watchtab_next(t, NULL));
	watchtab_add(t, &a, RAM, 2 * SZ_4K, 0, GUEST_WRITE, true);
	/* This page is in the same hash chain as RAM's first page. */
	watchtab_add(t, &b, RAM + (SZ_4K << WATCHTAB_BITS), 1, 0, GUEST_WRITE,
		     true);
	while ((page = watchtab_next(t, page))) {
		nr++;
		sum += page->ipa - RAM;
	}
	assert_int_equal(nr, 3);
	assert_int_equal(sum, SZ_4K + (SZ_4K << WATCHTAB_BITS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(over_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(two_watches, setup, teardown),
		cmocka_unit_test_setup_teardown(registers_protect_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(errors_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_one_by_one, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
