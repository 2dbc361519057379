// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/trapline: the KVM system descriptor. Source:
 * Documentation/virt/kvm/api.rst; docs/abi.md lists the implemented part.
 */
#include "api.h"

#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <trapline/abi.h>
#include "catch.h"
#include "compat.h"
#include "debug.h"
#include "idreg.h"
#include "record.h"
#include "stage2.h"
#include "vgic/vgic.h"
#include "vm.h"

/* Capabilities whose value is the same on every machine. */
static const struct {
	unsigned int cap;
	int value;
} caps[] = {
	{ KVM_CAP_USER_MEMORY, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1 },
	{ KVM_CAP_USER_MEMORY2, 1 },
	{ KVM_CAP_SYNC_MMU, 1 },
	{ KVM_CAP_ARM_IRQ_LINE_LAYOUT_2, 1 },
	{ KVM_CAP_INTERNAL_ERROR_DATA, 1 },
	{ KVM_CAP_IOEVENTFD, 1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH, 1 },
	{ KVM_CAP_ONE_REG, 1 },
	{ KVM_CAP_VCPU_EVENTS, 1 },
	{ KVM_CAP_VCPU_ATTRIBUTES, 1 },
	{ KVM_CAP_ARM_INJECT_EXT_DABT, 1 },
	{ KVM_CAP_ARM_PSCI, 1 },
	{ KVM_CAP_ARM_PSCI_0_2, 1 },
	{ KVM_CAP_READONLY_MEM, 1 },
	{ KVM_CAP_MP_STATE, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1 },
	{ KVM_CAP_ARM_NISV_TO_USER, 1 },
	{ KVM_CAP_ARM_SYSTEM_SUSPEND, 1 },
	{ KVM_CAP_SYSTEM_EVENT_DATA, 1 },
	{ KVM_CAP_BINARY_STATS_FD, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG2, DEBUG_CONTROL },
	{ KVM_CAP_CHECK_EXTENSION_VM, 1 },
	{ KVM_CAP_ENABLE_CAP_VM, 1 },
	{ KVM_CAP_MEMORY_ATTRIBUTES, TRAPLINE_MEMORY_DENY_ALL },
	{ KVM_CAP_MEMORY_FAULT_INFO, 1 },
	{ TRAPLINE_CAP_EXEC_ONLY, 1 },
	{ TRAPLINE_CAP_SYNC, TRAPLINE_SYNC_ALL },
	{ TRAPLINE_CAP_WATCH, DENY_MAX_RANGES },
	{ TRAPLINE_CAP_RECORDER, RECORD_MAX },
	{ KVM_CAP_NR_MEMSLOTS, VM_MAX_SLOTS },
	{ KVM_CAP_MAX_VCPUS, VM_MAX_VCPUS },
	{ KVM_CAP_MAX_VCPU_ID, VM_MAX_VCPUS },
};

long vm_check_extension(struct vm *vm, unsigned long cap)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].cap == cap)
			return caps[i].value;
	switch (cap) {
	case KVM_CAP_NR_VCPUS:
		return min_t(unsigned int, num_online_cpus(), VM_MAX_VCPUS);
	case KVM_CAP_GUEST_DEBUG_HW_BPS:
		return debug_nr_brps();
	case KVM_CAP_GUEST_DEBUG_HW_WPS:
		return debug_nr_wrps();
	case KVM_CAP_ARM_VM_IPA_SIZE:
		return stage2_max_ipa_bits();
	case KVM_CAP_ARM_PTRAUTH_ADDRESS:
	case KVM_CAP_ARM_PTRAUTH_GENERIC:
		return idreg_has_ptrauth();
	case TRAPLINE_CAP_CATCH:
		return catch_offered();
	case KVM_CAP_IRQ_ROUTING:
		return vgic_offered() ? IRQFD_MAX_ROUTES : 0;
	case KVM_CAP_IRQCHIP:
	case KVM_CAP_IRQFD:
	case KVM_CAP_IRQFD_RESAMPLE:
	case KVM_CAP_DEVICE_CTRL:
		return vgic_offered();
	default:
		return 0;
	}
}

static long api_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CHECK_EXTENSION:
		return vm_check_extension(NULL, arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : PAGE_SIZE;
	case KVM_CREATE_VM:
		return vm_create_fd(arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations api_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = api_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "trapline",
	.fops = &api_fops,
	.mode = 0660, /* 60-trapline.rules sets the group */
};

int api_register(void)
{
	BUILD_BUG_ON(sizeof(struct kvm_run) > PAGE_SIZE);
	return misc_register(&device);
}

void api_deregister(void)
{
	misc_deregister(&device);
}
