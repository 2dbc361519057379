// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_run.c - run control: which vCPU runs, which one stops, and the
 * reports
 *
 * The test makes the races itself: a hook at the end of KVM_RUN lets two vCPUs
 * out at the same time, or holds one back until the other has stopped the VM.
 * Where both orders are correct, the test checks what both have in common.
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

#define ROUNDS 50

/* --- plain stops ----------------------------------------------------------- */

static void stop_on_request(void **state)
{
	struct fake_vm *fv = loops_start(2);

	fake_vm_run(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_false(fake_kvm_in_run(0));
	assert_false(fake_kvm_in_run(1));
	loops_check(fv, 0);
	loops_check(fv, 1);
	fake_vm_expect_none(fv);
	/* A request has no effect while the VM is stopped. */
	assert_int_equal(fv->g->ops->stop_request(fv->g), 0);
	fake_vm_expect_none(fv);
	fake_vm_finish(fv);
}

/* A vCPU that sleeps in KVM_RUN leaves it, too. */
static void stop_asleep(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		fake_vm_run(fv);
		if (i % 2)
			fake_kvm_wait_idle(i / 2 % 2);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_false(fake_kvm_in_run(0));
		assert_false(fake_kvm_in_run(1));
	}
	fake_vm_finish(fv);
}

static void refusals(void **state)
{
	enum guest_action hold[2] = { GUEST_HOLD, GUEST_HOLD };
	enum guest_action run[2] = { GUEST_RUN, GUEST_RUN };
	struct fake_vm *fv = loops_start(2);
	struct guest_regs regs;

	assert_int_equal(fv->g->ops->resume(fv->g, hold, NULL), -EINVAL);
	fake_vm_run(fv);
	assert_int_equal(fv->g->ops->resume(fv->g, run, NULL), -EBUSY);
	assert_int_equal(fv->g->ops->regs_get(fv->g, 0, &regs), -EBUSY);
	assert_int_equal(fv->g->ops->kill(fv->g), 0);
	fake_vm_wait(fv, &(struct guest_stop){ 0 });
	assert_int_equal(fv->g->ops->resume(fv->g, run, NULL), -ESRCH);
	assert_int_equal(fv->g->ops->regs_get(fv->g, 0, &regs), -ESRCH);
	fake_vm_finish(fv);
}

static void held_vcpus_stay(void **state)
{
	struct fake_vm *fv = loops_start(2);
	unsigned int runs = fake_kvm_nr_runs(1);

	loops_brk_set(fv, 0);
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0),
			 loops_nop(0));
	assert_int_equal(fake_kvm_nr_runs(1), runs);
	assert_int_equal(fake_vm_x(fv, 1, 5), 0);
	fake_vm_finish(fv);
}

/* The shell looks into a guest that runs, and no debugger notices. */
static void peek(void **state)
{
	struct fake_vm *fv = loops_start(2);
	struct guest_regs regs;
	struct guest_stop stop;

	/* A guest that was stopped before stays stopped. */
	assert_false(debug_peek_begin(fv->debug));
	debug_peek_end(fv->debug, false);
	assert_false(fv->g->ops->is_running(fv->g));
	fake_vm_run(fv);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		assert_true(debug_peek_begin(fv->debug));
		assert_false(fake_kvm_in_run(0));
		assert_false(fake_kvm_in_run(1));
		assert_int_equal(fv->g->ops->regs_get(fv->g, 1, &regs), 0);
		debug_peek_end(fv->debug, true);
		assert_true(fv->g->ops->is_running(fv->g));
		assert_int_equal(fv->g->ops->regs_get(fv->g, 1, &regs), -EBUSY);
	}
	fake_vm_expect_none(fv);
	/* A breakpoint that is set meanwhile is hit later. */
	assert_true(debug_peek_begin(fv->debug));
	loops_brk_set(fv, 1);
	debug_peek_end(fv->debug, true);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 1),
			 loops_nop(1));
	loops_brk_clear(fv, 1);
	/* A stop that was under way is reported afterwards. */
	fake_vm_run(fv);
	assert_int_equal(fv->g->ops->stop_request(fv->g), 0);
	assert_true(debug_peek_begin(fv->debug));
	debug_peek_end(fv->debug, true);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_REQUESTED);
	fake_vm_finish(fv);
}

/* --- two at once ----------------------------------------------------------- */

static pthread_barrier_t gate;

/* Wait for the other vCPU, the first time in each round. */
static void meet(void *opaque)
{
	bool *armed = opaque;

	if (!*armed)
		return;
	*armed = false;
	pthread_barrier_wait(&gate);
}

/*
 * Both vCPUs hit a breakpoint at the same moment. The first one is reported at
 * once, the second one at the next resume. No hit is lost or reported twice.
 */
static void two_stop_at_once(void **state)
{
	struct fake_vm *fv = loops_start(2);
	uint64_t told[2] = { 0 };
	bool armed[2];

	pthread_barrier_init(&gate, NULL, 2);
	loops_brk_set(fv, 0);
	loops_brk_set(fv, 1);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct guest_stop first, second;

		armed[0] = armed[1] = true;
		fake_kvm_on_leave(0, meet, &armed[0]);
		fake_kvm_on_leave(1, meet, &armed[1]);
		fake_vm_run(fv);
		fake_vm_wait(fv, &first);
		assert_int_equal(first.kind, GUEST_STOP_SW_BREAK);
		assert_int_equal(fake_vm_pc(fv, first.vcpu),
				 loops_nop(first.vcpu));
		told[first.vcpu]++;
		fake_vm_expect_none(fv);
		loops_pass(fv, first.vcpu);
		fake_vm_resume(fv, first.vcpu, GUEST_HOLD, GUEST_RUN);
		fake_vm_wait(fv, &second);
		assert_int_equal(second.kind, GUEST_STOP_SW_BREAK);
		assert_int_equal(second.vcpu, !first.vcpu);
		told[second.vcpu]++;
		loops_pass(fv, second.vcpu);
		for (unsigned int v = 0; v < 2; v++)
			assert_int_equal(fake_vm_x(fv, v, 5), told[v]);
	}
	fake_vm_finish(fv);
	pthread_barrier_destroy(&gate);
}

static sem_t has_come;

/* Keep this vCPU in KVM_RUN until another one has stopped the VM. */
static void wait_for_stopping(void *opaque)
{
	struct fake_vm *fv = opaque;
	enum vm_state now = VM_RUNNING;

	sem_post(&has_come);
	while (now == VM_RUNNING) {
		sched_yield();
		pthread_mutex_lock(&fv->vm.lock);
		now = fv->vm.state;
		pthread_mutex_unlock(&fv->vm.lock);
	}
}

/* vCPU 0 completes a step, but vCPU 1's breakpoint is reported first. */
static struct fake_vm *step_loses(void)
{
	struct fake_vm *fv = loops_start_waiting(2);

	loops_brk_set(fv, 1);
	sem_init(&has_come, 0, 0);
	fake_kvm_on_leave(0, wait_for_stopping, fv);
	fake_kvm_execute(0, true);
	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_RUN);
	sem_wait(&has_come);
	loops_feed_brk(1);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 1),
			 loops_nop(1));
	fake_kvm_on_leave(0, NULL, NULL);
	assert_int_equal(fake_vm_pc(fv, 0), loops_nop(0) + 4);
	return fv;
}

/*
 * The caller does not want the breakpoint's stop: the step is reported then,
 * and not done again.
 */
static void owed_step_is_told(void **state)
{
	struct fake_vm *fv = step_loses();
	unsigned int runs = fake_kvm_nr_runs(0);

	assert_int_equal(fv->g->ops->resume_over(fv->g, 1), 0);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
			 loops_nop(0) + 4);
	assert_int_equal(fake_kvm_nr_runs(0), runs);
	fake_vm_expect_none(fv);
	fake_vm_finish(fv);
}

/*
 * The debugger has seen the other stop and resumed the VM: the step is not
 * reported any more.
 */
static void owed_step_is_forgotten(void **state)
{
	struct fake_vm *fv = step_loses();

	fake_kvm_execute(0, false);
	loops_brk_clear(fv, 1);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	fake_kvm_wait_idle(1);
	fake_vm_expect_none(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	fake_vm_finish(fv);
}

/* The VMM stops the VM for a moment during a step: the step continues. */
static void step_goes_on(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
		fake_kvm_wait_idle(0);
		vm_stop_wait(&fv->vm);
		assert_false(fake_kvm_in_run(0));
		fake_vm_expect_none(fv);
		fake_kvm_execute(0, true);
		assert_int_equal(vm_continue(&fv->vm), 0);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
				 loops_nop(0) + 4);
		fake_kvm_execute(0, false);
		fake_vm_set_pc(fv, 0, loops_nop(0));
	}
	fake_vm_finish(fv);
}

/*
 * A breakpoint at the first instruction, or a request at the same time: each
 * resume ends in one stop.
 */
static void hit_while_resuming(void **state)
{
	struct fake_vm *fv = loops_start(2);
	uint64_t hits = 0;

	loops_brk_set(fv, 0);
	loops_brk_set(fv, 1);
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		struct guest_stop stop;

		fake_vm_run(fv);
		if (i % 2)
			fv->g->ops->stop_request(fv->g);
		fake_vm_wait(fv, &stop);
		if (stop.kind == GUEST_STOP_SW_BREAK) {
			hits++;
			loops_pass(fv, stop.vcpu);
		} else {
			assert_int_equal(stop.kind, GUEST_STOP_REQUESTED);
		}
		fake_vm_expect_none(fv);
		loops_check(fv, 0);
		loops_check(fv, 1);
	}
	/* Without a request, only a breakpoint can stop the VM. */
	assert_true(hits >= 2 * ROUNDS);
	fake_vm_finish(fv);
}

/*
 * --- passing a breakpoint that no debugger knows ---------------------------
 */

static uint32_t word_of(struct fake_vm *fv, ipa_t ipa)
{
	const uint32_t *host = vm_ram_at(&fv->vm, ipa, sizeof(*host));

	return __atomic_load_n(host, __ATOMIC_RELAXED);
}

/* While a BRK is lifted for the step of one vCPU, no other vCPU may run. */
static void check_alone(void *opaque)
{
	struct fake_vm *fv = opaque;
	unsigned int nr = 0;

	if (word_of(fv, loops_nop(0)) != A64_NOP)
		return;
	for (unsigned int i = 0; i < fv->g->nr_vcpus; i++)
		nr += fake_kvm_in_run(i);
	if (nr)
		fake_kvm_die("it runs while a BRK is lifted", nr);
}

/* All vCPUs run one loop with one BRK. */
static void one_brk_for_all(void **state)
{
	struct fake_vm_options o = loops_options(4);
	struct fake_vm *fv;
	uint64_t hits[4] = { 0 };

	memset(o.entry, 0, sizeof(o.entry));
	fake_vm_start(&o, &fv);
	loops_pbreak_set(fv, 0);
	for (unsigned int i = 0; i < 4; i++)
		fake_kvm_on_enter(i, check_alone, fv);
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		struct guest_stop stop;

		fake_vm_run(fv);
		fake_vm_wait(fv, &stop);
		assert_int_equal(stop.kind, GUEST_STOP_BREAK);
		assert_int_equal(fake_vm_pc(fv, stop.vcpu), loops_nop(0));
		hits[stop.vcpu]++;
		/* Each arrival at the breakpoint is reported once. */
		assert_int_equal(fake_vm_x(fv, stop.vcpu, 5), hits[stop.vcpu]);
		assert_int_equal(fake_vm_x(fv, stop.vcpu, 6),
				 hits[stop.vcpu] - 1);
		assert_true(fake_vm_word(fv, loops_nop(0)) != A64_NOP);
	}
	fake_vm_finish(fv);
}

/* The VM is stopped during a step over a lifted BRK that does not end. */
static void stop_while_lifted(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);
	unsigned int runs;

	loops_pbreak_set(fv, 0);
	fake_vm_run(fv);
	loops_feed_brk(0);
	fake_vm_expect(fv, GUEST_STOP_BREAK, 0);
	runs = fake_kvm_nr_runs(1);
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(word_of(fv, loops_nop(0)), A64_NOP);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_true(fake_vm_word(fv, loops_nop(0)) != A64_NOP);
		assert_int_equal(fake_vm_pc(fv, 0), loops_nop(0));
	}
	assert_int_equal(fake_kvm_nr_runs(1), runs);
	/* Now the step ends, and vCPU 0 reaches the breakpoint again. */
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	fake_kvm_execute(0, true);
	fake_vm_expect(fv, GUEST_STOP_BREAK, 0);
	assert_int_equal(fake_vm_x(fv, 0, 6), 1);
	fake_vm_finish(fv);
}

/* The stop usually comes before the vCPU begins to step over the BRK. */
static void stop_before_lifted_runs(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	loops_pbreak_set(fv, 0);
	fake_vm_run(fv);
	loops_feed_brk(0);
	fake_vm_expect(fv, GUEST_STOP_BREAK, 0);
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_true(fake_vm_word(fv, loops_nop(0)) != A64_NOP);
	}
	fake_vm_finish(fv);
}

/* Two vCPUs have a BRK to step over. The stop comes during the first step. */
static void stop_with_two_to_lift(void **state)
{
	struct fake_vm *fv = loops_start_waiting(2);

	for (unsigned int i = 0; i < 2; i++) {
		loops_pbreak_set(fv, i);
		fake_vm_resume(fv, i, GUEST_RUN, GUEST_HOLD);
		loops_feed_brk(i);
		fake_vm_expect(fv, GUEST_STOP_BREAK, i);
	}
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(word_of(fv, loops_nop(0)), A64_NOP);
		assert_true(word_of(fv, loops_nop(1)) != A64_NOP);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_true(fake_vm_word(fv, loops_nop(0)) != A64_NOP);
		assert_true(fake_vm_word(fv, loops_nop(1)) != A64_NOP);
	}
	fake_vm_finish(fv);
}

/* The breakpoint is deleted while the PC is at it. */
static void deleted_under_it(void **state)
{
	struct fake_vm *fv = loops_start(1);

	loops_pbreak_set(fv, 0);
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_BREAK, 0);
	assert_int_equal(pbreak_del(debug_pbreaks(fv->debug), 1), 0);
	assert_int_equal(fake_vm_word(fv, loops_nop(0)), A64_NOP);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	loops_check(fv, 0);
	fake_vm_finish(fv);
}

/* --- steps taken by the control thread ------------------------------------- */

static unsigned int nr_direct;
static pthread_t control;

static void count_direct(void *opaque)
{
	nr_direct += pthread_equal(control, pthread_self());
}

static void many_steps(void **state)
{
	struct fake_vm *fv = loops_start(2);

	nr_direct = 0;
	control = pthread_self();
	fake_kvm_on_enter(0, count_direct, NULL);
	for (unsigned int i = 0; i < 40; i++) {
		va_t before = fake_vm_pc(fv, 0);

		fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
				 before == FAKE_VM_CODE + 12 ? FAKE_VM_CODE
							     : before + 4);
		loops_check(fv, 0);
	}
	assert_true(nr_direct > 0);
	assert_int_equal(fake_vm_x(fv, 1, 5), 0);
	fake_vm_finish(fv);
}

static void *device_thread(void *opaque)
{
	vm_stop_device(opaque);
	return NULL;
}

/* A device stops the VM while the control thread is in KVM_RUN. */
static void stop_from_device(void *opaque)
{
	struct fake_vm *fv = opaque;
	pthread_t thread;

	if (!pthread_equal(control, pthread_self()))
		return;
	pthread_create(&thread, NULL, device_thread, &fv->vm);
	pthread_join(thread, NULL);
}

static void device_stops_direct_step(void **state)
{
	struct fake_vm *fv = loops_start(2);
	struct guest_stop stop = { 0 };

	control = pthread_self();
	fake_kvm_on_enter(0, stop_from_device, fv);
	for (unsigned int i = 0; i < 40 && stop.kind != GUEST_STOP_WATCH; i++) {
		fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
		fake_vm_wait(fv, &stop);
	}
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_true(stop.device);
	/*
	 * The step was done all the same, and is reported after the device's
	 * stop.
	 */
	assert_int_equal(vm_continue(&fv->vm), 0);
	fake_vm_expect(fv, GUEST_STOP_STEP, 0);
	loops_check(fv, 0);
	fake_vm_finish(fv);
}

/*
 * --- a stop handled on the vCPU's thread -----------------------------------
 */

static uint64_t nr_dealt;

static void go_on(struct fake_vm *fv)
{
	struct guest_stop stop;

	if (nr_dealt >= ROUNDS || fv->g->ops->stop_get(fv->g, &stop))
		return;
	assert_int_equal(stop.kind, GUEST_STOP_SW_BREAK);
	assert_int_equal(fake_vm_pc(fv, stop.vcpu), loops_nop(stop.vcpu));
	nr_dealt++;
	assert_int_equal(fv->g->ops->resume_over(fv->g, stop.vcpu), 0);
}

/* A condition is false ROUNDS times. Then the last hit is reported. */
static void stops_dealt_with_there(void **state)
{
	struct fake_vm *fv = loops_start(2);
	struct guest_stop stop;
	uint64_t passed = 0;

	nr_dealt = 0;
	fv->stop_here = go_on;
	loops_brk_set(fv, 0);
	loops_brk_set(fv, 1);
	fake_vm_run(fv);
	for (;;) {
		fake_vm_wait(fv, &stop);
		if (nr_dealt >= ROUNDS)
			break;
		/* The control thread has fetched the stop first. */
		nr_dealt++;
		assert_int_equal(fv->g->ops->resume_over(fv->g, stop.vcpu), 0);
	}
	assert_int_equal(stop.kind, GUEST_STOP_SW_BREAK);
	for (unsigned int i = 0; i < 2; i++)
		passed += fake_vm_x(fv, i, 6) +
			  (fake_vm_pc(fv, i) == loops_nop(i) + 4);
	assert_int_equal(passed, nr_dealt);
	loops_check(fv, 0);
	loops_check(fv, 1);
	fake_vm_finish(fv);
}

/* --- all of it at once ------------------------------------------------------ */

struct nuisance {
	struct vm *vm;
	bool quit; /* atomic */
};

static void *stop_again_and_again(void *opaque)
{
	struct nuisance *n = opaque;

	while (!__atomic_load_n(&n->quit, __ATOMIC_RELAXED)) {
		vm_stop_request(n->vm, GUEST_STOP_BREAK, "somebody");
		sched_yield();
	}
	return NULL;
}

static enum guest_action any_action(unsigned int *seed)
{
	static const enum guest_action actions[] = { GUEST_RUN, GUEST_RUN,
						     GUEST_STEP, GUEST_HOLD };

	return actions[(unsigned int)rand_r(seed) % ARRAY_SIZE(actions)];
}

/*
 * Random actions of a debugger, while another thread stops the VM at any time.
 */
static void storm(void **state)
{
	struct fake_vm *fv = loops_start(4);
	struct nuisance n = { .vm = &fv->vm };
	unsigned int seed = 1;
	pthread_t thread;

	loops_pbreak_set(fv, 0);
	loops_pbreak_set(fv, 1);
	loops_brk_set(fv, 2);
	for (unsigned int i = 0; i < 4; i++)
		fake_kvm_on_enter(i, check_alone, fv);
	pthread_create(&thread, NULL, stop_again_and_again, &n);
	for (unsigned int i = 0; i < 20 * ROUNDS; i++) {
		enum guest_action actions[4];
		struct guest_range ranges[4] = { 0 };
		struct guest_stop stop;

		for (unsigned int v = 0; v < 4; v++) {
			actions[v] = any_action(&seed);
			if (rand_r(&seed) % 2)
				ranges[v] = (struct guest_range){
					loops_nop(v) - 4, loops_nop(v) + 8
				};
		}
		actions[i % 4] = GUEST_RUN;
		assert_int_equal(fv->g->ops->resume(fv->g, actions, ranges), 0);
		fake_vm_wait(fv, &stop);
		for (unsigned int v = 0; v < 4; v++)
			loops_check(fv, v);
		if (stop.kind == GUEST_STOP_SW_BREAK) {
			loops_brk_clear(fv, 2);
			assert_int_equal(fv->g->ops->break_set(fv->g, 0,
							       GUEST_BREAK_SW,
							       loops_nop(3), 4),
					 0);
			loops_brk_clear(fv, 3);
			loops_brk_set(fv, 2);
			fake_vm_set_pc(fv, 2, loops_nop(2) + 4);
		}
	}
	__atomic_store_n(&n.quit, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_on_request),
		cmocka_unit_test(stop_asleep),
		cmocka_unit_test(refusals),
		cmocka_unit_test(held_vcpus_stay),
		cmocka_unit_test(peek),
		cmocka_unit_test(two_stop_at_once),
		cmocka_unit_test(owed_step_is_told),
		cmocka_unit_test(owed_step_is_forgotten),
		cmocka_unit_test(step_goes_on),
		cmocka_unit_test(hit_while_resuming),
		cmocka_unit_test(one_brk_for_all),
		cmocka_unit_test(stop_while_lifted),
		cmocka_unit_test(stop_before_lifted_runs),
		cmocka_unit_test(stop_with_two_to_lift),
		cmocka_unit_test(deleted_under_it),
		cmocka_unit_test(many_steps),
		cmocka_unit_test(device_stops_direct_step),
		cmocka_unit_test(stops_dealt_with_there),
		cmocka_unit_test(storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
