// SPDX-License-Identifier: GPL-2.0-only
/*
 * See account.h. Source: include/linux/kvm_host.h and include/linux/entry-kvm.h
 * of the kernel (entry-virt.h since 6.18).
 */
#include "account.h"

#include <linux/bottom_half.h>
#include <linux/context_tracking.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <asm/barrier.h>
#include "gate.h"

/* jiffies when this CPU last reported a quiescent state to RCU. */
static DEFINE_PER_CPU(unsigned long, told);

bool account_enter(void)
{
	bool track = context_tracking_enabled_this_cpu();

	guest_timing_enter_irqoff();
	if (!track && __this_cpu_read(told) != jiffies) {
		__this_cpu_write(told, jiffies);
		rcu_note_context_switch(false);
	}
	return track;
}

/*
 * RCU does not watch this CPU between the two calls. So no function that can be
 * traced may be called there.
 */
noinstr u64 account_run(struct el2_ctx *ctx)
{
	u64 code;

	guest_state_enter_irqoff();
	code = gate_run(ctx);
	guest_state_exit_irqoff();
	return code;
}

/*
 * In kernels before 6.8, softirqs are disabled from kernel_neon_begin() to
 * kernel_neon_end(), and a tick that comes while softirqs are disabled counts
 * as system time. So enable softirqs for this moment. Softirqs cannot use FP,
 * because the kernel sees that FP is in use.
 */
void account_exit(bool interrupted)
{
	if (interrupted) {
		bool held = softirq_count();

		if (held)
			_local_bh_enable();
		local_irq_enable();
		isb();
		local_irq_disable();
		if (held)
			local_bh_disable();
	}
	guest_timing_exit_irqoff();
}

/*
 * Older kernels take a struct kvm_vcpu, because they write to its kvm_run that
 * a signal is pending. No code reads this kvm_run.
 */
void account_work(void)
{
	static struct kvm_run run;
	static struct kvm_vcpu vcpu = { .run = &run };

	/* -EINTR: a signal is pending. vcpu_requests() sees the signal. */
	compat_work(&vcpu);
}
