// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that uses its own breakpoint, watchpoint and single step in each
 * round, while a debugger uses some of each (tests/system/gdb/own.py). At the
 * end it prints "own: ok". If its own single steps have worked, it also prints
 * "own: stepped".
 *
 * The MMU is on. As in a kernel, the stores that a debugger watches go to the
 * upper half of the address space.
 */
#include "guest.h"
#define ROUNDS 5
#define STEPS 3
#define MDSCR_KDE_MDE 0xa000
#define BCR_ON 0x1e7
#define WCR_STORE_ON 0x1ff7
	msr	daifset, #15
	adr	x1, table
	msr	vbar_el1, x1
	msr	oslar_el1, xzr
	mov	x19, #0			/* breakpoints taken */
	mov	x23, #0			/* watchpoints taken */
	mov	x24, #0			/* steps taken */
	mov	x21, #0
	/* Map RAM's first 2 MiB in both halves, with a table and a block. */
	adrp	x0, level1
	adrp	x1, level2
	orr	x2, x1, #3
	str	x2, [x0, #8]
	lit	x2, 0x40000705		/* normal, inner shareable */
	str	x2, [x1]
	lit	x2, 0x401		/* device, no AttrIndx: 0 */
	str	x2, [x0]
	mov	x1, #0xff00		/* Attr0 device, Attr1 write-back */
	msr	mair_el1, x1
	lit	x1, 0xb5193519		/* T0SZ, T1SZ 25, WBWA, inner, 4 KiB */
	msr	tcr_el1, x1
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x0
	isb
	mrs	x0, sctlr_el1
	lit	x1, 0x1005		/* M, C, I */
	orr	x0, x0, x1
	msr	sctlr_el1, x0
	isb
	adr	x22, word
	adr	x25, word2
	movk	x25, #0xffff, lsl #48
	movk	x25, #0xff80, lsl #32
	.global mapped
mapped:	nop
	msr	dbgwvr0_el1, x22
	mov	x1, #WCR_STORE_ON
	msr	dbgwcr0_el1, x1
	adr	x1, own_bp
	msr	dbgbvr0_el1, x1
	mov	x1, #MDSCR_KDE_MDE
	msr	mdscr_el1, x1
	isb
	msr	daifclr, #8
	.global begin
begin:	nop
round:	add	x21, x21, #1
	mov	x1, #BCR_ON
	msr	dbgbcr0_el1, x1
	isb
own_bp:	nop
	str	x21, [x22]		/* the handler skips this store */
	bl	f
	bl	g
	str	x21, [x25]
	/* STEPS instructions, each followed by a step exception. */
	msr	daifset, #8		/* until ERET */
	mov	x1, #(MDSCR_KDE_MDE | 1)
	msr	mdscr_el1, x1
	adr	x1, stepped
	msr	elr_el1, x1
	lit	x1, 0x2001c5		/* SS; D clear; EL1h */
	msr	spsr_el1, x1
	isb
	eret
stepped: mov	x2, #1
	mov	x2, #2
	mov	x2, #3
	mov	x2, #4
	mov	x1, #MDSCR_KDE_MDE
	msr	mdscr_el1, x1
	isb
	cmp	x21, #ROUNDS
	b.ne	round
	.global checked
checked: nop
	cmp	x19, #ROUNDS
	b.ne	wrong
	cmp	x23, #ROUNDS
	b.ne	wrong
	say	"own: ok"
	cmp	x24, #(ROUNDS * STEPS)
	b.ne	1f
	say	"own: stepped"
1:	power_off
wrong:	say	"own: breakpoints, watchpoints:"
	mov	w12, w19
	digit
	mov	w12, w23
	digit
	power_off

	.global f, g
f:	nop
	ret
g:	nop
	ret

	.global sync
sync:	mrs	x10, esr_el1
	ubfx	x10, x10, #26, #6
	cmp	x10, #0x31
	b.eq	breakpoint
	cmp	x10, #0x33
	b.eq	step
	cmp	x10, #0x35
	b.ne	wrong
	add	x23, x23, #1
	mrs	x11, elr_el1
	add	x11, x11, #4
	msr	elr_el1, x11
	eret
breakpoint: add	x19, x19, #1
	msr	dbgbcr0_el1, xzr
	isb
	eret
step:	add	x24, x24, #1
	mrs	x11, spsr_el1
	orr	x11, x11, #(1 << 21)
	msr	spsr_el1, x11
	mov	x12, #STEPS
	msub	x12, x12, x21, x24	/* steps - STEPS * round */
	cbnz	x12, 1f
	mov	x11, #MDSCR_KDE_MDE
	msr	mdscr_el1, x11
	isb
1:	eret

	.balign	16384			/* a page of its own */
word:	.quad	0
	.balign	16384
	.global word2
word2:	.quad	0
	.balign	4096
level1:	.fill	4096, 1, 0
level2:	.fill	4096, 1, 0
	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	sync
	.balign	0x800
