// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power State Coordination Interface (DEN0022) and the discovery part of
 * SMCCC (DEN0028). What is not in the table is NOT_SUPPORTED.
 */
#include "psci.h"

#include <linux/arm-smccc.h>
#include <uapi/linux/psci.h>
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define NOT_SUPPORTED ((u64)(s64)PSCI_RET_NOT_SUPPORTED)
#define RESULT(ret)   ((u64)(s64)(ret))
#define AFFINITY      0xff00ffffffULL
#define ARG(n)        (call64 ? vcpu_x(vcpu, n) : (u32)vcpu_x(vcpu, n))

static struct vcpu *by_mpidr(struct vm *vm, u64 mpidr)
{
	for (unsigned int i = 0; i < VM_MAX_VCPUS; i++) {
		struct vcpu *vcpu = vm_vcpu(vm, i);

		if (vcpu && vcpu->inited &&
		    (vcpu_mpidr(vcpu) & AFFINITY) == (mpidr & AFFINITY))
			return vcpu;
	}
	return NULL;
}

static int call_version(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, PSCI_VERSION_SERVED);
	return 1;
}

static int call_suspend(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, PSCI_RET_SUCCESS);
	vcpu_fp_put(vcpu);
	timer_wait(vcpu);
	return 1;
}

static int call_cpu_off(struct vcpu *vcpu, bool call64)
{
	WRITE_ONCE(vcpu->power_off, true);
	return 1;
}

static int call_cpu_on(struct vcpu *vcpu, bool call64)
{
	struct vcpu *target = by_mpidr(vcpu->vm, ARG(1));
	int ret = PSCI_RET_ALREADY_ON;

	if (!target) {
		vcpu_set_x(vcpu, 0, RESULT(PSCI_RET_INVALID_PARAMS));
		return 1;
	}
	spin_lock_irq(&target->kick_lock);
	if (target->power_off) {
		target->reset.pc = ARG(2);
		target->reset.x0 = ARG(3);
		target->reset.pending = true;
		WRITE_ONCE(target->power_off, false);
		ret = PSCI_RET_SUCCESS;
	}
	spin_unlock_irq(&target->kick_lock);
	vcpu_kick(target);
	vcpu_set_x(vcpu, 0, RESULT(ret));
	return 1;
}

static int call_affinity_info(struct vcpu *vcpu, bool call64)
{
	struct vcpu *target = by_mpidr(vcpu->vm, ARG(1));
	u64 ret = RESULT(PSCI_RET_INVALID_PARAMS);

	if (target && !ARG(2))
		ret = READ_ONCE(target->power_off) ? PSCI_0_2_AFFINITY_LEVEL_OFF
						   : PSCI_0_2_AFFINITY_LEVEL_ON;
	vcpu_set_x(vcpu, 0, ret);
	return 1;
}

static int call_migrate_type(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, PSCI_0_2_TOS_MP);
	return 1;
}

/* All vCPUs leave KVM_RUN; user space decides what comes then. */
static int system_event(struct vcpu *vcpu, u32 type)
{
	struct vm *vm = vcpu->vm;

	for (unsigned int i = 0; i < VM_MAX_VCPUS; i++) {
		struct vcpu *other = vm_vcpu(vm, i);

		if (!other)
			continue;
		WRITE_ONCE(other->power_off, true);
		if (other != vcpu) {
			WRITE_ONCE(other->stop, true);
			vcpu_kick(other);
		}
	}
	memset(&vcpu->run->system_event, 0, sizeof(vcpu->run->system_event));
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = type;
	vcpu_set_x(vcpu, 0, RESULT(PSCI_RET_INTERNAL_FAILURE));
	return 0;
}

static int call_off(struct vcpu *vcpu, bool call64)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_SHUTDOWN);
}

static int call_reset(struct vcpu *vcpu, bool call64)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_RESET);
}

static int call_smccc_version(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, ARM_SMCCC_VERSION_1_1);
	return 1;
}

static int call_features(struct vcpu *vcpu, bool call64);
static int call_smccc_features(struct vcpu *vcpu, bool call64);

static const struct {
	u32 id;
	int (*handler)(struct vcpu *vcpu, bool call64);
} calls[] = {
	{ PSCI_0_2_FN_PSCI_VERSION, call_version },
	{ PSCI_0_2_FN_CPU_SUSPEND, call_suspend },
	{ PSCI_0_2_FN64_CPU_SUSPEND, call_suspend },
	{ PSCI_0_2_FN_CPU_OFF, call_cpu_off },
	{ PSCI_0_2_FN_CPU_ON, call_cpu_on },
	{ PSCI_0_2_FN64_CPU_ON, call_cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO, call_affinity_info },
	{ PSCI_0_2_FN64_AFFINITY_INFO, call_affinity_info },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE, call_migrate_type },
	{ PSCI_0_2_FN_SYSTEM_OFF, call_off },
	{ PSCI_0_2_FN_SYSTEM_RESET, call_reset },
	{ PSCI_1_0_FN_PSCI_FEATURES, call_features },
	{ ARM_SMCCC_VERSION_FUNC_ID, call_smccc_version },
	{ ARM_SMCCC_ARCH_FEATURES_FUNC_ID, call_smccc_features },
};

static bool served(u32 id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].id == id)
			return true;
	return false;
}

static int call_features(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, served(vcpu_x(vcpu, 1)) ? 0 : NOT_SUPPORTED);
	return 1;
}

static int call_smccc_features(struct vcpu *vcpu, bool call64)
{
	u32 id = vcpu_x(vcpu, 1);

	vcpu_set_x(vcpu, 0,
		   id == ARM_SMCCC_VERSION_FUNC_ID ||
				   id == ARM_SMCCC_ARCH_FEATURES_FUNC_ID
			   ? 0
			   : NOT_SUPPORTED);
	return 1;
}

int psci_call(struct vcpu *vcpu)
{
	u32 id = vcpu_x(vcpu, 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].id == id)
			return calls[i].handler(vcpu, ARM_SMCCC_IS_64(id));
	vcpu_set_x(vcpu, 0, NOT_SUPPORTED);
	return 1;
}
