/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timer.h - the guest's virtual timer: the CPU's own CNTV
 *
 * While the guest runs the hardware counts and PPI 27 ends the run; when it
 * does not, CNTV is off and its line is worked out from the saved registers.
 * The interrupt is forwarded: its list register carries the physical one, so
 * that the guest's end of interrupt deactivates both.
 *
 * The physical timer is the host's: a guest's accesses to CNTP_* trap, and a
 * timer of the host's ends the run when PPI 30 is due. Its counter is not
 * offset.
 */
#ifndef TRAPLINE_KMOD_TIMER_H
#define TRAPLINE_KMOD_TIMER_H

#include <linux/types.h>

struct vcpu;
struct vm;

#define TIMER_PPI      27U
#define TIMER_PHYS_PPI 30U

/* Module load. 0; -ENODEV or -EBUSY with one line logged. */
int timer_host_init(void);
void timer_host_deinit(void);

void timer_init(struct vcpu *vcpu);
void timer_deinit(struct vcpu *vcpu);
/* The physical timer off. */
void timer_reset(struct vcpu *vcpu);
/* CNTP_CTL, CVAL, TVAL, trapped. False: none of these. Interrupts on. */
bool timer_phys_read(struct vcpu *vcpu, u32 enc, u64 *ret);
bool timer_phys_write(struct vcpu *vcpu, u32 enc, u64 value);

u64 timer_count(void);
/*
 * Tell the VGIC the level of both timers' lines. Only the vCPU's own thread
 * calls this: nobody else can read a timer that is in the CPU.
 */
void timer_sample(struct vcpu *vcpu);
/* Interrupts off, before the first gate_run() of a slow entry. */
void timer_enter(struct vcpu *vcpu);
/* After vgic_enter(): does a list register hold the timer's interrupt? */
void timer_forward(bool in_lr);
/* A list register's physical interrupt was deactivated by the guest. */
void timer_deactivated(void);
/* Is there what ends a WFI: an interrupt, an SError? The vCPU has been put. */
bool timer_wakes(struct vcpu *vcpu);
/* WFI: until an interrupt is pending, a signal, or a request. */
void timer_wait(struct vcpu *vcpu);
/* The virtual counter shows value from now on. */
void timer_set_count(struct vm *vm, u64 value);

#endif
