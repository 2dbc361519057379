/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sync.h - registers in struct kvm_run (include/trapline/abi.h)
 */
#ifndef TRAPLINE_KMOD_SYNC_H
#define TRAPLINE_KMOD_SYNC_H

struct vcpu;

/*
 * At the start of KVM_RUN: take over the registers that user space changed.
 * Returns 0 or -EINVAL.
 */
int sync_in(struct vcpu *vcpu);
/*
 * At the end of KVM_RUN, with the vCPU's state in its context: store the
 * registers that user space requested.
 */
void sync_out(struct vcpu *vcpu);
/* The exit will be KVM_EXIT_MEMORY_FAULT. Call this after vcpu_put(). */
void sync_out_fp(struct vcpu *vcpu);

#endif
