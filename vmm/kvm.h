/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm.h - the descriptors of KVM: the device, the VM, its vCPUs and its GIC
 *
 * vm_create() calls kvm_open() and kvm_create_vm(). vm_reset() calls
 * kvm_destroy_vcpus() and kvm_create_vm() again, which replaces everything that
 * KVM keeps of the guest except its memory.
 */
#ifndef TRAPLINE_VMM_KVM_H
#define TRAPLINE_VMM_KVM_H

struct vm;

int kvm_open(struct vm *vm);
int kvm_create_vm(struct vm *vm);
/* Destroy the vCPUs and the GIC, for kvm_create_vm() to make them again. */
void kvm_destroy_vcpus(struct vm *vm);
void kvm_close(struct vm *vm);

#endif
