/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vgic_state.h - declarations that the VGIC's files share
 *
 *	vgic.c		interrupts and list registers
 *	vgic_mmio.c	registers of the distributor and the redistributors
 *	vgic_kvm.c	the KVM device
 *	vgic_attr.c	register attributes of the device
 *	vgic_redist.c	addresses of the frames
 *
 * Support for GICv2 hosts will replace the list-register half and the CPU
 * interface, not the state.
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

/* A region of adjacent redistributors. */
struct vgic_region {
	u64 base;
	unsigned int count; /* 0: as many as there are vCPUs */
	unsigned int used;
};

struct vgic {
	raw_spinlock_t lock;
	bool ready;
	u32 ctlr;
	u64 owners; /* by id: vCPUs whose todo set may not be empty */
	unsigned int nr_irqs;
	struct vgic_irq *spis; /* nr_irqs - 32 of them */
	bool placed; /* every frame has an address, none overlap */
	u64 dist_base;
	unsigned int nr_regions; /* only grows; read with smp_load_acquire */
	struct vgic_region regions[VGIC_MAX_REGIONS];
};

/*
 * KVM_DEV_ARM_VGIC_GRP_ADDR; under vm->lock. Returns the errors of the KVM
 * manual.
 */
int vgic_addr_set(struct vm *vm, u64 attr, u64 value);
int vgic_addr_get(struct vm *vm, u64 attr, u64 *value);
/* The vCPU whose redistributor is at ipa, or NULL. */
struct vcpu *vgic_redist_find(struct vm *vm, u64 ipa, u64 *ret_offset);
/* GICR_TYPER.Last */
bool vgic_redist_last(struct vcpu *vcpu);

/* Under vgic->lock. NULL: there is no such interrupt. */
struct vgic_irq *vgic_irq_get(struct vm *vm, struct vcpu *vcpu,
			      unsigned int intid);
/*
 * Under vgic->lock. Call this after any change of an interrupt's state. It puts
 * the interrupt into its owner's todo set if it has to be in a list register.
 * Returns the vCPU to kick after the lock is released, or NULL.
 */
struct vcpu *vgic_irq_update(struct vm *vm, struct vcpu *vcpu,
			     unsigned int intid);
/*
 * Under vgic->lock: an SPI has a new target. The SPI goes to the new target at
 * once, unless the old target has the SPI in its list registers. In that case
 * the old target passes the SPI on.
 */
struct vcpu *vgic_irq_routed(struct vm *vm, unsigned int intid);
/*
 * Under vgic->lock, which is released meanwhile. Afterwards no vCPU has the
 * interrupt in its list registers. The caller's vCPU must have no interrupt in
 * its own list registers, so that two vCPUs that call this do not wait for each
 * other.
 */
void vgic_irq_recall(struct vm *vm, struct vcpu *vcpu, unsigned int intid);
/*
 * The same, after the interrupt was disabled or its line was lowered.
 * Afterwards no vCPU has it pending in a list register that was filled before.
 */
void vgic_irq_withdraw(struct vm *vm, struct vcpu *vcpu, unsigned int intid);
/*
 * Under vgic->lock, which may be released meanwhile: write GICD_CTLR. This
 * looks at each vCPU that owns an interrupt, not at each interrupt, because
 * ready interrupts are in a todo set whether the distributor is on or off.
 * While the distributor is off, no list register has an interrupt pending.
 */
void vgic_ctlr_set(struct vm *vm, u32 ctlr, u64 *kicks);
/*
 * Collect the vCPUs to kick after the lock is released: one bit for each vCPU's
 * id.
 */
void vgic_kick_add(u64 *kicks, const struct vcpu *vcpu);
void vgic_kick(struct vm *vm, u64 kicks);
/*
 * Under vgic->lock: fold the list registers' state back into the interrupts'
 * state.
 */
void vgic_fold_locked(struct vcpu *vcpu);
/* The vCPU with this affinity, or NULL. */
struct vcpu *vgic_by_affinity(struct vm *vm, u64 affinity);

/*
 * Access 32 bits of the distributor or, with vcpu, of its redistributor, in the
 * form in which a VMM saves them: pending is only the latch. No vCPU runs.
 * -ENXIO (there is no such register), -EINVAL (the register is a constant, and
 * the value differs).
 */
int vgic_register(struct vm *vm, struct vcpu *vcpu, u32 offset, u64 *value,
		  bool write);
bool vgic_has_register(bool redist, u32 offset);

/* Register attributes. Return as KVM_HAS/GET/SET_DEVICE_ATTR do. */
long vgic_attr_has(struct vm *vm, const struct kvm_device_attr *attr);
/* Under vm->lock. */
long vgic_attr_access(struct vm *vm, const struct kvm_device_attr *attr,
		      bool write);

#endif
