/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_loops.h - a fake VM whose vCPUs each run a loop of their own
 *
 * x5 counts arrivals at the loop's NOP, x6 what has passed it: they tell when an
 * instruction is skipped, or done twice.
 */
#ifndef TRAPLINE_TEST_FAKE_LOOPS_H
#define TRAPLINE_TEST_FAKE_LOOPS_H

#include "fake_vm.h"

/* Where vCPU's NOP is. */
va_t loops_nop(unsigned int vcpu);

/* What loops_start() starts, for tests that change it first. */
struct fake_vm_options loops_options(unsigned int cpus);

/* cpus vCPUs, each at the start of its loop; fails the test or returns it. */
struct fake_vm *loops_start(unsigned int cpus);

/* The same; the vCPUs only wait in KVM_RUN. vCPU n stands at its NOP. */
struct fake_vm *loops_start_waiting(unsigned int cpus);

/* The debugger's breakpoint on vCPU's NOP. */
void loops_brk_set(struct fake_vm *fv, unsigned int vcpu);
void loops_brk_clear(struct fake_vm *fv, unsigned int vcpu);

/* A breakpoint there that no debugger knows of: "monitor pbreak". */
void loops_pbreak_set(struct fake_vm *fv, unsigned int vcpu);

/* As gdb leaves a breakpoint that it has been told of. */
void loops_pass(struct fake_vm *fv, unsigned int vcpu);

/* Nothing was skipped, nothing done twice. */
void loops_check(struct fake_vm *fv, unsigned int vcpu);

/* Let vCPU's KVM_RUN come back with the exit of a BRK of ours. */
void loops_feed_brk(unsigned int vcpu);

#endif
