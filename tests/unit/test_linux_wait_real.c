// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_linux_wait_real.c - interrupts, timers, locks, work and RCU of Debian's
 * kernels
 *
 * Like test_linux_real.c, the test uses each of Debian's kernels in the cache.
 */
#include "fake_linux.h"
#include "introspect/textref.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TREE   (HEAP_VA + 11 * SZ_64K)
#define DESC   (HEAP_VA + 12 * SZ_64K)
#define ACTION (HEAP_VA + 13 * SZ_64K)
#define NAMES  (HEAP_VA + 14 * SZ_64K)
#define COUNTS (HEAP_VA + 15 * SZ_64K)
#define TIMERS (HEAP_VA + 24 * SZ_64K)
#define LOCK   (HEAP_VA + 25 * SZ_64K)
#define WAITER (HEAP_VA + 26 * SZ_64K)
#define POOLS  (HEAP_VA + 27 * SZ_64K)
#define NODE   (HEAP_VA + 28 * SZ_64K)

/* --- interrupts ------------------------------------------------------------------- */

/* Write interrupt 2 to a maple tree or, in older kernels, to a radix tree. */
static bool tree_put(struct setup *s)
{
	uint64_t leaf = 0, offset;
	va_t tree = symbol(s, "sparse_irqs");

	if (!tree) {
		/*
		 * If the tree has no symbol, the code that uses it has the
		 * address.
		 */
		if (!textref_scan(s->in, "irq_to_desc", &offset, 1))
			return false;
		tree = TEXT + offset;
		set(s, tree, "xarray", "xa_head", TREE | 2);
		set(s, TREE, "xa_node", "slots", 0);
		*at(s, field(s, TREE, "xa_node", "slots") + 16) = DESC;
		return true;
	}
	introspect_enum_value(s->in, "maple_type", "maple_leaf_64", &leaf);
	set(s, tree, "maple_tree", "ma_root", TREE | leaf << 3 | 2);
	set(s, TREE, "maple_range_64", "pivot", 1);
	*at(s, field(s, TREE, "maple_range_64", "pivot") + 8) = 2;
	*at(s, field(s, TREE, "maple_range_64", "slot") + 8) = DESC;
	return true;
}

static void test_irqs(void **state)
{
	struct setup *s = *state;

	run(s, "irqs", -ENOENT);
	start(s);
	percpu_put(s, 2);
	if (!tree_put(s)) {
		expect(run(s, "irqs", -ENOENT), "the tree of interrupts");
		return;
	}
	strcpy((char *)at(s, NAMES), "GIC\033v3");
	strcpy((char *)at(s, NAMES + 32), "uart");
	set32(s, DESC, "irq_desc", "irq_data.irq", 2);
	set32(s, DESC, "irq_desc", "irq_data.hwirq", 33);
	set(s, DESC, "irq_desc", "irq_data.chip", NAMES + 0x1000);
	set(s, NAMES + 0x1000, "irq_chip", "name", NAMES);
	set(s, DESC, "irq_desc", "action", ACTION);
	set(s, ACTION, "irqaction", "name", NAMES + 32);
	set(s, ACTION, "irqaction", "handler", symbol(s, "vfs_read"));
	set(s, DESC, "irq_desc", "kstat_irqs",
	    COUNTS - *at(s, symbol(s, "__per_cpu_offset")));
	put32(s, COUNTS, 17);
	expect(run(s, "irqs", 0),
	       "   2         33        17         0 GIC?v3 ");
	expect(linux_text, " enabled  uart ");
	expect(linux_text, " vfs_read+0x0/");
	set32(s, DESC, "irq_desc", "depth", 1);
	expect(run(s, "irqs --json", 0), "\"state\": \"disabled\"");
	/* Two actions that form a circle, and a node that is its own child. */
	set(s, ACTION, "irqaction", "next", ACTION);
	expect(run(s, "irqs", 0), " uart, uart, uart");
	if (symbol(s, "sparse_irqs"))
		return;
	*at(s, field(s, TREE, "xa_node", "slots")) = TREE | 2;
	expect(run(s, "irqs", -ELOOP), "it does not end");
	*at(s, field(s, TREE, "xa_node", "slots")) = NOWHERE | 2;
	expect(run(s, "irqs", -EFAULT), "cannot be read");
}

/* --- timers ----------------------------------------------------------------------- */

static va_t hrtimers(struct setup *s)
{
	return percpu(s, "hrtimer_bases", 1,
		      "clock_base[0].active.rb_root.rb_root.rb_node");
}

static void test_timers(void **state)
{
	struct setup *s = *state;
	va_t list, node;

	run(s, "timers", -ENOENT);
	start(s);
	percpu_put(s, 2);
	expect(run(s, "timers", 0), "jiffies is ");
	list = percpu(s, "timer_bases", 0, "[0].vectors[3]");
	*at(s, list) = TIMERS;
	set(s, TIMERS, "timer_list", "expires", 4294900000);
	set(s, TIMERS, "timer_list", "function", symbol(s, "vfs_read"));
	*at(s, hrtimers(s)) = TIMERS + 0x1000;
	set(s, TIMERS + 0x1000, "hrtimer", "node.expires", 5000000);
	set(s, TIMERS + 0x1000, "hrtimer", "function", symbol(s, "panic"));
	node = TIMERS + 0x2000;
	set(s, TIMERS + 0x1000, "rb_node", "rb_left", node);
	set(s, node, "hrtimer", "node.expires", 4000000);
	put32(s, percpu(s, "hrtimer_bases", 1, "clock_base[0].clockid"), 1);
	expect(run(s, "timers", 0),
	       "  0 jiffies             4294900000    0xffffb00080180000 vfs_read+0x0/");
	expect(linux_text,
	       "  1 MONOTONIC              4000000 ns 0xffffb00080182000 \n"
	       "  1 MONOTONIC              5000000 ns 0xffffb00080181000 panic+0x0/");
	expect(run(s, "timers --json", 0), "\"clock\": \"MONOTONIC\"");
	for (int i = 0; i < 3; i++) {
		static const uint32_t ids[] = { 0, 7, 11 };
		static const char *const names[] = { "REALTIME", "BOOTTIME",
						     "TAI" };

		put32(s, percpu(s, "hrtimer_bases", 1, "clock_base[0].clockid"),
		      ids[i]);
		expect(run(s, "timers", 0), names[i]);
	}
	/* Lists and trees that do not end, or that have unmapped nodes. */
	set(s, TIMERS + 0x1000, "rb_node", "rb_left", TIMERS + 0x1000);
	expect(run(s, "timers", -ELOOP), "it does not end");
	*at(s, hrtimers(s)) = NOWHERE;
	expect(run(s, "timers", -EFAULT), "cannot be read");
	*at(s, TIMERS) = NOWHERE;
	expect(run(s, "timers", -EFAULT), "cannot be read");
}

/* --- locks ------------------------------------------------------------------------ */

/* SECOND waits for a lock that THREAD holds. */
static void lock_put(struct setup *s, const char *type, const char *waiter)
{
	va_t node = field(s, WAITER, waiter, "list"), head;

	memset(at(s, LOCK), 0, 256);
	memset(at(s, WAITER), 0, 256);
	set(s, LOCK, type, "owner.counter", THREAD | 1);
	set(s, WAITER, waiter, "task", SECOND);
	if (has(s, type, "wait_list")) {
		head = field(s, LOCK, type, "wait_list");
		*at(s, head) = *at(s, head + 8) = node;
		*at(s, node) = *at(s, node + 8) = head;
	} else {
		set(s, LOCK, type, "first_waiter", WAITER);
		*at(s, node) = node;
	}
}

/* Memory on the stack that looks like a semaphore with a waiter. */
static void stack_lock_put(struct setup *s, va_t lock, va_t waiter)
{
	va_t node = field(s, waiter, "rwsem_waiter", "list");

	set(s, waiter, "rwsem_waiter", "task", SECOND);
	if (has(s, "rw_semaphore", "wait_list"))
		*at(s, field(s, lock, "rw_semaphore", "wait_list")) = node;
	else
		set(s, lock, "rw_semaphore", "first_waiter", waiter);
	*at(s, node) = node;
}

static void test_locks(void **state)
{
	struct setup *s = *state;
	char line[64];

	run(s, "locks", -ENOENT);
	start(s);
	tasks_put(s);
	set(s, SECOND, "task_struct", "thread.cpu_context.sp", STACK + 0x3000);
	expect(run(s, "locks", 0),
	       "pid 1 in?it is blocked, but its stack shows no lock");
	*at(s, STACK + 0x3010) = LOCK;
	lock_put(s, "mutex", "mutex_waiter");
	/* A word of the stack makes the waiter's node look like a lock's head. */
	*at(s, STACK + 0x3008) = STACK + 0x3100;
	set(s, STACK + 0x3100, "rw_semaphore", "owner.counter", SECOND);
	stack_lock_put(s, STACK + 0x3100, STACK + 0x3200);
	/* Like the lock itself, but its list's first node is the last one. */
	*at(s, STACK + 0x3000) = LOCK + 8;
	expect(run(s, "locks", 0),
	       "0xffffb00080190000 mutex    yes           9 worker                1 in?it\n");
	expect(run(s, "locks mutex 0xffffb00080190000 --json", 0),
	       "\"held\": \"yes\", \"owner\": 9, \"comm\": \"worker\", "
	       "\"waiter\": 1, \"waits\": \"in?it\"}");
	lock_put(s, "rw_semaphore", "rwsem_waiter");
	set(s, LOCK, "rw_semaphore", "count.counter", 2 << 8);
	expect(run(s, "locks rwsem 0xffffb00080190000", 0),
	       " to read       9 ");
	set(s, LOCK, "rw_semaphore", "count.counter", 0);
	expect(run(s, "locks rwsem 0xffffb00080190000", 0), " rwsem    no ");
	memset(at(s, LOCK), 0, 256);
	put32(s, LOCK, 2 << 18 | 1 << 8 | 1);
	expect(run(s, "locks spinlock 0xffffb00080190000", 0),
	       " spinlock yes ");
	expect(linux_text, "CPU 1 waits last\na CPU spins for it\n");
	run(s, "locks mutex", -EINVAL);
	run(s, "locks mutex nowhere", -EINVAL);
	snprintf(line, sizeof(line), "locks mutex 0x%llx", NOWHERE);
	expect(run(s, line, -EFAULT), "the lock: a part of it cannot");
	snprintf(line, sizeof(line), "locks rwsem 0x%llx", NOWHERE);
	run(s, line, -EFAULT);
	snprintf(line, sizeof(line), "locks spinlock 0x%llx", NOWHERE);
	run(s, line, -EFAULT);
	/* A list of waiters that does not end. */
	lock_put(s, "mutex", "mutex_waiter");
	*at(s, field(s, WAITER, "mutex_waiter", "list")) = WAITER + 0x100;
	*at(s, WAITER + 0x100) = WAITER + 0x100;
	run(s, "locks mutex 0xffffb00080190000", -ELOOP);
}

/* The report of a crash says who waits for whom. */
static void test_crash_waits(void **state)
{
	struct setup *s = *state;
	struct guest *g = &s->fake->guest;

	start(s);
	tasks_put(s);
	set(s, SECOND, "task_struct", "thread.cpu_context.sp", STACK + 0x3000);
	*at(s, STACK + 0x3010) = LOCK;
	lock_put(s, "mutex", "mutex_waiter");
	g->last = (struct guest_stop){ .kind = GUEST_STOP_CRASH };
	g->has_fault = true;
	g->fault =
		(struct guest_regs){ .pc = symbol(s, "vfs_read"), .pstate = 5 };
	expect(report_make(s), "\"type\": \"internal-error\"");
	expect(linux_text, "{\"waiter\": \"in?it (pid 1)\", ");
	expect(linux_text, "\"lock\": \"the mutex at 0xffffb00080190000\", "
			   "\"holder\": \"worker (pid 9) on CPU 0\", ");
}

/* --- workqueues ------------------------------------------------------------------- */

#define WORKER (POOLS + 0x1000)
#define WORK   (POOLS + 0x2000)
#define PWQ    (POOLS + 0x3000)
#define QUEUE  (POOLS + 0x4000)
#define OTHER  (POOLS + 0x6000) /* a pool for all CPUs */

static void pool_put(struct setup *s, va_t pool, uint32_t id)
{
	va_t list = field(s, pool, "worker_pool", "workers");

	set32(s, pool, "worker_pool", "id", id);
	*at(s, list) = list;
	list = field(s, pool, "worker_pool", "worklist");
	*at(s, list) = list;
}

static void lists_join(struct setup *s, va_t head, va_t node)
{
	*at(s, head) = node;
	*at(s, node) = head;
}

static void work_put(struct setup *s, va_t pool)
{
	set(s, WORKER, "worker", "task", SECOND);
	set(s, WORKER, "worker", "current_work", WORK);
	set(s, WORKER, "worker", "current_func", symbol(s, "panic"));
	set(s, WORKER, "worker", "current_pwq", PWQ);
	lists_join(s, field(s, pool, "worker_pool", "workers"),
		   field(s, WORKER, "worker", "node"));
	set(s, WORK, "work_struct", "func", symbol(s, "vfs_read"));
	set(s, WORK, "work_struct", "data.counter", PWQ | 4);
	lists_join(s, field(s, pool, "worker_pool", "worklist"),
		   field(s, WORK, "work_struct", "entry"));
	set(s, PWQ, "pool_workqueue", "wq", QUEUE);
	set(s, PWQ, "pool_workqueue", "pool", OTHER);
	strcpy((char *)at(s, field(s, QUEUE, "workqueue_struct", "name")),
	       "even\033ts");
}

static void test_workqueues(void **state)
{
	struct setup *s = *state;
	va_t pool, queues;

	run(s, "workqueues", -ENOENT);
	start(s);
	percpu_put(s, 1);
	tasks_put(s);
	pool = percpu(s, "cpu_worker_pools", 0, "[0]");
	pool_put(s, pool, 5);
	pool_put(s, percpu(s, "cpu_worker_pools", 0, "[1]"), 6);
	queues = symbol(s, "workqueues");
	if (queues)
		*at(s, queues) = queues;
	expect(run(s, "workqueues", 0), "no work runs or waits");
	if (!queues)
		expect(linux_text, "only the pools of CPUs are shown");
	work_put(s, pool);
	expect(run(s, "workqueues", 0),
	       " runs          1 in?it            even?ts ");
	expect(linux_text, " panic+0x0/");
	expect(linux_text, " waits        -1                  even?ts ");
	expect(linux_text, " vfs_read+0x0/");
	expect(run(s, "workqueues --json", 0), "\"state\": \"waits\"");
	set(s, WORKER, "worker", "current_work", 0);
	assert_null(strstr(run(s, "workqueues", 0), " in?it "));
	expect(run(s, "workqueues all", 0), " idle          1 in?it ");
	if (queues) {
		pool_put(s, OTHER, 77);
		lists_join(s, queues,
			   field(s, QUEUE, "workqueue_struct", "list"));
		lists_join(s, field(s, QUEUE, "workqueue_struct", "pwqs"),
			   field(s, PWQ, "pool_workqueue", "pwqs_node"));
		lists_join(s, field(s, OTHER, "worker_pool", "workers"),
			   field(s, WORKER + 0x800, "worker", "node"));
		expect(run(s, "workqueues all", 0), "  77   0 ");
		*at(s, queues) = NOWHERE;
		run(s, "workqueues", -EFAULT);
	}
	*at(s, field(s, WORK, "work_struct", "entry")) =
		field(s, WORK, "work_struct", "entry");
	expect(run(s, "workqueues", -ELOOP), "it does not end");
	*at(s, field(s, pool, "worker_pool", "workers")) = NOWHERE;
	expect(run(s, "workqueues", -EFAULT), "cannot be read");
}

static void test_rcu(void **state)
{
	struct setup *s = *state;

	run(s, "rcu", -ENOENT);
	start(s);
	percpu_put(s, 2);
	*at(s, percpu(s, "rcu_data", 1, "gp_seq")) = 41;
	*at(s, percpu(s, "rcu_data", 1, "cblist.len")) = 6;
	*at(s, percpu(s, "rcu_data", 0, "mynode")) = NODE;
	set(s, NODE, "rcu_node", "parent", NODE + 0x400);
	set(s, NODE + 0x400, "rcu_node", "gp_seq", 41);
	set(s, NODE + 0x400, "rcu_node", "qsmask", 2);
	set(s, NODE + 0x400, "rcu_node", "gp_tasks", NODE);
	expect(run(s, "rcu", 0), "  1           41 ");
	expect(linux_text,
	       "gp_seq 41: a grace period goes on; the root waits for mask 0x2 and for preempted readers");
	expect(run(s, "rcu --json", 0), "\"callbacks\": 6");
	set(s, NODE + 0x400, "rcu_node", "parent", NODE);
	run(s, "rcu", 0);
	set(s, NODE, "rcu_node", "parent", NOWHERE);
	run(s, "rcu", 0);
}

/* --- memory ------------------------------------------------------------------------ */

static uint64_t *counter(struct setup *s, const char *variable,
			 const char *enumeration, const char *name)
{
	uint64_t index = 0;

	assert_int_equal(
		introspect_enum_value(s->in, enumeration, name, &index), 0);
	return at(s, symbol(s, variable) + index * 8);
}

static void test_mem(void **state)
{
	struct setup *s = *state;
	va_t list, cache = LOCK, zone;

	run(s, "mem", -ENOENT);
	run(s, "mem zones", -ENOENT);
	run(s, "mem slabs", -ENOENT);
	run(s, "mem nothing", -EINVAL);
	start(s);
	percpu_put(s, 1);
	tasks_put(s);
	*at(s, symbol(s, "_totalram_pages")) = 1000;
	*counter(s, "vm_zone_stat", "zone_stat_item", "NR_FREE_PAGES") = 10;
	*counter(s, "vm_node_stat", "node_stat_item", "NR_SHMEM") = ~0ULL;
	set(s, SIGNALS, "signal_struct", "oom_mm", LOCK);
	expect(run(s, "mem", 0), "MemTotal                 4000\n");
	expect(linux_text, "MemFree                    40\n");
	expect(linux_text, "Shmem                       0\n");
	expect(linux_text, "the OOM killer has ended 0 processes\n");
	expect(linux_text, "chosen by the OOM killer: pid 1 in?it\n");
	*at(s, symbol(s, "node_data")) = POOLS;
	zone = field(s, POOLS, "pglist_data", "node_zones");
	set(s, zone, "zone", "present_pages", 600);
	set(s, zone, "zone", "managed_pages.counter", 500);
	set(s, zone, "zone", "_watermark", 7);
	set(s, zone, "zone", "name", NAMES);
	strcpy((char *)at(s, NAMES), "DM\033A");
	for (int i = 1; i < 5; i++) {
		struct introspect_object o;
		char path[32];

		snprintf(path, sizeof(path), "node_zones[%d].name", i);
		if (!introspect_object(s->in, "pglist_data", POOLS, path, &o))
			*at(s, o.va) = NAMES;
	}
	expect(run(s, "mem zones", 0),
	       "   0 DM?A           500       600         0       7       0       0 below min\n");
	set(s, zone, "zone", "name", NOWHERE);
	expect(run(s, "mem zones --json", -EFAULT), "cannot be read");
	/* The list is found by its head or by a cache of kmalloc(). */
	set(s, cache, "kmem_cache", "name", NAMES);
	set32(s, cache, "kmem_cache", "size", 64);
	list = symbol(s, "slab_caches");
	if (!list) {
		*at(s, symbol(s, "kmalloc_caches") + 8) = cache;
		list = symbol(s, "init_task");
	}
	lists_join(s, list, field(s, cache, "kmem_cache", "list"));
	set(s, cache, "kmem_cache",
	    has(s, "kmem_cache", "node") ? "node" : "per_node.node", NODE);
	set(s, NODE, "kmem_cache_node", "total_objects.counter", 320);
	set(s, NODE, "kmem_cache_node", "nr_slabs.counter", 5);
	expect(run(s, "mem slabs", 0),
	       "DM?A                          64       0      320       5        20 ");
	*at(s, field(s, cache, "kmem_cache", "list")) = NOWHERE;
	expect(run(s, "mem slabs", -EFAULT), "cannot be read");
}

static void test_pagetables(void **state)
{
	struct setup *s = *state;

	run(s, "pagetables", -ENOENT);
	start(s);
	/* The fake kernel maps its text and its heap writable. */
	expect(run(s, "pagetables", 0),
	       "0xffff000040000000 0xffff00004e000000    229376 rw- ");
	expect(linux_text,
	       "0xffffb00080000000 0xffffb00080800000      8192 rwx     ");
	expect(linux_text, " W+X\n");
	expect(linux_text, "2 ranges are writable and executable (W+X)\n");
	expect(run(s, "pagetables --json", 0), "\"remark\": \"W+X\"");
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_irqs), T(test_timers), T(test_locks), T(test_crash_waits), T(test_workqueues),
	T(test_rcu), T(test_mem), T(test_pagetables),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
