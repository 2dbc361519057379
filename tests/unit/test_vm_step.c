// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_step.c - single steps and ranges, and what the guest may see of them
 *
 * Each test runs on stock KVM, where the VMM masks interrupts for the step, and
 * on a /dev/trapline, which withholds interrupts.
 *
 * TSan: yes
 */
#include "fake_vm.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define IDLE       0x400 /* where vCPU 1 waits */
#define VECTORS    0x800 /* bytes from the beginning of the code */
#define SYNC_SPX   0x200
#define IRQ_SPX    0x280
#define INTERRUPTS (PSTATE_I | PSTATE_F)
#define DAIF_IF    3 /* immediate of DAIFSet and DAIFClr: I and F */
#define EVERYTHING (~0ULL)

static const va_t at = FAKE_VM_CODE;

static uint32_t code[(VECTORS + 0x800) / 4];

/* One vCPU at the first of these words, at EL1 with interrupts enabled. */
static struct fake_vm *start(bool trapline, const uint32_t *words, size_t nr)
{
	struct fake_vm_options o = {
		.cpus = 2,
		.trapline = trapline,
		.code = code,
		.nr_code = ARRAY_SIZE(code),
		.entry = { 0, IDLE },
	};
	struct fake_vm *fv;

	for (size_t i = 0; i < ARRAY_SIZE(code); i++)
		code[i] = i < nr ? words[i] : A64_WFI;
	/* Handlers: that of interrupts counts in x9 and returns. */
	code[(VECTORS + IRQ_SPX) / 4] = A64_ADD(9, 9, 1);
	code[(VECTORS + IRQ_SPX) / 4 + 1] = A64_ERET;
	code[(VECTORS + SYNC_SPX) / 4] = A64_ADD(10, 10, 1);
	code[(VECTORS + SYNC_SPX) / 4 + 1] = A64_ERET;
	fake_vm_start(&o, &fv);
	for (unsigned int i = 0; i < 2; i++) {
		struct fake_cpu *cpu = fake_kvm_cpu(i);

		cpu->sysreg[FAKE_VBAR] = at + VECTORS;
		cpu->core.regs.pstate &= ~(uint64_t)PSTATE_DAIF;
	}
	return fv;
}

#define START(trapline, ...)                               \
	start(trapline, (const uint32_t[]){ __VA_ARGS__ }, \
	      sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* One step of vCPU 0; the PC afterwards. */
static va_t step(struct fake_vm *fv)
{
	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
	return fake_vm_expect(fv, GUEST_STOP_STEP, 0);
}

static va_t step_range(struct fake_vm *fv, va_t start_va, va_t end)
{
	enum guest_action actions[2] = { GUEST_STEP, GUEST_HOLD };
	struct guest_range ranges[2] = { { start_va, end } };

	assert_int_equal(fv->g->ops->resume(fv->g, actions, ranges), 0);
	return fake_vm_expect(fv, GUEST_STOP_STEP, 0);
}

static uint64_t pstate(struct fake_vm *fv)
{
	struct guest_regs regs;

	assert_int_equal(fv->g->ops->regs_get(fv->g, 0, &regs), 0);
	return regs.pstate;
}

/* --- interrupts ------------------------------------------------------------- */

/* With an interrupt pending and enabled, a step does not end in its handler. */
static void no_interrupt(void **state)
{
	struct fake_vm *fv =
		START(*(bool *)*state, A64_ADD(5, 5, 1), A64_ADD(5, 5, 1));

	fake_kvm_irq(0);
	assert_int_equal(step(fv), at + 4);
	assert_int_equal(step(fv), at + 8);
	assert_int_equal(fake_vm_x(fv, 0, 5), 2);
	assert_int_equal(fake_vm_x(fv, 0, 9), 0);
	assert_int_equal(pstate(fv) & (PSTATE_DAIF | PSTATE_SS), 0);
	/* The interrupt is taken as soon as the guest runs. */
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 9), 1);
	fake_vm_finish(fv);
}

/* An instruction that reads the mask sees the guest's own mask. */
static void mask_is_not_seen(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_MRS_DAIF(6),
				   A64_DAIFSET(DAIF_IF), A64_MRS_DAIF(7),
				   A64_DAIFCLR(DAIF_IF), A64_MRS_DAIF(8));

	assert_int_equal(step(fv), at + 4);
	assert_int_equal(fake_vm_x(fv, 0, 6), 0);
	step(fv);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, INTERRUPTS);
	step(fv);
	assert_int_equal(fake_vm_x(fv, 0, 7), INTERRUPTS);
	step(fv);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, 0);
	step(fv);
	assert_int_equal(fake_vm_x(fv, 0, 8), 0);
	fake_vm_finish(fv);
}

/* An exception saves the guest's own mask, and ERET restores it. */
static void exception_and_return(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_SVC, A64_NOP);

	assert_int_equal(step(fv), at + VECTORS + SYNC_SPX);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, PSTATE_DAIF);
	assert_int_equal(fake_kvm_cpu(0)->core.spsr[KVM_SPSR_EL1] &
				 (PSTATE_DAIF | PSTATE_SS),
			 0);
	assert_int_equal(fake_kvm_cpu(0)->core.elr_el1, at + 4);
	assert_int_equal(step(fv), at + VECTORS + SYNC_SPX + 4);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, PSTATE_DAIF);
	assert_int_equal(step(fv), at + 4);
	assert_int_equal(pstate(fv) & (PSTATE_DAIF | PSTATE_SS), 0);
	fake_vm_finish(fv);
}

/* A step of the guest's own BRK ends in the guest's handler. */
static void own_brk(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_BRK(1), A64_NOP);

	assert_int_equal(step(fv), at + VECTORS + SYNC_SPX);
	assert_int_equal(fake_kvm_cpu(0)->core.spsr[KVM_SPSR_EL1] &
				 (PSTATE_DAIF | PSTATE_SS),
			 0);
	assert_int_equal(fake_kvm_cpu(0)->core.elr_el1, at);
	fake_vm_finish(fv);
}

/*
 * The step is interrupted before its instruction has run. The interrupted step
 * must not change the guest.
 */
static void broken_off(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_NOP, A64_NOP);

	fake_kvm_execute(0, false);
	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_pc(fv, 0), at);
	assert_int_equal(pstate(fv) & (PSTATE_DAIF | PSTATE_SS), 0);
	fake_kvm_execute(0, true);
	assert_int_equal(step(fv), at + 4);
	fake_vm_finish(fv);
}

/*
 * A step of WFI completes at once. Executed, WFI might wait for ever, because
 * the other vCPUs are held.
 */
static void wait_completes(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_WFI, A64_NOP);
	unsigned int runs = fake_kvm_nr_runs(0);

	assert_int_equal(step(fv), at + 4);
	assert_int_equal(fake_kvm_nr_runs(0), runs);
	fake_vm_finish(fv);
}

/*
 * --- breakpoints, and other vCPUs --------------------------------------------
 */

static void onto_breakpoints(void **state)
{
	static const enum guest_break_kind kinds[] = { GUEST_BREAK_SW,
						       GUEST_BREAK_HW };

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct fake_vm *fv =
			START(*(bool *)*state, A64_NOP, A64_NOP, A64_NOP);

		assert_int_equal(fv->g->ops->break_set(fv->g, 0, kinds[i],
						       at + 4, 4),
				 0);
		/*
		 * The step ends before the breakpoint; the next step hits it.
		 */
		assert_int_equal(step(fv), at + 4);
		fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
		assert_int_equal(fake_vm_expect(fv,
						i ? GUEST_STOP_HW_BREAK
						  : GUEST_STOP_SW_BREAK,
						0),
				 at + 4);
		/* gdb removes the breakpoint in order to step on. */
		assert_int_equal(fv->g->ops->break_clear(fv->g, 0, kinds[i],
							 at + 4, 4),
				 0);
		assert_int_equal(step(fv), at + 8);
		fake_vm_finish(fv);
	}
}

/* Other vCPUs run during a step, unless they are held. */
static void others_run(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_NOP, A64_NOP, A64_B(0));

	fake_vm_set_pc(fv, 1, at + 8);
	fake_kvm_execute(0, false);
	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_RUN);
	fake_kvm_wait_idle(0);
	while (!fake_kvm_in_run(1))
		sched_yield();
	fake_kvm_execute(0, true);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0), at + 4);
	assert_false(fake_kvm_in_run(1));
	fake_vm_finish(fv);
}

/* --- exclusives -------------------------------------------------------------- */

#define ADD_ATOMICALLY \
	A64_LDXR(6, 5), A64_ADD(6, 6, 1), A64_STXR(7, 6, 5), A64_CBNZ_W(7, -3)

/* An exclusive sequence is one step; otherwise its store would never succeed. */
static void exclusive_sequence(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, ADD_ATOMICALLY, A64_NOP);

	fake_vm_set_x(fv, 0, 5, FAKE_VM_DATA);
	fake_kvm_irq(0);
	assert_int_equal(step(fv), at + 12);
	assert_int_equal(fake_vm_x(fv, 0, 7), 0);
	assert_int_equal(fake_vm_data(fv, FAKE_VM_DATA), 1);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, 0);
	assert_int_equal(step(fv), at + 16);
	fake_vm_finish(fv);
}

/* The vCPU may leave the sequence by a branch, and stops at its target. */
static void exclusive_left(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_LDXR(6, 5),
				   A64_CBNZ(6, 3), A64_STXR(7, 6, 5), A64_NOP,
				   A64_NOP);

	fake_vm_set_x(fv, 0, 5, FAKE_VM_DATA);
	fake_vm_set_data(fv, FAKE_VM_DATA, 1);
	assert_int_equal(step(fv), at + 16);
	fake_vm_set_data(fv, FAKE_VM_DATA, 0);
	fake_vm_set_pc(fv, 0, at);
	assert_int_equal(step(fv), at + 12);
	/*
	 * The step's own breakpoints are gone; those of the debugger are
	 * unchanged.
	 */
	assert_int_equal(step(fv), at + 16);
	fake_vm_finish(fv);
}

/*
 * With a BRK inside, a sequence is stepped as other code. When the guest runs,
 * its next attempt succeeds.
 */
static void exclusive_with_breakpoint(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, ADD_ATOMICALLY, A64_NOP);

	fake_vm_set_x(fv, 0, 5, FAKE_VM_DATA);
	assert_int_equal(
		fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_SW, at + 4, 4), 0);
	assert_int_equal(step(fv), at + 4);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0), at + 4);
	assert_int_equal(fv->g->ops->break_clear(fv->g, 0, GUEST_BREAK_SW,
						 at + 4, 4),
			 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_data(fv, FAKE_VM_DATA), 1);
	fake_vm_finish(fv);
}

/* --- ranges ------------------------------------------------------------------ */

/* A loop of 10 rounds is one range step. */
static void range(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_ADD(5, 5, 1),
				   A64_SUB(6, 6, 1), A64_CBNZ(6, -2), A64_NOP);

	fake_vm_set_x(fv, 0, 6, 10);
	assert_int_equal(step_range(fv, at, at + 12), at + 12);
	assert_int_equal(fake_vm_x(fv, 0, 5), 10);
	/* If the PC is outside the range, a range step is one step. */
	assert_int_equal(step_range(fv, at, at + 12), at + 16);
	fake_vm_finish(fv);
}

static void range_with_breakpoint(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_ADD(5, 5, 1),
				   A64_ADD(5, 5, 1), A64_ADD(5, 5, 1), A64_NOP);
	enum guest_action actions[2] = { GUEST_STEP, GUEST_HOLD };
	struct guest_range ranges[2] = { { at, at + 12 } };

	assert_int_equal(
		fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_SW, at + 8, 4), 0);
	assert_int_equal(fv->g->ops->resume(fv->g, actions, ranges), 0);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0), at + 8);
	assert_int_equal(fake_vm_x(fv, 0, 5), 2);
	fake_vm_finish(fv);
}

static void range_with_exclusives(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, ADD_ATOMICALLY,
				   A64_SUB(8, 8, 1), A64_CBNZ(8, -5), A64_NOP);

	fake_vm_set_x(fv, 0, 5, FAKE_VM_DATA);
	fake_vm_set_x(fv, 0, 8, 20);
	assert_int_equal(step_range(fv, at, at + 24), at + 24);
	assert_int_equal(fake_vm_data(fv, FAKE_VM_DATA), 20);
	fake_vm_finish(fv);
}

/*
 * A range step of a loop that waits for an interrupt's handler. From time to
 * time the step lets an interrupt in and runs its handler. The debugger does
 * not see this.
 */
static void range_lets_interrupts_in(void **state)
{
	struct fake_vm *fv = START(*(bool *)*state, A64_SUB(6, 9, 0),
				   A64_CBNZ(6, 2), A64_B(-2), A64_NOP);

	fake_kvm_irq(0);
	assert_int_equal(step_range(fv, at, at + 12), at + 12);
	assert_true(fake_vm_x(fv, 0, 9) > 0);
	assert_int_equal(pstate(fv) & PSTATE_DAIF, 0);
	fake_vm_finish(fv);
}

/* A request for a stop ends a range step that would not end. */
static void range_is_stopped(void **state)
{
	struct fake_vm *fv =
		START(*(bool *)*state, A64_ADD(5, 5, 1), A64_B(-1));
	enum guest_action actions[2] = { GUEST_STEP, GUEST_HOLD };
	struct guest_range ranges[2] = { { at, at + 8 } };

	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(fv->g->ops->resume(fv->g, actions, ranges), 0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(pstate(fv) & (PSTATE_DAIF | PSTATE_SS), 0);
	}
	fake_vm_finish(fv);
}

#define ON_BOTH(test)                            \
	cmocka_unit_test_prestate(test, &on[0]), \
		cmocka_unit_test_prestate(test, &on[1])

int main(void)
{
	static bool on[] = { false, true };
	const struct CMUnitTest tests[] = {
		ON_BOTH(no_interrupt),
		ON_BOTH(mask_is_not_seen),
		ON_BOTH(exception_and_return),
		ON_BOTH(own_brk),
		ON_BOTH(broken_off),
		ON_BOTH(wait_completes),
		ON_BOTH(onto_breakpoints),
		ON_BOTH(others_run),
		ON_BOTH(exclusive_sequence),
		ON_BOTH(exclusive_left),
		ON_BOTH(exclusive_with_breakpoint),
		ON_BOTH(range),
		ON_BOTH(range_with_breakpoint),
		ON_BOTH(range_with_exclusives),
		ON_BOTH(range_lets_interrupts_in),
		ON_BOTH(range_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
