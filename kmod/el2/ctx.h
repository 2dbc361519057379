/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctx.h - what EL2 knows of one vCPU, and of the host that runs the vCPU
 *
 * The host half (EL1 on nVHE, EL2 on VHE) writes struct el2_ctx while the vCPU
 * does not run. EL2 writes it while the vCPU runs. The two never write at the
 * same time. On nVHE, EL2 accesses the struct at VA = PA (el2map.h). The struct
 * lies in one page, which is never shared with a guest or with user space.
 *
 * Register lists are X-macros, not tables, because the EL2 text has no
 * read-only data of its own. Sources: Arm ARM, the register descriptions named
 * below; for the list registers, GIC Architecture Specification (IHI 0069).
 */
#ifndef TRAPLINE_KMOD_CTX_H
#define TRAPLINE_KMOD_CTX_H

/* Offsets for entry.S. switch.inc.c asserts them. */
#define CTX_X       0
#define CTX_PC      248
#define CTX_FRAME   264
#define CTX_BUG     272
#define CTX_VECTORS 288
#define CTX_HARDEN  296

/* el2_run() returns one of these. 0 to 3 name the vector that was taken. */
#define EL2_EXIT_SYNC   0
#define EL2_EXIT_IRQ    1
#define EL2_EXIT_FIQ    2
#define EL2_EXIT_SERROR 3
/* EL2 itself took an exception while it ran the guest: see bug_esr, bug_pc. */
#define EL2_EXIT_BUG    4
/* The guest did not run: ctx->par has the translation that was requested. */
#define EL2_EXIT_PAR    5

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include "../regs.h"

/*
 * When each register is switched. "load" is the first gate_run() of a vCPU on
 * this CPU. "run" is each gate_run(): the guest's values are loaded at its
 * start, the host's values at its end. "put" is gate_put(). Between load and
 * put the CPU keeps the guest's value, unless the table says that the group is
 * switched at each run. A VHE host runs at EL2 and does not need the EL1
 * registers while it handles an exit. An nVHE host runs at EL1 and always needs
 * them. It cannot change the EL2 registers, so its values of these are saved at
 * load.
 *
 *	registers					nVHE	   VHE
 *	general, PC, PSTATE, VBAR_EL2			run	   run
 *	SHARED; KEY, with el2_ctx.ptrauth		run	   run
 *	HCR_EL2, CPTR_EL2				run	   run
 *	break and watch points, with el2_ctx.dbg_on	run	   run
 *	ICH_LR<n>_EL2, ICH_HCR_EL2			run	   run
 *	NAMED, TAKEN, WALK, PLAIN			run	   load, put
 *	VTTBR_EL2, VPIDR_EL2, VMPIDR_EL2, MDCR_EL2,
 *	CNTHCTL_EL2, HCRX_EL2, HFG*_EL2, MPAM2_EL2	run	   load, put
 *	VTCR_EL2, VSESR_EL2, VDISR_EL2			load	   load
 *	CNTV_CTL, CNTV_CVAL, CNTVOFF_EL2		load, put  load, put
 *	ICH_VMCR_EL2, ICH_AP<n>R_EL2, ICC_SRE_EL2	load, put  load, put
 *	FP and SIMD: the host half, from the guest's first use to put
 *
 * The EL1 registers come in groups. On a VHE host, NAMED, TAKEN and WALK
 * registers have an _EL12 alias, so only the guest's values are moved. PLAIN
 * registers have no alias, but a VHE host does not need its own values between
 * load and put. Every host needs its values of the SHARED registers whenever it
 * runs.
 */
#define EL2_NAMED_REGS(R) \
	R(CPACR)          \
	R(TTBR0) R(TTBR1) R(MAIR) R(VBAR) R(CONTEXTIDR) R(AMAIR) R(CNTKCTL)
/*
 * Like NAMED. These registers describe the last exception to EL1. A host that
 * calls EL2 with interrupts masked does not need its own values any more: the
 * host's next exception sets them. So only the guest's values are moved.
 */
#define EL2_TAKEN_REGS(R) R(ESR) R(AFSR0) R(AFSR1) R(FAR) R(ELR) R(SPSR)
/*
 * Like NAMED. These registers enable table walks. On CPUs whose walks must be
 * barred (bar_walks), they are loaded last.
 */
#define EL2_WALK_REGS(R)  R(SCTLR) R(TCR)
#define EL2_PLAIN_REGS(R) \
	R(CSSELR_EL1)     \
	R(PAR_EL1)        \
	R(TPIDR_EL0)      \
	R(TPIDRRO_EL0) R(TPIDR_EL1) R(SP_EL1)
#define EL2_SHARED_REGS(R) R(SP_EL0) R(MDSCR_EL1)
/* Like SHARED: the host's kernel signs pointers with its own keys. */
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
	EL2_TAKEN_REGS(EL2_REG_ENUM) EL2_WALK_REGS(EL2_REG_ENUM)
		EL2_PLAIN_REGS(EL2_REG_ENUM) EL2_SHARED_REGS(EL2_REG_ENUM)
			EL2_KEY_REGS(EL2_REG_ENUM) EL2_NR_REGS
};

#define EL2_MAX_LRS 16
#define EL2_MAX_APR 4

/*
 * The list registers of one vCPU (GICv3). After each run, lr[] equals the
 * hardware's list registers. The hardware keeps those values, so the next run
 * writes only the registers that the host half changed.
 */
struct el2_vgic {
	u64 lr[EL2_MAX_LRS];
	u64 vmcr, hcr;
	u64 ap0r[EL2_MAX_APR], ap1r[EL2_MAX_APR];
	u32 used_lrs; /* in: lr[] from this index on is 0 */
	/* In: the first write_lrs registers differ from the hardware. */
	u32 write_lrs;
	u32 nr_apr; /* number of APnR registers of this CPU */
	bool present; /* the host has the ICH_ registers */
	bool loaded; /* in: the guest has a VGIC */
};

#define EL2_MAX_DBG 16

/* Breakpoints and watchpoints: DBGBVR, DBGBCR, DBGWVR, DBGWCR. */
struct el2_dbg {
	u64 bvr[EL2_MAX_DBG], bcr[EL2_MAX_DBG];
	u64 wvr[EL2_MAX_DBG], wcr[EL2_MAX_DBG];
};

/* The features of the CPU that EL2 traps, saves or restores (cpu.h). */
struct el2_features {
	bool hcrx; /* HCRX_EL2 */
	bool fgt; /* HFGRTR_EL2, HFGWTR_EL2 and the other fine-grained traps */
	bool mpam; /* MPAM2_EL2 */
	bool mpam_hcr; /* MPAMHCR_EL2 */
	/* Any of hcrx, fgt, mpam is set: one test instead of three. */
	bool newer;
	bool ras; /* VSESR_EL2, VDISR_EL2 */
	bool spe, trbe; /* nVHE: buffers that the host may be filling */
	u8 nr_brps, nr_wrps; /* numbers of breakpoints and watchpoints */
};

/*
 * The host's values of the registers that host and guest share. Only EL2 uses
 * this struct.
 */
struct el2_host {
	u64 reg[EL2_NR_REGS];
	u64 hfgrtr, hfgwtr, hfgitr, hdfgrtr, hdfgwtr, mpam2, mpamhcr;
	u64 pmscr, trfcr; /* 0: was off */
	u64 hcr, hcrx, mdcr, cptr, cnthctl, vpidr, vmpidr;
	struct el2_dbg dbg;
	/* The host's values are saved here and not loaded back yet. */
	bool saved;
};

struct el2_ctx {
	/* entry.S uses the offsets of these members. */
	u64 x[31];
	u64 pc;
	u64 pstate;
	u64 frame;
	u64 bug_esr, bug_pc;
	/* In: one of the vector tables in entry.S, as an EL2 address. */
	u64 vectors;
	/* In: loop count, or number of the firmware call, for that table. */
	u64 harden;

	/* Out: the CPU holds the vCPU's state, until el2_put(). */
	bool resident;
	u64 reg[EL2_NR_REGS];
	struct el2_vgic vgic;
	struct el2_host host;

	/* In: the state and the controls of the run. */
	u64 vttbr, vtcr;
	u64 hcr, mdcr;
	u64 hfgwtr; /* value for HFGWTR_EL2, used if has.fgt is set */
	u64 vpidr, vmpidr;
	u64 cntvoff;
	u64 cntv_ctl, cntv_cval; /* in and out */
	/* The FP registers hold the guest's values: no FP trap. */
	bool fp_loaded;
	struct el2_features has; /* of the CPU on which the vCPU is loaded */
	bool ptrauth; /* the guest has pointer authentication */
	/* nVHE, erratum of speculative AT: bar walks in a switch. */
	bool bar_walks;
	bool check_stage1; /* HPFAR_EL2 is not reliable: erratum 834220 */
	/* Give the guest no virtual interrupt and no virtual SError. */
	bool withhold;
	bool translate; /* do not run the guest; translate PC (EL2_EXIT_PAR) */
	bool dbg_on; /* load dbg into the debug registers at a run */
	struct el2_dbg dbg;
	/*
	 * In and out: EL2 itself handles up to range_steps single steps, as
	 * long as PC stays in the range.
	 */
	u64 range_start, range_size, range_steps;

	/* Out: the reason why the run ended. */
	u64 esr, far, hpfar;
	/* EL2_EXIT_PAR: the translation of PC, in the format of PAR_EL1. */
	u64 par;
};

/*
 * True: esr is a step exception, and the stepped instruction was a
 * load-exclusive.
 */
static __always_inline bool step_was_exclusive(u64 esr)
{
	return (esr & ISS_STEP_EX) == ISS_STEP_EX;
}
#endif

#endif
