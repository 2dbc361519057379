// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_debugreg.c - debug register encodings against the Arm ARM's fields, and
 * against a model of the comparison: exactly the requested bytes are watched
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmm/debug/debugreg.h"

#define KERNEL 0xffff800010000000ULL

/* True if this register pair matches an access to the byte at va. */
static bool watches(const struct debugreg *r, va_t va)
{
	unsigned int mask = FIELD_GET(DBGWCR_MASK, r->control);
	uint64_t bas = FIELD_GET(DBGWCR_BAS, r->control);

	assert_true(mask == 0 || mask >= 3);
	if (mask) {
		assert_int_equal(bas, 0xff);
		assert_int_equal(r->value & (BIT_ULL(mask) - 1), 0);
		return (va >> mask) == (r->value >> mask);
	}
	assert_int_equal(r->value % 8, 0);
	return ALIGN_DOWN(va, 8ULL) == r->value && (bas >> (va % 8) & 1);
}

static void check_range(va_t va, uint64_t len, int expect)
{
	struct debugreg regs[16];
	int nr = debugreg_watch(GUEST_WATCH_WRITE, va, len, regs, 16);

	assert_int_equal(nr, expect);
	for (va_t a = va - 70; a < va + len + 70; a++) {
		int hits = 0;

		for (int i = 0; i < nr; i++)
			hits += watches(&regs[i], a);
		assert_int_equal(hits, a >= va && a - va < len);
	}
}

static void breakpoint(void **state)
{
	struct debugreg r;

	assert_int_equal(debugreg_break(KERNEL + 4, &r), 0);
	assert_int_equal(r.value, KERNEL + 4);
	/* E, PMC = 0b11, BAS = 0b1111, like Linux's hw_breakpoint. */
	assert_int_equal(r.control, 0x1e7);
	assert_int_equal(debugreg_break(KERNEL + 2, &r), -EINVAL);
}

static void one_register(void **state)
{
	struct debugreg r;

	assert_int_equal(debugreg_watch(GUEST_WATCH_WRITE, KERNEL, 8, &r, 1),
			 1);
	assert_int_equal(r.value, KERNEL);
	assert_int_equal(r.control, 0x1ff7); /* BAS ff, LSC st, PAC 11, E */
	assert_int_equal(debugreg_watch(GUEST_WATCH_READ, KERNEL + 4, 4, &r, 1),
			 1);
	assert_int_equal(r.value, KERNEL);
	assert_int_equal(r.control, 0x1e0f);
	assert_int_equal(
		debugreg_watch(GUEST_WATCH_ACCESS, KERNEL, 4096, &r, 1), 1);
	assert_int_equal(r.control, 0x0c001fff); /* MASK 12 */
}

static void ranges(void **state)
{
	check_range(KERNEL, 1, 1);
	check_range(KERNEL + 7, 1, 1);
	check_range(KERNEL + 3, 3, 1);
	check_range(KERNEL + 6, 4, 2); /* straddles a doubleword */
	check_range(KERNEL + 4, 8, 2);
	check_range(KERNEL + 8, 16, 2);
	check_range(KERNEL + 16, 16, 1);
	check_range(KERNEL, 24, 2);
	check_range(KERNEL, 4096, 1);
	check_range(KERNEL + 1, 30, 4);
	for (va_t off = 0; off < 16; off++)
		for (uint64_t len = 1; len < 70; len++) {
			struct debugreg regs[16];

			check_range(KERNEL + off, len,
				    debugreg_watch(GUEST_WATCH_WRITE,
						   KERNEL + off, len, regs,
						   16));
		}
}

static void errors(void **state)
{
	struct debugreg regs[4];

	assert_int_equal(debugreg_watch(GUEST_WATCH_WRITE, KERNEL, 0, regs, 4),
			 -EINVAL);
	assert_int_equal(debugreg_watch(GUEST_BREAK_HW, KERNEL, 4, regs, 4),
			 -EINVAL);
	assert_int_equal(debugreg_watch(GUEST_WATCH_WRITE, ~0ULL, 2, regs, 4),
			 -EINVAL);
	assert_int_equal(debugreg_watch(GUEST_WATCH_WRITE, KERNEL + 1, 62, regs,
					4),
			 -ENOSPC);
}

static void match(void **state)
{
	uint64_t distance;
	va_t hit;

	/*
	 * An exact hit; then an STP that begins 8 bytes below the watched word.
	 */
	assert_true(debugreg_match(GUEST_WATCH_WRITE, KERNEL, 4, KERNEL + 2,
				   true, &hit, &distance));
	assert_int_equal(hit, KERNEL + 2);
	assert_int_equal(distance, 0);
	assert_true(debugreg_match(GUEST_WATCH_WRITE, KERNEL + 8, 4, KERNEL,
				   true, &hit, &distance));
	assert_int_equal(hit, KERNEL + 8);
	assert_int_equal(distance, 8);
	/*
	 * No hits: wrong direction; address above the watch; too far below it.
	 */
	assert_false(debugreg_match(GUEST_WATCH_READ, KERNEL, 4, KERNEL, true,
				    &hit, &distance));
	assert_false(debugreg_match(GUEST_WATCH_WRITE, KERNEL, 4, KERNEL + 4,
				    true, &hit, &distance));
	assert_false(debugreg_match(GUEST_WATCH_WRITE, KERNEL, 4, KERNEL - 4096,
				    true, &hit, &distance));
	assert_true(debugreg_match(GUEST_WATCH_ACCESS, KERNEL, 4, KERNEL, false,
				   &hit, &distance));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breakpoint), cmocka_unit_test(one_register),
		cmocka_unit_test(ranges),     cmocka_unit_test(errors),
		cmocka_unit_test(match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
