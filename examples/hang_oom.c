// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang_oom - a livelock without memory
 *
 * A cache of a driver grows without a limit. When the kernel has no memory left
 * and is about to kill a process, it asks the drivers to free some. This driver
 * says that it has freed a page, although it has not. So the kernel kills
 * nothing, and the allocator tries again, for ever.
 *
 * With trapline: "trapline run --watchdog 20" stops the guest, and the report
 * names the function that allocates, and says where the memory is.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/oom.h>

static LIST_HEAD(hang_oom_pages);

static int hang_oom_notify(struct notifier_block *nb, unsigned long unused,
			   void *freed)
{
	(*(unsigned long *)freed)++;
	return NOTIFY_OK;
}

static struct notifier_block hang_oom_notifier = {
	.notifier_call = hang_oom_notify,
};

static noinline void hang_oom_grow(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		list_add(&page->lru, &hang_oom_pages);
}

static int hang_oom_thread(void *unused)
{
	/* Let the processes that start now have their memory. */
	ssleep(3);
	for (;;)
		hang_oom_grow();
	return 0;
}

static int __init hang_oom_init(void)
{
	int err = register_oom_notifier(&hang_oom_notifier);

	return err ? err
		   : PTR_ERR_OR_ZERO(
			     kthread_run(hang_oom_thread, NULL, "oom_grow"));
}

module_init(hang_oom_init);
MODULE_DESCRIPTION("trapline example: a livelock without memory");
MODULE_LICENSE("GPL");
