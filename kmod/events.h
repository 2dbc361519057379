/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h - the state of a vCPU that a VMM sets besides its registers
 *
 * The state consists of pending events, the signal mask of KVM_RUN, and the
 * vCPU's device attributes. The caller holds vcpu->mutex.
 */
#ifndef TRAPLINE_KMOD_EVENTS_H
#define TRAPLINE_KMOD_EVENTS_H

#include <linux/signal_types.h>

struct vcpu;

/*
 * KVM_GET/SET_VCPU_EVENTS. The guest takes a pending SError once its PSTATE.A
 * allows it. It takes an external abort at once, at the access that ended
 * KVM_RUN. -EINVAL, also if the SError comes with an ESR: this needs RAS, and
 * no guest has RAS. -ENOEXEC (the vCPU is not initialised).
 */
long events_get(struct vcpu *vcpu, unsigned long arg);
long events_set(struct vcpu *vcpu, unsigned long arg);

/* KVM_SET_SIGNAL_MASK; arg 0 removes the mask. -EINVAL (size), -EFAULT. */
long events_set_sigmask(struct vcpu *vcpu, unsigned long arg);
/*
 * Set the mask before KVM_RUN and restore it after. ret_old keeps the thread's
 * mask.
 */
void events_sigmask_enter(struct vcpu *vcpu, sigset_t *ret_old);
void events_sigmask_leave(struct vcpu *vcpu, sigset_t *old);

/*
 * KVM_HAS/GET/SET_DEVICE_ATTR on a vCPU: the timers' interrupt numbers. -ENXIO
 * (no such attribute), -EINVAL (any number but the one that the timer has).
 */
long events_has_attr(struct vcpu *vcpu, unsigned long arg);
long events_get_attr(struct vcpu *vcpu, unsigned long arg);
long events_set_attr(struct vcpu *vcpu, unsigned long arg);

#endif
