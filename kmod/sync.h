/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sync.h - registers in struct kvm_run (include/trapline/abi.h)
 */
#ifndef TRAPLINE_KMOD_SYNC_H
#define TRAPLINE_KMOD_SYNC_H

struct vcpu;

/* First thing in KVM_RUN: what user space has changed. 0 or -EINVAL. */
int sync_in(struct vcpu *vcpu);
/* Last thing, the vCPU's state being in its context: what it asked for. */
void sync_out(struct vcpu *vcpu);
/* The exit will be KVM_EXIT_MEMORY_FAULT; after vcpu_put(). */
void sync_out_fp(struct vcpu *vcpu);

#endif
