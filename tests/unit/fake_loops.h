/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_loops.h - a fake VM whose vCPUs each run a loop of their own
 *
 * x5 counts how often the vCPU reaches the loop's NOP, x6 how often it passes
 * the NOP. So a test sees an instruction that is skipped or executed twice.
 */
#ifndef TRAPLINE_TEST_FAKE_LOOPS_H
#define TRAPLINE_TEST_FAKE_LOOPS_H

#include "fake_vm.h"

/* The address of vCPU's NOP. */
va_t loops_nop(unsigned int vcpu);

/* The options of loops_start(), for tests that change them. */
struct fake_vm_options loops_options(unsigned int cpus);

/* cpus vCPUs, each at the start of its loop; fails the test or returns it. */
struct fake_vm *loops_start(unsigned int cpus);

/*
 * The same guest, but the vCPUs execute nothing: each waits in KVM_RUN with its
 * PC at its own NOP.
 */
struct fake_vm *loops_start_waiting(unsigned int cpus);

/* Set the debugger's breakpoint on vCPU's NOP. */
void loops_brk_set(struct fake_vm *fv, unsigned int vcpu);
void loops_brk_clear(struct fake_vm *fv, unsigned int vcpu);

/* Set a breakpoint there that gdb does not know: "monitor pbreak". */
void loops_pbreak_set(struct fake_vm *fv, unsigned int vcpu);

/* Step off a reported breakpoint, as gdb does. */
void loops_pass(struct fake_vm *fv, unsigned int vcpu);

/* Check that no instruction was skipped or executed twice. */
void loops_check(struct fake_vm *fv, unsigned int vcpu);

/* Let vCPU's KVM_RUN return with the exit of a BRK of trapline's. */
void loops_feed_brk(unsigned int vcpu);

#endif
