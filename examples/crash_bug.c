// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_bug - BUG()
 *
 * Code asks a state machine for a transition that its author declared
 * impossible.
 *
 * With trapline: the guest stops by itself. The PC is on the BRK of
 * crash_bug_step(), and "info locals" has the state and the event.
 */
#include <linux/bug.h>
#include <linux/module.h>

enum crash_bug_state {
	IDLE,
	ARMED,
	FIRED
};

static enum crash_bug_state crash_bug_state;

static noinline void crash_bug_step(enum crash_bug_state next)
{
	switch (next) {
	case ARMED:
	case IDLE:
		crash_bug_state = next;
		return;
	case FIRED:
		BUG_ON(crash_bug_state != ARMED);
		crash_bug_state = next;
	}
}

static int __init crash_bug_init(void)
{
	crash_bug_step(IDLE);
	crash_bug_step(FIRED);
	return 0;
}

module_init(crash_bug_init);
MODULE_DESCRIPTION("trapline example: BUG()");
MODULE_LICENSE("GPL");
