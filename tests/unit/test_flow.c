// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_flow.c - the registers that an instruction changes, and the source of a
 * value
 *
 * The words are as binutils assembles them. For random words Capstone names the
 * general register that is written first; the decoder must not miss this
 * register.
 */
#include <trapline/decoder.h>

#include <capstone.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PC     0xffff800080001004ULL
#define NR_TRY 200000
#define CALL   (GENMASK_ULL(18, 0) | BIT_ULL(30))
#define X(n)   BIT_ULL(n)
#define ALL    GENMASK_ULL(31, 0)
#define GONE   false
#define FALLS  true

static const struct {
	uint32_t word;
	enum insn_effect_kind kind;
	uint64_t dst;
	bool falls;
	int64_t imm;
} known[] = {
	/* clang-format off */
	{ 0xd2a00241, INSN_EFFECT_CONST, X(1), FALLS, 0x120000 }, /* mov x1, #0x120000 */
	{ 0x92800001, INSN_EFFECT_CONST, X(1), FALLS, -1 }, /* mov x1, #-1 */
	{ 0x52800061, INSN_EFFECT_CONST, X(1), FALLS, 3 }, /* mov w1, #3 */
	{ 0x10000041, INSN_EFFECT_CONST, X(1), FALLS, (int64_t)(PC + 8) }, /* adr x1, .+8 */
	{ 0x90000001, INSN_EFFECT_CONST, X(1), FALLS, (int64_t)(PC - 4) }, /* adrp x1, . */
	{ 0xd1000441, INSN_EFFECT_ADD, X(1), FALLS, -1 }, /* sub x1, x2, #1 */
	{ 0x91400441, INSN_EFFECT_ADD, X(1), FALLS, 0x1000 }, /* add x1, x2, #1, lsl #12 */
	{ 0x910043ff, INSN_EFFECT_ADD, X(31), FALLS, 16 }, /* add sp, sp, #16 */
	{ 0xf100045f, INSN_EFFECT_ADD, 0, FALLS, -1 }, /* cmp x2, #1 */
	{ 0x11000441, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* add w1, w2, #1 */
	{ 0xaa0203e1, INSN_EFFECT_ADD, X(1), FALLS, 0 }, /* mov x1, x2 */
	{ 0x2a0203e1, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* mov w1, w2 */
	{ 0xaa1f03e1, INSN_EFFECT_CONST, X(1), FALLS, 0 }, /* mov x1, xzr */
	{ 0x8b030041, INSN_EFFECT_SUM, X(1), FALLS, 0 }, /* add x1, x2, x3 */
	{ 0x8b030441, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* add x1, x2, x3, lsl #1 */
	{ 0x8b23605f, INSN_EFFECT_OTHER, X(31), FALLS, 0 }, /* add sp, x2, x3 */
	{ 0xfa420023, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* ccmp x1, x2, #3, eq */
	{ 0x9240005f, INSN_EFFECT_OTHER, X(31), FALLS, 0 }, /* and sp, x2, #1 */
	{ 0xb37f0441, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* bfi x1, x2, #1, #2 */
	{ 0x9a830041, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* csel x1, x2, x3, eq */
	{ 0xd63f0060, INSN_EFFECT_CALL, CALL, FALLS, 0 }, /* blr x3 */
	{ 0xd73f0864, INSN_EFFECT_CALL, CALL, FALLS, 0 }, /* blraa x3, x4 */
	{ 0xd61f0060, INSN_EFFECT_JUMP, 0, GONE, 0 }, /* br x3 */
	{ 0xd65f03c0, INSN_EFFECT_OTHER, 0, GONE, 0 }, /* ret */
	{ 0xd65f0bff, INSN_EFFECT_OTHER, 0, GONE, 0 }, /* retaa */
	{ 0xd69f03e0, INSN_EFFECT_OTHER, 0, GONE, 0 }, /* eret */
	{ 0x94000002, INSN_EFFECT_CALL, CALL, FALLS, 0 }, /* bl .+8 */
	{ 0x14000002, INSN_EFFECT_OTHER, 0, GONE, 0 }, /* b .+8 */
	{ 0x54000040, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* b.eq .+8 */
	{ 0xb4000041, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* cbz x1, .+8 */
	{ 0x37180041, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* tbnz x1, #3, .+8 */
	{ 0xd4000001, INSN_EFFECT_OTHER, CALL, FALLS, 0 }, /* svc #0 */
	{ 0xd4000002, INSN_EFFECT_OTHER, CALL, FALLS, 0 }, /* hvc #0 */
	{ 0xd4200020, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* brk #1 */
	{ 0xd503201f, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* nop */
	{ 0xd503211f, INSN_EFFECT_OTHER, X(17), FALLS, 0 }, /* pacia1716 */
	{ 0xd50320ff, INSN_EFFECT_OTHER, X(30), FALLS, 0 }, /* xpaclri */
	{ 0xd53b4221, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* mrs x1, daif */
	{ 0xd51b4221, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* msr daif, x1 */
	{ 0xd5384101, INSN_EFFECT_SP_EL0, X(1), FALLS, 0 }, /* mrs x1, sp_el0 */
	{ 0xf9400441, INSN_EFFECT_LOAD, X(1), FALLS, 0 }, /* ldr x1, [x2, #8] */
	{ 0xf8408441, INSN_EFFECT_LOAD, X(1) | X(2), FALLS, 0 }, /* ldr x1, [x2], #8 */
	{ 0xa9400c41, INSN_EFFECT_LOAD, X(1) | X(3), FALLS, 0 }, /* ldp x1, x3, [x2] */
	{ 0xf9000041, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* str x1, [x2] */
	{ 0x3dc00041, INSN_EFFECT_OTHER, 0, FALLS, 0 }, /* ldr q1, [x2] */
	{ 0x9e660041, INSN_EFFECT_OTHER, X(1), FALLS, 0 }, /* fmov x1, d2 */
	{ 0x00000000, INSN_EFFECT_UNKNOWN, ALL, FALLS, 0 }, /* udf #0 */
	/* clang-format on */
};

static void test_known(void **state)
{
	struct insn_effect e;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		decoder_effect(known[i].word, PC, &e);
		if (e.kind != known[i].kind || e.dst != known[i].dst ||
		    e.falls != known[i].falls)
			fail_msg("%08x: kind %d, dst %08x, falls %d",
				 known[i].word, e.kind, e.dst, e.falls);
		if (e.kind == INSN_EFFECT_CONST || e.kind == INSN_EFFECT_ADD)
			assert_int_equal(e.imm, known[i].imm);
		assert_false(e.has_target && e.target != PC + 8);
	}
	decoder_effect(0x14000002, PC, &e);
	assert_true(e.has_target);
	decoder_effect(0x54000040, PC, &e);
	assert_true(e.has_target);
	decoder_effect(0x37180041, PC, &e);
	assert_true(e.has_target);
}

/* The number of a general register of Capstone; -1: none, or a zero register. */
static int general(arm64_reg reg)
{
	switch (reg) {
	case ARM64_REG_X29:
	case ARM64_REG_W29:
		return 29;
	case ARM64_REG_X30:
	case ARM64_REG_W30:
		return 30;
	case ARM64_REG_SP:
	case ARM64_REG_WSP:
		return 31;
	default:
		if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
			return (int)(reg - ARM64_REG_X0);
		if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W28)
			return (int)(reg - ARM64_REG_W0);
		return -1;
	}
}

/* Data processing: the instruction writes its first operand. */
static void test_random(void **state)
{
	unsigned int seen = 0;
	cs_insn *insn;
	csh handle;

	assert_int_equal(cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handle), 0);
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(handle);
	srandom(1);
	for (unsigned int i = 0; i < NR_TRY; i++) {
		uint32_t word = (uint32_t)random() << 16 ^ (uint32_t)random();
		const uint8_t *code = (const uint8_t *)&word;
		uint64_t address = PC;
		struct insn_effect e;
		size_t size = 4;
		int reg;

		/* Immediate, or registers; not the conditional compares. */
		if ((word >> 26 & 7) != 4 && (word >> 25 & 7) != 5)
			continue;
		if (!cs_disasm_iter(handle, &code, &size, &address, insn))
			continue;
		if (!insn->detail->arm64.op_count ||
		    insn->detail->arm64.operands[0].type != ARM64_OP_REG ||
		    !strncmp(insn->mnemonic, "cm", 2) ||
		    !strncmp(insn->mnemonic, "ccm", 3) ||
		    !strncmp(insn->mnemonic, "tst", 3) ||
		    !strncmp(insn->mnemonic, "rmif", 4) ||
		    !strncmp(insn->mnemonic, "setf", 4))
			continue;
		reg = general(insn->detail->arm64.operands[0].reg);
		decoder_effect(word, PC, &e);
		if (reg >= 0 && !(e.dst & BIT_ULL(reg)))
			fail_msg("%08x %s %s: dst %08x", word, insn->mnemonic,
				 insn->op_str, e.dst);
		seen++;
	}
	assert_true(seen > NR_TRY / 50);
	cs_free(insn, 1);
	cs_close(&handle);
}

static const uint32_t function[] = {
	0xd503233f, /* 0: paciasp */
	0xaa1e03e9, /* 1: mov x9, x30; ftrace has patched this */
	0x94000400, /* 2: bl */
	0xa9be7bfd, /* 3: stp x29, x30, [sp, #-32]! */
	0x90000001, /* 4: adrp x1 */
	0x91004013, /* 5: add x19, x0, #16 */
	0xf9403a74, /* 6: ldr x20, [x19, #112] */
	0xb4000094, /* 7: cbz x20, 11 */
	0xd2800083, /* 8: mov x3, #4 */
	0xaa1403e4, /* 9: mov x4, x20 */
	0x14000003, /* 10: b 13 */
	0xd28000a3, /* 11: mov x3, #5 */
	0xaa1403e4, /* 12: mov x4, x20 */
	0x8b030285, /* 13: add x5, x20, x3 */
	0x94000800, /* 14: bl */
	0xb9400682, /* 15: ldr w2, [x20, #4] */
	0xd65f03c0, /* 16: ret */
	0xaa0103e0, /* 17: mov x0, x1; no path to it */
};

static unsigned int source(const struct decoder_flow *f, unsigned int at,
			   unsigned int reg)
{
	unsigned int ret;

	return decoder_flow_source(f, at, reg, &ret) ? ret : 1000;
}

static void test_flow(void **state)
{
	static const uint32_t table[] = {
		0x10000041, /* adr x1, .+8 */
		0x8b030041, /* add x1, x2, x3 */
		0xd61f0020, /* br x1 */
	};
	struct decoder_flow *f;

	assert_int_equal(
		decoder_flow_create(function, ARRAY_SIZE(function), PC, &f), 0);
	assert_int_equal(source(f, 15, 20), 6);
	assert_int_equal(source(f, 6, 19), 5);
	/* The call to ftrace does not change the arguments. */
	assert_int_equal(source(f, 5, 0), DECODER_FLOW_ENTRY);
	assert_int_equal(source(f, 5, 30), 2);
	assert_int_equal(source(f, 12, 3), 11);
	/* Two paths. */
	assert_int_equal(source(f, 13, 3), 1000);
	assert_int_equal(source(f, 14, 5), 13);
	/* The call has changed x5. */
	assert_int_equal(source(f, 15, 5), 14);
	assert_int_equal(source(f, 15, 31), 3);
	/* No path, no such instruction, no such register. */
	assert_int_equal(source(f, 17, 0), 1000);
	assert_int_equal(source(f, 18, 0), 1000);
	assert_int_equal(source(f, 0, 32), 1000);
	decoder_flow_destroy(f);
	decoder_flow_destroy(NULL);
	assert_int_equal(decoder_flow_create(table, ARRAY_SIZE(table), PC, &f),
			 -ENOTSUP);
	/* Without the ADR it is a tail call. */
	assert_int_equal(decoder_flow_create(table + 1, 2, PC, &f), 0);
	decoder_flow_destroy(f);
	assert_int_equal(decoder_flow_create(function, 0, PC, &f), -E2BIG);
}

/* A loop: a register that the loop changes has no single source. */
static void test_loop(void **state)
{
	static const uint32_t loop[] = {
		0xd2800083, /* 0: mov x3, #4 */
		0x91000463, /* 1: add x3, x3, #1 */
		0xb5ffffe3, /* 2: cbnz x3, 1 */
		0xd65f03c0, /* 3: ret */
	};
	struct decoder_flow *f;

	assert_int_equal(decoder_flow_create(loop, ARRAY_SIZE(loop), PC, &f),
			 0);
	assert_int_equal(source(f, 1, 3), 1000);
	assert_int_equal(source(f, 3, 3), 1);
	assert_int_equal(source(f, 3, 0), DECODER_FLOW_ENTRY);
	decoder_flow_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
