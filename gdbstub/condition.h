/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condition.h - the conditions of break points, kept and evaluated here
 *
 * The stub offers conditions as ConditionalBreakpoints in qSupported. The
 * debugger sends them with Z0 and Z1. The stub does not offer commands
 * (BreakpointCommands). A break point with several conditions stops the guest
 * when one of them holds. A condition that cannot be evaluated (agent.h lists
 * the errors) counts as true: the guest stops, and the debugger evaluates the
 * condition itself and finds the reason.
 */
#ifndef GDBSTUB_CONDITION_H
#define GDBSTUB_CONDITION_H

#include "stub.h"

/* Limit, in bytes, for the conditions of all points of a session together. */
#define CONDITIONS_MAX (16 * SZ_1M)

/*
 * Parse the list of conditions after Z's kind, from the ';' to the end. The
 * list may be empty. Returns 0 and a list in *ret that the caller frees with
 * conditions_free(), or -EINVAL or -ENOMEM.
 */
int conditions_parse(struct gdbstub *stub, struct args *args,
		     struct stub_conditions *ret);
void conditions_free(struct gdbstub *stub, struct stub_conditions *conditions);
/*
 * vcpu is at the point. True when one of the conditions holds, or when the
 * point has none.
 */
bool conditions_hold(struct gdbstub *stub, unsigned int vcpu,
		     const struct stub_conditions *conditions);

#endif
