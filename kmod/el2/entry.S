/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry.S - enter a guest and come back, for both kinds of host
 *
 * u64 el2_guest_enter_{nvhe,vhe}(struct el2_ctx *ctx) returns when an exception
 * is taken to EL2. The caller switches everything but the general registers.
 * The context pointer is saved on the EL2 stack, because SP_EL2 is the only
 * register that a guest's exception leaves to EL2.
 *
 * If EL2 itself takes an exception between entry and return, the stack pointer
 * may have any value. The code then finds the context in per-CPU data, and the
 * frame through the context. The caller gets EL2_EXIT_BUG, and the VM ends
 * instead of the host.
 *
 * A guest's exceptions come through one of four vector tables. They differ in
 * how they protect branch prediction (harden.h) before the first branch whose
 * prediction the guest could have trained: no protection, a loop of branches,
 * CLRBHB, a call of the firmware.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include <asm/sysreg.h>
#include "ctx.h"
#include "el2.h"

#define FRAME     128
#define FRAME_CTX 104
#define FRAME_VBAR 112

#define CLRBHB hint #22

	/* A harden_ macro may clobber x0 and x1. */
	.macro harden_none
	.endm

	.macro harden_loop
	ldr	x0, [sp, #16 + FRAME_CTX]
	ldr	x0, [x0, #CTX_HARDEN]
1:	b	2f
2:	subs	x0, x0, #1
	b.ne	1b
	dsb	nsh
	isb
	.endm

	.macro harden_clear
	CLRBHB
	isb
	.endm

	/* By SMCCC 1.1 the call clobbers x0 to x3. */
	.macro harden_firmware
	ldr	x0, [sp, #16 + FRAME_CTX]
	ldr	x0, [x0, #CTX_HARDEN]
	stp	x2, x3, [sp, #-16]!
	smc	#0
	ldp	x2, x3, [sp], #16
	.endm

	.macro guest_exit code, leave, harden
	.balign 0x80
	stp	x0, x1, [sp, #-16]!
	\harden
	mov	x0, #\code
	b	\leave
	.endm

	.macro guest_vectors kind, harden
	.rept 8				// exceptions of EL2 itself
	.balign 0x80
	b	el2_guest_bug_\kind
	.endr
	.rept 2				// of the guest: AArch64, then AArch32
	guest_exit EL2_EXIT_SYNC, el2_guest_leave_\kind, \harden
	guest_exit EL2_EXIT_IRQ, el2_guest_leave_\kind, \harden
	guest_exit EL2_EXIT_FIQ, el2_guest_leave_\kind, \harden
	guest_exit EL2_EXIT_SERROR, el2_guest_leave_\kind, \harden
	.endr
	.balign EL2_VECTORS_SIZE
	.endm

	.macro running_ctx kind
	.ifc	\kind, nvhe
	mrs	x1, tpidr_el2
	ldr	x1, [x1, #EL2_CPU_RUNNING]
	.else
	adrp	x1, el2_running
	add	x1, x1, :lo12:el2_running
	mrs	x2, tpidr_el2
	ldr	x1, [x1, x2]
	.endif
	.endm

	.macro guest_world kind
SYM_CODE_START(el2_guest_enter_\kind)
	sub	sp, sp, #FRAME
	stp	x29, x30, [sp]
	stp	x18, x19, [sp, #16]
	stp	x20, x21, [sp, #32]
	stp	x22, x23, [sp, #48]
	stp	x24, x25, [sp, #64]
	stp	x26, x27, [sp, #80]
	stp	x28, x0, [sp, #96]
	mrs	x1, vbar_el2
	str	x1, [sp, #FRAME_VBAR]
	mov	x1, sp
	str	x1, [x0, #CTX_FRAME]
	ldr	x1, [x0, #CTX_VECTORS]
	msr	vbar_el2, x1
	isb

	ldp	x1, x2, [x0, #CTX_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [x0, #CTX_X + 8 * 2]
	ldp	x4, x5, [x0, #CTX_X + 8 * 4]
	ldp	x6, x7, [x0, #CTX_X + 8 * 6]
	ldp	x8, x9, [x0, #CTX_X + 8 * 8]
	ldp	x10, x11, [x0, #CTX_X + 8 * 10]
	ldp	x12, x13, [x0, #CTX_X + 8 * 12]
	ldp	x14, x15, [x0, #CTX_X + 8 * 14]
	ldp	x16, x17, [x0, #CTX_X + 8 * 16]
	ldp	x18, x19, [x0, #CTX_X + 8 * 18]
	ldp	x20, x21, [x0, #CTX_X + 8 * 20]
	ldp	x22, x23, [x0, #CTX_X + 8 * 22]
	ldp	x24, x25, [x0, #CTX_X + 8 * 24]
	ldp	x26, x27, [x0, #CTX_X + 8 * 26]
	ldp	x28, x29, [x0, #CTX_X + 8 * 28]
	ldr	x30, [x0, #CTX_X + 8 * 30]
	ldp	x0, x1, [x0, #CTX_X]
	eret
	dsb	nsh
	isb

	/* x0 = exit code. The guest's x0 and x1 are on top of the stack. */
el2_guest_leave_\kind:
	ldr	x1, [sp, #16 + FRAME_CTX]
	stp	x2, x3, [x1, #CTX_X + 8 * 2]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x1, #CTX_X]
	stp	x4, x5, [x1, #CTX_X + 8 * 4]
	stp	x6, x7, [x1, #CTX_X + 8 * 6]
	stp	x8, x9, [x1, #CTX_X + 8 * 8]
	stp	x10, x11, [x1, #CTX_X + 8 * 10]
	stp	x12, x13, [x1, #CTX_X + 8 * 12]
	stp	x14, x15, [x1, #CTX_X + 8 * 14]
	stp	x16, x17, [x1, #CTX_X + 8 * 16]
	stp	x18, x19, [x1, #CTX_X + 8 * 18]
	stp	x20, x21, [x1, #CTX_X + 8 * 20]
	stp	x22, x23, [x1, #CTX_X + 8 * 22]
	stp	x24, x25, [x1, #CTX_X + 8 * 24]
	stp	x26, x27, [x1, #CTX_X + 8 * 26]
	stp	x28, x29, [x1, #CTX_X + 8 * 28]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	str	x30, [x1, #CTX_X + 8 * 30]
	stp	x2, x3, [x1, #CTX_PC]

el2_host_back_\kind:
	ldr	x1, [sp, #FRAME_VBAR]
	msr	vbar_el2, x1
	isb
	ldp	x29, x30, [sp]
	ldp	x18, x19, [sp, #16]
	ldp	x20, x21, [sp, #32]
	ldp	x22, x23, [sp, #48]
	ldp	x24, x25, [sp, #64]
	ldp	x26, x27, [sp, #80]
	ldr	x28, [sp, #96]
	add	sp, sp, #FRAME
	ret

el2_guest_bug_\kind:
	running_ctx \kind
	ldr	x2, [x1, #CTX_FRAME]
	mov	sp, x2
	mrs	x2, esr_el2
	mrs	x3, elr_el2
	stp	x2, x3, [x1, #CTX_BUG]
	mov	x0, #EL2_EXIT_BUG
	b	el2_host_back_\kind

	.balign EL2_VECTORS_SIZE
SYM_INNER_LABEL(el2_guest_vectors_\kind, SYM_L_GLOBAL)
	guest_vectors \kind, harden_none
	guest_vectors \kind, harden_loop
	guest_vectors \kind, harden_clear
	guest_vectors \kind, harden_firmware
SYM_CODE_END(el2_guest_enter_\kind)
	.endm

	.pushsection .el2.text, "ax"
	guest_world nvhe
	guest_world vhe
	.popsection
