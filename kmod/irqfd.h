/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqfd.h - an eventfd that raises an SPI of the VGIC
 *
 * Each VM has a list of irqfds and a table of routes, under a mutex. The
 * callback in the eventfd's wait queue raises the interrupt, in the context of
 * the eventfd's signaller. An irqfd whose eventfd was closed is removed at the
 * next KVM_IRQFD. All irqfds are freed with the VM.
 *
 * A signal is an edge on an edge-triggered SPI. It raises the line of a
 * level-sensitive SPI. That line stays high until KVM_IRQ_LINE lowers it, as
 * with KVM. With KVM_IRQFD_FLAG_RESAMPLE it stays high until the guest has
 * ended the interrupt. The second eventfd then tells user space, which signals
 * the first one again if the device still asserts its interrupt.
 */
#ifndef TRAPLINE_KMOD_IRQFD_H
#define TRAPLINE_KMOD_IRQFD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct vm;

#define IRQFD_MAX_ROUTES 4096U

struct irqfds {
	struct mutex lock; /* protects list and routes */
	struct list_head list;
	u16 *routes; /* INTID of each GSI, 0: none. NULL: INTID is 32 + GSI */
};

void irqfds_init(struct irqfds *fds);
void irqfds_destroy(struct irqfds *fds);

/*
 * KVM_IRQFD. GSI n is SPI 32 + n, unless it has a route. A signal on a GSI that
 * has no INTID has no effect. -EINVAL (flags), -EAGAIN (the VGIC is not ready),
 * -EBUSY (the eventfd is an irqfd already), -EBADF and -EINVAL (not an
 * eventfd), -ENOMEM.
 */
long irqfd_ioctl(struct vm *vm, unsigned long arg);
/*
 * A guest has ended a level-sensitive SPI, and the line was lowered: signal the
 * resample eventfds of this SPI. Any context; the caller holds no lock of the
 * VGIC.
 */
void irqfds_ended(struct vm *vm, unsigned int intid);
/*
 * KVM_SET_GSI_ROUTING. This replaces the whole table. Routes go to pins of the
 * VGIC's SPIs and may be set before there is a VGIC. MSIs are not supported.
 * -EINVAL (flags, types, a pin that no GIC has, a GSI given twice), -ENOMEM,
 * -EFAULT.
 */
long irqfd_set_routing(struct vm *vm, unsigned long arg);

#endif
