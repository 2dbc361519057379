/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - a virtual machine: its memory slots, its stage 2, its vCPUs
 *
 * Lifetime: the VM's descriptor and each vCPU's and device's hold one
 * reference; the last one gone, everything goes. All ioctls come from the
 * process that created the VM (anything else is -EIO).
 *
 * Lock order: vcpu->mutex, vm->lock, vm->slots_lock, mmap_lock, stage2.lock.
 * vgic locks nest inside nothing but these and take nothing but kick_lock.
 * Under vm->lock a vcpu->mutex is only tried. irqfds.lock and ioeventfds.lock
 * take an eventfd's lock, under which vgic locks are taken.
 */
#ifndef TRAPLINE_KMOD_VM_H
#define TRAPLINE_KMOD_VM_H

#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <uapi/linux/kvm.h>
#include "deny.h"
#include "ioeventfd.h"
#include "irqfd.h"
#include "stage2.h"

#define VM_MAX_VCPUS 64
#define IDREG_NR     9
#define VM_MAX_SLOTS 512

struct vcpu;
struct vgic;

struct vm_slot {
	u64 ipa, size; /* size 0: free */
	u64 hva;
	u32 flags;
	unsigned long *dirty; /* KVM_MEM_LOG_DIRTY_PAGES */
};

struct vm {
	struct kref kref;
	struct mm_struct *mm;
	struct mmu_notifier notifier;
	struct stage2 stage2;
	unsigned int ipa_bits;

	struct rw_semaphore slots_lock;
	struct vm_slot slots[VM_MAX_SLOTS];
	struct vm_slot *sorted[VM_MAX_SLOTS]; /* those in use, by IPA */
	unsigned int nr_sorted;
	unsigned long slots_changes; /* of sorted[]; under stage2.lock */
	struct deny deny;

	struct mutex lock; /* nr_vcpus, vcpus[], vgic */
	unsigned int __percpu *last_vcpu; /* its id + 1; preemption is off */
	unsigned int nr_vcpus; /* only grows; read with smp_load_acquire */
	struct vcpu *vcpus[VM_MAX_VCPUS];
	struct vgic *vgic;

	struct ioeventfds ioeventfds;
	struct irqfds irqfds;

	bool ran; /* KVM_RUN was called: what guests are told stays */
	u64 id_less[IDREG_NR]; /* from the features of this CPU (idreg.c) */
	u32 psci_version; /* 0: the latest (psci.c) */

	u64 cntvoff;
	u64 catch; /* TRAPLINE_SET_CATCH */
	bool nisv_to_user;
	bool system_suspend; /* KVM_CAP_ARM_SYSTEM_SUSPEND is enabled */
	bool dead; /* EL2 failed (vm_kill()): never runs again */
};

/* A descriptor, or -EINVAL (type), -ENOMEM, ... */
int vm_create_fd(unsigned long type);
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);

/* No vCPU enters the guest again, KVM_RUN is -EIO. Any context. */
void vm_kill(struct vm *vm);

/* NULL: no such vCPU. */
struct vcpu *vm_vcpu(struct vm *vm, unsigned int id);
unsigned int vm_nr_vcpus(struct vm *vm);
/* KVM_CHECK_EXTENSION: what is true. */
int vm_check_extension(unsigned long cap);

#endif
