// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call frame information from prologues: the rows, byte by byte, for the
 * prologues that compilers and ftrace make.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <trapline/types.h>
#include "introspect/cfi.h"

#define FDE_HEADER 24
#define NOP        0xd503201f
#define PACIASP    0xd503233f
#define MOV_X9_X30 0xaa1e03e9
#define BL         0x94000010
#define RET        0xd65f03c0

struct shape {
	const char *name;
	uint32_t insns[8];
	uint8_t rows[32];
	size_t len;
};

static const struct shape shapes[] = {
	/* nop; nop; paciasp; stp x29, x30, [sp, #-32]!; mov x29, sp */
	{ "pre-indexed",
	  { NOP, NOP, PACIASP, 0xa9be7bfd, 0x910003fd, RET },
	  { 0x44, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x41, 0x0c, 29, 32 },
	  11 },
	/* The same prologue as ftrace leaves it. */
	{ "traced",
	  { MOV_X9_X30, BL, PACIASP, 0xa9be7bfd, 0x910003fd, RET },
	  { 0x44, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x41, 0x0c, 29, 32 },
	  11 },
	/* sub sp, sp, #64; stp x29, x30, [sp, #16]; add x29, sp, #16 */
	{ "sub",
	  { 0xd10103ff, 0xa9017bfd, 0x910043fd, RET },
	  { 0x41, 0x0e, 64, 0x41, 0x0e, 64, 0x9d, 6, 0x9e, 5, 0x41, 0x0c, 29,
	    48 },
	  14 },
	{ "leaf", { 0xf9400000, RET }, { 0 }, 0 },
	/* cbz x0: the frame is made only after a conditional branch. */
	{ "late",
	  { 0xb4000040, 0xa9be7bfd, 0x910003fd, RET },
	  { 0x42, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x41, 0x0c, 29, 32 },
	  11 },
	/* The code has no such record, so X0 to X7 are undefined. */
	{ "el1h_64_error",
	  { NOP },
	  { 0,    0x0c, 29,   16, 0x07, 0, 0x07, 1,  0x07, 2, 0x07, 3, 0x07, 4,
	    0x07, 5,    0x07, 6,  0x07, 7, 0x07, 30, 0x9d, 2, 0xa0, 1 },
	  26 },
	/* A handler in C is a function like others. */
	{ "el1h_64_sync_handler",
	  { 0xa9be7bfd, 0x910003fd, RET },
	  { 0x41, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x41, 0x0c, 29, 32 },
	  11 },
	/* The kernel's stack ends here. */
	{ "el0t_64_sync", { 0xa912ffff, 0x9104a3fd }, { 0x07, 30 }, 2 },
	{ "el0t_64_sync_handler",
	  { 0xa9be7bfd, 0x910003fd, RET },
	  { 0x41, 0x0e, 32, 0x9d, 4, 0x9e, 3, 0x41, 0x0c, 29, 32 },
	  11 },
	{ "__primary_switched", { 0xa9be7bfd, 0x910003fd }, { 0x07, 30 }, 2 },
	{ "rest_init", { 0xa9be7bfd, 0x910003fd }, { 0x07, 30 }, 2 },
	{ "ret_from_fork", { BL }, { 0x07, 30 }, 2 },
};

static void test_shapes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *s = &shapes[i];
		uint8_t fde[CFI_FDE_MAX];
		size_t len = cfi_fde(s->name, 0x1000, 64, s->insns, 8, fde);

		assert_int_equal(len % 8, 0);
		assert_in_range(len, FDE_HEADER + s->len, CFI_FDE_MAX);
		assert_memory_equal(fde + FDE_HEADER, s->rows, s->len);
		for (size_t j = FDE_HEADER + s->len; j < len; j++)
			assert_int_equal(fde[j], 0);
	}
}

/*
 * The frame record of struct pt_regs, 304 and 296 bytes after X0: stp x29, x22,
 * [sp, #304]; add x29, sp, #304; and the same with a record of zeros.
 */
static void test_exceptions(void **state)
{
	static const uint32_t insns[][2] = { { 0xa9135bfd, 0x9104c3fd },
					     { 0xa912ffff, 0x9104a3fd } };
	static const unsigned int records[] = { 304, 296 };

	for (unsigned int n = 0; n < 2; n++) {
		uint8_t fde[CFI_FDE_MAX], *at = fde + FDE_HEADER;
		size_t len =
			cfi_fde("el1h_64_irq", 0x1000, 64, insns[n], 2, fde);

		assert_int_equal(len, FDE_HEADER + 4 + 2 * 33 + 2);
		assert_int_equal(fde[4], CFI_CIE_SIZE);
		assert_memory_equal(at, "\0\x0c\x1d\x10", 4);
		/* X0 to X30, SP and PC, by their numbers in DWARF. */
		for (unsigned int reg = 0; reg <= 32; reg++) {
			assert_int_equal(at[4 + 2 * reg], 0x80 | reg);
			assert_int_equal(at[5 + 2 * reg],
					 (16 + records[n]) / 8 - reg);
		}
	}
}

static void test_cie(void **state)
{
	uint8_t cie[CFI_CIE_SIZE];

	assert_int_equal(cfi_cie(false, cie), CFI_CIE_SIZE);
	assert_memory_equal(cie + 8, "\x04\0\x08\0\x04\x78\x1e\x0c\x1f", 10);
	assert_int_equal(cfi_cie(true, cie), CFI_CIE_SIZE);
	assert_memory_equal(cie + 8, "\x04zS\0\x08\0\x04\x78\x20\0\x0c\x1f",
			    13);
}

/* Any words: the result never exceeds CFI_FDE_MAX. */
static void test_hostile(void **state)
{
	uint32_t insns[CFI_MAX_INSNS];
	uint8_t fde[CFI_FDE_MAX];
	uint32_t seed = 1;

	for (int round = 0; round < 100000; round++) {
		for (unsigned int i = 0; i < CFI_MAX_INSNS; i++) {
			static const uint32_t kinds[] = { 0xd17fffff,
							  0xa9a07bfd,
							  0xa91ffbfd,
							  0x917ffffd, NOP };

			seed = seed * 1664525 + 1013904223;
			insns[i] = kinds[(seed >> 16) % ARRAY_SIZE(kinds)];
		}
		assert_in_range(cfi_fde("f", ~0ULL, ~0ULL, insns,
					CFI_MAX_INSNS + 9, fde),
				FDE_HEADER, CFI_FDE_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_cie),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
