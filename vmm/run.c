// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run.c - run control: which vCPUs run, which wait, and what stopped them
 *
 * run.h draws the state machine. To get a vCPU out of KVM_RUN, run control sets
 * its immediate_exit flag and sends SIGUSR1, whose handler does nothing. The
 * flag works before KVM_RUN enters the guest, the signal works inside (in the
 * guest, asleep in WFI, or powered off). In both cases KVM_RUN completes the
 * last exit for the guest (the data of an MMIO read) and returns EINTR.
 *
 * When a debugger steps one vCPU again and again, the control thread takes the
 * steps itself: two thread switches cost more than the step. The first steps
 * stay on the vCPU's thread, because KVM makes a new thread on a vCPU wait for
 * an RCU grace period. So do instructions that may take long (HVC, WFI,
 * exclusives).
 *
 * Guest time: the virtual counter is saved when the last vCPU parks, and set
 * back before the first one runs again. KVM keeps one offset for all vCPUs.
 * Once the VMM has set the counter, it is the host's counter plus a known
 * offset, and the VMM does not have to ask KVM.
 */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "hostcpu.h"
#include "leave.h"
#include "regs.h"
#include "step.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/devices/ioloop.h"

#define KICK_SIGNAL  SIGUSR1
#define DIRECT_AFTER 16 /* steps in a row */

static void counter_save(struct vm *vm)
{
	if (vm->counter_set)
		vm->counter = host_counter() + vm->counter_offset;
	else
		vm->counter_saved = !vcpu_reg_get(
			&vm->vcpu[0], KVM_REG_ARM_TIMER_CNT, &vm->counter);
}

/*
 * The host's counter is read before the guest's is set, so the guest never sees
 * its counter go back.
 */
static void counter_restore(struct vm *vm)
{
	uint64_t now = host_counter();

	if (!vm->counter_saved)
		return;
	vm->counter_set =
		!vcpu_reg_set(&vm->vcpu[0], KVM_REG_ARM_TIMER_CNT, vm->counter);
	vm->counter_offset = vm->counter - now;
}

static void eventfd_raise(int fd)
{
	uint64_t one = 1;

	/*
	 * write(2) fails only at the maximal count. Then the eventfd is
	 * readable already.
	 */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void eventfd_clear(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

/* The VM is stopped, and its stop has not been fetched yet. */
static bool stop_waits(const struct vm *vm)
{
	return (vm->state == VM_STOPPED || vm->state == VM_EXITED) &&
	       vm->nr_running == 0 && vm->stop.kind != GUEST_STOP_NONE;
}

static void stop_tell_locked(struct vm *vm)
{
	if (!stop_waits(vm) || vm->stop_told)
		return;
	vm->stop_told = true;
	eventfd_raise(vm->stop_fd);
}

/* The last vCPU has parked, or none was running. */
static void stop_finish_locked(struct vm *vm)
{
	leave_cancel_locked(vm);
	counter_save(vm);
	if (vm->state == VM_STOPPING)
		vm->state = VM_STOPPED;
	if (vm->reset_wanted && vm->stop.kind == GUEST_STOP_NONE)
		vm_request(vm, BUS_REQUEST_RESET);
	pthread_cond_broadcast(&vm->cond);
}

/*
 * self: also kick the vCPU of the calling thread. This vCPU is out of KVM_RUN.
 * But if one of our devices stops the VM during an exit of this vCPU, the vCPU
 * would enter KVM_RUN again.
 */
static void kick_vcpus_locked(struct vm *vm, bool self)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpu[i];
		bool own = pthread_equal(vcpu->thread, pthread_self());

		if (vcpu->state != VCPU_RUNNING || vcpu->direct ||
		    (own && !self))
			continue;
		__atomic_store_n(&vcpu->run->immediate_exit, 1,
				 __ATOMIC_SEQ_CST);
		if (!own)
			pthread_kill(vcpu->thread, KICK_SIGNAL);
	}
}

static void kick_locked(struct vm *vm)
{
	kick_vcpus_locked(vm, true);
	if (vm->nr_running == 0) {
		stop_finish_locked(vm);
		stop_tell_locked(vm);
	}
}

/* RUNNING -> STOPPING for this stop; false: another stop was first. */
static bool stop_begin_locked(struct vm *vm, const struct guest_stop *stop)
{
	if (vm->state != VM_RUNNING)
		return false;
	vm->state = VM_STOPPING;
	vm->stop = *stop;
	kick_locked(vm);
	return true;
}

void vm_stop_raise(struct vcpu *vcpu, const struct guest_stop *stop)
{
	struct vm *vm = vcpu->vm;
	enum guest_stop_kind reported = GUEST_STOP_NONE;
	va_t pc = 0;

	if ((leave_by_step(stop->kind) || stop->kind == GUEST_STOP_FAILURE) &&
	    !vcpu_pc_get(vcpu, &pc))
		reported = stop->kind;
	pthread_mutex_lock(&vm->lock);
	if (stop_begin_locked(vm, stop)) {
		vcpu->leave.kind = reported;
		vcpu->leave.pc = pc;
		vcpu->leave.resumes = vm->nr_resumes;
	} else if (stop->kind == GUEST_STOP_STEP) {
		vcpu->leave.step_owed = true;
	}
	pthread_mutex_unlock(&vm->lock);
}

void vm_stop_request(struct vm *vm, enum guest_stop_kind kind, const char *text)
{
	struct guest_stop stop = { .kind = kind };

	if (text)
		snprintf(stop.text, sizeof(stop.text), "%s", text);
	pthread_mutex_lock(&vm->lock);
	/*
	 * After the guest's reset, before its first instruction: stay stopped.
	 */
	if (vm->state == VM_STOPPED && vm->reset_wanted)
		vm->stop = stop;
	else
		stop_begin_locked(vm, &stop);
	pthread_mutex_unlock(&vm->lock);
}

const struct guest_stop vm_device_stop = {
	.kind = GUEST_STOP_WATCH,
	.device = true,
};

void vm_stop_device(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	if (!stop_begin_locked(vm, &vm_device_stop))
		vm->device_owed = true;
	pthread_mutex_unlock(&vm->lock);
}

void vm_stop_device_forget(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	vm->device_owed = false;
	pthread_mutex_unlock(&vm->lock);
}

int vm_stop_get(struct vm *vm, struct guest_stop *ret)
{
	int err = -EAGAIN;

	pthread_mutex_lock(&vm->lock);
	if (vm->stop_told)
		eventfd_clear(vm->stop_fd);
	vm->stop_told = false;
	if (stop_waits(vm)) {
		*ret = vm->stop;
		vm->stop.kind = GUEST_STOP_NONE;
		err = 0;
	}
	pthread_mutex_unlock(&vm->lock);
	/* From here on only the debugger changes guest memory. */
	if (!err)
		ioloop_pause(vm->ioloop);
	return err;
}

void vm_stop_tell(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	stop_tell_locked(vm);
	pthread_mutex_unlock(&vm->lock);
}

void vm_exit(struct vm *vm, int code)
{
	pthread_mutex_lock(&vm->lock);
	if (vm->state != VM_EXITED) {
		vm->state = VM_EXITED;
		vm->stop = (struct guest_stop){
			.kind = GUEST_STOP_EXITED,
			.code = code,
		};
		kick_locked(vm);
	}
	pthread_mutex_unlock(&vm->lock);
}

void run_reset_wanted(struct vcpu *vcpu)
{
	struct guest_stop none = { .kind = GUEST_STOP_NONE };
	struct vm *vm = vcpu->vm;

	pthread_mutex_lock(&vm->lock);
	vm->reset_wanted = true;
	stop_begin_locked(vm, &none);
	pthread_mutex_unlock(&vm->lock);
}

void vm_request(struct vm *vm, unsigned int request)
{
	__atomic_fetch_or(&vm->requests, 1U << request, __ATOMIC_SEQ_CST);
	vm_control_wake(vm);
}

void vm_control_wake(struct vm *vm)
{
	eventfd_raise(vm->request_fd);
}

unsigned int vm_requests_take(struct vm *vm)
{
	eventfd_clear(vm->request_fd);
	return __atomic_exchange_n(&vm->requests, 0, __ATOMIC_SEQ_CST);
}

void vm_stop_wait(struct vm *vm)
{
	struct guest_stop none = { .kind = GUEST_STOP_NONE };

	pthread_mutex_lock(&vm->lock);
	stop_begin_locked(vm, &none);
	while (vm->state == VM_STOPPING || vm->nr_running)
		pthread_cond_wait(&vm->cond, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
}

void vm_stop_set(struct vm *vm, const struct guest_stop *stop)
{
	pthread_mutex_lock(&vm->lock);
	if (vm->state == VM_STOPPED && vm->stop.kind == GUEST_STOP_NONE) {
		vm->stop = *stop;
		stop_tell_locked(vm);
	}
	pthread_mutex_unlock(&vm->lock);
}

static bool may_run(const struct vm *vm, const struct vcpu *vcpu)
{
	return vm->state == VM_RUNNING && vcpu->action != GUEST_HOLD &&
	       !vcpu->direct &&
	       (vm->solo == VM_NO_SOLO || vm->solo == vcpu->index);
}

/*
 * Wake only vCPUs that may run: a useless thread switch costs as much as a
 * useful one.
 */
static void wake_locked(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (may_run(vm, &vm->vcpu[i]))
			pthread_cond_signal(&vm->vcpu[i].wake);
}

static bool any_action(struct vm *vm, const enum guest_action *actions)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (actions[i] != GUEST_HOLD)
			return true;
	return false;
}

static void plan_locked(struct vcpu *vcpu, enum guest_action action,
			const struct guest_range *range)
{
	vcpu->action = action;
	vcpu->range = range ? *range : (struct guest_range){ 0 };
	step_forget(vcpu);
}

/*
 * Is this one plain step, with all other vCPUs held, and not one of the first
 * such steps?
 */
static struct vcpu *direct_choose_locked(struct vm *vm)
{
	struct vcpu *one = NULL;

	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpu[i];

		if (vcpu->action == GUEST_HOLD)
			continue;
		if (one || vcpu->action != GUEST_STEP ||
		    vcpu->range.start != vcpu->range.end ||
		    vcpu->leave.how == LEAVE_LIFTED) {
			vm->nr_steps = 0;
			return NULL;
		}
		one = vcpu;
	}
	if (++vm->nr_steps <= DIRECT_AFTER || !step_is_short(one) ||
	    !pthread_equal(vm->control_thread, pthread_self()))
		return NULL;
	one->direct = true;
	one->state = VCPU_RUNNING;
	vm->nr_running++;
	return one;
}

/* actions NULL: the vCPUs keep their last actions. */
static int resume_locked(struct vm *vm, const enum guest_action *actions,
			 const struct guest_range *ranges, struct vcpu **direct)
{
	if (vm->state == VM_EXITED)
		return -ESRCH;
	if (vm->state != VM_STOPPED || vm->stop.kind != GUEST_STOP_NONE)
		return -EBUSY;
	if (vm->reset_wanted) {
		vm_request(vm, BUS_REQUEST_RESET);
		return 0;
	}
	if (leave_tell_locked(vm, !actions)) {
		stop_tell_locked(vm);
		return 0;
	}
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		if (actions)
			plan_locked(&vm->vcpu[i], actions[i],
				    ranges ? &ranges[i] : NULL);
		leave_plan_locked(&vm->vcpu[i]);
	}
	counter_restore(vm);
	vm->nr_resumes++;
	vm->state = VM_RUNNING;
	leave_next_locked(vm);
	*direct = direct_choose_locked(vm);
	wake_locked(vm);
	return 0;
}

static void park_locked(struct vm *vm, struct vcpu *vcpu)
{
	if (vcpu->state == VCPU_PARKED)
		return;
	vcpu->state = VCPU_PARKED;
	vm->nr_running--;
	/* run_hold_others() waits for the last of the others. */
	if (vm->solo != VM_NO_SOLO)
		pthread_cond_broadcast(&vm->cond);
	if (vm->nr_running == 0 && vm->state != VM_RUNNING)
		stop_finish_locked(vm);
}

/*
 * The last vCPU to park handles a stop that a vCPU has raised: see "The control
 * lock" in run.h. vm.lock is released meanwhile, and the VM may run again
 * afterwards.
 */
static void stop_deal_locked(struct vm *vm)
{
	if (!stop_waits(vm) || vm->stop_told)
		return;
	if (leave_by_step(vm->stop.kind) || vm->stop.kind == GUEST_STOP_STEP) {
		pthread_mutex_unlock(&vm->lock);
		if (!pthread_mutex_trylock(&vm->control)) {
			vm->stop_here(vm->stop_opaque);
			pthread_mutex_unlock(&vm->control);
		}
		pthread_mutex_lock(&vm->lock);
	}
	stop_tell_locked(vm);
}

/*
 * Step on the control thread, which looks for stops after the step. If the step
 * is interrupted, the vCPU's thread continues it.
 */
static void direct_run(struct vm *vm, struct vcpu *vcpu)
{
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	vcpu_execute(vcpu);
	pthread_mutex_lock(&vm->lock);
	vcpu->direct = false;
	park_locked(vm, vcpu);
	wake_locked(vm);
	pthread_mutex_unlock(&vm->lock);
}

static int resume(struct vm *vm, const enum guest_action *actions,
		  const struct guest_range *ranges)
{
	struct vcpu *direct = NULL;
	int err;

	pthread_mutex_lock(&vm->lock);
	err = resume_locked(vm, actions, ranges, &direct);
	pthread_mutex_unlock(&vm->lock);
	if (!err)
		ioloop_resume(vm->ioloop);
	if (direct)
		direct_run(vm, direct);
	return err;
}

int vm_resume(struct vm *vm, const enum guest_action *actions,
	      const struct guest_range *ranges)
{
	return any_action(vm, actions) ? resume(vm, actions, ranges) : -EINVAL;
}

int vm_continue(struct vm *vm)
{
	return resume(vm, NULL, NULL);
}

void run_step_done(struct vcpu *vcpu, bool stepped)
{
	struct vm *vm = vcpu->vm;

	pthread_mutex_lock(&vm->lock);
	leave_stepped_locked(vcpu, stepped);
	if (vm->solo == vcpu->index) {
		leave_next_locked(vm);
		wake_locked(vm);
	}
	pthread_mutex_unlock(&vm->lock);
}

bool run_hold_others(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	bool held;

	pthread_mutex_lock(&vm->lock);
	held = vm->state == VM_RUNNING &&
	       (vm->solo == VM_NO_SOLO || vm->solo == vcpu->index);
	if (held) {
		vm->solo = vcpu->index;
		kick_vcpus_locked(vm, false);
	}
	while (held && vm->nr_running > 1)
		pthread_cond_wait(&vm->cond, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	if (held)
		ioloop_pause(vm->ioloop);
	return held;
}

void run_release_others(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	ioloop_resume(vm->ioloop);
	pthread_mutex_lock(&vm->lock);
	/* A vCPU that steps over a BRK keeps the VM until the step is done. */
	if (vcpu->leave.how != LEAVE_LIFTED)
		leave_next_locked(vm);
	wake_locked(vm);
	pthread_mutex_unlock(&vm->lock);
}

bool run_wait(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	bool go;

	pthread_mutex_lock(&vm->lock);
	if (!may_run(vm, vcpu)) {
		park_locked(vm, vcpu);
		stop_deal_locked(vm);
		while (!vm->quit && !may_run(vm, vcpu))
			pthread_cond_wait(&vcpu->wake, &vm->lock);
	}
	go = !vm->quit;
	if (go && vcpu->state == VCPU_PARKED) {
		vcpu->state = VCPU_RUNNING;
		vm->nr_running++;
	}
	if (go)
		__atomic_store_n(&vcpu->run->immediate_exit, 0,
				 __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&vm->lock);
	return go;
}
