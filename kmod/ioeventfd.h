/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioeventfd.h - a guest's store that signals an eventfd and is no exit
 *
 * Each VM has a list of at most IOEVENTFD_MAX, under a lock of its own that
 * nests inside everything else. They go with the VM.
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
/* Nobody runs any more. */
void ioeventfds_destroy(struct ioeventfds *fds);

/*
 * KVM_IOEVENTFD. -EINVAL (flags, length, address; port I/O, which no arm64
 * guest has), -EEXIST (that store has one), -ENOENT (nothing to detach),
 * -ENOSPC, -EBADF.
 */
long ioeventfd_ioctl(struct vm *vm, unsigned long arg);

/* A store to where no memory is. True: signalled, the guest goes on. */
bool ioeventfd_store(struct vm *vm, u64 ipa, unsigned int size, u64 value);

#endif
