/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h - what a VMM sets of a vCPU beside its registers
 *
 * Pending events, the signal mask of KVM_RUN, the vCPU's device attributes.
 * All by the holder of vcpu->mutex.
 */
#ifndef TRAPLINE_KMOD_EVENTS_H
#define TRAPLINE_KMOD_EVENTS_H

#include <linux/signal_types.h>

struct vcpu;

/*
 * KVM_GET/SET_VCPU_EVENTS: an SError that the guest takes once it lets it; an
 * external abort at the access that left KVM_RUN, taken at once. -EINVAL (an
 * ESR for the SError: this needs RAS, which no guest has), -ENOEXEC.
 */
long events_get(struct vcpu *vcpu, unsigned long arg);
long events_set(struct vcpu *vcpu, unsigned long arg);

/* KVM_SET_SIGNAL_MASK; arg 0: none. -EINVAL (size), -EFAULT. */
long events_set_sigmask(struct vcpu *vcpu, unsigned long arg);
/* Around KVM_RUN; between them ret_old is what comes back. */
void events_sigmask_enter(struct vcpu *vcpu, sigset_t *ret_old);
void events_sigmask_leave(struct vcpu *vcpu, sigset_t *old);

/*
 * KVM_HAS/GET/SET_DEVICE_ATTR on a vCPU: the timers' interrupts. -ENXIO (no
 * such attribute), -EINVAL (another interrupt than the one it has).
 */
long events_has_attr(struct vcpu *vcpu, unsigned long arg);
long events_get_attr(struct vcpu *vcpu, unsigned long arg);
long events_set_attr(struct vcpu *vcpu, unsigned long arg);

#endif
