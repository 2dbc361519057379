/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - instruction and data aborts from EL1 and EL0
 *
 * Called as exit_handle() is: with interrupts on, by the vCPU's own thread.
 */
#ifndef TRAPLINE_KMOD_FAULT_H
#define TRAPLINE_KMOD_FAULT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/sizes.h>
#include <asm/esr.h>
#include "access.h"
#include "el2/ctx.h"
#include "regs.h"

struct vcpu;

static inline u64 fault_ipa(const struct el2_ctx *ctx)
{
	return FIELD_GET(HPFAR_FIPA, ctx->hpfar) << 12 |
	       (ctx->far & (SZ_4K - 1));
}

/*
 * True: the abort is a load or store of one register that does not cross a page
 * and did not begin on another page. If an access began on another page,
 * FAR_EL2 may be the first byte of this page, so offset 0 counts as not plain.
 */
static inline bool fault_plain(u64 esr, u64 ipa)
{
	u64 offset = ipa & (SZ_4K - 1);

	return (esr & (ESR_ELx_ISV | ESR_ELx_CM)) == ESR_ELx_ISV && offset &&
	       offset + access_size(esr) <= SZ_4K;
}

/* As exit_fast(), for a data abort. */
bool fault_fast(struct vcpu *vcpu);
/* As exit_handle(): 1: the guest continues; 0: kvm_run has an exit; -errno. */
int fault_handle(struct vcpu *vcpu);
/* At the next KVM_RUN: take a read's data and advance PC past the access. */
void fault_complete_mmio(struct vcpu *vcpu);

#endif
