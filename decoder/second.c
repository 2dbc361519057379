// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * second.c - does Capstone name the same memory operand?
 *
 * A fault in a table of the decoder could make trapline change the wrong bytes
 * of a guest. Capstone's tables come from LLVM, so the same fault is unlikely
 * there. Both decoders reduce a word to a struct operand, and these are
 * compared. Capstone does not tell how many bytes are accessed, and its
 * "access" of operands is often wrong; both are not compared.
 *
 * Where Capstone's operand is not complete, the table sources[] says where the
 * missing part is found, or that the word cannot be compared.
 */
#include "second.h"

#include <capstone.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "forms.h"

#define EXTEND_UXTW 2
#define EXTEND_UXTX 3 /* the same as LSL */
#define EXTEND_SXTW 6
#define EXTEND_SXTX 7

#define OPERAND_XZR 33 /* 31 is SP, as in struct insn */

struct operand {
	uint8_t base; /* of MOPS: the destination */
	uint8_t index; /* of MOPS: the source, or the data */
	uint8_t count; /* of MOPS: the number of bytes; else INSN_REG_NONE */
	uint8_t extend, shift;
	bool writeback, post;
	int64_t disp;
};

/* --- what the decoder says -------------------------------------------------*/

static uint8_t zero_or(uint8_t reg)
{
	return reg == 31 ? OPERAND_XZR : reg;
}

static struct operand operand_of(const struct insn *insn)
{
	struct operand o = {
		.base = insn->flags & INSN_BASE_XZR ? zero_or(insn->rn)
						    : insn->rn,
		.index = zero_or(insn->rm),
		.count = INSN_REG_NONE,
		.extend = insn->extend,
		.shift = insn->shift,
		.writeback = insn->flags & INSN_WRITEBACK,
		.post = insn->flags & INSN_POST,
		.disp = insn->imm,
	};

	if (insn->flags & INSN_LITERAL)
		o.base = INSN_REG_NONE;
	if (insn->form->mode == MODE_MOPS) {
		o.base = zero_or(insn->rt);
		o.index = zero_or(insn->rs);
		o.count = zero_or(insn->rn);
	}
	return o;
}

/* --- what Capstone says ----------------------------------------------------*/

/* Registers have no order in Capstone: FP and LR come before X0. */
static uint8_t reg_number(unsigned int reg)
{
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return (uint8_t)(reg - ARM64_REG_X0);
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return (uint8_t)(reg - ARM64_REG_W0);
	switch (reg) {
	case ARM64_REG_X29:
		return 29;
	case ARM64_REG_X30:
		return 30;
	case ARM64_REG_SP:
		return 31;
	case ARM64_REG_XZR:
	case ARM64_REG_WZR:
		return OPERAND_XZR;
	default:
		return INSN_REG_NONE;
	}
}

static bool is_reg(const cs_arm64_op *op)
{
	return op->type == ARM64_OP_REG;
}

static uint8_t extend_number(arm64_extender ext)
{
	switch (ext) {
	case ARM64_EXT_UXTW:
		return EXTEND_UXTW;
	case ARM64_EXT_SXTW:
		return EXTEND_SXTW;
	case ARM64_EXT_SXTX:
		return EXTEND_SXTX;
	default:
		return EXTEND_UXTX;
	}
}

static const cs_arm64_op *op_last(const cs_arm64 *detail)
{
	return &detail->operands[detail->op_count - 1];
}

/* The memory operand, which has to be the only one. Returns its place or -1. */
static int from_memory(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64 *detail = &cs->detail->arm64;
	int at = -1;

	for (int i = 0; i < detail->op_count; i++) {
		if (detail->operands[i].type != ARM64_OP_MEM)
			continue;
		if (at >= 0)
			return -1;
		at = i;
	}
	if (at < 0)
		return -1;
	ret->base = reg_number(detail->operands[at].mem.base);
	ret->index = reg_number(detail->operands[at].mem.index);
	ret->disp = detail->operands[at].mem.disp;
	ret->extend = extend_number(detail->operands[at].ext);
	ret->shift = (uint8_t)detail->operands[at].shift.value;
	ret->writeback = detail->writeback;
	ret->post = detail->post_index;
	return at;
}

static bool plain(const cs_insn *cs, struct operand *ret)
{
	return from_memory(cs, ret) == cs->detail->arm64.op_count - 1;
}

static bool trailing(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64 *detail = &cs->detail->arm64;

	if (from_memory(cs, ret) != detail->op_count - 2)
		return false;
	if (is_reg(op_last(detail)))
		ret->index = reg_number(op_last(detail)->reg);
	else if (op_last(detail)->type == ARM64_OP_IMM)
		ret->disp = op_last(detail)->imm;
	else
		return false;
	return true;
}

/* Some of these forms have the amount as an operand, some only in the text. */
static bool trailing_or_text(const cs_insn *cs, struct operand *ret)
{
	const char *amount = strstr(cs->op_str, "], #");

	if (!plain(cs, ret))
		return trailing(cs, ret);
	if (!amount)
		return false;
	ret->disp = strtoll(amount + strlen("], #"), NULL, 0);
	return true;
}

static bool absolute(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64_op *last = op_last(&cs->detail->arm64);

	ret->disp = last->imm; /* the PC was 0 */
	return last->type == ARM64_OP_IMM;
}

static bool last_register(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64_op *last = op_last(&cs->detail->arm64);

	/* SYS, for an operation without a name, has no operand for XZR. */
	ret->base = is_reg(last) ? reg_number(last->reg) : OPERAND_XZR;
	return is_reg(last) || !strcmp(cs->mnemonic, "sys");
}

/* The operands are the destination, a gap, the source, the count. */
static bool copy(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64_op *op = cs->detail->arm64.operands;

	if (cs->detail->arm64.op_count != 4 || !is_reg(&op[0]) ||
	    op[2].type != ARM64_OP_MEM || !is_reg(&op[3]))
		return false;
	ret->base = reg_number(op[0].reg);
	ret->index = reg_number(op[2].mem.base);
	ret->count = reg_number(op[3].reg);
	return true;
}

/* The operands are the destination, a gap, the count, the data. */
static bool fill(const cs_insn *cs, struct operand *ret)
{
	const cs_arm64_op *op = cs->detail->arm64.operands;

	if (cs->detail->arm64.op_count != 4 || !is_reg(&op[0]) ||
	    !is_reg(&op[2]) || !is_reg(&op[3]))
		return false;
	ret->base = reg_number(op[0].reg);
	ret->count = reg_number(op[2].reg);
	ret->index = reg_number(op[3].reg);
	return true;
}

/* --- where the operand is --------------------------------------------------*/

/*
 * Where Capstone 5.0.7 keeps the memory operand of a form. The first row that
 * fits is used: its mode and flags have to match, and its op too, unless op is
 * 0. If no row fits, plain() is used.
 */
static const struct source {
	uint8_t mode; /* enum insn_mode; NR_MODES: every mode */
	uint8_t op; /* enum insn_op, or 0 */
	bool own_base; /* only words with Rt = Rn */
	uint32_t flags;
	bool (*read)(const cs_insn *cs, struct operand *ret);
} sources[] = {
	/* Capstone decodes no STGP: cannot be compared. */
	{ MODE_PAIR_TAG, 0, false, 0, NULL },
	/*
	 * Capstone takes LDTR* and STTR* with Rt = Rn for forms with writeback,
	 * and decodes none of them: cannot be compared.
	 */
	{ MODE_IMM9, 0, true, INSN_UNPRIV, NULL },
	/* Capstone has the address of the literal, not a memory operand. */
	{ MODE_LITERAL, 0, false, 0, absolute },
	/* Capstone has the address register, not a memory operand. */
	{ MODE_SYS, 0, false, 0, last_register },
	/* Only the source is a memory operand. */
	{ MODE_MOPS, INSN_OP_COPY, false, 0, copy },
	/* Capstone has the registers, but no memory operand. */
	{ MODE_MOPS, INSN_OP_FILL, false, 0, fill },
	/* An immediate amount may be only in the text. */
	{ MODE_STRUCT, 0, false, INSN_POST, trailing_or_text },
	{ MODE_LANE, 0, false, INSN_POST, trailing_or_text },
	/* The amount is an operand of its own, after the memory operand. */
	{ NR_MODES, 0, false, INSN_POST, trailing },
};

static bool source_fits(const struct source *s, const struct insn *insn)
{
	return (s->mode == NR_MODES || s->mode == insn->form->mode) &&
	       (!s->op || s->op == insn->op) &&
	       (!s->own_base || insn->rt == insn->rn) &&
	       (insn->flags & s->flags) == s->flags;
}

bool second_agrees(struct decoder_second *second, const struct insn *insn)
{
	const struct operand mine = operand_of(insn);
	struct operand other = {
		.base = INSN_REG_NONE,
		.index = INSN_REG_NONE,
		.count = INSN_REG_NONE,
		.extend = EXTEND_UXTX,
	};
	bool (*read)(const cs_insn *cs, struct operand *ret) = plain;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (source_fits(&sources[i], insn)) {
			read = sources[i].read;
			break;
		}
	if (!read)
		return true;
	return second_decode(second, insn->word, 0) &&
	       second->insn->detail->arm64.op_count &&
	       read(second->insn, &other) && mine.base == other.base &&
	       mine.index == other.index && mine.count == other.count &&
	       mine.extend == other.extend && mine.shift == other.shift &&
	       mine.writeback == other.writeback && mine.post == other.post &&
	       mine.disp == other.disp;
}

/*
 * Capstone is slow, and two words of a loop may evict each other from the cache.
 * So confirmed words are remembered in sets of their own. No load or store is
 * word 0, so a zeroed set is empty.
 */
static bool agrees_once(struct decoder_cache *cache,
			struct decoder_second *second, const struct insn *insn)
{
	uint32_t *set = cache->agreed[cache_slot(insn->word)];

	for (unsigned int i = 0; i < DECODER_AGREED_WAYS; i++)
		if (set[i] == insn->word)
			return true;
	if (!second_agrees(second, insn))
		return false;
	memmove(set + 1, set, (DECODER_AGREED_WAYS - 1) * sizeof(*set));
	set[0] = insn->word;
	return true;
}

const struct insn *decoder_lookup_agreed(struct decoder_cache *cache,
					 struct decoder_second *second,
					 uint32_t word)
{
	struct insn *insn = (struct insn *)decoder_lookup(cache, word);

	if (insn->asked)
		return insn;
	insn->asked = true;
	if (!insn->error && !agrees_once(cache, second, insn)) {
		insn->error = -EPROTO;
		insn->refused = "Capstone names another memory operand";
	}
	return insn;
}
