// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ID registers that a guest sees. Source: Arm ARM, the register
 * descriptions; Documentation/virt/kvm/api.rst, "KVM_SET_ONE_REG", for the
 * demultiplexed CCSIDR_EL1.
 *
 * A feature field shows the host's value (keep), a lower value set by the VMM,
 * or 0. The rest of the ID space reads as zero. The host's value is the one
 * that its kernel has found for all CPUs; registers that the kernel does not
 * sanitise are those of the CPU that loaded the module.
 */
#include "idreg.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>
#include "compat.h"
#include "cpu.h"
#include "regs.h"
#include "vcpu.h"
#include "vgic/vgic.h"
#include "vm.h"

/* A field of any ID register. */
#define FIELD_BITS    4U
#define FIELD_AT(bit) GENMASK_ULL((bit) + FIELD_BITS - 1, bit)

/* Pointer authentication: an algorithm for addresses, and for other data. */
#define ISAR1_ADDRESS (ID_AA64ISAR1_EL1_APA | ID_AA64ISAR1_EL1_API)
#define ISAR1_GENERIC (ID_AA64ISAR1_EL1_GPA | ID_AA64ISAR1_EL1_GPI)

/*
 * CLIDR_EL1 has a cache type for each level; CLIDR_TYPE is that of level 1.
 * CSSELR_EL1 is twice the level, plus 1 for the instruction cache.
 */
#define CLIDR_LEVEL_BITS   3U
#define CLIDR_LEVELS       7U
#define CLIDR_TYPE         GENMASK_ULL(2, 0)
#define CLIDR_TYPE_INSN    1U
#define CLIDR_TYPE_DATA    2U
#define CLIDR_TYPE_BOTH    3U /* an instruction cache and a data cache */
#define CLIDR_TYPE_UNIFIED 4U

/*
 * EL0 and EL1 are AArch64 only. The GIC field is set if the host offers a VGIC,
 * or, once the VM has run, if the VM has one.
 */
static u64 fix_pfr0(struct vcpu *vcpu, u64 value)
{
	bool gic = READ_ONCE(vcpu->vm->ran) ? !!vcpu->vm->vgic : vgic_offered();

	/* Lower CSV2 to 1: no SCXTNUM_EL1 and SCXTNUM_EL0. */
	if (value & ID_AA64PFR0_EL1_CSV2)
		u64p_replace_bits(&value, ID_AA64PFR0_EL1_CSV2_IMP,
				  ID_AA64PFR0_EL1_CSV2);
	return value |
	       FIELD_PREP(ID_AA64PFR0_EL1_EL0, ID_AA64PFR0_EL1_EL0_IMP) |
	       FIELD_PREP(ID_AA64PFR0_EL1_EL1, ID_AA64PFR0_EL1_EL1_IMP) |
	       (gic ? FIELD_PREP(ID_AA64PFR0_EL1_GIC, ID_AA64PFR0_EL1_GIC_IMP)
		    : 0);
}

static u64 fix_dfr0(struct vcpu *vcpu, u64 value)
{
	return value | FIELD_PREP(ID_AA64DFR0_EL1_DebugVer,
				  ID_AA64DFR0_EL1_DebugVer_IMP);
}

/* Hide LPA2. Show no more physical address bits than this VM has. */
static u64 fix_mmfr0(struct vcpu *vcpu, u64 value)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	unsigned int range = 0;

	while (range + 1 < ARRAY_SIZE(bits) &&
	       bits[range + 1] <= vcpu->vm->ipa_bits)
		range++;
	value |= FIELD_PREP(ID_AA64MMFR0_EL1_PARANGE, range);
	if (FIELD_GET(ID_AA64MMFR0_EL1_TGRAN4, value) ==
	    ID_AA64MMFR0_EL1_TGRAN4_52_BIT)
		u64p_replace_bits(&value, ID_AA64MMFR0_EL1_TGRAN4_IMP,
				  ID_AA64MMFR0_EL1_TGRAN4);
	if (FIELD_GET(ID_AA64MMFR0_EL1_TGRAN16, value) ==
	    ID_AA64MMFR0_EL1_TGRAN16_52_BIT)
		u64p_replace_bits(&value, ID_AA64MMFR0_EL1_TGRAN16_IMP,
				  ID_AA64MMFR0_EL1_TGRAN16);
	return value;
}

static const struct {
	u32 enc;
	u64 keep;
	u64 (*fix)(struct vcpu *vcpu, u64 value);
	u64 fixed; /* fields that the VMM cannot lower */
	/* Kept if the vCPU has pointer authentication; also fixed. */
	u64 ptrauth;
} id_regs[] = {
	{ SYS_ID_AA64PFR0_EL1,
	  ID_AA64PFR0_EL1_FP | ID_AA64PFR0_EL1_AdvSIMD | ID_AA64PFR0_EL1_DIT |
		  ID_AA64PFR0_EL1_CSV2 | ID_AA64PFR0_EL1_CSV3,
	  fix_pfr0,
	  ID_AA64PFR0_EL1_EL0 | ID_AA64PFR0_EL1_EL1 | ID_AA64PFR0_EL1_EL2 |
		  ID_AA64PFR0_EL1_EL3 | ID_AA64PFR0_EL1_FP |
		  ID_AA64PFR0_EL1_AdvSIMD | ID_AA64PFR0_EL1_GIC |
		  ID_AA64PFR0_EL1_RAS },
	{ SYS_ID_AA64PFR1_EL1, ID_AA64PFR1_EL1_BT | ID_AA64PFR1_EL1_SSBS, NULL,
	  0 },
	{ SYS_ID_AA64DFR0_EL1,
	  ID_AA64DFR0_EL1_BRPs | ID_AA64DFR0_EL1_WRPs |
		  ID_AA64DFR0_EL1_CTX_CMPs,
	  fix_dfr0, ~0ULL },
	{ SYS_ID_AA64ISAR0_EL1, ~(ID_AA64ISAR0_EL1_TME | ID_AA64ISAR0_EL1_RNDR),
	  NULL, 0 },
	{ SYS_ID_AA64ISAR1_EL1,
	  ID_AA64ISAR1_EL1_DPB | ID_AA64ISAR1_EL1_JSCVT |
		  ID_AA64ISAR1_EL1_FCMA | ID_AA64ISAR1_EL1_LRCPC |
		  ID_AA64ISAR1_EL1_FRINTTS | ID_AA64ISAR1_EL1_SB |
		  ID_AA64ISAR1_EL1_SPECRES | ID_AA64ISAR1_EL1_BF16 |
		  ID_AA64ISAR1_EL1_DGH | ID_AA64ISAR1_EL1_I8MM,
	  NULL, 0, ISAR1_ADDRESS | ISAR1_GENERIC },
	/* No field yet: RPRES, WFXT, MOPS and BC may follow. */
	{ SYS_ID_AA64ISAR2_EL1, 0, NULL, 0,
	  ID_AA64ISAR2_EL1_APA3 | ID_AA64ISAR2_EL1_GPA3 },
	{ SYS_ID_AA64MMFR0_EL1,
	  ID_AA64MMFR0_EL1_ASIDBITS | ID_AA64MMFR0_EL1_BIGEND |
		  ID_AA64MMFR0_EL1_SNSMEM | ID_AA64MMFR0_EL1_BIGENDEL0 |
		  ID_AA64MMFR0_EL1_TGRAN16 | ID_AA64MMFR0_EL1_TGRAN64 |
		  ID_AA64MMFR0_EL1_TGRAN4,
	  fix_mmfr0, ~ID_AA64MMFR0_EL1_PARANGE },
	{ SYS_ID_AA64MMFR1_EL1,
	  ID_AA64MMFR1_EL1_HAFDBS | ID_AA64MMFR1_EL1_HPDS |
		  ID_AA64MMFR1_EL1_PAN | ID_AA64MMFR1_EL1_ETS,
	  NULL, 0 },
	{ SYS_ID_AA64MMFR2_EL1,
	  ID_AA64MMFR2_EL1_CnP | ID_AA64MMFR2_EL1_UAO | ID_AA64MMFR2_EL1_LSM |
		  ID_AA64MMFR2_EL1_VARange | ID_AA64MMFR2_EL1_CCIDX |
		  ID_AA64MMFR2_EL1_ST | ID_AA64MMFR2_EL1_AT |
		  ID_AA64MMFR2_EL1_IDS | ID_AA64MMFR2_EL1_TTL |
		  ID_AA64MMFR2_EL1_BBM | ID_AA64MMFR2_EL1_E0PD,
	  NULL, 0 },
};

static_assert(ARRAY_SIZE(id_regs) == IDREG_NR);

/* The values of id_regs[] that the kernel has for all CPUs, read at load. */
static u64 sanitised[ARRAY_SIZE(id_regs)];
/* Registers of the CPU that loaded the module. */
static u64 revidr, aidr, clidr, ctr;
static u64 ccsidr[2 * CLIDR_LEVELS];
static const u64 zero; /* for features that no guest has */

/* Registers that are the same in every guest. */
static const struct {
	u32 enc;
	const u64 *value;
} constants[] = {
	{ REG_REVIDR, &revidr },
	{ REG_CLIDR, &clidr },
	{ REG_AIDR, &aidr },
	{ REG_CTR, &ctr },
	{ sys_reg(3, 0, 1, 0, 1), &zero }, /* ACTLR_EL1 */
	{ sys_reg(3, 0, 12, 1, 1), &zero }, /* DISR_EL1 */
	{ sys_reg(2, 4, 0, 7, 0), &zero }, /* DBGVCR32_EL2 */
	{ sys_reg(3, 4, 3, 0, 0), &zero }, /* DACR32_EL2 */
	{ sys_reg(3, 4, 5, 0, 1), &zero }, /* IFSR32_EL2 */
	{ sys_reg(3, 4, 5, 3, 0), &zero }, /* FPEXC32_EL2 */
};

/* CCSIDR_EL1 of this CPU. Interrupts are off; CSSELR_EL1 does not change. */
static u64 ccsidr_here(unsigned int csselr)
{
	u64 old = read_sysreg(csselr_el1), value;

	write_sysreg(csselr, csselr_el1);
	isb();
	value = read_sysreg(ccsidr_el1);
	write_sysreg(old, csselr_el1);
	return value;
}

void idreg_host_init(void)
{
	unsigned long flags;

	for (unsigned int i = 0; i < ARRAY_SIZE(id_regs); i++)
		sanitised[i] = read_sanitised_ftr_reg(id_regs[i].enc);
	ctr = read_sanitised_ftr_reg(SYS_CTR_EL0);
	local_irq_save(flags);
	revidr = read_sysreg_s(REG_REVIDR);
	aidr = read_sysreg_s(REG_AIDR);
	clidr = read_sysreg_s(REG_CLIDR);
	for (unsigned int i = 0; i < ARRAY_SIZE(ccsidr); i++)
		if (idreg_has_cache(i))
			ccsidr[i] = ccsidr_here(i);
	local_irq_restore(flags);
}

u64 idreg_host(u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(id_regs); i++)
		if (id_regs[i].enc == enc)
			return sanitised[i];
	return 0;
}

bool idreg_caches_same(void)
{
	bool same = cpu_id(REG_CTR) == ctr && cpu_id(REG_CLIDR) == clidr;
	unsigned long flags;

	local_irq_save(flags);
	for (unsigned int i = 0; same && i < ARRAY_SIZE(ccsidr); i++)
		same = !idreg_has_cache(i) || ccsidr_here(i) == ccsidr[i];
	local_irq_restore(flags);
	return same;
}

bool idreg_has_ptrauth(void)
{
	u64 isar1 = idreg_host(SYS_ID_AA64ISAR1_EL1);
	u64 isar2 = idreg_host(SYS_ID_AA64ISAR2_EL1);

	return ((isar1 & ISAR1_ADDRESS) || (isar2 & ID_AA64ISAR2_EL1_APA3)) &&
	       ((isar1 & ISAR1_GENERIC) || (isar2 & ID_AA64ISAR2_EL1_GPA3));
}

/* The encodings that HCR_EL2.TID3 traps: op0 3, op1 0, CRn 0, CRm 1 to 7. */
static bool id_space(u32 enc)
{
	return sys_reg_Op0(enc) == 3 && sys_reg_Op1(enc) == 0 &&
	       sys_reg_CRn(enc) == 0 && sys_reg_CRm(enc) >= 1 &&
	       sys_reg_CRm(enc) <= 7;
}

static int id_find(u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(id_regs); i++)
		if (id_regs[i].enc == enc)
			return i;
	return -ENOENT;
}

/* The highest field values that a guest of this VM can have. */
static u64 id_limit(struct vcpu *vcpu, unsigned int i)
{
	u64 ptrauth = vcpu->ctx->ptrauth ? id_regs[i].ptrauth : 0;
	u64 value = sanitised[i] & (id_regs[i].keep | ptrauth);

	return id_regs[i].fix ? id_regs[i].fix(vcpu, value) : value;
}

/* The lower value of each field. */
static u64 fields_min(u64 a, u64 b)
{
	u64 value = 0;

	for (unsigned int bit = 0; bit < 64; bit += FIELD_BITS)
		value |= min(a & FIELD_AT(bit), b & FIELD_AT(bit));
	return value;
}

static u64 id_value(struct vcpu *vcpu, u32 enc)
{
	int i = id_find(enc);
	u64 limit;

	if (i < 0)
		return 0;
	limit = id_limit(vcpu, i);
	/* Pairs with the release in idreg_set(): id_value[i] is set. */
	if (!(smp_load_acquire(&vcpu->vm->id_set) & BIT(i)))
		return limit;
	return fields_min(limit, vcpu->vm->id_value[i]);
}

u32 idreg_nth(unsigned int n)
{
	if (n == 0)
		return REG_MIDR;
	n--;
	if (n < ARRAY_SIZE(constants))
		return constants[n].enc;
	n -= ARRAY_SIZE(constants);
	return n < 7 * 8 ? sys_reg(3, 0, 0, 1 + n / 8, n % 8) : 0;
}

int idreg_get(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	if (enc == REG_MIDR) {
		*ret = vcpu->ctx->vpidr;
		return 0;
	}
	if (id_space(enc)) {
		*ret = id_value(vcpu, enc);
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++) {
		if (constants[i].enc != enc)
			continue;
		*ret = *constants[i].value;
		return 0;
	}
	return -ENOENT;
}

/* No field of value may exceed limit's. Fixed fields must equal limit's. */
static bool lowered(u64 value, u64 limit, u64 fixed)
{
	for (unsigned int bit = 0; bit < 64; bit += FIELD_BITS) {
		u64 mask = FIELD_AT(bit);

		if ((value & mask) > (limit & mask))
			return false;
		if ((fixed & mask) && (value ^ limit) & mask)
			return false;
	}
	return true;
}

/*
 * ID registers that describe AArch32. They read as zero. A VMM may write the
 * values of a machine with AArch32; they are ignored. ID_AFR0, ID_DFR1 and
 * unallocated encodings are not among them.
 */
static bool aarch32(u32 enc)
{
	static const u8 ids[] = { 0xf7, 0xff, 0x57 }; /* [CRm - 1], bit op2 */
	unsigned int crm = sys_reg_CRm(enc);

	return id_space(enc) && crm <= 3 &&
	       ids[crm - 1] & BIT(sys_reg_Op2(enc));
}

int idreg_set(struct vcpu *vcpu, u32 enc, u64 value)
{
	struct vm *vm = vcpu->vm;
	int i = id_find(enc);
	u64 old, limit;
	int ret = idreg_get(vcpu, enc, &old);

	if (ret || old == value)
		return ret;
	if (i < 0)
		return aarch32(enc) ? 0 : -EINVAL;
	limit = id_limit(vcpu, i);
	if (!lowered(value, limit, id_regs[i].fixed | id_regs[i].ptrauth))
		return -EINVAL;
	mutex_lock(&vm->lock);
	if (vm->ran) {
		ret = -EBUSY;
	} else {
		vm->id_value[i] = value;
		/* A reader that sees the bit must see the value. */
		smp_store_release(&vm->id_set, vm->id_set | BIT(i));
	}
	mutex_unlock(&vm->lock);
	return ret;
}

bool idreg_trapped(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	if (id_space(enc)) {
		*ret = id_value(vcpu, enc);
		return true;
	}
	switch (enc) {
	case REG_REVIDR:
	case REG_AIDR:
	case REG_CLIDR:
	case REG_CTR:
		return !idreg_get(vcpu, enc, ret);
	default:
		return false;
	}
}

bool idreg_has_cache(unsigned int csselr)
{
	unsigned int level = csselr / 2;
	u64 type;

	if (level >= CLIDR_LEVELS)
		return false;
	type = clidr >> (level * CLIDR_LEVEL_BITS) & CLIDR_TYPE;
	if (csselr & CSSELR_EL1_InD)
		return type == CLIDR_TYPE_INSN || type == CLIDR_TYPE_BOTH;
	return type == CLIDR_TYPE_DATA || type == CLIDR_TYPE_BOTH ||
	       type == CLIDR_TYPE_UNIFIED;
}

u64 idreg_ccsidr(unsigned int csselr)
{
	csselr = array_index_nospec(csselr, ARRAY_SIZE(ccsidr));
	return ccsidr[csselr];
}
