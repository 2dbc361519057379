/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.h - one vCPU: its context, its KVM_RUN, how others reach it
 *
 * vcpu->mutex is held over every vCPU ioctl, so over all of KVM_RUN: what has
 * no other lock named belongs to its holder. Others reach a vCPU through its
 * reset request (under kick_lock), the VGIC's own state, and vcpu_kick().
 */
#ifndef TRAPLINE_KMOD_VCPU_H
#define TRAPLINE_KMOD_VCPU_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/signal_types.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <asm/ptrace.h>
#include <uapi/linux/kvm.h>
#include "catch.h"
#include "compat.h"
#include "debug.h"
#include "el2/ctx.h"
#include "quick.h"
#include "record.h"
#include "stage2.h"
#include "vgic/vgic.h"

struct vm;

#define VCPUS_PER_AFF1 16U /* as many as ICC_SGI1R_EL1 has bits for */

struct vcpu {
	struct vm *vm;
	unsigned int id;
	unsigned int nth; /* in order of creation */
	struct mutex mutex;
	struct el2_ctx *ctx;
	struct kvm_run *run; /* shared with user space: written, never trusted */
	struct stage2_cache cache;
	struct quick_span quick[QUICK_SPANS];
	bool quick_busy; /* quick_forget() waits for it */

	bool sigmask_set; /* KVM_RUN has sigmask instead of the thread's */
	sigset_t sigmask;

	bool inited;
	bool ran; /* KVM_RUN was called */
	bool anew; /* initialised again, and not run since */
	u32 features;
	bool mmio_pending; /* the last exit was KVM_EXIT_MMIO, unfinished */
	u32 mmio_esr;
	struct user_fpsimd_state fp; /* fp.S has the layout, too */
	struct vcpu_debug debug;
	struct vcpu_catch catch;
	struct recorder recorder;
	bool cleaned; /* by set and way: HCR_EL2.TVM waits for what follows */
	bool fp_wanted; /* the guest has used FP in this KVM_RUN */
	bool loaded; /* the CPU has the guest's state: preemption is off */

	spinlock_t kick_lock; /* task, power_off, reset */
	struct task_struct *task; /* in KVM_RUN */
	bool power_off;
	struct {
		bool pending;
		u64 pc, x0;
		bool big_endian; /* SCTLR_EL1.EE, as the caller has it */
	} reset;
	bool suspended; /* KVM_MP_STATE_SUSPENDED */
	bool stop; /* leave KVM_RUN: SYSTEM_OFF of another vCPU, vm->dead */
	wait_queue_head_t wait;

	struct hrtimer wake; /* the virtual timer, while the guest waits */
	struct {
		u64 ctl, cval;
		struct hrtimer wake;
	} phys;
	struct vgic_cpu vgic;
};

/* A descriptor or -errno. */
int vcpu_create_fd(struct vm *vm, unsigned int id);
/* With the VM: nobody has a descriptor any more. */
void vcpu_destroy(struct vcpu *vcpu);

/* Something changed that the vCPU has to look at. Any context. */
void vcpu_kick(struct vcpu *vcpu);
/*
 * No sleep, no migration from here to vcpu_put(); gate_run() may be called.
 * 0, or -EIO: EL2 does not answer on this CPU, and nothing has changed.
 */
int vcpu_load(struct vcpu *vcpu);
/*
 * The guest's state out of the CPU, into vcpu->ctx and vcpu->fp. Exit handlers
 * start with it in: to be called before anything that sleeps, and before a
 * look at ctx->reg[] or the timer's registers. The next entry loads it again.
 */
void vcpu_put(struct vcpu *vcpu);
/* FP alone, so that the host can have softirqs. */
void vcpu_fp_put(struct vcpu *vcpu);
/* Back to the state after KVM_ARM_VCPU_INIT. */
void vcpu_reset(struct vcpu *vcpu);
u64 vcpu_mpidr(const struct vcpu *vcpu);
/* -EINVAL: not a mode of EL0 or of an AArch64 EL1, or the CPU has it not. */
int vcpu_set_pstate(struct vcpu *vcpu, u64 pstate);
/* The PC behind the instruction of that syndrome. */
void vcpu_skip(struct vcpu *vcpu, u64 esr);

static inline bool vcpu_immediate_exit(const struct vcpu *vcpu)
{
	return READ_ONCE(vcpu->run->RUN_IMMEDIATE_EXIT);
}

/* At EL0: no guest is told of it, but where the CPU has it, it can. */
static inline bool vcpu_aarch32(const struct vcpu *vcpu)
{
	return vcpu->ctx->pstate & PSR_MODE32_BIT;
}

static inline u64 vcpu_x(const struct vcpu *vcpu, unsigned int n)
{
	return n < 31 ? vcpu->ctx->x[n] : 0;
}

static inline void vcpu_set_x(struct vcpu *vcpu, unsigned int n, u64 value)
{
	if (n < 31)
		vcpu->ctx->x[n] = value;
}

#endif
