// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * insn.c - the A64 instructions that run control treats specially
 *
 * The classes are a table of mask and value; the first match wins. Source: Arm
 * ARM (DDI 0487), "A64 Instruction Set Encoding": "Branches, Exception
 * Generating and System instructions" and "Load/store exclusive" / "ordered".
 *
 * Function entries in the kernel: with CONFIG_DYNAMIC_FTRACE_WITH_ARGS of
 * arch/arm64, two NOPs follow an optional BTI. ftrace replaces them by
 * MOV X9, X30 and either BL or NOP.
 */
#include <trapline/decoder.h>

struct insn_pattern {
	uint32_t mask;
	uint32_t value;
	enum insn_class class;
};

static const struct insn_pattern patterns[] = {
	/* Hints: WFE, WFI, then all others, which count as NOP. */
	{ 0xffffffff, 0xd503205f, INSN_WFI },
	{ 0xffffffff, 0xd503207f, INSN_WFI },
	{ 0xfffff01f, 0xd503201f, INSN_NOP },
	/* WFET, WFIT Xt */
	{ 0xffffffc0, 0xd5031000, INSN_WFI },
	/* Exception generation */
	{ 0xffe0001f, 0xd4200000, INSN_BRK },
	{ 0xffe0001f, 0xd4400000, INSN_HLT },
	{ 0xffe0001f, 0xd4000001, INSN_SVC },
	{ 0xffe0001f, 0xd4000002, INSN_HVC },
	{ 0xffe0001f, 0xd4000003, INSN_SMC },
	/* ERET; ERETAA, ERETAB */
	{ 0xffffffff, 0xd69f03e0, INSN_ERET },
	{ 0xfffffbff, 0xd69f0bff, INSN_ERET },
	/* MRS Xt, DAIF; MSR DAIF, Xt; MSR DAIFSet and DAIFClr, #imm */
	{ 0xffffffe0, 0xd53b4220, INSN_MRS_DAIF },
	{ 0xffffffe0, 0xd51b4220, INSN_MSR_DAIF },
	{ 0xfffff0ff, 0xd50340df, INSN_MSR_DAIF },
	{ 0xfffff0ff, 0xd50340ff, INSN_MSR_DAIF },
	/* LDXR and LDAXR of all sizes; LDXP, LDAXP; then the stores. */
	{ 0x3fff7c00, 0x085f7c00, INSN_LOAD_EXCL },
	{ 0xbfff0000, 0x887f0000, INSN_LOAD_EXCL },
	{ 0x3fe07c00, 0x08007c00, INSN_STORE_EXCL },
	{ 0xbfe00000, 0x88200000, INSN_STORE_EXCL },
};

enum insn_class decoder_insn_class(uint32_t insn)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if ((insn & patterns[i].mask) == patterns[i].value)
			return patterns[i].class;
	return INSN_OTHER;
}

#define INSN_MOV_X9_X30 0xaa1e03e9U /* ORR X9, XZR, X30 */
#define INSN_BL_MASK    0xfc000000U
#define INSN_BL         0x94000000U

unsigned int decoder_entry_padding(const uint32_t *insns, unsigned int nr)
{
	unsigned int n = 0;

	while (n < nr && decoder_insn_class(insns[n]) == INSN_NOP)
		n++;
	/* ftrace has replaced the NOPs: its call returns after the BL. */
	if (n + 1 < nr && insns[n] == INSN_MOV_X9_X30 &&
	    ((insns[n + 1] & INSN_BL_MASK) == INSN_BL ||
	     decoder_insn_class(insns[n + 1]) == INSN_NOP))
		n += 2;
	while (n < nr && decoder_insn_class(insns[n]) == INSN_NOP)
		n++;
	return n * (unsigned int)sizeof(*insns);
}
