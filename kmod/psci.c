// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power State Coordination Interface (DEN0022). Of SMCCC (DEN0028), guests get
 * discovery and the workarounds that the machine's firmware has. A call that is
 * not in the table returns NOT_SUPPORTED.
 */
#include "psci.h"

#include <linux/arm-smccc.h>
#include <linux/bitfield.h>
#include <asm/cputype.h>
#include <uapi/linux/psci.h>
#include "access.h"
#include "idreg.h"
#include "regs.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define NOT_SUPPORTED ((u64)(s64)PSCI_RET_NOT_SUPPORTED)
#define RESULT(ret)   ((u64)(s64)(ret))
#define ARG(n)        (call64 ? vcpu_x(vcpu, n) : (u32)vcpu_x(vcpu, n))

static int answer(struct vcpu *vcpu, u64 value)
{
	vcpu_set_x(vcpu, 0, value);
	return 1;
}

static struct vcpu *by_mpidr(struct vm *vm, u64 mpidr)
{
	vm_each_vcpu(vm, vcpu)
		if (vcpu->inited &&
		    !((vcpu_mpidr(vcpu) ^ mpidr) & MPIDR_HWID_BITMASK))
			return vcpu;
	return NULL;
}

static u32 version(const struct vm *vm)
{
	u32 set = READ_ONCE(vm->psci_version);

	return set ? set : PSCI_VERSION_LATEST;
}

static int call_version(struct vcpu *vcpu, bool call64)
{
	return answer(vcpu, version(vcpu->vm));
}

static int call_suspend(struct vcpu *vcpu, bool call64)
{
	vcpu_set_x(vcpu, 0, PSCI_RET_SUCCESS);
	vcpu_put(vcpu);
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

	if (!target)
		return answer(vcpu, RESULT(PSCI_RET_INVALID_PARAMS));
	spin_lock_irq(&target->kick_lock);
	if (target->power_off) {
		target->reset.pc = ARG(2);
		target->reset.x0 = ARG(3);
		target->reset.big_endian = access_big_endian(vcpu);
		target->reset.pending = true;
		WRITE_ONCE(target->power_off, false);
		ret = PSCI_RET_SUCCESS;
	}
	spin_unlock_irq(&target->kick_lock);
	vcpu_kick(target);
	return answer(vcpu, RESULT(ret));
}

/* ON if any vCPU is on whose affinity matches from the given level upwards. */
static int call_affinity_info(struct vcpu *vcpu, bool call64)
{
	static const u64 levels[] = { MPIDR_HWID_BITMASK,
				      MPIDR_AFF3 | MPIDR_AFF2 | MPIDR_AFF1,
				      MPIDR_AFF3 | MPIDR_AFF2, MPIDR_AFF3 };
	u64 ret = RESULT(PSCI_RET_INVALID_PARAMS), level = ARG(2);
	u64 affinity = ARG(1);

	if (level >= ARRAY_SIZE(levels))
		return answer(vcpu, ret);
	vm_each_vcpu(vcpu->vm, target) {
		if (!target->inited ||
		    ((vcpu_mpidr(target) ^ affinity) & levels[level]))
			continue;
		if (READ_ONCE(target->power_off)) {
			ret = PSCI_0_2_AFFINITY_LEVEL_OFF;
			continue;
		}
		ret = PSCI_0_2_AFFINITY_LEVEL_ON;
		break;
	}
	return answer(vcpu, ret);
}

static int call_migrate_type(struct vcpu *vcpu, bool call64)
{
	return answer(vcpu, PSCI_0_2_TOS_MP);
}

/* All vCPUs leave KVM_RUN. User space decides how to continue. */
static int system_event(struct vcpu *vcpu, u32 type, u64 flags)
{
	vm_each_vcpu(vcpu->vm, other) {
		WRITE_ONCE(other->power_off, true);
		if (other != vcpu) {
			WRITE_ONCE(other->stop, true);
			vcpu_kick(other);
		}
	}
	vcpu_set_x(vcpu, 0, RESULT(PSCI_RET_INTERNAL_FAILURE));
	vcpu_system_event(vcpu, type);
	vcpu->run->system_event.ndata = 1;
	vcpu->run->system_event.data[0] = flags;
	return 0;
}

static int call_off(struct vcpu *vcpu, bool call64)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_SHUTDOWN, 0);
}

static int call_reset(struct vcpu *vcpu, bool call64)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_RESET, 0);
}

/*
 * The warm reset is the only architectural reset type. It is done as a cold
 * reset.
 */
static int call_reset2(struct vcpu *vcpu, bool call64)
{
	u32 type = vcpu_x(vcpu, 1);

	if (type == PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET ||
	    type & PSCI_1_1_RESET_TYPE_VENDOR_START)
		return system_event(vcpu, KVM_SYSTEM_EVENT_RESET,
				    KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2);
	return answer(vcpu, RESULT(PSCI_RET_INVALID_PARAMS));
}

/* The VMM suspends the VM, if it enabled this call. No register changes. */
static int call_suspend_system(struct vcpu *vcpu, bool call64)
{
	return vcpu_system_event(vcpu, KVM_SYSTEM_EVENT_SUSPEND);
}

static int call_smccc_version(struct vcpu *vcpu, bool call64)
{
	return answer(vcpu, ARM_SMCCC_VERSION_1_1);
}

int psci_workaround(u32 id)
{
	struct arm_smccc_res res;

	if (id == ARM_SMCCC_ARCH_WORKAROUND_1 &&
	    FIELD_GET(PFR0_CSV2, idreg_host(SYS_ID_AA64PFR0_EL1)))
		return SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED;
	if (arm_smccc_get_version() < ARM_SMCCC_VERSION_1_1)
		return PSCI_RET_NOT_SUPPORTED;
	arm_smccc_1_1_invoke(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, id, &res);
	/*
	 * The firmware lets its caller switch the workaround (SSBD), but
	 * trapline keeps no switch for each guest.
	 */
	if (id == ARM_SMCCC_ARCH_WORKAROUND_2 && !(int)res.a0)
		return PSCI_RET_NOT_SUPPORTED;
	return (int)res.a0;
}

/* Pass the call on to the firmware, on the CPU that the guest runs on. */
static int call_workaround(struct vcpu *vcpu, bool call64)
{
	u32 id = vcpu_x(vcpu, 0);
	struct arm_smccc_res res;

	if (psci_workaround(id))
		return answer(vcpu, NOT_SUPPORTED);
	arm_smccc_1_1_invoke(id, &res);
	return answer(vcpu, 0);
}

static int call_features(struct vcpu *vcpu, bool call64);
static int call_smccc_features(struct vcpu *vcpu, bool call64);

static const struct {
	u32 id;
	u32 since; /* first PSCI version with it; 0: an SMCCC call */
	int (*handler)(struct vcpu *vcpu, bool call64);
} calls[] = {
	{ PSCI_0_2_FN_PSCI_VERSION, PSCI_VERSION(0, 2), call_version },
	{ PSCI_0_2_FN_CPU_SUSPEND, PSCI_VERSION(0, 2), call_suspend },
	{ PSCI_0_2_FN64_CPU_SUSPEND, PSCI_VERSION(0, 2), call_suspend },
	{ PSCI_0_2_FN_CPU_OFF, PSCI_VERSION(0, 2), call_cpu_off },
	{ PSCI_0_2_FN_CPU_ON, PSCI_VERSION(0, 2), call_cpu_on },
	{ PSCI_0_2_FN64_CPU_ON, PSCI_VERSION(0, 2), call_cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO, PSCI_VERSION(0, 2), call_affinity_info },
	{ PSCI_0_2_FN64_AFFINITY_INFO, PSCI_VERSION(0, 2), call_affinity_info },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE, PSCI_VERSION(0, 2),
	  call_migrate_type },
	{ PSCI_0_2_FN_SYSTEM_OFF, PSCI_VERSION(0, 2), call_off },
	{ PSCI_0_2_FN_SYSTEM_RESET, PSCI_VERSION(0, 2), call_reset },
	{ PSCI_1_0_FN_PSCI_FEATURES, PSCI_VERSION(1, 0), call_features },
	{ PSCI_1_0_FN_SYSTEM_SUSPEND, PSCI_VERSION(1, 0), call_suspend_system },
	{ PSCI_1_0_FN64_SYSTEM_SUSPEND, PSCI_VERSION(1, 0),
	  call_suspend_system },
	{ PSCI_1_1_FN_SYSTEM_RESET2, PSCI_VERSION(1, 1), call_reset2 },
	{ PSCI_1_1_FN64_SYSTEM_RESET2, PSCI_VERSION(1, 1), call_reset2 },
	{ ARM_SMCCC_VERSION_FUNC_ID, 0, call_smccc_version },
	{ ARM_SMCCC_ARCH_FEATURES_FUNC_ID, 0, call_smccc_features },
	{ ARM_SMCCC_ARCH_WORKAROUND_1, 0, call_workaround },
	{ ARM_SMCCC_ARCH_WORKAROUND_2, 0, call_workaround },
	{ ARM_SMCCC_ARCH_WORKAROUND_3, 0, call_workaround },
};

static int call_find(const struct vm *vm, u32 id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].id == id && calls[i].since <= version(vm) &&
		    (calls[i].handler != call_suspend_system ||
		     READ_ONCE(vm->system_suspend)))
			return i;
	return -ENOENT;
}

/*
 * PSCI_FEATURES knows PSCI's calls and SMCCC_VERSION. Guests look for
 * SMCCC_VERSION in this way.
 */
static int call_features(struct vcpu *vcpu, bool call64)
{
	u32 id = vcpu_x(vcpu, 1);
	int i = call_find(vcpu->vm, id);
	bool there = i >= 0 &&
		     (calls[i].since || id == ARM_SMCCC_VERSION_FUNC_ID);

	return answer(vcpu, there ? 0 : NOT_SUPPORTED);
}

static int call_smccc_features(struct vcpu *vcpu, bool call64)
{
	u32 id = vcpu_x(vcpu, 1);
	int i = call_find(vcpu->vm, id), ret = PSCI_RET_NOT_SUPPORTED;

	if (i >= 0 && calls[i].handler == call_workaround)
		ret = psci_workaround(id);
	else if (i >= 0 && !calls[i].since)
		ret = 0;
	return answer(vcpu, RESULT(ret));
}

int psci_call(struct vcpu *vcpu)
{
	u32 id = vcpu_x(vcpu, 0);
	int i = call_find(vcpu->vm, id);

	if (i >= 0)
		return calls[i].handler(vcpu, ARM_SMCCC_IS_64(id));
	return answer(vcpu, NOT_SUPPORTED);
}

static u64 workaround_reg(u32 id)
{
	bool two = id == ARM_SMCCC_ARCH_WORKAROUND_2;

	switch (psci_workaround(id)) {
	case 0:
		return KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL;
	case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
		return two ? KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED
			   : KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED;
	default:
		return KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL;
	}
}

int psci_reg_get(struct vcpu *vcpu, u64 id, u64 *ret)
{
	switch (id) {
	case KVM_REG_ARM_PSCI_VERSION:
		*ret = version(vcpu->vm);
		return 0;
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1:
		*ret = workaround_reg(ARM_SMCCC_ARCH_WORKAROUND_1);
		return 0;
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2:
		*ret = workaround_reg(ARM_SMCCC_ARCH_WORKAROUND_2);
		return 0;
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3:
		*ret = workaround_reg(ARM_SMCCC_ARCH_WORKAROUND_3);
		return 0;
	case KVM_REG_ARM_STD_BMAP:
	case KVM_REG_ARM_STD_HYP_BMAP:
	case KVM_REG_ARM_VENDOR_HYP_BMAP:
		*ret = 0;
		return 0;
	default:
		return -ENOENT;
	}
}

static int version_set(struct vm *vm, u64 value)
{
	switch (value) {
	case PSCI_VERSION(0, 2):
	case PSCI_VERSION(1, 0):
	case PSCI_VERSION(1, 1):
		WRITE_ONCE(vm->psci_version, value);
		return 0;
	default:
		return -EINVAL;
	}
}

int psci_reg_set(struct vcpu *vcpu, u64 id, u64 value)
{
	u64 have;
	int ret = psci_reg_get(vcpu, id, &have);

	if (ret || have == value)
		return ret;
	if (id == KVM_REG_ARM_PSCI_VERSION)
		return version_set(vcpu->vm, value);
	/* A guest from a machine with fewer workarounds may run here. */
	switch (id) {
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1:
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2:
	case KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3:
		return value < have ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}
