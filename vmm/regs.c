// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regs.c - a vCPU's registers, by KVM_GET_ONE_REG and KVM_SET_ONE_REG
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_SET_ONE_REG", arm64. What
 * KVM calls a core register and what a system register is history: SP_EL1,
 * ELR_EL1 and SPSR_EL1 are core registers there.
 */
#include "vm.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <trapline/introspect.h>

#define CORE(size, field)                            \
	(KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | \
	 KVM_REG_ARM_CORE_REG(field))
#define CORE_U64(field)  CORE(KVM_REG_SIZE_U64, field)
#define CORE_U32(field)  CORE(KVM_REG_SIZE_U32, field)
#define CORE_U128(field) CORE(KVM_REG_SIZE_U128, field)

/* KVM_REG_ARM_CORE_REG counts in 32-bit words. */
#define CORE_X(n) (CORE_U64(regs.regs[0]) + (uint64_t)(n)*2)
#define CORE_V(n) (CORE_U128(fp_regs.vregs[0]) + (uint64_t)(n)*4)

static const uint64_t sysreg_id[GUEST_NR_SYSREGS] = {
	[GUEST_SCTLR_EL1] = ARM64_SYS_REG(3, 0, 1, 0, 0),
	[GUEST_TCR_EL1] = ARM64_SYS_REG(3, 0, 2, 0, 2),
	[GUEST_TTBR0_EL1] = ARM64_SYS_REG(3, 0, 2, 0, 0),
	[GUEST_TTBR1_EL1] = ARM64_SYS_REG(3, 0, 2, 0, 1),
	[GUEST_MAIR_EL1] = ARM64_SYS_REG(3, 0, 10, 2, 0),
	[GUEST_VBAR_EL1] = ARM64_SYS_REG(3, 0, 12, 0, 0),
	[GUEST_ESR_EL1] = ARM64_SYS_REG(3, 0, 5, 2, 0),
	[GUEST_FAR_EL1] = ARM64_SYS_REG(3, 0, 6, 0, 0),
	[GUEST_ELR_EL1] = CORE_U64(elr_el1),
	[GUEST_SPSR_EL1] = CORE_U64(spsr[KVM_SPSR_EL1]),
	[GUEST_SP_EL0] = CORE_U64(regs.sp),
	[GUEST_SP_EL1] = CORE_U64(sp_el1),
	[GUEST_TPIDR_EL0] = ARM64_SYS_REG(3, 3, 13, 0, 2),
	[GUEST_TPIDRRO_EL0] = ARM64_SYS_REG(3, 3, 13, 0, 3),
	[GUEST_TPIDR_EL1] = ARM64_SYS_REG(3, 0, 13, 0, 4),
	[GUEST_CONTEXTIDR_EL1] = ARM64_SYS_REG(3, 0, 13, 0, 1),
	[GUEST_MPIDR_EL1] = ARM64_SYS_REG(3, 0, 0, 0, 5),
	[GUEST_MIDR_EL1] = ARM64_SYS_REG(3, 0, 0, 0, 0),
	[GUEST_ID_AA64MMFR0_EL1] = ARM64_SYS_REG(3, 0, 0, 7, 0),
	[GUEST_ID_AA64MMFR2_EL1] = ARM64_SYS_REG(3, 0, 0, 7, 2),
};

static int one_reg(struct vcpu *vcpu, unsigned long request, uint64_t id,
		   void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return ioctl(vcpu->fd, request, &reg) < 0 ? -errno : 0;
}

int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret)
{
	uint64_t value = 0;
	int err = one_reg(vcpu, KVM_GET_ONE_REG, id, &value);

	if (!err)
		*ret = value;
	return err;
}

int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value)
{
	return one_reg(vcpu, KVM_SET_ONE_REG, id, &value);
}

int vcpu_pc_get(struct vcpu *vcpu, va_t *ret)
{
	return vcpu_reg_get(vcpu, CORE_U64(regs.pc), ret);
}

int vcpu_pc_set(struct vcpu *vcpu, va_t value)
{
	return vcpu_reg_set(vcpu, CORE_U64(regs.pc), value);
}

int vcpu_pstate_get(struct vcpu *vcpu, uint64_t *ret)
{
	return vcpu_reg_get(vcpu, CORE_U64(regs.pstate), ret);
}

int vcpu_pstate_set(struct vcpu *vcpu, uint64_t value)
{
	return vcpu_reg_set(vcpu, CORE_U64(regs.pstate), value);
}

int vcpu_x_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret)
{
	return vcpu_reg_get(vcpu, CORE_X(n), ret);
}

int vcpu_x_set(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	return vcpu_reg_set(vcpu, CORE_X(n), value);
}

static uint64_t sp_id(uint64_t pstate)
{
	if (FIELD_GET(PSTATE_EL, pstate) == 0 || !(pstate & PSTATE_SP))
		return sysreg_id[GUEST_SP_EL0];
	return sysreg_id[GUEST_SP_EL1];
}

int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret)
{
	struct guest_regs regs;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(regs.x) && !err; i++)
		err = vcpu_reg_get(vcpu, CORE_X(i), &regs.x[i]);
	if (!err)
		err = vcpu_pc_get(vcpu, &regs.pc);
	if (!err)
		err = vcpu_pstate_get(vcpu, &regs.pstate);
	if (!err)
		err = vcpu_reg_get(vcpu, sp_id(regs.pstate), &regs.sp);
	if (!err)
		*ret = regs;
	return err;
}

int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs)
{
	int err;

	/* First the only one that KVM may refuse (a mode it does not have). */
	err = vcpu_pstate_set(vcpu, regs->pstate);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs->x) && !err; i++)
		err = vcpu_reg_set(vcpu, CORE_X(i), regs->x[i]);
	if (!err)
		err = vcpu_pc_set(vcpu, regs->pc);
	if (!err)
		err = vcpu_reg_set(vcpu, sp_id(regs->pstate), regs->sp);
	return err;
}

int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret)
{
	struct guest_fpregs regs;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(regs.v) && !err; i++)
		err = one_reg(vcpu, KVM_GET_ONE_REG, CORE_V(i), &regs.v[i]);
	if (!err)
		err = one_reg(vcpu, KVM_GET_ONE_REG, CORE_U32(fp_regs.fpsr),
			      &regs.fpsr);
	if (!err)
		err = one_reg(vcpu, KVM_GET_ONE_REG, CORE_U32(fp_regs.fpcr),
			      &regs.fpcr);
	if (!err)
		*ret = regs;
	return err;
}

int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs)
{
	struct guest_fpregs copy = *regs;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(copy.v) && !err; i++)
		err = one_reg(vcpu, KVM_SET_ONE_REG, CORE_V(i), &copy.v[i]);
	if (!err)
		err = one_reg(vcpu, KVM_SET_ONE_REG, CORE_U32(fp_regs.fpsr),
			      &copy.fpsr);
	if (!err)
		err = one_reg(vcpu, KVM_SET_ONE_REG, CORE_U32(fp_regs.fpcr),
			      &copy.fpcr);
	return err;
}

int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret)
{
	if ((unsigned int)reg >= GUEST_NR_SYSREGS)
		return -EINVAL;
	return vcpu_reg_get(vcpu, sysreg_id[reg], ret);
}

int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value)
{
	if ((unsigned int)reg >= GUEST_NR_SYSREGS)
		return -EINVAL;
	return vcpu_reg_set(vcpu, sysreg_id[reg], value);
}

bool vcpu_online(struct vcpu *vcpu)
{
	struct kvm_mp_state mp;

	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &mp) < 0)
		return true;
	return mp.mp_state != KVM_MP_STATE_STOPPED;
}

/* As much of a guest as the walk needs. */
static struct guest ram_of(const struct vcpu *vcpu)
{
	return (struct guest){ .ram = vcpu->vm->ram,
			       .nr_ram = ARRAY_SIZE(vcpu->vm->ram) };
}

int vcpu_va_ipa(struct vcpu *vcpu, va_t va, ipa_t *ret)
{
	const struct guest ram = ram_of(vcpu);
	struct stage1_mapping map;
	struct stage1_regs regs;
	int err;

	err = vcpu_sysreg_get(vcpu, GUEST_SCTLR_EL1, &regs.sctlr);
	if (!err)
		err = vcpu_sysreg_get(vcpu, GUEST_TCR_EL1, &regs.tcr);
	if (!err)
		err = vcpu_sysreg_get(vcpu, GUEST_TTBR0_EL1, &regs.ttbr0);
	if (!err)
		err = vcpu_sysreg_get(vcpu, GUEST_TTBR1_EL1, &regs.ttbr1);
	if (!err)
		err = stage1_walk(&ram, &regs, va, &map);
	if (!err)
		*ret = map.ipa;
	return err;
}

int vcpu_insn_get(struct vcpu *vcpu, va_t pc, uint32_t *ret)
{
	const struct guest ram = ram_of(vcpu);
	const uint8_t *host;
	ipa_t ipa;
	int err;

	if (pc % sizeof(*ret))
		return -EFAULT;
	err = vcpu_va_ipa(vcpu, pc, &ipa);
	if (err)
		return err;
	host = guest_ram_at(&ram, ipa, sizeof(*ret));
	if (!host)
		return -EFAULT;
	memcpy(ret, host, sizeof(*ret));
	return 0;
}

/* SCTLR_EL1 and ID bits that AArch64.TakeException() looks at. */
#define SCTLR_SPAN       BIT_ULL(23)
#define SCTLR_DSSBS      BIT_ULL(44)
#define PSTATE_PAN       BIT_ULL(22)
#define PSTATE_SSBS      BIT_ULL(12)
#define PSTATE_DIT       BIT_ULL(24)
#define PSTATE_EL1H      (FIELD_PREP(PSTATE_EL, 1) | PSTATE_SP)
#define ID_AA64MMFR1_EL1 ARM64_SYS_REG(3, 0, 0, 7, 1)
#define ID_AA64MMFR1_PAN GENMASK_ULL(23, 20)

#define VECTOR_CURRENT_SP0 0x000
#define VECTOR_CURRENT_SPX 0x200
#define VECTOR_LOWER_A64   0x400
#define VECTOR_LOWER_A32   0x600

static uint64_t vector_offset(uint64_t pstate)
{
	if (FIELD_GET(PSTATE_EL, pstate) == 0)
		return pstate & PSTATE_nRW ? VECTOR_LOWER_A32
					   : VECTOR_LOWER_A64;
	return pstate & PSTATE_SP ? VECTOR_CURRENT_SPX : VECTOR_CURRENT_SP0;
}

/* PSTATE after exception entry to EL1, Arm ARM "AArch64.TakeException". */
static uint64_t entry_pstate(uint64_t old, uint64_t sctlr, bool has_pan)
{
	uint64_t new = old &(PSTATE_N | PSTATE_Z | PSTATE_C | PSTATE_V |
			     PSTATE_DIT | PSTATE_PAN);

	if (has_pan && !(sctlr & SCTLR_SPAN))
		new |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		new |= PSTATE_SSBS;
	return new | PSTATE_DAIF | PSTATE_EL1H;
}

int vcpu_inject_sync(struct vcpu *vcpu, uint64_t esr, uint64_t far)
{
	uint64_t pstate, pc, vbar, sctlr, mmfr1 = 0;
	int err;

	err = vcpu_pstate_get(vcpu, &pstate);
	if (!err)
		err = vcpu_pc_get(vcpu, &pc);
	if (!err)
		err = vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar);
	if (!err)
		err = vcpu_sysreg_get(vcpu, GUEST_SCTLR_EL1, &sctlr);
	if (err)
		return err;
	/* Without the register, old as the CPU may be, there is no PAN. */
	vcpu_reg_get(vcpu, ID_AA64MMFR1_EL1, &mmfr1);
	err = vcpu_sysreg_set(vcpu, GUEST_ESR_EL1, esr);
	if (!err)
		err = vcpu_sysreg_set(vcpu, GUEST_FAR_EL1, far);
	if (!err)
		err = vcpu_sysreg_set(vcpu, GUEST_ELR_EL1, pc);
	if (!err)
		err = vcpu_sysreg_set(vcpu, GUEST_SPSR_EL1,
				      pstate & ~PSTATE_SS);
	if (!err)
		err = vcpu_pc_set(vcpu, vbar + vector_offset(pstate));
	if (!err)
		err = vcpu_pstate_set(
			vcpu, entry_pstate(pstate, sctlr,
					   FIELD_GET(ID_AA64MMFR1_PAN, mmfr1)));
	return err;
}
