// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text.c - instructions as text, by Capstone
 *
 * Capstone 4 does not know half of the forms that this decoder has, so the
 * build demands Capstone 5.
 */
#include <trapline/decoder.h>

#include <capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <trapline/arm64.h>
#include "forms.h"
#include "second.h"

#if CS_API_MAJOR < 5
#error "Capstone 5 is needed: run scripts/setup, or set CAPSTONE (Makefile)"
#endif

#define INSN_NOP_WORD 0xd503201fU

_Static_assert(sizeof(csh) == sizeof(((struct decoder_second *)0)->handle),
	       "csh has another size");
_Static_assert(INSN_TEXT_MAX > sizeof(((cs_insn *)0)->mnemonic) +
				       sizeof(((cs_insn *)0)->op_str),
	       "Capstone's texts may be longer");

/*
 * Capstone allocates memory when a handle decodes its first word. This is done
 * here, so that later calls allocate nothing.
 */
int decoder_second_create(struct decoder_second **ret)
{
	struct decoder_second *second = calloc(1, sizeof(*second));

	if (!second)
		return -ENOMEM;
	if (cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &second->handle))
		goto free;
	if (cs_option(second->handle, CS_OPT_DETAIL, CS_OPT_ON))
		goto close;
	second->insn = cs_malloc(second->handle);
	if (!second->insn)
		goto close;
	second_decode(second, INSN_NOP_WORD, 0);
	*ret = second;
	return 0;
close:
	cs_close(&second->handle);
free:
	free(second);
	return -ENOMEM;
}

void decoder_second_destroy(struct decoder_second *second)
{
	if (!second)
		return;
	cs_free(second->insn, 1);
	cs_close(&second->handle);
	free(second);
}

bool second_decode(struct decoder_second *second, uint32_t word, va_t pc)
{
	const uint8_t bytes[INSN_SIZE] = {
		(uint8_t)word,
		(uint8_t)(word >> 8),
		(uint8_t)(word >> 16),
		(uint8_t)(word >> 24),
	};
	const uint8_t *code = bytes;
	size_t size = sizeof(bytes);

	return cs_disasm_iter(second->handle, &code, &size, &pc, second->insn);
}

/* The instructions whose last operand is an address relative to the PC. */
static const struct {
	uint32_t mask, value;
} relative[] = {
	{ 0x7c000000, 0x14000000 }, /* B, BL */
	{ 0xff000000, 0x54000000 }, /* B.cond, BC.cond */
	{ 0x7c000000, 0x34000000 }, /* CBZ, CBNZ, TBZ, TBNZ */
	{ 0x1f000000, 0x10000000 }, /* ADR, ADRP */
	{ 0x3b000000, 0x18000000 }, /* LDR, LDRSW, PRFM (literal) */
};

static bool is_relative(uint32_t word)
{
	for (size_t i = 0; i < ARRAY_SIZE(relative); i++)
		if ((word & relative[i].mask) == relative[i].value)
			return true;
	return false;
}

/* The name of a word that this decoder knows and Capstone does not. */
static const char *form_name(uint32_t word)
{
	const struct insn_form *form;

	return form_find(word, &form) ? NULL : form->name;
}

void decoder_text(struct decoder_second *second, uint32_t word, va_t pc,
		  struct insn_text *ret)
{
	const cs_insn *insn = second->insn;
	const cs_arm64 *detail;
	const char *name;

	ret->has_target = false;
	if (!second_decode(second, word, pc)) {
		name = form_name(word);
		snprintf(ret->text, sizeof(ret->text),
			 ".inst 0x%08" PRIx32 "%s%s", word, name ? " ; " : "",
			 name ? name : "");
		return;
	}
	snprintf(ret->text, sizeof(ret->text), "%s%s%s", insn->mnemonic,
		 *insn->op_str ? " " : "", insn->op_str);
	detail = &insn->detail->arm64;
	if (!is_relative(word) || !detail->op_count ||
	    detail->operands[detail->op_count - 1].type != ARM64_OP_IMM)
		return;
	ret->has_target = true;
	ret->target = (va_t)detail->operands[detail->op_count - 1].imm;
}
