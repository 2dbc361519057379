// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGIC with KVM's interface: a device with attributes, and KVM_IRQ_LINE.
 * Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst.
 */
#include "vgic.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "tracepoints.h"
#include "vcpu.h"
#include "vgic_state.h"
#include "vm.h"

bool vgic_ready(struct vm *vm)
{
	/* Pairs with vgic_start(): a reader that sees true sees the SPIs, too. */
	return vm->vgic && smp_load_acquire(&vm->vgic->ready);
}

static long irqs_set(struct vm *vm, u32 nr)
{
	if (vm->vgic->ready || vm->vgic->nr_irqs)
		return -EBUSY;
	/* As KVM: INTIDs 1020 to 1023 are special, so 992 is the maximum. */
	if (nr < 2 * VGIC_NR_PRIVATE || nr >= VGIC_MAX_IRQS || nr % 32)
		return -EINVAL;
	vm->vgic->nr_irqs = nr;
	return 0;
}

/* All vCPUs exist and none runs: their next reset or run uses the VGIC. */
static long vgic_start(struct vm *vm)
{
	struct vgic *vgic = vm->vgic;

	if (vgic->ready)
		return 0;
	if (!vm_vcpus_trystop(vm))
		return -EBUSY;
	if (!vgic->nr_irqs)
		vgic->nr_irqs = VGIC_DEFAULT_IRQS;
	vgic->spis = kvcalloc(vgic->nr_irqs - VGIC_NR_PRIVATE,
			      sizeof(*vgic->spis), GFP_KERNEL_ACCOUNT);
	if (vgic->spis) {
		/* After nr_irqs and spis. */
		smp_store_release(&vgic->ready, true);
		vm_each_vcpu(vm, vcpu)
			vgic_vcpu_reset(vcpu);
	}
	vm_vcpus_resume(vm);
	return vgic->spis ? 0 : -ENOMEM;
}

static long attr_set(struct vm *vm, const struct kvm_device_attr *attr)
{
	void __user *user = (void __user *)attr->addr;
	u64 value;
	u32 nr;

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		if (copy_from_user(&value, user, sizeof(value)))
			return -EFAULT;
		return vgic_addr_set(vm, attr->attr, value);
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		if (copy_from_user(&nr, user, sizeof(nr)))
			return -EFAULT;
		return irqs_set(vm, nr);
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		if (attr->attr == KVM_DEV_ARM_VGIC_CTRL_INIT)
			return vgic_start(vm);
		return -ENXIO;
	default:
		return vgic_attr_access(vm, attr, true);
	}
}

static long attr_get(struct vm *vm, const struct kvm_device_attr *attr)
{
	void __user *user = (void __user *)attr->addr;
	u64 base;
	int ret;

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		/* The user's value selects the region. */
		if (copy_from_user(&base, user, sizeof(base)))
			return -EFAULT;
		ret = vgic_addr_get(vm, attr->attr, &base);
		if (ret)
			return ret;
		return copy_to_user(user, &base, sizeof(base)) ? -EFAULT : 0;
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		return put_user(vm->vgic->nr_irqs, (u32 __user *)user);
	default:
		return vgic_attr_access(vm, attr, false);
	}
}

static long attr_has(struct vm *vm, const struct kvm_device_attr *attr)
{
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		switch (attr->attr) {
		case KVM_VGIC_V3_ADDR_TYPE_DIST:
		case KVM_VGIC_V3_ADDR_TYPE_REDIST:
		case KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION:
			return 0;
		}
		return -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		return 0;
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		return attr->attr == KVM_DEV_ARM_VGIC_CTRL_INIT ? 0 : -ENXIO;
	default:
		return vgic_attr_has(vm, attr);
	}
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = file->private_data;
	struct kvm_device_attr attr;
	long ret;

	if (vm->mm != current->mm)
		return -EIO;
	if (cmd != KVM_SET_DEVICE_ATTR && cmd != KVM_GET_DEVICE_ATTR &&
	    cmd != KVM_HAS_DEVICE_ATTR)
		return -ENOTTY;
	if (copy_from_user(&attr, (void __user *)arg, sizeof(attr)))
		return -EFAULT;
	if (attr.flags)
		return -EINVAL;
	if (cmd == KVM_HAS_DEVICE_ATTR)
		return attr_has(vm, &attr);
	mutex_lock(&vm->lock);
	ret = cmd == KVM_SET_DEVICE_ATTR ? attr_set(vm, &attr)
					 : attr_get(vm, &attr);
	mutex_unlock(&vm->lock);
	return ret;
}

static int device_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.llseek = noop_llseek,
};

static struct vgic *vgic_create(void)
{
	struct vgic *vgic = kzalloc(sizeof(*vgic), GFP_KERNEL_ACCOUNT);

	if (vgic) {
		raw_spin_lock_init(&vgic->lock);
		vgic->dist_base = VGIC_UNSET;
	}
	return vgic;
}

long vgic_create_device(struct vm *vm, unsigned long arg)
{
	struct kvm_create_device dev;
	struct vgic *vgic;
	struct file *file;
	long ret = -EEXIST;
	int fd;

	if (copy_from_user(&dev, (void __user *)arg, sizeof(dev)))
		return -EFAULT;
	if (dev.type != KVM_DEV_TYPE_ARM_VGIC_V3 || !vgic_offered())
		return -ENODEV;
	if (dev.flags == KVM_CREATE_DEVICE_TEST)
		return 0;
	if (dev.flags)
		return -EINVAL;
	mutex_lock(&vm->lock);
	if (vm->vgic)
		goto unlock;
	ret = -ENOMEM;
	vgic = vgic_create();
	if (!vgic)
		goto unlock;
	fd = get_unused_fd_flags(O_CLOEXEC);
	ret = fd;
	if (ret < 0)
		goto free;
	file = anon_inode_getfile("trapline-vgic", &device_fops, vm, O_RDWR);
	ret = PTR_ERR_OR_ZERO(file);
	if (ret)
		goto put_fd;
	vm_get(vm);
	dev.fd = fd;
	ret = -EFAULT;
	if (copy_to_user((void __user *)arg, &dev, sizeof(dev)))
		goto put_file;
	/*
	 * Others read vm->vgic without the lock, so nothing may fail from here
	 * on.
	 */
	smp_store_release(&vm->vgic, vgic);
	fd_install(fd, file);
	ret = 0;
	goto unlock;
put_file:
	fput(file);
put_fd:
	put_unused_fd(fd);
free:
	kfree(vgic);
unlock:
	mutex_unlock(&vm->lock);
	return ret;
}

void vgic_destroy(struct vm *vm)
{
	if (vm->vgic)
		kvfree(vm->vgic->spis);
	kfree(vm->vgic);
}

int vgic_set_line(struct vm *vm, struct vcpu *vcpu, unsigned int intid,
		  bool level)
{
	struct vgic_irq *irq;
	struct vcpu *kick = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->vgic->lock, flags);
	irq = vgic_irq_get(vm, vcpu, intid);
	if (irq && irq->level != level) {
		trace_trapline_irq(vcpu ? (int)vcpu->id : -1, intid, level);
		irq->level = level;
		if (irq->edge && level)
			irq->latch = true;
		kick = vgic_irq_update(vm, vcpu, intid);
		if (!irq->edge && !level)
			vgic_irq_withdraw(vm, vcpu, intid);
	}
	raw_spin_unlock_irqrestore(&vm->vgic->lock, flags);
	if (kick)
		vcpu_kick(kick);
	return irq ? 0 : -EINVAL;
}

void vgic_signal(struct vm *vm, unsigned int intid)
{
	struct vcpu *kick = NULL;
	struct vgic_irq *irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->vgic->lock, flags);
	irq = vgic_irq_get(vm, NULL, intid);
	if (irq && irq->edge)
		irq->latch = true;
	else if (irq)
		irq->level = true;
	if (irq)
		kick = vgic_irq_update(vm, NULL, intid);
	raw_spin_unlock_irqrestore(&vm->vgic->lock, flags);
	if (kick)
		vcpu_kick(kick);
}

void vgic_resample_set(struct vm *vm, unsigned int intid, bool on, bool lower)
{
	struct vgic_irq *irq;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->vgic->lock, flags);
	irq = vgic_irq_get(vm, NULL, intid);
	if (irq)
		irq->resample = on;
	raw_spin_unlock_irqrestore(&vm->vgic->lock, flags);
	if (lower)
		vgic_set_line(vm, NULL, intid, false);
}

long vgic_irq_line(struct vm *vm, unsigned long arg)
{
	struct kvm_irq_level line;
	struct vcpu *vcpu;
	unsigned int type, intid, id;

	if (copy_from_user(&line, (void __user *)arg, sizeof(line)))
		return -EFAULT;
	if (!vgic_ready(vm))
		return -ENXIO;
	type = line.irq >> KVM_ARM_IRQ_TYPE_SHIFT & KVM_ARM_IRQ_TYPE_MASK;
	intid = line.irq & KVM_ARM_IRQ_NUM_MASK;
	id = (line.irq >> KVM_ARM_IRQ_VCPU2_SHIFT & KVM_ARM_IRQ_VCPU2_MASK) *
		     (KVM_ARM_IRQ_VCPU_MASK + 1) +
	     (line.irq >> KVM_ARM_IRQ_VCPU_SHIFT & KVM_ARM_IRQ_VCPU_MASK);
	vcpu = vm_vcpu(vm, id);
	if (type == KVM_ARM_IRQ_TYPE_SPI && intid >= VGIC_NR_PRIVATE)
		return vgic_set_line(vm, NULL, intid, line.level);
	if (type == KVM_ARM_IRQ_TYPE_PPI && vcpu && intid >= VGIC_NR_SGIS &&
	    intid < VGIC_NR_PRIVATE)
		return vgic_set_line(vm, vcpu, intid, line.level);
	return -EINVAL;
}
