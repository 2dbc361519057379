// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_exits.c - the handling of each exit of KVM_RUN
 *
 * TSan: yes
 */
#include "fake_vm.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <trapline/arm64.h>
#include "vmm/debug/catchreg.h"
#include "vmm/map.h"
#include "vmm/regs.h"

#define NOWHERE    0x1000ULL
#define PL031_IMSC 0x010
#define PL031_ID   0xfe0 /* PeriphID0: 0x31 */

static const va_t at = FAKE_VM_CODE;

/* vCPU 0 is in KVM_RUN and waits for exits. */
static struct fake_vm *start_on(bool trapline)
{
	const struct fake_vm_options o = {
		.cpus = 1,
		.trapline = trapline,
		.waits = true,
	};
	struct fake_vm *fv;

	fake_vm_start(&o, &fv);
	for (unsigned int i = 0; i < 31; i++)
		fake_vm_set_x(fv, 0, i, i);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	return fv;
}

static struct fake_vm *start(void)
{
	return start_on(false);
}

/* Check that the registers are unchanged: the PC is at the instruction. */
static void check_untouched(struct fake_vm *fv)
{
	assert_int_equal(fake_vm_pc(fv, 0), at);
	for (unsigned int i = 0; i < 31; i++)
		assert_int_equal(fake_vm_x(fv, 0, i), i);
}

/* Check that the exit stops the VM with this text, and changes nothing. */
static void expect_failure(const struct fake_exit *exit, const char *words)
{
	struct fake_vm *fv = start();
	struct guest_stop stop;

	fake_kvm_exit(0, exit);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_FAILURE);
	assert_int_equal(stop.vcpu, 0);
	assert_int_equal(stop.addr, at);
	if (!strstr(stop.text, words))
		fail_msg("no \"%s\" in \"%s\"", words, stop.text);
	check_untouched(fv);
	fake_vm_finish(fv);
}

/* --- devices ----------------------------------------------------------------- */

static void device_read(void **state)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = MAP_PL031 + PL031_ID,
		.size = 4,
		.rt = 7,
	};
	struct fake_vm *fv = start();

	fake_kvm_exit(0, &exit);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 7), 0x31);
	assert_int_equal(fake_vm_pc(fv, 0), at + 4);
	fake_vm_finish(fv);
}

static void device_write(void **state)
{
	struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = MAP_PL031 + PL031_IMSC,
		.size = 4,
		.write = true,
		.value = 1,
	};
	struct fake_vm *fv = start();

	fake_kvm_exit(0, &exit);
	fake_kvm_wait_idle(0);
	exit.write = false;
	exit.rt = 9;
	fake_kvm_exit(0, &exit);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 9), 1);
	assert_int_equal(fake_vm_pc(fv, 0), at + 8);
	fake_vm_finish(fv);
}

/*
 * The access is complete before the VM has stopped, so its registers are valid.
 */
static void finished_at_a_stop(void **state)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = MAP_PL031 + PL031_ID,
		.size = 4,
		.rt = 7,
	};

	for (unsigned int i = 0; i < 50; i++) {
		struct fake_vm *fv = start();

		fake_kvm_exit(0, &exit);
		if (i % 2)
			sched_yield();
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		if (fake_vm_pc(fv, 0) == at)
			assert_int_equal(fake_vm_x(fv, 0, 7), 7);
		else
			assert_int_equal(fake_vm_x(fv, 0, 7), 0x31);
		fake_vm_finish(fv);
	}
}

static void nowhere(void **state)
{
	struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = NOWHERE,
		.size = 4,
		.rt = 7,
	};

	expect_failure(&exit, "4-byte read from 0x1000, where no device is");
	exit.write = true;
	exit.value = 0xabcd;
	expect_failure(&exit, "4-byte write of 0xabcd to 0x1000");
	exit.size = 0;
	expect_failure(&exit, "impossible size");
}

/* "set $pc += 4" passes the instruction, as the message says. */
static void nowhere_is_passed(void **state)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = NOWHERE,
		.size = 8,
		.rt = 7,
	};
	struct fake_vm *fv = start();

	fake_kvm_exit(0, &exit);
	fake_vm_expect(fv, GUEST_STOP_FAILURE, 0);
	fake_vm_set_pc(fv, 0, at + 4);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_pc(fv, 0), at + 4);
	assert_int_equal(fake_vm_x(fv, 0, 7), 7);
	fake_vm_finish(fv);
}

/* A guest that continues gets the external abort, once. */
static void nowhere_is_aborted(void **state)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_MMIO,
		.ipa = NOWHERE,
		.size = 4,
		.rt = 7,
		.write = true,
	};
	struct fake_vm *fv = start();
	uint64_t esr, elr;

	fake_kvm_exit(0, &exit);
	fake_vm_expect(fv, GUEST_STOP_FAILURE, 0);
	fake_vm_run(fv);
	fake_kvm_exit(0, &exit);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(vcpu_sysreg_get(&fv->vm.vcpu[0], GUEST_ESR_EL1, &esr),
			 0);
	assert_int_equal(vcpu_sysreg_get(&fv->vm.vcpu[0], GUEST_ELR_EL1, &elr),
			 0);
	assert_int_equal(FIELD_GET(ESR_ELx_EC_MASK, esr), ESR_ELx_EC_DABT_CUR);
	assert_true(esr & ESR_ELx_WNR);
	assert_int_equal(esr & 0x3f, ESR_ELx_FSC_EXTABT);
	assert_int_equal(elr, at);
	/* The next such access stops the guest again. */
	fake_vm_set_pc(fv, 0, at);
	fake_vm_run(fv);
	fake_kvm_exit(0, &exit);
	fake_vm_expect(fv, GUEST_STOP_FAILURE, 0);
	fake_vm_finish(fv);
}

/*
 * --- exits that cannot be handled
 * ----------------------------------------------
 */

static void failures(void **state)
{
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_ARM_NISV,
					    .ipa = NOWHERE,
					    .hsr = 0x47 },
		       "accesses 0x1000, which is no RAM");
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_FAIL_ENTRY },
		       "could not enter the guest");
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_INTERNAL_ERROR },
		       "internal error in KVM");
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_HYPERV },
		       "which trapline does not handle");
	expect_failure(&(struct fake_exit){ .reason = ~0U },
		       "which trapline does not handle");
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_SYSTEM_EVENT,
					    .event = KVM_SYSTEM_EVENT_CRASH },
		       "the guest reports a crash");
	expect_failure(&(struct fake_exit){ .reason = KVM_EXIT_SYSTEM_EVENT,
					    .event = 99 },
		       "unexpected system event 99");
	expect_failure(&(struct fake_exit){ .err = ENOMEM },
		       "is the host out of memory");
	expect_failure(&(struct fake_exit){ .err = ENOSYS }, "KVM_RUN failed");
}

/* After an exit that needs no action the guest continues. */
static void again(void **state)
{
	static const struct fake_exit exits[] = {
		{ .err = EAGAIN },
		{ .err = EINTR },
		{ .reason = KVM_EXIT_INTR },
		{ .reason = KVM_EXIT_IRQ_WINDOW_OPEN },
	};
	struct fake_vm *fv = start();

	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		unsigned int runs = fake_kvm_nr_runs(0);

		fake_kvm_exit(0, &exits[i]);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_kvm_nr_runs(0), runs + 1);
	}
	fake_vm_expect_none(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	check_untouched(fv);
	fake_vm_finish(fv);
}

/* A signal without a kick stops nothing. */
static void late_signal(void **state)
{
	struct fake_vm *fv = start();
	unsigned int runs = fake_kvm_nr_runs(0);

	pthread_kill(fv->vm.vcpu[0].thread, SIGUSR1);
	while (fake_kvm_nr_runs(0) == runs)
		sched_yield();
	fake_kvm_wait_idle(0);
	fake_vm_expect_none(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	fake_vm_finish(fv);
}

/* --- /dev/trapline's own --------------------------------------------------------- */

static void caught_register(void **state)
{
	/* MSR TTBR0_EL1, X0: op0 3, op1 0, CRn 2, CRm 0, op2 0. */
	const struct fake_exit exit = {
		.reason = TRAPLINE_EXIT_CATCH,
		.hsr = 0x62000000ULL | 3ULL << 20 | 2ULL << 10,
		.value = 0x1234,
	};
	struct fake_vm *fv = start_on(true);
	struct guest_stop stop;

	fake_kvm_exit(0, &exit);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_BREAK);
	assert_non_null(strstr(stop.text, "TTBR0_EL1 is about to change"));
	assert_non_null(strstr(stop.text, "to 0x1234"));
	check_untouched(fv);
	assert_int_equal(catchreg_set(&fv->vm, TRAPLINE_CATCH_TTBR0), 0);
	fake_vm_finish(fv);
}

static void not_caught_on_kvm(void **state)
{
	struct fake_vm *fv = start();

	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(catchreg_set(&fv->vm, TRAPLINE_CATCH_TTBR0), -ENOTSUP);
	fake_vm_finish(fv);
}

/*
 * Registers that are in struct kvm_run after an exit are read and written
 * there. KVM's calls must give the same values afterwards.
 */
static void shared_registers(void **state)
{
	struct fake_vm *fv = start_on(true);
	struct vcpu *vcpu = &fv->vm.vcpu[0];
	const struct fake_exit exit = { .reason = KVM_EXIT_FAIL_ENTRY };
	struct fake_cpu *cpu = fake_kvm_cpu(0);
	uint64_t value;

	fake_kvm_exit(0, &exit);
	fake_vm_expect(fv, GUEST_STOP_FAILURE, 0);
	check_untouched(fv);
	fake_vm_set_x(fv, 0, 3, 0x333);
	assert_int_equal(vcpu_sp_set(vcpu, 0x5000), 0);
	/* KVM does not have the new value yet, but the VMM's readers see it. */
	assert_int_equal(cpu->core.regs.regs[3], 3);
	assert_int_equal(fake_vm_x(fv, 0, 3), 0x333);
	assert_int_equal(vcpu_sp_get(vcpu, &value), 0);
	assert_int_equal(value, 0x5000);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(cpu->core.regs.regs[3], 0x333);
	assert_int_equal(cpu->core.sp_el1, 0x5000);
	assert_int_equal(fake_vm_x(fv, 0, 4), 4);
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_read),
		cmocka_unit_test(device_write),
		cmocka_unit_test(finished_at_a_stop),
		cmocka_unit_test(nowhere),
		cmocka_unit_test(nowhere_is_passed),
		cmocka_unit_test(nowhere_is_aborted),
		cmocka_unit_test(failures),
		cmocka_unit_test(again),
		cmocka_unit_test(late_signal),
		cmocka_unit_test(caught_register),
		cmocka_unit_test(not_caught_on_kvm),
		cmocka_unit_test(shared_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
