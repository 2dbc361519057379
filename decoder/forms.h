/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forms.h - the modes, sizes and fields of the rows of forms.c (decoder/ only)
 */
#ifndef DECODER_FORMS_H
#define DECODER_FORMS_H

#include <trapline/decoder.h>

/* struct insn_form.mode: the encoding of the offset and further registers */
enum insn_mode {
	MODE_BASE, /* no offset */
	MODE_IMM9, /* signed, bytes */
	MODE_IMM12, /* unsigned, elements */
	MODE_REG, /* Rm, option, S */
	MODE_LITERAL, /* signed 19 bits, words, from the PC */
	MODE_PAIR, /* signed 7 bits, elements */
	MODE_PAIR_TAG, /* signed 7 bits, tag granules */
	MODE_PAC, /* signed 10 bits, double words */
	MODE_TAG, /* signed 9 bits, tag granules */
	MODE_EXCL_PAIR, /* no offset, Rt2 */
	MODE_ATOMIC, /* no offset, Rs, A and R bits */
	MODE_BLOCK, /* no offset, eight registers from Rt on */
	MODE_STRUCT, /* multiple structures; post-index: Rm or all bytes */
	MODE_LANE, /* one lane of structures; post-index likewise */
	MODE_SYS, /* Xt is the address */
	MODE_MOPS, /* CPY*, SET* */
	NR_MODES,
};

/* struct insn_form.size: log2 of the element's size in bytes */
enum insn_size {
	SIZE_1, /* SIZE_1 to SIZE_16: fixed */
	SIZE_2,
	SIZE_4,
	SIZE_8,
	SIZE_16,
	SIZE_31_30, /* the field <31:30> */
	SIZE_30, /* 4 << bit 30 */
	SIZE_31, /* 4 << bit 31 */
	SIZE_VEC, /* 4 << field <31:30> */
	SIZE_11_10, /* the field <11:10> */
	NR_SIZES,
};

/* Fields that many forms share. */
#define INSN_RT      GENMASK_ULL(4, 0)
#define INSN_RN      GENMASK_ULL(9, 5)
#define INSN_RT2     GENMASK_ULL(14, 10)
#define INSN_RS      GENMASK_ULL(20, 16)
#define INSN_IMM7    GENMASK_ULL(21, 15)
#define INSN_IMM9    GENMASK_ULL(20, 12)
#define INSN_IMM12   GENMASK_ULL(21, 10)
#define INSN_IMM19   GENMASK_ULL(23, 5)
#define INSN_OPTION  GENMASK_ULL(15, 13)
#define INSN_S       BIT_ULL(12)
#define INSN_PAC_S   BIT_ULL(22)
#define INSN_A       BIT_ULL(23)
#define INSN_R       BIT_ULL(22)
#define INSN_Q       BIT_ULL(30)
#define INSN_OPCODE4 GENMASK_ULL(15, 12)
#define INSN_OPCODE3 GENMASK_ULL(15, 13)
#define INSN_LANE_R  BIT_ULL(21)
#define INSN_LANE_SZ GENMASK_ULL(11, 10)
#define INSN_TAG_TWO BIT_ULL(23) /* ST2G, STZ2G */

/* MOPS: the stage, the direction, and unprivileged accesses. */
#define MOPS_STAGE_CPY        GENMASK_ULL(23, 22)
#define MOPS_STAGE_SET        GENMASK_ULL(15, 14)
#define MOPS_DIRECTED         BIT_ULL(26) /* CPY, not CPYF; SETG, not SET */
#define MOPS_CPY_WRITE_UNPRIV BIT_ULL(12)
#define MOPS_CPY_READ_UNPRIV  BIT_ULL(13)
#define MOPS_SET_UNPRIV       BIT_ULL(12)
#define MOPS_CHUNK            64U /* the most bytes of one step */

/* Fibonacci hashing: the high bits of the product are mixed best. */
static inline uint32_t cache_slot(uint32_t word)
{
	return (word * 0x9e3779b1U) >> (32 - DECODER_CACHE_BITS);
}

/* Find the row of a word. Returns 0, -ENOENT or -EILSEQ. */
int form_find(uint32_t word, const struct insn_form **ret);

/* The parts of decoder_access() and decoder_apply() for MOPS. */
void mops_access(const struct insn *insn, const struct insn_regs *regs,
		 struct access *ret);
int mops_apply(const struct insn *insn, const struct access *acc,
	       struct insn_regs *regs, const struct decoder_env *env,
	       const void *old, void *stored);

/* The part of decoder_apply() for SIMD structures. */
void struct_load(const struct insn *insn, unsigned __int128 *v,
		 const uint8_t *old);
void struct_store(const struct insn *insn, const unsigned __int128 *v,
		  uint8_t *stored);

#endif
