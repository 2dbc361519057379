/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condition.h - the conditions of break points, kept and evaluated here
 *
 * Offered as ConditionalBreakpoints in qSupported. The debugger sends them
 * with Z0 and Z1; commands (BreakpointCommands) are not offered. Several
 * conditions of one point are alternatives: it stops when one of them holds.
 * One that cannot be evaluated (agent.h has the reasons) counts as true: the
 * guest stops, and the debugger finds out why by evaluating it itself.
 */
#ifndef GDBSTUB_CONDITION_H
#define GDBSTUB_CONDITION_H

#include "stub.h"

/* All points' of a session together. */
#define CONDITIONS_MAX (16 * SZ_1M)

/*
 * The list behind Z's kind, from its ';' to the end; none is fine. 0 and
 * *ret, to be given back by conditions_free(), or -EINVAL, -ENOMEM.
 */
int conditions_parse(struct gdbstub *stub, struct args *args,
		     struct stub_conditions *ret);
void conditions_free(struct gdbstub *stub, struct stub_conditions *conditions);
/* vcpu is at the point: does one of them hold, or are there none? */
bool conditions_hold(struct gdbstub *stub, unsigned int vcpu,
		     const struct stub_conditions *conditions);

#endif
