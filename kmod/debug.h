/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug.h - the debug registers of the guest and of its debugger
 *
 * The guest's own breakpoints, watchpoints, MDSCR_EL1 and OS lock are emulated.
 * Every access traps (MDCR_EL2.TDA). The hardware has the guest's breakpoints
 * and watchpoints only while one of them is enabled. With KVM_GUESTDBG_USE_HW
 * the debugger's points are placed first, and the guest's points get the
 * registers that are left. While KVM_GUESTDBG_ENABLE is set, all debug
 * exceptions go to EL2 and end KVM_RUN. This includes the guest's own
 * exceptions, except its own steps while the debugger steps.
 *
 * KVM_GUESTDBG_BLOCKIRQ withholds interrupts by clearing the enable bit of the
 * list registers. The guest can see this only in registers that show pending
 * interrupts. So if an interrupt is pending, trapline fetches the instruction
 * to be stepped. If the instruction reads one of those registers, it runs with
 * the list registers enabled and PSTATE.I set.
 *
 * vcpu->mutex protects all of this, as it does the rest of the vCPU.
 */
#ifndef TRAPLINE_KMOD_DEBUG_H
#define TRAPLINE_KMOD_DEBUG_H

#include <linux/types.h>
#include <uapi/linux/kvm.h>
#include <trapline/abi.h>
#include "el2/ctx.h"

struct vcpu;

/* The value of KVM_CAP_SET_GUEST_DEBUG2. */
#define DEBUG_CONTROL                                    \
	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | \
	 KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW |  \
	 KVM_GUESTDBG_BLOCKIRQ | TRAPLINE_GUESTDBG_RANGE)

struct vcpu_debug {
	u32 control; /* KVM_GUESTDBG_* */
	struct kvm_guest_debug_arch external; /* the debugger's registers */
	struct el2_dbg own; /* the guest's registers */
	u64 mdscr; /* MDSCR_EL1 as the guest sees it */
	bool os_lock;
	bool own_ss; /* guest's PSTATE.SS, while PSTATE holds the debugger's */
	bool own_masked; /* at the guest's PC, its own steps were masked */
	/* About the next step: */
	bool want_insn; /* debug_fetch() must be called */
	bool knows_insn;
	u64 masked; /* the bits of PSTATE.A and .I that trapline set */
	u32 insn;
	u64 host_steps; /* range steps left, while an interrupt is withheld */
};

unsigned int debug_nr_brps(void);
unsigned int debug_nr_wrps(void);

/* Reset. The context has been cleared before. */
void debug_reset(struct vcpu *vcpu);
/* KVM_SET_GUEST_DEBUG. */
long debug_set(struct vcpu *vcpu, unsigned long arg);

/*
 * Called at the start and the end of KVM_RUN, with the guest's state out of the
 * CPU. finished: KVM_RUN is about to complete the access that ended the last
 * KVM_RUN, and this completes the step too.
 */
void debug_begin(struct vcpu *vcpu, bool finished);
void debug_end(struct vcpu *vcpu);
/* Interrupts off, after vgic_enter(). False: call debug_fetch() first. */
bool debug_enter(struct vcpu *vcpu);
/* Called right after the run. */
void debug_leave(struct vcpu *vcpu);
/* Read the instruction at PC. Called with interrupts on; calls vcpu_put(). */
void debug_fetch(struct vcpu *vcpu);
/* Handle a debug exception. Returns as exit_handle() does. */
int debug_exit(struct vcpu *vcpu);

/*
 * Access a debug register, for a trap or for ONE_REG. False: there is no such
 * register.
 */
bool debug_read(struct vcpu *vcpu, u32 enc, u64 *ret);
bool debug_write(struct vcpu *vcpu, u32 enc, u64 value);

#endif
