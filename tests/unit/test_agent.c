// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_agent.c - each opcode of agent expressions, and hostile bytecode
 *
 * Code is written in hexadecimal: 22 nn pushes a byte, 23 a half word, 25 a
 * double word, 27 ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/agent.h"
#include "gdbstub/args.h"

#define RAM 0x1000

static const uint8_t ram[] = { 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static int get_reg(void *opaque, unsigned int number, uint64_t *ret)
{
	if (number > 300)
		return -EINVAL;
	*ret = 0xf000000000000000ULL + number;
	return 0;
}

static int get_ram(void *opaque, va_t va, void *buf, size_t size)
{
	if (va < RAM || va - RAM > sizeof(ram) ||
	    size > sizeof(ram) - (va - RAM))
		return -EFAULT;
	memcpy(buf, ram + (va - RAM), size);
	return 0;
}

static const struct agent_ops ops = { get_reg, get_ram };

/*
 * Copy the code to a block of its exact size, so that ASan reports each byte
 * read beyond the end.
 */
static int run(const char *hex, uint64_t *ret)
{
	size_t size = strlen(hex) / 2;
	uint8_t *code = malloc(size ? size : 1);
	struct args args = { hex, hex + strlen(hex) };
	int error;

	assert_true(args_bytes(&args, code, size));
	error = agent_run(code, size, &ops, NULL, ret);
	free(code);
	return error;
}

#define M1     \
	"2200" \
	"12" /* -1 */
#define MIN "258000000000000000"

static const struct {
	const char *code;
	uint64_t value;
} good[] = {
	{ "220527", 5 },
	{ "22ff27", 0xff },
	{ "23ffee27", 0xffee },
	{ "24ffeeddcc27", 0xffeeddcc },
	{ "25ffeeddccbbaa998827", 0xffeeddccbbaa9988 },
	{ "220722030227", 10 }, /* add */
	{ "220322070327", ~3ULL }, /* sub: -4 */
	{ "220722030427", 21 }, /* mul */
	{ M1 "220704"
	     "220205"
	     "27",
	  (uint64_t)-3 }, /* div_signed */
	{ M1 "220206"
	     "27",
	  INT64_MAX }, /* div_unsigned */
	{ M1 "220704"
	     "220407"
	     "27",
	  (uint64_t)-3 }, /* rem_signed */
	{ M1 "220a08"
	     "27",
	  5 }, /* rem_unsigned */
	{ "2201223f0927", 1ULL << 63 }, /* lsh */
	{ "220122400927", 0 },
	{ "2201" M1 "0927", 0 },
	{ MIN "223f0a27", ~0ULL }, /* rsh_signed */
	{ MIN "22ff0a27", ~0ULL },
	{ MIN "223f0b27", 1 }, /* rsh_unsigned */
	{ MIN "22400b27", 0 },
	{ "22000e27", 1 }, /* log_not */
	{ "22090e27", 0 },
	{ "220c220a0f27", 8 }, /* bit_and */
	{ "220c220a1027", 14 }, /* bit_or */
	{ "220c220a1127", 6 }, /* bit_xor */
	{ "22011227", ~1ULL }, /* bit_not */
	{ "220522051327", 1 }, /* equal */
	{ "220522061327", 0 },
	{ M1 "22001427", 1 }, /* less_signed */
	{ "2200" M1 "1427", 0 },
	{ M1 "22001527", 0 }, /* less_unsigned */
	{ "2200" M1 "1527", 1 },
	{ "228016"
	  "0827",
	  ~0x7fULL }, /* ext */
	{ "227f160827", 0x7f },
	{ MIN "164027", 1ULL << 63 },
	{ "2201160127", ~0ULL },
	{ M1 "2a2027", 0xffffffff }, /* zero_ext */
	{ M1 "2a4027", ~0ULL },
	{ M1 "2a0127", 1 },
	{ "2310001727", 0x88 }, /* ref8 */
	{ "2310011827", 0xaa99 }, /* ref16 */
	{ "2310041927", 0xffeeddcc }, /* ref32 */
	{ "2310001a27", 0xffeeddccbbaa9988 }, /* ref64 */
	{ "2201"
	  "200008"
	  "2207"
	  "27"
	  "220927",
	  9 }, /* if_goto, taken */
	{ "2200"
	  "200008"
	  "2207"
	  "27"
	  "220927",
	  7 }, /* not taken */
	{ "210006"
	  "2207"
	  "27"
	  "220927",
	  9 }, /* goto */
	{ "26012c27", 0xf00000000000012c }, /* reg */
	{ "2205280227", 10 }, /* dup */
	{ "220522092927", 5 }, /* pop */
	{ "220322072b0327", 4 }, /* swap: 7 - 3 */
	{ "220522062207320227", 5 }, /* pick */
	{ "2205320027", 5 },
	{ "220122022203"
	  "33"
	  "27",
	  2 }, /* rot: 3 1 2 */
	{ "220122022203"
	  "33"
	  "2927",
	  1 },
	{ "220122022203"
	  "33"
	  "292927",
	  3 },
	/* A loop: 5 + 4 + 3 + 2 + 1, with the counter on top of the stack. */
	{ "2200"
	  "2205"
	  "28"
	  "33"
	  "02"
	  "2b"
	  "220103"
	  "28"
	  "200004"
	  "2927",
	  15 },
};

static void test_values(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t value = 0xdead;
		int error = run(good[i].code, &value);

		if (error || value != good[i].value)
			fail_msg("%s: error %d, value 0x%llx, not 0x%llx",
				 good[i].code, error, (unsigned long long)value,
				 (unsigned long long)good[i].value);
	}
}

static const struct {
	const char *code;
	int error;
} bad[] = {
	{ "", -EINVAL },
	{ "2205", -EINVAL }, /* no end opcode */
	{ "22", -EINVAL },
	{ "23ff", -EINVAL },
	{ "24ffffff", -EINVAL },
	{ "25ffffffffffffff", -EINVAL },
	{ "2600", -EINVAL },
	{ "220120", -EINVAL },
	{ "22012000", -EINVAL },
	{ "00", -EINVAL },
	{ "31", -EINVAL },
	{ "35", -EINVAL },
	{ "ff", -EINVAL },
	{ "210003", -EINVAL }, /* jumps past the end */
	{ "21ffff", -EINVAL },
	{ "22012000ff27", -EINVAL },
	{ "22ff160027", -EINVAL }, /* a width of 0 */
	{ "22ff164127", -EINVAL },
	{ "22ff2a0027", -EINVAL },
	{ "22ff2aff27", -EINVAL },
	{ "26012d27", -EINVAL }, /* register 301 */
	{ "01", -EOPNOTSUPP },
	{ "0c", -EOPNOTSUPP },
	{ "0d04", -EOPNOTSUPP },
	{ "1b", -EOPNOTSUPP },
	{ "1c", -EOPNOTSUPP },
	{ "1d", -EOPNOTSUPP },
	{ "1e", -EOPNOTSUPP },
	{ "1f", -EOPNOTSUPP },
	{ "2c0001", -EOPNOTSUPP },
	{ "2d0001", -EOPNOTSUPP },
	{ "2e0001", -EOPNOTSUPP },
	{ "2f", -EOPNOTSUPP },
	{ "300004", -EOPNOTSUPP },
	{ "34", -EOPNOTSUPP },
	{ "27", -EOVERFLOW }, /* nothing on the stack */
	{ "02", -EOVERFLOW },
	{ "220102", -EOVERFLOW },
	{ "29", -EOVERFLOW },
	{ "28", -EOVERFLOW },
	{ "22012202"
	  "33",
	  -EOVERFLOW },
	{ "3200", -EOVERFLOW },
	{ "22013201", -EOVERFLOW },
	{ "2201"
	  "28"
	  "210002",
	  -EOVERFLOW }, /* dup for ever */
	{ "210000", -ELOOP },
	{ "220022000527", -EDOM },
	{ "220022000627", -EDOM },
	{ "220022000727", -EDOM },
	{ "220022000827", -EDOM },
	{ MIN M1 "0527", -EDOM },
	{ MIN M1 "0727", -EDOM },
	{ "22001727", -EFAULT },
	{ "2310081727", -EFAULT },
	{ "2310071827", -EFAULT },
	{ "2310011a27", -EFAULT },
	{ M1 "1a27", -EFAULT },
};

static void test_errors(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t value = 0xdead;
		int error = run(bad[i].code, &value);

		if (error != bad[i].error || value != 0xdead)
			fail_msg("%s: %d, not %d; value 0x%llx", bad[i].code,
				 error, bad[i].error,
				 (unsigned long long)value);
	}
}

/* Run every opcode alone: the result is an error or a value, never a crash. */
static void test_lone_opcodes(void **state)
{
	for (unsigned int op = 0; op < 256; op++) {
		uint8_t code[12] = { 0x22, 1, 0x22, 1, 0x22, 1, (uint8_t)op };
		uint64_t value;

		for (size_t size = 0; size <= sizeof(code); size++) {
			uint8_t *copy = malloc(size ? size : 1);

			memcpy(copy, code, size);
			(void)agent_run(copy, size, &ops, NULL, &value);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lone_opcodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
