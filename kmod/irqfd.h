/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irqfd.h - an eventfd that pulses an SPI of the VGIC
 *
 * Each VM has a list, under a mutex. The callback of an eventfd's wait queue
 * raises the interrupt in whatever context signals it. An eventfd that was
 * closed is swept out at the next KVM_IRQFD; all go with the VM.
 */
#ifndef TRAPLINE_KMOD_IRQFD_H
#define TRAPLINE_KMOD_IRQFD_H

#include <linux/list.h>
#include <linux/mutex.h>

struct vm;

struct irqfds {
	struct mutex lock;
	struct list_head list;
};

void irqfds_init(struct irqfds *fds);
void irqfds_destroy(struct irqfds *fds);

/*
 * KVM_IRQFD: gsi n is SPI 32 + n, no routing. -EINVAL (flags, among them
 * KVM_IRQFD_FLAG_RESAMPLE; no such SPI), -EAGAIN (the VGIC is not ready),
 * -EBUSY (the eventfd is one already), -EBADF.
 */
long irqfd_ioctl(struct vm *vm, unsigned long arg);

#endif
