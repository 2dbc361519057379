// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_watch_regs.c - watchpoints in debug registers
 *
 * Each test runs on stock KVM and on a /dev/trapline (fake_watch.h).
 *
 * TSan: yes
 */
#include "fake_watch.h"

#define KERNEL(ipa) (FAKE_VM_KERNEL - FAKE_VM_RAM + (ipa))

/*
 * A watch of a kernel address uses a debug register. The hit is reported before
 * the access.
 */
static void in_registers(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), A64_STR(2, 1), END);

	fake_vm_mmu_on(fv);
	fake_vm_set_x(fv, 0, 1, KERNEL(WATCHED));
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, KERNEL(WATCHED), 8), 0);
	assert_true(fake_kvm_allows(WATCHED, GUEST_WRITE));
	fake_vm_run(fv);
	expect_hit(fv, at, KERNEL(WATCHED), GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 0);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, KERNEL(WATCHED), GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE, KERNEL(WATCHED), 8), 0);
	finish_guest(fv);
	assert_false(fake_kvm_cpu(0)->debug.control & KVM_GUESTDBG_USE_HW);
	fake_vm_finish(fv);
}

/*
 * A debug register reports an instruction that the decoder refuses. This hit is
 * the first one, or it follows a hit of a watch that has been removed.
 */
static void in_registers_refused(void **state)
{
	for (unsigned int second = 0; second < 2; second++) {
		struct fake_vm *fv =
			START(1, A64_STR(3, 2), A64_WFI, REFUSED, END);

		fake_vm_mmu_on(fv);
		fake_vm_set_x(fv, 0, 1, KERNEL(WATCHED));
		assert_int_equal(watch(fv, GUEST_WATCH_WRITE,
				       KERNEL(WATCHED + 8), 8),
				 0);
		if (second) {
			assert_int_equal(
				watch(fv, GUEST_WATCH_WRITE, BESIDE, 8), 0);
			fake_vm_run(fv);
			expect_hit(fv, at, BESIDE, GUEST_WRITE);
			finish_guest(fv);
			assert_int_equal(
				unwatch(fv, GUEST_WATCH_WRITE, BESIDE, 8), 0);
		} else {
			finish_guest(fv);
		}
		fake_vm_run(fv);
		expect_hit(fv, at + 8, KERNEL(WATCHED + 8), GUEST_WRITE);
		assert_int_equal(fake_vm_data(fv, WATCHED + 8), 0);
		finish_guest(fv);
		assert_int_equal(fake_vm_data(fv, WATCHED + 8), 3);
		fake_vm_finish(fv);
	}
}

/*
 * A hit was reported after its access. The next instruction, which the decoder
 * refuses as well, hits a debug register. It is reported once, before it is
 * executed.
 */
static void in_registers_after_refused(void **state)
{
	struct fake_vm *fv = START(1, REFUSED, A64_STP_POST(2, 3, 2), END);
	const va_t other = KERNEL(FAKE_VM_DATA + SZ_4K);

	fake_vm_mmu_on(fv);
	fake_vm_set_x(fv, 0, 2, other);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, other, 8), 0);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED, GUEST_WRITE);
	assert_true(watch_last(fv->vm.watch)->late);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, other, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, FAKE_VM_DATA + SZ_4K + 8), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, FAKE_VM_DATA + SZ_4K + 8), 3);
	fake_vm_finish(fv);
}

/* Watches beyond the number of debug registers use stage 2. */
static void more_than_registers(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), END);

	fake_vm_mmu_on(fv);
	for (unsigned int i = 0; i < FAKE_KVM_NR_WATCHES + 1; i++)
		assert_int_equal(watch(fv, GUEST_WATCH_WRITE,
				       KERNEL(WATCHED) + 8 * i, 8),
				 0);
	assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
	fake_vm_set_x(fv, 0, 1, KERNEL(WATCHED) + 8 * FAKE_KVM_NR_WATCHES);
	fake_vm_run(fv);
	expect_hit(fv, at, KERNEL(WATCHED) + 8 * FAKE_KVM_NR_WATCHES,
		   GUEST_WRITE);
	finish_guest(fv);
	fake_vm_finish(fv);
}

int main(void)
{
	static bool on[] = { false, true };
	const struct CMUnitTest tests[] = {
		ON_BOTH(in_registers),
		ON_BOTH(in_registers_refused),
		ON_BOTH(in_registers_after_refused),
		ON_BOTH(more_than_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
