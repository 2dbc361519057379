/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vgic_state.h - what the VGIC's three files share
 *
 * vgic.c: interrupts and list registers; vgic_mmio.c: the distributor's and
 * redistributors' registers; vgic_kvm.c: the KVM device. GICv2 hosts will
 * replace the list-register half and the CPU interface, not the state.
 */
#ifndef TRAPLINE_KMOD_VGIC_STATE_H
#define TRAPLINE_KMOD_VGIC_STATE_H

#include <linux/spinlock.h>
#include "vgic.h"

#define VGIC_UNSET        (~0ULL)
#define VGIC_DIST_SIZE    0x10000ULL
#define VGIC_REDIST_SIZE  0x20000ULL
#define VGIC_CTLR_GRP1    BIT(1)
#define VGIC_DEFAULT_IRQS 256U

struct vgic {
	raw_spinlock_t lock;
	bool ready;
	u32 ctlr;
	unsigned int nr_irqs;
	struct vgic_irq *spis; /* nr_irqs - 32 of them */
	u64 dist_base;
	u64 redist_base;
	unsigned int redist_count; /* 0: as many as there are vCPUs */
};

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
/* The vCPU with this affinity, NULL if none. */
struct vcpu *vgic_by_affinity(struct vm *vm, u64 affinity);

#endif
