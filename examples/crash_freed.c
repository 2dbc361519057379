// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_freed.c - a module goes, and its timer stays
 *
 * The module's exit function does not delete the timer. When the timer expires,
 * the kernel calls a function whose memory is freed. Load the module, and unload
 * it: tl.run=crash_freed,un_crash_freed
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>

static void crash_freed_tick(struct timer_list *timer)
{
	mod_timer(timer, jiffies + HZ);
}

static int __init crash_freed_init(void)
{
	/* The timer is not in the module's memory, so it stays armed. */
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, crash_freed_tick, 0);
	mod_timer(timer, jiffies + 2 * HZ);
	return 0;
}

static void __exit crash_freed_exit(void)
{
}

module_init(crash_freed_init);
module_exit(crash_freed_exit);
MODULE_DESCRIPTION("trapline example: a timer outlives its module");
MODULE_LICENSE("GPL");
