/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * el2.h - the calls from EL1 into trapline's EL2 text (nVHE)
 *
 * A call is one HVC: function number in x0, arguments in x1 to x3, result in
 * x0. x4 to x17 are clobbered (SMCCC). Numbers below HVC_STUB_HCALL_NR are the
 * kernel's own stub ABI (arch/arm64/include/asm/virt.h); EL2 answers them as
 * the stub would. An unknown number returns HVC_STUB_ERR.
 *
 * If EL2 itself takes an exception during one of our calls, the call ends and
 * returns EL2_EXIT_BUG. struct el2_cpu then describes the exception.
 */
#ifndef TRAPLINE_KMOD_EL2_H
#define TRAPLINE_KMOD_EL2_H

#define EL2_CALL_BASE    0x544c0000
#define EL2_CALL_INIT    (EL2_CALL_BASE + 1) /* x1: PA of struct el2_cpu */
#define EL2_CALL_OWNED   (EL2_CALL_BASE + 2) /* EL2_OWNED if MMU and C are on */
#define EL2_CALL_RUN     (EL2_CALL_BASE + 3) /* x1: PA of struct el2_ctx */
#define EL2_CALL_TLB     (EL2_CALL_BASE + 4) /* x1: el2_tlb, x2: VTTBR, x3: IPA */
#define EL2_CALL_VTR     (EL2_CALL_BASE + 5) /* ICH_VTR_EL2 */
#define EL2_CALL_PUT     (EL2_CALL_BASE + 6) /* x1: PA of struct el2_ctx */
#define EL2_CALL_UNKNOWN (EL2_CALL_BASE + 0xffff)
#define EL2_OWNED        0x544c4f4b

/* Offsets of struct el2_cpu for vectors.S. own.c asserts them. */
#define EL2_CPU_STUB    0
#define EL2_CPU_TTBR0   8
#define EL2_CPU_TCR     16
#define EL2_CPU_MAIR    24
#define EL2_CPU_SCTLR   32
#define EL2_CPU_STACK   40
#define EL2_CPU_RUNNING 48
#define EL2_CPU_BUG     56

#define EL2_VECTORS_SIZE 0x800

#ifndef __ASSEMBLY__
#include <linux/percpu.h>
#include <linux/types.h>

struct el2_ctx;

/* What el2_tlb_flush() invalidates, on all CPUs except where noted. */
enum el2_tlb {
	EL2_TLB_PAGE, /* the entries of the IPA, and all of stage 1 */
	EL2_TLB_VMID, /* everything of the VMID in VTTBR */
	EL2_TLB_ALL, /* all VMIDs */
	/* On this CPU only: stage 1 of the VMID, and the instruction cache. */
	EL2_TLB_LOCAL,
};

/*
 * Per CPU. The struct is cleaned to the point of coherency, because EL2 also
 * reads it with the MMU off.
 */
struct el2_cpu {
	u64 stub; /* PA of the vectors before trapline took EL2 */
	u64 ttbr0, tcr, mair, sctlr;
	u64 stack; /* PA of the end of this CPU's EL2 stack */
	u64 running; /* PA of the running vCPU's el2_ctx, for entry.S */
	u64 bug_esr, bug_pc, bug_far;
};

static inline unsigned long el2_hvc3(unsigned long call, unsigned long arg1,
				     unsigned long arg2, unsigned long arg3)
{
	register unsigned long x0 asm("x0") = call;
	register unsigned long x1 asm("x1") = arg1;
	register unsigned long x2 asm("x2") = arg2;
	register unsigned long x3 asm("x3") = arg3;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		     :
		     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
		       "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

static inline unsigned long el2_hvc(unsigned long call, unsigned long arg)
{
	return el2_hvc3(call, arg, 0, 0);
}

/* VHE: the same services as direct function calls. */
u64 el2_run_vhe(struct el2_ctx *ctx);
u64 el2_put_vhe(struct el2_ctx *ctx);
u64 el2_tlb_flush_vhe(u64 op, u64 vttbr, u64 ipa);
DECLARE_PER_CPU(struct el2_ctx *, el2_running);

/*
 * The EL2 text where the linker put it. On nVHE, own.c copies it to its place.
 */
extern char el2_text_start[], el2_text_end[];
extern char el2_vectors[], el2_read_vbar[], el2_read_hcr[];
/* Four tables of EL2_VECTORS_SIZE bytes each: see harden.h. */
extern char el2_guest_vectors_nvhe[], el2_guest_vectors_vhe[];
#endif

#endif
