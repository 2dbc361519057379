/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vgic.h - the guest's interrupt controller, a GICv3 on list registers
 *
 * vgic->lock, taken with interrupts off, protects the state of all interrupts
 * of a VM. The "todo" set of a vCPU has a bit for each interrupt that has to be
 * in a list register once the distributor is on: a pending or active one. That
 * vCPU is the interrupt's owner. vgic_enter() fills the list registers from the
 * set if anything has changed. vgic_leave() folds the list registers back into
 * the interrupts' state. Between the two there may be several runs, and only
 * that vCPU knows the state in its list registers: see vgic_irq_recall().
 */
#ifndef TRAPLINE_KMOD_VGIC_H
#define TRAPLINE_KMOD_VGIC_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include "el2/ctx.h"

struct vcpu;
struct vm;

#define VGIC_NR_PRIVATE 32U
#define VGIC_MAX_IRQS   1024U
#define VGIC_MAX_SPIS   988U /* 32 to 1019 */
#define VGIC_UNSET      (~0ULL)

struct vgic_irq {
	u8 priority;
	bool enabled, group1, edge;
	bool level; /* the line, as the device drives it */
	bool latch; /* an edge, or pending set by a register */
	bool active;
	bool resample; /* call irqfds_ended() when the guest ends it */
	bool recorded; /* pending, and the flight recorder has recorded it */
	struct vcpu *owner; /* the vCPU whose todo set has the interrupt */
	u64 route; /* SPIs: GICD_IROUTER */
};

struct vgic_cpu {
	struct vgic_irq private[VGIC_NR_PRIVATE];
	DECLARE_BITMAP(todo, VGIC_MAX_IRQS);
	u16 lr_irq[EL2_MAX_LRS];
	unsigned int nr_lrs;
	u32 fills; /* number of times the list registers were filled */
	u64 redist; /* address of the redistributor, or VGIC_UNSET */
	u16 ended[EL2_MAX_LRS]; /* for irqfds_ended(), by vgic_tell_ended() */
	unsigned int nr_ended;
	bool stale; /* the list registers must be filled again */
};

/*
 * At module load. Returns 0 and offers no VGIC if no_vgic=1 is set. Errors,
 * with one line logged: -EOPNOTSUPP: there is no GICv3 with a maintenance
 * interrupt that firmware describes; -EBUSY, or the kernel's error: another
 * driver has that interrupt. -ENOMEM.
 */
int vgic_host_init(void);
void vgic_host_deinit(void);
bool vgic_offered(void);

/* KVM_CREATE_DEVICE, KVM_IRQ_LINE. */
long vgic_create_device(struct vm *vm, unsigned long arg);
long vgic_irq_line(struct vm *vm, unsigned long arg);
/*
 * Set the line of an SPI or, with vcpu, of a PPI. Process context. If the level
 * goes low, the call waits until no vCPU has the interrupt pending any more. So
 * the caller must not hold a lock that a running vCPU may take. The VGIC must
 * be ready. -EINVAL: there is no such interrupt.
 */
int vgic_set_line(struct vm *vm, struct vcpu *vcpu, unsigned int intid,
		  bool level);
/*
 * Signal an edge-triggered SPI, or set the line of a level-sensitive SPI high.
 * Any context.
 */
void vgic_signal(struct vm *vm, unsigned int intid);
/*
 * on: from now on the guest's end of this level-sensitive SPI lowers its line
 * and calls irqfds_ended(). lower: the line also goes low now. Process context.
 */
void vgic_resample_set(struct vm *vm, unsigned int intid, bool on, bool lower);
void vgic_destroy(struct vm *vm);
/* True: KVM_DEV_ARM_VGIC_CTRL_INIT is done. No vCPU can be added any more. */
bool vgic_ready(struct vm *vm);

/*
 * At KVM_RUN. Returns 0; -ENXIO (a frame has no address), -EINVAL (frames
 * overlap, or lie beyond the IPA space), -EBUSY (no CTRL_INIT).
 */
int vgic_run_check(struct vm *vm);
/* Under vm->lock: give new vCPUs their redistributors. */
void vgic_redist_place(struct vm *vm);

void vgic_vcpu_init(struct vcpu *vcpu);
void vgic_vcpu_reset(struct vcpu *vcpu);

/*
 * Interrupts are off. Call vgic_enter() if vgic.stale is set or list registers
 * are in use. vgic_enter() samples the timers' lines again, because a fast exit
 * may come after the guest has changed a timer, and fills the list registers if
 * necessary.
 */
void vgic_enter(struct vcpu *vcpu);
void vgic_leave(struct vcpu *vcpu);
/*
 * Interrupts on, after vgic_leave(): tell the irqfds of the interrupts that the
 * guest has ended.
 */
void vgic_tell_ended(struct vcpu *vcpu);
/* After gate_put(). */
void vgic_put(struct vcpu *vcpu);
/*
 * Set the line of a private level-sensitive interrupt. Only the vCPU's own
 * thread calls this.
 */
void vgic_set_private(struct vcpu *vcpu, unsigned int intid, bool level);
/*
 * True: the CPU interface signals an interrupt, considering the guest's PMR,
 * the interrupt's group and the active interrupts. The vCPU has a VGIC. Call
 * this after vcpu_put().
 */
bool vgic_pending(struct vcpu *vcpu);

/*
 * False: the address is not the VGIC's, or the VGIC does not take this access.
 */
bool vgic_mmio(struct vcpu *vcpu, u64 ipa, bool write, unsigned int size,
	       u64 *value);
/* A write to ICC_SGI1R_EL1. False: there is no VGIC. */
bool vgic_sgi(struct vcpu *vcpu, u64 value);

#endif
