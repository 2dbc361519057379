// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang_mutex - a mutex that is never released
 *
 * hang_mutex_command() takes the mutex of a device and waits for the device's
 * answer, which never comes. hang_mutex_status() waits for the mutex. Nothing
 * spins, and the machine is idle. After two minutes the kernel reports the task
 * that waits, but not the task that holds the mutex.
 *
 * With trapline: "trapline run --watchdog 20" stops the guest, and the report
 * names both tasks and both functions.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(hang_mutex_device);
static DECLARE_COMPLETION(hang_mutex_taken);
static DECLARE_COMPLETION(hang_mutex_answer);
static unsigned int hang_mutex_commands;

static noinline void hang_mutex_command(void)
{
	mutex_lock(&hang_mutex_device);
	hang_mutex_commands++;
	complete(&hang_mutex_taken);
	wait_for_completion_interruptible(&hang_mutex_answer);
	mutex_unlock(&hang_mutex_device);
}

static noinline unsigned int hang_mutex_status(void)
{
	unsigned int ret;

	mutex_lock(&hang_mutex_device);
	ret = hang_mutex_commands;
	mutex_unlock(&hang_mutex_device);
	return ret;
}

static int hang_mutex_owner(void *unused)
{
	hang_mutex_command();
	return 0;
}

static int hang_mutex_waiter(void *unused)
{
	wait_for_completion(&hang_mutex_taken);
	pr_info("hang_mutex: %u commands\n", hang_mutex_status());
	return 0;
}

static int __init hang_mutex_init(void)
{
	struct task_struct *owner =
		kthread_run(hang_mutex_owner, NULL, "mutex_owner");
	struct task_struct *waiter =
		kthread_run(hang_mutex_waiter, NULL, "mutex_waiter");

	return PTR_ERR_OR_ZERO(owner) ?: PTR_ERR_OR_ZERO(waiter);
}

module_init(hang_mutex_init);
MODULE_DESCRIPTION("trapline example: a mutex that is never released");
MODULE_LICENSE("GPL");
