// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_second.c - text by Capstone, and its agreement with the decoder
 *
 * The two decoders have to agree about random words of every form. Then the
 * test plants faults, first in Capstone's results, then in the rows of forms.c,
 * and decoder_lookup_agreed() has to refuse the words. The Makefile links this
 * test with --wrap for both functions.
 */
#include <trapline/decoder.h>

#include <capstone.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "decoder/forms.h"
#include "tests/random.h"

#include <cmocka.h>

#define PER_FORM 200

static struct decoder_second *second;
static struct decoder_cache cache;
static unsigned int nr_asked;

/* --- planted faults -------------------------------------------------------- */

static void (*fault)(cs_arm64 *detail, cs_arm64_op *mem);
static const struct insn_form *forged;

/* The linker's --wrap wants these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
bool __real_cs_disasm_iter(csh handle, const uint8_t **code, size_t *size,
			   uint64_t *address, cs_insn *insn);
bool __wrap_cs_disasm_iter(csh handle, const uint8_t **code, size_t *size,
			   uint64_t *address, cs_insn *insn);
int __real_form_find(uint32_t word, const struct insn_form **ret);
int __wrap_form_find(uint32_t word, const struct insn_form **ret);
/* NOLINTEND(bugprone-reserved-identifier) */

bool __wrap_cs_disasm_iter(csh handle, const uint8_t **code, size_t *size,
			   uint64_t *address, cs_insn *insn)
{
	bool known = __real_cs_disasm_iter(handle, code, size, address, insn);
	cs_arm64 *detail = &insn->detail->arm64;

	nr_asked++;
	for (int i = 0; known && fault && i < detail->op_count; i++) {
		if (detail->operands[i].type != ARM64_OP_MEM)
			continue;
		fault(detail, &detail->operands[i]);
		break;
	}
	return known;
}

int __wrap_form_find(uint32_t word, const struct insn_form **ret)
{
	if (!forged)
		return __real_form_find(word, ret);
	*ret = forged;
	return 0;
}

static int agreed(uint32_t word)
{
	memset(&cache, 0, sizeof(cache));
	return decoder_lookup_agreed(&cache, second, word)->error;
}

static int setup(void **state)
{
	return decoder_second_create(&second);
}

static int teardown(void **state)
{
	fault = NULL;
	forged = NULL;
	decoder_second_destroy(second);
	decoder_second_destroy(NULL);
	return 0;
}

/* --- agreement ------------------------------------------------------------- */

static void every_form(void **state)
{
	const struct insn_form *form;

	for (unsigned int i = 0; (form = decoder_form(i)); i++) {
		unsigned int nr = 0;

		if (form->op == INSN_OP_REFUSED)
			continue;
		for (unsigned int tries = 0; nr < PER_FORM && tries < 100000;
		     tries++) {
			uint32_t word = (random_word() & ~form->mask) |
					form->value;
			struct insn insn;

			if (decoder_decode(word, &insn) || insn.form != form)
				continue;
			nr++;
			if (agreed(word))
				fail_msg("%s: 0x%08x", form->name, word);
		}
		assert_true(nr > 0);
	}
}

#define LDR_X0_X1     0xf9400020U /* ldr x0, [x1] */
#define LDR_IMM       0xf9400420U /* ldr x0, [x1, #8] */
#define LDR_REG       0xf8627820U /* ldr x0, [x1, x2, lsl #3] */
#define LDR_SXTW      0xf862c820U /* ldr x0, [x1, w2, sxtw] */
#define LDR_POST      0xf8408420U /* ldr x0, [x1], #8 */
#define LDR_PRE       0xf8408c20U /* ldr x0, [x1, #8]! */
#define LD1_POST_TEXT 0x4ddfc020U /* ld1r { v0.16b }, [x1], #1 */
#define LDR_LITERAL   0x58000040U /* ldr x0, #8 */
#define LDTR_OWN      0xf8400821U /* ldtr x1, [x1] */
#define LDTR          0xf8400820U /* ldtr x0, [x1] */
#define STGP          0x69000440U /* stgp x0, x1, [x2] */
#define CPYP          0x1d010440U /* cpyp [x0]!, [x1]!, x2! */
#define SETP          0x19c20420U /* setp [x0]!, x1!, x2 */
#define DC_CVADP_XZR  0xd50b7d3fU
#define NOT_ALLOCATED 0x0a000000U

/* Capstone is asked once for a word, and never about words without an access. */
static void asked_once(void **state)
{
	memset(&cache, 0, sizeof(cache));
	nr_asked = 0;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(
			decoder_lookup_agreed(&cache, second, LDR_IMM)->error,
			0);
	assert_int_equal(nr_asked, 1);
	assert_int_equal(
		decoder_lookup_agreed(&cache, second, NOT_ALLOCATED)->error,
		-ENOENT);
	assert_int_equal(nr_asked, 1);
	/* Not even after its eviction. */
	memset(cache.entry, 0, sizeof(cache.entry));
	assert_int_equal(decoder_lookup_agreed(&cache, second, LDR_IMM)->error,
			 0);
	assert_int_equal(nr_asked, 1);
	/* Words that cannot be compared. */
	assert_int_equal(agreed(STGP), 0);
	assert_int_equal(agreed(LDTR_OWN), 0);
	assert_int_equal(nr_asked, 1);
	assert_int_equal(agreed(LDTR), 0);
	assert_int_equal(nr_asked, 2);
}

static void wrong_base(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->mem.base = ARM64_REG_X9;
}

static void wrong_index(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->mem.index = ARM64_REG_X9;
}

static void wrong_disp(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->mem.disp += 8;
}

static void wrong_shift(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->shift.value++;
}

static void wrong_extend(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->ext = ARM64_EXT_SXTX;
}

static void wrong_writeback(cs_arm64 *detail, cs_arm64_op *mem)
{
	detail->writeback = !detail->writeback;
}

static void wrong_post(cs_arm64 *detail, cs_arm64_op *mem)
{
	detail->post_index = !detail->post_index;
}

static void lost(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem->type = ARM64_OP_FP;
}

static void no_operands(cs_arm64 *detail, cs_arm64_op *mem)
{
	detail->op_count = 0;
}

static void two(cs_arm64 *detail, cs_arm64_op *mem)
{
	detail->operands[detail->op_count++] = *mem;
}

static void wrong_amount(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem[1].imm += 8;
}

static void wrong_kind(cs_arm64 *detail, cs_arm64_op *mem)
{
	mem[1].type = ARM64_OP_FP;
}

static void capstone_wrong(void **state)
{
	static const struct {
		uint32_t word;
		void (*fault)(cs_arm64 *detail, cs_arm64_op *mem);
	} rows[] = {
		{ LDR_X0_X1, wrong_base },
		{ LDR_X0_X1, wrong_index },
		{ LDR_IMM, wrong_disp },
		{ LDR_REG, wrong_index },
		{ LDR_REG, wrong_shift },
		{ LDR_REG, wrong_extend },
		{ LDR_SXTW, wrong_extend },
		{ LDR_PRE, wrong_writeback },
		{ LDR_IMM, wrong_writeback },
		{ LDR_PRE, wrong_post },
		{ LDR_POST, wrong_post },
		{ LDR_POST, wrong_amount },
		{ LDR_POST, wrong_kind },
		{ LDR_IMM, lost },
		{ LDR_IMM, no_operands },
		{ LDR_IMM, two },
		{ LD1_POST_TEXT, wrong_base },
		{ LD1_POST_TEXT, lost },
		{ LDTR, wrong_disp },
		{ CPYP, wrong_base },
		{ CPYP, lost },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fault = NULL;
		assert_int_equal(agreed(rows[i].word), 0);
		fault = rows[i].fault;
		if (agreed(rows[i].word) != -EPROTO)
			fail_msg("row %zu agrees", i);
		assert_non_null(
			decoder_lookup_agreed(&cache, second, rows[i].word)
				->refused);
	}
}

/* Find a row that decodes another word, to forge a row for this one. */
static const struct insn_form *row_of(uint32_t word)
{
	const struct insn_form *form = NULL;

	forged = NULL;
	assert_int_equal(__real_form_find(word, &form), 0);
	return form;
}

static void decoder_wrong(void **state)
{
	static const struct {
		uint32_t word, like;
	} rows[] = {
		{ LDR_POST, LDR_PRE },
		{ LDR_PRE, LDR_POST },
		{ LDR_IMM, LDR_PRE },
		{ LDR_IMM, LDR_REG },
		{ LDR_REG, LDR_IMM },
		{ LDR_IMM, LDR_LITERAL },
		{ LDR_LITERAL, LDR_IMM },
		{ LDR_IMM, DC_CVADP_XZR },
		{ LDR_IMM, SETP },
		{ LDR_IMM, CPYP },
		{ LDR_X0_X1, LD1_POST_TEXT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(agreed(rows[i].word), 0);
		forged = row_of(rows[i].like);
		if (agreed(rows[i].word) == 0)
			fail_msg("row %zu agrees", i);
		forged = NULL;
	}
	assert_int_equal(agreed(DC_CVADP_XZR), 0);
	assert_int_equal(agreed(SETP), 0);
}

/* --- text ------------------------------------------------------------------ */

#define PC 0xffff800080001000ULL

static void texts(void **state)
{
	static const struct {
		uint32_t word;
		const char *text;
		va_t target; /* 0: none */
	} rows[] = {
		{ LDR_IMM, "ldr x0, [x1, #8]", 0 },
		{ LDR_POST, "ldr x0, [x1], #8", 0 },
		{ 0xd65f03c0, "ret", 0 },
		{ 0xd2800100, "mov x0, #8", 0 },
		{ 0x94000001, "bl #0xffff800080001004", PC + 4 },
		{ 0x17ffffff, "b #0xffff800080000ffc", PC - 4 },
		{ 0x54000040, "b.eq #0xffff800080001008", PC + 8 },
		{ 0xb4000040, "cbz x0, #0xffff800080001008", PC + 8 },
		{ 0x36080040, "tbz w0, #1, #0xffff800080001008", PC + 8 },
		{ 0x10000040, "adr x0, #0xffff800080001008", PC + 8 },
		{ 0xb0000001, "adrp x1, #0xffff800080002000", PC + SZ_4K },
		{ LDR_LITERAL, "ldr x0, #0xffff800080001008", PC + 8 },
		{ STGP, ".inst 0x69000440 ; STGP", 0 },
		{ 0xffffffff, ".inst 0xffffffff", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct insn_text insn;

		decoder_text(second, rows[i].word, PC, &insn);
		assert_string_equal(insn.text, rows[i].text);
		assert_int_equal(insn.has_target, rows[i].target != 0);
		if (insn.has_target)
			assert_int_equal(insn.target, rows[i].target);
	}
}

/* Every form of the decoder has a text that names it. */
static void every_text(void **state)
{
	const struct insn_form *form;
	struct insn_text insn;

	for (unsigned int i = 0; (form = decoder_form(i)); i++)
		for (unsigned int n = 0; n < PER_FORM; n++) {
			decoder_text(second,
				     (random_word() & ~form->mask) |
					     form->value,
				     PC, &insn);
			assert_true(strlen(insn.text) > 3);
			assert_null(strpbrk(insn.text, "\t\n"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_form, setup, teardown),
		cmocka_unit_test_setup_teardown(asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(capstone_wrong, setup,
						teardown),
		cmocka_unit_test_setup_teardown(decoder_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(texts, setup, teardown),
		cmocka_unit_test_setup_teardown(every_text, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
