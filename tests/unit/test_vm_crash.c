// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_crash.c - the crash stop, and stops that only a debugger understands
 *
 * The Image has kallsyms and no kernel (fake_kernel.h). The test writes the
 * instructions that a vCPU executes at the addresses of the symbols.
 *
 * TSan: yes
 */
#include "fake_kernel.h"
#include "fake_vm.h"
#include "session/state.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define OUR_BRK A64_BRK(0x544cU)
#define BOTH    (VMM_CATCH_OOPS | VMM_CATCH_PANIC)
#define PADDING 8 /* bytes of NOPs at a function's entry */
#define IDLE    0x1000
#define MESSAGE (FAKE_VM_DATA + 16 * SZ_1M)
#define PT_REGS (MESSAGE + 0x1000)

static struct fake_kernel kernel;

static uint64_t offset_of(unsigned int symbol)
{
	return FAKE_TEXT_OFFSET + fake_kernel_offset(symbol);
}

/* Write a function: NOPs for ftrace, a count in x5, and WFI. */
static void function_write(uint8_t *image, unsigned int symbol)
{
	static const uint32_t words[] = { A64_NOP, A64_NOP, A64_ADD(5, 5, 1),
					  A64_WFI, A64_B(-1) };

	memcpy(image + offset_of(symbol), words, sizeof(words));
}

static uint8_t *image_create(void)
{
	static const uint32_t idle[] = { A64_WFI, A64_B(-1) };
	static const unsigned int functions[] = {
		FAKE_DIE,       FAKE_PANIC,       FAKE_INIT_MODULE,
		FAKE_FREE_INIT, FAKE_FREE_MODULE, FAKE_START
	};
	uint8_t *image = calloc(1, FAKE_IMAGE_SIZE);

	assert_non_null(image);
	fake_kernel_write(&kernel, image, FAKE_ORDER_6_4);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		function_write(image, functions[i]);
	memcpy(image + IDLE, idle, sizeof(idle));
	return image;
}

/* Start two vCPUs, which wait (WFI). */
static struct fake_vm *start_image(uint8_t *image, unsigned int catches)
{
	const struct fake_vm_options o = {
		.cpus = 2,
		.image = image,
		.image_size = FAKE_IMAGE_SIZE,
		.entry = { IDLE, IDLE },
		.catches = catches,
	};
	struct fake_vm *fv;

	fake_vm_start(&o, &fv);
	free(image);
	return fv;
}

static struct fake_vm *start(unsigned int catches)
{
	return start_image(image_create(), catches);
}

static ipa_t ipa_of(struct fake_vm *fv, unsigned int symbol)
{
	return fv->vm.image.text + offset_of(symbol);
}

static va_t va_of(struct fake_vm *fv, ipa_t ipa)
{
	return FAKE_VM_KERNEL + (ipa - FAKE_VM_RAM);
}

/* The kernel relocates itself: MMU on, and kallsyms has the new address. */
static void relocate(struct fake_vm *fv)
{
	fake_vm_mmu_on(fv);
	fake_vm_set_data(fv, fv->vm.image.text + kernel.relative_base,
			 va_of(fv, fv->vm.image.text) + FAKE_TEXT_OFFSET);
}

static bool is_planted(struct fake_vm *fv, unsigned int symbol)
{
	return fake_vm_word(fv, ipa_of(fv, symbol) + PADDING) == OUR_BRK;
}

/* Let the vCPU call the function when it runs next. */
static void call(struct fake_vm *fv, unsigned int vcpu, unsigned int symbol)
{
	fake_vm_set_pc(fv, vcpu, va_of(fv, ipa_of(fv, symbol)));
}

/* Let the vCPU call die("message", regs), with a fault at fault_pc in regs. */
static void call_die(struct fake_vm *fv, unsigned int vcpu, va_t fault_pc)
{
	static const char message[] = "Oops - test";
	struct guest_regs fault = { .pc = fault_pc, .sp = 0x1230 };

	fault.x[0] = 0xdead;
	memcpy(vm_ram_at(&fv->vm, MESSAGE, sizeof(message)), message,
	       sizeof(message));
	memcpy(vm_ram_at(&fv->vm, PT_REGS, sizeof(fault)), &fault,
	       sizeof(fault));
	call(fv, vcpu, FAKE_DIE);
	fake_vm_set_x(fv, vcpu, 0, va_of(fv, MESSAGE));
	fake_vm_set_x(fv, vcpu, 1, va_of(fv, PT_REGS));
}

/* --- catch points -------------------------------------------------------------- */

static void planted_from_the_start(void **state)
{
	struct fake_vm *fv = start(BOTH);

	assert_true(is_planted(fv, FAKE_DIE));
	assert_true(is_planted(fv, FAKE_PANIC));
	assert_false(is_planted(fv, FAKE_INIT_MODULE));
	assert_false(is_planted(fv, FAKE_FREE_INIT));
	/* A crash in a module that has left is explained. */
	assert_true(is_planted(fv, FAKE_FREE_MODULE));
	assert_int_equal(debug_catch_set(fv->debug, VMM_CATCH_OOPS), 0);
	assert_true(is_planted(fv, FAKE_DIE));
	assert_false(is_planted(fv, FAKE_PANIC));
	assert_int_equal(debug_catch_set(fv->debug, 0), 0);
	assert_false(is_planted(fv, FAKE_DIE));
	assert_int_equal(debug_catch_set(fv->debug, BOTH), 0);
	assert_true(is_planted(fv, FAKE_DIE));
	fake_vm_run(fv);
	assert_int_equal(debug_catch_set(fv->debug, 0), -EBUSY);
	fake_vm_finish(fv);
}

static struct view *view_of(struct fake_vm *fv)
{
	return &fv->session->view;
}

static void oops(void **state)
{
	struct fake_vm *fv = start(BOTH);
	struct view *view = view_of(fv);
	va_t fault_pc = va_of(fv, ipa_of(fv, 100)) + 8;
	struct guest_regs regs;
	struct guest_stop stop;

	relocate(fv);
	call_die(fv, 1, fault_pc);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_CRASH);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.code, VMM_CATCH_OOPS);
	assert_non_null(strstr(stop.text,
			       "Oops: Internal error: Oops - test at "
			       "f00100_function+0x8/0x40, CPU 1"));
	/*
	 * The debugger sees the registers of the fault, which cannot be
	 * changed.
	 */
	assert_true(view_is_fault(view));
	assert_int_equal(view_regs_get(view, 1, GUEST_REG_ALL, &regs), 0);
	assert_int_equal(regs.pc, fault_pc);
	assert_int_equal(regs.x[0], 0xdead);
	assert_int_equal(view->target.ops->regs_set(&view->target, 1, &regs),
			 -EROFS);
	/* For the other vCPU it sees the real registers. */
	assert_in_range(fake_vm_pc(fv, 0), fv->vm.image.text + IDLE,
			fv->vm.image.text + IDLE + 4);
	/* Without the view of the fault it sees the real registers. */
	assert_int_equal(view_fault_set(view, false), 0);
	assert_int_equal(fake_vm_pc(fv, 1),
			 va_of(fv, ipa_of(fv, FAKE_DIE)) + PADDING);
	fake_vm_finish(fv);
}

/* A resume acts on the real registers, passes the BRK, and ends the view. */
static void goes_on(void **state)
{
	struct fake_vm *fv = start(BOTH);

	relocate(fv);
	for (unsigned int i = 0; i < 3; i++) {
		call_die(fv, 0, va_of(fv, ipa_of(fv, 100)));
		fake_vm_run(fv);
		fake_vm_expect(fv, GUEST_STOP_CRASH, 0);
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_false(view_is_fault(view_of(fv)));
		assert_int_equal(view_fault_set(view_of(fv), true), -ENOENT);
		assert_int_equal(fake_vm_x(fv, 0, 5), i + 1);
		assert_true(is_planted(fv, FAKE_DIE));
	}
	fake_vm_finish(fv);
}

/* A step from a crash stop executes one instruction, that of the BRK. */
static void steps_on(void **state)
{
	struct fake_vm *fv = start(BOTH);

	relocate(fv);
	call_die(fv, 0, va_of(fv, ipa_of(fv, 100)));
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_CRASH, 0);
	fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
			 va_of(fv, ipa_of(fv, FAKE_DIE)) + PADDING + 4);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	fake_vm_finish(fv);
}

/* Without a struct pt_regs the debugger sees the caller's frame. */
static void panic(void **state)
{
	static const char format[] = "no init found %s";
	struct fake_vm *fv = start(VMM_CATCH_PANIC);
	va_t caller = va_of(fv, ipa_of(fv, 200)) + 0x20;
	struct guest_stop stop;

	relocate(fv);
	memcpy(vm_ram_at(&fv->vm, MESSAGE, sizeof(format)), format,
	       sizeof(format));
	call(fv, 0, FAKE_PANIC);
	fake_vm_set_x(fv, 0, 0, va_of(fv, MESSAGE));
	fake_vm_set_x(fv, 0, 1, va_of(fv, MESSAGE));
	fake_vm_set_x(fv, 0, 30, caller);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_CRASH);
	assert_int_equal(stop.code, VMM_CATCH_PANIC);
	assert_non_null(
		strstr(stop.text, "Panic: no init found no init found"));
	assert_int_equal(fake_vm_pc(fv, 0), caller - 4);
	fake_vm_finish(fv);
}

/*
 * With unreadable arguments the VM stops all the same, here before the MMU is
 * on.
 */
static void nothing_readable(void **state)
{
	struct fake_vm *fv = start(BOTH);
	struct guest_stop stop;

	fake_vm_set_pc(fv, 0, ipa_of(fv, FAKE_DIE));
	fake_vm_set_x(fv, 0, 0, 0x1111111111111111ULL);
	fake_vm_set_x(fv, 0, 1, 0x2222222222222222ULL);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_CRASH);
	assert_true(stop.text[0]);
	fake_vm_finish(fv);
}

/* If both CPUs crash at once, the second one is reported at the next resume. */
static void two_crash(void **state)
{
	struct fake_vm *fv = start(BOTH);
	struct guest_stop first, second;

	relocate(fv);
	for (unsigned int i = 0; i < 20; i++) {
		call_die(fv, 0, va_of(fv, ipa_of(fv, 100)));
		call_die(fv, 1, va_of(fv, ipa_of(fv, 101)));
		fake_vm_run(fv);
		fake_vm_wait(fv, &first);
		assert_int_equal(first.kind, GUEST_STOP_CRASH);
		fake_vm_run(fv);
		fake_vm_wait(fv, &second);
		assert_int_equal(second.kind, GUEST_STOP_CRASH);
		assert_int_equal(second.vcpu, !first.vcpu);
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		fake_kvm_wait_idle(1);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(fake_vm_x(fv, 0, 5), i + 1);
		assert_int_equal(fake_vm_x(fv, 1, 5), i + 1);
	}
	fake_vm_finish(fv);
}

/*
 * A debugger has a breakpoint on the same instruction. The breakpoint stays
 * when the crash stop is turned off.
 */
static void shared_with_debugger(void **state)
{
	struct fake_vm *fv = start(BOTH);
	va_t va;

	relocate(fv);
	va = va_of(fv, ipa_of(fv, FAKE_DIE)) + PADDING;
	assert_int_equal(fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_SW, va, 4),
			 0);
	call_die(fv, 0, va_of(fv, ipa_of(fv, 100)));
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_CRASH, 0);
	assert_int_equal(debug_catch_set(fv->debug, 0), 0);
	assert_true(is_planted(fv, FAKE_DIE));
	call_die(fv, 1, va_of(fv, ipa_of(fv, 100)));
	fake_vm_resume(fv, 1, GUEST_RUN, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_SW_BREAK, 1), va);
	assert_int_equal(
		fv->g->ops->break_clear(fv->g, 0, GUEST_BREAK_SW, va, 4), 0);
	assert_false(is_planted(fv, FAKE_DIE));
	fake_vm_finish(fv);
}

static void again_after_reset(void **state)
{
	struct fake_vm *fv = start(BOTH);

	relocate(fv);
	call_die(fv, 0, va_of(fv, ipa_of(fv, 100)));
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_CRASH, 0);
	assert_int_equal(vm_reset(&fv->vm), 0);
	debug_reset(fv->debug);
	assert_false(view_is_fault(view_of(fv)));
	assert_true(is_planted(fv, FAKE_DIE));
	assert_true(is_planted(fv, FAKE_PANIC));
	fake_vm_finish(fv);
}

/* --- a kernel that comes later -------------------------------------------------- */

/* A boot loader loads the kernel while the guest runs. */
static void found_later(void **state)
{
	const struct fake_vm_options o = { .cpus = 1, .catches = BOTH };
	uint8_t *image = image_create();
	struct fake_vm *fv;
	struct guest_stop stop;

	fake_vm_start(&o, &fv);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	memcpy(vm_ram_at(&fv->vm, FAKE_VM_DATA, FAKE_IMAGE_SIZE), image,
	       FAKE_IMAGE_SIZE);
	fv->vm.image.text = FAKE_VM_DATA;
	assert_true(debug_timeout(fv->debug) >= 0);
	while (!is_planted(fv, FAKE_DIE)) {
		poll(NULL, 0, debug_timeout(fv->debug));
		debug_tick(fv->debug);
		if (debug_timeout(fv->debug) >= 0)
			continue;
		/*
		 * The VMM itself has asked for this stop; nobody else sees it.
		 */
		poll(&(struct pollfd){ .fd = fv->g->stop_fd, .events = POLLIN },
		     1, -1);
		assert_int_equal(fv->g->ops->stop_get(fv->g, &stop), -EAGAIN);
	}
	assert_true(fv->g->ops->is_running(fv->g));
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	fake_vm_finish(fv);
	free(image);
}

/*
 * If the debugger asks for a stop while the VMM's own stop is pending, the
 * debugger gets its stop.
 */
static void asked_meanwhile(void **state)
{
	const struct fake_vm_options o = { .cpus = 1, .catches = BOTH };
	uint8_t *image = image_create();
	struct fake_vm *fv;

	fake_vm_start(&o, &fv);
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	memcpy(vm_ram_at(&fv->vm, FAKE_VM_DATA, FAKE_IMAGE_SIZE), image,
	       FAKE_IMAGE_SIZE);
	fv->vm.image.text = FAKE_VM_DATA;
	while (debug_timeout(fv->debug) >= 0) {
		poll(NULL, 0, debug_timeout(fv->debug));
		debug_tick(fv->debug);
	}
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_false(fv->g->ops->is_running(fv->g));
	assert_true(is_planted(fv, FAKE_DIE));
	fake_vm_finish(fv);
	free(image);
}

/* --- for debuggers that know libraries and exec ------------------------------ */

static void module_event(void **state)
{
	struct fake_vm *fv = start(0);

	relocate(fv);
	call(fv, 0, FAKE_INIT_MODULE);
	/* Without a debugger that wants the event, there is no stop. */
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	debug_modules_want(fv->debug, true);
	assert_true(is_planted(fv, FAKE_INIT_MODULE));
	for (unsigned int i = 0; i < 3; i++) {
		static const unsigned int functions[] = { FAKE_INIT_MODULE,
							  FAKE_FREE_INIT,
							  FAKE_FREE_MODULE };

		call(fv, 0, functions[i]);
		fake_vm_run(fv);
		fake_vm_expect(fv, GUEST_STOP_MODULE, 0);
		fake_vm_run(fv);
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(fake_vm_x(fv, 0, 5), 2 + i);
	}
	/* The debugger leaves before the next hit: the BRK is removed. */
	call(fv, 0, FAKE_INIT_MODULE);
	debug_modules_want(fv->debug, false);
	assert_false(is_planted(fv, FAKE_INIT_MODULE));
	fake_vm_finish(fv);
}

/* A module that leaves is seen without a debugger, and without a stop. */
static void module_leaves(void **state)
{
	struct fake_vm *fv = start(BOTH);
	struct pollfd stopped = { .fd = fv->g->stop_fd, .events = POLLIN };
	struct guest_stop stop;

	relocate(fv);
	call(fv, 0, FAKE_FREE_MODULE);
	fake_vm_run(fv);
	assert_int_equal(poll(&stopped, 1, -1), 1);
	assert_int_equal(fv->g->ops->stop_get(fv->g, &stop), -EAGAIN);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	assert_true(is_planted(fv, FAKE_FREE_MODULE));
	assert_int_equal(debug_catch_set(fv->debug, 0), 0);
	assert_false(is_planted(fv, FAKE_FREE_MODULE));
	fake_vm_finish(fv);
}

/*
 * The end of the kernel's relocation is reported once, and its BRK is removed.
 */
static void exec_event(void **state)
{
	struct fake_vm *fv = start(0);

	debug_modules_want(fv->debug, true);
	assert_true(debug_exec_pending(fv->debug));
	assert_true(is_planted(fv, FAKE_START));
	relocate(fv);
	call(fv, 0, FAKE_START);
	fake_vm_run(fv);
	fake_vm_expect(fv, GUEST_STOP_EXEC, 0);
	assert_false(debug_exec_pending(fv->debug));
	assert_false(is_planted(fv, FAKE_START));
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	fake_vm_finish(fv);
}

/* A debugger that attaches after the relocation gets no such event. */
static void no_late_exec_event(void **state)
{
	struct fake_vm *fv = start(0);

	relocate(fv);
	debug_modules_want(fv->debug, true);
	assert_false(debug_exec_pending(fv->debug));
	assert_false(is_planted(fv, FAKE_START));
	fake_vm_finish(fv);
}

/* --- a kernel that is not understood ------------------------------------------- */

static int seconds_skipped; /* atomic */

/* This replaces libc's clock_gettime(), so that a test can let time pass. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	long err = syscall(SYS_clock_gettime, clock, ts);

	if (!err)
		ts->tv_sec +=
			__atomic_load_n(&seconds_skipped, __ATOMIC_RELAXED);
	return (int)err;
}

static void seconds_skip(int seconds)
{
	__atomic_fetch_add(&seconds_skipped, seconds, __ATOMIC_RELAXED);
}

/* Start a kernel whose kallsyms_offsets are damaged. */
static struct fake_vm *start_not_understood(void)
{
	uint8_t *image = image_create();

	image[kernel.offsets + 4 * 100 + 3] ^= 0x7e;
	strcpy((char *)image + 3 * SZ_1M, "Linux version 9.8.7-test (a) #1\n");
	return start_image(image, BOTH);
}

/*
 * Let the VMM stop the VM for a look at the kernel; the VM continues. Returns
 * the report, or NULL.
 */
static const char *look(struct fake_vm *fv)
{
	struct pollfd fd = { .fd = fv->g->stop_fd, .events = POLLIN };
	struct guest_stop stop;

	seconds_skip(6);
	assert_int_equal(debug_timeout(fv->debug), 0);
	debug_tick(fv->debug);
	pthread_mutex_unlock(&fv->vm.control);
	assert_int_equal(poll(&fd, 1, 60000), 1);
	pthread_mutex_lock(&fv->vm.control);
	assert_int_equal(fv->g->ops->stop_get(fv->g, &stop), -EAGAIN);
	assert_true(fv->g->ops->is_running(fv->g));
	return debug_notice(fv->debug);
}

static void not_understood(void **state)
{
	struct fake_vm *fv = start_not_understood();
	const char *said;

	for (unsigned int boot = 0; boot < 2; boot++) {
		fake_vm_set_pc(fv, 0, fv->vm.image.text + IDLE);
		fake_vm_run(fv);
		/* With its MMU off, the program may be no kernel: no report. */
		assert_null(look(fv));
		assert_null(look(fv));
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		fake_vm_mmu_on(fv);
		fake_vm_set_pc(fv, 0, va_of(fv, fv->vm.image.text + IDLE));
		fake_vm_run(fv);
		/*
		 * The first look with the MMU on only starts the time; the
		 * second one reports.
		 */
		assert_null(look(fv));
		said = look(fv);
		assert_non_null(said);
		assert_non_null(strstr(said, "Linux 9.8.7-test at IPA 0x"));
		assert_non_null(strstr(said, "kallsyms_offsets"));
		assert_null(debug_notice(fv->debug));
		/* The report comes once for each boot. */
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		seconds_skip(6);
		fake_vm_run(fv);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_null(debug_notice(fv->debug));
		assert_int_equal(vm_reset(&fv->vm), 0);
		debug_reset(fv->debug);
	}
	fake_vm_finish(fv);
}

/* A kernel that is understood is neither stopped nor reported. */
static void understood(void **state)
{
	struct fake_vm *fv = start(BOTH);

	relocate(fv);
	fake_vm_set_pc(fv, 0, va_of(fv, fv->vm.image.text + IDLE));
	for (unsigned int i = 0; i < 3; i++) {
		fake_vm_run(fv);
		seconds_skip(6);
		debug_tick(fv->debug);
		fake_vm_expect_none(fv);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_null(debug_notice(fv->debug));
	}
	fake_vm_finish(fv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_from_the_start),
		cmocka_unit_test(oops),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(steps_on),
		cmocka_unit_test(panic),
		cmocka_unit_test(nothing_readable),
		cmocka_unit_test(two_crash),
		cmocka_unit_test(shared_with_debugger),
		cmocka_unit_test(again_after_reset),
		cmocka_unit_test(found_later),
		cmocka_unit_test(asked_meanwhile),
		cmocka_unit_test(module_event),
		cmocka_unit_test(module_leaves),
		cmocka_unit_test(exec_event),
		cmocka_unit_test(no_late_exec_event),
		cmocka_unit_test(not_understood),
		cmocka_unit_test(understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
