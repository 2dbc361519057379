// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's pending events, signal mask and device attributes. Source:
 * Documentation/virt/kvm/api.rst, "KVM_GET_VCPU_EVENTS", "KVM_SET_SIGNAL_MASK",
 * and devices/vcpu.rst, "KVM_ARM_VCPU_TIMER_CTRL".
 *
 * The timers have the interrupt numbers that every arm64 machine gives them.
 * The numbers cannot be changed.
 */
#include "events.h"

#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/kvm_arm.h>
#include <uapi/linux/kvm.h>
#include "exit.h"
#include "timer.h"
#include "vcpu.h"

long events_get(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_vcpu_events events = { 0 };

	if (!vcpu->inited)
		return -ENOEXEC;
	events.exception.serror_pending = !!(vcpu->ctx->hcr & HCR_VSE);
	return copy_to_user((void __user *)arg, &events, sizeof(events))
		       ? -EFAULT
		       : 0;
}

long events_set(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_vcpu_events events;

	if (!vcpu->inited)
		return -ENOEXEC;
	if (copy_from_user(&events, (void __user *)arg, sizeof(events)))
		return -EFAULT;
	if (memchr_inv(events.reserved, 0, sizeof(events.reserved)) ||
	    memchr_inv(events.exception.pad, 0, sizeof(events.exception.pad)) ||
	    events.exception.serror_pending > 1 ||
	    events.exception.ext_dabt_pending > 1 ||
	    events.exception.serror_has_esr)
		return -EINVAL;
	if (events.exception.ext_dabt_pending) {
		/* The abort replaces the completion of the access. */
		vcpu->mmio_pending = false;
		inject_abort(vcpu, false, vcpu->ctx->far);
	}
	if (events.exception.serror_pending)
		vcpu->ctx->hcr |= HCR_VSE;
	return 0;
}

long events_set_sigmask(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_signal_mask __user *user = (void __user *)arg;
	u32 len;

	if (!user) {
		vcpu->sigmask_set = false;
		return 0;
	}
	if (get_user(len, &user->len))
		return -EFAULT;
	if (len != sizeof(vcpu->sigmask))
		return -EINVAL;
	vcpu->sigmask_set = false;
	if (copy_from_user(&vcpu->sigmask, user->sigset, len))
		return -EFAULT;
	sigdelsetmask(&vcpu->sigmask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigmask_set = true;
	return 0;
}

void events_sigmask_enter(struct vcpu *vcpu, sigset_t *ret_old)
{
	if (vcpu->sigmask_set)
		sigprocmask(SIG_SETMASK, &vcpu->sigmask, ret_old);
}

void events_sigmask_leave(struct vcpu *vcpu, sigset_t *old)
{
	if (vcpu->sigmask_set)
		sigprocmask(SIG_SETMASK, old, NULL);
}

/* The interrupt of a timer attribute, or -ENXIO. */
static int attr_irq(unsigned long arg, struct kvm_device_attr *ret)
{
	if (copy_from_user(ret, (void __user *)arg, sizeof(*ret)))
		return -EFAULT;
	if (ret->flags)
		return -EINVAL;
	if (ret->group != KVM_ARM_VCPU_TIMER_CTRL)
		return -ENXIO;
	switch (ret->attr) {
	case KVM_ARM_VCPU_TIMER_IRQ_VTIMER:
		return TIMER_PPI;
	case KVM_ARM_VCPU_TIMER_IRQ_PTIMER:
		return TIMER_PHYS_PPI;
	default:
		return -ENXIO;
	}
}

long events_has_attr(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_device_attr attr;
	int irq = attr_irq(arg, &attr);

	return irq < 0 ? irq : 0;
}

long events_get_attr(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_device_attr attr;
	int irq = attr_irq(arg, &attr);

	if (irq < 0)
		return irq;
	return put_user(irq, (int __user *)attr.addr) ? -EFAULT : 0;
}

long events_set_attr(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_device_attr attr;
	int value, irq = attr_irq(arg, &attr);

	if (irq < 0)
		return irq;
	if (get_user(value, (int __user *)attr.addr))
		return -EFAULT;
	return value == irq ? 0 : -EINVAL;
}
