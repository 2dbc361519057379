/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * account.h - tell the host's kernel when a guest runs
 *
 * The kernel counts the time between account_enter() and account_exit() as
 * guest time, also in /proc. RCU does not wait for a CPU that is in a guest.
 * Telling RCU costs about 100 instructions. RCU asks at most once a tick, so
 * only the first entry after each tick tells it. The exception is a CPU whose
 * kernel tracks user space and guests all the time (nohz_full= on the kernel's
 * command line). There RCU is told before and after each run of the guest,
 * because the host must not use RCU while RCU believes that a guest runs.
 *
 * account_work() does the other work that a thread normally does on its way to
 * user space: it lets other threads run, and runs task work, restartable
 * sequences and the limits of memory cgroups.
 *
 * account.c is a file of its own because the kernel's kvm_host.h uses names
 * that the module uses, too.
 */
#ifndef TRAPLINE_KMOD_ACCOUNT_H
#define TRAPLINE_KMOD_ACCOUNT_H

#include <linux/sched.h>
#include <linux/types.h>
#include "compat.h"

struct el2_ctx;

/*
 * Call with interrupts off, before the first run of the guest. True: until
 * account_exit(), use account_run() for each run.
 */
bool account_enter(void);
/* gate_run() on a CPU that tracks guests. Interrupts are off. */
u64 account_run(struct el2_ctx *ctx);
/*
 * Call with interrupts off, after the last run. interrupted is true if an
 * interrupt of the host ended this run. Interrupts are then enabled for a
 * moment, so that the interrupt, which may be the tick, counts as guest time.
 */
void account_exit(bool interrupted);

/* Do the pending work. May sleep. Signals stay pending. */
void account_work(void);

/* True: there is work for account_work(), or a signal. */
static inline bool account_work_pending(void)
{
	return compat_work_pending();
}

#endif
