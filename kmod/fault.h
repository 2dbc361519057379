/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - instruction and data aborts from EL1 and EL0
 *
 * Called like exit_handle(): interrupts on, by the vCPU's own thread.
 */
#ifndef TRAPLINE_KMOD_FAULT_H
#define TRAPLINE_KMOD_FAULT_H

#include <linux/types.h>

struct vcpu;

/* As exit_fast(), of a data abort. */
bool fault_fast(struct vcpu *vcpu);
/* As exit_handle(): 1, the guest goes on; 0, an exit is in kvm_run; -errno. */
int fault_handle(struct vcpu *vcpu);
/* At the next KVM_RUN: take a read's data, step over the access. */
void fault_complete_mmio(struct vcpu *vcpu);

#endif
