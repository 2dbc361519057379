/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqfd.h - an eventfd that raises an SPI of the VGIC
 *
 * Each VM has a list and a table of routes, under a mutex. The callback of an
 * eventfd's wait queue raises the interrupt in whatever context signals it. An
 * eventfd that was closed is swept out at the next KVM_IRQFD; all go with the
 * VM.
 *
 * A signal is an edge on an edge-triggered SPI, and raises the line of a
 * level-sensitive one. There it stays high until KVM_IRQ_LINE lowers it, as with
 * KVM, or, with KVM_IRQFD_FLAG_RESAMPLE, until the guest has ended the
 * interrupt: then the second eventfd tells user space, which signals the first
 * one again if the device still wants.
 */
#ifndef TRAPLINE_KMOD_IRQFD_H
#define TRAPLINE_KMOD_IRQFD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct vm;

#define IRQFD_MAX_ROUTES 4096U

struct irqfds {
	struct mutex lock;
	struct list_head list;
	u16 *routes; /* an INTID for each GSI, 0: none; NULL: 32 + GSI */
};

void irqfds_init(struct irqfds *fds);
void irqfds_destroy(struct irqfds *fds);

/*
 * KVM_IRQFD: gsi n is SPI 32 + n, unless routed; what is routed nowhere is
 * signalled in vain. -EINVAL (flags), -EAGAIN (the VGIC is not ready), -EBUSY
 * (the eventfd is one already), -EBADF and -EINVAL (no eventfd), -ENOMEM.
 */
long irqfd_ioctl(struct vm *vm, unsigned long arg);
/*
 * A guest has ended a level-sensitive SPI, and its line was lowered: tell those
 * that asked. Any context, with no lock of the VGIC's held.
 */
void irqfds_ended(struct vm *vm, unsigned int intid);
/*
 * KVM_SET_GSI_ROUTING: all of the table at once, pins of the VGIC's SPIs, also
 * before there is one. No MSIs. -EINVAL (flags, types, a pin that no GIC has, or
 * twice), -ENOMEM, -EFAULT.
 */
long irqfd_set_routing(struct vm *vm, unsigned long arg);

#endif
