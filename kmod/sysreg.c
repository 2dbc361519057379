// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trapped system registers, by table; feature registers masked down to what
 * the core switches or traps. Source: Arm ARM, the registers by title.
 *
 * A feature field is shown as the host has it (KEEP), or not at all. What is
 * neither in a table nor readable as an ID register is UNDEFINED.
 */
#include "sysreg.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "exit.h"
#include "vcpu.h"
#include "vm.h"

#define FIELD_AT(bit) (0xfULL << (bit))
#define ISS_RT        GENMASK_ULL(9, 5)
#define ISS_READ      BIT_ULL(0)

#define REG_ACTLR   sys_reg(3, 0, 1, 0, 1)
#define REG_MPIDR   sys_reg(3, 0, 0, 0, 5)
#define REG_MIDR    sys_reg(3, 0, 0, 0, 0)
#define REG_OSLSR   sys_reg(2, 0, 1, 1, 4)
#define REG_MDSCR   sys_reg(2, 0, 0, 2, 2)
#define OSLSR_OSLM  BIT_ULL(3)
#define REG_DC_ISW  sys_insn(1, 0, 7, 6, 2)
#define REG_DC_CSW  sys_insn(1, 0, 7, 10, 2)
#define REG_DC_CISW sys_insn(1, 0, 7, 14, 2)
#define REG_SGI1R   sys_reg(3, 0, 12, 11, 5)
#define REG_ASGI1R  sys_reg(3, 0, 12, 11, 6)
#define REG_SGI0R   sys_reg(3, 0, 12, 11, 7)

#define SCTLR_M BIT_ULL(0)
#define SCTLR_C BIT_ULL(2)

/* Registers in the context. Those up to AMAIR are also what TVM traps. */
static const struct {
	u32 enc;
	enum el2_reg reg;
	bool tvm;
} context_regs[] = {
	{ sys_reg(3, 0, 1, 0, 0), EL2_SCTLR, true },
	{ sys_reg(3, 0, 2, 0, 0), EL2_TTBR0, true },
	{ sys_reg(3, 0, 2, 0, 1), EL2_TTBR1, true },
	{ sys_reg(3, 0, 2, 0, 2), EL2_TCR, true },
	{ sys_reg(3, 0, 5, 2, 0), EL2_ESR, true },
	{ sys_reg(3, 0, 6, 0, 0), EL2_FAR, true },
	{ sys_reg(3, 0, 5, 1, 0), EL2_AFSR0, true },
	{ sys_reg(3, 0, 5, 1, 1), EL2_AFSR1, true },
	{ sys_reg(3, 0, 10, 2, 0), EL2_MAIR, true },
	{ sys_reg(3, 0, 10, 3, 0), EL2_AMAIR, true },
	{ sys_reg(3, 0, 13, 0, 1), EL2_CONTEXTIDR, true },
	{ sys_reg(3, 0, 1, 0, 2), EL2_CPACR, false },
	{ sys_reg(3, 0, 12, 0, 0), EL2_VBAR, false },
	{ sys_reg(3, 0, 14, 1, 0), EL2_CNTKCTL, false },
	{ sys_reg(3, 2, 0, 0, 0), EL2_CSSELR_EL1, false },
	{ sys_reg(3, 0, 7, 4, 0), EL2_PAR_EL1, false },
	{ sys_reg(3, 3, 13, 0, 2), EL2_TPIDR_EL0, false },
	{ sys_reg(3, 3, 13, 0, 3), EL2_TPIDRRO_EL0, false },
	{ sys_reg(3, 0, 13, 0, 4), EL2_TPIDR_EL1, false },
};

#define READ_ID(reg)                                   \
	static u64 read_##reg(void)                    \
	{                                              \
		return read_sysreg_s(SYS_##reg##_EL1); \
	}
READ_ID(ID_AA64PFR0)
READ_ID(ID_AA64PFR1)
READ_ID(ID_AA64DFR0)
READ_ID(ID_AA64ISAR0)
READ_ID(ID_AA64ISAR1)
READ_ID(ID_AA64MMFR0)
READ_ID(ID_AA64MMFR1)
READ_ID(ID_AA64MMFR2)

static u64 fix_pfr0(struct vcpu *vcpu, u64 value)
{
	/* EL0 and EL1, AArch64 only; the GIC if there is one. */
	return value | 1 | 1 << 4 | (vcpu->vm->vgic ? 1ULL << 24 : 0);
}

static u64 fix_dfr0(struct vcpu *vcpu, u64 value)
{
	return value | 6; /* ARMv8 debug */
}

/* No LPA2, and no more physical address bits than this VM has. */
static u64 fix_mmfr0(struct vcpu *vcpu, u64 value)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	unsigned int range = 0;

	while (range + 1 < ARRAY_SIZE(bits) &&
	       bits[range + 1] <= vcpu->vm->ipa_bits)
		range++;
	value |= range;
	if (FIELD_GET(FIELD_AT(28), value) == 1)
		value &= ~FIELD_AT(28);
	if (FIELD_GET(FIELD_AT(20), value) == 2)
		value = (value & ~FIELD_AT(20)) | 1ULL << 20;
	return value;
}

static const struct {
	u32 enc;
	u64 (*read)(void);
	u64 keep;
	u64 (*fix)(struct vcpu *vcpu, u64 value);
} id_regs[] = {
	/* FP AdvSIMD DIT CSV2 CSV3 */
	{ SYS_ID_AA64PFR0_EL1, read_ID_AA64PFR0,
	  FIELD_AT(16) | FIELD_AT(20) | FIELD_AT(48) | FIELD_AT(56) |
		  FIELD_AT(60),
	  fix_pfr0 },
	/* BT SSBS */
	{ SYS_ID_AA64PFR1_EL1, read_ID_AA64PFR1, FIELD_AT(0) | FIELD_AT(4),
	  NULL },
	/* BRPs WRPs CTX_CMPs */
	{ SYS_ID_AA64DFR0_EL1, read_ID_AA64DFR0,
	  FIELD_AT(12) | FIELD_AT(20) | FIELD_AT(28), fix_dfr0 },
	/* All but TME and RNDR. */
	{ SYS_ID_AA64ISAR0_EL1, read_ID_AA64ISAR0,
	  ~(FIELD_AT(24) | FIELD_AT(60)), NULL },
	/* DPB JSCVT FCMA LRCPC FRINTTS SB SPECRES BF16 DGH I8MM */
	{ SYS_ID_AA64ISAR1_EL1, read_ID_AA64ISAR1,
	  FIELD_AT(0) | FIELD_AT(12) | FIELD_AT(16) | FIELD_AT(20) |
		  FIELD_AT(32) | FIELD_AT(36) | FIELD_AT(40) | FIELD_AT(44) |
		  FIELD_AT(48) | FIELD_AT(52),
	  NULL },
	/* ASIDBits BigEnd SNSMem BigEndEL0 TGran16 TGran64 TGran4 */
	{ SYS_ID_AA64MMFR0_EL1, read_ID_AA64MMFR0, GENMASK_ULL(31, 4),
	  fix_mmfr0 },
	/* HAFDBS HPDS PAN ETS */
	{ SYS_ID_AA64MMFR1_EL1, read_ID_AA64MMFR1,
	  FIELD_AT(0) | FIELD_AT(12) | FIELD_AT(20) | FIELD_AT(36), NULL },
	/* CnP UAO LSM VARange CCIDX ST AT IDS TTL BBM E0PD */
	{ SYS_ID_AA64MMFR2_EL1, read_ID_AA64MMFR2,
	  FIELD_AT(0) | FIELD_AT(4) | FIELD_AT(8) | FIELD_AT(16) |
		  FIELD_AT(20) | FIELD_AT(28) | FIELD_AT(32) | FIELD_AT(36) |
		  FIELD_AT(48) | FIELD_AT(52) | FIELD_AT(60),
	  NULL },
};

/* The space TID3 traps: op0 3, op1 0, CRn 0, CRm 1 to 7. */
static bool id_space(u32 enc)
{
	return sys_reg_Op0(enc) == 3 && sys_reg_Op1(enc) == 0 &&
	       sys_reg_CRn(enc) == 0 && sys_reg_CRm(enc) >= 1 &&
	       sys_reg_CRm(enc) <= 7;
}

static u64 id_value(struct vcpu *vcpu, u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(id_regs); i++)
		if (id_regs[i].enc == enc) {
			u64 value = id_regs[i].read() & id_regs[i].keep;

			return id_regs[i].fix ? id_regs[i].fix(vcpu, value)
					      : value;
		}
	return 0;
}

static int context_find(u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(context_regs); i++)
		if (context_regs[i].enc == enc)
			return i;
	return -ENOENT;
}

static const u32 others[] = { REG_MIDR, REG_MPIDR, REG_MDSCR };

u32 sysreg_nth(unsigned int n)
{
	if (n < ARRAY_SIZE(context_regs))
		return context_regs[n].enc;
	n -= ARRAY_SIZE(context_regs);
	if (n < ARRAY_SIZE(id_regs))
		return id_regs[n].enc;
	n -= ARRAY_SIZE(id_regs);
	return n < ARRAY_SIZE(others) ? others[n] : 0;
}

int sysreg_get(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	int i = context_find(enc);

	if (i >= 0)
		*ret = vcpu->ctx->reg[context_regs[i].reg];
	else if (enc == REG_MDSCR)
		*ret = vcpu->mdscr;
	else if (enc == REG_MPIDR)
		*ret = vcpu_mpidr(vcpu);
	else if (enc == REG_MIDR)
		*ret = vcpu->ctx->vpidr;
	else if (id_space(enc))
		*ret = id_value(vcpu, enc);
	else
		return -ENOENT;
	return 0;
}

int sysreg_set(struct vcpu *vcpu, u32 enc, u64 value)
{
	int i = context_find(enc);
	u64 constant;
	int ret;

	if (i >= 0) {
		vcpu->ctx->reg[context_regs[i].reg] = value;
		return 0;
	}
	if (enc == REG_MDSCR) {
		vcpu->mdscr = value;
		return 0;
	}
	ret = sysreg_get(vcpu, enc, &constant);
	if (ret)
		return ret;
	return constant == value ? 0 : -EINVAL;
}

static bool caches_on(const struct vcpu *vcpu)
{
	return (vcpu->ctx->reg[EL2_SCTLR] & (SCTLR_M | SCTLR_C)) ==
	       (SCTLR_M | SCTLR_C);
}

/*
 * What the guest wrote with its caches off has to be seen with them on, and
 * the other way round. Once they are on, writes need not be watched.
 */
static void caches_changed(struct vcpu *vcpu, bool were_on)
{
	if (caches_on(vcpu) != were_on) {
		vcpu_fp_put(vcpu);
		stage2_clean_all(&vcpu->vm->stage2);
	}
	if (caches_on(vcpu))
		vcpu->ctx->hcr &= ~HCR_TVM;
}

static bool trapped_write(struct vcpu *vcpu, u32 enc, u64 value)
{
	int i = context_find(enc);
	bool were_on = caches_on(vcpu);

	if (i >= 0 && context_regs[i].tvm) {
		vcpu->ctx->reg[context_regs[i].reg] = value;
		caches_changed(vcpu, were_on);
		return true;
	}
	switch (enc) {
	case REG_MDSCR:
		vcpu->mdscr = value;
		return true;
	case REG_DC_ISW:
	case REG_DC_CSW:
	case REG_DC_CISW:
		vcpu_fp_put(vcpu);
		stage2_clean_all(&vcpu->vm->stage2);
		vcpu->ctx->hcr |= HCR_TVM;
		return true;
	case REG_SGI1R:
		return vgic_sgi(vcpu, value);
	case REG_SGI0R:
	case REG_ASGI1R:
		/* Group 0 and secure interrupts: nobody here has any. */
		return vcpu->ctx->vgic.loaded;
	case REG_ACTLR:
		return true;
	default:
		/* Debug registers: written, and of no effect. */
		return sys_reg_Op0(enc) == 2 && sys_reg_Op1(enc) == 0;
	}
}

static bool trapped_read(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	*ret = 0;
	if (id_space(enc)) {
		*ret = id_value(vcpu, enc);
		return true;
	}
	switch (enc) {
	case REG_MDSCR:
		*ret = vcpu->mdscr;
		return true;
	case REG_OSLSR:
		*ret = OSLSR_OSLM;
		return true;
	case REG_ACTLR:
		return true;
	default:
		return sys_reg_Op0(enc) == 2 && sys_reg_Op1(enc) == 0;
	}
}

int sysreg_trapped(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr;
	unsigned int rt = FIELD_GET(ISS_RT, esr);
	u32 enc = esr_sys64_to_sysreg(esr);
	bool known;
	u64 value;

	if (esr & ISS_READ) {
		known = trapped_read(vcpu, enc, &value);
		if (known)
			vcpu_set_x(vcpu, rt, value);
	} else {
		known = trapped_write(vcpu, enc, vcpu_x(vcpu, rt));
	}
	if (known)
		vcpu->ctx->pc += 4;
	else
		inject_undefined(vcpu);
	return 1;
}
