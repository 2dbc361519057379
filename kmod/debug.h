/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug.h - a guest's debug registers, and its debugger's
 *
 * The guest's own break and watch points, MDSCR_EL1 and the OS lock are
 * emulated: every access traps (MDCR_EL2.TDA), and the hardware has them only
 * while something in them is enabled. With KVM_GUESTDBG_USE_HW the debugger's
 * come first, and the guest's take what is left. While KVM_GUESTDBG_ENABLE is
 * on, all debug exceptions come to EL2 and leave KVM_RUN, the guest's own ones
 * too, its steps but while the debugger steps.
 *
 * KVM_GUESTDBG_BLOCKIRQ withholds interrupts by taking the list registers'
 * enable away, which no register of the guest shows but those that tell what
 * is pending. If something is, the step's instruction is looked at, and one
 * that reads these runs with the list registers in and PSTATE.I set.
 *
 * Belongs to the holder of vcpu->mutex, as the rest of the vCPU.
 */
#ifndef TRAPLINE_KMOD_DEBUG_H
#define TRAPLINE_KMOD_DEBUG_H

#include <linux/types.h>
#include <uapi/linux/kvm.h>
#include <trapline/abi.h>
#include "el2/ctx.h"

struct vcpu;

/* KVM_CAP_SET_GUEST_DEBUG2. */
#define DEBUG_CONTROL                                    \
	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | \
	 KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW |  \
	 KVM_GUESTDBG_BLOCKIRQ | TRAPLINE_GUESTDBG_RANGE)

struct vcpu_debug {
	u32 control; /* KVM_GUESTDBG_* */
	struct kvm_guest_debug_arch external; /* the debugger's */
	struct el2_dbg own; /* the guest's */
	u64 mdscr; /* what the guest sees */
	bool os_lock;
	bool own_ss; /* PSTATE.SS of the guest's, while ours is there */
	bool own_masked; /* where the guest stood was no step of its own */
	/* Of the step that is about to be made: */
	bool want_insn; /* debug_fetch() has to be called */
	bool knows_insn;
	u64 masked; /* of PSTATE.A and .I, what is ours */
	u32 insn;
	u64 host_steps; /* of a range, while an interrupt is withheld */
};

unsigned int debug_nr_brps(void);
unsigned int debug_nr_wrps(void);

/* After the context has been cleared. */
void debug_reset(struct vcpu *vcpu);
/* KVM_SET_GUEST_DEBUG. */
long debug_set(struct vcpu *vcpu, unsigned long arg);

/*
 * Around KVM_RUN, the guest's state out of the CPU. finished: the access that
 * the last one ended with is about to be completed, and the step with it.
 */
void debug_begin(struct vcpu *vcpu, bool finished);
void debug_end(struct vcpu *vcpu);
/* Interrupts off, after vgic_enter(). False: debug_fetch() first. */
bool debug_enter(struct vcpu *vcpu);
/* Right after the run. */
void debug_leave(struct vcpu *vcpu);
/* Reads the instruction at the PC. Interrupts on; vcpu_put(). */
void debug_fetch(struct vcpu *vcpu);
/* A debug exception. As exit_handle(). */
int debug_exit(struct vcpu *vcpu);

/* Trapped, or by ONE_REG. False: there is no such register. */
bool debug_read(struct vcpu *vcpu, u32 enc, u64 *ret);
bool debug_write(struct vcpu *vcpu, u32 enc, u64 value);

#endif
