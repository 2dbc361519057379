/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox_deny.h - handle the system calls that are not in a thread's list
 *
 * The call is never made. A line on stderr names it, and the process ends or
 * the call fails: see sandbox.h.
 */
#ifndef TRAPLINE_VMM_SANDBOX_DENY_H
#define TRAPLINE_VMM_SANDBOX_DENY_H

/* Look up what the handler will need. Call this on the main thread, first. */
void sandbox_deny_prepare(void);

/* Handle SIGSYS, on every thread. Returns 0 or a negative errno. */
int sandbox_deny_handle(void);

#endif
