/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - a virtual machine: its memory slots, its stage 2, its vCPUs
 *
 * Lifetime: the descriptors of the VM, of its vCPUs and of its devices hold one
 * reference each. When the last one is put, the VM is freed. All ioctls must
 * come from the process that created the VM (others get -EIO).
 *
 * Lock order: vcpu->mutex, vm->lock, vm->slots_lock, mmap_lock, stage2.lock.
 * The vgic locks come after these. While holding a vgic lock, take no other
 * lock but kick_lock. While holding vm->lock, take a vcpu->mutex only with
 * trylock. irqfds.lock and ioeventfds.lock come before an eventfd's lock, which
 * comes before the vgic locks.
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
	/* The slots in use, sorted by IPA. */
	struct vm_slot *sorted[VM_MAX_SLOTS];
	unsigned int nr_sorted;
	/* Number of changes of sorted[]; under stage2.lock. */
	unsigned long slots_changes;
	struct deny deny;

	struct mutex lock; /* protects nr_vcpus, vcpus[], vgic, stopped */
	bool stopped; /* by vm_vcpus_trystop() */
	/* Per CPU: id + 1 of its last vCPU; preemption off. */
	unsigned int __percpu *last_vcpu;
	unsigned int nr_vcpus; /* only grows; read with smp_load_acquire */
	struct vcpu *vcpus[VM_MAX_VCPUS];
	struct vgic *vgic;

	struct ioeventfds ioeventfds;
	struct irqfds irqfds;

	bool ran; /* KVM_RUN was called: the ID registers are fixed now */
	/* The ID registers that the VMM has written, by a bit of id_set. */
	u64 id_value[IDREG_NR];
	unsigned long id_set;
	u32 psci_version; /* 0: the latest (psci.c) */

	u64 cntvoff;
	u64 catch; /* TRAPLINE_SET_CATCH */
	bool nisv_to_user;
	bool system_suspend; /* KVM_CAP_ARM_SYSTEM_SUSPEND is enabled */
	bool dead; /* EL2 failed (vm_kill()): the VM never runs again */
};

/* Returns a descriptor, or -EINVAL (type), -ENOMEM, ... */
int vm_create_fd(unsigned long type);
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);

/*
 * Under vm->lock. True: no vCPU runs, and no ioctl of a vCPU begins until
 * vm_vcpus_resume(). False: an ioctl of a vCPU, such as KVM_RUN, is being done.
 */
bool vm_vcpus_trystop(struct vm *vm);
void vm_vcpus_resume(struct vm *vm);

/*
 * After this no vCPU enters the guest, and KVM_RUN returns -EIO. Any context.
 */
void vm_kill(struct vm *vm);

/* Returns NULL if there is no such vCPU. */
struct vcpu *vm_vcpu(struct vm *vm, unsigned int id);
/* The first vCPU with this id or a greater one. NULL: there is none. */
struct vcpu *vm_vcpu_from(struct vm *vm, unsigned int id);
#define vm_each_vcpu(vm, v)                             \
	for (struct vcpu *v = vm_vcpu_from(vm, 0); (v); \
	     (v) = vm_vcpu_from(vm, (v)->id + 1))

/* KVM_CHECK_EXTENSION of a VM, or of /dev/trapline: vm is NULL. */
long vm_check_extension(struct vm *vm, unsigned long cap);

#endif
