// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_hang_report.c - guests that hang, with Debian's own kernels: what the
 * watchdog sees, and what the report says
 *
 * The test writes the kernel's locks, clocks and tasks to the memory of a guest
 * that has been stopped, and looks at the report. Two functions of the kernel
 * get a few instructions: "f" is vfs_read, and "g" is ksys_read.
 */
#include "fake_linux.h"
#include "session/progress.h"
#include "session/reportdoc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_A (HEAP_VA + 32 * SZ_64K)
#define LOCK_B (HEAP_VA + 33 * SZ_64K)
#define WAITER (HEAP_VA + 34 * SZ_64K) /* and in the next 64 KiB */
#define NODE   (HEAP_VA + 36 * SZ_64K)
#define NAMES  (HEAP_VA + 37 * SZ_64K)
#define STACKS (HEAP_VA + 40 * SZ_64K) /* of CPU 0, 1 */
#define EL1    5
#define IRQOFF 0x80
#define S      1000000000ULL
#define SLOW   "queued_spin_lock_slowpath"

static const struct session_owner owner;
static char title[DOC_TITLE], signature[17];

static const char *report_of(struct setup *s)
{
	struct session_report *r;
	struct session *session;
	size_t size;
	FILE *out;

	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, NULL,
					NULL, &session),
			 0);
	assert_int_equal(session_report_create(session, &r), 0);
	session_destroy(session);
	strcpy(title, r->title);
	strcpy(signature, r->signature);
	free(linux_text);
	out = open_memstream(&linux_text, &size);
	session_report_write(r, SESSION_REPORT_TEXT, out);
	fclose(out);
	session_report_destroy(r);
	/* Lines of the sentences may end at any blank. */
	for (char *p = strchr(linux_text, '\n') + 1; strncmp(p, "\nsig", 4);
	     p++)
		if (*p == '\n')
			*p = ' ';
	return linux_text;
}

static void expect_title(const char *what)
{
	if (strcmp(title, what))
		fail_msg("'%s' is not the title of: %s", what, linux_text);
}

static void expect_none(const char *what)
{
	if (strstr(linux_text, what))
		fail_msg("'%s' in: %s", what, linux_text);
}

/* --- the guest -------------------------------------------------------------*/

static uint32_t adrp(va_t at, unsigned int rd, va_t to)
{
	uint64_t pages = (to >> 12) - (at >> 12);

	return 0x90000000U | (uint32_t)(pages & 3) << 29 |
	       (uint32_t)(pages >> 2 & 0x7ffff) << 5 | rd;
}

static uint32_t bl(va_t at, va_t to)
{
	return 0x94000000U | ((uint32_t)(to - at) >> 2 & 0x3ffffff);
}

/* A function that calls the slow path for two locks. 0: no argument is known. */
static void takes_put(struct setup *s, const char *function, va_t first,
		      va_t second)
{
	va_t va = symbol(s, function), slow = symbol(s, SLOW);
	const uint32_t mov = 0xaa1303e0; /* mov x0, x19 */

	put32(s, va, first ? adrp(va, 0, first) : mov);
	put32(s, va + 4, bl(va + 4, slow));
	put32(s, va + 8, second ? adrp(va + 8, 0, second) : mov);
	put32(s, va + 12, bl(va + 12, slow));
	put32(s, va + 16, 0xd65f03c0);
}

static va_t stack_of(unsigned int cpu)
{
	return STACKS + cpu * SZ_64K;
}

/* The CPU is in a function, called by another one, which returns to offset. */
static void cpu_put(struct setup *s, unsigned int cpu, const char *function,
		    const char *caller, uint32_t offset)
{
	struct guest_regs *regs = &s->fake->regs[cpu];
	va_t fp = stack_of(cpu) + 0x100;

	*regs = (struct guest_regs){
		.pc = symbol(s, function) + 16,
		.sp = fp,
		.pstate = EL1,
	};
	regs->x[29] = fp;
	*at(s, fp) = fp + 0x100;
	*at(s, fp + 8) = symbol(s, caller) + offset;
	*at(s, fp + 0x100) = 0;
	*at(s, fp + 0x108) = symbol(s, "do_exit") + 8;
}

static void task_on(struct setup *s, unsigned int cpu, va_t task)
{
	s->fake->offline[cpu] = false;
	vcpu_set(s, cpu, TABLES | 1);
	s->fake->sysregs[cpu][GUEST_SP_EL0] = task;
	set32(s, task, "task_struct", "on_cpu", 1);
	set32(s, task, "task_struct", "__state", 0);
}

/* HZ is 250. */
static void clock_put(struct setup *s, unsigned int cpu, uint64_t seconds,
		      uint64_t touched)
{
	uint64_t boot = (1ULL << 32) - 300 * 250;

	*at(s, symbol(s, "jiffies")) = boot + 200 * 250;
	*at(s, percpu(s, "tick_cpu_sched", cpu, "last_tick_jiffies")) =
		boot + seconds * 250;
	*at(s, percpu(s, "runqueues", cpu, "clock")) = seconds * S;
	*at(s, percpu(s, "runqueues", cpu, "clock_task")) = seconds * S;
	*at(s, percpu(s, "watchdog_touch_ts", cpu, "")) = touched;
}

/* Two CPUs, which run SECOND and THREAD; the clock is at 200 s. */
static void machine_put(struct setup *s)
{
	start(s);
	percpu_put(s, 2);
	tasks_put(s);
	task_on(s, 0, SECOND);
	task_on(s, 1, THREAD);
	cpu_put(s, 0, "vfs_read", "ksys_read", 8);
	cpu_put(s, 1, "vfs_read", "ksys_read", 8);
	clock_put(s, 0, 200, 186);
	clock_put(s, 1, 200, 186);
	s->fake->guest.last =
		(struct guest_stop){ .kind = GUEST_STOP_REQUESTED };
}

static void hang_stop(struct setup *s, enum guest_hang seen, unsigned int vcpu)
{
	s->fake->guest.last = (struct guest_stop){
		.kind = GUEST_STOP_HANG,
		.code = (int)seen,
		.vcpu = vcpu,
	};
}

/* --- spinlocks -------------------------------------------------------------*/

static void abba_put(struct setup *s, unsigned int f)
{
	put32(s, LOCK_A, 1 << 8 | 1);
	put32(s, LOCK_B, 1 << 8 | 1);
	takes_put(s, "vfs_read", LOCK_A, LOCK_B);
	takes_put(s, "ksys_read", LOCK_B, LOCK_A);
	cpu_put(s, f, SLOW, "vfs_read", 16);
	cpu_put(s, !f, SLOW, "ksys_read", 16);
}

static void test_abba(void **state)
{
	struct setup *s = *state;
	char first[17];

	start(s);
	if (!symbol(s, SLOW))
		return;
	machine_put(s);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	abba_put(s, 0);
	report_of(s);
	expect_title("possible deadlock in ksys_read and vfs_read");
	expect(linux_text, "worker (pid 9) on CPU 1 has waited in "
			   "ksys_read+0x10/");
	expect(linux_text, "for the spinlock at 0xffffb00080200000, which "
			   "in?it (pid 1) on CPU 0 holds.");
	expect(linux_text, "for the spinlock at 0xffffb00080210000, which "
			   "worker (pid 9) on CPU 1 holds.");
	expect(linux_text, "vfs_read, on the stack of in?it (pid 1) on CPU 0, "
			   "takes the spinlock at 0xffffb00080200000.");
	expect(linux_text, "\nWho waits for whom\n");
	expect(linux_text, " spins ");
	strcpy(first, signature);
	/* The same on the other CPUs. */
	abba_put(s, 1);
	report_of(s);
	expect_title("possible deadlock in ksys_read and vfs_read");
	assert_string_equal(first, signature);
	/* One lock is free: a CPU is about to take it. */
	put32(s, LOCK_A, 0);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	/* A CPU in user space holds nothing, so the other one waits for itself. */
	put32(s, LOCK_A, 1 << 8 | 1);
	s->fake->regs[0].pstate = 0;
	report_of(s);
	expect_title("possible deadlock in vfs_read");
}

/* A lock without a constant address, and its holder by other means. */
static void test_spin(void **state)
{
	struct setup *s = *state;

	start(s);
	if (!symbol(s, SLOW))
		return;
	machine_put(s);
	takes_put(s, "vfs_read", 0, 0);
	takes_put(s, "ksys_read", LOCK_B, 0);
	cpu_put(s, 0, SLOW, "vfs_read", 8);
	put32(s, LOCK_A, 1 << 18 | 1); /* CPU 0 waits last */
	put32(s, LOCK_B, 1 << 8 | 1);
	s->fake->regs[0].x[2] = LOCK_B;
	s->fake->regs[0].x[5] = LOCK_A;
	s->fake->regs[0].x[6] = LOCK_A + 2;
	*at(s, stack_of(1) + 0x500) = LOCK_A;
	hang_stop(s, GUEST_HANG_SWITCHES, 0);
	report_of(s);
	expect_title("BUG: soft lockup in vfs_read");
	expect(linux_text, "has not let another task run");
	expect(linux_text, "for the spinlock at 0xffffb00080200000, which "
			   "worker (pid 9) on CPU 1 holds.");
	expect(linux_text, "is on the stack of worker (pid 9) on CPU 1, in "
			   "vfs_read.");
	/* CPU 1 is off: the CPU waits for itself. */
	s->fake->offline[1] = true;
	report_of(s);
	expect_title("possible deadlock in vfs_read");
	expect(linux_text, ", which the same task holds.");
	expect(linux_text, "No other CPU runs code of the kernel");
	/* CPU 1 waits for the same lock: one of them has just got it. */
	s->fake->offline[1] = false;
	cpu_put(s, 1, SLOW, "vfs_read", 8);
	s->fake->regs[1].x[5] = LOCK_A;
	report_of(s);
	expect_title("BUG: soft lockup in vfs_read");
	/* No CPU waits: this one has just got the lock. */
	s->fake->offline[1] = true;
	takes_put(s, "vfs_read", LOCK_A, LOCK_A);
	put32(s, LOCK_A, 1);
	report_of(s);
	expect_title("BUG: soft lockup in vfs_read");
	/* The caller of the function that spins has taken the lock. */
	s->fake->offline[1] = false;
	takes_put(s, "vfs_read", LOCK_B, LOCK_B);
	*at(s, stack_of(0) + 0x208) = symbol(s, "ksys_read") + 8;
	*at(s, stack_of(1) + 0x500) = 0;
	cpu_put(s, 1, "schedule", "do_exit", 8);
	report_of(s);
	expect_title("possible deadlock in vfs_read");
	expect(linux_text, "ksys_read, on the stack of in?it (pid 1) on CPU 0, "
			   "takes the spinlock at 0xffffb00080210000.");
	/* No register is the address of a lock. */
	takes_put(s, "vfs_read", 0, 0);
	s->fake->regs[0].x[2] = s->fake->regs[0].x[5] = 0;
	report_of(s);
	expect_title("BUG: soft lockup in vfs_read");
	expect(linux_text, "for a spinlock.");
}

/* --- CPUs ------------------------------------------------------------------*/

static void test_lockups(void **state)
{
	struct setup *s = *state;
	char first[17];

	machine_put(s);
	clock_put(s, 1, 160, 130);
	s->fake->regs[1].pstate = EL1 | IRQOFF;
	s->fake->regs[1].x[10] = percpu(s, "runqueues", 1, "nr_running") + 1;
	report_of(s);
	expect_title("BUG: hard lockup in vfs_read");
	expect(linux_text, "runqueues+0x");
	expect(linux_text, ", per-CPU variable of CPU 1");
	expect(linux_text, "worker (pid 9) on CPU 1 has run with interrupts "
			   "off for 40 s, in vfs_read+0x10/");
	expect(linux_text, "also: stall in vfs_read");
	expect(linux_text, "\nWhat the CPUs did last\n");
	strcpy(first, signature);
	/* Numbers with which no sum fits into 64 bits. */
	*at(s, symbol(s, "jiffies")) = 3ULL << 61;
	*at(s, percpu(s, "tick_cpu_sched", 1, "last_tick_jiffies")) =
		(3ULL << 61) - 40 * 1000;
	report_of(s);
	expect(linux_text, "BUG: hard lockup in vfs_read");
	/* The watchdog knows more than the clocks. */
	clock_put(s, 1, 200, 186);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	hang_stop(s, GUEST_HANG_IRQS, 1);
	report_of(s);
	expect_title("BUG: hard lockup in vfs_read");
	assert_string_equal(first, signature);
	/* Interrupts on, but no task is switched. */
	machine_put(s);
	clock_put(s, 1, 200, 140);
	report_of(s);
	expect_title("BUG: soft lockup in vfs_read");
	expect(linux_text, "has not let another task run for 49 s, in vfs_");
	assert_string_not_equal(first, signature);
	/* An idle CPU may sleep for long. */
	set32(s, THREAD, "task_struct", "pid", 0);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	hang_stop(s, GUEST_HANG_RCU, 0);
	report_of(s);
	expect_title("INFO: rcu detected stall in vfs_read");
	/* A stop that names a CPU that does not exist, and nonsense. */
	hang_stop(s, GUEST_HANG_IRQS, 77);
	report_of(s);
	expect_title("BUG: hard lockup in vfs_read");
	hang_stop(s, (enum guest_hang)99, 0);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
}

/* --- tasks -----------------------------------------------------------------*/

/* The task sleeps in a function, and wants the mutex. */
static void sleeper_put(struct setup *s, va_t task, unsigned int n,
			const char *function, va_t mutex, va_t owner_task)
{
	va_t fp = stack_of(n) + 0x1000, node, head, waiter;

	waiter = WAITER + n * SZ_64K;
	set32(s, task, "task_struct", "on_cpu", 0);
	set32(s, task, "task_struct", "__state", 2);
	set(s, task, "task_struct", "se.exec_start", 70 * S);
	set(s, task, "task_struct", "thread.cpu_context.pc",
	    symbol(s, "schedule") + 4);
	set(s, task, "task_struct", "thread.cpu_context.fp", fp);
	set(s, task, "task_struct", "thread.cpu_context.sp", fp);
	*at(s, fp) = 0;
	*at(s, fp + 8) = symbol(s, function) + 8;
	*at(s, fp + 0x20) = mutex;
	if (!mutex)
		return;
	set(s, mutex, "mutex", "owner.counter", owner_task | 1);
	set(s, waiter, "mutex_waiter", "task", task);
	node = field(s, waiter, "mutex_waiter", "list");
	if (has(s, "mutex", "wait_list")) {
		head = field(s, mutex, "mutex", "wait_list");
		*at(s, head) = *at(s, head + 8) = node;
		*at(s, node) = *at(s, node + 8) = head;
	} else {
		set(s, mutex, "mutex", "first_waiter", waiter);
		*at(s, node) = node;
	}
}

static void test_mutex(void **state)
{
	struct setup *s = *state;
	va_t init;

	machine_put(s);
	init = symbol(s, "init_task");
	task_on(s, 0, init);
	cpu_put(s, 0, "schedule", "do_exit", 8);
	sleeper_put(s, SECOND, 0, "ksys_read", LOCK_A, THREAD);
	report_of(s);
	expect_title("INFO: task hung in ksys_read");
	expect(linux_text, "in?it (pid 1) has waited for 130 s in "
			   "ksys_read+0x8/");
	expect(linux_text, "for the mutex at 0xffffb00080200000, which worker "
			   "(pid 9) on CPU 1 holds.");
	expect(linux_text, "worker (pid 9) on CPU 1 runs in vfs_read.");
	/* A short wait is no hang, unless the watchdog says so. */
	set(s, SECOND, "task_struct", "se.exec_start", 190 * S);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	hang_stop(s, GUEST_HANG_BLOCKED, 0);
	report_of(s);
	expect_title("INFO: task hung in ksys_read");
	expect(linux_text, "has waited for 10 s in");
	/* The holder waits for something else. */
	set(s, SECOND, "task_struct", "se.exec_start", 70 * S);
	task_on(s, 1, init);
	cpu_put(s, 1, "schedule", "do_exit", 8);
	sleeper_put(s, THREAD, 1, "vfs_read", 0, 0);
	report_of(s);
	expect_title("INFO: task hung in ksys_read");
	expect(linux_text, "worker (pid 9) sleeps in vfs_read.");
	/* The holder waits for the waiter. */
	sleeper_put(s, THREAD, 1, "vfs_read", LOCK_B, SECOND);
	report_of(s);
	expect_title("possible deadlock in ksys_read and vfs_read");
	expect(linux_text, "which in?it (pid 1) holds.");
	/* It waits for itself. */
	sleeper_put(s, THREAD, 1, "vfs_read", LOCK_B, THREAD);
	report_of(s);
	expect_title("possible deadlock in vfs_read");
	/* A holder that is no task. */
	sleeper_put(s, THREAD, 1, "vfs_read", LOCK_B, NOWHERE);
	sleeper_put(s, SECOND, 0, "ksys_read", LOCK_A, 0);
	report_of(s);
	expect_none("holds");
}

/* --- memory ----------------------------------------------------------------*/

static void zone_put(struct setup *s, uint64_t free)
{
	struct introspect_object o;
	uint64_t index = 0;
	char path[48];
	va_t zone = field(s, NODE, "pglist_data", "node_zones");

	*at(s, symbol(s, "node_data")) = NODE;
	strcpy((char *)at(s, NAMES), "DMA");
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "node_zones[%d].name", i);
		if (!introspect_object(s->in, "pglist_data", NODE, path, &o))
			*at(s, o.va) = NAMES;
	}
	set(s, zone, "zone", "present_pages", 60000);
	set(s, zone, "zone", "managed_pages.counter", 51200);
	set(s, zone, "zone", "_watermark", 300);
	*at(s, field(s, zone, "zone", "_watermark") + 16) = 400;
	assert_int_equal(introspect_enum_value(s->in, "zone_stat_item",
					       "NR_FREE_PAGES", &index),
			 0);
	*at(s, field(s, zone, "zone", "vm_stat") + index * 8) = free;
}

static void cma_put(struct setup *s, uint64_t free)
{
	uint64_t index = 0;

	assert_int_equal(introspect_enum_value(s->in, "zone_stat_item",
					       "NR_FREE_CMA_PAGES", &index),
			 0);
	*at(s, symbol(s, "vm_zone_stat") + index * 8) = free;
}

static void test_memory(void **state)
{
	struct setup *s = *state;
	const char *slow = "try_to_free_pages";

	machine_put(s);
	zone_put(s, 256);
	cpu_put(s, 1, slow, "vfs_read", 8);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	hang_stop(s, GUEST_HANG_MEMORY, 1);
	report_of(s);
	expect_title("INFO: OOM livelock in vfs_read");
	expect(linux_text, "worker (pid 9) on CPU 1 wants memory in "
			   "vfs_read+0x8/");
	expect(linux_text, "The kernel can use 256 free pages; below 300, "
			   "allocations have to wait.");
	expect(linux_text, "Of 200 MiB, 1 are free, 0 belong to processes");
	expect(linux_text, "The OOM killer has ended 0 processes.");
	/* kswapd has given up: memory tells it. */
	set32(s, NODE, "pglist_data",
	      has(s, "pglist_data", "kswapd_failures.counter")
		      ? "kswapd_failures.counter"
		      : "kswapd_failures",
	      16);
	s->fake->guest.last.kind = GUEST_STOP_REQUESTED;
	report_of(s);
	expect_title("INFO: OOM livelock in vfs_read");
	expect(linux_text, "kswapd has given up");
	/* There is memory, but only for movable pages. */
	zone_put(s, 20000);
	cma_put(s, 19700);
	report_of(s);
	expect_title("INFO: OOM livelock in vfs_read");
	expect(linux_text, "can use 300 free pages, without those for movable "
			   "memory and for interrupts; below 300");
	/* There is memory again. */
	cma_put(s, 0);
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
}

/* --- the watchdog ----------------------------------------------------------*/

struct watch {
	struct setup *s;
	struct session *session;
	struct progress *p;
	struct guest_stop stop;
};

static void watch_start(struct setup *s, struct watch *w)
{
	*w = (struct watch){ .s = s };
	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, NULL,
					NULL, &w->session),
			 0);
	assert_int_equal(progress_create(w->session, 10 * S, &w->p), 0);
}

static void watch_end(struct watch *w)
{
	progress_destroy(w->p);
	progress_destroy(NULL);
	session_destroy(w->session);
}

static bool look(struct watch *w, uint64_t seconds)
{
	return progress_look(w->p, seconds * S, &w->stop);
}

/* The state does not change from now on: the watchdog sees it after 10 s. */
static void hang_check(struct watch *w, enum guest_hang hang, unsigned int vcpu,
		       const char *text)
{
	progress_forget(w->p);
	assert_false(look(w, 1));
	assert_false(look(w, 10));
	assert_true(look(w, 11));
	assert_int_equal(w->stop.kind, GUEST_STOP_HANG);
	assert_int_equal(w->stop.code, hang);
	assert_int_equal(w->stop.vcpu, vcpu);
	assert_string_equal(w->stop.text, text);
	/* The time starts again. */
	assert_false(look(w, 12));
	assert_false(look(w, 21));
	assert_true(look(w, 22));
}

static void none_check(struct watch *w)
{
	progress_forget(w->p);
	assert_false(look(w, 1));
	assert_false(look(w, 100));
}

static void test_watch_cpus(void **state)
{
	struct setup *s = *state;
	struct watch w;

	machine_put(s);
	watch_start(s, &w);
	*at(s, percpu(s, "runqueues", 0, "curr")) = SECOND;
	*at(s, percpu(s, "runqueues", 1, "curr")) = THREAD;
	none_check(&w);
	*at(s, percpu(s, "kstat", 1, "irqs_sum")) = 5;
	s->fake->regs[1].pstate = EL1 | IRQOFF;
	hang_check(&w, GUEST_HANG_IRQS, 1,
		   "Hang: CPU 1 has taken no interrupt for 10 s");
	/* An interrupt, or a look with interrupts on, is progress. */
	progress_forget(w.p);
	assert_false(look(&w, 1));
	*at(s, percpu(s, "kstat", 1, "irqs_sum")) = 6;
	assert_false(look(&w, 10));
	assert_false(look(&w, 19));
	s->fake->regs[1].pstate = EL1;
	assert_false(look(&w, 21));
	s->fake->regs[1].pstate = EL1 | IRQOFF;
	assert_false(look(&w, 40));
	/* The idle task waits with interrupts off. */
	*at(s, percpu(s, "runqueues", 1, "idle")) = THREAD;
	none_check(&w);
	*at(s, percpu(s, "runqueues", 1, "idle")) = 0;
	/* Before the first interrupt of the CPU, the PC has to move. */
	*at(s, percpu(s, "kstat", 1, "irqs_sum")) = 0;
	progress_forget(w.p);
	assert_false(look(&w, 1));
	s->fake->regs[1].pc += SZ_4K;
	assert_false(look(&w, 11));
	assert_true(look(&w, 21));
	s->fake->regs[1].pstate = EL1;
	/* Tasks wait, and none gets the CPU. */
	put32(s, percpu(s, "runqueues", 0, "nr_running"), 2);
	hang_check(&w, GUEST_HANG_SWITCHES, 0,
		   "Hang: CPU 0 has not switched tasks for 10 s");
	*at(s, percpu(s, "runqueues", 0, "nr_switches")) = 1;
	assert_false(look(&w, 40));
	s->fake->regs[0].pstate = 0;
	none_check(&w);
	s->fake->offline[0] = true;
	none_check(&w);
	watch_end(&w);
}

static void rcu_put(struct setup *s)
{
	*at(s, percpu(s, "rcu_data", 0, "mynode")) = NODE;
	*at(s, percpu(s, "rcu_data", 1, "mynode")) = NODE;
	*at(s, percpu(s, "rcu_data", 0, "grpmask")) = 1;
	*at(s, percpu(s, "rcu_data", 1, "grpmask")) = 2;
	set(s, NODE, "rcu_node", "qsmask", 2);
	set(s, NODE, "rcu_node", "gp_seq", 0x11);
}

static void test_watch_tasks(void **state)
{
	struct setup *s = *state;
	struct watch w;

	machine_put(s);
	watch_start(s, &w);
	sleeper_put(s, SECOND, 0, "ksys_read", 0, 0);
	/* A thread that was never switched waits for its start. */
	none_check(&w);
	set(s, SECOND, "task_struct", "nvcsw", 3);
	hang_check(&w, GUEST_HANG_BLOCKED, 0,
		   "Hang: a blocked task has not run for 10 s");
	set(s, SECOND, "task_struct", "nivcsw", 1);
	assert_false(look(&w, 40));
	/* A signal can end the task. */
	set32(s, SECOND, "task_struct", "__state", 0x102);
	none_check(&w);
	rcu_put(s);
	hang_check(&w, GUEST_HANG_RCU, 1,
		   "Hang: CPU 1 has kept RCU waiting for 10 s");
	set(s, NODE, "rcu_node", "gp_seq", 0x15);
	assert_false(look(&w, 40));
	set(s, NODE, "rcu_node", "qsmask", 0);
	none_check(&w);
	watch_end(&w);
}

static void test_watch_memory(void **state)
{
	struct setup *s = *state;
	struct watch w;

	machine_put(s);
	watch_start(s, &w);
	zone_put(s, 256);
	none_check(&w);
	cpu_put(s, 1, "try_to_free_pages", "vfs_read", 8);
	hang_check(&w, GUEST_HANG_MEMORY, 0,
		   "Hang: a task has found no memory for 10 s");
	zone_put(s, 20000);
	none_check(&w);
	watch_end(&w);
}

/* A guest without Linux, with interrupts off and a PC that stays. */
static void test_watch_unknown(void **state)
{
	struct setup *s = *state;
	struct watch w;

	memset(fake_guest_at(s->fake, KERNEL, SZ_4K), 0, SZ_4K);
	s->fake->regs[0].pc = KERNEL;
	s->fake->regs[0].pstate = EL1;
	watch_start(s, &w);
	none_check(&w);
	s->fake->regs[0].pstate |= IRQOFF;
	hang_check(&w, GUEST_HANG_IRQS, 0,
		   "Hang: CPU 0 has taken no interrupt for 10 s");
	*(uint32_t *)fake_guest_at(s->fake, KERNEL, 4) = 0xd503207f;
	none_check(&w);
	s->fake->regs[0].pc += 4;
	none_check(&w);
	watch_end(&w);
}

/* --- a kernel without data -------------------------------------------------*/

static void test_nothing(void **state)
{
	struct setup *s = *state;

	start(s);
	for (int i = 0; i < GUEST_NR_HANGS; i++) {
		hang_stop(s, (enum guest_hang)i, 1);
		report_of(s);
		assert_memory_equal(title, "stopped in ", 11);
	}
	hang_stop(s, GUEST_HANG_IRQS, 0);
	report_of(s);
	assert_memory_equal(title, "BUG: hard lockup in ", 20);
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_abba), T(test_spin), T(test_lockups), T(test_mutex),
	T(test_memory), T(test_watch_cpus), T(test_watch_tasks),
	T(test_watch_memory), T(test_watch_unknown), T(test_nothing),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
