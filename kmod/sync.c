// SPDX-License-Identifier: GPL-2.0-only
/*
 * TRAPLINE_SYNC_*: a stop costs a debugger one system call instead of one for
 * each register. User space may write to the page at any time, so each word is
 * read once. Only PSTATE needs a check.
 */
#include "sync.h"

#include <linux/errno.h>
#include <linux/string.h>
#include <asm/ptrace.h>
#include <trapline/abi.h>
#include "vcpu.h"

/* Source: Arm ARM, "SPSel, Stack Pointer Select". */
static u64 *sp_selected(struct el2_ctx *ctx)
{
	bool el1h = (ctx->pstate & PSR_MODE_MASK) == PSR_MODE_EL1h;

	return &ctx->reg[el1h ? EL2_SP_EL1 : EL2_SP_EL0];
}

static int general_in(struct vcpu *vcpu, const struct trapline_run *shared)
{
	struct el2_ctx *ctx = vcpu->ctx;
	int ret = vcpu_set_pstate(vcpu, READ_ONCE(shared->pstate));

	if (ret)
		return ret;
	memcpy(ctx->x, shared->x, sizeof(ctx->x));
	*sp_selected(ctx) = READ_ONCE(shared->sp);
	ctx->pc = READ_ONCE(shared->pc);
	return 0;
}

static void fp_in(struct vcpu *vcpu, const struct trapline_run *shared)
{
	BUILD_BUG_ON(sizeof(vcpu->fp.vregs) != sizeof(shared->v));
	memcpy(vcpu->fp.vregs, shared->v, sizeof(vcpu->fp.vregs));
	vcpu->fp.fpsr = READ_ONCE(shared->fpsr);
	vcpu->fp.fpcr = READ_ONCE(shared->fpcr);
}

int sync_in(struct vcpu *vcpu)
{
	const struct trapline_run *shared = trapline_run(vcpu->run);
	u64 dirty = READ_ONCE(vcpu->run->kvm_dirty_regs);
	int ret = 0;

	if (!dirty)
		return 0;
	if (dirty & ~TRAPLINE_SYNC_ALL)
		return -EINVAL;
	if (dirty & TRAPLINE_SYNC_GENERAL)
		ret = general_in(vcpu, shared);
	if (ret)
		return ret;
	if (dirty & TRAPLINE_SYNC_FP)
		fp_in(vcpu, shared);
	vcpu->run->kvm_dirty_regs = 0;
	return 0;
}

void sync_out(struct vcpu *vcpu)
{
	struct trapline_run *shared = trapline_run(vcpu->run);
	struct el2_ctx *ctx = vcpu->ctx;

	BUILD_BUG_ON(sizeof(*shared) > SYNC_REGS_SIZE_BYTES);
	if (!(READ_ONCE(vcpu->run->kvm_valid_regs) & TRAPLINE_SYNC_GENERAL))
		return;
	memcpy(shared->x, ctx->x, sizeof(ctx->x));
	shared->sp = *sp_selected(ctx);
	shared->pc = ctx->pc;
	shared->pstate = ctx->pstate;
}

void sync_out_fp(struct vcpu *vcpu)
{
	struct trapline_run *shared = trapline_run(vcpu->run);

	if (!(READ_ONCE(vcpu->run->kvm_valid_regs) & TRAPLINE_SYNC_FP))
		return;
	memcpy(shared->v, vcpu->fp.vregs, sizeof(shared->v));
	shared->fpsr = vcpu->fp.fpsr;
	shared->fpcr = vcpu->fp.fpcr;
}
