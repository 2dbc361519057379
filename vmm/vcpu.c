// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vcpu.c - a vCPU: creation, debug state, thread
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_ARM_VCPU_INIT" and
 * "KVM_SET_ONE_REG"; ID registers: Arm ARM, "AArch64 Memory Model Feature
 * Register 0" and "2".
 *
 * Hardware management of access and dirty flags is hidden from the guest: see
 * trim_hafdbs(). The guest sees 48-bit virtual addresses and no pointer
 * authentication unless the user asked for more, because debuggers and dump
 * tools cannot follow these. KVM lets the VMM write ID registers since 6.7.
 * With an older kernel the guest sees the host's features; this is no error.
 */
#include "vcpu.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <trapline/abi.h>
#include <trapline/report.h>
#include "confine.h"
#include "leave.h"
#include "regs.h"
#include "run.h"
#include "step.h"
#include "vm.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/debug/debugreg.h"
#include "vmm/debug/flight.h"
#include "vmm/watch/watch.h"

#define MMFR0_TGRAN4  GENMASK_ULL(31, 28)
#define MMFR0_TGRAN16 GENMASK_ULL(23, 20)
#define MMFR1_HAFDBS  GENMASK_ULL(3, 0)
#define MMFR2_VARANGE GENMASK_ULL(19, 16)
/* Values of these fields with 52-bit addresses, and without. */
#define TGRAN4_52     1
#define TGRAN4_48     0
#define TGRAN16_52    2
#define TGRAN16_48    1

static void id_field_trim(uint64_t *reg, uint64_t mask, uint64_t from,
			  uint64_t to)
{
	if (FIELD_GET(mask, *reg) == from)
		*reg = (*reg & ~mask) | FIELD_PREP(mask, to);
}

static void trim_lpa2(struct vcpu *vcpu)
{
	uint64_t mmfr0, mmfr2, old;

	if (!vcpu_reg_get(vcpu, ID_AA64MMFR0_EL1, &mmfr0)) {
		old = mmfr0;
		id_field_trim(&mmfr0, MMFR0_TGRAN4, TGRAN4_52, TGRAN4_48);
		id_field_trim(&mmfr0, MMFR0_TGRAN16, TGRAN16_52, TGRAN16_48);
		if (mmfr0 != old)
			vcpu_reg_set(vcpu, ID_AA64MMFR0_EL1, mmfr0);
	}
	if (!vcpu_reg_get(vcpu, ID_AA64MMFR2_EL1, &mmfr2)) {
		old = mmfr2;
		mmfr2 &= ~MMFR2_VARANGE;
		if (mmfr2 != old)
			vcpu_reg_set(vcpu, ID_AA64MMFR2_EL1, mmfr2);
	}
}

/*
 * Where the table walker writes access and dirty flags by itself, no watchpoint
 * on a page-table page sees these stores. If the page is read-only, KVM turns
 * them into a fault of the guest.
 */
static void trim_hafdbs(struct vcpu *vcpu)
{
	uint64_t mmfr1;

	if (!vcpu_reg_get(vcpu, ID_AA64MMFR1_EL1, &mmfr1) &&
	    mmfr1 & MMFR1_HAFDBS)
		vcpu_reg_set(vcpu, ID_AA64MMFR1_EL1, mmfr1 & ~MMFR1_HAFDBS);
}

static void feature_add(struct kvm_vcpu_init *init, unsigned int feature)
{
	init->features[feature / 32] |= 1U << (feature % 32);
}

static int vcpu_init(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	struct kvm_vcpu_init init = { 0 };
	int err = vm->kvm->target(vm->fd, &init);

	if (err)
		return err;
	memset(init.features, 0, sizeof(init.features));
	feature_add(&init, KVM_ARM_VCPU_PSCI_0_2);
	if (vcpu->index > 0)
		feature_add(&init, KVM_ARM_VCPU_POWER_OFF);
	if (vm->config->pauth &&
	    vm->kvm->check(vm->kvm_fd, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0) {
		feature_add(&init, KVM_ARM_VCPU_PTRAUTH_ADDRESS);
		feature_add(&init, KVM_ARM_VCPU_PTRAUTH_GENERIC);
	}
	err = vm->kvm->vcpu_init(vcpu->fd, &init);
	if (err)
		return err;
	if (!vm->config->lpa2)
		trim_lpa2(vcpu);
	trim_hafdbs(vcpu);
	return 0;
}

int vcpu_create(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	void *run;
	int err, sync;

	vcpu->fd = vm->kvm->vcpu_create(vm->fd, vcpu->index);
	if (vcpu->fd < 0) {
		report(REPORT_ERROR, "KVM refuses CPU %u: %s: use --cpus %u",
		       vcpu->index, strerror(-vcpu->fd),
		       vcpu->index ? vcpu->index : 1);
		return vcpu->fd;
	}
	run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu->fd, 0);
	err = run == MAP_FAILED ? -errno : 0;
	if (!err) {
		vcpu->run = run;
		err = vcpu_init(vcpu);
	}
	if (!err)
		err = flight_apply(vcpu);
	if (err) {
		report(REPORT_ERROR, "cannot set up CPU %u: %s", vcpu->index,
		       err == -ENOTSUP ? "--flight needs --accel trapline"
				       : strerror(-err));
		return err;
	}
	vcpu->known.mask = 0;
	vcpu->shared = false;
	vcpu->shared_fp = false;
	sync = vm->kvm->check(vm->kvm_fd, TRAPLINE_CAP_SYNC);
	if (sync > 0)
		vcpu->run->kvm_valid_regs = (uint64_t)sync & TRAPLINE_SYNC_ALL;
	step_forget(vcpu);
	vcpu->debug_dirty = true;
	leave_reset(vcpu);
	return 0;
}

void vcpu_close(struct vcpu *vcpu)
{
	flight_unmap(vcpu);
	if (vcpu->run)
		munmap(vcpu->run, vcpu->vm->run_size);
	vcpu->run = NULL;
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	vcpu->fd = -1;
}

/* Does the vCPU leave a breakpoint, by a step of its own? */
static bool leaves(const struct vcpu *vcpu)
{
	return vcpu->leave.how != LEAVE_AT_ONCE;
}

/*
 * For a vCPU that leaves a breakpoint: disable the breakpoints at its PC and,
 * after a watch hit, the watchpoints.
 */
static void debug_mask_reported(struct vcpu *vcpu, struct kvm_guest_debug *dbg)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(dbg->arch.dbg_bvr); i++) {
		if (dbg->arch.dbg_bvr[i] == vcpu->leave.pc)
			dbg->arch.dbg_bcr[i] = 0;
		if (vcpu->leave.kind == GUEST_STOP_WATCH)
			dbg->arch.dbg_wcr[i] = 0;
	}
}

/*
 * Is register i free for a goal? In an exclusive sequence, a breakpoint stays
 * only if it is inside the sequence.
 */
static bool goal_fits(const struct vcpu *vcpu,
		      const struct kvm_guest_debug_arch *arch, unsigned int i)
{
	return !(arch->dbg_bcr[i] & DBGBCR_E) ||
	       (!vcpu->goals.back && arch->dbg_bvr[i] - vcpu->step.pc >=
					     vcpu->step.end - vcpu->step.pc);
}

/* Put the vCPU's goals into registers that it does not need otherwise. */
static void debug_goals(struct vcpu *vcpu, struct kvm_guest_debug *dbg)
{
	unsigned int max = breakpoints_hw_max(vcpu->vm->breakpoints);
	struct debugreg reg;
	unsigned int n = 0;

	for (unsigned int i = 0; i < max && n < vcpu->goals.nr; i++) {
		if (!goal_fits(vcpu, &dbg->arch, i) ||
		    debugreg_break(vcpu->goals.pc[n], &reg))
			continue;
		dbg->arch.dbg_bvr[i] = reg.value;
		dbg->arch.dbg_bcr[i] = reg.control;
		n++;
	}
	dbg->control |= KVM_GUESTDBG_USE_HW;
}

static int vcpu_debug_set(struct vcpu *vcpu)
{
	struct kvm_guest_debug dbg = { 0 };
	int err;

	breakpoints_fill(vcpu->vm->breakpoints, &dbg);
	if (leaves(vcpu))
		debug_mask_reported(vcpu, &dbg);
	if (vcpu->goals.nr)
		debug_goals(vcpu, &dbg);
	dbg.control |= step_control(vcpu);
	if (dbg.control)
		dbg.control |= KVM_GUESTDBG_ENABLE;
	err = vcpu->vm->kvm->guest_debug(vcpu->fd, &dbg);
	if (err)
		return err;
	vcpu->debug_dirty = false;
	vcpu->debug_step = step_control(vcpu);
	vcpu->debug_muted = leaves(vcpu);
	return 0;
}

void vcpu_complete(struct vcpu *vcpu)
{
	vcpu_regs_forget(vcpu, true);
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	vcpu->vm->kvm->run(vcpu->fd);
}

enum exit_result vcpu_enter(struct vcpu *vcpu, struct guest_stop *stop)
{
	enum exit_result result;
	bool lent = vcpu->leave.lent;
	int err = 0;

	if (vcpu->debug_dirty || vcpu->debug_step != step_control(vcpu) ||
	    vcpu->debug_muted != leaves(vcpu))
		err = vcpu_debug_set(vcpu);
	if (!err)
		err = vcpu_regs_forget(vcpu, !step_keeps_translation(vcpu));
	if (!err)
		err = vcpu->vm->kvm->run(vcpu->fd);
	if (!err)
		vcpu_regs_share(vcpu);
	__atomic_store_n(&vcpu->nr_exits, vcpu->nr_exits + 1, __ATOMIC_RELAXED);
	result = err ? vcpu_handle_error(vcpu, -err, stop)
		     : vcpu_handle_exit(vcpu, stop);
	if (lent)
		watch_give_back(vcpu);
	return result;
}

void vcpu_execute(struct vcpu *vcpu)
{
	struct guest_stop stop = { .vcpu = vcpu->index };
	enum exit_result result;

	if (leaves(vcpu) || vcpu->action == GUEST_STEP) {
		result = step_run(vcpu, &stop);
	} else {
		do {
			result = vcpu_enter(vcpu, &stop);
		} while (result == EXIT_AGAIN);
	}
	if (result == EXIT_STEPPED && vcpu->action == GUEST_STEP) {
		stop.kind = GUEST_STOP_STEP;
		result = EXIT_STOP;
	}
	if (result == EXIT_STOP)
		vm_stop_raise(vcpu, &stop);
}

void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	char name[16];

	snprintf(name, sizeof(name), "cpu%u", vcpu->index);
	pthread_setname_np(pthread_self(), name);
	vm_thread_confine(vcpu->vm, SANDBOX_VCPU);
	while (run_wait(vcpu))
		vcpu_execute(vcpu);
	return NULL;
}
