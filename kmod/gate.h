/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gate.h - the services of EL2, one line each, for either kind of host
 *
 * nVHE: an HVC (el2/vectors.S). VHE: a call, all of DAIF masked. Callers have
 * interrupts off for gate_run() and gate_put() and have seen to it that the
 * context's pstate is one of EL0's or EL1's; gate_tlb_flush() may be called
 * from anywhere, with preemption on or off. A call that an exception of EL2's
 * own has ended, or that finds another owner at EL2, returns an error, which
 * is logged here, once.
 */
#ifndef TRAPLINE_KMOD_GATE_H
#define TRAPLINE_KMOD_GATE_H

#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <asm/sysreg.h>
#include <asm/virt.h>
#include "el2/ctx.h"
#include "el2/el2.h"
#include "knobs.h"
#include "own.h"

static inline bool gate_vhe(void)
{
	return read_sysreg(CurrentEL) == CurrentEL_EL2;
}

/* Runs the vCPU until it needs the host half; EL2_EXIT_*. */
static inline u64 gate_run(struct el2_ctx *ctx)
{
	u64 daif, code;

	if (!gate_vhe())
		return el2_hvc(EL2_CALL_RUN, virt_to_phys(ctx));
	daif = read_sysreg(daif);
	asm volatile("msr daifset, #0xf" : : : "memory");
	__this_cpu_write(el2_running, ctx);
	code = el2_run_vhe(ctx);
	write_sysreg(daif, daif);
	return code;
}

/* What gate_run() left in the CPU, into the context. */
static inline void gate_put(struct el2_ctx *ctx)
{
	u64 daif, ret;

	if (gate_vhe()) {
		daif = read_sysreg(daif);
		asm volatile("msr daifset, #0xf" : : : "memory");
		el2_put_vhe(ctx);
		write_sysreg(daif, daif);
	} else {
		ret = el2_hvc(EL2_CALL_PUT, virt_to_phys(ctx));
		if (ret)
			own_report_bug(ret);
	}
}

/*
 * What op says, of the VMID in vttbr; ipa with EL2_TLB_PAGE alone. 0, or -EIO:
 * EL2 does not answer on this CPU, and nothing has been flushed. Logged, once.
 */
static inline int gate_tlb_flush(enum el2_tlb op, u64 vttbr, u64 ipa)
{
	unsigned long flags;
	u64 daif, ret = 0;

	if (knob_take(KNOB_FLUSH_FAILS))
		return -EIO;
	local_irq_save(flags);
	if (gate_vhe()) {
		daif = read_sysreg(daif);
		asm volatile("msr daifset, #0xf" : : : "memory");
		el2_tlb_flush_vhe(op, vttbr, ipa);
		write_sysreg(daif, daif);
	} else {
		ret = el2_hvc3(EL2_CALL_TLB, op, vttbr, ipa);
		if (ret)
			own_report_bug(ret);
	}
	local_irq_restore(flags);
	return ret ? -EIO : 0;
}

/* CNTV_CTL_EL0 of the guest whose state is in the CPU. */
static inline u64 gate_timer_ctl(void)
{
	return gate_vhe() ? read_sysreg_s(SYS_CNTV_CTL_EL02)
			  : read_sysreg(cntv_ctl_el0);
}

/* SCTLR_EL1 of a guest, whose state is in the CPU or is not. */
static inline u64 gate_sctlr(const struct el2_ctx *ctx)
{
	return ctx->resident && gate_vhe() ? read_sysreg_s(SYS_SCTLR_EL12)
					   : ctx->reg[EL2_SCTLR];
}

/* ICH_VTR_EL2; only where the CPU has a GICv3 interface. */
static inline u64 gate_vtr(void)
{
	return gate_vhe() ? read_sysreg_s(SYS_ICH_VTR_EL2)
			  : el2_hvc(EL2_CALL_VTR, 0);
}

#endif
