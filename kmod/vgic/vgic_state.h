/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vgic_state.h - what the VGIC's files share
 *
 * vgic.c: interrupts and list registers; vgic_mmio.c: the distributor's and
 * redistributors' registers; vgic_kvm.c: the KVM device; vgic_attr.c: its
 * register attributes; vgic_redist.c: their addresses. GICv2 hosts will replace
 * the list-register half and the CPU interface, not the state.
 */
#ifndef TRAPLINE_KMOD_VGIC_STATE_H
#define TRAPLINE_KMOD_VGIC_STATE_H

#include <linux/spinlock.h>
#include <uapi/linux/kvm.h>
#include "vgic.h"

#define VGIC_DIST_SIZE    0x10000ULL
#define VGIC_REDIST_SIZE  0x20000ULL
#define VGIC_CTLR_GRP1    BIT(1)
#define VGIC_DEFAULT_IRQS 256U
#define VGIC_NR_SGIS      16U
#define VGIC_MAX_REGIONS  64U

/* ICH_VMCR_EL2 */
#define VMCR_PMR  GENMASK_ULL(31, 24)
#define VMCR_BPR0 GENMASK_ULL(23, 21)
#define VMCR_BPR1 GENMASK_ULL(20, 18)
#define VMCR_EOIM BIT_ULL(9)
#define VMCR_CBPR BIT_ULL(4)
#define VMCR_ENG1 BIT_ULL(1)
#define VMCR_ENG0 BIT_ULL(0)

/* Redistributors in a row. */
struct vgic_region {
	u64 base;
	unsigned int count; /* 0: as many as there are vCPUs */
	unsigned int used;
};

struct vgic {
	raw_spinlock_t lock;
	bool ready;
	u32 ctlr;
	u64 owners; /* vCPUs whose todo set may not be empty, by id */
	unsigned int nr_irqs;
	struct vgic_irq *spis; /* nr_irqs - 32 of them */
	bool placed; /* every frame has an address, none overlap */
	u64 dist_base;
	unsigned int nr_regions; /* only grows; read with smp_load_acquire */
	struct vgic_region regions[VGIC_MAX_REGIONS];
};

/* KVM_DEV_ARM_VGIC_GRP_ADDR; under vm->lock. Errors as the KVM manual has. */
int vgic_addr_set(struct vm *vm, u64 attr, u64 value);
int vgic_addr_get(struct vm *vm, u64 attr, u64 *value);
/* The vCPU whose redistributor is at ipa, NULL if none. */
struct vcpu *vgic_redist_find(struct vm *vm, u64 ipa, u64 *ret_offset);
/* GICR_TYPER.Last */
bool vgic_redist_last(struct vcpu *vcpu);

/* Under vm->lock: all vCPUs stand still until unlocked; false: one does not. */
bool vgic_vcpus_trylock(struct vm *vm);
void vgic_vcpus_unlock(struct vm *vm);

/* Under the lock. NULL: no such interrupt. */
struct vgic_irq *vgic_irq_get(struct vm *vm, struct vcpu *vcpu,
			      unsigned int intid);
/*
 * Under the lock, after any change of an interrupt's state: into its owner's
 * todo set if it has to be in a list register. The vCPU to kick once the
 * lock is let go, or NULL.
 */
struct vcpu *vgic_irq_update(struct vm *vm, struct vcpu *vcpu,
			     unsigned int intid);
/*
 * Under the lock: an SPI has a new target. To it at once unless the old one
 * has the interrupt in its list registers: then that one passes it on.
 */
struct vcpu *vgic_irq_routed(struct vm *vm, unsigned int intid);
/*
 * Under the lock, which is let go meanwhile: no vCPU has the interrupt in its
 * list registers. The caller's vCPU has none in its own: two vCPUs that do this
 * do not wait for each other.
 */
void vgic_irq_recall(struct vm *vm, struct vcpu *vcpu, unsigned int intid);
/*
 * The same, after the interrupt was disabled or its line lowered: no vCPU has
 * it pending in a list register that was filled before.
 */
void vgic_irq_withdraw(struct vm *vm, struct vcpu *vcpu, unsigned int intid);
/*
 * Under the lock, which may be let go meanwhile: GICD_CTLR. Costs a look at
 * each vCPU that owns an interrupt, not at each interrupt: what is ready is in a
 * todo set whether the distributor is on or off. Off, it is out of all list
 * registers.
 */
void vgic_ctlr_set(struct vm *vm, u32 ctlr, u64 *kicks);
/* Whom to kick once the lock is let go: a bit for each vCPU's id. */
void vgic_kick_add(u64 *kicks, const struct vcpu *vcpu);
void vgic_kick(struct vm *vm, u64 kicks);
/* Under the lock: the list registers' state back into the interrupts'. */
void vgic_fold_locked(struct vcpu *vcpu);
/* The vCPU with this affinity, NULL if none. */
struct vcpu *vgic_by_affinity(struct vm *vm, u64 affinity);

/*
 * 32 bits of the distributor, or of vcpu's redistributor, as a VMM saves them:
 * pending is the latch alone. -ENXIO (no such register), -EINVAL (a constant,
 * another value). No vCPU runs.
 */
int vgic_register(struct vm *vm, struct vcpu *vcpu, u32 offset, u64 *value,
		  bool write);
bool vgic_has_register(bool redist, u32 offset);

/* Register attributes; under vm->lock. As KVM_HAS/GET/SET_DEVICE_ATTR. */
long vgic_attr_has(struct vm *vm, const struct kvm_device_attr *attr);
long vgic_attr_access(struct vm *vm, const struct kvm_device_attr *attr,
		      bool write);

#endif
