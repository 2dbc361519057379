// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * introspect_task_by(): find the task of a running vCPU by its registers. The
 * guest may set the pointers to any values. The function returns name and PID
 * only if both are completely in RAM. test_introspect_real tests the function
 * with stopped vCPUs of real kernels.
 */
#include "fake_guest.h"

#include <trapline/introspect.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM      0x40000000ULL
#define RAM_SIZE SZ_2M
#define TABLE    RAM
#define TASK     (RAM + SZ_64K)
#define PERCPU   (RAM + SZ_1M)

#define EL1H       5ULL
#define USER_STACK 0x0000fffff000ULL
#define AT_PID     0x40
#define AT_COMM    0x50
#define ENTRY_TASK 0x1230ULL
#define COMM_SIZE  16

/* 4 KiB granule and 39 bits: one block of 1 GiB maps all of RAM. */
#define TCR     (2ULL << 30 | 25ULL << 16 | 5ULL << 32)
#define BLOCK   0x401ULL
#define VA_BASE (0xffffff8000000000ULL - RAM)
#define VA(ipa) (VA_BASE + (ipa))

struct setup {
	struct fake_guest *fake;
	struct introspect_tasks tasks;
	char comm[32];
	int pid;
};

static void put(struct setup *s, ipa_t at, const void *value, size_t size)
{
	memcpy(fake_guest_at(s->fake, at, size), value, size);
}

static void put_task(struct setup *s, ipa_t at, const char *comm, int32_t pid)
{
	char name[COMM_SIZE] = { 0 };

	memcpy(name, comm, strnlen(comm, COMM_SIZE));
	put(s, at + AT_COMM, name, COMM_SIZE);
	put(s, at + AT_PID, &pid, sizeof(pid));
}

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));
	uint64_t block = RAM | BLOCK;

	s->fake = fake_guest_create(1, RAM, RAM_SIZE);
	s->tasks = (struct introspect_tasks){
		.regs = { .sctlr = 1, .tcr = TCR, .ttbr1 = TABLE },
		.at_comm = AT_COMM,
		.at_pid = AT_PID,
		.entry_task = VA(PERCPU),
	};
	put(s, TABLE, &block, sizeof(block));
	put_task(s, TASK, "insmod", 123);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

static int ask(struct setup *s, uint64_t pstate, uint64_t sp_el0,
	       uint64_t tpidr_el1)
{
	s->pid = -7;
	strcpy(s->comm, "before");
	return introspect_task_by(&s->fake->guest, &s->tasks, pstate, sp_el0,
				  tpidr_el1, s->comm, sizeof(s->comm), &s->pid);
}

static void expect_none(struct setup *s, int ret)
{
	assert_int_equal(ret, -EFAULT);
	assert_string_equal(s->comm, "");
	assert_int_equal(s->pid, -7);
}

static void test_in_the_kernel(void **state)
{
	struct setup *s = *state;

	assert_int_equal(ask(s, EL1H, VA(TASK), 0), 0);
	assert_string_equal(s->comm, "insmod");
	assert_int_equal(s->pid, 123);
}

/* The task is found at EL0, and at EL1 before the kernel has set SP_EL0. */
static void test_entry_task(void **state)
{
	struct setup *s = *state;
	uint64_t task = VA(TASK);

	put(s, PERCPU + ENTRY_TASK, &task, sizeof(task));
	assert_int_equal(ask(s, 0, VA(TASK) + 8, ENTRY_TASK), 0);
	assert_string_equal(s->comm, "insmod");
	assert_int_equal(ask(s, EL1H, USER_STACK, ENTRY_TASK), 0);
	assert_int_equal(s->pid, 123);
	s->tasks.entry_task = 0;
	expect_none(s, ask(s, 0, VA(TASK), ENTRY_TASK));
}

static void test_bad_pointers(void **state)
{
	struct setup *s = *state;
	uint64_t task = USER_STACK;

	/* The per-CPU variable has a user's address, or is not mapped. */
	put(s, PERCPU + ENTRY_TASK, &task, sizeof(task));
	expect_none(s, ask(s, 0, 0, ENTRY_TASK));
	expect_none(s, ask(s, 0, 0, 1ULL << 40));
	/* The task is not mapped, or only its PID is in RAM. */
	expect_none(s, ask(s, EL1H, VA(RAM) + SZ_1G, 0));
	put(s, RAM + RAM_SIZE - AT_COMM + AT_PID, &(int){ 1 }, sizeof(int));
	expect_none(s, ask(s, EL1H, VA(RAM + RAM_SIZE - AT_COMM - 8), 0));
	expect_none(s, ask(s, EL1H, ~0ULL, 0));
}

static void test_bad_contents(void **state)
{
	struct setup *s = *state;
	char tiny[4];

	put_task(s, TASK, "a\033[2Jb\n", 1);
	assert_int_equal(ask(s, EL1H, VA(TASK), 0), 0);
	assert_null(strpbrk(s->comm, "\033\n"));
	/* The name fills its field, without an end. */
	put_task(s, TASK, "0123456789abcdef", 1);
	assert_int_equal(ask(s, EL1H, VA(TASK), 0), 0);
	assert_string_equal(s->comm, "0123456789abcdef");
	assert_int_equal(introspect_task_by(&s->fake->guest, &s->tasks, EL1H,
					    VA(TASK), 0, tiny, sizeof(tiny),
					    &s->pid),
			 0);
	assert_string_equal(tiny, "012");
	assert_int_equal(introspect_task_by(&s->fake->guest, &s->tasks, EL1H,
					    VA(TASK), 0, NULL, 0, &s->pid),
			 0);
	put_task(s, TASK, "x", -1);
	expect_none(s, ask(s, EL1H, VA(TASK), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_the_kernel, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_entry_task, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bad_pointers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bad_contents, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
