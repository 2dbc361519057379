/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deny.h - handle the system calls that are not in a thread's list
 *
 * The call is never made. A line on stderr names it, and the process ends or
 * the call fails: see trapline/sandbox.h.
 */
#ifndef TRAPLINE_SANDBOX_DENY_H
#define TRAPLINE_SANDBOX_DENY_H

/* Look up what the handler will need. Call this on the main thread, first. */
void sandbox_deny_prepare(void);

/*
 * Handle SIGSYS, on every thread. ending is called before the process ends; it
 * may be NULL. Returns 0 or a negative errno.
 */
int sandbox_deny_handle(void (*ending)(void));

#endif
