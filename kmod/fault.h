/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - instruction and data aborts from EL1 and EL0
 *
 * Called like exit_handle(): interrupts on, by the vCPU's own thread.
 */
#ifndef TRAPLINE_KMOD_FAULT_H
#define TRAPLINE_KMOD_FAULT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/sizes.h>
#include <asm/esr.h>
#include "access.h"
#include "el2/ctx.h"

struct vcpu;

#define HPFAR_FIPA GENMASK_ULL(43, 4)

static inline u64 fault_ipa(const struct el2_ctx *ctx)
{
	return FIELD_GET(HPFAR_FIPA, ctx->hpfar) << 12 |
	       (ctx->far & (SZ_4K - 1));
}

/*
 * A load or store of one register that is no part of an access which began on
 * another page: FAR_EL2 is then the first byte of this one, or might be.
 */
static inline bool fault_plain(u64 esr, u64 ipa)
{
	u64 offset = ipa & (SZ_4K - 1);

	return (esr & (ESR_ELx_ISV | ESR_ELx_CM)) == ESR_ELx_ISV && offset &&
	       offset + access_size(esr) <= SZ_4K;
}

/* As exit_fast(), of a data abort. */
bool fault_fast(struct vcpu *vcpu);
/* As exit_handle(): 1, the guest goes on; 0, an exit is in kvm_run; -errno. */
int fault_handle(struct vcpu *vcpu);
/* At the next KVM_RUN: take a read's data, step over the access. */
void fault_complete_mmio(struct vcpu *vcpu);

#endif
