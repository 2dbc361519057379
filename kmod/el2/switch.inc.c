// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world switch, compiled once for each kind of host: switch_nvhe.c and
 * switch_vhe.c set EL2_VHE and include this. Freestanding: no kernel symbol,
 * no data, nothing that is instrumented; on nVHE it runs from a copy at
 * VA = PA.
 *
 * Sources: Arm ARM, "HCR_EL2", "CPTR_EL2", "MDCR_EL2", "CNTHCTL_EL2",
 * "HPFAR_EL2", and "Effect of HCR_EL2.E2H" for the _EL12 names.
 */
#include <linux/bits.h>
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <asm/barrier.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "ctx.h"
#include "el2.h"

static_assert(offsetof(struct el2_ctx, x) == CTX_X);
static_assert(offsetof(struct el2_ctx, pc) == CTX_PC);
static_assert(offsetof(struct el2_ctx, pstate) == CTX_PC + 8);
static_assert(offsetof(struct el2_ctx, frame) == CTX_FRAME);
static_assert(offsetof(struct el2_ctx, bug_esr) == CTX_BUG);

#if EL2_VHE
#define NAME(name)        name##_vhe
#define READ_NAMED(r)     read_sysreg_s(SYS_##r##_EL12)
#define WRITE_NAMED(v, r) write_sysreg_s(v, SYS_##r##_EL12)
#define CNTV_CTL          SYS_CNTV_CTL_EL02
#define CNTV_CVAL         SYS_CNTV_CVAL_EL02
#else
#define NAME(name)        name##_nvhe
#define READ_NAMED(r)     read_sysreg(r##_EL1)
#define WRITE_NAMED(v, r) write_sysreg(v, r##_EL1)
#define CNTV_CTL          sys_reg(3, 3, 14, 3, 1)
#define CNTV_CVAL         sys_reg(3, 3, 14, 3, 2)
#endif
#define EL2_TEXT   __section(".el2.text")
#define EL2_INLINE static __always_inline

#define HCRX_EL2  sys_reg(3, 4, 1, 2, 2)
#define MSR_PAN_1 ".inst 0xd500419f"

/* CPTR_EL2 as E2H = 0 has it, and as E2H = 1 (the layout of CPACR_EL1). */
#define CPTR_RES1     0x22ffULL
#define CPTR_TZ       BIT_ULL(8)
#define CPTR_TFP      BIT_ULL(10)
#define CPTR_TSM      BIT_ULL(12)
#define CPTR_TTA      BIT_ULL(20)
#define CPTR_TAM      BIT_ULL(30)
#define CPTR_E2H_FPEN GENMASK_ULL(21, 20)
#define CPTR_E2H_TTA  BIT_ULL(28)

/* CNTHCTL_EL2, likewise. */
#define CNTHCTL_PCTEN BIT_ULL(EL2_VHE ? 10 : 0)
#define CNTHCTL_PTEN  BIT_ULL(EL2_VHE ? 11 : 1)

#define HPFAR_FIPA     GENMASK_ULL(43, 4)
#define PAR_F          BIT_ULL(0)
#define PAR_S          BIT_ULL(9)
#define PAR_PA         GENMASK_ULL(51, 12)
#define FSC_TYPE       0x3cULL
#define FSC_PERMISSION 0x0cULL

/* SMCCC: a fast call of one of the owners that the host half serves. */
#define SMCCC_FAST   BIT_ULL(31)
#define SMCCC_OWNER  GENMASK_ULL(29, 24)
#define SMCCC_OWNERS (BIT_ULL(0) | BIT_ULL(4))

u64 NAME(el2_guest_enter)(struct el2_ctx *ctx);
u64 NAME(el2_run)(struct el2_ctx *ctx);
void NAME(el2_tlb_flush)(u64 vttbr, u64 ipa);

#define SAVE_NAMED(r) regs[EL2_##r] = READ_NAMED(r);
#define SAVE_PLAIN(r) regs[EL2_##r] = read_sysreg(r);
#define LOAD_NAMED(r) WRITE_NAMED(regs[EL2_##r], r);
#define LOAD_PLAIN(r) write_sysreg(regs[EL2_##r], r);

EL2_INLINE void named_save(u64 *regs){ EL2_NAMED_REGS(SAVE_NAMED) }

EL2_INLINE void named_load(const u64 *regs){ EL2_NAMED_REGS(LOAD_NAMED) }

EL2_INLINE void plain_save(u64 *regs){ EL2_PLAIN_REGS(SAVE_PLAIN) }

EL2_INLINE void plain_load(const u64 *regs){ EL2_PLAIN_REGS(LOAD_PLAIN) }

/* A switch is a jump table unless told: -fno-jump-tables (Kbuild). */
#define LR_EACH(F) \
	F(0)       \
	F(1)       \
	F(2)       \
	F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)
#define LR_WRITE(n)          \
	if (n < v->used_lrs) \
		write_sysreg_s(v->lr[n], SYS_ICH_LR##n##_EL2);
#define LR_READ(n)                                             \
	if (n < v->used_lrs) {                                 \
		v->lr[n] = read_sysreg_s(SYS_ICH_LR##n##_EL2); \
		write_sysreg_s(0, SYS_ICH_LR##n##_EL2);        \
	}
#define APR_EACH(F) F(0) F(1) F(2) F(3)
#define APR_WRITE(n)                                               \
	if (n < v->nr_apr) {                                       \
		write_sysreg_s(v->ap0r[n], SYS_ICH_AP0R##n##_EL2); \
		write_sysreg_s(v->ap1r[n], SYS_ICH_AP1R##n##_EL2); \
	}
#define APR_READ(n)                                                \
	if (n < v->nr_apr) {                                       \
		v->ap0r[n] = read_sysreg_s(SYS_ICH_AP0R##n##_EL2); \
		v->ap1r[n] = read_sysreg_s(SYS_ICH_AP1R##n##_EL2); \
	}

EL2_INLINE void vgic_load(struct el2_vgic *v)
{
	if (v->loaded) {
		write_sysreg_s(v->vmcr, SYS_ICH_VMCR_EL2);
		APR_EACH(APR_WRITE)
		LR_EACH(LR_WRITE)
	}
	/* Without a VGIC the ICC_ registers trap: UNDEF, not the host's. */
	if (v->present)
		write_sysreg_s(v->hcr, SYS_ICH_HCR_EL2);
}

EL2_INLINE void vgic_save(struct el2_vgic *v)
{
	if (v->loaded) {
		v->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
		APR_EACH(APR_READ)
		LR_EACH(LR_READ)
	}
	if (v->present)
		write_sysreg_s(0, SYS_ICH_HCR_EL2);
}

EL2_INLINE u64 guest_cptr(const struct el2_ctx *ctx)
{
	if (EL2_VHE)
		return CPTR_E2H_TTA | CPTR_TAM |
		       (ctx->fp_loaded ? CPTR_E2H_FPEN : 0);
	return CPTR_RES1 | CPTR_TZ | CPTR_TSM | CPTR_TTA | CPTR_TAM |
	       (ctx->fp_loaded ? 0 : CPTR_TFP);
}

EL2_INLINE void host_save(struct el2_ctx *ctx)
{
	struct el2_host *host = &ctx->host;

	host->hcr = read_sysreg(hcr_el2);
	host->mdcr = read_sysreg(mdcr_el2);
	host->cptr = read_sysreg(cptr_el2);
	host->cnthctl = read_sysreg(cnthctl_el2);
	host->vpidr = read_sysreg(vpidr_el2);
	host->vmpidr = read_sysreg(vmpidr_el2);
	if (ctx->hcrx)
		host->hcrx = read_sysreg_s(HCRX_EL2);
	plain_save(host->reg);
	if (!EL2_VHE)
		named_save(host->reg);
}

EL2_INLINE void host_load(struct el2_ctx *ctx)
{
	struct el2_host *host = &ctx->host;

	write_sysreg(host->hcr, hcr_el2);
	write_sysreg(host->mdcr, mdcr_el2);
	write_sysreg(host->cptr, cptr_el2);
	write_sysreg(host->cnthctl, cnthctl_el2);
	write_sysreg(host->vpidr, vpidr_el2);
	write_sysreg(host->vmpidr, vmpidr_el2);
	write_sysreg(0, vttbr_el2);
	if (ctx->hcrx)
		write_sysreg_s(host->hcrx, HCRX_EL2);
	plain_load(host->reg);
	if (!EL2_VHE) {
		named_load(host->reg);
		/* The vDSO reads the virtual counter. */
		write_sysreg(0, cntvoff_el2);
	}
	isb();
}

EL2_INLINE void guest_load(struct el2_ctx *ctx)
{
	write_sysreg(ctx->vtcr, vtcr_el2);
	write_sysreg(ctx->vttbr, vttbr_el2);
	write_sysreg(ctx->vpidr, vpidr_el2);
	write_sysreg(ctx->vmpidr, vmpidr_el2);
	write_sysreg(ctx->mdcr | (ctx->host.mdcr & MDCR_EL2_HPMN_MASK),
		     mdcr_el2);
	write_sysreg((ctx->host.cnthctl & ~CNTHCTL_PTEN) | CNTHCTL_PCTEN,
		     cnthctl_el2);
	if (ctx->hcrx)
		write_sysreg_s(0, HCRX_EL2);
	named_load(ctx->reg);
	plain_load(ctx->reg);
	write_sysreg(ctx->cntvoff, cntvoff_el2);
	write_sysreg_s(ctx->cntv_cval, CNTV_CVAL);
	isb();
	write_sysreg_s(ctx->cntv_ctl, CNTV_CTL);
	vgic_load(&ctx->vgic);
	write_sysreg(ctx->hcr | (EL2_VHE ? HCR_E2H : 0), hcr_el2);
	write_sysreg(guest_cptr(ctx), cptr_el2);
	isb();
}

EL2_INLINE void guest_save(struct el2_ctx *ctx)
{
	named_save(ctx->reg);
	plain_save(ctx->reg);
	/* The CPU clears it when the guest takes its SError. */
	if (ctx->hcr & HCR_VSE)
		ctx->hcr &= read_sysreg(hcr_el2) | ~HCR_VSE;
	ctx->cntv_ctl = read_sysreg_s(CNTV_CTL);
	ctx->cntv_cval = read_sysreg_s(CNTV_CVAL);
	/* Off: its level is the host half's to see, in cntv_ctl. */
	write_sysreg_s(0, CNTV_CTL);
	vgic_save(&ctx->vgic);
}

/*
 * HPFAR_EL2 is not defined for a permission fault on an access (as opposed
 * to a walk): translate the address again. False: it no longer faults.
 */
EL2_INLINE bool fault_address(struct el2_ctx *ctx)
{
	u64 par, saved;

	ctx->far = read_sysreg(far_el2);
	if ((ctx->esr & ESR_ELx_S1PTW) ||
	    (ctx->esr & FSC_TYPE) != FSC_PERMISSION) {
		ctx->hpfar = read_sysreg(hpfar_el2);
		return true;
	}
	saved = read_sysreg(par_el1);
	asm volatile("at s1e1r, %0" : : "r"(ctx->far));
	isb();
	par = read_sysreg(par_el1);
	write_sysreg(saved, par_el1);
	ctx->hpfar = FIELD_PREP(HPFAR_FIPA, FIELD_GET(PAR_PA, par));
	/*
	 * Stage 2 denies the walk what the guest's TLB still has: without
	 * that entry the guest faults on the walk, and says where.
	 */
	if ((par & PAR_F) && (par & PAR_S))
		asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb");
	return !(par & PAR_F);
}

/* An HVC that nobody defines ends here: SMCCC's NOT_SUPPORTED. */
EL2_INLINE bool hvc_unknown(struct el2_ctx *ctx)
{
	u64 call = ctx->x[0] & GENMASK_ULL(31, 0);

	if ((call & SMCCC_FAST) &&
	    (BIT_ULL(FIELD_GET(SMCCC_OWNER, call)) & SMCCC_OWNERS))
		return false;
	ctx->x[0] = ~0ULL;
	return true;
}

/* True: finished, the guest goes on. */
EL2_INLINE bool exit_here(struct el2_ctx *ctx, u64 code)
{
	if (code != EL2_EXIT_SYNC)
		return false;
	ctx->esr = read_sysreg(esr_el2);
	switch (ESR_ELx_EC(ctx->esr)) {
	case ESR_ELx_EC_HVC64:
		return hvc_unknown(ctx);
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_DABT_LOW:
		return !fault_address(ctx);
	default:
		ctx->far = read_sysreg(far_el2);
		return false;
	}
}

u64 EL2_TEXT NAME(el2_run)(struct el2_ctx *ctx)
{
	u64 code;

	host_save(ctx);
	guest_load(ctx);
	do {
		code = NAME(el2_guest_enter)(ctx);
		if (EL2_VHE)
			asm volatile(MSR_PAN_1);
	} while (exit_here(ctx, code));
	guest_save(ctx);
	host_load(ctx);
	return code;
}

/* The page at ipa, EL2_TLB_ALL of a VMID, or EL2_TLB_VMIDS. */
void EL2_TEXT NAME(el2_tlb_flush)(u64 vttbr, u64 ipa)
{
	u64 hcr = read_sysreg(hcr_el2);

	dsb(ishst);
	if (EL2_VHE)
		write_sysreg(hcr & ~HCR_TGE, hcr_el2);
	write_sysreg(vttbr, vttbr_el2);
	isb();
	if (ipa == EL2_TLB_VMIDS) {
		asm volatile("tlbi alle1is");
	} else if (ipa == EL2_TLB_ALL) {
		asm volatile("tlbi vmalls12e1is");
	} else {
		asm volatile("tlbi ipas2e1is, %0" : : "r"(ipa >> 12));
		dsb(ish);
		asm volatile("tlbi vmalle1is");
	}
	dsb(ish);
	isb();
	write_sysreg(0, vttbr_el2);
	write_sysreg(hcr, hcr_el2);
	isb();
}
