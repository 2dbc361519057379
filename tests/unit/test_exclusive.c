// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_exclusive.c - the ends of exclusive sequences, as the kernel and
 * compilers write them, and code that is no such sequence
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vmm/debug/exclusive.h"

#define PC      0xffff800010000000ULL
#define LDXR    0xc85f7c41U /* ldxr x1, [x2] */
#define ADD     0x91000421U /* add x1, x1, #1 */
#define STXR    0xc8007c41U /* stxr w0, x1, [x2] */
#define NOP     0xd503201fU
#define DMB     0xd5033bbfU
#define WFE     0xd503205fU
#define BL      0x94000010U
#define RET     0xd65f03c0U
#define SVC     0xd4000001U
#define MRS     0xd53b4220U
#define B_NE(n) (0x54000001U | ((0x7ffff & (uint32_t)(n)) << 5))
#define CBNZ(n) (0x35000001U | ((0x7ffff & (uint32_t)(n)) << 5))
#define TBZ(n)  (0x36080001U | ((0x3fff & (uint32_t)(n)) << 5))

#define EXITS(max, ...)                                                   \
	({                                                                \
		const uint32_t code_[] = { __VA_ARGS__ };                 \
		exclusive_exits(code_, ARRAY_SIZE(code_), PC, exits, max, \
				&end);                                    \
	})

static va_t exits[8], end;

static void straight(void **state)
{
	assert_int_equal(EXITS(8, LDXR, ADD, NOP, DMB, STXR, CBNZ(-4)), 1);
	assert_int_equal(exits[0], PC + 20);
	assert_int_equal(end, PC + 20);
}

static void branches(void **state)
{
	/*
	 * Branches out of the sequence, forward and backward. Two branches to
	 * the same address count as one exit.
	 */
	assert_int_equal(EXITS(8, LDXR, B_NE(6), TBZ(5), CBNZ(-100), STXR), 3);
	assert_int_equal(exits[0], PC + 20);
	assert_int_equal(exits[1], PC + 4 + 24);
	assert_int_equal(exits[2], PC + 12 - 400);
	/*
	 * A branch to the instruction after the store, which is an exit
	 * already.
	 */
	assert_int_equal(EXITS(8, LDXR, B_NE(2), STXR), 1);
	/* A branch back into the sequence is no exit. */
	assert_int_equal(EXITS(8, LDXR, B_NE(-1), STXR), 1);
	assert_int_equal(EXITS(2, LDXR, B_NE(6), CBNZ(-100), STXR), 0);
	assert_int_equal(EXITS(0, LDXR, STXR), 0);
}

static void none(void **state)
{
	static const uint32_t ends[] = { BL, RET, SVC, MRS, WFE };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		assert_int_equal(EXITS(8, LDXR, ends[i], STXR), 0);
	assert_int_equal(EXITS(8, LDXR, ADD), 0);
	assert_int_equal(EXITS(8, LDXR), 0);
}

static void bounded(void **state)
{
	uint32_t code[EXCLUSIVE_MAX_INSNS + 1] = { LDXR };

	for (unsigned int i = 1; i < ARRAY_SIZE(code); i++)
		code[i] = ADD;
	code[EXCLUSIVE_MAX_INSNS - 1] = STXR;
	assert_int_equal(
		exclusive_exits(code, ARRAY_SIZE(code), PC, exits, 8, &end), 1);
	code[EXCLUSIVE_MAX_INSNS - 1] = ADD;
	code[EXCLUSIVE_MAX_INSNS] = STXR;
	assert_int_equal(
		exclusive_exits(code, ARRAY_SIZE(code), PC, exits, 8, &end), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight),
		cmocka_unit_test(branches),
		cmocka_unit_test(none),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
