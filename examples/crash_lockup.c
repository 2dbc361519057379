// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_lockup - a spinlock taken twice
 *
 * crash_lockup_add() takes the lock and calls crash_lockup_trim(), which takes
 * it again. So a kworker's CPU spins for ever, with preemption off. Nothing
 * crashes. After 20 s the watchdog, if it is on, reports a soft lockup.
 *
 * With trapline: Ctrl-C and "bt" show both functions and the lock. With
 * sysctl.kernel.softlockup_panic=1 on the guest's command line, the watchdog
 * panics, and the guest stops by itself.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static DEFINE_SPINLOCK(crash_lockup_lock);
static unsigned int crash_lockup_entries;

static noinline void crash_lockup_trim(void)
{
	spin_lock(&crash_lockup_lock);
	if (crash_lockup_entries > 100)
		crash_lockup_entries = 100;
	spin_unlock(&crash_lockup_lock);
}

static noinline void crash_lockup_add(void)
{
	spin_lock(&crash_lockup_lock);
	crash_lockup_entries++;
	crash_lockup_trim();
	spin_unlock(&crash_lockup_lock);
}

static void crash_lockup_tick(struct work_struct *work)
{
	crash_lockup_add();
}

static DECLARE_WORK(crash_lockup_work, crash_lockup_tick);

static int __init crash_lockup_init(void)
{
	queue_work(system_unbound_wq, &crash_lockup_work);
	return 0;
}

module_init(crash_lockup_init);
MODULE_DESCRIPTION("trapline example: a spinlock taken twice");
MODULE_LICENSE("GPL");
