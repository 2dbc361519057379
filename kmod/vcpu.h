/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.h - one vCPU: its context, its KVM_RUN, access from other threads
 *
 * vcpu->mutex is held during every vCPU ioctl, so during all of KVM_RUN. It
 * protects every member for which no other lock is named. Other threads reach a
 * vCPU through its reset request (under kick_lock), the VGIC's own state, and
 * vcpu_kick().
 *
 *	vcpu.c		the descriptor
 *	vcpu_run.c	KVM_RUN, from vcpu_load() to vcpu_put()
 *	vcpu_reset.c	the state at reset, PC and PSTATE
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
#include "stats.h"
#include "vgic/vgic.h"

struct vm;

#define VCPUS_PER_AFF1 16U /* as many as ICC_SGI1R_EL1's target list has bits */

struct vcpu {
	struct vm *vm;
	unsigned int id;
	unsigned int nth; /* number in order of creation */
	struct mutex mutex;
	struct el2_ctx *ctx;
	/*
	 * Shared with user space: the kernel never trusts what it reads here.
	 */
	struct kvm_run *run;
	struct stage2_cache cache;
	struct quick_span quick[QUICK_SPANS];
	bool quick_busy; /* quick_forget() waits until this is false */

	/* KVM_RUN uses sigmask instead of the thread's mask. */
	bool sigmask_set;
	sigset_t sigmask;

	bool inited;
	bool ran; /* KVM_RUN was called */
	bool anew; /* initialised again, and not run since then */
	u32 features;
	bool mmio_pending; /* the last exit was KVM_EXIT_MMIO, unfinished */
	u32 mmio_esr;
	struct user_fpsimd_state fp; /* fp.S depends on the layout */
	struct vcpu_debug debug;
	struct vcpu_catch catch;
	struct recorder recorder;
	u64 stats[VCPU_STATS]; /* written by the vCPU's thread */
	bool cleaned; /* guest cleaned by set and way: HCR_EL2.TVM is on */
	bool fp_wanted; /* the guest has used FP in this KVM_RUN */
	bool loaded; /* the CPU has the guest's state: preemption is off */

	spinlock_t kick_lock; /* protects task, power_off, reset */
	struct task_struct *task; /* the thread in KVM_RUN */
	bool power_off;
	struct {
		bool pending;
		u64 pc, x0;
		bool big_endian; /* SCTLR_EL1.EE of the CPU_ON's caller */
	} reset;
	bool suspended; /* KVM_MP_STATE_SUSPENDED */
	bool stop; /* leave KVM_RUN: another vCPU's SYSTEM_OFF, or vm->dead */
	wait_queue_head_t wait;

	/* Ends the guest's wait when the virtual timer is due. */
	struct hrtimer wake;
	struct {
		u64 ctl, cval;
		struct hrtimer wake;
	} phys;
	struct vgic_cpu vgic;
};

/* Returns a descriptor or -errno. */
int vcpu_create_fd(struct vm *vm, unsigned int id);
/* Called when the VM is freed: no descriptor of the vCPU is left. */
void vcpu_destroy(struct vcpu *vcpu);

/* KVM_RUN and KVM_ARM_VCPU_INIT. */
long vcpu_run(struct vcpu *vcpu, unsigned long arg);
long vcpu_init(struct vcpu *vcpu, unsigned long arg);

static inline void vcpu_count(struct vcpu *vcpu, unsigned int stat)
{
	WRITE_ONCE(vcpu->stats[stat], vcpu->stats[stat] + 1);
}

/* Leave KVM_RUN with KVM_EXIT_SYSTEM_EVENT, without data. Returns 0. */
int vcpu_system_event(struct vcpu *vcpu, u32 type);

/* Make the vCPU look at changed state. Any context. */
void vcpu_kick(struct vcpu *vcpu);
/*
 * From here to vcpu_put() the thread must not sleep and does not migrate, and
 * gate_run() may be called. Returns 0, or -EIO: EL2 does not answer on this
 * CPU, and nothing has changed.
 */
int vcpu_load(struct vcpu *vcpu);
/*
 * Move the guest's state out of the CPU, into vcpu->ctx and vcpu->fp. Exit
 * handlers start with the state in the CPU. They must call this before anything
 * that sleeps, and before they access ctx->reg[] or the timer's registers. The
 * next entry loads the state again.
 */
void vcpu_put(struct vcpu *vcpu);
/* Move only the FP state out, so that the host can run softirqs. */
void vcpu_fp_put(struct vcpu *vcpu);
/* Set the state that KVM_ARM_VCPU_INIT gives. */
void vcpu_reset(struct vcpu *vcpu);
/* Do the reset that a CPU_ON by another vCPU requested. True: done now. */
bool vcpu_reset_asked(struct vcpu *vcpu);
u64 vcpu_mpidr(const struct vcpu *vcpu);
/* -EINVAL: pstate is no mode of EL0 or AArch64 EL1, or the CPU lacks it. */
int vcpu_set_pstate(struct vcpu *vcpu, u64 pstate);
/*
 * Advance PC past the instruction that esr describes (2 or 4 bytes, by ESR.IL).
 */
void vcpu_skip(struct vcpu *vcpu, u64 esr);

static inline bool vcpu_immediate_exit(const struct vcpu *vcpu)
{
	return READ_ONCE(vcpu->run->RUN_IMMEDIATE_EXIT);
}

/*
 * True: the guest is in AArch32, at EL0. The guest's ID registers do not offer
 * AArch32, but a guest can use it if the CPU has it.
 */
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

/* fp.S: save and load the guest's FP registers. */
void fp_save(struct user_fpsimd_state *fp);
void fp_load(const struct user_fpsimd_state *fp);

#endif
