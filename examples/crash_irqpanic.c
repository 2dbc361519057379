// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_irqpanic - panic in interrupt context
 *
 * A device has not answered in time, and the timer that watches over it gives
 * up with panic(). There is no exception and so no faulting context; the
 * CPU is in the middle of a timer interrupt, on the interrupt stack.
 *
 * With trapline: stops by itself, frame #0 is crash_irqpanic_expired(), and
 * the backtrace goes through the interrupt to what it interrupted.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/timer.h>

static void crash_irqpanic_expired(struct timer_list *timer)
{
	panic("crash_irqpanic: device does not answer");
}

static DEFINE_TIMER(crash_irqpanic_timer, crash_irqpanic_expired);

static int __init crash_irqpanic_init(void)
{
	mod_timer(&crash_irqpanic_timer, jiffies + msecs_to_jiffies(50));
	return 0;
}

module_init(crash_irqpanic_init);
MODULE_DESCRIPTION("trapline example: panic in interrupt context");
MODULE_LICENSE("GPL");
