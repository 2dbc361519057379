// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoded loads and stores: the properties that tests/decoder cannot see from
 * outside. These are the masks of registers that an instruction reads and
 * changes, ordering, refusals by name, addresses with a PAC, the cache, and
 * MOPS of both options. Only announced registers and bytes may be accessed. The
 * words are as binutils assembles them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/decoder.h>

#define SP   BIT_ULL(31)
#define X(n) BIT_ULL(n)
#define V(n) BIT_ULL(n)

static const struct decoder_env plain;

static const struct {
	uint32_t word;
	uint64_t x_src, x_dst, v_src, v_dst;
	uint64_t flags; /* all of these must be set */
} known[] = {
	/* ldr x0, [x1]; str x0, [sp, #8]!; ldr q3, [x1], #16 */
	{ 0xf9400020, X(1), X(0), 0, 0, 0 },
	{ 0xf8008fe0, X(0) | SP, SP, 0, 0, INSN_WRITEBACK },
	{ 0x3cc10423, X(1), X(1), 0, V(3), INSN_VEC | INSN_POST },
	/* str xzr, [x1, w2, sxtw #3]; ldr x0, . + 8; prfm pldl1keep, [x1] */
	{ 0xf822d83f, X(1) | X(2), 0, 0, 0, 0 },
	{ 0x58000040, 0, X(0), 0, 0, INSN_LITERAL },
	{ 0xf9800020, X(1), 0, 0, 0, 0 },
	/* ldp x29, x30, [sp], #16; stp q0, q1, [x2]; ldpsw x0, x1, [x2] */
	{ 0xa8c17bfd, SP, X(29) | X(30) | SP, 0, 0, INSN_POST },
	{ 0xad000440, X(2), 0, V(0) | V(1), 0, INSN_VEC },
	{ 0x69400440, X(2), X(0) | X(1), 0, 0, INSN_SIGN64 },
	/* ldaxr x0, [x1]; stlxp w0, x1, x2, [x3]; ldtrsb w0, [x1] */
	{ 0xc85ffc20, X(1), X(0), 0, 0, INSN_EXCLUSIVE | INSN_ACQUIRE },
	{ 0xc8208861, X(1) | X(2) | X(3), X(0), 0, 0, INSN_RELEASE },
	{ 0x38c00820, X(1), X(0), 0, 0, INSN_UNPRIV | INSN_SIGN32 },
	/* casal x0, x1, [x2]; casp x0, x1, x2, x3, [x4]; ldaddal w0, w1, [x2] */
	{ 0xc8e0fc41, X(0) | X(1) | X(2), X(0), 0, 0,
	  INSN_ATOMIC | INSN_ACQUIRE | INSN_RELEASE },
	{ 0x48207c82, X(0) | X(1) | X(2) | X(3) | X(4), X(0) | X(1), 0, 0,
	  INSN_ATOMIC },
	{ 0xb8e00041, X(0) | X(2), X(1), 0, 0, INSN_ACQUIRE | INSN_RELEASE },
	/* ldapr x0, [x1]; stllr w0, [x1]; ldnp d0, d1, [x2] */
	{ 0xf8bfc020, X(1), X(0), 0, 0, INSN_ACQUIRE_PC },
	{ 0x889f7c20, X(0) | X(1), 0, 0, 0, INSN_RELEASE | INSN_LIMITED },
	{ 0x6c400440, X(2), 0, 0, V(0) | V(1), INSN_NONTEMPORAL },
	/* ld4 {v31.4s-v2.4s}, [x0], x1; st2 {v0.h, v1.h}[3], [x2] */
	{ 0x4cc1081f, X(0) | X(1), X(0), 0, V(31) | V(0) | V(1) | V(2), 0 },
	{ 0x0d205840, X(2), 0, V(0) | V(1), 0, 0 },
	/* ld1 {v5.b}[1], [x2] keeps the other lanes */
	{ 0x0d400445, X(2), 0, V(5), V(5), 0 },
	/* ldraa x0, [x1, #8]!; stg sp, [x0]; dc zva, x3 */
	{ 0xf8201c20, X(1), X(0) | X(1), 0, 0, INSN_PAC | INSN_WRITEBACK },
	{ 0xd920081f, X(0), 0, 0, 0, INSN_TAGS },
	{ 0xd50b7423, X(3), 0, 0, 0, INSN_BASE_XZR },
	/* cpyfm [x0]!, [x1]!, x2!; ld64b x0, [x8] */
	{ 0x19410440, X(0) | X(1) | X(2), X(0) | X(1) | X(2), 0, 0, 0 },
	{ 0xf83fd100, X(8), 0xff, 0, 0, INSN_UNPROVEN },
};

static void test_registers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct insn insn;

		if (decoder_decode(known[i].word, &insn))
			fail_msg("0x%08x is not decoded", known[i].word);
		if (insn.x_src != known[i].x_src ||
		    insn.x_dst != known[i].x_dst ||
		    insn.v_src != known[i].v_src ||
		    insn.v_dst != known[i].v_dst ||
		    (insn.flags & known[i].flags) != known[i].flags)
			fail_msg("0x%08x: x %x %x v %x %x flags %x",
				 known[i].word, insn.x_src, insn.x_dst,
				 insn.v_src, insn.v_dst, insn.flags);
	}
}

static const struct {
	uint32_t word;
	int error;
	const char *reason;
} not_done[] = {
	{ 0xd503201f, -ENOENT, NULL }, /* nop */
	{ 0x00000000, -ENOENT, NULL }, /* udf #0 */
	{ 0xa400a000, -ENOENT, NULL }, /* ld1b {z0.b}, p0/z, [x0]: SVE */
	{ 0xd5087641, -ENOENT, NULL }, /* dc isw, x1: no address */
	{ 0xf8c00020, -EILSEQ, NULL }, /* size 11, opc 11 */
	{ 0xe8400440, -EILSEQ, NULL }, /* pair, opc 11 */
	{ 0x0c408c20, -EILSEQ, NULL }, /* ld2 {v0.1d, v1.1d} */
	{ 0x48217c82, -EILSEQ, NULL }, /* casp x1, x2, ... */
	{ 0xf83fd018, -EILSEQ, NULL }, /* ld64b x24 */
	{ 0xf8408420, 0, NULL }, /* ldr x0, [x1], #8 */
	{ 0xf8408400, -ENOTSUP, "writeback" }, /* ldr x0, [x0], #8 */
	{ 0xa9400020, -ENOTSUP, "twice" }, /* ldp x0, x0, [x1] */
	{ 0xc8007c20, -ENOTSUP, "status over its data" },
	{ 0xc8017c20, -ENOTSUP, "status over its base" },
	{ 0xc8401c20, -ENOTSUP, "should-be-one" },
	{ 0xf820b041, -ENOTSUP, "ST64BV" },
	{ 0x19400400, -ENOTSUP, "same register twice" },
};

static void test_refusals(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_done); i++) {
		struct insn_regs regs = { 0 };
		struct access acc;
		struct insn insn;
		int err = decoder_decode(not_done[i].word, &insn);

		if (err != not_done[i].error || insn.error != err)
			fail_msg("0x%08x: %d", not_done[i].word, err);
		assert_int_equal(decoder_access(&insn, &regs, &plain, &acc),
				 err);
		if (!not_done[i].reason)
			assert_null(insn.refused);
		else if (!strstr(insn.refused, not_done[i].reason))
			fail_msg("0x%08x: %s", not_done[i].word, insn.refused);
	}
}

static void access_of(uint32_t word, const struct insn_regs *regs,
		      const struct decoder_env *env, struct access *ret)
{
	struct insn insn;

	assert_int_equal(decoder_decode(word, &insn), 0);
	assert_int_equal(decoder_access(&insn, regs, env, ret), 0);
}

static void test_addresses(void **state)
{
	const struct decoder_env env = {
		.zva_size = 256,
		.pac_mask = { GENMASK_ULL(54, 48),
			      GENMASK_ULL(63, 48) & ~BIT_ULL(55) },
	};
	struct insn_regs regs = { .sp = 0x8000, .pc = 0x1000 };
	struct access acc;

	/* ldr x0, . - 4: backwards over zero wraps */
	regs.pc = 0;
	access_of(0x58ffffe0, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].addr, (uint64_t)-4);
	/* stp x29, x30, [sp, #-16]! */
	access_of(0xa9bf7bfd, &regs, &env, &acc);
	assert_int_equal(acc.nr, 1);
	assert_int_equal(acc.mem[0].addr, 0x7ff0);
	assert_int_equal(acc.mem[0].size, 16);
	assert_int_equal(acc.mem[0].unit, 8);
	assert_int_equal(acc.mem[0].flags, ACCESS_WRITE);
	assert_int_equal(acc.writeback, 0x7ff0);
	/* ldraa x0, [x1]: user and kernel halves */
	regs.x[1] = 0x003a000012345678;
	access_of(0xf8200420, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].addr, 0x12345678);
	regs.x[1] = 0x12c0800012345678;
	access_of(0xf8200420, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].addr, 0xffff800012345678);
	/* dc zva, x1 and dc cvac, x1 */
	regs.x[1] = 0xffff8000000001ff;
	access_of(0xd50b7421, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].addr, 0xffff800000000100);
	assert_int_equal(acc.mem[0].size, 256);
	access_of(0xd50b7a21, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].addr, 0xffff8000000001c0);
	assert_int_equal(acc.mem[0].flags, ACCESS_CACHE);
	/* prfm accesses nothing; ldxp x0, x1, [x1] needs alignment to 16 */
	access_of(0xf9800020, &regs, &env, &acc);
	assert_int_equal(acc.nr, 0);
	access_of(0xc87f0420, &regs, &env, &acc);
	assert_int_equal(acc.mem[0].align, 16);
}

static void test_big_endian(void **state)
{
	const struct decoder_env env = { .big_endian = true };
	struct insn_regs regs = { 0 };
	struct access acc;
	struct insn insn;

	assert_int_equal(decoder_decode(0xf9400020, &insn), 0);
	assert_int_equal(decoder_access(&insn, &regs, &env, &acc), -ENOTSUP);
}

/* A lookup in the cache equals decoding, whatever was in the cache before. */
static void test_cache(void **state)
{
	static struct decoder_cache cache;
	uint32_t word = 0;

	for (int i = 0; i < 100000; i++) {
		const struct insn *got = decoder_lookup(&cache, word);
		struct insn insn;

		decoder_decode(word, &insn);
		assert_memory_equal(got, &insn, sizeof(insn));
		word = word * 1664525 + 1013904223;
	}
	assert_int_equal(decoder_lookup(&cache, 0)->error, -ENOENT);
	assert_int_equal(decoder_lookup(&cache, 0)->word, 0);
}

/*
 * PSTATE.BTYPE is cleared and the flags stay. The caller decides whether an
 * exclusive store succeeds.
 */
static void test_exclusive(void **state)
{
	struct insn_regs regs = { .pc = 0x1000, .pstate = PSTATE_N | 0xc00 };
	uint64_t stored = 0;
	struct access acc;
	struct insn insn;

	regs.x[1] = 0x1122334455667788;
	regs.x[2] = 0x2000;
	decoder_decode(0xc8007c41, &insn); /* stxr w0, x1, [x2] */
	decoder_access(&insn, &regs, &plain, &acc);
	regs.x[0] = ~0ULL;
	assert_int_equal(decoder_apply(&insn, &acc, &regs, NULL, &plain, false,
				       NULL, &stored),
			 0);
	assert_int_equal(regs.x[0], 1);
	assert_int_equal(decoder_apply(&insn, &acc, &regs, NULL, &plain, true,
				       NULL, &stored),
			 1);
	assert_int_equal(regs.x[0], 0);
	assert_int_equal(stored, regs.x[1]);
	assert_int_equal(regs.pc, 0x1008);
	assert_int_equal(regs.pstate, PSTATE_N);
}

/* Run the three instructions of a MOPS operation over mem; mem is address 0. */
static unsigned int mops_run(const uint32_t *words, struct insn_regs *regs,
			     const struct decoder_env *env, uint8_t *mem)
{
	unsigned int steps = 0;

	regs->pc = 0;
	while (regs->pc < 12) {
		uint8_t stored[ACCESS_MAX_BYTES];
		struct access acc = { 0 };
		struct insn insn;

		decoder_decode(words[regs->pc / 4], &insn);
		assert_int_equal(decoder_access(&insn, regs, env, &acc), 0);
		if (decoder_apply(&insn, &acc, regs, NULL, env, false,
				  mem + acc.mem[0].addr, stored))
			memcpy(mem + acc.mem[acc.nr - 1].addr, stored,
			       acc.mem[acc.nr - 1].size);
		steps++;
	}
	return steps;
}

static void mops_copy(bool option_b, uint64_t dst, uint64_t src, uint64_t n)
{
	/* cpyp, cpym, cpye [x0]!, [x1]!, x2! */
	static const uint32_t words[] = { 0x1d010440, 0x1d410440, 0x1d810440 };
	const struct decoder_env env = { .mops_option_b = option_b };
	bool backward = src < dst && src + n > dst;
	struct insn_regs regs = { .x = { dst, src, n } };
	uint8_t mem[1024], expected[1024];

	for (size_t i = 0; i < sizeof(mem); i++)
		mem[i] = expected[i] = (uint8_t)(i * 7 + i / 256);
	memmove(expected + dst, expected + src, n);
	mops_run(words, &regs, &env, mem);
	assert_memory_equal(mem, expected, sizeof(mem));
	assert_int_equal(regs.x[0], dst + (backward ? 0 : n));
	assert_int_equal(regs.x[1], src + (backward ? 0 : n));
	assert_int_equal(regs.x[2], 0);
	if (option_b)
		assert_int_equal(regs.pstate,
				 PSTATE_C | (backward ? PSTATE_N : 0));
	else
		assert_int_equal(regs.pstate, 0);
}

static void test_mops(void **state)
{
	/* setp, setm, sete [x0]!, x2!, x1 */
	static const uint32_t fill[] = { 0x19c10440, 0x19c14440, 0x19c18440 };

	for (int option_b = 0; option_b < 2; option_b++) {
		const struct decoder_env env = { .mops_option_b = option_b };
		struct insn_regs regs = { .x = { 100, 0x5a, 300 } };
		uint8_t mem[1024] = { 0 };

		mops_copy(option_b, 100, 500, 300);
		mops_copy(option_b, 500, 100, 300);
		mops_copy(option_b, 150, 100,
			  300); /* overlaps: must copy backward */
		mops_copy(option_b, 100, 150, 300);
		mops_copy(option_b, 100, 150, 0);
		assert_int_equal(mops_run(fill, &regs, &env, mem), 1 + 5 + 1);
		assert_int_equal(mem[99], 0);
		assert_int_equal(mem[100], 0x5a);
		assert_int_equal(mem[399], 0x5a);
		assert_int_equal(mem[400], 0);
		assert_int_equal(regs.x[0], 400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_exclusive),
		cmocka_unit_test(test_mops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
