// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make the guest take a synchronous exception to EL1. Source: Arm ARM,
 * "AArch64.TakeException" and "Synchronous exception entry".
 */
#include "exit.h"

#include <linux/bitfield.h>
#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include "regs.h"
#include "idreg.h"
#include "vcpu.h"

#define VECTOR_SP0   0x000
#define VECTOR_SPX   0x200
#define VECTOR_LOWER 0x400
#define VECTOR_32    0x600
/* In AArch32, the other bits of PSR_f are parts of ITSTATE and Q. */
#define KEPT_PSTATE                                                    \
	(PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT | PSR_DIT_BIT | \
	 PSR_PAN_BIT)

static bool from_el0(const struct vcpu *vcpu)
{
	return (vcpu->ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL0t;
}

static void inject_sync(struct vcpu *vcpu, u64 esr)
{
	struct el2_ctx *ctx = vcpu->ctx;
	u64 offset = VECTOR_SPX, pstate;

	vcpu_put(vcpu);
	if (from_el0(vcpu))
		offset = vcpu_aarch32(vcpu) ? VECTOR_32 : VECTOR_LOWER;
	else if ((ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL1t)
		offset = VECTOR_SP0;
	pstate = (ctx->pstate & KEPT_PSTATE) | PSR_MODE_EL1h | PSR_D_BIT |
		 PSR_A_BIT | PSR_I_BIT | PSR_F_BIT;
	if (!(ctx->reg[EL2_SCTLR] & SCTLR_EL1_SPAN) &&
	    FIELD_GET(MMFR1_PAN, idreg_host(SYS_ID_AA64MMFR1_EL1)))
		pstate |= PSR_PAN_BIT;
	if (ctx->reg[EL2_SCTLR] & SCTLR_ELx_DSSBS)
		pstate |= PSR_SSBS_BIT;
	ctx->reg[EL2_ESR] = esr;
	ctx->reg[EL2_ELR] = ctx->pc;
	ctx->reg[EL2_SPSR] = ctx->pstate;
	ctx->pc = ctx->reg[EL2_VBAR] + offset;
	ctx->pstate = pstate;
}

void inject_undefined(struct vcpu *vcpu)
{
	inject_sync(vcpu,
		    ((u64)ESR_ELx_EC_UNKNOWN << ESR_ELx_EC_SHIFT) | ESR_ELx_IL);
}

void inject_abort(struct vcpu *vcpu, bool fetch, u64 far)
{
	u64 ec = fetch ? ESR_ELx_EC_IABT_CUR : ESR_ELx_EC_DABT_CUR;

	/*
	 * For a lower exception level, the EC is one less than for the same
	 * level.
	 */
	if (from_el0(vcpu))
		ec -= 1;
	vcpu_put(vcpu);
	vcpu->ctx->reg[EL2_FAR] = far;
	inject_sync(vcpu,
		    (ec << ESR_ELx_EC_SHIFT) | ESR_ELx_IL | ESR_ELx_FSC_EXTABT);
}
