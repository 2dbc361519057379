// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_insn.c - the instructions run control knows, as binutils encodes them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <trapline/decoder.h>

static const struct {
	uint32_t insn;
	enum insn_class class;
} known[] = {
	{ 0xd503201f, INSN_NOP }, /* nop */
	{ 0xd503245f, INSN_NOP }, /* bti c */
	{ 0xd503233f, INSN_NOP }, /* paciasp */
	{ 0xd503203f, INSN_NOP }, /* yield */
	{ 0xd503209f, INSN_NOP }, /* sev */
	{ 0xd503205f, INSN_WFI }, /* wfe */
	{ 0xd503207f, INSN_WFI }, /* wfi */
	{ 0xd5031023, INSN_WFI }, /* wfit x3 */
	{ 0xd5031004, INSN_WFI }, /* wfet x4 */
	{ 0xd4200020, INSN_BRK }, /* brk #1 */
	{ 0xd4400040, INSN_HLT }, /* hlt #2 */
	{ 0xd4000001, INSN_SVC }, /* svc #0 */
	{ 0xd4000002, INSN_HVC }, /* hvc #0 */
	{ 0xd4000003, INSN_SMC }, /* smc #0 */
	{ 0xd69f03e0, INSN_ERET }, /* eret */
	{ 0xd69f0bff, INSN_ERET }, /* eretaa */
	{ 0xd69f0fff, INSN_ERET }, /* eretab */
	{ 0xd53b4223, INSN_MRS_DAIF }, /* mrs x3, daif */
	{ 0xd51b4225, INSN_MSR_DAIF }, /* msr daif, x5 */
	{ 0xd5034fdf, INSN_MSR_DAIF }, /* msr daifset, #15 */
	{ 0xd50342ff, INSN_MSR_DAIF }, /* msr daifclr, #2 */
	{ 0xc85f7c20, INSN_LOAD_EXCL }, /* ldxr x0, [x1] */
	{ 0x885ffc20, INSN_LOAD_EXCL }, /* ldaxr w0, [x1] */
	{ 0x085f7c20, INSN_LOAD_EXCL }, /* ldxrb w0, [x1] */
	{ 0x485ffc20, INSN_LOAD_EXCL }, /* ldaxrh w0, [x1] */
	{ 0xc87f0440, INSN_LOAD_EXCL }, /* ldxp x0, x1, [x2] */
	{ 0x887f8440, INSN_LOAD_EXCL }, /* ldaxp w0, w1, [x2] */
	{ 0xc8007c41, INSN_STORE_EXCL }, /* stxr w0, x1, [x2] */
	{ 0x8800fc41, INSN_STORE_EXCL }, /* stlxr w0, w1, [x2] */
	{ 0x0800fc41, INSN_STORE_EXCL }, /* stlxrb w0, w1, [x2] */
	{ 0xc8200861, INSN_STORE_EXCL }, /* stxp w0, x1, x2, [x3] */
	{ 0x88208861, INSN_STORE_EXCL }, /* stlxp w0, w1, w2, [x3] */
	{ 0xc8dffc20, INSN_OTHER }, /* ldar x0, [x1] */
	{ 0xc89ffc20, INSN_OTHER }, /* stlr x0, [x1] */
	{ 0xc8df7c20, INSN_OTHER }, /* ldlar x0, [x1] */
	{ 0xc8a07c41, INSN_OTHER }, /* cas x0, x1, [x2] */
	{ 0x48207c82, INSN_OTHER }, /* casp x0, x1, x2, x3, [x4] */
	{ 0xf9400020, INSN_OTHER }, /* ldr x0, [x1] */
	{ 0xf9000020, INSN_OTHER }, /* str x0, [x1] */
	{ 0xd5033fdf, INSN_OTHER }, /* isb */
	{ 0xd5033bbf, INSN_OTHER }, /* dmb ish */
	{ 0xd5033f5f, INSN_OTHER }, /* clrex */
	{ 0xd50041bf, INSN_OTHER }, /* msr spsel, #1 */
	{ 0xd500419f, INSN_OTHER }, /* msr pan, #1 */
	{ 0xd5384000, INSN_OTHER }, /* mrs x0, spsr_el1 */
	{ 0xd65f03c0, INSN_OTHER }, /* ret */
	{ 0xd61f0000, INSN_OTHER }, /* br x0 */
	{ 0x00000000, INSN_OTHER }, /* udf #0 */
	{ 0xffffffff, INSN_OTHER },
};

static void test_classes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (decoder_insn_class(known[i].insn) != known[i].class)
			fail_msg("0x%08x: %d", known[i].insn,
				 decoder_insn_class(known[i].insn));
}

static void test_brk(void **state)
{
	assert_int_equal(INSN_BRK_IMM(1), 0xd4200020);
	assert_int_equal(decoder_insn_class(INSN_BRK_IMM(TRAPLINE_BRK_IMM)),
			 INSN_BRK);
}

/* Function entries of 6.1 and 6.12 kernels, with and without tracing. */
static void test_padding(void **state)
{
	const uint32_t plain[] = { 0xa9be7bfd, 0xd503201f };
	const uint32_t quiet[] = { 0xd503201f, 0xd503201f, 0xd503233f,
				   0xa9be7bfd };
	const uint32_t bti[] = { 0xd503245f, 0xd503201f, 0xd503201f, 0xd503233f,
				 0xa9be7bfd };
	const uint32_t armed[] = { 0xd503245f, 0xaa1e03e9, 0xd503201f,
				   0xd503233f, 0xa9be7bfd };
	const uint32_t traced[] = { 0xd503245f, 0xaa1e03e9, 0x94000100,
				    0xd503233f, 0xa9be7bfd };
	/* MOV X9, X30 that belongs to the function and not to ftrace. */
	const uint32_t own[] = { 0xaa1e03e9, 0xa9be7bfd };

	assert_int_equal(decoder_entry_padding(plain, 2), 0);
	assert_int_equal(decoder_entry_padding(quiet, 4), 12);
	assert_int_equal(decoder_entry_padding(bti, 5), 16);
	assert_int_equal(decoder_entry_padding(armed, 5), 16);
	assert_int_equal(decoder_entry_padding(traced, 5), 16);
	assert_int_equal(decoder_entry_padding(own, 2), 0);
	assert_int_equal(decoder_entry_padding(traced, 1), 4);
	assert_int_equal(decoder_entry_padding(traced, 2), 4);
	assert_int_equal(decoder_entry_padding(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_brk),
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
