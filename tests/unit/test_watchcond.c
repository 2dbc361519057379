// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_watchcond.c - conditions of "monitor watch"
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmm/watch/watchcond.h"

static bool holds(const char *text, uint64_t old, uint64_t new, uint64_t cpu)
{
	struct watchcond c;

	assert_int_equal(watchcond_parse(text, &c), 0);
	return watchcond_holds(&c, old, new, cpu);
}

static void conditions(void **state)
{
	(void)state;
	assert_true(holds("new == 0", 5, 0, 0));
	assert_false(holds("new == 0", 0, 5, 0));
	assert_true(holds(" new!=old&&cpu==2 ", 1, 2, 2));
	assert_false(holds("new != old && cpu == 2", 1, 2, 1));
	assert_true(holds("new < 0x10 || old >= 7 && cpu > 0", 7, 99, 1));
	assert_false(holds("new < 0x10 || old >= 7 && cpu > 0", 7, 99, 0));
	assert_true(holds("new & 0x80", 0, 0xff, 0));
	assert_false(holds("new & 0x80", 0, 0x7f, 0));
	assert_true(holds("18446744073709551615 == new", 0, ~0ULL, 0));
	assert_true(holds("old <= new", 3, 3, 0));
}

static void nonsense(void **state)
{
	static const char *const texts[] = {
		"",
		"new",
		"new ==",
		"== 1",
		"new = 1",
		"new == x",
		"new == 1 &&",
		"new == 1 ||",
		"new 1",
		"new == 1 )",
		"new == 99999999999999999999",
	};
	struct watchcond c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(watchcond_parse(texts[i], &c), -EINVAL);
	assert_int_equal(watchcond_parse("1==1&&1==1&&1==1&&1==1&&1==1&&1==1&&"
					 "1==1&&1==1&&1==1",
					 &c),
			 -E2BIG);
}

static void none_is_always(void **state)
{
	const struct watchcond c = { 0 };

	(void)state;
	assert_true(watchcond_holds(&c, 1, 2, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(none_is_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
