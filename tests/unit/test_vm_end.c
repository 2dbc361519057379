// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_end.c - run control: kill, power-off and reset in each state, and the
 * guest's time
 *
 * TSan: yes
 */
#include "fake_loops.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vmm/catch/pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/run.h"

/*
 * --- the end of a VM, in each state ----------------------------------------
 */

static void killed(struct fake_vm *fv)
{
	struct guest_stop stop;

	assert_int_equal(fv->g->ops->kill(fv->g), 0);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_EXITED);
	assert_false(fake_kvm_in_run(0));
	assert_false(fake_kvm_in_run(1));
	fake_vm_finish(fv);
}

static void kill_running(void **state)
{
	struct fake_vm *fv = loops_start(2);

	fake_vm_run(fv);
	killed(fv);
}

static void kill_stopped(void **state)
{
	killed(loops_start(2));
}

static void kill_stepping(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_RUN);
	fake_kvm_wait_idle(0);
	killed(fv);
}

static void kill_lifted(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	loops_pbreak_set(fv, 0);
	fake_vm_run(fv);
	loops_feed_brk(0);
	fake_vm_expect(fv, GUEST_STOP_BREAK, 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	killed(fv);
}

/* The end of a test ends a VM that still runs, and all its threads. */
static void finish_running(void **state)
{
	struct fake_vm *fv = loops_start(4);

	fake_vm_run(fv);
	fake_vm_finish(fv);
}

/* --- power off and reset by the guest --------------------------------------- */

static void feed_event(unsigned int vcpu, uint32_t event)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_SYSTEM_EVENT,
		.event = event,
	};

	fake_kvm_exit(vcpu, &exit);
}

static void power_off(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);
	struct guest_stop stop;

	fake_vm_run(fv);
	feed_event(1, KVM_SYSTEM_EVENT_SHUTDOWN);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_EXITED);
	assert_int_equal(stop.code, 0);
	fake_vm_finish(fv);
}

/* Reset the VM as the control loop does for BUS_REQUEST_RESET. */
static void reset(struct fake_vm *fv)
{
	vm_stop_wait(&fv->vm);
	assert_int_equal(vm_reset(&fv->vm), 0);
	debug_reset(fv->debug);
	for (unsigned int i = 0; i < fv->g->nr_vcpus; i++)
		fake_kvm_power(i, true);
}

static unsigned int wait_request(struct fake_vm *fv)
{
	struct guest_stop stop;
	unsigned int requests;

	do {
		fake_vm_wait(fv, &stop);
		assert_int_equal(stop.kind, GUEST_STOP_NONE);
		requests = vm_requests_take(&fv->vm);
	} while (!requests);
	return requests;
}

static void guest_resets(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	loops_brk_set(fv, 0);
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		feed_event(1, KVM_SYSTEM_EVENT_RESET);
		assert_int_equal(wait_request(fv), 1U << BUS_REQUEST_RESET);
		reset(fv);
		assert_int_equal(vm_continue(&fv->vm), 0);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(fake_vm_pc(fv, 0), FAKE_VM_CODE);
		/* The image was loaded anew, and the BRK is there again. */
		assert_true(fake_vm_word(fv, loops_nop(0)) != A64_NOP);
	}
	fake_vm_finish(fv);
}

/*
 * A stop that is requested between the guest's reset and the VMM's is reported
 * afterwards.
 */
static void stop_before_reset(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	fake_vm_run(fv);
	feed_event(0, KVM_SYSTEM_EVENT_RESET);
	assert_int_equal(wait_request(fv), 1U << BUS_REQUEST_RESET);
	assert_int_equal(fv->g->ops->stop_request(fv->g), 0);
	reset(fv);
	fake_vm_expect(fv, GUEST_STOP_REQUESTED, 0);
	assert_int_equal(fake_vm_pc(fv, 0), FAKE_VM_CODE);
	fake_vm_finish(fv);
}

/* A resume before the VMM's reset does not run the old guest. */
static void resume_before_reset(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);
	unsigned int runs;

	fake_vm_run(fv);
	feed_event(0, KVM_SYSTEM_EVENT_RESET);
	assert_int_equal(wait_request(fv), 1U << BUS_REQUEST_RESET);
	runs = fake_kvm_nr_runs(1);
	assert_int_equal(vm_continue(&fv->vm), 0);
	assert_int_equal(fake_kvm_nr_runs(1), runs);
	assert_int_equal(wait_request(fv), 1U << BUS_REQUEST_RESET);
	reset(fv);
	assert_int_equal(vm_continue(&fv->vm), 0);
	fake_kvm_wait_idle(1);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	fake_vm_finish(fv);
}

/*
 * If KVM refuses the new VM, the reset fails, and everything can still be
 * freed.
 */
static void reset_fails(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	fake_kvm_fail(FAKE_CALL_VCPU_CREATE, 1, ENOMEM);
	assert_int_equal(vm_reset(&fv->vm), -ENOMEM);
	fake_vm_finish(fv);
}

/* --- guest time ------------------------------------------------------------- */

static void counter_stands_still(void **state)
{
	struct fake_vm *fv = loops_start_waiting(1);
	uint64_t last = 0;

	for (unsigned int i = 0; i < 5; i++) {
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_true(fv->vm.counter_saved);
		assert_true(fv->vm.counter >= last);
		last = fv->vm.counter;
		fake_vm_run(fv);
		assert_int_equal(fake_kvm_counter_set(), last);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		last = fv->vm.counter;
	}
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kill_running),
		cmocka_unit_test(kill_stopped),
		cmocka_unit_test(kill_stepping),
		cmocka_unit_test(kill_lifted),
		cmocka_unit_test(finish_running),
		cmocka_unit_test(power_off),
		cmocka_unit_test(guest_resets),
		cmocka_unit_test(stop_before_reset),
		cmocka_unit_test(resume_before_reset),
		cmocka_unit_test(reset_fails),
		cmocka_unit_test(counter_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
