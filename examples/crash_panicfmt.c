// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_panicfmt.c - a driver gives up, with all that it knows in its message
 *
 * panic() is called with the formats that drivers use: a level, flags, widths
 * from arguments, a symbol, an address, characters. The last arguments are on
 * the stack.
 */
#include <linux/module.h>

static noinline void crash_panicfmt_fail(const char *unit, int len, void *where)
{
	static const u8 mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

	panic(KERN_EMERG "panicfmt: %.*s at %pS, port %pM, code %*d, %c%c", len,
	      unit, where, mac, 5, -42, 'o', 'k');
}

static int __init crash_panicfmt_init(void)
{
	crash_panicfmt_fail("mailbox-engine", 7, crash_panicfmt_fail);
	return 0;
}

module_init(crash_panicfmt_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("trapline example: panic() with many kinds of formats");
