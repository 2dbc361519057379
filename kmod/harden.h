/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harden.h - protect EL2 and the host from a guest's branch history
 *
 * Spectre v2 and its branch history variant (BHB): a guest trains the branch
 * predictor. The training must not steer EL2, nor the host after EL2. entry.S
 * has a vector table for each method of protection. All vCPUs use the same
 * table. It is chosen at load, by the rules that the host's kernel uses for
 * KVM. The module parameter "harden" overrides the choice, for tests. Reading
 * the parameter gives the method in use.
 *
 * Speculative store bypass (v4): nVHE turns it off at EL2 (SCTLR_EL2.DSSBS is
 * 0); VHE keeps the host's setting. A guest's PSTATE.SSBS is its own. Where
 * firmware switches the protection (SMCCC_ARCH_WORKAROUND_2), a guest runs with
 * its VMM's setting.
 */
#ifndef TRAPLINE_KMOD_HARDEN_H
#define TRAPLINE_KMOD_HARDEN_H

struct el2_ctx;

void harden_init(void);
/* Set the vector table that this vCPU runs with. Called once EL2 is ours. */
void harden_apply(struct el2_ctx *ctx);

#endif
