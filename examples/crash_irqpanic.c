// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_irqpanic - panic in interrupt context
 *
 * A device has not answered in time, so the driver's timer calls panic(). There
 * is no exception, so there is no faulting context. The CPU is in a timer
 * interrupt, on the interrupt stack.
 *
 * With trapline: the guest stops by itself. Frame #0 is
 * crash_irqpanic_expired(); the backtrace includes the interrupted code.
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
