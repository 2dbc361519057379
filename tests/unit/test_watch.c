// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_watch.c - the table of watches, and the stops of devices
 *
 * A VM without KVM and without vCPU threads: it "runs" from vm_resume() to the
 * next stop. Two processes have the same user address in different memory.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/debug/breakpoints.h"
#include "vmm/devices/ioloop.h"
#include "vmm/leave.h"
#include "vmm/run.h"
#include "vmm/step.h"
#include "vmm/vm.h"
#include "vmm/watch/protect.h"
#include "vmm/watch/watch.h"
#include "vmm/watch/watch_engine.h"

#define RAM      0x40000000ULL
#define RAM_SIZE SZ_64K
#define DATA_A   (RAM + 0x1000) /* memory of process A at USER_VA */
#define DATA_B   (RAM + 0x2000) /* memory of process B at USER_VA */
#define TABLES_A (RAM + 0x4000) /* levels 1 to 3 */
#define TABLES_B (RAM + 0x8000)
#define USER_VA  0x1000ULL
#define TCR_39   (25 | 25 << 16 | 2U << 30) /* T0SZ, T1SZ, TG1: 4 KiB */

static uint8_t memory[RAM_SIZE] __attribute__((aligned(4096)));
static struct vm vm;

static int no_check(int fd, unsigned long cap)
{
	return 0;
}

static int no_reg(int fd, const struct kvm_one_reg *reg)
{
	return -ENOENT;
}

static const struct kvm_ops kvm = {
	.check = no_check,
	.reg_get = no_reg,
	.reg_set = no_reg,
};

static int protect_set(struct vm *v, ipa_t ipa, uint64_t size,
		       unsigned int deny)
{
	return 0;
}

static void protect_print(struct vm *v, FILE *out)
{
}

static const struct protect_ops protect = {
	.name = "fake",
	.set = protect_set,
	.print = protect_print,
};

static void table_put(ipa_t table, unsigned int index, uint64_t desc)
{
	memcpy(memory + (table - RAM) + 8 * index, &desc, sizeof(desc));
}

/* Write tables that map only USER_VA, to ipa. */
static void tables_put(ipa_t tables, ipa_t ipa)
{
	table_put(tables, 0, (tables + SZ_4K) | 3);
	table_put(tables + SZ_4K, 0, (tables + 2 * SZ_4K) | 3);
	table_put(tables + 2 * SZ_4K, USER_VA / SZ_4K, ipa | 0x743);
}

static int setup(void **state)
{
	memset(memory, 0, sizeof(memory));
	vm = (struct vm){
		.kvm = &kvm,
		.protect = &protect,
		.nr_vcpus = 1,
		.ram = { { RAM, RAM_SIZE, memory } },
		.stop_fd = eventfd(0, EFD_NONBLOCK),
		.request_fd = eventfd(0, EFD_NONBLOCK),
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.control = PTHREAD_MUTEX_INITIALIZER,
		.cond = PTHREAD_COND_INITIALIZER,
		.solo = VM_NO_SOLO,
	};
	vm.vcpu[0].vm = &vm;
	leave_reset(&vm.vcpu[0]);
	pthread_cond_init(&vm.vcpu[0].wake, NULL);
	assert_int_equal(ioloop_create(&vm.ioloop), 0);
	assert_int_equal(breakpoints_create(&vm, &vm.breakpoints), 0);
	assert_int_equal(watch_create(&vm, &vm.watch), 0);
	tables_put(TABLES_A, DATA_A);
	tables_put(TABLES_B, DATA_B);
	return 0;
}

static int teardown(void **state)
{
	watch_destroy(vm.watch);
	breakpoints_destroy(vm.breakpoints);
	ioloop_destroy(vm.ioloop);
	close(vm.stop_fd);
	close(vm.request_fd);
	return 0;
}

/*
 * A watch of 8 bytes at va of the process with these tables; 0: va is an IPA.
 */
static struct watch_spec spec_of(enum watch_owner owner, ipa_t tables, va_t va,
				 const char *cond)
{
	struct watch_spec spec = {
		.owner = owner,
		.kind = GUEST_WATCH_WRITE,
		.va = va,
		.len = 8,
	};

	if (tables)
		spec.space = (struct stage1_regs){ .sctlr = 1,
						   .tcr = TCR_39,
						   .ttbr0 = tables };
	if (cond)
		assert_int_equal(watchcond_parse(cond, &spec.cond), 0);
	return spec;
}

static void watch(enum watch_owner owner, ipa_t tables, va_t va,
		  const char *cond)
{
	const struct watch_spec spec = spec_of(owner, tables, va, cond);
	char why[WATCH_WHY] = "";

	if (watch_set(vm.watch, &spec, why))
		fail_msg("watch_set: %s", why);
}

/* True if a store of that value by the guest would stop the VM. */
static bool stops(ipa_t ipa, uint64_t value)
{
	struct watch_touch touch = { .stop = -1 };

	watch_touch_add(vm.watch, &touch, ipa, 8, GUEST_WRITE,
			(const uint8_t *)&value);
	return touch.stop >= 0;
}

static unsigned int nr_watches(void)
{
	unsigned int nr = 0;

	for (const struct watch *w = vm.watch->watches; w; w = w->next)
		nr += !w->out;
	return nr;
}

/*
 * --- setting a watch again
 * ------------------------------------------------------
 */

static void new_condition(void **state)
{
	unsigned int id;

	watch(WATCH_MONITOR, 0, DATA_A, "new == 1");
	assert_true(stops(DATA_A, 1));
	assert_false(stops(DATA_A, 2));
	id = vm.watch->watches->id;
	watch(WATCH_MONITOR, 0, DATA_A, "new == 2");
	assert_false(stops(DATA_A, 1));
	assert_true(stops(DATA_A, 2));
	assert_int_equal(nr_watches(), 1);
	assert_int_equal(vm.watch->watches->id, id);
	watch(WATCH_MONITOR, 0, DATA_A, NULL);
	assert_true(stops(DATA_A, 3));
	watch_apply(vm.watch, true);
	assert_int_equal(nr_watches(), 1);
	assert_true(stops(DATA_A, 3));
}

static void deleted_and_set_again(void **state)
{
	watch(WATCH_MONITOR, 0, DATA_A, "new == 1");
	watch_delete_all(vm.watch, WATCH_MONITOR);
	assert_false(stops(DATA_A, 1));
	watch(WATCH_MONITOR, 0, DATA_A, NULL);
	assert_true(stops(DATA_A, 7));
	watch_apply(vm.watch, true);
	assert_true(stops(DATA_A, 7));
}

static void two_processes(void **state)
{
	watch(WATCH_MONITOR, TABLES_A, USER_VA, NULL);
	assert_true(stops(DATA_A, 1));
	assert_false(stops(DATA_B, 1));
	watch(WATCH_MONITOR, TABLES_B, USER_VA, NULL);
	assert_true(stops(DATA_A, 1));
	assert_true(stops(DATA_B, 1));
	assert_int_equal(nr_watches(), 2);
	watch(WATCH_LOG, TABLES_A, USER_VA, NULL);
	watch(WATCH_LOG, TABLES_B, USER_VA, NULL);
	assert_int_equal(nr_watches(), 4);
}

/*
 * A debugger sets a watch again that it removed for a step. The watch stays on
 * the memory of the process it was set for.
 */
static void debugger_puts_back(void **state)
{
	watch(WATCH_DEBUGGER, TABLES_A, USER_VA, NULL);
	assert_int_equal(watch_clear(vm.watch, WATCH_DEBUGGER,
				     GUEST_WATCH_WRITE, USER_VA, 8),
			 0);
	assert_false(stops(DATA_A, 1));
	watch(WATCH_DEBUGGER, TABLES_B, USER_VA, NULL);
	assert_true(stops(DATA_A, 1));
	assert_int_equal(nr_watches(), 1);
}

/* --- devices ------------------------------------------------------------------ */

static const struct device_ops device_ops = { .name = "fake-device" };
static struct device device = { .ops = &device_ops };

static void run(void)
{
	const enum guest_action actions[GUEST_MAX_VCPUS] = { GUEST_RUN };

	watch_apply(vm.watch, true);
	assert_int_equal(vm_resume(&vm, actions, NULL), 0);
}

static void device_writes(ipa_t ipa, uint64_t value)
{
	struct iovec iov = { memory + (ipa - RAM), sizeof(value) };

	watch_dma(vm.watch, &device, 3, &iov, 1, false);
	memcpy(iov.iov_base, &value, sizeof(value));
	watch_dma(vm.watch, &device, 3, &iov, 1, true);
}

/* Fetch a stop as debug.c does. */
static struct guest_stop stop_get(void)
{
	struct guest_stop stop = { .kind = GUEST_STOP_NONE };

	if (!vm_stop_get(&vm, &stop))
		watch_stopped(vm.watch, &stop);
	return stop;
}

static void device_stops(void **state)
{
	struct guest_stop stop;

	watch(WATCH_DEBUGGER, 0, DATA_A, NULL);
	run();
	device_writes(DATA_A, 5);
	stop = stop_get();
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_true(stop.device);
	assert_int_equal(stop.addr, DATA_A);
	assert_int_equal(stop.access, GUEST_WRITE);
	assert_non_null(strstr(stop.text, "fake-device"));
	assert_int_equal(watch_last(vm.watch)->new, 5);
	run();
	assert_int_equal(stop_get().kind, GUEST_STOP_NONE);
	assert_int_equal(vm.state, VM_RUNNING);
}

/*
 * Another stop comes first: the device's stop is reported at the next resume.
 */
static void device_stop_owed(void **state)
{
	struct guest_stop stop;

	watch(WATCH_DEBUGGER, 0, DATA_A, NULL);
	watch(WATCH_MONITOR, 0, DATA_B, NULL);
	run();
	vm_stop_request(&vm, GUEST_STOP_REQUESTED, "");
	device_writes(DATA_A, 5);
	device_writes(DATA_B, 6);
	assert_int_equal(stop_get().kind, GUEST_STOP_REQUESTED);
	assert_null(watch_last(vm.watch));
	run();
	stop = stop_get();
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_int_equal(stop.addr, DATA_A);
	assert_int_equal(watch_last(vm.watch)->new, 5);
	run();
	stop = stop_get();
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_int_equal(stop.access, GUEST_NO_ACCESS);
	assert_int_equal(watch_last(vm.watch)->new, 6);
	run();
	assert_int_equal(stop_get().kind, GUEST_STOP_NONE);
}

/* The first stop is the VMM's own, which is not reported. */
static void device_stop_in_pause(void **state)
{
	watch(WATCH_DEBUGGER, 0, DATA_A, NULL);
	run();
	vm_stop_wait(&vm);
	device_writes(DATA_A, 5);
	assert_int_equal(stop_get().kind, GUEST_STOP_NONE);
	assert_int_equal(vm_continue(&vm), 0);
	assert_int_equal(stop_get().kind, GUEST_STOP_WATCH);
	assert_int_equal(watch_last(vm.watch)->new, 5);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_condition),        TEST(deleted_and_set_again),
		TEST(two_processes),        TEST(debugger_puts_back),
		TEST(device_stops),         TEST(device_stop_owed),
		TEST(device_stop_in_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
