// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The entry into a case, and the way back: see exec_el1.c. SP_EL1 is always
 * "frame", a struct exec_regs; C runs on "stack".
 */
#define FRAME_X30 240
#define FRAME_SP  248
#define FRAME_PC  256
#define STACK     16384

.macro general op
	\op	x0, x1, [sp, #0]
	\op	x2, x3, [sp, #16]
	\op	x4, x5, [sp, #32]
	\op	x6, x7, [sp, #48]
	\op	x8, x9, [sp, #64]
	\op	x10, x11, [sp, #80]
	\op	x12, x13, [sp, #96]
	\op	x14, x15, [sp, #112]
	\op	x16, x17, [sp, #128]
	\op	x18, x19, [sp, #144]
	\op	x20, x21, [sp, #160]
	\op	x22, x23, [sp, #176]
	\op	x24, x25, [sp, #192]
	\op	x26, x27, [sp, #208]
	\op	x28, x29, [sp, #224]
.endm
.macro simd op
	\op	q0, q1, [sp, #272]
	\op	q2, q3, [sp, #304]
	\op	q4, q5, [sp, #336]
	\op	q6, q7, [sp, #368]
	\op	q8, q9, [sp, #400]
	\op	q10, q11, [sp, #432]
	\op	q12, q13, [sp, #464]
	\op	q14, q15, [sp, #496]
	\op	q16, q17, [sp, #528]
	\op	q18, q19, [sp, #560]
	\op	q20, q21, [sp, #592]
	\op	q22, q23, [sp, #624]
	\op	q24, q25, [sp, #656]
	\op	q26, q27, [sp, #688]
	\op	q28, q29, [sp, #720]
	\op	q30, q31, [sp, #752]
.endm
.macro load_address reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
.endm

	.text
	.global	_start
_start:	load_address x0, stack + STACK
	mov	sp, x0
	mov	x0, #(3 << 20)
	msr	cpacr_el1, x0
	adr	x0, vectors
	msr	vbar_el1, x0
	isb
	bl	prepare
	bl	next
	load_address x0, frame
	mov	sp, x0

run:	ldr	x0, [sp, #FRAME_SP]
	msr	sp_el0, x0
	ldp	x0, x1, [sp, #FRAME_PC]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	simd	ldp
	ldr	x30, [sp, #FRAME_X30]
	general	ldp
	eret

	/* An exception while SP_EL1 is in use is a bug of this program. */
	.balign	0x800
vectors:
	.rept	4
	.balign	0x80
	b	caught
	.endr
	.rept	12
	.balign	0x80
	b	broken
	.endr

caught:	general	stp
	simd	stp
	mrs	x0, sp_el0
	stp	x30, x0, [sp, #FRAME_X30]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #FRAME_PC]
	mrs	x0, esr_el1
	mrs	x1, far_el1
	mov	x19, sp
	load_address x20, stack + STACK
	mov	sp, x20
	bl	take_out
	bl	next
	mov	sp, x19
	b	run
