/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vectors.S - EL2 vectors while trapline owns EL2 (nVHE)
 *
 * own.c copies this text as one block to physically contiguous pages and maps
 * it there with VA = PA, so that turning the EL2 MMU on and off needs no
 * trampoline. All references are PC-relative and stay inside the block.
 *
 * The stub ABI must keep working, or kexec, kdump and CPU hotplug break:
 * arch/arm64/kernel/hyp-stub.S says what each call does. HVC_SET_VECTORS,
 * HVC_SOFT_RESTART and HVC_RESET_VECTORS leave EL2 as the stub had it, with the
 * MMU off. The latter two also restore the stub's vectors.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include <asm/sysreg.h>
#include <asm/virt.h>
#include "ctx.h"
#include "el2.h"

#define ESR_EC_HVC64 0x16
#define FRAME        128 /* the host's x18 to x30, ELR_EL2 and SPSR_EL2 */

	.macro vector, target
	.balign 0x80
	b	\target
	.endm

	/* Turn the MMU and the caches of EL2 off. Clobbers x9, x10. */
	.macro el2_mmu_off
	mrs	x9, sctlr_el2
	mov	x10, #(SCTLR_ELx_M | SCTLR_ELx_C)
	orr	x10, x10, #SCTLR_ELx_I
	bic	x9, x9, x10
	msr	sctlr_el2, x9
	isb
	.endm

	/* Restore the stub's vectors. Clobbers x9, x10. */
	.macro el2_stub_vectors
	mrs	x9, tpidr_el2
	ldr	x10, [x9, #EL2_CPU_STUB]
	msr	vbar_el2, x10
	msr	tpidr_el2, xzr
	.endm

	.pushsection .el2.text, "ax"
	.balign 0x800
SYM_DATA_START(el2_text_start)
SYM_DATA_START_LOCAL(el2_text)
SYM_INNER_LABEL(el2_vectors, SYM_L_GLOBAL)
	.rept 4				// EL2, SP_EL0
	vector	el2_bad
	.endr
	.rept 4				// EL2, SP_EL2
	vector	el2_bad
	.endr
	vector	el2_sync		// AArch64 EL1 or EL0
	vector	el2_bad
	vector	el2_bad
	vector	el2_bad
	.rept 4				// AArch32: the host runs none at EL1
	vector	el2_bad
	.endr

el2_sync:
	mrs	x9, esr_el2
	lsr	x9, x9, #26
	cmp	x9, #ESR_EC_HVC64
	b.ne	el2_bad
	mov_q	x9, EL2_CALL_RUN
	cmp	x0, x9
	b.eq	call_run
	cmp	x0, #HVC_SET_VECTORS
	b.eq	call_set_vectors
	cmp	x0, #HVC_SOFT_RESTART
	b.eq	call_soft_restart
	cmp	x0, #HVC_RESET_VECTORS
	b.eq	call_reset_vectors
	mov_q	x9, EL2_CALL_PUT
	cmp	x0, x9
	b.eq	call_put
	mov_q	x9, EL2_CALL_TLB
	cmp	x0, x9
	b.eq	call_tlb
	mov_q	x9, EL2_CALL_VTR
	cmp	x0, x9
	b.eq	call_vtr
	mov_q	x9, EL2_CALL_INIT
	cmp	x0, x9
	b.eq	call_init
	mov_q	x9, EL2_CALL_OWNED
	cmp	x0, x9
	b.eq	call_owned
	mov_q	x0, HVC_STUB_ERR
	eret

	/*
	 * Push the host's frame. The EL2 stack is empty before, so the frame
	 * has a fixed place. The frame holds the host's ELR and SPSR, which a
	 * guest's exits overwrite, and the registers that C code preserves, for
	 * el2_bug.
	 */
	.macro host_push
	mrs	x9, elr_el2
	mrs	x10, spsr_el2
	stp	x29, x30, [sp, #-FRAME]!
	stp	x9, x10, [sp, #16]
	stp	x18, x19, [sp, #32]
	stp	x20, x21, [sp, #48]
	stp	x22, x23, [sp, #64]
	stp	x24, x25, [sp, #80]
	stp	x26, x27, [sp, #96]
	str	x28, [sp, #112]
	.endm

	.macro host_pop
	ldp	x9, x10, [sp, #16]
	ldp	x29, x30, [sp], #FRAME
	msr	elr_el2, x9
	msr	spsr_el2, x10
	.endm

call_run:
	mrs	x9, tpidr_el2
	str	x1, [x9, #EL2_CPU_RUNNING]
	host_push
	mov	x0, x1
	bl	el2_run_nvhe
	mrs	x9, tpidr_el2
	str	xzr, [x9, #EL2_CPU_RUNNING]
	host_pop
	eret

call_put:
	host_push
	mov	x0, x1
	bl	el2_put_nvhe
	host_pop
	eret

call_tlb:
	host_push
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	bl	el2_tlb_flush_nvhe
	host_pop
	eret

call_vtr:
	host_push
	mrs_s	x0, SYS_ICH_VTR_EL2
	host_pop
	eret

call_set_vectors:
	el2_mmu_off
	msr	vbar_el2, x1
	isb
	mov	x0, xzr
	eret

call_soft_restart:
	el2_stub_vectors
	el2_mmu_off
	mov	x0, x2
	mov	x2, x4
	mov	x4, x1
	mov	x1, x3
	br	x4

call_reset_vectors:
	el2_stub_vectors
	el2_mmu_off
	mov	x0, xzr
	eret

	/* x1 is the PA of struct el2_cpu. The MMU is off. */
call_init:
	msr	tpidr_el2, x1
	ldr	x9, [x1, #EL2_CPU_STACK]
	mov	sp, x9
	ldr	x9, [x1, #EL2_CPU_TTBR0]
	msr	ttbr0_el2, x9
	ldr	x9, [x1, #EL2_CPU_TCR]
	msr	tcr_el2, x9
	ldr	x9, [x1, #EL2_CPU_MAIR]
	msr	mair_el2, x9
	isb
	tlbi	alle2
	tlbi	alle1			// VMIDs of an earlier use of EL2
	ic	iallu
	dsb	nsh
	isb
	ldr	x9, [x1, #EL2_CPU_SCTLR]
	msr	sctlr_el2, x9
	isb
	mov	x0, xzr
	eret

call_owned:
	mrs	x9, sctlr_el2
	mov	x10, #(SCTLR_ELx_M | SCTLR_ELx_C)
	and	x9, x9, x10
	cmp	x9, x10
	mov_q	x9, EL2_OWNED
	mov_q	x10, HVC_STUB_ERR
	csel	x0, x9, x10, eq
	eret

	/*
	 * An unexpected exception from outside EL2. EL2 goes back to the stub's
	 * vectors, and the caller gets the error that the stub would return.
	 */
el2_bad:
	mrs	x9, spsr_el2
	tst	x9, #8			// M[3:2] = EL2
	b.ne	el2_bug
	el2_stub_vectors
	el2_mmu_off
	mov_q	x0, HVC_STUB_ERR
	eret

	/*
	 * EL2 itself took an exception in one of the calls above. The caller
	 * gets its registers back from the frame, and EL2_EXIT_BUG. A second
	 * exception, inside el2_recover_nvhe(), does not try to save the guest
	 * again.
	 */
el2_bug:
	mrs	x9, tpidr_el2
	ldr	x10, [x9, #EL2_CPU_STACK]
	sub	sp, x10, #FRAME
	mrs	x10, esr_el2
	mrs	x11, elr_el2
	mrs	x12, far_el2
	stp	x10, x11, [x9, #EL2_CPU_BUG]
	str	x12, [x9, #EL2_CPU_BUG + 16]
	ldr	x0, [x9, #EL2_CPU_RUNNING]
	str	xzr, [x9, #EL2_CPU_RUNNING]
	cbz	x0, 1f
	bl	el2_recover_nvhe
1:	ldp	x18, x19, [sp, #32]
	ldp	x20, x21, [sp, #48]
	ldp	x22, x23, [sp, #64]
	ldp	x24, x25, [sp, #80]
	ldp	x26, x27, [sp, #96]
	ldr	x28, [sp, #112]
	mov	x0, #EL2_EXIT_BUG
	host_pop
	eret

	/* HVC_SOFT_RESTART runs this code before the vectors are ours. */
SYM_INNER_LABEL(el2_read_vbar, SYM_L_GLOBAL)
	mrs	x0, vbar_el2
	eret
SYM_INNER_LABEL(el2_read_hcr, SYM_L_GLOBAL)
	mrs	x0, hcr_el2
	eret
SYM_DATA_END(el2_text)
SYM_DATA_END(el2_text_start)
	.popsection
