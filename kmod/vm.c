// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM's descriptor: memory slots, the MMU notifier, creation of vCPUs.
 * Source: Documentation/virt/kvm/api.rst.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "vm.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <clocksource/arm_arch_timer.h>
#include <asm/arch_timer.h>
#include "compat.h"
#include "timer.h"
#include "vcpu.h"

#define DEFAULT_IPA_BITS 40
#define TYPE_IPA_BITS    0xffUL
#define SLOT_ID          0xffffU /* above: the address space, x86's SMM */

void vm_get(struct vm *vm)
{
	kref_get(&vm->kref);
}

static void vm_destroy(struct kref *kref)
{
	struct vm *vm = container_of(kref, struct vm, kref);

	/* First: an eventfd reaches the vCPUs. */
	irqfds_destroy(&vm->irqfds);
	mmu_notifier_unregister(&vm->notifier, vm->mm);
	for (unsigned int i = 0; i < VM_MAX_VCPUS; i++)
		if (vm->vcpus[i])
			vcpu_destroy(vm->vcpus[i]);
	ioeventfds_destroy(&vm->ioeventfds);
	vgic_destroy(vm);
	stage2_deinit(&vm->stage2);
	mmdrop(vm->mm);
	kvfree(vm);
}

void vm_put(struct vm *vm)
{
	kref_put(&vm->kref, vm_destroy);
}

struct vm_slot *vm_slot_find(struct vm *vm, u64 ipa)
{
	for (unsigned int i = 0; i < VM_MAX_SLOTS; i++)
		if (ipa - vm->slots[i].ipa < vm->slots[i].size)
			return &vm->slots[i];
	return NULL;
}

struct vcpu *vm_vcpu(struct vm *vm, unsigned int id)
{
	return id < VM_MAX_VCPUS ? smp_load_acquire(&vm->vcpus[id]) : NULL;
}

unsigned int vm_nr_vcpus(struct vm *vm)
{
	return smp_load_acquire(&vm->nr_vcpus);
}

static int invalidate_start(struct mmu_notifier *mn,
			    const struct mmu_notifier_range *range)
{
	struct vm *vm = container_of(mn, struct vm, notifier);

	spin_lock(&vm->stage2.lock);
	vm->stage2.inv_count++;
	/* No lock: a slot that changes is unmapped by who changes it. */
	for (unsigned int i = 0; i < VM_MAX_SLOTS; i++) {
		u64 hva = READ_ONCE(vm->slots[i].hva);
		u64 size = READ_ONCE(vm->slots[i].size);
		u64 start = max_t(u64, range->start, hva);
		u64 end = min_t(u64, range->end, hva + size);

		if (start < end)
			stage2_unmap(&vm->stage2,
				     vm->slots[i].ipa + (start - hva),
				     end - start);
	}
	spin_unlock(&vm->stage2.lock);
	return 0;
}

static void invalidate_end(struct mmu_notifier *mn,
			   const struct mmu_notifier_range *range)
{
	struct vm *vm = container_of(mn, struct vm, notifier);

	spin_lock(&vm->stage2.lock);
	vm->stage2.inv_seq++;
	vm->stage2.inv_count--;
	spin_unlock(&vm->stage2.lock);
}

/* The process is going: its pages with it. */
static void notifier_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct vm *vm = container_of(mn, struct vm, notifier);

	spin_lock(&vm->stage2.lock);
	stage2_unmap(&vm->stage2, 0, BIT_ULL(vm->stage2.ipa_bits));
	vm->stage2.inv_seq++;
	spin_unlock(&vm->stage2.lock);
}

static const struct mmu_notifier_ops notifier_ops = {
	.invalidate_range_start = invalidate_start,
	.invalidate_range_end = invalidate_end,
	.release = notifier_release,
};

static int slot_check(struct vm *vm,
		      const struct kvm_userspace_memory_region *region)
{
	u64 ipa = region->guest_phys_addr, size = region->memory_size;

	if (region->slot >= VM_MAX_SLOTS || (region->flags & ~KVM_MEM_READONLY))
		return -EINVAL;
	if ((ipa | size | region->userspace_addr) & (PAGE_SIZE - 1))
		return -EINVAL;
	if (ipa + size < ipa ||
	    !access_ok((void __user *)region->userspace_addr, size))
		return -EINVAL;
	if (ipa + size > BIT_ULL(vm->ipa_bits))
		return -EFAULT;
	for (unsigned int i = 0; i < VM_MAX_SLOTS && size; i++)
		if (i != region->slot && vm->slots[i].size &&
		    ipa < vm->slots[i].ipa + vm->slots[i].size &&
		    vm->slots[i].ipa < ipa + size)
			return -EEXIST;
	return 0;
}

static int slot_set(struct vm *vm,
		    const struct kvm_userspace_memory_region *region)
{
	struct vm_slot *slot;
	int ret;

	down_write(&vm->slots_lock);
	ret = slot_check(vm, region);
	if (ret)
		goto unlock;
	slot = &vm->slots[region->slot];
	if (!region->memory_size && !slot->size) {
		ret = -EINVAL;
		goto unlock;
	}
	spin_lock(&vm->stage2.lock);
	if (slot->size)
		stage2_unmap(&vm->stage2, slot->ipa, slot->size);
	slot->ipa = region->guest_phys_addr;
	slot->size = region->memory_size;
	slot->hva = region->userspace_addr;
	slot->flags = region->flags;
	vm->stage2.inv_seq++;
	spin_unlock(&vm->stage2.lock);
unlock:
	up_write(&vm->slots_lock);
	return ret;
}

static long vm_set_memory(struct vm *vm, unsigned long arg)
{
	struct kvm_userspace_memory_region region;

	if (copy_from_user(&region, (void __user *)arg, sizeof(region)))
		return -EFAULT;
	return slot_set(vm, &region);
}

/* Memory by descriptor is not there; without it the two are the same. */
static long vm_set_memory2(struct vm *vm, unsigned long arg)
{
	struct kvm_userspace_memory_region2 args;
	struct kvm_userspace_memory_region region;

	if (copy_from_user(&args, (void __user *)arg, sizeof(args)))
		return -EFAULT;
	region.slot = args.slot;
	region.flags = args.flags;
	region.guest_phys_addr = args.guest_phys_addr;
	region.memory_size = args.memory_size;
	region.userspace_addr = args.userspace_addr;
	return slot_set(vm, &region);
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

static long vm_extension(struct vm *vm, unsigned long arg)
{
	return vm_check_extension(arg);
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
	{ KVM_CHECK_EXTENSION, vm_extension },
	{ KVM_SET_USER_MEMORY_REGION, vm_set_memory },
	{ KVM_SET_USER_MEMORY_REGION2, vm_set_memory2 },
	{ KVM_ARM_PREFERRED_TARGET, vm_preferred_target },
	{ KVM_CREATE_VCPU, vm_create_vcpu },
	{ KVM_ENABLE_CAP, vm_enable_cap },
	{ KVM_CREATE_DEVICE, vgic_create_device },
	{ KVM_IRQ_LINE, vgic_irq_line },
	{ KVM_IRQFD, irqfd_ioctl },
	{ KVM_IOEVENTFD, ioeventfd_ioctl },
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
	vm->ipa_bits = ipa_bits;
	vm->cntvoff = timer_count();
	ret = stage2_init(&vm->stage2, ipa_bits);
	if (ret)
		goto free;
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->notifier.ops = &notifier_ops;
	ret = mmu_notifier_register(&vm->notifier, vm->mm);
	if (ret)
		goto drop;
	return vm;
drop:
	mmdrop(vm->mm);
	stage2_deinit(&vm->stage2);
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
