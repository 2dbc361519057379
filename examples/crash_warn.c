// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_warn - WARN()
 *
 * A reference is dropped once too often. The kernel prints a warning and goes
 * on. A WARN is no crash, so trapline does not stop the guest.
 *
 * With trapline: use "break __warn" and "up" to crash_warn_put(). Or boot the
 * guest with panic_on_warn=1: then it stops at the panic.
 */
#include <linux/bug.h>
#include <linux/module.h>

static int crash_warn_users = 1;

static noinline void crash_warn_put(void)
{
	WARN(crash_warn_users <= 0, "crash_warn: put without a get\n");
	crash_warn_users--;
}

static int __init crash_warn_init(void)
{
	crash_warn_put();
	crash_warn_put();
	return 0;
}

module_init(crash_warn_init);
MODULE_DESCRIPTION("trapline example: WARN()");
MODULE_LICENSE("GPL");
