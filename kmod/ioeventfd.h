/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioeventfd.h - a guest's store that signals an eventfd instead of an exit
 *
 * Each VM has a list of at most IOEVENTFD_MAX ioeventfds, under a lock of its
 * own that nests inside all other locks. The ioeventfds are freed with the VM.
 */
#ifndef TRAPLINE_KMOD_IOEVENTFD_H
#define TRAPLINE_KMOD_IOEVENTFD_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct vm;

#define IOEVENTFD_MAX 1000U

struct ioeventfds {
	rwlock_t lock;
	struct list_head list;
	unsigned int nr;
};

void ioeventfds_init(struct ioeventfds *fds);
/* No vCPU runs any more. */
void ioeventfds_destroy(struct ioeventfds *fds);

/*
 * KVM_IOEVENTFD. -EINVAL (flags, length, address; port I/O, which no arm64
 * guest has), -EEXIST (this store has an ioeventfd already), -ENOENT (nothing
 * to detach), -ENOSPC, -EBADF.
 */
long ioeventfd_ioctl(struct vm *vm, unsigned long arg);

/*
 * A store to an address without memory. True: the eventfd was signalled, and
 * the guest continues.
 */
bool ioeventfd_store(struct vm *vm, u64 ipa, unsigned int size, u64 value);

#endif
