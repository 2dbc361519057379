// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm_ops.c - the calls of kvm_ops.h, to /dev/kvm or /dev/trapline
 */
#include "kvm_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

static int call(int fd, unsigned long request, unsigned long arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int call_ptr(int fd, unsigned long request, const void *arg)
{
	return call(fd, request, (unsigned long)(uintptr_t)arg);
}

static int op_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int op_api_version(int fd)
{
	return call(fd, KVM_GET_API_VERSION, 0);
}

static int op_check(int fd, unsigned long cap)
{
	return call(fd, KVM_CHECK_EXTENSION, cap);
}

static int op_run_size(int fd)
{
	return call(fd, KVM_GET_VCPU_MMAP_SIZE, 0);
}

static int op_vm_create(int fd, unsigned long type)
{
	return call(fd, KVM_CREATE_VM, type);
}

static int op_cap_enable(int fd, const struct kvm_enable_cap *cap)
{
	return call_ptr(fd, KVM_ENABLE_CAP, cap);
}

static int op_region_set(int fd,
			 const struct kvm_userspace_memory_region *region)
{
	return call_ptr(fd, KVM_SET_USER_MEMORY_REGION, region);
}

static int op_attributes_set(int fd, const struct kvm_memory_attributes *attr)
{
	return call_ptr(fd, KVM_SET_MEMORY_ATTRIBUTES, attr);
}

static int op_watch_set(int fd, const struct trapline_watch *watch)
{
	return call_ptr(fd, TRAPLINE_SET_WATCH, watch);
}

static int op_catch_set(int fd, const uint64_t *catch)
{
	return call_ptr(fd, TRAPLINE_SET_CATCH, catch);
}

static int op_irq_line(int fd, const struct kvm_irq_level *line)
{
	return call_ptr(fd, KVM_IRQ_LINE, line);
}

static int op_device_create(int fd, struct kvm_create_device *dev)
{
	return call_ptr(fd, KVM_CREATE_DEVICE, dev);
}

static int op_target(int fd, struct kvm_vcpu_init *init)
{
	return call_ptr(fd, KVM_ARM_PREFERRED_TARGET, init);
}

static int op_vcpu_create(int fd, unsigned long index)
{
	return call(fd, KVM_CREATE_VCPU, index);
}

static int op_device_attr(int fd, const struct kvm_device_attr *attr)
{
	return call_ptr(fd, KVM_SET_DEVICE_ATTR, attr);
}

static int op_vcpu_init(int fd, const struct kvm_vcpu_init *init)
{
	return call_ptr(fd, KVM_ARM_VCPU_INIT, init);
}

static int op_run(int fd)
{
	return call(fd, KVM_RUN, 0);
}

static int op_reg_get(int fd, const struct kvm_one_reg *reg)
{
	return call_ptr(fd, KVM_GET_ONE_REG, reg);
}

static int op_reg_set(int fd, const struct kvm_one_reg *reg)
{
	return call_ptr(fd, KVM_SET_ONE_REG, reg);
}

static int op_mp_state(int fd, struct kvm_mp_state *ret)
{
	return call_ptr(fd, KVM_GET_MP_STATE, ret);
}

static int op_guest_debug(int fd, const struct kvm_guest_debug *debug)
{
	return call_ptr(fd, KVM_SET_GUEST_DEBUG, debug);
}

static int op_recorder(int fd, const uint32_t *nr)
{
	return call_ptr(fd, TRAPLINE_SET_RECORDER, nr);
}

const struct kvm_ops kvm_device_ops = {
	.open = op_open,
	.api_version = op_api_version,
	.check = op_check,
	.run_size = op_run_size,
	.vm_create = op_vm_create,
	.cap_enable = op_cap_enable,
	.region_set = op_region_set,
	.attributes_set = op_attributes_set,
	.watch_set = op_watch_set,
	.catch_set = op_catch_set,
	.irq_line = op_irq_line,
	.device_create = op_device_create,
	.target = op_target,
	.vcpu_create = op_vcpu_create,
	.device_attr = op_device_attr,
	.vcpu_init = op_vcpu_init,
	.run = op_run,
	.reg_get = op_reg_get,
	.reg_set = op_reg_set,
	.mp_state = op_mp_state,
	.guest_debug = op_guest_debug,
	.recorder = op_recorder,
};
