// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang_oom - a livelock without memory
 *
 * A cache of a driver grows without a limit, with GFP_NOFS. The kernel never
 * kills a process for such an allocation, and never lets a small one fail. So
 * the allocator looks for memory again and again, for ever.
 *
 * With trapline: "trapline run --watchdog 20" stops the guest, and the report
 * names the function that allocates, and says where the memory is.
 */
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>

static LIST_HEAD(hang_oom_pages);

static noinline void hang_oom_grow(void)
{
	struct page *page = alloc_page(GFP_NOFS);

	if (page)
		list_add(&page->lru, &hang_oom_pages);
}

static int hang_oom_thread(void *unused)
{
	for (;;)
		hang_oom_grow();
	return 0;
}

static int __init hang_oom_init(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(hang_oom_thread, NULL, "oom_grow"));
}

module_init(hang_oom_init);
MODULE_DESCRIPTION("trapline example: a livelock without memory");
MODULE_LICENSE("GPL");
