// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_leave.c - what a vCPU does before it leaves a stop: vmm/leave.h
 *
 * TSan: yes
 *
 * Each test covers one rule of leave.h's table that no other test covers. Stops
 * that another stop has hidden are in test_vm_run.c, watch hits in
 * test_vm_watch.c.
 */
#include "fake_loops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "vmm/run.h"

#define LOOP_START(vcpu) (loops_nop(vcpu) - 4)

/* vCPU 0 has reported a breakpoint that gdb does not know. */
static struct fake_vm *at_pbreak(unsigned int cpus)
{
	struct fake_vm *fv = loops_start(cpus);

	loops_pbreak_set(fv, 0);
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	return fv;
}

/* The vCPU passes the BRK once, runs its loop, and reports the BRK again. */
static void expect_round(struct fake_vm *fv)
{
	uint64_t passed = fake_vm_x(fv, 0, 6);

	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 6), passed + 1);
}

/* The breakpoint stays reported until the vCPU has left it. */
static void held_vcpu_leaves_later(void **state)
{
	struct fake_vm *fv = at_pbreak(2);

	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_resume(fv, 0, GUEST_HOLD, GUEST_RUN);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(fake_vm_pc(fv, 0), loops_nop(0));
	}
	expect_round(fv);
	fake_vm_finish(fv);
}

/* The debugger has moved the PC: the vCPU reports its next arrival. */
static void moved_away(void **state)
{
	struct fake_vm *fv = at_pbreak(1);

	fake_vm_set_pc(fv, 0, LOOP_START(0));
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 5), 2);
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	expect_round(fv);
	fake_vm_finish(fv);
}

/* The same for a debug register. */
static void moved_away_from_register(void **state)
{
	struct fake_vm *fv = loops_start(1);

	assert_int_equal(fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_HW,
					       loops_nop(0), 4),
			 0);
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0);
	fake_vm_set_pc(fv, 0, LOOP_START(0));
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0),
			 loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 5), 2);
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	fake_vm_finish(fv);
}

/* The vCPU arrives at another BRK, and at the first one again: two reports. */
static void arrival_forgets(void **state)
{
	struct fake_vm *fv = at_pbreak(2);

	loops_brk_set(fv, 1);
	fake_vm_set_pc(fv, 0, loops_nop(1));
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_HOLD);
	fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0);
	fake_vm_set_pc(fv, 0, loops_nop(0));
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	fake_vm_finish(fv);
}

/* After a debugger's step past the BRK, the next arrival is reported. */
static void step_leaves(void **state)
{
	struct fake_vm *fv = at_pbreak(1);

	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
			 loops_nop(0) + 4);
	fake_vm_set_pc(fv, 0, loops_nop(0));
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	fake_vm_finish(fv);
}

/* After a reset the next arrival is reported. */
static void reset_forgets(void **state)
{
	struct fake_vm *fv = at_pbreak(1);

	assert_int_equal(vm_reset(&fv->vm), 0);
	debug_reset(fv->debug);
	fake_kvm_power(0, true);
	fake_vm_set_pc(fv, 0, loops_nop(0));
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_BREAK, 0), loops_nop(0));
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	fake_vm_finish(fv);
}

/* Every resume first reports the device's write. */
static void device_is_first(void **state)
{
	struct fake_vm *fv = at_pbreak(2);
	struct guest_stop stop;
	unsigned int runs = fake_kvm_nr_runs(0);

	vm_stop_device(&fv->vm);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_true(stop.device);
	assert_int_equal(fake_kvm_nr_runs(0), runs);
	assert_int_equal(fake_vm_pc(fv, 0), loops_nop(0));
	/* The vCPU still has a breakpoint to leave. */
	expect_round(fv);
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_vcpu_leaves_later),
		cmocka_unit_test(moved_away),
		cmocka_unit_test(moved_away_from_register),
		cmocka_unit_test(arrival_forgets),
		cmocka_unit_test(step_leaves),
		cmocka_unit_test(reset_forgets),
		cmocka_unit_test(device_is_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
