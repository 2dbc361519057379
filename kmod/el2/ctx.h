/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctx.h - what EL2 knows of one vCPU, and of the host that runs it
 *
 * struct el2_ctx is written by the host half (EL1 on nVHE, EL2 on VHE) while
 * the vCPU does not run, and by EL2 while it does; never by both. On nVHE EL2
 * reaches it at VA = PA (el2map.h). One page, never shared with a guest or
 * with user space.
 *
 * Register lists are X-macros, not tables: the EL2 text has no read-only data
 * of its own. Sources: Arm ARM, register titles as named; for the list
 * registers, GIC Architecture Specification (IHI 0069).
 */
#ifndef TRAPLINE_KMOD_CTX_H
#define TRAPLINE_KMOD_CTX_H

/* Offsets for entry.S, pinned by switch.inc.c. */
#define CTX_X       0
#define CTX_PC      248
#define CTX_FRAME   264
#define CTX_BUG     272
#define CTX_VECTORS 288
#define CTX_HARDEN  296

/* What el2_run() returns: the vector taken. */
#define EL2_EXIT_SYNC   0
#define EL2_EXIT_IRQ    1
#define EL2_EXIT_FIQ    2
#define EL2_EXIT_SERROR 3
/* An exception of EL2's own while it ran the guest: bug_esr, bug_pc say it. */
#define EL2_EXIT_BUG    4
/* Not a vector: ctx->par has what was asked for. */
#define EL2_EXIT_PAR    5

#ifndef __ASSEMBLY__
#include <linux/types.h>

/*
 * What is switched when. "load" is the first gate_run() of a vCPU on this CPU,
 * "run" is each gate_run() and its end, "put" is gate_put(). Between load and
 * put the CPU keeps the guest's value, unless the group is switched at each
 * run. A VHE host runs at EL2 and can do without EL1's registers while it
 * handles an exit; an nVHE host lives in them.
 *
 *	registers					nVHE	   VHE
 *	general, PC, PSTATE, VBAR_EL2			run	   run
 *	SHARED; KEY, with el2_ctx.ptrauth		run	   run
 *	HCR_EL2, CPTR_EL2				run	   run
 *	break and watch points, with el2_ctx.dbg_on	run	   run
 *	ICH_LR<n>_EL2, ICH_HCR_EL2			run	   run
 *	NAMED, WALK, PLAIN				run	   load, put
 *	VTTBR_EL2, VPIDR_EL2, VMPIDR_EL2, MDCR_EL2,
 *	CNTHCTL_EL2, HCRX_EL2, HFG*_EL2, MPAM2_EL2	run	   load, put
 *	VTCR_EL2, VSESR_EL2, VDISR_EL2			load	   load
 *	CNTV_CTL, CNTV_CVAL, CNTVOFF_EL2		load, put  load, put
 *	ICH_VMCR_EL2, ICH_AP<n>R_EL2, ICC_SRE_EL2	load, put  load, put
 *	FP and SIMD: the host half does it, from the guest's first use to put
 *
 * EL1's registers come in groups. NAMED and WALK ones have an _EL12 alias on a
 * VHE host, so only the guest's values move there. PLAIN ones have none, but
 * such a host does not need its own for a while. SHARED ones every host needs
 * whenever it runs.
 */
#define EL2_NAMED_REGS(R) \
	R(CPACR)          \
	R(TTBR0)          \
	R(TTBR1)          \
	R(ESR)            \
	R(AFSR0)          \
	R(AFSR1)          \
	R(FAR) R(MAIR) R(VBAR) R(CONTEXTIDR) R(AMAIR) R(CNTKCTL) R(ELR) R(SPSR)
/* As NAMED. They enable walks, so they are loaded last where that matters. */
#define EL2_WALK_REGS(R) R(SCTLR) R(TCR)
#define EL2_PLAIN_REGS(R) \
	R(CSSELR_EL1)     \
	R(PAR_EL1)        \
	R(TPIDR_EL0)      \
	R(TPIDRRO_EL0) R(TPIDR_EL1) R(SP_EL1)
#define EL2_SHARED_REGS(R) R(SP_EL0) R(MDSCR_EL1)
/* As SHARED: the host's kernel signs with its own keys. */
#define EL2_KEY_REGS(R) \
	R(APIAKEYLO)    \
	R(APIAKEYHI)    \
	R(APIBKEYLO)    \
	R(APIBKEYHI)    \
	R(APDAKEYLO)    \
	R(APDAKEYHI)    \
	R(APDBKEYLO) R(APDBKEYHI) R(APGAKEYLO) R(APGAKEYHI)

#define EL2_REG_ENUM(name) EL2_##name,
enum el2_reg {
	EL2_NAMED_REGS(EL2_REG_ENUM)
	EL2_WALK_REGS(EL2_REG_ENUM) EL2_PLAIN_REGS(EL2_REG_ENUM)
		EL2_SHARED_REGS(EL2_REG_ENUM)
			EL2_KEY_REGS(EL2_REG_ENUM) EL2_NR_REGS
};

#define EL2_MAX_LRS 16
#define EL2_MAX_APR 4

/*
 * The list-register interface of one vCPU, GICv3. After each run lr[] is what
 * the hardware has; it goes on having it, so only what the host half changed
 * is written at the next one.
 */
struct el2_vgic {
	u64 lr[EL2_MAX_LRS];
	u64 vmcr, hcr;
	u64 ap0r[EL2_MAX_APR], ap1r[EL2_MAX_APR];
	u32 used_lrs; /* in: lr[] from here on is 0 */
	u32 write_lrs; /* in: so many differ from the hardware's */
	u32 nr_apr; /* APnR registers this CPU has */
	bool present; /* the host has the ICH_ registers */
	bool loaded; /* in: the guest has a VGIC */
};

#define EL2_MAX_DBG 16

/* Break and watch points: DBGBVR, DBGBCR, DBGWVR, DBGWCR. */
struct el2_dbg {
	u64 bvr[EL2_MAX_DBG], bcr[EL2_MAX_DBG];
	u64 wvr[EL2_MAX_DBG], wcr[EL2_MAX_DBG];
};

/* What the host had in registers that are both worlds'. EL2's own. */
struct el2_host {
	u64 reg[EL2_NR_REGS];
	u64 hfgrtr, hfgwtr, hfgitr, hdfgrtr, hdfgwtr, mpam2;
	u64 hcr, hcrx, mdcr, cptr, cnthctl, vpidr, vmpidr;
	struct el2_dbg dbg;
	bool saved; /* all of this is: until it is loaded again */
};

struct el2_ctx {
	/* Pinned: entry.S. */
	u64 x[31];
	u64 pc;
	u64 pstate;
	u64 frame;
	u64 bug_esr, bug_pc;
	u64 vectors; /* in: one of entry.S's tables, as EL2 addresses it */
	u64 harden; /* in: loops, or firmware call, of that table */

	bool resident; /* out: the CPU has its state, until el2_put() */
	u64 reg[EL2_NR_REGS];
	struct el2_vgic vgic;
	struct el2_host host;

	/* In: what to run with. */
	u64 vttbr, vtcr;
	u64 hcr, mdcr;
	u64 hfgwtr; /* with fgt: what else traps */
	u64 vpidr, vmpidr;
	u64 cntvoff;
	u64 cntv_ctl, cntv_cval; /* in and out */
	bool fp_loaded; /* the guest's FP is in the registers: no trap */
	bool hcrx; /* the CPU has HCRX_EL2 */
	bool fgt; /* the CPU has HFGRTR_EL2 and HFGWTR_EL2 */
	bool mpam; /* the CPU has MPAM2_EL2 */
	bool newer; /* any of these: one look where there is none */
	bool ras; /* the CPU has VSESR_EL2 and VDISR_EL2 */
	bool ptrauth; /* the guest has pointer authentication */
	bool bar_walks; /* while regimes are mixed: speculative AT, nVHE */
	bool check_stage1; /* HPFAR_EL2 is not to be trusted: erratum 834220 */
	bool withhold; /* no virtual interrupt, no virtual SError */
	bool translate; /* do not run: EL2_EXIT_PAR */
	bool dbg_on; /* dbg belongs into the registers */
	u8 nr_brps, nr_wrps; /* that this CPU has */
	struct el2_dbg dbg;
	/* Steps finished at EL2: so many while PC is in the range. In and out. */
	u64 range_start, range_size, range_steps;

	/* Out: why it came back. */
	u64 esr, far, hpfar;
	u64 par; /* EL2_EXIT_PAR: of the PC, as PAR_EL1 has it */
};

/* ISV and EX: "ISS encoding for an exception from a Software Step". */
#define EL2_ISS_STEP_EX (1ULL << 24 | 1ULL << 6)

/* The step exception with this syndrome came after a load-exclusive. */
static __always_inline bool step_was_exclusive(u64 esr)
{
	return (esr & EL2_ISS_STEP_EX) == EL2_ISS_STEP_EX;
}
#endif

#endif
