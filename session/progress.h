/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - notice a guest that makes no progress
 *
 * The owner of a live guest stops it from time to time, without a stop for the
 * debugger, and calls progress_look(). Each look compares the counters in the
 * kernel's memory with those of the look before:
 *
 *	a vCPU that is not idle, with interrupts off	its interrupts
 *	a vCPU in the kernel, and tasks wait for it	its switches of tasks
 *	a task that looks for memory, while there
 *	is little					it is still the same task
 *	a blocked task (state D)			its switches
 *	a grace period of RCU				its number
 *
 * If one of them has not changed for the limit, the guest hangs. A guest without
 * Linux has no such counters: there the PC of a vCPU with interrupts off has to
 * leave its page, unless the vCPU waits in a WFI.
 *
 * Time is the guest's: the owner passes the guest's own counter, which stands
 * still while the guest is stopped.
 */
#ifndef TRAPLINE_SESSION_PROGRESS_H
#define TRAPLINE_SESSION_PROGRESS_H

#include <trapline/session.h>

struct progress;

/* limit_ns: the time without progress. -ENOMEM. */
int progress_create(struct session *s, uint64_t limit_ns,
		    struct progress **ret);
/* p may be NULL. */
void progress_destroy(struct progress *p);
/* Forget all: the guest was reset, or did not run freely. */
void progress_forget(struct progress *p);
/*
 * The guest is stopped at now_ns. If it hangs, make *stop a GUEST_STOP_HANG,
 * with one line of text, and return true. The next looks start anew then.
 */
bool progress_look(struct progress *p, uint64_t now_ns,
		   struct guest_stop *stop);

#endif
