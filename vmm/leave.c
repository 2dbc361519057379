// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * leave.c - see leave.h. The functions have the order of its table.
 */
#include "leave.h"

#include "regs.h"
#include "run.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/watch/watch.h"

void leave_reset(struct vcpu *vcpu)
{
	vcpu->leave = (struct vcpu_leave){
		.kind = GUEST_STOP_NONE,
		.lifted = IPA_NONE,
		.brk = IPA_NONE,
	};
}

bool leave_by_step(enum guest_stop_kind kind)
{
	return kind == GUEST_STOP_SW_BREAK || kind == GUEST_STOP_HW_BREAK ||
	       kind == GUEST_STOP_WATCH;
}

/* --- a resume: vm.lock held ------------------------------------------------ */

bool leave_tell_locked(struct vm *vm, bool silent)
{
	for (unsigned int i = 0; silent && i < vm->nr_vcpus; i++) {
		struct vcpu_leave *l = &vm->vcpu[i].leave;

		if (!l->step_owed)
			continue;
		l->step_owed = false;
		vm->stop = (struct guest_stop){
			.kind = GUEST_STOP_STEP,
			.vcpu = i,
		};
		return true;
	}
	if (!vm->device_owed)
		return false;
	vm->device_owed = false;
	vm->stop = vm_device_stop;
	return true;
}

/* Is the PC on a planted BRK whose stop has been reported? */
static bool at_brk(struct vcpu *vcpu)
{
	ipa_t brk = vcpu->leave.brk, ipa;
	va_t pc;

	return brk != IPA_NONE &&
	       breakpoints_is_planted(vcpu->vm->breakpoints, brk) &&
	       !vcpu_pc_get(vcpu, &pc) && !vcpu_va_ipa(vcpu, pc, &ipa) &&
	       ipa == brk;
}

/*
 * Is the PC still where a hit of a debug register or of a watch was reported?
 * If the access is done, the PC is past the access, where nothing was reported.
 */
static bool at_reported(struct vcpu *vcpu)
{
	const struct vcpu_leave *l = &vcpu->leave;
	va_t pc;

	return (l->kind == GUEST_STOP_HW_BREAK ||
		(l->kind == GUEST_STOP_WATCH &&
		 l->access != LEAVE_ACCESS_DONE)) &&
	       !vcpu_pc_get(vcpu, &pc) && pc == l->pc;
}

void leave_plan_locked(struct vcpu *vcpu)
{
	struct vcpu_leave *l = &vcpu->leave;

	l->step_owed = false;
	l->how = LEAVE_AT_ONCE;
	if (vcpu->action == GUEST_HOLD)
		return;
	if (at_brk(vcpu)) {
		l->how = LEAVE_LIFTED;
		l->lifted = l->brk;
	} else if (at_reported(vcpu)) {
		l->how = LEAVE_MUTED;
	}
}

void leave_next_locked(struct vm *vm)
{
	vm->solo = VM_NO_SOLO;
	for (unsigned int i = 0; vm->state == VM_RUNNING && i < vm->nr_vcpus;
	     i++) {
		struct vcpu_leave *l = &vm->vcpu[i].leave;

		if (l->how != LEAVE_LIFTED)
			continue;
		vm->solo = i;
		breakpoints_lift(vm->breakpoints, l->lifted);
		break;
	}
}

/* --- the end of the step: vm.lock held ------------------------------------- */

static void how_end(struct vcpu *vcpu)
{
	struct vcpu_leave *l = &vcpu->leave;

	if (l->how == LEAVE_LIFTED)
		breakpoints_plant(vcpu->vm->breakpoints, l->lifted);
	l->how = LEAVE_AT_ONCE;
}

void leave_cancel_locked(struct vm *vm)
{
	if (vm->solo == VM_NO_SOLO)
		return;
	if (vm->vcpu[vm->solo].leave.how == LEAVE_LIFTED)
		how_end(&vm->vcpu[vm->solo]);
	vm->solo = VM_NO_SOLO;
}

bool leave_needs_step(const struct vcpu *vcpu)
{
	return vcpu->leave.how != LEAVE_AT_ONCE ||
	       vcpu->leave.kind != GUEST_STOP_NONE;
}

void leave_stepped_locked(struct vcpu *vcpu, bool stepped)
{
	/* If a stop interrupted the step, the resume checks the PC again. */
	how_end(vcpu);
	if (!stepped)
		return;
	vcpu->leave.kind = GUEST_STOP_NONE;
	vcpu->leave.brk = IPA_NONE;
}

/* --- own thread ------------------------------------------------------------ */

enum exit_result leave_finish_access(struct vcpu *vcpu)
{
	struct vcpu_leave *l = &vcpu->leave;
	va_t pc;

	if (l->access != LEAVE_ACCESS_OWED)
		return EXIT_AGAIN;
	l->access = LEAVE_NO_ACCESS;
	if (vcpu_pc_get(vcpu, &pc) || pc != l->access_pc)
		return EXIT_AGAIN;
	return watch_step(vcpu);
}

bool leave_is_muted(const struct vcpu *vcpu)
{
	const struct vcpu_leave *l = &vcpu->leave;

	return l->how != LEAVE_AT_ONCE && l->kind == GUEST_STOP_WATCH &&
	       l->access != LEAVE_ACCESS_DONE;
}
