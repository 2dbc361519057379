/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exit.h - what to do when a guest has left EL1 for EL2
 *
 * Called with interrupts on, by the vCPU's own thread. What nobody handles
 * goes to user space as KVM_EXIT_INTERNAL_ERROR with syndrome and addresses.
 */
#ifndef TRAPLINE_KMOD_EXIT_H
#define TRAPLINE_KMOD_EXIT_H

#include <linux/types.h>

struct vcpu;

/*
 * Right after the run, interrupts off, the guest's state in the CPU: what
 * needs no more than this vCPU, a short lock and a kick of another. True: the
 * guest goes on; false: exit_handle() has to see it.
 */
bool exit_fast(struct vcpu *vcpu);
/* 1: the guest goes on; 0: kvm_run has an exit for user space; -errno. */
int exit_handle(struct vcpu *vcpu, u64 code);
/* KVM_EXIT_INTERNAL_ERROR with all that is known; code: EL2_EXIT_*. Is 0. */
int exit_internal(struct vcpu *vcpu, u64 code);

/* Exceptions for the guest. The PC stays what it is at the call; vcpu_put(). */
void inject_undefined(struct vcpu *vcpu);
void inject_abort(struct vcpu *vcpu, bool fetch, u64 far);

#endif
