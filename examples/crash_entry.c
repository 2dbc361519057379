// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_entry.c - the first instruction of a function faults
 *
 * The function makes no frame before the fault, and its caller is only in x30.
 * The PC - 4 belongs to another function.
 */
#include <linux/module.h>

u64 crash_entry_first(const u64 *from);

asm("	.pushsection .text\n"
    "	.type crash_entry_before, %function\n"
    "crash_entry_before:\n"
    "	ret\n"
    "	.size crash_entry_before, . - crash_entry_before\n"
    "	.global crash_entry_first\n"
    "	.type crash_entry_first, %function\n"
    "crash_entry_first:\n"
    "	ldr	x0, [x0]\n"
    "	ret\n"
    "	.size crash_entry_first, . - crash_entry_first\n"
    "	.popsection\n");

static noinline u64 crash_entry_ask(const u64 *from)
{
	return crash_entry_first(from) + 1;
}

static int __init crash_entry_init(void)
{
	return crash_entry_ask(NULL) ? 0 : -EIO;
}

module_init(crash_entry_init);
MODULE_DESCRIPTION(
	"trapline example: a fault on a function's first instruction");
MODULE_LICENSE("GPL");
