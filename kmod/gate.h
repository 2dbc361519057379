/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gate.h - call the services of EL2, on either kind of host
 *
 * nVHE: an HVC (el2/vectors.S). VHE: a function call with all of DAIF masked.
 * Callers of gate_run() and gate_put() have interrupts off, and have checked
 * that the context's pstate is a mode of EL0 or EL1. gate_tlb_flush() may be
 * called from anywhere, with preemption on or off. A call returns an error if
 * EL2 took an exception of its own during the call, or if EL2 has another
 * owner. The error is logged here, once.
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

/* Run the vCPU until the host half must handle an exit. Returns EL2_EXIT_*. */
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

/* Save into the context the state that gate_run() left in the CPU. */
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
 * Flush what op says, for the VMID in vttbr. Only EL2_TLB_PAGE uses ipa.
 * Returns 0, or -EIO, logged once: EL2 does not answer on this CPU, and nothing
 * was flushed.
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

/* SCTLR_EL1 of a guest, whether its state is in the CPU or not. */
static inline u64 gate_sctlr(const struct el2_ctx *ctx)
{
	return ctx->resident && gate_vhe() ? read_sysreg_s(SYS_SCTLR_EL12)
					   : ctx->reg[EL2_SCTLR];
}

/* ICH_VTR_EL2. Call this only if the CPU has a GICv3 interface. */
static inline u64 gate_vtr(void)
{
	return gate_vhe() ? read_sysreg_s(SYS_ICH_VTR_EL2)
			  : el2_hvc(EL2_CALL_VTR, 0);
}

#endif
