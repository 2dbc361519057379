/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vgic.h - the guest's interrupt controller, a GICv3 on list registers
 *
 * All state of one VM's interrupts is under vgic->lock, interrupts off. An
 * interrupt that has to be in a list register once the distributor is on,
 * pending or active, has its bit in the "todo" set of one vCPU, its owner;
 * vgic_enter() takes from there if anything has changed, vgic_leave() folds the
 * list registers back. Between them the list registers may have been through
 * several runs, and what they hold is known to that vCPU alone:
 * vgic_irq_recall().
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
	bool level; /* the line, as its source drives it */
	bool latch; /* an edge, or pending set by a register */
	bool active;
	bool resample; /* irqfds_ended() at its end */
	bool recorded; /* pending, and the flight recorder has it */
	struct vcpu *owner; /* whose todo set it is in */
	u64 route; /* SPIs: GICD_IROUTER */
};

struct vgic_cpu {
	struct vgic_irq private[VGIC_NR_PRIVATE];
	DECLARE_BITMAP(todo, VGIC_MAX_IRQS);
	u16 lr_irq[EL2_MAX_LRS];
	unsigned int nr_lrs;
	u32 fills; /* of the list registers, so far */
	u64 redist; /* address of the redistributor, or VGIC_UNSET */
	u16 ended[EL2_MAX_LRS]; /* for irqfds_ended(), by vgic_tell_ended() */
	unsigned int nr_ended;
	bool stale; /* the list registers have to be filled anew */
};

/*
 * Module load. With no_vgic=1 none is offered; else, a line logged: -EOPNOTSUPP
 * without a GICv3 that can tell of its list registers, -EBUSY (or what the
 * kernel says) where somebody else has its maintenance interrupt. -ENOMEM.
 */
int vgic_host_init(void);
void vgic_host_deinit(void);
bool vgic_offered(void);

/* KVM_CREATE_DEVICE, KVM_IRQ_LINE. */
long vgic_create_device(struct vm *vm, unsigned long arg);
long vgic_irq_line(struct vm *vm, unsigned long arg);
/*
 * A line changes: an SPI's, or with vcpu a PPI's. Process context, with nothing
 * held that a running vCPU could want: when a level has gone low, the call waits
 * until no vCPU has the interrupt pending any more. -EINVAL: no such interrupt.
 * Only once the VGIC is ready.
 */
int vgic_set_line(struct vm *vm, struct vcpu *vcpu, unsigned int intid,
		  bool level);
/* An edge on an SPI, or a level-sensitive one's line high. Any context. */
void vgic_signal(struct vm *vm, unsigned int intid);
/*
 * From now on the guest's end of a level-sensitive SPI lowers its line and calls
 * irqfds_ended(), or does not; lower: the line goes low now. Process context.
 */
void vgic_resample_set(struct vm *vm, unsigned int intid, bool on, bool lower);
void vgic_destroy(struct vm *vm);
/* KVM_DEV_ARM_VGIC_CTRL_INIT is done: no more vCPUs. */
bool vgic_ready(struct vm *vm);

/*
 * At KVM_RUN: 0; -ENXIO (a frame has no address), -EINVAL (overlap, or beyond
 * the IPAs), -EBUSY (no CTRL_INIT).
 */
int vgic_run_check(struct vm *vm);
/* Under vm->lock: new vCPUs get their redistributors. */
void vgic_redist_place(struct vm *vm);

void vgic_vcpu_init(struct vcpu *vcpu);
void vgic_vcpu_reset(struct vcpu *vcpu);

/*
 * Interrupts off. vgic_enter() is for where vgic.stale or list registers are in
 * use: it looks at the timers' lines once more, because a fast exit may come
 * after the guest has changed one, and fills the list registers if need be.
 */
void vgic_enter(struct vcpu *vcpu);
void vgic_leave(struct vcpu *vcpu);
/* Interrupts on, after vgic_leave(): what the guest has ended, to its irqfds. */
void vgic_tell_ended(struct vcpu *vcpu);
/* After gate_put(). */
void vgic_put(struct vcpu *vcpu);
/* The line of a private level interrupt; by the vCPU's own thread. */
void vgic_set_private(struct vcpu *vcpu, unsigned int intid, bool level);
/*
 * Does the CPU interface signal an interrupt, as far as the guest's PMR, its
 * group and what is active let it? The vCPU has a VGIC, and has been put.
 */
bool vgic_pending(struct vcpu *vcpu);

/* False: not the VGIC's address, or not an access it takes. */
bool vgic_mmio(struct vcpu *vcpu, u64 ipa, bool write, unsigned int size,
	       u64 *value);
/* ICC_SGI1R_EL1. False: no VGIC. */
bool vgic_sgi(struct vcpu *vcpu, u64 value);

#endif
