/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.h - the session over the live VM, and its commands
 *
 * To add a command: see trapline/session.h; the table is in monitor.c.
 */
#ifndef TRAPLINE_VMM_MONITOR_H
#define TRAPLINE_VMM_MONITOR_H

#include <trapline/session.h>
#include "vmm/catch/debug.h"

/* The session of d, with all commands of the live VM. -ENOMEM. */
int monitor_session(struct debug *d, struct session **ret);

static inline struct debug *monitor_debug(struct session *s)
{
	return session_opaque(s);
}

static inline struct vm *monitor_vm(struct session *s)
{
	return debug_vm(monitor_debug(s));
}

/* Seconds for a value of the guest's virtual counter (monitor_watch.c). */
double monitor_seconds(uint64_t counter);

#endif
