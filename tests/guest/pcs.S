// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run of some 13,000 instructions that takes the same path on every CPU:
 * loops, calls, branch tables, system registers, exceptions taken and returned
 * from at EL1 and EL0, an exclusive sequence. It uses no interrupts, no devices
 * and no stack. tests/system/pcs.py compares its PCs, step by step, with
 * QEMU's.
 */
#include "guest.h"
	msr	daifset, #15
	adr	x1, table
	msr	vbar_el1, x1
	isb
	adr	x22, word
	/* A pseudo-random sequence selects the path. */
	mov	x20, #0
	lit	x21, 1103515245
	mov	x19, #200
turn:	mul	x20, x20, x21
	add	x20, x20, #0x303
	ubfx	x0, x20, #16, #3
	bl	choose
	mov	x1, #4
1:	ldr	x2, [x22], #8
	eor	x2, x2, x20
	str	x2, [x22, #-8]!
	subs	x1, x1, #1
	b.ne	1b
	tbz	x20, #20, 2f
	svc	#1
	mrs	x3, daif
2:	tbnz	x20, #21, 3f
	brk	#5
	msr	daifclr, #8
	msr	daifset, #8
3:	tbz	x20, #22, 4f
	adr	x4, user
	msr	elr_el1, x4
	mov	x4, #0x3c0		/* EL0, all interrupts masked */
	msr	spsr_el1, x4
	eret
user:	ubfx	x5, x20, #24, #4
	cbz	x5, 5f
	sub	x5, x5, #1
	cbnz	x5, .-4
5:	svc	#2			/* the handler returns to 4 */
4:	tbz	x20, #23, 6f
	.global excl
excl:	ldxr	x6, [x22]
	add	x6, x6, #1
	stxr	w7, x6, [x22]
	.global excl_end
excl_end:
6:	isb
	subs	x19, x19, #1
	b.ne	turn
	power_off

choose:	mov	x10, x30
	adr	x11, way
	add	x11, x11, x0, lsl #3
	br	x11
way:	.rept	4
	nop
	b	7f
	add	x12, x12, #1
	bl	8f
	.endr
7:	csel	x13, x12, x20, eq
	ret	x10
8:	add	x12, x12, x20
	br	x10

sync:	mrs	x14, esr_el1
	ubfx	x15, x14, #26, #6
	mrs	x16, elr_el1
	cmp	x15, #0x3c
	b.ne	9f
	add	x16, x16, #4
	msr	elr_el1, x16
9:	eret
lower:	adr	x16, 4b
	msr	elr_el1, x16
	mov	x16, #0x3c5
	msr	spsr_el1, x16
	eret

	.balign	64
word:	.quad	41, 42
	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	sync
	.balign	0x200
	b	lower
	.balign	0x800
