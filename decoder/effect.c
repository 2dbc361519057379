// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * effect.c - the general registers that an instruction changes, and the
 * instruction that may follow it
 *
 * Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding". decoder_decode()
 * handles loads and stores. Of the other groups, only the forms that move or
 * compute an address are described exactly. For any other instruction the
 * result may have too many registers, but never too few.
 */
#include <trapline/decoder.h>

#include <trapline/arm64.h>

#define RD  GENMASK_ULL(4, 0)
#define RN  GENMASK_ULL(9, 5)
#define RM  GENMASK_ULL(20, 16)
#define OP0 GENMASK_ULL(28, 25)

#define IMM12 GENMASK_ULL(21, 10)
#define IMM14 GENMASK_ULL(18, 5)
#define IMM16 GENMASK_ULL(20, 5)
#define IMM19 GENMASK_ULL(23, 5)
#define IMM26 GENMASK_ULL(25, 0)
#define IMMLO GENMASK_ULL(30, 29)
#define IMMHI GENMASK_ULL(23, 5)
#define SHIFT BIT_ULL(22) /* ADD (immediate): LSL #12 */
#define HW    GENMASK_ULL(22, 21) /* MOVZ: place of the 16 bits */
#define SF    BIT_ULL(31)
#define SUB   BIT_ULL(30)
#define FLAGS BIT_ULL(29)

#define SP        31
#define ALL_REGS  GENMASK_ULL(30, 0)
/* The registers that a callee may change (AAPCS64, SMCCC). */
#define CALL_REGS (GENMASK_ULL(18, 0) | BIT_ULL(30))

static int64_t sign_extend(uint64_t value, unsigned int bits)
{
	return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static bool is(uint32_t word, uint32_t mask, uint32_t value)
{
	return (word & mask) == value;
}

static uint32_t bit_of(unsigned int reg, bool is_sp)
{
	return reg != SP || is_sp ? (uint32_t)BIT_ULL(reg) : 0;
}

/* --- data processing -------------------------------------------------------*/

static void set_const(struct insn_effect *e, uint64_t value)
{
	e->kind = INSN_EFFECT_CONST;
	e->imm = (int64_t)value;
}

static void immediate(uint32_t word, va_t pc, struct insn_effect *e)
{
	unsigned int hw = 16 * (unsigned int)FIELD_GET(HW, word);
	uint64_t imm;

	e->dst = bit_of(e->rd, false);
	if (is(word, 0x1f000000, 0x10000000)) { /* ADR, ADRP */
		imm = (uint64_t)sign_extend(FIELD_GET(IMMHI, word) << 2 |
						    FIELD_GET(IMMLO, word),
					    21);
		if (word & SF)
			set_const(e, ALIGN_DOWN(pc, SZ_4K) + imm * SZ_4K);
		else
			set_const(e, pc + imm);
	} else if (is(word, 0x1f800000, 0x11000000)) { /* ADD, SUB */
		e->dst = bit_of(e->rd, !(word & FLAGS));
		if (!(word & SF))
			return;
		e->kind = INSN_EFFECT_ADD;
		e->imm = (int64_t)(FIELD_GET(IMM12, word)
				   << (word & SHIFT ? 12 : 0));
		if (word & SUB)
			e->imm = -e->imm;
	} else if (is(word, 0xff800000, 0xd2800000)) { /* MOVZ Xd */
		set_const(e, FIELD_GET(IMM16, word) << hw);
	} else if (is(word, 0xff800000, 0x92800000)) { /* MOVN Xd */
		set_const(e, ~(FIELD_GET(IMM16, word) << hw));
	} else if (is(word, 0xff800000, 0x52800000) && hw < 32) { /* MOVZ Wd */
		set_const(e, FIELD_GET(IMM16, word) << hw);
	} else if (!is(word, 0x1f800000, 0x12800000)) {
		/* In ADDG, SUBG and logical instructions, 31 is SP. */
		e->dst = bit_of(e->rd, true);
	}
}

static void registers(uint32_t word, struct insn_effect *e)
{
	bool extended = is(word, 0x1f200000, 0x0b200000);

	e->dst = bit_of(e->rd, extended);
	if (is(word, 0xffe0ffe0, 0xaa0003e0)) { /* MOV Xd, Xm */
		e->rn = (uint8_t)FIELD_GET(RM, word);
		if (e->rn == SP)
			set_const(e, 0);
		else
			e->kind = INSN_EFFECT_ADD;
	} else if (is(word, 0xffe0fc00, 0x8b000000)) { /* ADD Xd, Xn, Xm */
		e->kind = INSN_EFFECT_SUM;
		e->rm = (uint8_t)FIELD_GET(RM, word);
		if (e->rn == SP || e->rm == SP)
			e->kind = INSN_EFFECT_OTHER;
	} else if (is(word, 0x1fe00000, 0x1a400000)) { /* CCMN, CCMP */
		e->dst = 0;
	}
}

/* --- branches, exceptions, system ------------------------------------------*/

static void target(struct insn_effect *e, va_t pc, uint64_t words,
		   unsigned int bits)
{
	e->has_target = true;
	e->target = pc + (uint64_t)(sign_extend(words, bits) * INSN_SIZE);
}

static void branch_register(uint32_t word, struct insn_effect *e)
{
	/* BLR, BLRAAZ and the like, BLRAA and the like */
	if (is(word, 0xfeff0000, 0xd63f0000)) {
		e->kind = INSN_EFFECT_CALL;
		e->dst = CALL_REGS;
		return;
	}
	e->falls = false;
	/* RET, ERET, DRPS; all others are BR. */
	if (!is(word, 0xfedf0000, 0xd65f0000) &&
	    !is(word, 0xffff0000, 0xd69f0000) &&
	    !is(word, 0xffffffff, 0xd6bf03e0))
		e->kind = INSN_EFFECT_JUMP;
}

static void system_insn(uint32_t word, struct insn_effect *e)
{
	if (is(word, 0xfffff01f, 0xd503201f)) { /* hints */
		/* PACIA1716 and its like change X17, XPACLRI X30. */
		if (is(word, 0xffffff1f, 0xd503211f))
			e->dst = BIT_ULL(17);
		else if (word == 0xd50320ff)
			e->dst = BIT_ULL(30);
	} else if (is(word, 0xffc00000, 0xd5400000)) { /* MRRS */
		e->dst = ALL_REGS;
	} else if (is(word, 0xffe00000, 0xd5200000)) { /* MRS, SYSL */
		e->dst = bit_of(e->rd, false);
		if (is(word, 0xffffffe0, 0xd5384100))
			e->kind = INSN_EFFECT_SP_EL0;
	}
}

static void branch(uint32_t word, va_t pc, struct insn_effect *e)
{
	if (is(word, 0x7c000000, 0x14000000)) { /* B, BL */
		target(e, pc, FIELD_GET(IMM26, word), 26);
		e->falls = word & SF;
		if (e->falls) {
			e->kind = INSN_EFFECT_CALL;
			e->dst = CALL_REGS;
		}
	} else if (is(word, 0xff000000, 0x54000000) || /* B.cond, BC.cond */
		   is(word, 0x7e000000, 0x34000000)) { /* CBZ, CBNZ */
		target(e, pc, FIELD_GET(IMM19, word), 19);
	} else if (is(word, 0x7e000000, 0x36000000)) { /* TBZ, TBNZ */
		target(e, pc, FIELD_GET(IMM14, word), 14);
	} else if (is(word, 0xfe000000, 0xd6000000)) {
		branch_register(word, e);
	} else if (is(word, 0xff000000, 0xd4000000)) {
		/*
		 * SVC, HVC, SMC: a call. BRK: the kernel continues after a
		 * WARN.
		 */
		if (decoder_insn_class(word) != INSN_BRK)
			e->dst = CALL_REGS;
	} else if (is(word, 0xff000000, 0xd5000000)) {
		system_insn(word, e);
	} else {
		e->kind = INSN_EFFECT_UNKNOWN;
	}
}

/* --- loads and stores ------------------------------------------------------*/

static void memory(uint32_t word, struct insn_effect *e)
{
	struct insn insn;

	if (decoder_decode(word, &insn)) {
		e->dst = ALL_REGS | BIT_ULL(SP);
		return;
	}
	e->dst = insn.x_dst;
	if (insn.op == INSN_OP_LOAD && !(insn.flags & INSN_VEC))
		e->kind = INSN_EFFECT_LOAD;
}

void decoder_effect(uint32_t word, va_t pc, struct insn_effect *ret)
{
	struct insn_effect e = {
		.kind = INSN_EFFECT_OTHER,
		.rd = (uint8_t)FIELD_GET(RD, word),
		.rn = (uint8_t)FIELD_GET(RN, word),
		.rm = INSN_REG_NONE,
		.falls = true,
	};

	switch (FIELD_GET(OP0, word)) {
	case 0x8:
	case 0x9:
		immediate(word, pc, &e);
		break;
	case 0xa:
	case 0xb:
		branch(word, pc, &e);
		break;
	case 0x4:
	case 0x6:
	case 0xc:
	case 0xe:
		memory(word, &e);
		break;
	case 0x5:
	case 0xd:
		registers(word, &e);
		break;
	case 0x7:
	case 0xf:
		/*
		 * Some of these instructions move a number to a general
		 * register.
		 */
		e.dst = bit_of(e.rd, false);
		break;
	default:
		e.kind = INSN_EFFECT_UNKNOWN;
	}
	if (e.kind == INSN_EFFECT_UNKNOWN)
		e.dst = (uint32_t)(ALL_REGS | BIT_ULL(SP));
	*ret = e;
}
