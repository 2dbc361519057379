// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trapped system registers, in tables. Source: Arm ARM, the register
 * descriptions. A register that is neither in a table nor an ID register
 * (idreg.c) is UNDEFINED.
 */
#include "sysreg.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include <trapline/abi.h>
#include "exit.h"
#include "idreg.h"
#include "regs.h"
#include "timer.h"
#include "tracepoints.h"
#include "vcpu.h"
#include "vm.h"

#define REG_ACTLR   sys_reg(3, 0, 1, 0, 1)
#define REG_MPIDR   sys_reg(3, 0, 0, 0, 5)
#define REG_MDCCINT sys_reg(2, 0, 0, 2, 0)
#define REG_DC_ISW  sys_insn(1, 0, 7, 6, 2)
#define REG_DC_CSW  sys_insn(1, 0, 7, 10, 2)
#define REG_DC_CISW sys_insn(1, 0, 7, 14, 2)
#define REG_SGI1R   sys_reg(3, 0, 12, 11, 5)
#define REG_ASGI1R  sys_reg(3, 0, 12, 11, 6)
#define REG_SGI0R   sys_reg(3, 0, 12, 11, 7)
#define REG_SRE     sys_reg(3, 0, 12, 12, 5)
#define SRE_ALL     7 /* SRE; bypass is disabled */

#define CSSELR_LEVEL_IND GENMASK_ULL(3, 0)

/* Registers in the context, and those whose writes may trap (catch.c). */
static const struct {
	u32 enc;
	enum el2_reg reg;
	u64 catch;
} context_regs[] = {
	{ sys_reg(3, 0, 1, 0, 0), EL2_SCTLR, TRAPLINE_CATCH_SCTLR },
	{ sys_reg(3, 0, 2, 0, 0), EL2_TTBR0, TRAPLINE_CATCH_TTBR0 },
	{ sys_reg(3, 0, 2, 0, 1), EL2_TTBR1, TRAPLINE_CATCH_TTBR1 },
	{ sys_reg(3, 0, 2, 0, 2), EL2_TCR, TRAPLINE_CATCH_TCR },
	{ sys_reg(3, 0, 5, 2, 0), EL2_ESR, TRAPLINE_CATCH_ESR },
	{ sys_reg(3, 0, 6, 0, 0), EL2_FAR, TRAPLINE_CATCH_FAR },
	{ sys_reg(3, 0, 5, 1, 0), EL2_AFSR0, TRAPLINE_CATCH_AFSR0 },
	{ sys_reg(3, 0, 5, 1, 1), EL2_AFSR1, TRAPLINE_CATCH_AFSR1 },
	{ sys_reg(3, 0, 10, 2, 0), EL2_MAIR, TRAPLINE_CATCH_MAIR },
	{ sys_reg(3, 0, 10, 3, 0), EL2_AMAIR, TRAPLINE_CATCH_AMAIR },
	{ sys_reg(3, 0, 13, 0, 1), EL2_CONTEXTIDR, TRAPLINE_CATCH_CONTEXTIDR },
	{ sys_reg(3, 0, 1, 0, 2), EL2_CPACR, 0 },
	{ sys_reg(3, 0, 12, 0, 0), EL2_VBAR, TRAPLINE_CATCH_VBAR },
	{ sys_reg(3, 0, 14, 1, 0), EL2_CNTKCTL, 0 },
	{ sys_reg(3, 2, 0, 0, 0), EL2_CSSELR_EL1, 0 },
	{ sys_reg(3, 0, 7, 4, 0), EL2_PAR_EL1, 0 },
	{ sys_reg(3, 3, 13, 0, 2), EL2_TPIDR_EL0, 0 },
	{ sys_reg(3, 3, 13, 0, 3), EL2_TPIDRRO_EL0, 0 },
	{ sys_reg(3, 0, 13, 0, 4), EL2_TPIDR_EL1, 0 },
};

static int context_find(u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(context_regs); i++)
		if (context_regs[i].enc == enc)
			return i;
	return -ENOENT;
}

static const u32 others[] = { REG_MPIDR, REG_MDSCR, REG_MDCCINT, REG_OSLSR };

/* The keys of pointer authentication, CRm 1 to 3, in the order of el2_reg. */
#define NR_KEYS (EL2_APGAKEYHI - EL2_APIAKEYLO + 1U)

static u32 key_enc(unsigned int n)
{
	return sys_reg(3, 0, 2, 1 + n / 4, n % 4);
}

static u64 *key_place(struct vcpu *vcpu, u32 enc)
{
	for (unsigned int n = 0; n < NR_KEYS && vcpu->ctx->ptrauth; n++)
		if (key_enc(n) == enc)
			return &vcpu->ctx->reg[EL2_APIAKEYLO + n];
	return NULL;
}

/* DBGBVR<n>_EL1, DBGBCR, DBGWVR, DBGWCR, up to the highest possible n. */
#define NR_DEBUG_REGS (4U * EL2_MAX_DBG)

static u32 debug_enc(unsigned int n)
{
	return sys_reg(2, 0, 0, n / 4, 4 + n % 4);
}

static bool is_debug(u32 enc)
{
	return sys_reg_Op0(enc) == 2 && !sys_reg_Op1(enc) &&
	       ((!sys_reg_CRn(enc) && sys_reg_Op2(enc) >= 4) ||
		enc == REG_MDCCINT || enc == REG_OSLSR || enc == REG_MDSCR);
}

/* ONE_REG's write. Debug registers that this CPU lacks exist there, as 0. */
static int debug_set_one(struct vcpu *vcpu, u32 enc, u64 value)
{
	if (enc == REG_OSLSR && (value & ~OSLSR_OSLK) != OSLSR_OSLM)
		return -EINVAL;
	if (enc == REG_OSLSR)
		debug_write(vcpu, REG_OSLAR, !!(value & OSLSR_OSLK));
	else
		debug_write(vcpu, enc, value);
	return 0;
}

u32 sysreg_nth(const struct vcpu *vcpu, unsigned int n)
{
	if (n < ARRAY_SIZE(context_regs))
		return context_regs[n].enc;
	n -= ARRAY_SIZE(context_regs);
	if (n < ARRAY_SIZE(others))
		return others[n];
	n -= ARRAY_SIZE(others);
	if (n < NR_DEBUG_REGS)
		return debug_enc(n);
	n -= NR_DEBUG_REGS;
	if (vcpu->ctx->ptrauth && n < NR_KEYS)
		return key_enc(n);
	return idreg_nth(n - (vcpu->ctx->ptrauth ? NR_KEYS : 0));
}

int sysreg_get(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	u64 *key = key_place(vcpu, enc);
	int i = context_find(enc);

	if (i >= 0)
		*ret = vcpu->ctx->reg[context_regs[i].reg];
	else if (key)
		*ret = *key;
	else if (is_debug(enc))
		debug_read(vcpu, enc, ret);
	else if (enc == REG_MPIDR)
		*ret = vcpu_mpidr(vcpu);
	else
		return idreg_get(vcpu, enc, ret);
	return 0;
}

int sysreg_set(struct vcpu *vcpu, u32 enc, u64 value)
{
	u64 *key = key_place(vcpu, enc);
	int i = context_find(enc);

	if (i >= 0 || key) {
		*(key ? key : &vcpu->ctx->reg[context_regs[i].reg]) = value;
		return 0;
	}
	if (is_debug(enc))
		return debug_set_one(vcpu, enc, value);
	if (enc == REG_MPIDR)
		return value == vcpu_mpidr(vcpu) ? 0 : -EINVAL;
	return idreg_set(vcpu, enc, value);
}

bool sysreg_caches_on(const struct vcpu *vcpu)
{
	return (vcpu->ctx->reg[EL2_SCTLR] & (SCTLR_ELx_M | SCTLR_ELx_C)) ==
	       (SCTLR_ELx_M | SCTLR_ELx_C);
}

/*
 * With caches on, the guest must see what it wrote with caches off, and vice
 * versa. Once the caches are on, writes need not trap any more.
 */
static void caches_changed(struct vcpu *vcpu, bool were_on)
{
	if (sysreg_caches_on(vcpu) != were_on) {
		trace_trapline_toggle_cache(vcpu->id, vcpu->ctx->pc, were_on,
					    !were_on);
		stage2_clean_all(&vcpu->vm->stage2);
	}
	/* catch_apply() keeps the traps if the debugger needs them. */
	if (sysreg_caches_on(vcpu)) {
		vcpu->cleaned = false;
		vcpu->catch.traps = CATCH_UNKNOWN;
	}
}

/*
 * A guest does a set/way operation for each set and way before it turns its
 * caches off or on. The first operation cleans all memory. The next ones do
 * nothing, until a stage-1 register is written with the caches on.
 */
static void set_way(struct vcpu *vcpu)
{
	if (vcpu->cleaned)
		return;
	vcpu_put(vcpu);
	stage2_clean_all(&vcpu->vm->stage2);
	vcpu->cleaned = true;
	vcpu->ctx->hcr |= HCR_TVM;
}

void sysreg_write_context(struct vcpu *vcpu, u32 enc, u64 value)
{
	bool were_on;

	vcpu_put(vcpu);
	were_on = sysreg_caches_on(vcpu);
	vcpu->ctx->reg[context_regs[context_find(enc)].reg] = value;
	caches_changed(vcpu, were_on);
}

static bool trapped_write(struct vcpu *vcpu, u32 enc, u64 value)
{
	int i = context_find(enc);

	if (i >= 0 && context_regs[i].catch) {
		sysreg_write_context(vcpu, enc, value);
		return true;
	}
	switch (enc) {
	case REG_DC_ISW:
	case REG_DC_CSW:
	case REG_DC_CISW:
		set_way(vcpu);
		return true;
	case REG_SGI1R:
		return vgic_sgi(vcpu, value);
	/* No guest has Group 0 or secure interrupts. */
	case REG_SGI0R:
	case REG_ASGI1R:
	case REG_SRE:
		return vcpu->ctx->vgic.loaded;
	case REG_CSSELR:
		vcpu_put(vcpu);
		vcpu->ctx->reg[EL2_CSSELR_EL1] = value;
		return true;
	case REG_ACTLR:
		return true;
	default:
		return debug_write(vcpu, enc, value) ||
		       timer_phys_write(vcpu, enc, value);
	}
}

/* If the cache does not exist, the value is UNKNOWN; return 0. */
static u64 ccsidr_read(u64 csselr)
{
	csselr &= CSSELR_LEVEL_IND;
	return idreg_has_cache(csselr) ? idreg_ccsidr(csselr) : 0;
}

static bool trapped_read(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	*ret = 0;
	if (idreg_trapped(vcpu, enc, ret))
		return true;
	switch (enc) {
	case REG_SRE:
		*ret = SRE_ALL;
		return vcpu->ctx->vgic.loaded;
	case REG_CSSELR:
		vcpu_put(vcpu);
		*ret = vcpu->ctx->reg[EL2_CSSELR_EL1];
		return true;
	case REG_CCSIDR:
		vcpu_put(vcpu);
		*ret = ccsidr_read(vcpu->ctx->reg[EL2_CSSELR_EL1]);
		return true;
	case REG_ACTLR:
		return true;
	default:
		return debug_read(vcpu, enc, ret) ||
		       timer_phys_read(vcpu, enc, ret);
	}
}

bool sysreg_fast(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr;
	unsigned int rt = FIELD_GET(ISS_RT, esr);
	u32 enc = esr_sys64_to_sysreg(esr);

	if (esr & ISS_READ) {
		u64 value;

		if (!idreg_trapped(vcpu, enc, &value))
			return false;
		vcpu_set_x(vcpu, rt, value);
	} else if (enc != REG_SGI1R || !vgic_sgi(vcpu, vcpu_x(vcpu, rt))) {
		return false;
	}
	trace_trapline_sysreg(vcpu->id, vcpu->ctx->pc, esr, vcpu_x(vcpu, rt));
	vcpu_skip(vcpu, esr);
	return true;
}

/*
 * True: the debugger catches writes to this register. *ret is the current
 * value.
 */
static bool caught(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	int i = context_find(enc);

	if (i < 0 || !(context_regs[i].catch & READ_ONCE(vcpu->vm->catch)))
		return false;
	vcpu_put(vcpu);
	*ret = vcpu->ctx->reg[context_regs[i].reg];
	return true;
}

int sysreg_trapped(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr;
	unsigned int rt = FIELD_GET(ISS_RT, esr);
	u32 enc = esr_sys64_to_sysreg(esr);
	bool known;
	u64 value;

	if (!(esr & ISS_READ) && caught(vcpu, enc, &value))
		return catch_exit(vcpu, enc, value, vcpu_x(vcpu, rt));
	if (esr & ISS_READ) {
		known = trapped_read(vcpu, enc, &value);
		if (known)
			vcpu_set_x(vcpu, rt, value);
	} else {
		known = trapped_write(vcpu, enc, vcpu_x(vcpu, rt));
	}
	trace_trapline_sysreg(vcpu->id, vcpu->ctx->pc, esr, vcpu_x(vcpu, rt));
	if (known)
		vcpu_skip(vcpu, esr);
	else
		inject_undefined(vcpu);
	return 1;
}
