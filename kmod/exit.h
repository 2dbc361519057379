/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exit.h - handle a guest's exit to EL2
 *
 * The vCPU's own thread calls these functions with interrupts on. An exit that
 * has no handler goes to user space as KVM_EXIT_INTERNAL_ERROR with syndrome
 * and addresses.
 */
#ifndef TRAPLINE_KMOD_EXIT_H
#define TRAPLINE_KMOD_EXIT_H

#include <linux/types.h>

struct vcpu;

/*
 * Called right after the run, with interrupts off and the guest's state in the
 * CPU. Handles exits that need no more than this vCPU, a short lock and a kick
 * of another vCPU. True: the guest continues. False: call exit_handle().
 */
bool exit_fast(struct vcpu *vcpu);
/*
 * Returns 1: the guest continues; 0: kvm_run has an exit for user space;
 * -errno.
 */
int exit_handle(struct vcpu *vcpu, u64 code);
/*
 * Report KVM_EXIT_INTERNAL_ERROR with all known data. code is EL2_EXIT_*.
 * Returns 0.
 */
int exit_internal(struct vcpu *vcpu, u64 code);

/*
 * Inject an exception into the guest. The guest's ELR becomes the current PC.
 * Both call vcpu_put().
 */
void inject_undefined(struct vcpu *vcpu);
void inject_abort(struct vcpu *vcpu, bool fetch, u64 far);

#endif
