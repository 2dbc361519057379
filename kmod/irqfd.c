// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_IRQFD. Source: Documentation/virt/kvm/api.rst, "KVM_IRQFD". The wait
 * queue entry is put first in the eventfd's queue and takes the count, so that
 * no other waiter wakes for an event that was an interrupt.
 *
 * The list is changed under irqfds.lock. When a guest has ended an interrupt
 * that has a resample eventfd, vCPUs read the list under RCU only.
 */
#include "irqfd.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <uapi/linux/kvm.h>
#include "compat.h"
#include "counts.h"
#include "vgic/vgic.h"
#include "vm.h"

#define FLAGS (KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE)

struct irqfd {
	struct list_head entry;
	struct vm *vm;
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample; /* signalled at the guest's EOI; or NULL */
	u32 gsi;
	unsigned int intid; /* the current INTID of gsi */
	wait_queue_entry_t wait;
	poll_table table;
	bool closed; /* the last reference to the eventfd's file is gone */
};

void irqfds_init(struct irqfds *fds)
{
	mutex_init(&fds->lock);
	INIT_LIST_HEAD(&fds->list);
}

static void pulse(struct irqfd *fd)
{
	vgic_signal(fd->vm, READ_ONCE(fd->intid));
}

/* Called under the eventfd's lock, with interrupts off. */
static int irqfd_wake(wait_queue_entry_t *wait, unsigned int mode, int sync,
		      void *key)
{
	struct irqfd *fd = container_of(wait, struct irqfd, wait);
	__poll_t flags = key_to_poll(key);
	u64 count;

	if (flags & EPOLLHUP)
		WRITE_ONCE(fd->closed, true);
	if (!(flags & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(fd->ctx, &count);
	pulse(fd);
	return 1;
}

static void queue_me(struct file *file, wait_queue_head_t *head,
		     poll_table *table)
{
	struct irqfd *fd = container_of(table, struct irqfd, table);

	add_wait_queue_priority(head, &fd->wait);
}

static void irqfd_free(struct irqfd *fd)
{
	u64 signals;

	eventfd_ctx_remove_wait_queue(fd->ctx, &fd->wait, &signals);
	eventfd_ctx_put(fd->ctx);
	if (fd->resample)
		eventfd_ctx_put(fd->resample);
	kfree(fd);
	count(COUNT_OBJECTS, -1);
}

/* Under irqfds.lock. True: an irqfd has a resample eventfd for this SPI. */
static bool resamples(const struct irqfds *fds, unsigned int intid)
{
	const struct irqfd *fd;

	list_for_each_entry(fd, &fds->list, entry)
		if (fd->resample && fd->intid == intid)
			return true;
	return false;
}

/* Under irqfds.lock. */
static void irqfd_detach(struct irqfd *fd)
{
	struct vm *vm = fd->vm;
	unsigned int intid = fd->intid;
	bool resample = fd->resample;

	list_del_rcu(&fd->entry);
	/* A vCPU may be about to signal the resample eventfd. */
	if (resample)
		synchronize_rcu();
	irqfd_free(fd);
	if (resample && !resamples(&vm->irqfds, intid))
		vgic_resample_set(vm, intid, false, true);
}

void irqfds_destroy(struct irqfds *fds)
{
	struct irqfd *fd, *next;

	list_for_each_entry_safe(fd, next, &fds->list, entry)
		irqfd_free(fd);
	kvfree(fds->routes);
}

static unsigned int route(const struct irqfds *fds, u32 gsi)
{
	if (gsi >= IRQFD_MAX_ROUTES)
		return 0;
	return fds->routes ? fds->routes[gsi] : VGIC_NR_PRIVATE + gsi;
}

static struct irqfd *irqfd_find(struct irqfds *fds, struct eventfd_ctx *ctx)
{
	struct irqfd *fd;

	list_for_each_entry(fd, &fds->list, entry)
		if (fd->ctx == ctx)
			return fd;
	return NULL;
}

static void sweep(struct irqfds *fds)
{
	struct irqfd *fd, *next;

	list_for_each_entry_safe(fd, next, &fds->list, entry)
		if (READ_ONCE(fd->closed))
			irqfd_detach(fd);
}

/* Takes over the references to ctx and resample if it returns 0. */
static int attach(struct vm *vm, struct file *file, struct eventfd_ctx *ctx,
		  struct eventfd_ctx *resample, u32 gsi)
{
	struct irqfd *fd;

	if (irqfd_find(&vm->irqfds, ctx))
		return -EBUSY;
	fd = kzalloc(sizeof(*fd), GFP_KERNEL_ACCOUNT);
	if (!fd)
		return -ENOMEM;
	count(COUNT_OBJECTS, 1);
	fd->vm = vm;
	fd->ctx = ctx;
	fd->resample = resample;
	fd->gsi = gsi;
	fd->intid = route(&vm->irqfds, gsi);
	init_waitqueue_func_entry(&fd->wait, irqfd_wake);
	init_poll_funcptr(&fd->table, queue_me);
	list_add_rcu(&fd->entry, &vm->irqfds.list);
	if (resample)
		vgic_resample_set(vm, fd->intid, true, false);
	/* A signal from before this irqfd was added is not lost. */
	if (vfs_poll(file, &fd->table) & EPOLLIN)
		pulse(fd);
	return 0;
}

static int change(struct vm *vm, const struct kvm_irqfd *args,
		  struct file *file)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fileget(file), *resample = NULL;
	bool on = !(args->flags & KVM_IRQFD_FLAG_DEASSIGN);
	struct irqfd *fd;
	int ret = 0;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (on && (args->flags & KVM_IRQFD_FLAG_RESAMPLE))
		resample = eventfd_ctx_fdget((int)args->resamplefd);
	if (IS_ERR(resample)) {
		eventfd_ctx_put(ctx);
		return PTR_ERR(resample);
	}
	mutex_lock(&vm->irqfds.lock);
	sweep(&vm->irqfds);
	if (on) {
		ret = attach(vm, file, ctx, resample, args->gsi);
	} else {
		fd = irqfd_find(&vm->irqfds, ctx);
		if (fd && fd->gsi == args->gsi)
			irqfd_detach(fd);
	}
	mutex_unlock(&vm->irqfds.lock);
	if (on && !ret)
		return 0;
	eventfd_ctx_put(ctx);
	if (resample)
		eventfd_ctx_put(resample);
	return ret;
}

void irqfds_ended(struct vm *vm, unsigned int intid)
{
	struct irqfd *fd;

	rcu_read_lock();
	list_for_each_entry_rcu(fd, &vm->irqfds.list, entry)
		if (fd->resample && READ_ONCE(fd->intid) == intid)
			compat_eventfd_signal(fd->resample);
	rcu_read_unlock();
}

long irqfd_ioctl(struct vm *vm, unsigned long arg)
{
	struct kvm_irqfd args;
	struct file *file;
	long ret;

	if (copy_from_user(&args, (void __user *)arg, sizeof(args)))
		return -EFAULT;
	if (args.flags & ~(u32)FLAGS)
		return -EINVAL;
	if (!vgic_ready(vm))
		return -EAGAIN;
	file = eventfd_fget(args.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = change(vm, &args, file);
	fput(file);
	return ret;
}

static int route_add(u16 *routes,
		     const struct kvm_irq_routing_entry __user *user)
{
	struct kvm_irq_routing_entry entry;
	unsigned int pin;

	if (copy_from_user(&entry, user, sizeof(entry)))
		return -EFAULT;
	pin = entry.u.irqchip.pin;
	if (entry.gsi >= IRQFD_MAX_ROUTES || entry.flags ||
	    entry.type != KVM_IRQ_ROUTING_IRQCHIP || entry.u.irqchip.irqchip ||
	    pin >= VGIC_MAX_SPIS || routes[entry.gsi])
		return -EINVAL;
	routes[entry.gsi] = VGIC_NR_PRIVATE + pin;
	return 0;
}

/* The levels of the lines do not change. */
static void routes_replace(struct vm *vm, u16 *routes)
{
	struct irqfds *fds = &vm->irqfds;
	struct irqfd *fd;

	mutex_lock(&fds->lock);
	swap(fds->routes, routes);
	list_for_each_entry(fd, &fds->list, entry) {
		if (fd->resample)
			vgic_resample_set(vm, fd->intid, false, false);
		WRITE_ONCE(fd->intid, route(fds, fd->gsi));
	}
	list_for_each_entry(fd, &fds->list, entry)
		if (fd->resample)
			vgic_resample_set(vm, fd->intid, true, false);
	mutex_unlock(&fds->lock);
	kvfree(routes);
}

long irqfd_set_routing(struct vm *vm, unsigned long arg)
{
	struct kvm_irq_routing __user *user = (void __user *)arg;
	struct kvm_irq_routing table;
	u16 *routes;
	int ret = 0;

	if (copy_from_user(&table, user, sizeof(table)))
		return -EFAULT;
	if (table.flags || table.nr > IRQFD_MAX_ROUTES)
		return -EINVAL;
	routes =
		kvcalloc(IRQFD_MAX_ROUTES, sizeof(*routes), GFP_KERNEL_ACCOUNT);
	if (!routes)
		return -ENOMEM;
	for (u32 i = 0; i < table.nr && !ret; i++)
		ret = route_add(routes, &user->entries[i]);
	if (ret)
		kvfree(routes);
	else
		routes_replace(vm, routes);
	return ret;
}
