/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder.h - what one A64 instruction means to a debugger
 *
 * Pure functions of instruction words and registers; nothing guest-visible
 * happens here, nothing is allocated, every function may be called from any
 * thread. Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding".
 */
#ifndef TRAPLINE_DECODER_H
#define TRAPLINE_DECODER_H

#include <trapline/types.h>

/*
 * Classes that run control has to know by name: instructions that look at
 * or change the state a single-step borrows, and entry padding.
 */
enum insn_class {
	INSN_OTHER,
	INSN_NOP, /* NOP, BTI, PACIASP and other hints without effect */
	INSN_BRK,
	INSN_HLT,
	INSN_SVC,
	INSN_HVC,
	INSN_SMC,
	INSN_ERET, /* ERET, ERETAA, ERETAB */
	INSN_WFI, /* WFI, WFE, WFIT, WFET */
	INSN_MRS_DAIF, /* MRS Xt, DAIF */
	INSN_MSR_DAIF, /* MSR DAIF, Xt; MSR DAIFSet/DAIFClr, #imm */
	INSN_LOAD_EXCL, /* LDXR and relatives: a sequence begins */
	INSN_STORE_EXCL, /* STXR and relatives: it ends */
};

enum insn_class decoder_insn_class(uint32_t insn);

/* BRK #imm, as trapline plants it: "TL" in the comment field. */
#define TRAPLINE_BRK_IMM  0x544cU
#define INSN_BRK_IMM(imm) (0xd4200000U | ((uint32_t)(imm) << 5))

/*
 * Bytes of function entry to pass before the first instruction that ftrace
 * never rewrites: BTI, the patchable NOPs (or what ftrace made of them),
 * PACIASP. insns holds nr words from the function's first.
 */
unsigned int decoder_entry_padding(const uint32_t *insns, unsigned int nr);

#endif
