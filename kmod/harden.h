/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harden.h - branch predictors on the way from a guest into EL2
 *
 * Spectre v2 and its branch history variant (BHB): what a guest has taught
 * the predictor must not steer EL2, nor the host behind it. entry.S has a
 * vector table for each way to see to that; which one all vCPUs run with is
 * chosen at load, as the host's kernel chooses for KVM, or told by the module
 * parameter "harden" (to test them), which then reads as what was chosen.
 *
 * Speculative store bypass (v4) is off at EL2 (nVHE: SCTLR_EL2.DSSBS is 0) or
 * as the host has it (VHE); a guest's PSTATE.SSBS is its own. Where firmware
 * switches it (SMCCC_ARCH_WORKAROUND_2) a guest runs as its VMM does.
 */
#ifndef TRAPLINE_KMOD_HARDEN_H
#define TRAPLINE_KMOD_HARDEN_H

struct el2_ctx;

void harden_init(void);
/* The vectors to run this vCPU with, once EL2 is ours. */
void harden_apply(struct el2_ctx *ctx);

#endif
