/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step.h - step one instruction of the guest, or those of vcpu.range
 *
 * Interrupts are withheld from a step; step.c says how. A step runs on the
 * vCPU's own thread, or on the control thread while vcpu.direct is set.
 */
#ifndef TRAPLINE_VMM_STEP_H
#define TRAPLINE_VMM_STEP_H

#include <trapline/guest.h>
#include "exits.h"

struct vcpu;

/* What a step changes in the guest, and has to restore. */
struct vcpu_step {
	bool active; /* a step is under way: a single step, or a run to goals */
	bool masked; /* PSTATE.I and F are set on the guest's behalf */
	bool open; /* an interrupt may be taken */
	bool range; /* /dev/trapline steps on while the PC is in vcpu.range */
	uint32_t insn; /* the instruction being stepped; 0: not read */
	va_t pc; /* address of insn */
	va_t start, end; /* the instructions that the step covers */
	uint64_t daif; /* PSTATE.DAIF as the guest had it */
	uint64_t sp; /* SP, of an open step */
};

/*
 * Addresses at which debug registers stop the vCPU, where single steps do not
 * work. They are the exits of an exclusive sequence. If back is set, the
 * address is that of an interrupted instruction, and counts only if SP is the
 * same as at the interrupt.
 */
#define VCPU_MAX_GOALS 6

struct vcpu_goals {
	unsigned int nr;
	va_t pc[VCPU_MAX_GOALS];
	bool back;
	uint64_t sp;
};

/*
 * EXIT_STEPPED: the step is done. EXIT_STOP: *stop came first. EXIT_PARK: the
 * step was interrupted; call again to continue.
 */
enum exit_result step_run(struct vcpu *vcpu, struct guest_stop *stop);
enum step_how {
	STEP_ONE, /* just one instruction */
	STEP_OPEN, /* one, but a pending interrupt may be taken */
	STEP_RANGE, /* many, taken by /dev/trapline in the range */
};
enum exit_result step_once(struct vcpu *vcpu, enum step_how how,
			   struct guest_stop *stop);
/* KVM_GUESTDBG_* of the step under way. 0: no single step. */
uint32_t step_control(const struct vcpu *vcpu);
/*
 * The vCPU gets a new action: forget the range, and the return of an interrupt
 * handler that was awaited.
 */
void step_forget(struct vcpu *vcpu);
/* May the control thread wait for the step? No if it may block. */
bool step_is_short(struct vcpu *vcpu);
/* On a breakpoint exit: is the PC one of vcpu.goals? */
bool step_goal_reached(struct vcpu *vcpu);
/* For vcpu_regs_forget(): does the step keep all translations? */
bool step_keeps_translation(const struct vcpu *vcpu);

#endif
