// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN of one vCPU. Source: Documentation/virt/kvm/api.rst.
 *
 * The loop: check for reasons to leave KVM_RUN; disable interrupts; give the
 * guest its interrupts and its timer; gate_run(); handle the exit at once if
 * exit_fast() can; fold the list registers; enable interrupts (the host takes
 * the one that ended the run); give the exit to exit.c. From vcpu_load() to
 * vcpu_put() the CPU keeps the part of the guest's state that the host does not
 * need to replace.
 */
#include "vcpu.h"

#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <asm/esr.h>
#include <asm/neon.h>
#include <asm/ptrace.h>
#include "account.h"
#include "cpu.h"
#include "events.h"
#include "exit.h"
#include "fault.h"
#include "gate.h"
#include "knobs.h"
#include "regs.h"
#include "sync.h"
#include "timer.h"
#include "tracepoints.h"
#include "vm.h"

/*
 * EL3h: the ERET to this mode is illegal, so EL2 takes an exception of its own.
 */
#define PSTATE_ILLEGAL (0xd | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)

/* How a run ended. */
enum entered {
	ENTERED_FAILED, /* EL2 is not ours on this CPU */
	ENTERED_NOT, /* the guest was not entered: there are requests */
	ENTERED_DONE, /* the last exit has been handled */
	ENTERED_EXIT,
};

static void vcpu_fp_get(struct vcpu *vcpu)
{
	if (!vcpu->fp_wanted || vcpu->ctx->fp_loaded)
		return;
	compat_neon(kernel_neon_begin, &vcpu->fp);
	fp_load(&vcpu->fp);
	vcpu->ctx->fp_loaded = true;
}

void vcpu_fp_put(struct vcpu *vcpu)
{
	if (!vcpu->ctx->fp_loaded)
		return;
	fp_save(&vcpu->fp);
	vcpu->ctx->fp_loaded = false;
	compat_neon(kernel_neon_end, &vcpu->fp);
}

/* The VM's vCPUs share the VMID, and may map the same VA to different pages. */
static int sisters_flush(struct vcpu *vcpu)
{
	unsigned int *last = this_cpu_ptr(vcpu->vm->last_vcpu);
	int ret;

	if (*last == vcpu->id + 1)
		return 0;
	ret = gate_tlb_flush(EL2_TLB_LOCAL, vcpu->ctx->vttbr, 0);
	if (!ret)
		*last = vcpu->id + 1;
	return ret;
}

/* The traps and the switch depend on the features of this CPU. */
static void cpu_apply(struct el2_ctx *ctx)
{
	const struct host_cpu *cpu = cpu_here();

	ctx->has = cpu->has;
	ctx->hcr = (ctx->hcr & ~HOST_CPU_HCR) | cpu->hcr;
}

int vcpu_load(struct vcpu *vcpu)
{
	int ret;

	if (vcpu->loaded)
		return 0;
	preempt_disable();
	cpu_apply(vcpu->ctx);
	/* No other vCPU gets a VMID on this CPU before vcpu_put(). */
	ret = stage2_vttbr(&vcpu->vm->stage2, &vcpu->ctx->vttbr);
	if (!ret)
		ret = sisters_flush(vcpu);
	vcpu->loaded = !ret;
	if (ret)
		preempt_enable();
	return ret;
}

void vcpu_put(struct vcpu *vcpu)
{
	unsigned long flags;

	vcpu_fp_put(vcpu);
	if (!vcpu->loaded)
		return;
	local_irq_save(flags);
	gate_put(vcpu->ctx);
	vgic_put(vcpu);
	local_irq_restore(flags);
	vcpu->loaded = false;
	preempt_enable();
}

void vcpu_kick(struct vcpu *vcpu)
{
	unsigned long flags;

	wake_up(&vcpu->wait);
	spin_lock_irqsave(&vcpu->kick_lock, flags);
	if (vcpu->task)
		kick_process(vcpu->task);
	spin_unlock_irqrestore(&vcpu->kick_lock, flags);
}

static bool vcpu_work(struct vcpu *vcpu)
{
	return account_work_pending() || READ_ONCE(vcpu->stop) ||
	       READ_ONCE(vcpu->power_off) || READ_ONCE(vcpu->reset.pending) ||
	       vcpu_immediate_exit(vcpu);
}

int vcpu_system_event(struct vcpu *vcpu, u32 type)
{
	memset(&vcpu->run->system_event, 0, sizeof(vcpu->run->system_event));
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = type;
	return 0;
}

/*
 * Handle requests of other threads. 1: continue; 0: an exit; -EINTR; -EIO: the
 * VM is dead.
 */
static int vcpu_requests(struct vcpu *vcpu)
{
	for (;;) {
		if (READ_ONCE(vcpu->vm->dead))
			return -EIO;
		if (signal_pending(current) || vcpu_immediate_exit(vcpu) ||
		    xchg(&vcpu->stop, false)) {
			vcpu_count(vcpu, STAT_SIGNAL);
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
		if (vcpu_reset_asked(vcpu))
			debug_begin(vcpu, false);
		if (!READ_ONCE(vcpu->power_off) && !vcpu->suspended)
			return 1;
		vcpu_put(vcpu);
		if (vcpu->suspended && !READ_ONCE(vcpu->power_off)) {
			timer_wait(vcpu);
			if (timer_wakes(vcpu))
				return vcpu_system_event(
					vcpu, KVM_SYSTEM_EVENT_WAKEUP);
			continue;
		}
		wait_event_interruptible(vcpu->wait,
					 !READ_ONCE(vcpu->power_off) ||
						 READ_ONCE(vcpu->stop) ||
						 vcpu_immediate_exit(vcpu));
	}
}

static enum entered vcpu_enter(struct vcpu *vcpu, u64 *ret_code)
{
	enum entered entered = ENTERED_NOT;

	if (vcpu_load(vcpu))
		return ENTERED_FAILED;
	if (vcpu_aarch32(vcpu) && !cpu_here()->aarch32) {
		/* CPUs differ, and EL2 cannot return to AArch32 on this one. */
		inject_undefined(vcpu);
		return ENTERED_NOT;
	}
	vcpu_fp_get(vcpu);
	local_irq_disable();
	if (!vcpu_work(vcpu)) {
		bool track = account_enter();

		timer_enter(vcpu);
		do {
			if (READ_ONCE(vcpu->vgic.stale) ||
			    vcpu->ctx->vgic.used_lrs)
				vgic_enter(vcpu);
			if (!debug_enter(vcpu))
				break;
			stage2_check_entry(&vcpu->vm->stage2);
			trace_trapline_entry(vcpu->id, vcpu->ctx->pc);
			*ret_code = track ? account_run(vcpu->ctx)
					  : gate_run(vcpu->ctx);
			trace_trapline_exit(vcpu->id, vcpu->ctx->pc, *ret_code,
					    vcpu->ctx->esr);
			debug_leave(vcpu);
			record_exit(vcpu, *ret_code);
			vcpu_count(vcpu, *ret_code
						 ? STAT_CODE + *ret_code
						 : ESR_ELx_EC(vcpu->ctx->esr));
			entered = *ret_code == EL2_EXIT_SYNC && exit_fast(vcpu)
					  ? ENTERED_DONE
					  : ENTERED_EXIT;
		} while (entered == ENTERED_DONE && !vcpu_work(vcpu) &&
			 !vcpu->vgic.nr_ended);
		vgic_leave(vcpu);
		account_exit(*ret_code == EL2_EXIT_IRQ ||
			     *ret_code == EL2_EXIT_FIQ);
	}
	local_irq_enable();
	vgic_tell_ended(vcpu);
	return entered;
}

static int vcpu_exit(struct vcpu *vcpu, u64 code)
{
	u64 pc = vcpu->ctx->pc;
	int ret, aet = knob_value(KNOB_SERROR);

	if (unlikely(aet)) {
		vcpu->ctx->esr = ESR_SERROR_AET(aet - 1);
		code = EL2_EXIT_SERROR;
	}
	ret = exit_handle(vcpu, code);
	if (vcpu->ctx->pc != pc)
		vcpu->ctx->pstate &= ~(u64)DBG_SPSR_SS;
	return ret;
}

static int vcpu_enter_once(struct vcpu *vcpu)
{
	u64 code = 0;

	switch (vcpu_enter(vcpu, &code)) {
	case ENTERED_FAILED:
		return -EIO;
	case ENTERED_EXIT:
		return vcpu_exit(vcpu, code);
	default:
		return 1;
	}
}

static int vcpu_loop(struct vcpu *vcpu)
{
	int ret;

	do {
		if (account_work_pending()) {
			vcpu_put(vcpu);
			account_work();
		}
		debug_fetch(vcpu);
		ret = vcpu_requests(vcpu);
		catch_apply(vcpu);
		if (ret > 0)
			ret = vcpu_enter_once(vcpu);
	} while (ret > 0);
	vcpu_put(vcpu);
	compat_rseq_exit();
	return ret;
}

static void vcpu_set_task(struct vcpu *vcpu, struct task_struct *task)
{
	spin_lock_irq(&vcpu->kick_lock);
	vcpu->task = task;
	spin_unlock_irq(&vcpu->kick_lock);
}

long vcpu_run(struct vcpu *vcpu, unsigned long arg)
{
	bool finished = vcpu->mmio_pending;
	sigset_t old;
	long ret;

	if (!vcpu->inited || arg)
		return vcpu->inited ? -EINVAL : -ENOEXEC;
	if (READ_ONCE(vcpu->vm->dead))
		return -EIO;
	ret = vgic_run_check(vcpu->vm);
	if (!ret)
		ret = sync_in(vcpu);
	if (ret)
		return ret;
	WRITE_ONCE(vcpu->vm->ran, true);
	vcpu->ran = true;
	if (vcpu->anew)
		stage2_check_reset(&vcpu->vm->stage2);
	vcpu->anew = false;
	fault_complete_mmio(vcpu);
	finished |= catch_complete(vcpu);
	/* kvm_run still has the exit that was just completed. */
	if (vcpu_immediate_exit(vcpu)) {
		sync_out(vcpu);
		return -EINTR;
	}
	/*
	 * Keep FP loaded during a series of emulated accesses: some of them use
	 * FP registers.
	 */
	if (READ_ONCE(vcpu->run->exit_reason) != KVM_EXIT_MEMORY_FAULT)
		vcpu->fp_wanted = false;
	/* An error from here on must not look like the previous exit. */
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	debug_begin(vcpu, finished);
	if (knob_take(KNOB_BUG))
		vcpu->ctx->pstate = PSTATE_ILLEGAL;
	events_sigmask_enter(vcpu, &old);
	vcpu_set_task(vcpu, current);
	ret = vcpu_loop(vcpu);
	debug_end(vcpu);
	record(vcpu, TRAPLINE_RECORD_USER, vcpu->run->exit_reason);
	vcpu_set_task(vcpu, NULL);
	events_sigmask_leave(vcpu, &old);
	sync_out(vcpu);
	return ret;
}
