// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regs.c - a vCPU's registers, by KVM_GET_ONE_REG and KVM_SET_ONE_REG
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_SET_ONE_REG", arm64. For
 * historical reasons KVM counts SP_EL1, ELR_EL1 and SPSR_EL1 as core registers,
 * not as system registers.
 *
 * Each of these calls costs as much as a quarter of a KVM_RUN, and a step with
 * its stop reply asks for the same few registers again and again. So registers
 * are cached until the vCPU runs. PSTATE, which a step changes for a while, is
 * written to KVM only when the vCPU runs, and only if it differs.
 *
 * /dev/trapline puts the general registers into struct kvm_run at each exit,
 * and the FP registers at an exit for an access that the VMM has to do
 * (include/trapline/abi.h, "struct kvm_run"). /dev/trapline also takes changed
 * registers from there. So no call is needed for these, unless the vCPU was out
 * of KVM_RUN while another vCPU or thread may have changed them.
 */
#include "regs.h"

#include <errno.h>
#include <string.h>
#include <trapline/abi.h>
#include <trapline/arm64.h>
#include <trapline/stage1.h>
#include "vcpu.h"
#include "vm.h"

#define CORE(size, field)                            \
	(KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | \
	 KVM_REG_ARM_CORE_REG(field))
#define CORE_U64(field)  CORE(KVM_REG_SIZE_U64, field)
#define CORE_U32(field)  CORE(KVM_REG_SIZE_U32, field)
#define CORE_U128(field) CORE(KVM_REG_SIZE_U128, field)

/* KVM_REG_ARM_CORE_REG counts in 32-bit words. */
#define CORE_X(n) (CORE_U64(regs.regs[0]) + 2 * (uint64_t)(n))
#define CORE_V(n) (CORE_U128(fp_regs.vregs[0]) + 4 * (uint64_t)(n))

/* The value and the control register of a breakpoint or a watchpoint. */
#define BREAK_IDS(n)                                              \
	[GUEST_DBGBVR##n##_EL1] = ARM64_SYS_REG(2, 0, 0, (n), 4), \
	[GUEST_DBGBCR##n##_EL1] = ARM64_SYS_REG(2, 0, 0, (n), 5)
#define WATCH_IDS(n)                                              \
	[GUEST_DBGWVR##n##_EL1] = ARM64_SYS_REG(2, 0, 0, (n), 6), \
	[GUEST_DBGWCR##n##_EL1] = ARM64_SYS_REG(2, 0, 0, (n), 7)

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
	[GUEST_CPACR_EL1] = ARM64_SYS_REG(3, 0, 1, 0, 2),
	[GUEST_MDSCR_EL1] = ARM64_SYS_REG(2, 0, 0, 2, 2),
	[GUEST_CNTKCTL_EL1] = ARM64_SYS_REG(3, 0, 14, 1, 0),
	[GUEST_CNTV_CTL_EL0] = KVM_REG_ARM_TIMER_CTL,
	[GUEST_CNTV_CVAL_EL0] = KVM_REG_ARM_TIMER_CVAL,
	[GUEST_CNTVCT_EL0] = KVM_REG_ARM_TIMER_CNT,
	[GUEST_PAR_EL1] = ARM64_SYS_REG(3, 0, 7, 4, 0),
	[GUEST_PMCR_EL0] = ARM64_SYS_REG(3, 3, 9, 12, 0),
	[GUEST_AMAIR_EL1] = ARM64_SYS_REG(3, 0, 10, 3, 0),
	[GUEST_AFSR0_EL1] = ARM64_SYS_REG(3, 0, 5, 1, 0),
	[GUEST_AFSR1_EL1] = ARM64_SYS_REG(3, 0, 5, 1, 1),
	[GUEST_ACTLR_EL1] = ARM64_SYS_REG(3, 0, 1, 0, 1),
	[GUEST_CSSELR_EL1] = ARM64_SYS_REG(3, 2, 0, 0, 0),
	[GUEST_ID_AA64PFR0_EL1] = ARM64_SYS_REG(3, 0, 0, 4, 0),
	[GUEST_ID_AA64PFR1_EL1] = ARM64_SYS_REG(3, 0, 0, 4, 1),
	[GUEST_ID_AA64DFR0_EL1] = ARM64_SYS_REG(3, 0, 0, 5, 0),
	[GUEST_ID_AA64ISAR0_EL1] = ARM64_SYS_REG(3, 0, 0, 6, 0),
	[GUEST_ID_AA64ISAR1_EL1] = ARM64_SYS_REG(3, 0, 0, 6, 1),
	[GUEST_ID_AA64ISAR2_EL1] = ARM64_SYS_REG(3, 0, 0, 6, 2),
	[GUEST_ID_AA64MMFR1_EL1] = ARM64_SYS_REG(3, 0, 0, 7, 1),
	[GUEST_CTR_EL0] = ARM64_SYS_REG(3, 3, 0, 0, 1),
	[GUEST_CLIDR_EL1] = ARM64_SYS_REG(3, 1, 0, 0, 1),
	[GUEST_REVIDR_EL1] = ARM64_SYS_REG(3, 0, 0, 0, 6),
	BREAK_IDS(0),
	BREAK_IDS(1),
	BREAK_IDS(2),
	BREAK_IDS(3),
	BREAK_IDS(4),
	BREAK_IDS(5),
	WATCH_IDS(0),
	WATCH_IDS(1),
	WATCH_IDS(2),
	WATCH_IDS(3),
};

static int reg_get(struct vcpu *vcpu, uint64_t id, void *ret)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)ret };

	return vcpu->vm->kvm->reg_get(vcpu->fd, &reg);
}

static int reg_set(struct vcpu *vcpu, uint64_t id, const void *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return vcpu->vm->kvm->reg_set(vcpu->fd, &reg);
}

int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret)
{
	uint64_t value = 0;
	int err = reg_get(vcpu, id, &value);

	if (!err)
		*ret = value;
	return err;
}

int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value)
{
	return reg_set(vcpu, id, &value);
}

/* Index of a register in struct vcpu_known. */
enum {
	KNOWN_X0 = 0,
	KNOWN_PC = 31,
	KNOWN_PSTATE = 32,
	KNOWN_SYS0 = 33,
};

#define KNOWN(n)     BIT_ULL(n)
#define KNOWN_SYS(r) KNOWN(KNOWN_SYS0 + (r))

/* The system registers from here on are read at a user's request only. */
#define UNCACHED GUEST_CPACR_EL1

_Static_assert(KNOWN_SYS0 + UNCACHED <= VCPU_MAX_KNOWN, "known");

/* Only MSR, or a reset, changes these. */
#define KNOWN_SLOW                                                 \
	(KNOWN_SYS(GUEST_SCTLR_EL1) | KNOWN_SYS(GUEST_TCR_EL1) |   \
	 KNOWN_SYS(GUEST_TTBR0_EL1) | KNOWN_SYS(GUEST_TTBR1_EL1) | \
	 KNOWN_SYS(GUEST_MAIR_EL1) | KNOWN_SYS(GUEST_VBAR_EL1) |   \
	 KNOWN_SYS(GUEST_MPIDR_EL1) | KNOWN_SYS(GUEST_MIDR_EL1))

static uint64_t known_id(unsigned int n)
{
	if (n >= KNOWN_SYS0)
		return sysreg_id[n - KNOWN_SYS0];
	if (n == KNOWN_PC)
		return CORE_U64(regs.pc);
	return n == KNOWN_PSTATE ? CORE_U64(regs.pstate) : CORE_X(n);
}

/* The register that SP names at pstate. */
static enum guest_sysreg sp_of(uint64_t pstate)
{
	if (FIELD_GET(PSTATE_EL, pstate) == 0 || !(pstate & PSTATE_SP))
		return GUEST_SP_EL0;
	return GUEST_SP_EL1;
}

/* The register's place in struct kvm_run. NULL: it is not there. */
static __u64 *shared_reg(struct vcpu *vcpu, unsigned int n)
{
	struct trapline_run *shared = trapline_run(vcpu->run);

	if (!vcpu->shared)
		return NULL;
	if (n < KNOWN_PC)
		return &shared->x[n];
	if (n == KNOWN_PC)
		return &shared->pc;
	if (n == KNOWN_PSTATE)
		return &shared->pstate;
	return n == KNOWN_SYS0 + sp_of(shared->pstate) ? &shared->sp : NULL;
}

static void shared_set(struct vcpu *vcpu, __u64 *reg, uint64_t value)
{
	*reg = value;
	vcpu->run->kvm_dirty_regs |= TRAPLINE_SYNC_GENERAL;
}

static int value_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret)
{
	const __u64 *reg = shared_reg(vcpu, n);

	if (!reg)
		return vcpu_reg_get(vcpu, known_id(n), ret);
	*ret = *reg;
	return 0;
}

static int value_set(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	__u64 *reg = shared_reg(vcpu, n);

	if (!reg)
		return vcpu_reg_set(vcpu, known_id(n), value);
	shared_set(vcpu, reg, value);
	return 0;
}

static int known_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret)
{
	struct vcpu_known *known = &vcpu->known;
	int err;

	if (!(known->mask & KNOWN(n))) {
		err = value_get(vcpu, n, &known->value[n]);
		if (err)
			return err;
		known->mask |= KNOWN(n);
		if (n == KNOWN_PSTATE)
			known->pstate = known->value[n];
	}
	*ret = known->value[n];
	return 0;
}

static int known_set(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	struct vcpu_known *known = &vcpu->known;
	int err;

	if (n < KNOWN_PSTATE && known->mask & KNOWN(n) &&
	    known->value[n] == value)
		return 0;
	err = value_set(vcpu, n, value);
	known->mask &= ~KNOWN(n);
	/* KVM may have kept some bits of a system register. */
	if (!err && n < KNOWN_SYS0) {
		known->value[n] = value;
		known->mask |= KNOWN(n);
	}
	return err;
}

int vcpu_regs_forget(struct vcpu *vcpu, bool all)
{
	struct vcpu_known *known = &vcpu->known;
	uint64_t pstate = known->value[KNOWN_PSTATE];
	int err = 0;

	if (known->mask & KNOWN(KNOWN_PSTATE) && pstate != known->pstate)
		err = value_set(vcpu, KNOWN_PSTATE, pstate);
	vcpu->shared = false;
	vcpu->shared_fp = false;
	known->mask &= all ? 0 : KNOWN_SLOW;
	return err;
}

void vcpu_regs_share(struct vcpu *vcpu)
{
	uint64_t valid = vcpu->run->kvm_valid_regs;

	vcpu->shared = valid & TRAPLINE_SYNC_GENERAL;
	vcpu->shared_fp = valid & TRAPLINE_SYNC_FP &&
			  vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT;
}

/*
 * Write the registers that were changed in struct kvm_run to KVM, and use calls
 * to KVM from now on.
 */
static void vcpu_regs_unshare(struct vcpu *vcpu)
{
	bool dirty = vcpu->shared &&
		     vcpu->run->kvm_dirty_regs & TRAPLINE_SYNC_GENERAL;
	const struct trapline_run *shared = trapline_run(vcpu->run);

	vcpu->shared = false;
	if (!dirty)
		return;
	vcpu->run->kvm_dirty_regs &= ~TRAPLINE_SYNC_GENERAL;
	for (unsigned int i = KNOWN_X0; i < KNOWN_PC; i++)
		vcpu_reg_set(vcpu, known_id(i), shared->x[i]);
	vcpu_reg_set(vcpu, known_id(KNOWN_PC), shared->pc);
	vcpu_reg_set(vcpu, sysreg_id[sp_of(shared->pstate)], shared->sp);
}

int vcpu_pc_get(struct vcpu *vcpu, va_t *ret)
{
	return known_get(vcpu, KNOWN_PC, ret);
}

int vcpu_pc_set(struct vcpu *vcpu, va_t value)
{
	return known_set(vcpu, KNOWN_PC, value);
}

int vcpu_pstate_get(struct vcpu *vcpu, uint64_t *ret)
{
	return known_get(vcpu, KNOWN_PSTATE, ret);
}

int vcpu_pstate_set(struct vcpu *vcpu, uint64_t value)
{
	struct vcpu_known *known = &vcpu->known;
	uint64_t old;
	int err = known_get(vcpu, KNOWN_PSTATE, &old);

	if (err || !((value ^ known->pstate) & PSTATE_MODE)) {
		known->value[KNOWN_PSTATE] = value;
		return err;
	}
	/*
	 * A new mode selects another SP, and KVM may refuse the mode. KVM takes
	 * all other bits of PSTATE as they are.
	 */
	vcpu_regs_unshare(vcpu);
	err = known_set(vcpu, KNOWN_PSTATE, value);
	if (!err)
		known->pstate = value;
	return err;
}

int vcpu_x_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret)
{
	return known_get(vcpu, KNOWN_X0 + n, ret);
}

int vcpu_x_set(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	return known_set(vcpu, KNOWN_X0 + n, value);
}

int vcpu_sp_get(struct vcpu *vcpu, uint64_t *ret)
{
	uint64_t pstate;
	int err = vcpu_pstate_get(vcpu, &pstate);

	return err ? err : vcpu_sysreg_get(vcpu, sp_of(pstate), ret);
}

int vcpu_sp_set(struct vcpu *vcpu, uint64_t value)
{
	uint64_t pstate;
	int err = vcpu_pstate_get(vcpu, &pstate);

	return err ? err : vcpu_sysreg_set(vcpu, sp_of(pstate), value);
}

int vcpu_regs_get_some(struct vcpu *vcpu, uint64_t which,
		       struct guest_regs *ret)
{
	struct guest_regs regs = { 0 };
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(regs.x) && !err; i++)
		if (which & GUEST_REG_X(i))
			err = vcpu_x_get(vcpu, i, &regs.x[i]);
	if (!err && which & GUEST_REG_PC)
		err = vcpu_pc_get(vcpu, &regs.pc);
	if (!err && which & GUEST_REG_PSTATE)
		err = vcpu_pstate_get(vcpu, &regs.pstate);
	if (!err && which & GUEST_REG_SP)
		err = vcpu_sp_get(vcpu, &regs.sp);
	if (!err)
		*ret = regs;
	return err;
}

int vcpu_v_get(struct vcpu *vcpu, unsigned int n, unsigned __int128 *ret)
{
	if (!vcpu->shared_fp)
		return reg_get(vcpu, CORE_V(n), ret);
	memcpy(ret, trapline_run(vcpu->run)->v[n], sizeof(*ret));
	return 0;
}

int vcpu_v_set(struct vcpu *vcpu, unsigned int n,
	       const unsigned __int128 *value)
{
	if (!vcpu->shared_fp)
		return reg_set(vcpu, CORE_V(n), value);
	memcpy(trapline_run(vcpu->run)->v[n], value, sizeof(*value));
	vcpu->run->kvm_dirty_regs |= TRAPLINE_SYNC_FP;
	return 0;
}

/* FPSR and FPCR, from struct kvm_run where it has them. */
static int fp_controls_get(struct vcpu *vcpu, struct guest_fpregs *ret)
{
	const struct trapline_run *shared = trapline_run(vcpu->run);
	int err;

	if (vcpu->shared_fp) {
		ret->fpsr = shared->fpsr;
		ret->fpcr = shared->fpcr;
		return 0;
	}
	err = reg_get(vcpu, CORE_U32(fp_regs.fpsr), &ret->fpsr);
	return err ? err : reg_get(vcpu, CORE_U32(fp_regs.fpcr), &ret->fpcr);
}

static int fp_controls_set(struct vcpu *vcpu, const struct guest_fpregs *regs)
{
	struct trapline_run *shared = trapline_run(vcpu->run);
	int err;

	if (vcpu->shared_fp) {
		shared->fpsr = regs->fpsr;
		shared->fpcr = regs->fpcr;
		vcpu->run->kvm_dirty_regs |= TRAPLINE_SYNC_FP;
		return 0;
	}
	err = reg_set(vcpu, CORE_U32(fp_regs.fpsr), &regs->fpsr);
	return err ? err : reg_set(vcpu, CORE_U32(fp_regs.fpcr), &regs->fpcr);
}

int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret)
{
	return vcpu_regs_get_some(vcpu, GUEST_REG_ALL, ret);
}

int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs)
{
	int err;

	/* PSTATE first: KVM may refuse only this one (a mode that it lacks). */
	err = vcpu_pstate_set(vcpu, regs->pstate);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs->x) && !err; i++)
		err = vcpu_x_set(vcpu, i, regs->x[i]);
	if (!err)
		err = vcpu_pc_set(vcpu, regs->pc);
	if (!err)
		err = vcpu_sp_set(vcpu, regs->sp);
	return err;
}

int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret)
{
	struct guest_fpregs regs;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(regs.v) && !err; i++)
		err = vcpu_v_get(vcpu, i, &regs.v[i]);
	if (!err)
		err = fp_controls_get(vcpu, &regs);
	if (!err)
		*ret = regs;
	return err;
}

int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs)
{
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(regs->v) && !err; i++)
		err = vcpu_v_set(vcpu, i, &regs->v[i]);
	return err ? err : fp_controls_set(vcpu, regs);
}

int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret)
{
	if ((unsigned int)reg >= GUEST_NR_SYSREGS)
		return -EINVAL;
	if (reg >= UNCACHED)
		return vcpu_reg_get(vcpu, sysreg_id[reg], ret);
	return known_get(vcpu, KNOWN_SYS0 + reg, ret);
}

int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value)
{
	if ((unsigned int)reg >= GUEST_NR_SYSREGS)
		return -EINVAL;
	if (reg >= UNCACHED)
		return vcpu_reg_set(vcpu, sysreg_id[reg], value);
	return known_set(vcpu, KNOWN_SYS0 + reg, value);
}

bool vcpu_online(struct vcpu *vcpu)
{
	struct kvm_mp_state mp;

	if (vcpu->vm->kvm->mp_state(vcpu->fd, &mp))
		return true;
	return mp.mp_state != KVM_MP_STATE_STOPPED;
}

/* A struct guest with the members that the walk needs. */
static struct guest ram_of(const struct vcpu *vcpu)
{
	return (struct guest){ .ram = vcpu->vm->ram,
			       .nr_ram = ARRAY_SIZE(vcpu->vm->ram) };
}

int vcpu_stage1_regs(struct vcpu *vcpu, va_t va, struct stage1_regs *ret)
{
	struct stage1_regs regs = { 0 };
	int err = vcpu_sysreg_get(vcpu, GUEST_SCTLR_EL1, &regs.sctlr);

	if (!err && regs.sctlr & SCTLR_ELx_M) {
		err = vcpu_sysreg_get(vcpu, GUEST_TCR_EL1, &regs.tcr);
		if (!err && va & VA_UPPER_HALF)
			err = vcpu_sysreg_get(vcpu, GUEST_TTBR1_EL1,
					      &regs.ttbr1);
		else if (!err)
			err = vcpu_sysreg_get(vcpu, GUEST_TTBR0_EL1,
					      &regs.ttbr0);
	}
	if (!err)
		*ret = regs;
	return err;
}

int vcpu_va_ipa(struct vcpu *vcpu, va_t va, ipa_t *ret)
{
	const struct guest ram = ram_of(vcpu);
	struct stage1_mapping map;
	struct stage1_regs regs;
	int err = vcpu_stage1_regs(vcpu, va, &regs);

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

/* The SCTLR_EL1 and ID bits that AArch64.TakeException() uses. */
#define PSTATE_EL1H      (FIELD_PREP(PSTATE_EL, 1) | PSTATE_SP)
#define ID_AA64MMFR1_PAN GENMASK_ULL(23, 20)

#define VECTOR_CURRENT_SP0 0x000
#define VECTOR_CURRENT_SPX 0x200
#define VECTOR_LOWER_A64   0x400
#define VECTOR_LOWER_A32   0x600

uint64_t vcpu_vector(uint64_t pstate)
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

	if (has_pan && !(sctlr & SCTLR_EL1_SPAN))
		new |= PSTATE_PAN;
	if (sctlr & SCTLR_ELx_DSSBS)
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
	/* KVM on an old CPU may not have the register: then there is no PAN. */
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
		err = vcpu_pc_set(vcpu, vbar + vcpu_vector(pstate));
	if (!err)
		err = vcpu_pstate_set(
			vcpu, entry_pstate(pstate, sctlr,
					   FIELD_GET(ID_AA64MMFR1_PAN, mmfr1)));
	return err;
}
