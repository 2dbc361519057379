// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGIC's registers, for a VMM that saves and restores them. Source:
 * Documentation/virt/kvm/devices/arm-vgic-v3.rst, groups DIST_REGS,
 * REDIST_REGS, CPU_SYSREGS, LEVEL_INFO; GIC Architecture Specification (IHI
 * 0069), "ICH_VMCR_EL2" and the ICC_ registers whose fields it holds.
 */
#include "vgic.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/uaccess.h>
#include <asm/sysreg.h>
#include <uapi/linux/kvm.h>
#include "gate.h"
#include "vcpu.h"
#include "vgic_state.h"
#include "vm.h"

#define ATTR_OFFSET GENMASK_ULL(31, 0)
#define ATTR_AFF3   GENMASK_ULL(63, 56)
#define ATTR_AFF    GENMASK_ULL(55, 32)
#define ATTR_INFO   GENMASK_ULL(31, 10)
#define ATTR_INTID  GENMASK_ULL(9, 0)

#define CTLR_CBPR BIT_ULL(0)
#define CTLR_EOIM BIT_ULL(1)
#define CTLR_PRI  GENMASK_ULL(10, 8)
#define CTLR_ID   GENMASK_ULL(13, 11)
#define CTLR_SEIS BIT_ULL(14)
#define CTLR_A3V  BIT_ULL(15)
#define VTR_PRI   GENMASK_ULL(31, 29)
#define VTR_ID    GENMASK_ULL(25, 23)
#define VTR_SEIS  BIT_ULL(22)
#define VTR_A3V   BIT_ULL(21)
#define SRE_VALUE 7ULL /* system registers, no bypass; constant */

/* Registers of the CPU interface that are one field of ICH_VMCR_EL2. */
static const struct {
	u32 enc;
	u64 field;
} vmcr_regs[] = {
	{ SYS_ICC_PMR_EL1, VMCR_PMR },      { SYS_ICC_BPR0_EL1, VMCR_BPR0 },
	{ SYS_ICC_BPR1_EL1, VMCR_BPR1 },    { SYS_ICC_IGRPEN0_EL1, VMCR_ENG0 },
	{ SYS_ICC_IGRPEN1_EL1, VMCR_ENG1 },
};

static u64 field_read(u64 field, u64 value)
{
	return (value & field) >> __ffs64(field);
}

/* A guest reads the CPU's own values in these fields. */
static u64 ctlr_fixed(void)
{
	u64 vtr = gate_vtr();

	return FIELD_PREP(CTLR_PRI, FIELD_GET(VTR_PRI, vtr)) |
	       FIELD_PREP(CTLR_ID, FIELD_GET(VTR_ID, vtr)) |
	       (vtr & VTR_SEIS ? CTLR_SEIS : 0) |
	       (vtr & VTR_A3V ? CTLR_A3V : 0);
}

/* A write must not change the constant fields. */
static int ctlr_access(struct el2_vgic *v, u64 *value, bool write)
{
	u64 both = CTLR_CBPR | CTLR_EOIM;

	if (!write) {
		*value = ctlr_fixed() | (v->vmcr & VMCR_CBPR ? CTLR_CBPR : 0) |
			 (v->vmcr & VMCR_EOIM ? CTLR_EOIM : 0);
		return 0;
	}
	if ((*value & ~both) != ctlr_fixed())
		return -EINVAL;
	v->vmcr &= ~(VMCR_CBPR | VMCR_EOIM);
	v->vmcr |= (*value & CTLR_CBPR ? VMCR_CBPR : 0) |
		   (*value & CTLR_EOIM ? VMCR_EOIM : 0);
	return 0;
}

static int apr_access(struct el2_vgic *v, u32 enc, u64 *value, bool write)
{
	unsigned int n = sys_reg_Op2(enc) & 3;
	u64 *apr = sys_reg_CRm(enc) == 8 ? &v->ap0r[n] : &v->ap1r[n];

	if (n >= v->nr_apr)
		return -ENXIO;
	if (write)
		*apr = (u32)*value;
	else
		*value = *apr;
	return 0;
}

static int cpu_access(struct vcpu *vcpu, u32 enc, u64 *value, bool write)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;

	for (unsigned int i = 0; i < ARRAY_SIZE(vmcr_regs); i++) {
		u64 field = vmcr_regs[i].field;

		if (vmcr_regs[i].enc != enc)
			continue;
		if (write)
			v->vmcr = (v->vmcr & ~field) |
				  (*value << __ffs64(field) & field);
		else
			*value = field_read(field, v->vmcr);
		return 0;
	}
	switch (enc) {
	case SYS_ICC_CTLR_EL1:
		return ctlr_access(v, value, write);
	case SYS_ICC_SRE_EL1:
		if (write)
			return *value == SRE_VALUE ? 0 : -EINVAL;
		*value = SRE_VALUE;
		return 0;
	case SYS_ICC_AP0R0_EL1:
	case SYS_ICC_AP0R1_EL1:
	case SYS_ICC_AP0R2_EL1:
	case SYS_ICC_AP0R3_EL1:
	case SYS_ICC_AP1R0_EL1:
	case SYS_ICC_AP1R1_EL1:
	case SYS_ICC_AP1R2_EL1:
	case SYS_ICC_AP1R3_EL1:
		return apr_access(v, enc, value, write);
	default:
		return -ENXIO;
	}
}

static void level_access(struct vm *vm, struct vcpu *vcpu, unsigned int first,
			 u64 *value, bool write)
{
	unsigned long flags;
	u64 out = 0;

	/* The VGIC exists and no vCPU runs, so no vCPU has to be kicked. */
	raw_spin_lock_irqsave(&vm->vgic->lock, flags);
	for (unsigned int i = first ? 0 : VGIC_NR_SGIS; i < 32; i++) {
		struct vgic_irq *irq = vgic_irq_get(vm, vcpu, first + i);

		if (!irq)
			continue;
		out |= (u64)irq->level << i;
		if (!write)
			continue;
		irq->level = *value >> i & 1;
		vgic_irq_update(vm, vcpu, first + i);
	}
	raw_spin_unlock_irqrestore(&vm->vgic->lock, flags);
	if (!write)
		*value = out;
}

static u32 attr_enc(u64 attr)
{
	return (u32)(attr & KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK) << Op2_shift;
}

static struct vcpu *attr_vcpu(struct vm *vm, u64 attr)
{
	return vgic_by_affinity(
		vm, FIELD_PREP(MPIDR_AFF3, FIELD_GET(ATTR_AFF3, attr)) |
			    FIELD_PREP(MPIDR_AFF, FIELD_GET(ATTR_AFF, attr)));
}

long vgic_attr_has(struct vm *vm, const struct kvm_device_attr *attr)
{
	struct vcpu *vcpu = attr_vcpu(vm, attr->attr);
	u32 offset = FIELD_GET(ATTR_OFFSET, attr->attr);
	u64 value;

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_DIST_REGS:
		return vgic_has_register(false, offset) ? 0 : -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_REDIST_REGS:
		return vgic_has_register(true, offset) ? 0 : -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
		if (!vcpu)
			return -EINVAL;
		return cpu_access(vcpu, attr_enc(attr->attr), &value, false);
	case KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		return FIELD_GET(ATTR_INFO, attr->attr) ==
				       VGIC_LEVEL_INFO_LINE_LEVEL
			       ? 0
			       : -ENXIO;
	default:
		return -ENXIO;
	}
}

/* No vCPU of the VM runs. */
static int access_still(struct vm *vm, const struct kvm_device_attr *attr,
			u64 *value, bool write)
{
	struct vcpu *vcpu = attr_vcpu(vm, attr->attr);
	u32 offset = FIELD_GET(ATTR_OFFSET, attr->attr);
	unsigned int intid = FIELD_GET(ATTR_INTID, attr->attr);

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS)
		return vgic_register(vm, NULL, offset, value, write);
	if (!vcpu)
		return -EINVAL;
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_REDIST_REGS)
		return vgic_register(vm, vcpu, offset, value, write);
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		return cpu_access(vcpu, attr_enc(attr->attr), value, write);
	if (FIELD_GET(ATTR_INFO, attr->attr) != VGIC_LEVEL_INFO_LINE_LEVEL ||
	    intid % 32)
		return -EINVAL;
	level_access(vm, intid ? NULL : vcpu, intid, value, write);
	return 0;
}

static int value_copy(const struct kvm_device_attr *attr, u64 *value, bool in)
{
	void __user *user = (void __user *)attr->addr;
	u32 value32 = *value;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS) {
		if (in)
			return copy_from_user(value, user, sizeof(*value));
		return copy_to_user(user, value, sizeof(*value));
	}
	if (!in)
		return copy_to_user(user, &value32, sizeof(value32));
	if (copy_from_user(&value32, user, sizeof(value32)))
		return -EFAULT;
	*value = value32;
	return 0;
}

long vgic_attr_access(struct vm *vm, const struct kvm_device_attr *attr,
		      bool write)
{
	u64 value = 0;
	long ret = vgic_attr_has(vm, attr);

	lockdep_assert_held(&vm->lock);
	if (ret && attr->group != KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO)
		return ret;
	if (write && value_copy(attr, &value, true))
		return -EFAULT;
	if (attr->group != KVM_DEV_ARM_VGIC_GRP_DIST_REGS &&
	    !attr_vcpu(vm, attr->attr))
		return -EINVAL;
	if (!vgic_ready(vm) || !vm_vcpus_trystop(vm))
		return -EBUSY;
	ret = access_still(vm, attr, &value, write);
	vm_vcpus_resume(vm);
	if (!ret && !write && value_copy(attr, &value, false))
		return -EFAULT;
	return ret;
}
