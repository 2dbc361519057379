// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang_irqsoff - interrupts off for ever
 *
 * A driver polls its device with interrupts off, and without a limit. The
 * device never answers. So this CPU takes no interrupt any more. Its own
 * watchdog is an interrupt, too. The other CPUs continue until they need this
 * CPU; they can say that it is lost, but not what it does.
 *
 * With trapline: "trapline run --watchdog 10" stops the guest, and the report
 * names the function and the task.
 */
#include <linux/kthread.h>
#include <linux/module.h>

static unsigned int hang_irqsoff_status;

static noinline void hang_irqsoff_poll(void)
{
	while (!READ_ONCE(hang_irqsoff_status))
		cpu_relax();
}

static noinline void hang_irqsoff_reset(void)
{
	unsigned long flags;

	local_irq_save(flags);
	hang_irqsoff_poll();
	local_irq_restore(flags);
}

static int hang_irqsoff_thread(void *unused)
{
	hang_irqsoff_reset();
	return 0;
}

static int __init hang_irqsoff_init(void)
{
	struct task_struct *task =
		kthread_create(hang_irqsoff_thread, NULL, "irqsoff");

	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, num_online_cpus() - 1);
	wake_up_process(task);
	return 0;
}

module_init(hang_irqsoff_init);
MODULE_DESCRIPTION("trapline example: interrupts off for ever");
MODULE_LICENSE("GPL");
