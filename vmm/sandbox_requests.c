// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sandbox_requests.c - see sandbox_requests.h
 *
 * The control thread runs a vCPU for a step, and makes a new VM at a reset, so
 * it may use all of kvm_ops.c.
 */
#include "sandbox_requests.h"

#include <trapline/abi.h>

#define CONTROL (1U << SANDBOX_CONTROL)
#define VCPU    (1U << SANDBOX_VCPU)
#define DEVICE  (1U << SANDBOX_DEVICE)
#define GUEST   (CONTROL | VCPU | DEVICE)

const struct sandbox_request sandbox_requests[] = {
	{ KVM_RUN, VCPU | CONTROL },
	{ KVM_GET_ONE_REG, VCPU | CONTROL },
	{ KVM_SET_ONE_REG, VCPU | CONTROL },
	{ KVM_SET_GUEST_DEBUG, VCPU | CONTROL },
	{ KVM_GET_MP_STATE, VCPU | CONTROL },
	{ KVM_SET_USER_MEMORY_REGION, VCPU | CONTROL },
	{ KVM_SET_MEMORY_ATTRIBUTES, VCPU | CONTROL },
	{ TRAPLINE_SET_WATCH, GUEST },
	{ KVM_IRQ_LINE, GUEST },
	{ KVM_GET_API_VERSION, CONTROL },
	{ KVM_CHECK_EXTENSION, CONTROL },
	{ KVM_GET_VCPU_MMAP_SIZE, CONTROL },
	{ KVM_CREATE_VM, CONTROL },
	{ KVM_ENABLE_CAP, CONTROL },
	{ KVM_CREATE_DEVICE, CONTROL },
	{ KVM_SET_DEVICE_ATTR, CONTROL },
	{ KVM_ARM_PREFERRED_TARGET, CONTROL },
	{ KVM_CREATE_VCPU, CONTROL },
	{ KVM_ARM_VCPU_INIT, CONTROL },
	{ TRAPLINE_SET_CATCH, CONTROL },
	{ TRAPLINE_SET_RECORDER, CONTROL },
};

const unsigned int sandbox_nr_requests = ARRAY_SIZE(sandbox_requests);
