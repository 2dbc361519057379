// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest debugging and the guest's debug registers: see debug.h. Source: Arm
 * ARM, "AArch64 Self-hosted Debug", the debug registers by title, "Software
 * Step exceptions"; Documentation/virt/kvm/api.rst, "KVM_SET_GUEST_DEBUG";
 * include/trapline/abi.h, "stepping".
 */
#include "debug.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include "compat.h"
#include "gate.h"
#include "idreg.h"
#include "regs.h"
#include "slots.h"
#include "vcpu.h"
#include "vm.h"

/*
 * The bits that reach the hardware. HMC and SSC are 0: match at EL1 and EL0,
 * never at EL2.
 */
#define BCR_USED                                              \
	(BIT_ULL(0) | GENMASK_ULL(2, 1) | GENMASK_ULL(8, 5) | \
	 GENMASK_ULL(19, 16) | GENMASK_ULL(23, 20))
#define WCR_USED \
	(GENMASK_ULL(12, 0) | GENMASK_ULL(20, 16) | GENMASK_ULL(28, 24))
#define CR_ENABLE  BIT_ULL(0)
/* Linked: BT is not "unlinked address match", or WT is 1. */
#define BCR_LINKED GENMASK_ULL(23, 20)
#define WCR_LINKED BIT_ULL(20)

#define MDSCR_USED                                                 \
	(MDSCR_EL1_SS | BIT_ULL(6) | BIT_ULL(12) | MDSCR_EL1_KDE | \
	 MDSCR_EL1_MDE)

/* DBGBVR<n>_EL1, DBGBCR, DBGWVR, DBGWCR: CRn 0, CRm n, op2 4 to 7. */
#define OP2_BVR 4U
#define OP2_BCR 5U
#define OP2_WVR 6U
#define OP2_WCR 7U

/* MRS Xt, <register that shows pending interrupts>. */
#define INSN_MRS 0xd5200000U
#define INSN_RT  0x1fU
static_assert((INSN_MRS | sys_reg(3, 0, 12, 1, 0) | 7) == 0xd538c107U);

static const u32 tells[] = {
	SYS_ICC_IAR0_EL1,   SYS_ICC_IAR1_EL1,        SYS_ICC_HPPIR0_EL1,
	SYS_ICC_HPPIR1_EL1, sys_reg(3, 0, 12, 1, 0), /* ISR_EL1 */
};

unsigned int debug_nr_brps(void)
{
	return FIELD_GET(DFR0_BRPS, idreg_host(SYS_ID_AA64DFR0_EL1)) + 1;
}

unsigned int debug_nr_wrps(void)
{
	return FIELD_GET(DFR0_WRPS, idreg_host(SYS_ID_AA64DFR0_EL1)) + 1;
}

void debug_reset(struct vcpu *vcpu)
{
	struct vcpu_debug *d = &vcpu->debug;

	memset(&d->own, 0, sizeof(d->own));
	d->mdscr = 0;
	d->os_lock = false;
	d->own_ss = false;
	d->own_masked = false;
}

/* Load the debugger's registers, limited to the bits that it may set. */
static void external_take(struct vcpu *vcpu)
{
	const struct kvm_guest_debug_arch *from = &vcpu->debug.external;
	struct el2_dbg *to = &vcpu->ctx->dbg;

	for (unsigned int i = 0; i < EL2_MAX_DBG; i++) {
		to->bvr[i] = from->dbg_bvr[i];
		to->bcr[i] = from->dbg_bcr[i] & BCR_USED;
		to->wvr[i] = from->dbg_wvr[i];
		to->wcr[i] = from->dbg_wcr[i] & WCR_USED;
	}
}

static bool guest_has_any(const struct vcpu *vcpu)
{
	return (vcpu->debug.mdscr & MDSCR_EL1_MDE) && !vcpu->debug.os_lock;
}

/*
 * Place one register pair in a free hardware register. A linked pair is not
 * placed.
 */
static void guest_place_one(u64 value, u64 control, u64 linked, u64 *values,
			    u64 *controls, unsigned int nr)
{
	if (!(control & CR_ENABLE) || (control & linked))
		return;
	for (unsigned int i = 0; i < nr; i++) {
		if (controls[i] & CR_ENABLE)
			continue;
		values[i] = value;
		controls[i] = control;
		return;
	}
}

/* Add the guest's registers where the debugger has left free ones. */
static void guest_add(struct vcpu *vcpu)
{
	const struct el2_dbg *from = &vcpu->debug.own;
	struct el2_dbg *to = &vcpu->ctx->dbg;

	for (unsigned int i = 0; guest_has_any(vcpu) && i < EL2_MAX_DBG; i++) {
		guest_place_one(from->bvr[i], from->bcr[i] & BCR_USED,
				BCR_LINKED, to->bvr, to->bcr, debug_nr_brps());
		guest_place_one(from->wvr[i], from->wcr[i] & WCR_USED,
				WCR_LINKED, to->wvr, to->wcr, debug_nr_wrps());
	}
}

/*
 * Load the guest's registers. False: the guest has not enabled them, and the
 * hardware keeps the host's registers.
 */
static bool guest_take(struct vcpu *vcpu)
{
	const struct el2_dbg *from = &vcpu->debug.own;
	struct el2_dbg *to = &vcpu->ctx->dbg;

	if (!guest_has_any(vcpu))
		return false;
	*to = *from;
	for (unsigned int i = 0; i < EL2_MAX_DBG; i++) {
		to->bcr[i] &= BCR_USED;
		to->wcr[i] &= WCR_USED;
	}
	return true;
}

/* Compute the debug registers from the VMM's and the guest's requests. */
static void debug_apply(struct vcpu *vcpu)
{
	struct vcpu_debug *d = &vcpu->debug;
	struct el2_ctx *ctx = vcpu->ctx;
	u64 mdscr = d->os_lock ? 0 : d->mdscr & MDSCR_USED;

	ctx->mdcr &= ~(u64)MDCR_EL2_TDE;
	if (d->control & KVM_GUESTDBG_ENABLE) {
		ctx->mdcr |= MDCR_EL2_TDE;
		if (d->control & KVM_GUESTDBG_SINGLESTEP)
			mdscr |= MDSCR_EL1_SS;
	}
	if ((d->control & KVM_GUESTDBG_ENABLE) &&
	    (d->control & KVM_GUESTDBG_USE_HW)) {
		external_take(vcpu);
		guest_add(vcpu);
		ctx->dbg_on = true;
		mdscr |= MDSCR_EL1_MDE;
	} else {
		ctx->dbg_on = guest_take(vcpu);
	}
	ctx->reg[EL2_MDSCR_EL1] = mdscr;
}

static bool stepping(const struct vcpu *vcpu)
{
	const u32 both = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;

	return (vcpu->debug.control & both) == both;
}

static void range_take(struct vcpu *vcpu)
{
	const struct trapline_run *run = trapline_run(vcpu->run);
	u64 start = READ_ONCE(run->step_start), end = READ_ONCE(run->step_end);
	u64 max = READ_ONCE(run->step_max);

	vcpu->ctx->range_start = start;
	vcpu->ctx->range_size = end > start ? end - start : 0;
	/* EL2 does not continue after the last step of the budget. */
	vcpu->ctx->range_steps = max ? max - 1 : ~0ULL;
}

void debug_begin(struct vcpu *vcpu, bool finished)
{
	struct vcpu_debug *d = &vcpu->debug;
	struct el2_ctx *ctx = vcpu->ctx;

	debug_apply(vcpu);
	ctx->range_steps = 0;
	d->host_steps = 0;
	ctx->withhold = false;
	d->knows_insn = false;
	d->want_insn = false;
	if (!stepping(vcpu))
		return;
	d->own_ss = ctx->pstate & DBG_SPSR_SS;
	/*
	 * If KVM_RUN completes the instruction outside the guest, the step ends
	 * there: with SS clear the next entry takes the step exception at once.
	 */
	if (finished)
		ctx->pstate &= ~(u64)DBG_SPSR_SS;
	else
		ctx->pstate |= DBG_SPSR_SS;
	if (d->control & TRAPLINE_GUESTDBG_RANGE)
		range_take(vcpu);
}

void debug_end(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;

	if (!stepping(vcpu))
		return;
	/*
	 * After a step SS is 0. If the guest also steps itself, its own step is
	 * then due, too. If there was no step, the guest gets its own SS back.
	 */
	if ((ctx->pstate & DBG_SPSR_SS) && vcpu->debug.own_ss)
		return;
	ctx->pstate &= ~(u64)DBG_SPSR_SS;
}

static bool lr_pending(const struct el2_vgic *v)
{
	for (unsigned int i = 0; i < v->used_lrs; i++)
		if (v->lr[i] & LR_PENDING)
			return true;
	return false;
}

static bool insn_tells(u32 insn)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tells); i++)
		if ((insn & ~INSN_RT) == (INSN_MRS | tells[i]))
			return true;
	return false;
}

bool debug_enter(struct vcpu *vcpu)
{
	struct vcpu_debug *d = &vcpu->debug;
	struct el2_ctx *ctx = vcpu->ctx;
	bool pending;

	if (!stepping(vcpu) || !(d->control & KVM_GUESTDBG_BLOCKIRQ))
		return true;
	pending = lr_pending(&ctx->vgic) || (ctx->hcr & HCR_VSE);
	/* EL2 cannot tell which instruction may read a pending interrupt. */
	if (pending && ctx->range_steps) {
		d->host_steps += ctx->range_steps;
		ctx->range_steps = 0;
	}
	ctx->withhold = true;
	if (!pending || !(ctx->pstate & PSR_MODE_MASK))
		return true;
	if (!d->knows_insn) {
		d->want_insn = true;
		return false;
	}
	if (insn_tells(d->insn)) {
		ctx->withhold = false;
		d->masked = ~ctx->pstate & (PSR_A_BIT | PSR_I_BIT);
		ctx->pstate |= d->masked;
	}
	return true;
}

void debug_leave(struct vcpu *vcpu)
{
	vcpu->ctx->pstate &= ~vcpu->debug.masked;
	vcpu->debug.masked = 0;
}

void debug_fetch(struct vcpu *vcpu)
{
	struct vcpu_debug *d = &vcpu->debug;
	struct el2_ctx *ctx = vcpu->ctx;
	struct vm_slot *slot;
	u64 code, ipa;

	if (!d->want_insn)
		return;
	d->want_insn = false;
	d->knows_insn = true;
	d->insn = 0;
	if (vcpu_load(vcpu))
		return;
	local_irq_disable();
	ctx->translate = true;
	code = gate_run(ctx);
	ctx->translate = false;
	local_irq_enable();
	vcpu_put(vcpu);
	if (code != EL2_EXIT_PAR || (ctx->par & PAR_F))
		return;
	ipa = (ctx->par & PAR_PA) | (ctx->pc & (SZ_4K - 1));
	down_read(&vcpu->vm->slots_lock);
	slot = slots_find(vcpu->vm, ipa);
	if (slot &&
	    get_user(d->insn, (u32 __user *)(slot->hva + (ipa - slot->ipa))))
		d->insn = 0;
	up_read(&vcpu->vm->slots_lock);
}

/*
 * True: a step ended inside the range while an interrupt was pending. Start the
 * next step.
 */
static bool step_again(struct vcpu *vcpu)
{
	struct vcpu_debug *d = &vcpu->debug;
	struct el2_ctx *ctx = vcpu->ctx;

	if (!stepping(vcpu) || !d->host_steps || step_was_exclusive(ctx->esr) ||
	    ctx->pc - ctx->range_start >= ctx->range_size)
		return false;
	d->host_steps--;
	d->knows_insn = false;
	ctx->pstate |= DBG_SPSR_SS;
	return true;
}

/*
 * While debug exceptions are routed to EL2, the guest's own step exceptions
 * also come in code where its MDSCR_EL1.KDE and PSTATE.D mask them: from the
 * first instruction of its exception handler until the handler clears
 * MDSCR_EL1.SS.
 */
static bool own_step_masked(const struct vcpu *vcpu)
{
	const struct el2_ctx *ctx = vcpu->ctx;

	return (ctx->pstate & PSR_MODE_MASK) &&
	       (!(vcpu->debug.mdscr & MDSCR_EL1_KDE) ||
		(ctx->pstate & PSR_D_BIT));
}

/* An ERET out of masked code begins a step if SPSR_EL1.SS is 1. */
static bool own_step_begins(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;

	if (!vcpu->debug.own_masked)
		return false;
	vcpu_put(vcpu);
	return ctx->pc == ctx->reg[EL2_ELR] &&
	       (ctx->reg[EL2_SPSR] & DBG_SPSR_SS);
}

static bool own_step_again(struct vcpu *vcpu)
{
	bool masked = own_step_masked(vcpu);

	if (stepping(vcpu) || (!masked && !own_step_begins(vcpu)))
		return false;
	vcpu->debug.own_masked = masked;
	vcpu->ctx->pstate |= DBG_SPSR_SS;
	return true;
}

int debug_exit(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;

	if (ESR_ELx_EC(ctx->esr) == ESR_ELx_EC_SOFTSTP_LOW &&
	    (step_again(vcpu) || own_step_again(vcpu)))
		return 1;
	vcpu->debug.own_masked = false;
	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	vcpu->run->debug.arch.hsr = ctx->esr;
	vcpu->run->debug.arch.hsr_high = 0;
	vcpu->run->debug.arch.far = ctx->far;
	return 0;
}

long debug_set(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_guest_debug debug;

	if (copy_from_user(&debug, (void __user *)arg, sizeof(debug)))
		return -EFAULT;
	if (debug.control & ~(u32)DEBUG_CONTROL)
		return -EINVAL;
	vcpu->debug.control =
		debug.control & KVM_GUESTDBG_ENABLE ? debug.control : 0;
	if (vcpu->debug.control & KVM_GUESTDBG_USE_HW)
		vcpu->debug.external = debug.arch;
	return 0;
}

/*
 * Address of a numbered register's value. NULL: the CPU has fewer such
 * registers, or enc is another register.
 */
static u64 *guest_place(struct vcpu *vcpu, u32 enc)
{
	struct el2_dbg *own = &vcpu->debug.own;
	unsigned int n = sys_reg_CRm(enc);

	if (sys_reg_Op0(enc) != 2 || sys_reg_Op1(enc) || sys_reg_CRn(enc))
		return NULL;
	switch (sys_reg_Op2(enc)) {
	case OP2_BVR:
		return n < debug_nr_brps() ? &own->bvr[n] : NULL;
	case OP2_BCR:
		return n < debug_nr_brps() ? &own->bcr[n] : NULL;
	case OP2_WVR:
		return n < debug_nr_wrps() ? &own->wvr[n] : NULL;
	case OP2_WCR:
		return n < debug_nr_wrps() ? &own->wcr[n] : NULL;
	default:
		return NULL;
	}
}

/* RAZ/WI: no external debugger is attached to the guest. */
static const u32 ignored[] = {
	sys_reg(2, 0, 0, 0, 2), /* OSDTRRX_EL1 */
	sys_reg(2, 0, 0, 2, 0), /* MDCCINT_EL1 */
	sys_reg(2, 0, 0, 3, 2), /* OSDTRTX_EL1 */
	sys_reg(2, 0, 0, 6, 2), /* OSECCR_EL1 */
	sys_reg(2, 0, 1, 0, 0), /* MDRAR_EL1 */
	sys_reg(2, 0, 1, 3, 4), /* OSDLR_EL1 */
	sys_reg(2, 0, 1, 4, 4), /* DBGPRCR_EL1 */
	sys_reg(2, 0, 7, 8, 6), /* DBGCLAIMSET_EL1 */
	sys_reg(2, 0, 7, 9, 6), /* DBGCLAIMCLR_EL1 */
	sys_reg(2, 0, 7, 14, 6), /* DBGAUTHSTATUS_EL1 */
	sys_reg(2, 3, 0, 1, 0), /* MDCCSR_EL0 */
	sys_reg(2, 3, 0, 4, 0), /* DBGDTR_EL0 */
	sys_reg(2, 3, 0, 5, 0), /* DBGDTRRX_EL0, DBGDTRTX_EL0 */
};

static bool raz(u32 enc)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ignored); i++)
		if (ignored[i] == enc)
			return true;
	return false;
}

bool debug_read(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	const u64 *place = guest_place(vcpu, enc);

	*ret = 0;
	if (place)
		*ret = *place;
	else if (enc == REG_MDSCR)
		*ret = vcpu->debug.mdscr;
	else if (enc == REG_OSLSR)
		*ret = OSLSR_OSLM | (vcpu->debug.os_lock ? OSLSR_OSLK : 0);
	else
		return raz(enc);
	return true;
}

bool debug_write(struct vcpu *vcpu, u32 enc, u64 value)
{
	u64 *place = guest_place(vcpu, enc);

	if (place)
		*place = value;
	else if (enc == REG_MDSCR)
		vcpu->debug.mdscr = value;
	else if (enc == REG_OSLAR)
		vcpu->debug.os_lock = value & OSLAR_OSLK;
	else
		return raz(enc);
	debug_apply(vcpu);
	return true;
}
