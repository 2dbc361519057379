// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's descriptor: its ioctls, its mappings, its lifetime. Source:
 * Documentation/virt/kvm/api.rst.
 */
#include "vcpu.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "counts.h"
#include "events.h"
#include "onereg.h"
#include "own.h"
#include "timer.h"
#include "vm.h"

static long vcpu_one_reg(struct vcpu *vcpu, unsigned long arg, bool set)
{
	struct kvm_one_reg reg;

	if (!vcpu->inited)
		return -ENOEXEC;
	if (copy_from_user(&reg, (void __user *)arg, sizeof(reg)))
		return -EFAULT;
	/*
	 * If the vCPU has been turned on, access its registers after the reset.
	 */
	vcpu_reset_asked(vcpu);
	return onereg_access(vcpu, reg.id, (void __user *)reg.addr, set);
}

static long vcpu_get_reg(struct vcpu *vcpu, unsigned long arg)
{
	return vcpu_one_reg(vcpu, arg, false);
}

static long vcpu_set_reg(struct vcpu *vcpu, unsigned long arg)
{
	return vcpu_one_reg(vcpu, arg, true);
}

static long vcpu_reg_list(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_reg_list __user *user = (void __user *)arg;
	u64 n, nr = onereg_list(vcpu, NULL);

	if (!vcpu->inited)
		return -ENOEXEC;
	if (get_user(n, &user->n) || put_user(nr, &user->n))
		return -EFAULT;
	if (n < nr)
		return -E2BIG;
	return onereg_list(vcpu, user->reg) < 0 ? -EFAULT : 0;
}

static long vcpu_get_mp(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };

	if (READ_ONCE(vcpu->power_off))
		mp.mp_state = KVM_MP_STATE_STOPPED;
	else if (vcpu->suspended)
		mp.mp_state = KVM_MP_STATE_SUSPENDED;

	return copy_to_user((void __user *)arg, &mp, sizeof(mp)) ? -EFAULT : 0;
}

static long vcpu_set_mp(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_mp_state mp;

	if (copy_from_user(&mp, (void __user *)arg, sizeof(mp)))
		return -EFAULT;
	if (mp.mp_state != KVM_MP_STATE_STOPPED &&
	    mp.mp_state != KVM_MP_STATE_SUSPENDED &&
	    mp.mp_state != KVM_MP_STATE_RUNNABLE)
		return -EINVAL;
	vcpu->suspended = mp.mp_state == KVM_MP_STATE_SUSPENDED;
	WRITE_ONCE(vcpu->power_off, mp.mp_state == KVM_MP_STATE_STOPPED);
	return 0;
}

static const struct {
	unsigned int cmd;
	long (*handler)(struct vcpu *vcpu, unsigned long arg);
} vcpu_ioctls[] = {
	{ KVM_RUN, vcpu_run },
	{ KVM_GET_ONE_REG, vcpu_get_reg },
	{ KVM_SET_ONE_REG, vcpu_set_reg },
	{ KVM_GET_REG_LIST, vcpu_reg_list },
	{ KVM_ARM_VCPU_INIT, vcpu_init },
	{ KVM_GET_MP_STATE, vcpu_get_mp },
	{ KVM_SET_MP_STATE, vcpu_set_mp },
	{ KVM_SET_GUEST_DEBUG, debug_set },
	{ KVM_GET_VCPU_EVENTS, events_get },
	{ KVM_SET_VCPU_EVENTS, events_set },
	{ KVM_SET_SIGNAL_MASK, events_set_sigmask },
	{ KVM_GET_STATS_FD, stats_vcpu_fd },
	{ TRAPLINE_SET_RECORDER, record_set },
	{ KVM_HAS_DEVICE_ATTR, events_has_attr },
	{ KVM_GET_DEVICE_ATTR, events_get_attr },
	{ KVM_SET_DEVICE_ATTR, events_set_attr },
};

/* A thread that stops the vCPUs holds vm->lock until they may continue. */
static int vcpu_lock(struct vcpu *vcpu)
{
	while (!mutex_lock_killable(&vcpu->mutex)) {
		/* Pairs with vm_vcpus_resume(). */
		if (likely(!smp_load_acquire(&vcpu->vm->stopped)))
			return 0;
		mutex_unlock(&vcpu->mutex);
		if (mutex_lock_killable(&vcpu->vm->lock))
			break;
		mutex_unlock(&vcpu->vm->lock);
	}
	return -EINTR;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vcpu *vcpu = file->private_data;
	long ret = -ENOTTY;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (vcpu_lock(vcpu))
		return -EINTR;
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_ioctls); i++)
		if (vcpu_ioctls[i].cmd == cmd) {
			ret = vcpu_ioctls[i].handler(vcpu, arg);
			break;
		}
	mutex_unlock(&vcpu->mutex);
	return ret;
}

/* User space may only read the recorder's ring. */
static int vcpu_mmap_allowed(struct vm_area_struct *vma, unsigned long flags)
{
	return vma->vm_pgoff + vma_pages(vma) > 1 && (flags & VM_SHARED) &&
			       (flags & VM_WRITE)
		       ? -EACCES
		       : 0;
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct vcpu *vcpu = vmf->vma->vm_file->private_data;

	/* mremap() can grow a writable mapping of kvm_run into the ring. */
	if (vmf->pgoff)
		return vcpu_mmap_allowed(vmf->vma, vmf->vma->vm_flags)
			       ? VM_FAULT_SIGBUS
			       : record_fault(vcpu, vmf);
	vmf->page = virt_to_page(vcpu->run);
	get_page(vmf->page);
	return 0;
}

static int vcpu_mprotect(struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, unsigned long flags)
{
	return vcpu_mmap_allowed(vma, flags);
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
	.mprotect = vcpu_mprotect,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	int ret = vcpu_mmap_allowed(vma, vma->vm_flags);

	if (ret)
		return ret;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vcpu *vcpu = file->private_data;

	vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = vcpu_ioctl,
	.mmap = vcpu_mmap,
	.llseek = noop_llseek,
};

void vcpu_destroy(struct vcpu *vcpu)
{
	timer_deinit(vcpu);
	record_deinit(vcpu);
	count(COUNT_VCPUS, -1);
	stage2_cache_drain(&vcpu->cache);
	if (vcpu->run)
		free_page((unsigned long)vcpu->run);
	if (vcpu->ctx)
		own_page_put(vcpu->ctx);
	kfree(vcpu);
}

static struct vcpu *vcpu_create(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);

	BUILD_BUG_ON(sizeof(struct el2_ctx) > SZ_4K);
	BUILD_BUG_ON(offsetof(struct user_fpsimd_state, fpsr) != 512);
	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	vcpu->vm = vm;
	vcpu->id = id;
	mutex_init(&vcpu->mutex);
	spin_lock_init(&vcpu->kick_lock);
	init_waitqueue_head(&vcpu->wait);
	timer_init(vcpu);
	record_init(vcpu);
	count(COUNT_VCPUS, 1);
	vcpu->ctx = own_page_get();
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->ctx || !vcpu->run) {
		vcpu_destroy(vcpu);
		return ERR_PTR(-ENOMEM);
	}
	vgic_vcpu_init(vcpu);
	return vcpu;
}

int vcpu_create_fd(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu;
	int fd = -EEXIST;

	mutex_lock(&vm->lock);
	if (vm->vcpus[id])
		goto unlock;
	fd = -EBUSY;
	if (vm->vgic && vgic_ready(vm))
		goto unlock;
	vcpu = vcpu_create(vm, id);
	if (IS_ERR(vcpu)) {
		fd = PTR_ERR(vcpu);
		goto unlock;
	}
	vm_get(vm);
	fd = anon_inode_getfd("trapline-vcpu", &vcpu_fops, vcpu,
			      O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		vm_put(vm);
		vcpu_destroy(vcpu);
		goto unlock;
	}
	vcpu->nth = vm->nr_vcpus;
	/* Readers take no lock: the vCPU is complete now. */
	smp_store_release(&vm->vcpus[id], vcpu);
	/* Pairs with region_size(). */
	smp_store_release(&vm->nr_vcpus, vm->nr_vcpus + 1);
	if (vm->vgic)
		vgic_redist_place(vm);
unlock:
	mutex_unlock(&vm->lock);
	return fd;
}
