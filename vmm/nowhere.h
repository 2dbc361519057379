/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nowhere.h - accesses to addresses where neither RAM nor a device is
 *
 * On a board such an access ends with an external abort. Here the guest stops
 * first, because the access is a fault that somebody wants to look at. If the
 * guest then continues and executes the same instruction, it gets the abort
 * ("Data Abort", DFSC "Synchronous External abort"). With --unassigned abort
 * there is no stop. Runs on the vCPU's own thread.
 */
#ifndef TRAPLINE_VMM_NOWHERE_H
#define TRAPLINE_VMM_NOWHERE_H

#include <trapline/guest.h>
#include "exits.h"

struct vcpu;

/*
 * The PC is on the instruction, and nothing has been done. what says what was
 * accessed. EXIT_STOP, or EXIT_AGAIN or EXIT_STEPPED after the abort.
 */
enum exit_result nowhere_accessed(struct vcpu *vcpu, bool write,
				  const char *what, struct guest_stop *ret);

#endif
