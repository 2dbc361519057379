// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's descriptor: its lifetime, its ioctls, creation of vCPUs. Source:
 * Documentation/virt/kvm/api.rst.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "vm.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <trapline/abi.h>
#include "catch.h"
#include "compat.h"
#include "counts.h"
#include "slots.h"
#include "stats.h"
#include "timer.h"
#include "vcpu.h"

#define DEFAULT_IPA_BITS 40
#define TYPE_IPA_BITS    0xffUL

void vm_get(struct vm *vm)
{
	kref_get(&vm->kref);
}

static void vm_destroy(struct kref *kref)
{
	struct vm *vm = container_of(kref, struct vm, kref);

	/* This comes first, because a signalled eventfd uses the vCPUs. */
	irqfds_destroy(&vm->irqfds);
	mmu_notifier_unregister(&vm->notifier, vm->mm);
	for (unsigned int i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->vcpus[i])
			vcpu_destroy(vm->vcpus[i]);
	ioeventfds_destroy(&vm->ioeventfds);
	vgic_destroy(vm);
	stage2_deinit(&vm->stage2);
	free_percpu(vm->last_vcpu);
	deny_deinit(&vm->deny);
	slots_deinit(vm);
	mmdrop(vm->mm);
	count(COUNT_VMS, -1);
	kvfree(vm);
}

void vm_put(struct vm *vm)
{
	kref_put(&vm->kref, vm_destroy);
}

struct vcpu *vm_vcpu(struct vm *vm, unsigned int id)
{
	if (id >= VM_MAX_VCPUS)
		return NULL;
	/*
	 * A mispredicted test must not index beyond the array: mask the id. The
	 * compiler must not know that this changes nothing.
	 */
	OPTIMIZER_HIDE_VAR(id);
	/* Pairs with the release in vcpu_create_fd(). */
	return smp_load_acquire(&vm->vcpus[id % VM_MAX_VCPUS]);
}

struct vcpu *vm_vcpu_from(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = NULL;

	while (!vcpu && id < VM_MAX_VCPUS)
		vcpu = vm_vcpu(vm, id++);
	return vcpu;
}

/*
 * stopped is set before the vCPU's mutex is taken, so an ioctl that takes the
 * mutex later sees it. Only one mutex is held at a time: lockdep allows a task
 * 48 locks.
 */
bool vm_vcpus_trystop(struct vm *vm)
{
	lockdep_assert_held(&vm->lock);
	WRITE_ONCE(vm->stopped, true);
	vm_each_vcpu(vm, vcpu) {
		if (!mutex_trylock(&vcpu->mutex)) {
			vm_vcpus_resume(vm);
			return false;
		}
		mutex_unlock(&vcpu->mutex);
	}
	return true;
}

void vm_vcpus_resume(struct vm *vm)
{
	/* An ioctl that reads false here also sees all changes made before. */
	smp_store_release(&vm->stopped, false);
}

void vm_kill(struct vm *vm)
{
	WRITE_ONCE(vm->dead, true);
	vm_each_vcpu(vm, vcpu) {
		WRITE_ONCE(vcpu->stop, true);
		vcpu_kick(vcpu);
	}
}

static void vm_stage2_failed(struct stage2 *s2)
{
	vm_kill(container_of(s2, struct vm, stage2));
}

static long vm_preferred_target(struct vm *vm, unsigned long arg)
{
	struct kvm_vcpu_init init = { .target = KVM_ARM_TARGET_GENERIC_V8 };

	return copy_to_user((void __user *)arg, &init, sizeof(init)) ? -EFAULT
								     : 0;
}

static long vm_create_vcpu(struct vm *vm, unsigned long arg)
{
	return arg < VM_MAX_VCPUS ? vcpu_create_fd(vm, arg) : -EINVAL;
}

static long vm_enable_cap(struct vm *vm, unsigned long arg)
{
	struct kvm_enable_cap cap;

	if (copy_from_user(&cap, (void __user *)arg, sizeof(cap)))
		return -EFAULT;
	if (cap.flags)
		return -EINVAL;
	switch (cap.cap) {
	case KVM_CAP_ARM_NISV_TO_USER:
		WRITE_ONCE(vm->nisv_to_user, true);
		return 0;
	case KVM_CAP_ARM_SYSTEM_SUSPEND:
		WRITE_ONCE(vm->system_suspend, true);
		return 0;
	default:
		return -EINVAL;
	}
}

static const struct {
	unsigned int cmd;
	long (*handler)(struct vm *vm, unsigned long arg);
} vm_ioctls[] = {
	{ KVM_CHECK_EXTENSION, vm_check_extension },
	{ KVM_SET_USER_MEMORY_REGION, slots_set_memory },
	{ KVM_SET_USER_MEMORY_REGION2, slots_set_memory2 },
	{ KVM_GET_DIRTY_LOG, slots_get_dirty },
	{ KVM_SET_MEMORY_ATTRIBUTES, deny_set_attributes },
	{ TRAPLINE_SET_WATCH, deny_set_watch },
	{ TRAPLINE_SET_CATCH, catch_set },
	{ KVM_ARM_PREFERRED_TARGET, vm_preferred_target },
	{ KVM_CREATE_VCPU, vm_create_vcpu },
	{ KVM_ENABLE_CAP, vm_enable_cap },
	{ KVM_CREATE_DEVICE, vgic_create_device },
	{ KVM_IRQ_LINE, vgic_irq_line },
	{ KVM_IRQFD, irqfd_ioctl },
	{ KVM_SET_GSI_ROUTING, irqfd_set_routing },
	{ KVM_IOEVENTFD, ioeventfd_ioctl },
	{ KVM_GET_STATS_FD, stats_vm_fd },
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = file->private_data;

	if (vm->mm != current->mm)
		return -EIO;
	for (unsigned int i = 0; i < ARRAY_SIZE(vm_ioctls); i++)
		if (vm_ioctls[i].cmd == cmd)
			return vm_ioctls[i].handler(vm, arg);
	return -ENOTTY;
}

static int vm_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.release = vm_release,
	.unlocked_ioctl = vm_ioctl,
	.llseek = noop_llseek,
};

static struct vm *vm_create(unsigned int ipa_bits)
{
	struct vm *vm = kvzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->kref);
	mutex_init(&vm->lock);
	init_rwsem(&vm->slots_lock);
	ioeventfds_init(&vm->ioeventfds);
	irqfds_init(&vm->irqfds);
	deny_init(&vm->deny);
	vm->ipa_bits = ipa_bits;
	vm->cntvoff = timer_count();
	ret = -ENOMEM;
	vm->last_vcpu = alloc_percpu_gfp(unsigned int, GFP_KERNEL_ACCOUNT);
	if (!vm->last_vcpu)
		goto free;
	ret = stage2_init(&vm->stage2, ipa_bits, vm_stage2_failed);
	if (ret)
		goto free_last;
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->notifier.ops = &slots_notifier_ops;
	ret = mmu_notifier_register(&vm->notifier, vm->mm);
	if (ret)
		goto drop;
	count(COUNT_VMS, 1);
	return vm;
drop:
	mmdrop(vm->mm);
	stage2_deinit(&vm->stage2);
free_last:
	free_percpu(vm->last_vcpu);
free:
	kvfree(vm);
	return ERR_PTR(ret);
}

int vm_create_fd(unsigned long type)
{
	struct vm *vm;
	int fd;

	if (type & ~TYPE_IPA_BITS)
		return -EINVAL;
	vm = vm_create(type ? type : DEFAULT_IPA_BITS);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	fd = anon_inode_getfd("trapline-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		vm_put(vm);
	return fd;
}
