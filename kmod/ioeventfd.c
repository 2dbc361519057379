// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IOEVENTFD. Source: Documentation/virt/kvm/api.rst, "KVM_IOEVENTFD".
 * Length 0 means a store of any length to that address
 * (KVM_CAP_IOEVENTFD_ANY_LENGTH). Stores without a syndrome never match.
 */
#include "ioeventfd.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm.h>
#include "compat.h"
#include "counts.h"
#include "vm.h"

#define FLAGS (KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_DEASSIGN)

struct ioeventfd {
	struct list_head entry;
	struct eventfd_ctx *ctx;
	u64 ipa, data;
	unsigned int size; /* 0: any size */
	bool match; /* only a store of the value data matches */
};

void ioeventfds_init(struct ioeventfds *fds)
{
	rwlock_init(&fds->lock);
	INIT_LIST_HEAD(&fds->list);
}

static void ioeventfd_free(struct ioeventfd *fd)
{
	eventfd_ctx_put(fd->ctx);
	kfree(fd);
	count(COUNT_OBJECTS, -1);
}

void ioeventfds_destroy(struct ioeventfds *fds)
{
	struct ioeventfd *fd, *next;

	list_for_each_entry_safe(fd, next, &fds->list, entry)
		ioeventfd_free(fd);
}

static bool stores_meet(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->ipa == b->ipa &&
	       (!a->size || !b->size || a->size == b->size) &&
	       (!a->match || !b->match || a->data == b->data);
}

static bool same(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->ipa == b->ipa && a->size == b->size && a->match == b->match &&
	       (!a->match || a->data == b->data) && a->ctx == b->ctx;
}

static int attach(struct ioeventfds *fds, struct ioeventfd *fd)
{
	struct ioeventfd *other;
	int ret = -ENOSPC;

	write_lock(&fds->lock);
	if (fds->nr == IOEVENTFD_MAX)
		goto unlock;
	ret = -EEXIST;
	list_for_each_entry(other, &fds->list, entry)
		if (stores_meet(fd, other))
			goto unlock;
	list_add_tail(&fd->entry, &fds->list);
	fds->nr++;
	ret = 0;
unlock:
	write_unlock(&fds->lock);
	return ret;
}

static struct ioeventfd *detach(struct ioeventfds *fds,
				const struct ioeventfd *like)
{
	struct ioeventfd *fd, *found = NULL;

	write_lock(&fds->lock);
	list_for_each_entry(fd, &fds->list, entry) {
		if (!same(fd, like))
			continue;
		found = fd;
		list_del(&fd->entry);
		fds->nr--;
		break;
	}
	write_unlock(&fds->lock);
	return found;
}

static int args_check(const struct kvm_ioeventfd *args)
{
	if (args->flags & ~(u32)FLAGS)
		return -EINVAL;
	switch (args->len) {
	case 0:
		if (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
			return -EINVAL;
		return 0;
	case 1:
	case 2:
	case 4:
	case 8:
		return args->addr + args->len < args->addr ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

long ioeventfd_ioctl(struct vm *vm, unsigned long arg)
{
	struct ioeventfd *fd, *gone = NULL;
	struct kvm_ioeventfd args;
	long ret;

	if (copy_from_user(&args, (void __user *)arg, sizeof(args)))
		return -EFAULT;
	ret = args_check(&args);
	if (ret)
		return ret;
	fd = kzalloc(sizeof(*fd), GFP_KERNEL_ACCOUNT);
	if (!fd)
		return -ENOMEM;
	fd->ctx = eventfd_ctx_fdget(args.fd);
	if (IS_ERR(fd->ctx)) {
		ret = PTR_ERR(fd->ctx);
		kfree(fd);
		return ret;
	}
	count(COUNT_OBJECTS, 1);
	fd->ipa = args.addr;
	fd->size = args.len;
	fd->match = args.flags & KVM_IOEVENTFD_FLAG_DATAMATCH;
	fd->data = args.datamatch;
	if (args.flags & KVM_IOEVENTFD_FLAG_DEASSIGN) {
		gone = detach(&vm->ioeventfds, fd);
		ret = gone ? 0 : -ENOENT;
		if (gone)
			ioeventfd_free(gone);
	} else {
		ret = attach(&vm->ioeventfds, fd);
		if (!ret)
			return 0;
	}
	ioeventfd_free(fd);
	return ret;
}

bool ioeventfd_store(struct vm *vm, u64 ipa, unsigned int size, u64 value)
{
	struct ioeventfds *fds = &vm->ioeventfds;
	const struct ioeventfd store = {
		.ipa = ipa,
		.size = size,
		.match = true,
		.data = value & (~0ULL >> (64 - size * 8)),
	};
	struct ioeventfd *fd;
	bool hit = false;

	read_lock(&fds->lock);
	list_for_each_entry(fd, &fds->list, entry) {
		hit = stores_meet(&store, fd);
		if (!hit)
			continue;
		compat_eventfd_signal(fd->ctx);
		break;
	}
	read_unlock(&fds->lock);
	return hit;
}
