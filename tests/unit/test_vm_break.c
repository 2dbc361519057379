// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_break.c - breakpoints of a running VM, and the owner of a debug exit
 *
 * TSan: yes
 */
#include "fake_vm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <trapline/arm64.h>
#include "vmm/debug/breakpoints.h"

#define OUR_BRK      A64_BRK(0x544cU)
#define FOREIGN_BRK  A64_BRK(0x800U)
#define VECTORS      0x800 /* bytes from the beginning of the code */
#define SYNC_SPX     0x200
#define ESR_BRK(imm) (0xf2000000ULL | (imm))
#define ESR_STEP_LOW 0xca000022ULL /* EC 0x32: a step at a lower level (EL0) */

/* x5 counts the executed instructions; the vectors wait (WFI). */
static uint32_t code[VECTORS / 4 + 0x800 / 4] = {
	A64_ADD(5, 5, 1), /* 0x00 */
	A64_ADD(5, 5, 1), /* 0x04 */
	A64_ADD(5, 5, 1), /* 0x08 */
	A64_NOP, /* 0x0c */
	A64_ADD(5, 5, 1), /* 0x10 */
	FOREIGN_BRK, /* 0x14 */
	A64_ADD(5, 5, 1), /* 0x18 */
	A64_WFI, /* 0x1c */
	A64_B(-1),
};

static struct fake_vm *start_on(unsigned int cpus, bool trapline)
{
	struct fake_vm_options o = {
		.cpus = cpus,
		.trapline = trapline,
		.code = code,
		.nr_code = ARRAY_SIZE(code),
	};
	struct fake_vm *fv;

	for (size_t i = VECTORS / 4; i < ARRAY_SIZE(code); i++)
		code[i] = i % 2 ? A64_B(-1) : A64_WFI;
	fake_vm_start(&o, &fv);
	for (unsigned int i = 0; i < cpus; i++)
		fake_kvm_cpu(i)->sysreg[FAKE_VBAR] = FAKE_VM_CODE + VECTORS;
	return fv;
}

static struct fake_vm *start(unsigned int cpus)
{
	return start_on(cpus, false);
}

static int set(struct fake_vm *fv, enum guest_break_kind kind, va_t va)
{
	return fv->g->ops->break_set(fv->g, 0, kind, va, 4);
}

static int clear(struct fake_vm *fv, enum guest_break_kind kind, va_t va)
{
	return fv->g->ops->break_clear(fv->g, 0, kind, va, 4);
}

static const va_t at = FAKE_VM_CODE;

/* --- BRKs ------------------------------------------------------------------- */

static void planted_and_hidden(void **state)
{
	struct fake_vm *fv = start(1);
	uint32_t word, other = A64_NOP;

	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 4), 0);
	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 4), 0);
	assert_int_equal(fake_vm_word(fv, at + 4), OUR_BRK);
	/*
	 * A debugger's read does not show the BRK; its write changes the
	 * instruction under the BRK.
	 */
	fv->g->ops->ipa_read(fv->g, at + 4, &word, sizeof(word));
	assert_int_equal(word, code[1]);
	fv->g->ops->ipa_write(fv->g, at + 4, &other, sizeof(other));
	assert_int_equal(fake_vm_word(fv, at + 4), OUR_BRK);
	assert_int_equal(clear(fv, GUEST_BREAK_SW, at + 4), 0);
	assert_int_equal(clear(fv, GUEST_BREAK_SW, at + 4), -ENOENT);
	assert_int_equal(fake_vm_word(fv, at + 4), A64_NOP);
	assert_int_equal(set(fv, GUEST_BREAK_SW, 0x1000), -EFAULT);
	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 2), -EINVAL);
	fake_vm_finish(fv);
}

/* A debugger forgets its breakpoints in a library that has gone. */
static void forgotten(void **state)
{
	struct fake_vm *fv = start(1);

	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(set(fv, GUEST_BREAK_SW, at + 4 * i), 0);
	fv->g->ops->break_forget(fv->g, at + 4, 8);
	assert_int_equal(fake_vm_word(fv, at + 4), code[1]);
	assert_int_equal(fake_vm_word(fv, at + 8), code[2]);
	assert_int_equal(fake_vm_word(fv, at + 12), OUR_BRK);
	assert_int_equal(clear(fv, GUEST_BREAK_SW, at + 8), -ENOENT);
	fake_vm_finish(fv);
}

static void hit_in_order(void **state)
{
	struct fake_vm *fv = start(1);

	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(set(fv, GUEST_BREAK_SW, at + 4 * i), 0);
	for (unsigned int i = 1; i < 4; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0),
				 at + 4 * i);
		assert_int_equal(clear(fv, GUEST_BREAK_SW, at + 4 * i), 0);
	}
	assert_int_equal(fake_vm_x(fv, 0, 5), 3);
	fake_vm_finish(fv);
}

/*
 * If a debugger resumes without stepping over the BRK, the BRK is reported
 * again.
 */
static void told_again(void **state)
{
	struct fake_vm *fv = start(1);

	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 4), 0);
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0),
				 at + 4);
	}
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	/*
	 * The caller does not want this stop: the VM passes the BRK, which
	 * stays.
	 */
	assert_int_equal(fv->g->ops->resume_over(fv->g, 0), 0);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_word(fv, at + 4), OUR_BRK);
	assert_int_equal(fake_kvm_cpu(0)->core.elr_el1, at + 0x14);
	fake_vm_finish(fv);
}

/*
 * --- debug exceptions of the guest's own
 * --------------------------------------
 */

static void check_in_handler(struct fake_vm *fv, uint64_t esr, va_t elr)
{
	const struct fake_cpu *cpu = fake_kvm_cpu(0);

	assert_in_range(cpu->core.regs.pc, at + VECTORS + SYNC_SPX,
			at + VECTORS + SYNC_SPX + 4);
	assert_int_equal(cpu->sysreg[FAKE_ESR], esr);
	assert_int_equal(cpu->core.elr_el1, elr);
	assert_int_equal(cpu->core.spsr[KVM_SPSR_EL1] & PSTATE_SS, 0);
}

/* The guest gets the exception of its own BRK, with debugging on or off. */
static void foreign_brk(void **state)
{
	for (unsigned int debugged = 0; debugged < 2; debugged++) {
		struct fake_vm *fv = start(1);

		if (debugged)
			assert_int_equal(set(fv, GUEST_BREAK_SW, at + 0x18), 0);
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		check_in_handler(fv, ESR_BRK(0x800), at + 0x14);
		assert_int_equal(fake_vm_x(fv, 0, 5), 4);
		fake_vm_finish(fv);
	}
}

/*
 * Our BRK over the guest's own BRK is reported first. Then the guest gets the
 * exception of its own BRK.
 */
static void foreign_brk_under_ours(void **state)
{
	struct fake_vm *fv = start(1);

	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 0x14), 0);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0), at + 0x14);
	assert_int_equal(fv->g->ops->resume_over(fv->g, 0), 0);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	check_in_handler(fv, ESR_BRK(0x800), at + 0x14);
	assert_int_equal(fake_vm_word(fv, at + 0x14), OUR_BRK);
	fake_vm_finish(fv);
}

/* The guest's own BRK looks like ours, but no breakpoint is set there. */
static void foreign_brk_like_ours(void **state)
{
	struct fake_vm *fv = start(1);
	const uint32_t brk = OUR_BRK;

	memcpy(vm_ram_at(&fv->vm, at + 8, 4), &brk, sizeof(brk));
	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 0x18), 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	check_in_handler(fv, ESR_BRK(0x544c), at + 8);
	fake_vm_finish(fv);
}

/* A single step that the guest's EL1 makes is no stop for the debugger. */
static void foreign_step(void **state)
{
	struct fake_vm *fv = start(1);
	const struct fake_exit exit = {
		.reason = KVM_EXIT_DEBUG,
		.hsr = ESR_STEP_LOW,
	};

	fake_kvm_execute(0, false);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	fake_kvm_exit(0, &exit);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	/*
	 * The handler gets the syndrome of an exception from the same level,
	 * EL1.
	 */
	check_in_handler(fv, ESR_STEP_LOW | BIT_ULL(26), at);
	fake_vm_finish(fv);
}

/*
 * If KVM refuses to give the exception to the guest, the VM stops and says so.
 */
static void reinjection_fails(void **state)
{
	struct fake_vm *fv = start(1);
	const struct fake_exit exit = {
		.reason = KVM_EXIT_DEBUG,
		.hsr = ESR_BRK(1),
	};
	struct guest_stop stop;

	fake_kvm_execute(0, false);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	fake_kvm_fail(FAKE_CALL_REG_SET, 0, EPERM);
	fake_kvm_exit(0, &exit);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_FAILURE);
	assert_non_null(strstr(stop.text, "cannot be given to the guest"));
	fake_vm_finish(fv);
}

/* --- debug registers --------------------------------------------------------- */

static void hardware_hit(void **state)
{
	struct fake_vm *fv = start(2);

	fake_kvm_power(1, false);
	assert_int_equal(set(fv, GUEST_BREAK_HW, at + 8), 0);
	assert_int_equal(fake_vm_word(fv, at + 8), code[2]);
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0),
				 at + 8);
		/*
		 * Run the loop again: a resume passes the breakpoint, on this
		 * vCPU only.
		 */
		fake_vm_set_pc(fv, 0, at);
	}
	assert_int_equal(fake_vm_x(fv, 0, 5), 6);
	assert_int_equal(clear(fv, GUEST_BREAK_HW, at + 8), 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_kvm_cpu(0)->debug.control, 0);
	fake_vm_finish(fv);
}

/* After a reported breakpoint its instruction is executed exactly once. */
static void hardware_passed(void **state)
{
	struct fake_vm *fv = start(1);

	assert_int_equal(set(fv, GUEST_BREAK_HW, at + 4), 0);
	assert_int_equal(set(fv, GUEST_BREAK_HW, at + 8), 0);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0), at + 4);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0), at + 8);
	assert_int_equal(fake_vm_x(fv, 0, 5), 2);
	fake_vm_finish(fv);
}

/*
 * One register is reserved for steps. Hardware breakpoints beyond the others
 * become BRKs.
 */
static void more_than_registers(void **state)
{
	struct fake_vm *fv = start(1);
	unsigned int nr = 0;

	for (unsigned int i = 0; i < FAKE_KVM_NR_BREAKS + 1; i++)
		assert_int_equal(set(fv, GUEST_BREAK_HW, at + 4 * i), 0);
	for (unsigned int i = 0; i < FAKE_KVM_NR_BREAKS + 1; i++)
		nr += fake_vm_word(fv, at + 4 * i) == OUR_BRK;
	assert_int_equal(nr, 2);
	/* The BRK is reported as a hardware breakpoint, as it was set. */
	fake_vm_set_pc(fv, 0, at + 4 * FAKE_KVM_NR_BREAKS);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0),
			 at + 4 * FAKE_KVM_NR_BREAKS);
	for (unsigned int i = 0; i < FAKE_KVM_NR_BREAKS + 1; i++)
		assert_int_equal(clear(fv, GUEST_BREAK_HW, at + 4 * i), 0);
	for (unsigned int i = 0; i < FAKE_KVM_NR_BREAKS + 1; i++)
		assert_int_equal(fake_vm_word(fv, at + 4 * i), code[i]);
	fake_vm_finish(fv);
}

/*
 * When the guest uses its debug registers, our hardware breakpoints become BRKs
 * at the next resume.
 */
static void guest_takes_registers(void **state)
{
	struct fake_vm *fv = start(1);

	assert_int_equal(set(fv, GUEST_BREAK_HW, at + 8), 0);
	fake_kvm_cpu(0)->sysreg[FAKE_MDSCR] = MDSCR_EL1_MDE;
	fake_vm_run(fv);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_HW_BREAK, 0), at + 8);
	assert_int_equal(fake_vm_word(fv, at + 8), OUR_BRK);
	assert_false(fake_kvm_cpu(0)->debug.control & KVM_GUESTDBG_USE_HW);
	/* A new hardware breakpoint becomes a BRK, too. */
	assert_int_equal(set(fv, GUEST_BREAK_HW, at + 0x10), 0);
	assert_int_equal(fake_vm_word(fv, at + 0x10), OUR_BRK);
	fake_vm_finish(fv);
}

/*
 * A breakpoint on a NOP that ftrace may read and compare. On /dev/kvm it uses a
 * debug register. On /dev/trapline it is a BRK that the guest does not see.
 */
static void patchable_nop(void **state)
{
	const va_t kernel = FAKE_VM_KERNEL + 0x80000 + 0xc;

	for (unsigned int trapline = 0; trapline < 2; trapline++) {
		struct fake_vm *fv = start_on(1, trapline);
		uint32_t want = trapline ? OUR_BRK : A64_NOP;

		fake_vm_mmu_on(fv);
		fake_vm_set_pc(fv, 0, kernel - 0xc);
		assert_int_equal(set(fv, GUEST_BREAK_SW, kernel), 0);
		assert_int_equal(fake_vm_word(fv, at + 0xc), want);
		fake_vm_run(fv);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 0),
				 kernel);
		/*
		 * On /dev/trapline the guest cannot read the page of the BRK.
		 */
		assert_int_equal(fake_kvm_allows(at + 0xc, GUEST_READ),
				 !trapline);
		assert_true(fake_kvm_allows(at + 0xc, GUEST_EXEC));
		fake_vm_finish(fv);
	}
}

/* The VMM sets KVM's debug state only when it changes. */
static void told_when_changed(void **state)
{
	struct fake_vm *fv = start(1);
	unsigned int nr;

	fake_kvm_execute(0, false);
	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 8), 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	nr = fake_kvm_nr_debug_sets(0);
	for (unsigned int i = 0; i < 5; i++) {
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	}
	assert_int_equal(fake_kvm_nr_debug_sets(0), nr);
	assert_int_equal(clear(fv, GUEST_BREAK_SW, at + 8), 0);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_kvm_nr_debug_sets(0), nr + 1);
	fake_vm_finish(fv);
}

/* If KVM refuses the debug state, the VM stops. No vCPU runs without it. */
static void debug_state_refused(void **state)
{
	struct fake_vm *fv = start(1);
	unsigned int runs = fake_kvm_nr_runs(0);
	struct guest_stop stop;

	assert_int_equal(set(fv, GUEST_BREAK_SW, at + 8), 0);
	fake_kvm_fail(FAKE_CALL_GUEST_DEBUG, 0, EINVAL);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_FAILURE);
	assert_int_equal(fake_kvm_nr_runs(0), runs);
	fake_vm_finish(fv);
}

/* --- a module that is loaded again ------------------------------------------ */

/*
 * When the address of a breakpoint is mapped to other memory, the BRK follows.
 */
static void follows_its_address(void **state)
{
	const va_t kernel = FAKE_VM_KERNEL + 0x80000;
	struct fake_vm *fv = start(1);
	ipa_t new = FAKE_VM_RAM + 2 * SZ_2M + 0x80000;
	struct vcpu *vcpu = &fv->vm.vcpu[0];
	uint64_t l0;

	fake_vm_mmu_on(fv);
	memcpy(vm_ram_at(&fv->vm, new, sizeof(code)), code, sizeof(code));
	assert_int_equal(set(fv, GUEST_BREAK_SW, kernel), 0);
	assert_int_equal(fake_vm_word(fv, at), OUR_BRK);
	/* Now the first 2 MiB block is mapped two blocks higher. */
	assert_int_equal(vcpu_sysreg_get(vcpu, GUEST_TTBR1_EL1, &l0), 0);
	fake_vm_set_data(fv, l0 + 2 * SZ_4K,
			 fake_vm_data(fv, l0 + 2 * SZ_4K + 16));
	breakpoints_follow(fv->vm.breakpoints, vcpu);
	assert_int_equal(fake_vm_word(fv, at), code[0]);
	assert_int_equal(fake_vm_word(fv, new), OUR_BRK);
	/*
	 * While the address is not mapped, there is no BRK; later it is planted
	 * again.
	 */
	fake_vm_set_data(fv, l0 + 2 * SZ_4K, 0);
	breakpoints_follow(fv->vm.breakpoints, vcpu);
	assert_int_equal(fake_vm_word(fv, new), code[0]);
	fake_vm_set_data(fv, l0 + 2 * SZ_4K,
			 fake_vm_data(fv, l0 + 2 * SZ_4K + 16));
	breakpoints_follow(fv->vm.breakpoints, vcpu);
	assert_int_equal(fake_vm_word(fv, new), OUR_BRK);
	assert_int_equal(clear(fv, GUEST_BREAK_SW, kernel), 0);
	assert_int_equal(fake_vm_word(fv, new), code[0]);
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_and_hidden),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(hit_in_order),
		cmocka_unit_test(told_again),
		cmocka_unit_test(foreign_brk),
		cmocka_unit_test(foreign_brk_under_ours),
		cmocka_unit_test(foreign_brk_like_ours),
		cmocka_unit_test(foreign_step),
		cmocka_unit_test(reinjection_fails),
		cmocka_unit_test(hardware_hit),
		cmocka_unit_test(hardware_passed),
		cmocka_unit_test(more_than_registers),
		cmocka_unit_test(guest_takes_registers),
		cmocka_unit_test(patchable_nop),
		cmocka_unit_test(told_when_changed),
		cmocka_unit_test(debug_state_refused),
		cmocka_unit_test(follows_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
