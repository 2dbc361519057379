/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leave.h - what a vCPU has to do before it leaves a stop
 *
 * A resume does not simply let a vCPU run. A stop may still have to be
 * reported, because another stop was reported first. The PC may be at a
 * breakpoint or an access that was reported, which the vCPU must pass without a
 * second report. struct vcpu_leave has these states. leave.c handles them in
 * this order:
 *
 *	state		set by			cleared by	     owner
 *	1 step_owed	vm_stop_raise()		a resume	     vm.lock
 *	2 device_owed	vm_stop_device()	a resume	     vm.lock
 *	3 how, lifted	a resume		the end of the step  vm.lock
 *	4 access	watch_report()		the first step	     the vCPU
 *	  the action of the resume
 *	5 lent		watch_open_exclusive()	the next exit	     the vCPU
 *
 *	and the last stop, from which a resume chooses "how":
 *	kind, pc	vm_stop_raise()		a step that is done  the vCPU
 *	brk		stop_get, resume_over	a step that is done, the vCPU
 *						an arrival at a BRK
 *
 * "The vCPU" means its own thread while it is RUNNING, and the control thread
 * while it is PARKED. vcpu_create(), also at a reset, clears everything.
 *
 * 1  The step is done, but another stop was reported first. vm_continue()
 *    reports the step and runs no vCPU. vm_resume() drops the step, because the
 *    debugger has seen the other stop and has given a new action.
 * 2  The same for a device's stop (vm.device_owed). Every resume reports it and
 *    runs no vCPU, because the device's write does not occur again.
 * 3  LEAVE_MUTED: one step with debug registers disabled for this vCPU only,
 *    and without a report of watched accesses. LEAVE_LIFTED: all other vCPUs
 *    are held (vm.solo), the BRK is lifted for one step, and it is planted
 *    again before any other vCPU runs. The debugger does not see this step. A
 *    stop may come before the end of the step: the next resume chooses again. A
 *    vCPU that is held leaves its stop at a later resume.
 *
 *    A vCPU passes an instruction in this way only if its stop there was
 *    reported, and only if the PC is still there. If another vCPU's stop was
 *    reported first, the vCPU still has to report its own. brk is only for BRKs
 *    that gdb does not step over by itself: those of other owners, and gdb's
 *    own if the stop was not reported to gdb (guest_ops.resume_over).
 * 4  OWED: the hit was reported before the access. A step at access_pc does the
 *    access, and a step elsewhere forgets it. DONE: the hit was reported after
 *    the access. The PC is past the access, so there is nothing to leave.
 * 5  A page is readable for a load-exclusive, with all other vCPUs held.
 */
#ifndef TRAPLINE_VMM_LEAVE_H
#define TRAPLINE_VMM_LEAVE_H

#include <trapline/guest.h>
#include "exits.h"

struct vm;
struct vcpu;

/* How the vCPU gets past the instruction at its PC. */
enum leave_how {
	LEAVE_AT_ONCE, /* no reported stop is at the PC */
	LEAVE_MUTED, /* by a step that hits no breakpoint at pc, and no watch */
	LEAVE_LIFTED, /* by a step with the BRK lifted */
};

/* The state of the access that the last watch hit reported. */
enum leave_access {
	LEAVE_NO_ACCESS,
	LEAVE_ACCESS_OWED, /* the hit was reported, the access is not done */
	LEAVE_ACCESS_DONE, /* the hit was reported after the access */
};

struct vcpu_leave {
	bool step_owed;
	enum leave_how how;
	ipa_t lifted; /* LEAVE_LIFTED: the BRK */
	enum leave_access access;
	va_t access_pc;
	bool lent; /* watch_give_back() is due */

	/*
	 * GUEST_STOP_NONE: the last stop was no break or watch point.
	 * GUEST_STOP_FAILURE: see nowhere.h.
	 */
	enum guest_stop_kind kind;
	va_t pc; /* at that stop */
	unsigned int resumes; /* vm.nr_resumes at that stop */
	ipa_t brk; /* IPA_NONE: none */
};

void leave_reset(struct vcpu *vcpu);

/* May a vCPU have to step past its PC after such a stop? */
bool leave_by_step(enum guest_stop_kind kind);

/*
 * 1 and 2. true: vm.stop is now a stop that was not reported yet, so no vCPU
 * may run. silent: the last stop was not reported to the debugger.
 */
bool leave_tell_locked(struct vm *vm, bool silent);
/* 3: choose how the vCPU leaves, before it does its action. */
void leave_plan_locked(struct vcpu *vcpu);
/*
 * Choose the next vCPU that leaves a BRK, hold all others, and lift the BRK.
 * While the VM stops, no vCPU is chosen: a resume plans again, and looks for
 * planted BRKs.
 */
void leave_next_locked(struct vm *vm);
/* The VM has stopped. The vCPU that was to leave next has not done so. */
void leave_cancel_locked(struct vm *vm);
/* True if leave_stepped_locked() has to be called at the end of a step. */
bool leave_needs_step(const struct vcpu *vcpu);
/* A step has ended. stepped: the step was done, not interrupted. */
void leave_stepped_locked(struct vcpu *vcpu, bool stepped);
/*
 * 4: a step begins. EXIT_STEPPED: the instruction was an access that was owed,
 * and is done now. Otherwise EXIT_AGAIN.
 */
enum exit_result leave_finish_access(struct vcpu *vcpu);
/* Is a watch hit of this vCPU not to be reported again? */
bool leave_is_muted(const struct vcpu *vcpu);

#endif
