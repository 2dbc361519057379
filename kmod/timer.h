/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timer.h - the guest's virtual and physical timers
 *
 * The virtual timer is the CPU's own CNTV. While the guest runs, the hardware
 * counts, and PPI 27 ends the run. While the guest does not run, CNTV is off,
 * and the level of its line is computed from the saved registers. The interrupt
 * is forwarded: its list register carries the physical interrupt, so that the
 * guest's end of interrupt deactivates both.
 *
 * The physical timer belongs to the host. A guest's accesses to CNTP_* trap,
 * and a timer of the host ends the run when PPI 30 is due. The physical counter
 * has no offset.
 */
#ifndef TRAPLINE_KMOD_TIMER_H
#define TRAPLINE_KMOD_TIMER_H

#include <linux/types.h>

struct vcpu;
struct vm;

#define TIMER_PPI      27U
#define TIMER_PHYS_PPI 30U

/* At module load. Returns 0; -ENODEV or -EBUSY with one line logged. */
int timer_host_init(void);
void timer_host_deinit(void);

void timer_init(struct vcpu *vcpu);
void timer_deinit(struct vcpu *vcpu);
/* Turn the physical timer off. */
void timer_reset(struct vcpu *vcpu);
/*
 * Trapped accesses to CNTP_CTL, CVAL, TVAL. False: enc is none of these.
 * Interrupts are on.
 */
bool timer_phys_read(struct vcpu *vcpu, u32 enc, u64 *ret);
bool timer_phys_write(struct vcpu *vcpu, u32 enc, u64 value);

u64 timer_count(void);
/*
 * Tell the VGIC the levels of both timers' lines. Only the vCPU's own thread
 * calls this: no other thread can read a timer that is in the CPU.
 */
void timer_sample(struct vcpu *vcpu);
/* Interrupts off, before the first gate_run() of a slow entry. */
void timer_enter(struct vcpu *vcpu);
/* After vgic_enter(). in_lr: a list register holds the timer's interrupt. */
void timer_forward(bool in_lr);
/* The guest has deactivated the physical interrupt of a list register. */
void timer_deactivated(void);
/* True: an interrupt or an SError ends a WFI. Call this after vcpu_put(). */
bool timer_wakes(struct vcpu *vcpu);
/* WFI: wait until an interrupt is pending, or for a signal or a request. */
void timer_wait(struct vcpu *vcpu);
/* Set the virtual counter to value. */
void timer_set_count(struct vm *vm, u64 value);

#endif
