// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_stack - kernel stack overflow
 *
 * A recursion over a node's parents builds the path of the node. By mistake
 * a node is its own grandparent, so the recursion reaches the guard page below
 * the vmapped stack. The kernel detects that, on its overflow stack, and
 * panics ("kernel stack overflow").
 *
 * With trapline: the panic stop shows crash_stack_depth() with SP in the
 * guard page, and "bt 8" shows the recursion.
 */
#include <linux/module.h>

struct crash_stack_node {
	const struct crash_stack_node *parent;
	char name[8];
};

static struct crash_stack_node crash_stack_root = { .name = "root" };
static struct crash_stack_node crash_stack_dir = { .name = "dir" };
static struct crash_stack_node crash_stack_leaf = { .name = "leaf" };

static noinline unsigned int
crash_stack_depth(const struct crash_stack_node *node)
{
	volatile char component[128];
	unsigned int i;

	if (!node)
		return 0;
	for (i = 0; i < sizeof(node->name); i++)
		component[i] = node->name[i];
	return crash_stack_depth(READ_ONCE(node->parent)) + !!component[0];
}

static int __init crash_stack_init(void)
{
	crash_stack_leaf.parent = &crash_stack_dir;
	crash_stack_dir.parent = &crash_stack_root;
	/* This is the mistake. */
	crash_stack_root.parent = &crash_stack_dir;
	pr_info("depth %u\n", crash_stack_depth(&crash_stack_leaf));
	return 0;
}

module_init(crash_stack_init);
MODULE_DESCRIPTION("trapline example: kernel stack overflow");
MODULE_LICENSE("GPL");
