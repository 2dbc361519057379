// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world switch: see world.h. The table in ctx.h says when each register is
 * switched.
 *
 * Sources: Arm ARM, "HCR_EL2", "CPTR_EL2", "MDCR_EL2", "CNTHCTL_EL2",
 * "HPFAR_EL2", and "Effect of HCR_EL2.E2H" for the _EL12 names.
 */
#include <linux/bitfield.h>
#include <linux/stddef.h>
#include <asm/esr.h>
#include <asm/debug-monitors.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include "world.h"

static_assert(offsetof(struct el2_ctx, x) == CTX_X);
static_assert(offsetof(struct el2_ctx, pc) == CTX_PC);
static_assert(offsetof(struct el2_ctx, pstate) == CTX_PC + 8);
static_assert(offsetof(struct el2_ctx, frame) == CTX_FRAME);
static_assert(offsetof(struct el2_ctx, bug_esr) == CTX_BUG);
static_assert(offsetof(struct el2_ctx, vectors) == CTX_VECTORS);
static_assert(offsetof(struct el2_ctx, harden) == CTX_HARDEN);

#define SAVE_NAMED(r) regs[EL2_##r] = READ_NAMED(r);
#define SAVE_PLAIN(r) regs[EL2_##r] = read_sysreg(r);
#define LOAD_NAMED(r) WRITE_NAMED(regs[EL2_##r], r);
#define LOAD_PLAIN(r) write_sysreg(regs[EL2_##r], r);
#define SAVE_KEY(r)   regs[EL2_##r] = read_sysreg_s(SYS_##r##_EL1);
#define LOAD_KEY(r)   write_sysreg_s(regs[EL2_##r], SYS_##r##_EL1);

EL2_INLINE void named_save(u64 *regs){ EL2_NAMED_REGS(SAVE_NAMED)
					       EL2_WALK_REGS(SAVE_NAMED) }

EL2_INLINE void taken_save(u64 *regs){ EL2_TAKEN_REGS(SAVE_NAMED) }

EL2_INLINE void taken_load(const u64 *regs){ EL2_TAKEN_REGS(LOAD_NAMED) }

EL2_INLINE void named_load(const u64 *regs, bool walks)
{
	if (walks) {
		EL2_WALK_REGS(LOAD_NAMED)
	}
	EL2_NAMED_REGS(LOAD_NAMED)
}

EL2_INLINE void plain_save(u64 *regs){ EL2_PLAIN_REGS(SAVE_PLAIN) }

EL2_INLINE void plain_load(const u64 *regs){ EL2_PLAIN_REGS(LOAD_PLAIN) }

EL2_INLINE void shared_save(u64 *regs, bool keys)
{
	EL2_SHARED_REGS(SAVE_PLAIN)
	if (keys) {
		EL2_KEY_REGS(SAVE_KEY)
	}
}

EL2_INLINE void shared_load(const u64 *regs, bool keys)
{
	EL2_SHARED_REGS(LOAD_PLAIN)
	if (keys) {
		EL2_KEY_REGS(LOAD_KEY)
	}
}

#define DBG_READ_B(n)                               \
	if (n >= ctx->has.nr_brps)                  \
		goto watch;                         \
	dbg->bvr[n] = read_sysreg(dbgbvr##n##_el1); \
	dbg->bcr[n] = read_sysreg(dbgbcr##n##_el1);
#define DBG_READ_W(n)                               \
	if (n >= ctx->has.nr_wrps)                  \
		goto done;                          \
	dbg->wvr[n] = read_sysreg(dbgwvr##n##_el1); \
	dbg->wcr[n] = read_sysreg(dbgwcr##n##_el1);
#define DBG_WRITE_B(n)                              \
	if (n >= ctx->has.nr_brps)                  \
		goto watch;                         \
	write_sysreg(dbg->bvr[n], dbgbvr##n##_el1); \
	write_sysreg(dbg->bcr[n], dbgbcr##n##_el1);
#define DBG_WRITE_W(n)                              \
	if (n >= ctx->has.nr_wrps)                  \
		goto done;                          \
	write_sysreg(dbg->wvr[n], dbgwvr##n##_el1); \
	write_sysreg(dbg->wcr[n], dbgwcr##n##_el1);

EL2_INLINE void dbg_read(const struct el2_ctx *ctx, struct el2_dbg *dbg)
{
	EACH_16(DBG_READ_B)
watch:
	EACH_16(DBG_READ_W)
done:
	return;
}

EL2_INLINE void dbg_write(const struct el2_ctx *ctx, const struct el2_dbg *dbg)
{
	EACH_16(DBG_WRITE_B)
watch:
	EACH_16(DBG_WRITE_W)
done:
	return;
}

EL2_INLINE u64 guest_cptr(const struct el2_ctx *ctx)
{
	if (EL2_VHE)
		return CPTR_E2H_TTA | CPTR_TAM |
		       (ctx->fp_loaded ? CPTR_E2H_FPEN : 0);
	return CPTR_RES1 | CPTR_TZ | CPTR_TSM | CPTR_TTA | CPTR_TAM |
	       (ctx->fp_loaded ? 0 : CPTR_TFP);
}

/*
 * The guest may read the physical counter. Its use of the physical timer traps.
 */
EL2_INLINE u64 guest_cnthctl(const struct el2_ctx *ctx)
{
	if (EL2_VHE)
		return (ctx->host.cnthctl & ~CNTHCTL_E2H_PTEN) |
		       CNTHCTL_E2H_PCTEN;
	return (ctx->host.cnthctl & ~CNTHCTL_PTEN) | CNTHCTL_PCTEN;
}

EL2_INLINE void traps_host_save(struct el2_ctx *ctx)
{
	if (ctx->has.hcrx)
		ctx->host.hcrx = read_sysreg_s(HCRX_EL2);
	if (ctx->has.fgt) {
		ctx->host.hfgrtr = read_sysreg_s(HFGRTR_EL2);
		ctx->host.hfgwtr = read_sysreg_s(HFGWTR_EL2);
		ctx->host.hfgitr = read_sysreg_s(HFGITR_EL2);
		ctx->host.hdfgrtr = read_sysreg_s(HDFGRTR_EL2);
		ctx->host.hdfgwtr = read_sysreg_s(HDFGWTR_EL2);
	}
	if (ctx->has.mpam)
		ctx->host.mpam2 = read_sysreg_s(MPAM2_EL2);
	if (ctx->has.mpam_hcr)
		ctx->host.mpamhcr = read_sysreg_s(MPAMHCR_EL2);
}

EL2_INLINE void traps_host_load(const struct el2_ctx *ctx)
{
	if (ctx->has.hcrx)
		write_sysreg_s(ctx->host.hcrx, HCRX_EL2);
	if (ctx->has.fgt) {
		write_sysreg_s(ctx->host.hfgrtr, HFGRTR_EL2);
		write_sysreg_s(ctx->host.hfgwtr, HFGWTR_EL2);
		write_sysreg_s(ctx->host.hfgitr, HFGITR_EL2);
		write_sysreg_s(ctx->host.hdfgrtr, HDFGRTR_EL2);
		write_sysreg_s(ctx->host.hdfgwtr, HDFGWTR_EL2);
	}
	if (ctx->has.mpam)
		write_sysreg_s(ctx->host.mpam2, MPAM2_EL2);
	if (ctx->has.mpam_hcr)
		write_sysreg_s(ctx->host.mpamhcr, MPAMHCR_EL2);
}

/*
 * The value 0 traps all features newer than FEAT_FGT: TPIDR2_EL0 (which belongs
 * to the host's threads), SMPRI_EL1, branch records, and everything that the
 * guest's ID registers do not announce.
 */
EL2_INLINE void traps_guest_load(const struct el2_ctx *ctx)
{
	if (ctx->has.hcrx)
		write_sysreg_s(0, HCRX_EL2);
	if (ctx->has.fgt) {
		write_sysreg_s(0, HFGRTR_EL2);
		write_sysreg_s(ctx->hfgwtr, HFGWTR_EL2);
		write_sysreg_s(0, HFGITR_EL2);
		write_sysreg_s(0, HDFGRTR_EL2);
		write_sysreg_s(0, HDFGWTR_EL2);
	}
	if (ctx->has.mpam)
		write_sysreg_s((ctx->host.mpam2 | MPAM2_TRAPS) & ~MPAM2_ENSM,
			       MPAM2_EL2);
	/* MPAM2_EL2.TIDR may not exist; then this traps MPAMIDR_EL1. */
	if (ctx->has.mpam_hcr)
		write_sysreg_s(ctx->host.mpamhcr | MPAMHCR_TRAP_IDR,
			       MPAMHCR_EL2);
}

/* The EL2 registers that control EL1. Runs at load on both kinds of host. */
EL2_INLINE void control_host_save(struct el2_ctx *ctx)
{
	struct el2_host *host = &ctx->host;

	host->mdcr = read_sysreg(mdcr_el2);
	host->cnthctl = read_sysreg(cnthctl_el2);
	host->vpidr = read_sysreg(vpidr_el2);
	host->vmpidr = read_sysreg(vmpidr_el2);
	if (ctx->has.newer)
		traps_host_save(ctx);
}

/*
 * The next four functions switch the EL1 registers, and load the EL2 registers
 * that control EL1. On VHE they run at load and put, because the host does not
 * need these registers while it handles an exit. On nVHE the host runs at EL1,
 * so they are part of every run.
 */
EL2_INLINE void el1_host_save(struct el2_ctx *ctx)
{
	plain_save(ctx->host.reg);
	if (!EL2_VHE)
		named_save(ctx->host.reg);
}

EL2_INLINE void el1_host_load(const struct el2_ctx *ctx)
{
	const struct el2_host *host = &ctx->host;

	write_sysreg(host->mdcr, mdcr_el2);
	write_sysreg(host->cnthctl, cnthctl_el2);
	write_sysreg(host->vpidr, vpidr_el2);
	write_sysreg(host->vmpidr, vmpidr_el2);
	write_sysreg(0, vttbr_el2);
	if (ctx->has.newer)
		traps_host_load(ctx);
	plain_load(host->reg);
	if (!EL2_VHE)
		named_load(host->reg, !ctx->bar_walks);
}

EL2_INLINE void el1_guest_load(struct el2_ctx *ctx)
{
	write_sysreg(ctx->vttbr, vttbr_el2);
	write_sysreg(ctx->vpidr, vpidr_el2);
	write_sysreg(ctx->vmpidr, vmpidr_el2);
	write_sysreg(ctx->mdcr | (ctx->host.mdcr & MDCR_EL2_HPMN_MASK),
		     mdcr_el2);
	write_sysreg(guest_cnthctl(ctx), cnthctl_el2);
	if (ctx->has.newer)
		traps_guest_load(ctx);
	named_load(ctx->reg, EL2_VHE || !ctx->bar_walks);
	taken_load(ctx->reg);
	plain_load(ctx->reg);
}

EL2_INLINE void el1_guest_save(struct el2_ctx *ctx)
{
	named_save(ctx->reg);
	taken_save(ctx->reg);
	plain_save(ctx->reg);
}

/*
 * nVHE: the host's EL1 translates the addresses of its sampling and trace
 * buffers. So all data must have reached the buffers before EL1 is switched.
 * While the guest runs the buffers belong to EL2 (MDCR_EL2.E2PB, E2TB), which
 * writes nothing to them.
 */
EL2_INLINE void buffers_stop(struct el2_ctx *ctx)
{
	struct el2_host *host = &ctx->host;

	host->pmscr = 0;
	if (ctx->has.spe && (read_sysreg_s(PMBLIMITR_EL1) & BUFFER_ENABLED)) {
		host->pmscr = read_sysreg_s(PMSCR_EL1);
		write_sysreg_s(0, PMSCR_EL1);
		isb();
		asm volatile(PSB_CSYNC);
		dsb(nsh);
	}
	host->trfcr = 0;
	if (ctx->has.trbe && (read_sysreg_s(TRBLIMITR_EL1) & BUFFER_ENABLED)) {
		host->trfcr = read_sysreg_s(TRFCR_EL1);
		write_sysreg_s(0, TRFCR_EL1);
		isb();
		asm volatile(TSB_CSYNC);
		dsb(nsh);
	}
}

EL2_INLINE void buffers_go_on(const struct el2_ctx *ctx)
{
	if (!(ctx->host.pmscr | ctx->host.trfcr))
		return;
	/* The state of the host's EL1 must be restored first. */
	isb();
	if (ctx->host.pmscr)
		write_sysreg_s(ctx->host.pmscr, PMSCR_EL1);
	if (ctx->host.trfcr)
		write_sysreg_s(ctx->host.trfcr, TRFCR_EL1);
}

/* Both kinds of host need these registers whenever they run. */
EL2_INLINE void host_save(struct el2_ctx *ctx)
{
	ctx->host.hcr = read_sysreg(hcr_el2);
	ctx->host.cptr = read_sysreg(cptr_el2);
	shared_save(ctx->host.reg, ctx->ptrauth);
	if (!EL2_VHE) {
		if (ctx->has.spe || ctx->has.trbe)
			buffers_stop(ctx);
		el1_host_save(ctx);
	}
	if (ctx->dbg_on)
		dbg_read(ctx, &ctx->host.dbg);
	ctx->host.saved = true;
}

EL2_INLINE void host_load(struct el2_ctx *ctx)
{
	if (ctx->dbg_on)
		dbg_write(ctx, &ctx->host.dbg);
	if (!EL2_VHE && ctx->bar_walks)
		walks_bar(true);
	write_sysreg(ctx->host.hcr, hcr_el2);
	write_sysreg(ctx->host.cptr, cptr_el2);
	shared_load(ctx->host.reg, ctx->ptrauth);
	if (!EL2_VHE)
		el1_host_load(ctx);
	if (!EL2_VHE && ctx->bar_walks)
		walks_free(ctx->host.reg[EL2_SCTLR], ctx->host.reg[EL2_TCR]);
	if (!EL2_VHE && (ctx->has.spe || ctx->has.trbe))
		buffers_go_on(ctx);
	ctx->host.saved = false;
	isb();
}

EL2_INLINE void guest_load(struct el2_ctx *ctx)
{
	if (!EL2_VHE && ctx->bar_walks)
		walks_bar(false);
	if (!EL2_VHE)
		el1_guest_load(ctx);
	shared_load(ctx->reg, ctx->ptrauth);
	if (ctx->dbg_on)
		dbg_write(ctx, &ctx->dbg);
	vgic_in(&ctx->vgic, ctx->withhold);
	write_sysreg((ctx->hcr & ~(ctx->withhold ? HCR_VSE : 0)) |
			     (EL2_VHE ? HCR_E2H : 0),
		     hcr_el2);
	write_sysreg(guest_cptr(ctx), cptr_el2);
	if (!EL2_VHE && ctx->bar_walks)
		walks_free(ctx->reg[EL2_SCTLR], ctx->reg[EL2_TCR]);
	isb();
}

EL2_INLINE void guest_save(struct el2_ctx *ctx)
{
	if (!EL2_VHE)
		el1_guest_save(ctx);
	shared_save(ctx->reg, ctx->ptrauth);
	vgic_out(&ctx->vgic);
	/*
	 * The CPU clears HCR_EL2.VSE when the guest takes the virtual SError.
	 */
	if ((ctx->hcr & HCR_VSE) && !ctx->withhold)
		ctx->hcr &= read_sysreg(hcr_el2) | ~HCR_VSE;
}

/* Load the state that stays in the CPU while the host half handles exits. */
EL2_INLINE void resident_load(struct el2_ctx *ctx)
{
	write_sysreg(ctx->vtcr, vtcr_el2);
	/*
	 * As in KVM, a virtual SError has no syndrome. No SError is deferred.
	 */
	if (ctx->has.ras) {
		write_sysreg_s(VSESR_IDS, VSESR_EL2);
		write_sysreg_s(0, VDISR_EL2);
	}
	control_host_save(ctx);
	if (EL2_VHE) {
		el1_host_save(ctx);
		el1_guest_load(ctx);
	}
	write_sysreg(ctx->cntvoff, cntvoff_el2);
	write_sysreg_s(ctx->cntv_cval, CNTV_CVAL);
	isb();
	write_sysreg_s(ctx->cntv_ctl, CNTV_CTL);
	NAME(el2_vgic_load)(&ctx->vgic);
	ctx->resident = true;
}

u64 EL2_TEXT NAME(el2_put)(struct el2_ctx *ctx)
{
	if (!ctx->resident)
		return 0;
	ctx->cntv_ctl = read_sysreg_s(CNTV_CTL);
	ctx->cntv_cval = read_sysreg_s(CNTV_CVAL);
	/* Stop the timer. The host half finds its level in cntv_ctl. */
	write_sysreg_s(0, CNTV_CTL);
	NAME(el2_vgic_save)(&ctx->vgic);
	if (EL2_VHE) {
		el1_guest_save(ctx);
		el1_host_load(ctx);
	}
	/* The host's vDSO reads the virtual counter and expects offset 0. */
	write_sysreg(0, cntvoff_el2);
	isb();
	ctx->resident = false;
	return 0;
}

/* Return PAR_EL1 of a read of va by the guest, translated by stage 1 only. */
EL2_INLINE u64 translate(u64 va, bool el0)
{
	u64 par, saved = read_sysreg(par_el1);

	if (el0)
		asm volatile("at s1e0r, %0" : : "r"(va));
	else
		asm volatile("at s1e1r, %0" : : "r"(va));
	isb();
	par = read_sysreg(par_el1);
	write_sysreg(saved, par_el1);
	return par;
}

/*
 * HPFAR_EL2 is undefined for a permission fault on the access itself (as
 * opposed to a fault on a table walk). So translate the address again. Return
 * false if the address no longer faults, or if stage 1's fault comes first
 * (Cortex-A57 erratum 834220).
 */
EL2_INLINE bool fault_address(struct el2_ctx *ctx)
{
	u64 par;

	ctx->far = read_sysreg(far_el2);
	if ((ctx->esr & ESR_ELx_S1PTW) ||
	    ((ctx->esr & ESR_ELx_FSC_TYPE) != ESR_ELx_FSC_PERM &&
	     !ctx->check_stage1)) {
		ctx->hpfar = read_sysreg(hpfar_el2);
		return true;
	}
	par = translate(ctx->far, false);
	ctx->hpfar = FIELD_PREP(HPFAR_FIPA, FIELD_GET(PAR_PA, par));
	/*
	 * Stage 2 denies the walk, but the guest's TLB still holds the
	 * translation. Without the TLB entry the guest faults on the walk, and
	 * that fault reports the address.
	 */
	if ((par & PAR_F) && (par & PAR_S))
		asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb");
	return !(par & PAR_F);
}

/* Answer an HVC outside the known ranges here, with SMCCC's NOT_SUPPORTED. */
EL2_INLINE bool hvc_unknown(struct el2_ctx *ctx)
{
	u64 call = ctx->x[0] & GENMASK_ULL(31, 0);

	if ((call & SMCCC_FAST) &&
	    (BIT_ULL(FIELD_GET(SMCCC_OWNER, call)) & SMCCC_OWNERS))
		return false;
	ctx->x[0] = ~0ULL;
	return true;
}

/*
 * A step that ended inside the range is followed by the next one. After a
 * load-exclusive the steps end, because the store-exclusive could not succeed
 * any more.
 */
EL2_INLINE bool step_again(struct el2_ctx *ctx)
{
	if (!ctx->range_steps || step_was_exclusive(ctx->esr) ||
	    ctx->pc - ctx->range_start >= ctx->range_size)
		return false;
	ctx->range_steps--;
	ctx->pstate |= DBG_SPSR_SS;
	return true;
}

/* Return true if EL2 handled the exit: the guest continues. */
EL2_INLINE bool exit_here(struct el2_ctx *ctx, u64 code)
{
	if (code != EL2_EXIT_SYNC && code != EL2_EXIT_SERROR)
		return false;
	ctx->esr = read_sysreg(esr_el2);
	if (code == EL2_EXIT_SERROR)
		return false;
	switch (ESR_ELx_EC(ctx->esr)) {
	case ESR_ELx_EC_HVC64:
		return hvc_unknown(ctx);
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_DABT_LOW:
		return !fault_address(ctx);
	case ESR_ELx_EC_SOFTSTP_LOW:
		return step_again(ctx);
	default:
		ctx->far = read_sysreg(far_el2);
		return false;
	}
}

EL2_INLINE u64 guest_run(struct el2_ctx *ctx)
{
	u64 code;

	do {
		code = NAME(el2_guest_enter)(ctx);
		if (EL2_VHE)
			asm volatile(MSR_PAN_1);
	} while (exit_here(ctx, code));
	return code;
}

u64 EL2_TEXT NAME(el2_run)(struct el2_ctx *ctx)
{
	u64 code;

	if (!ctx->resident)
		resident_load(ctx);
	host_save(ctx);
	guest_load(ctx);
	if (ctx->translate) {
		ctx->par = translate(ctx->pc, !(ctx->pstate & PSR_MODE_MASK));
		code = EL2_EXIT_PAR;
	} else {
		code = guest_run(ctx);
	}
	guest_save(ctx);
	host_load(ctx);
	return code;
}

#if !EL2_VHE
/*
 * vectors.S calls this when el2_run() took an exception of its own, outside the
 * guest. Restore the state of the host's EL1. The guest's state in the
 * registers is lost.
 */
void EL2_TEXT el2_recover_nvhe(struct el2_ctx *ctx)
{
	ctx->bug_esr = read_sysreg(esr_el2);
	ctx->bug_pc = read_sysreg(elr_el2);
	el2_vgic_off_nvhe(&ctx->vgic);
	write_sysreg_s(0, CNTV_CTL);
	write_sysreg(0, cntvoff_el2);
	ctx->resident = false;
	if (ctx->host.saved)
		host_load(ctx);
}
#endif
