// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang_abba - two spinlocks, taken in both orders
 *
 * hang_abba_submit() takes the lock of the queue, then that of the statistics.
 * hang_abba_report() takes them in the other order. Each runs on its own CPU,
 * with interrupts off, and has its first lock when it asks for the second one.
 * So both CPUs spin for ever. No interrupt comes any more, so the kernel cannot
 * say anything: the guest is silent.
 *
 * With trapline: "trapline run --watchdog 10" stops the guest, and the report
 * names both functions and both locks. Needs two CPUs.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(hang_abba_queue);
static DEFINE_SPINLOCK(hang_abba_stats);
static atomic_t hang_abba_holders;
static unsigned long hang_abba_sent;

/* Wait until both CPUs hold a lock, so that the deadlock is certain. */
static noinline void hang_abba_meet(void)
{
	atomic_inc(&hang_abba_holders);
	while (atomic_read(&hang_abba_holders) < 2)
		cpu_relax();
}

static noinline void hang_abba_submit(void)
{
	unsigned long flags;

	spin_lock_irqsave(&hang_abba_queue, flags);
	hang_abba_meet();
	spin_lock(&hang_abba_stats);
	hang_abba_sent++;
	spin_unlock(&hang_abba_stats);
	spin_unlock_irqrestore(&hang_abba_queue, flags);
}

static noinline void hang_abba_report(void)
{
	unsigned long flags;

	spin_lock_irqsave(&hang_abba_stats, flags);
	hang_abba_meet();
	spin_lock(&hang_abba_queue);
	hang_abba_sent = 0;
	spin_unlock(&hang_abba_queue);
	spin_unlock_irqrestore(&hang_abba_stats, flags);
}

static int hang_abba_submitter(void *unused)
{
	hang_abba_submit();
	return 0;
}

static int hang_abba_reporter(void *unused)
{
	hang_abba_report();
	return 0;
}

static int hang_abba_start(int (*function)(void *), const char *name,
			   unsigned int cpu)
{
	struct task_struct *task = kthread_create(function, NULL, "%s", name);

	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	return 0;
}

static int __init hang_abba_init(void)
{
	int err;

	if (num_online_cpus() < 2)
		return -ENODEV;
	err = hang_abba_start(hang_abba_submitter, "abba_submit", 0);
	return err ? err
		   : hang_abba_start(hang_abba_reporter, "abba_report", 1);
}

module_init(hang_abba_init);
MODULE_DESCRIPTION("trapline example: an ABBA deadlock of two spinlocks");
MODULE_LICENSE("GPL");
