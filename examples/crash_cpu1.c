// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_cpu1 - an oops on the second CPU
 *
 * The module sets up a per-CPU table, but only for the CPU that loads it. A
 * function called on CPU 1 finds a NULL pointer there. The function runs in an
 * interprocessor interrupt, so the oops becomes a panic ("Fatal exception in
 * interrupt").
 *
 * With trapline: the guest stops by itself, with thread 2 selected. If CPU 0
 * loaded the module, thread 1 waits in smp_call_function_single().
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>

struct crash_cpu1_queue {
	u64 head;
	u64 tail;
};

static struct crash_cpu1_queue crash_cpu1_queue;
static DEFINE_PER_CPU(struct crash_cpu1_queue *, crash_cpu1_queues);

static void crash_cpu1_kick(void *unused)
{
	struct crash_cpu1_queue *q = this_cpu_read(crash_cpu1_queues);

	WRITE_ONCE(q->tail, q->head + 1);
}

static int __init crash_cpu1_init(void)
{
	if (!cpu_online(1))
		return -ENODEV;
	per_cpu(crash_cpu1_queues, 0) = &crash_cpu1_queue;
	return smp_call_function_single(1, crash_cpu1_kick, NULL, true);
}

module_init(crash_cpu1_init);
MODULE_DESCRIPTION("trapline example: an oops on the second CPU");
MODULE_LICENSE("GPL");
