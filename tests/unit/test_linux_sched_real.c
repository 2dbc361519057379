// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_linux_sched_real.c - per-CPU variables, run queues, equal stacks
 *
 * Like test_linux_real.c, the test uses each of Debian's kernels in the cache.
 */
#include "fake_linux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <trapline/activity.h>

static void test_symbols(void **state)
{
	struct setup *s = *state;
	va_t va;

	start(s);
	expect(run(s, "sym panic --json", 0), "\"symbol\": \"panic+0x0/");
	/* Exported data is found even if kallsyms has only text. */
	assert_int_equal(introspect_symbol_by_name(s->in, "init_task", &va), 0);
	assert_string_equal((char *)at(s, field(s, va, "task_struct", "comm")),
			    "swapper");
	assert_int_equal(introspect_symbol_by_name(s->in, "no_such_thing", &va),
			 -ENOENT);
}

static void test_percpu(void **state)
{
	struct introspect_percpu_place place;
	struct introspect_object o;
	struct setup *s = *state;
	va_t va;

	assert_int_equal(introspect_percpu(s->in, "runqueues", 0, &o), -ENOENT);
	assert_int_equal(introspect_percpu_find(s->in, HEAP_VA, &place),
			 -ENOENT);
	start(s);
	percpu_put(s, 2);
	assert_int_equal(introspect_nr_cpus(s->in), 2);
	assert_int_equal(introspect_percpu(s->in, "runqueues", 2, &o), -ERANGE);
	assert_int_equal(introspect_percpu(s->in, "no_such", 0, &o), -ENOENT);
	va = percpu(s, "runqueues", 1, "nr_running");
	put32(s, va, 3);
	assert_string_equal(run(s, "print runqueues.nr_running", 0),
			    "CPU 0: 0\nCPU 1: 3\n");
	assert_string_equal(run(s, "print runqueues.nr_running --json", 0),
			    "[{\"cpu\": 0, \"value\": 0},\n"
			    "{\"cpu\": 1, \"value\": 3}]\n");
	expect(run(s, "print runqueues.no_such", -ENOENT), "no such");
	expect(run(s, "print runqueues.no_such --json", -ENOENT), "null");
	assert_int_equal(introspect_percpu_find(s->in, va, &place), 0);
	assert_string_equal(place.name, "runqueues");
	assert_int_equal(place.cpu, 1);
	assert_true(place.offset == field(s, 0, "rq", "nr_running"));
	assert_int_equal(introspect_percpu_find(s->in, HEAP_VA, &place),
			 -ENOENT);
	/*
	 * An offset to an unmapped address, and an impossible number of CPUs.
	 */
	*at(s, symbol(s, "__per_cpu_offset") + 8) = 1ULL << 40;
	expect(run(s, "print runqueues.nr_running", -EFAULT), "CPU 1: that");
	put32(s, symbol(s, "nr_cpu_ids"), 0);
	assert_int_equal(introspect_nr_cpus(s->in), 2);
}

/* Jiffies tell how old the last tick is, for each HZ that arm64 has. */
static void test_tick(void **state)
{
	static const unsigned int hz[] = { 100, 250, 300, 1000 };
	struct introspect_cpu cpu;
	struct setup *s = *state;

	start(s);
	percpu_put(s, 2);
	for (unsigned int i = 0; i < ARRAY_SIZE(hz); i++) {
		uint64_t boot = (1ULL << 32) - 300 * hz[i];

		*at(s, symbol(s, "jiffies")) = boot + 70 * hz[i];
		*at(s, percpu(s, "runqueues", 0, "clock")) = 71000000000ULL;
		*at(s, percpu(s, "tick_cpu_sched", 0, "last_tick_jiffies")) =
			boot + 45 * hz[i];
		assert_int_equal(introspect_cpu_read(s->in, 0, &cpu), 0);
		assert_int_equal(cpu.tick_age / 1000000, 25000);
	}
	*at(s, percpu(s, "tick_cpu_sched", 0, "last_tick_jiffies")) = ~0ULL;
	assert_int_equal(introspect_cpu_read(s->in, 0, &cpu), 0);
	assert_int_equal(cpu.tick_age, 0);
}

static void test_cpu(void **state)
{
	struct introspect_cpu cpu = { .clock = 7 };
	struct setup *s = *state;

	assert_int_equal(introspect_cpu_read(s->in, 0, &cpu), -ENOENT);
	start(s);
	percpu_put(s, 2);
	*at(s, percpu(s, "runqueues", 1, "clock")) = 9000;
	*at(s, percpu(s, "runqueues", 1, "clock_task")) = 8000;
	*at(s, percpu(s, "runqueues", 1, "nr_switches")) = 55;
	put32(s, percpu(s, "runqueues", 1, "nr_running"), 3);
	*at(s, percpu(s, "runqueues", 1, "curr")) = THREAD;
	*at(s, percpu(s, "runqueues", 1, "idle")) = SECOND;
	*at(s, percpu(s, "kstat", 1, "irqs_sum")) = 99;
	*at(s, percpu(s, "watchdog_touch_ts", 1, "")) = 2;
	assert_int_equal(introspect_cpu_read(s->in, 2, &cpu), -ERANGE);
	assert_int_equal(cpu.clock, 7);
	assert_int_equal(introspect_cpu_read(s->in, 1, &cpu), 0);
	assert_int_equal(cpu.clock, 9000);
	assert_int_equal(cpu.lag, 1000);
	assert_int_equal(cpu.switches, 55);
	assert_int_equal(cpu.running, 3);
	assert_int_equal(cpu.interrupts, 99);
	assert_true(cpu.task == THREAD && cpu.idle == SECOND);
	assert_true(cpu.touched == 2ULL << 30);
	/* The kernel's mark for a watchdog that starts again. */
	*at(s, percpu(s, "watchdog_touch_ts", 1, "")) = UINT64_MAX;
	assert_int_equal(introspect_cpu_read(s->in, 1, &cpu), 0);
	assert_int_equal(cpu.touched, 0);
	assert_int_equal(introspect_cpu_read(s->in, 0, &cpu), 0);
	assert_int_equal(cpu.clock, 0);
}

static void test_enum(void **state)
{
	struct setup *s = *state;
	uint64_t value = 0;
	char name[32];

	assert_int_equal(introspect_enum_value(s->in, "pageflags", "PG_locked",
					       &value),
			 -ENOENT);
	start(s);
	assert_int_equal(introspect_enum_value(s->in, "pageflags", "PG_dirty",
					       &value),
			 0);
	assert_true(value > 0 && value < 32);
	introspect_enum_name(s->in, "pageflags", value, name, sizeof(name));
	assert_string_equal(name, "PG_dirty");
	introspect_enum_name(s->in, "pageflags", 12345, name, sizeof(name));
	assert_string_equal(name, "");
	introspect_enum_name(s->in, "no_such", 0, name, sizeof(name));
	assert_string_equal(name, "");
	assert_int_equal(introspect_enum_value(s->in, "pageflags", "PG_none",
					       &value),
			 -ENOENT);
}

static void test_runq(void **state)
{
	struct setup *s = *state;
	va_t init;

	expect(run(s, "runq", -ENOENT), "runqueues is not found");
	start(s);
	percpu_put(s, 2);
	init = tasks_put(s);
	put32(s, percpu(s, "runqueues", 0, "nr_running"), 1);
	*at(s, percpu(s, "runqueues", 0, "curr")) = THREAD;
	*at(s, percpu(s, "runqueues", 1, "curr")) = init;
	put32(s, percpu(s, "runqueues", 1, "nr_running"), 7);
	put32(s, field(s, THREAD, "task_struct", "on_rq"), 1);
	put32(s, field(s, THREAD, "task_struct", "prio"), 120);
	*at(s, field(s, THREAD, "task_struct", "sched_class")) =
		symbol(s, "panic");
	put32(s, field(s, init, "task_struct", "thread_info.cpu"), 1);
	expect(run(s, "runq", 0), "  0 >         9  120 ");
	expect(linux_text, " panic            worker\n");
	expect(linux_text, "  1 >         0  120 ");
	expect(linux_text, "CPU 1: the run queue counts 7 tasks, 0 are found");
	assert_null(strstr(linux_text, "in?it"));
	expect(run(s, "runq --json", 0), "\"comm\": \"worker\"}");
	*at(s, symbol(s, "__per_cpu_offset") + 8) = 1ULL << 40;
	expect(run(s, "runq", 0), "CPU 1: its run queue cannot be read");
}

static void test_foreach(void **state)
{
	struct setup *s = *state;
	va_t init;

	run(s, "foreach", -ENOENT);
	start(s);
	init = tasks_put(s);
	s->fake->regs[0].pc = symbol(s, "vfs_read");
	expect(run(s, "foreach", 0),
	       "2 tasks: pid 0 swapper/0 R, pid 1 in?it D\n");
	expect(linux_text, " schedule+0x4/");
	expect(linux_text, "1 task: pid 9 worker D\n");
	expect(linux_text, " vfs_read+0x0/");
	expect(run(s, "foreach blocked", 0), "1 task: pid 1 in?it D\n");
	expect(run(s, "foreach worker --json", 0),
	       "{\"of\": \"1 task: pid 9 worker D\", \"#\": 0, ");
	expect(run(s, "foreach user", 0), "1 task: pid 1 in?it D\n");
	expect(run(s, "foreach kernel", 0), "1 task: pid 0 swapper/0 R\n");
	expect(run(s, "foreach nobody", 0), "no task is selected");
	/* A task that runs, but on no CPU that the debugger knows. */
	put32(s, field(s, SECOND, "task_struct", "on_cpu"), 1);
	expect(run(s, "foreach in?it", 0), "cannot be read to its end");
	assert_null(strstr(linux_text, "schedule"));
	*at(s, field(s, init, "task_struct", "thread.cpu_context.fp")) =
		NOWHERE;
	expect(run(s, "foreach swapper/0", 0), "cannot be read to its end");
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_symbols), T(test_percpu), T(test_cpu), T(test_tick),
	T(test_enum),
	T(test_runq), T(test_foreach),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
