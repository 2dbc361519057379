/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_ops.h - every call that vmm/ makes to KVM
 *
 * /dev/kvm and /dev/trapline have the same UAPI. kvm_device_ops serves both:
 * each member is one ioctl(2). A test has an implementation of its own, which
 * answers without a kernel (tests/unit/fake_kvm.h). Nothing else in vmm/ calls
 * ioctl(2) on a descriptor of KVM. mmap(2), dup3(2) and close(2) are called
 * directly, so an implementation returns real descriptors.
 *
 * Every member returns a negative errno on failure; its comment says what it
 * returns on success. The structures are KVM's: see
 * Documentation/virt/kvm/api.rst under the name of the ioctl.
 * include/trapline/abi.h describes the calls that only /dev/trapline has. Stock
 * KVM answers these with -ENOTTY.
 *
 * To add a call: add a member here, in the order of the descriptors; a line in
 * kvm_ops.c; and an answer in tests/unit/fake_kvm.c.
 *
 * Threads: any. KVM has locks of its own. The calls of a vCPU are for its own
 * thread, or for the control thread while the vCPU is parked (run.h).
 */
#ifndef TRAPLINE_VMM_KVM_OPS_H
#define TRAPLINE_VMM_KVM_OPS_H

#include <stdint.h>
#include <trapline/abi.h>

struct kvm_ops {
	/* --- the device ------------------------------------------------- */

	/* open(2) of /dev/kvm, or of its replacement: a descriptor. */
	int (*open)(const char *path);
	/* KVM_GET_API_VERSION: the version. */
	int (*api_version)(int fd);
	/*
	 * KVM_CHECK_EXTENSION, of the device or of a VM: KVM's answer for that
	 * capability. 0: KVM lacks it.
	 */
	int (*check)(int fd, unsigned long cap);
	/* KVM_GET_VCPU_MMAP_SIZE: size of a vCPU's struct kvm_run mapping. */
	int (*run_size)(int fd);
	/* KVM_CREATE_VM: a descriptor. */
	int (*vm_create)(int fd, unsigned long type);

	/* --- a VM -------------------------------------------------------- */

	/* KVM_ENABLE_CAP */
	int (*cap_enable)(int fd, const struct kvm_enable_cap *cap);
	/* KVM_SET_USER_MEMORY_REGION */
	int (*region_set)(int fd,
			  const struct kvm_userspace_memory_region *region);
	/* KVM_SET_MEMORY_ATTRIBUTES */
	int (*attributes_set)(int fd, const struct kvm_memory_attributes *attr);
	/* TRAPLINE_SET_WATCH */
	int (*watch_set)(int fd, const struct trapline_watch *watch);
	/* TRAPLINE_SET_CATCH */
	int (*catch_set)(int fd, const uint64_t *catch);
	/* KVM_IRQ_LINE */
	int (*irq_line)(int fd, const struct kvm_irq_level *line);
	/* KVM_CREATE_DEVICE: fills dev->fd. */
	int (*device_create)(int fd, struct kvm_create_device *dev);
	/* KVM_ARM_PREFERRED_TARGET: fills *init. */
	int (*target)(int fd, struct kvm_vcpu_init *init);
	/* KVM_CREATE_VCPU: a descriptor. */
	int (*vcpu_create)(int fd, unsigned long index);

	/* --- a device of KVM's ------------------------------------------- */

	/* KVM_SET_DEVICE_ATTR */
	int (*device_attr)(int fd, const struct kvm_device_attr *attr);

	/* --- a vCPU ------------------------------------------------------ */

	/* KVM_ARM_VCPU_INIT */
	int (*vcpu_init)(int fd, const struct kvm_vcpu_init *init);
	/*
	 * KVM_RUN: 0 with an exit in struct kvm_run. -EINTR: a signal came, or
	 * immediate_exit was set; KVM has completed the last exit for the
	 * guest.
	 */
	int (*run)(int fd);
	/* KVM_GET_ONE_REG and KVM_SET_ONE_REG */
	int (*reg_get)(int fd, const struct kvm_one_reg *reg);
	int (*reg_set)(int fd, const struct kvm_one_reg *reg);
	/* KVM_GET_MP_STATE */
	int (*mp_state)(int fd, struct kvm_mp_state *ret);
	/* KVM_SET_GUEST_DEBUG */
	int (*guest_debug)(int fd, const struct kvm_guest_debug *debug);
	/* TRAPLINE_SET_RECORDER */
	int (*recorder)(int fd, const uint32_t *nr);
};

extern const struct kvm_ops kvm_device_ops;

#endif
