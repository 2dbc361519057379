// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that rewrites its own text where a debugger has a breakpoint: with
 * stores of every kind, and with its own BRK. Each round calls "patched" and
 * checks the result. "rounds" is a table of the first instructions of patched.
 * tests/system/gdb/text.py drives the guest. Without a debugger it prints
 * "text: ok", or the number of the round that failed.
 */
#include "guest.h"
#define NR_ROUNDS 7
#define MOVZ_X5(n) (0xd2800005 | (n) << 5)
#define BRK_7 0xd42000e0
	msr	daifset, #15
	adr	x1, table
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)		/* FP and SIMD */
	msr	cpacr_el1, x1
	isb
	adr	x20, patched
	mov	x21, #0			/* the round */
	mov	x19, #0			/* number of BRKs taken */
	/* Number of words that did not read back. */
	mov	x25, #0
	.global begin
begin:	nop
next:	add	x21, x21, #1
	lit	w1, MOVZ_X5(0)
	lit	w2, 0xd65f03c0		/* ret */
	add	w1, w1, w21, lsl #5
	/* Select the kind of store: */
	cmp	x21, #1
	b.eq	plain
	cmp	x21, #2
	b.eq	pair
	cmp	x21, #3
	b.eq	simd
	cmp	x21, #4
	b.eq	bytes
	cmp	x21, #5
	b.eq	exclusive
	cmp	x21, #6
	b.eq	own
plain:	str	w1, [x20]
	b	written
pair:	stp	w1, w2, [x20]
	b	written
simd:	ldr	q0, [x20]
	mov	v0.s[0], w1
	str	q0, [x20]
	b	written
bytes:	mov	w3, #4
	mov	x4, x20
1:	strb	w1, [x4], #1
	lsr	w1, w1, #8
	subs	w3, w3, #1
	b.ne	1b
	lit	w1, MOVZ_X5(4)
	b	written
exclusive: ldxr	w3, [x20]
	stxr	w4, w1, [x20]
	cbnz	w4, exclusive
	b	written
own:	lit	w1, BRK_7
	str	w1, [x20]
written: dsb	ish
	ic	ivau, x20
	dsb	ish
	isb
	ldr	w3, [x20]
	cmp	w3, w1
	cinc	x25, x25, ne
	mov	x5, #99
	.global call
call:	bl	patched
	.global called
called:	cmp	x21, #6
	b.eq	2f
	cmp	x5, x21
	b.ne	wrong
	b	3f
2:	cmp	x19, #1
	b.ne	wrong
3:	cmp	x21, #NR_ROUNDS
	b.ne	next
	.global checked
checked: nop
	say	"text: ok"
	power_off
wrong:	say	"text: wrong round:"
	mov	w12, w21
	digit
	power_off

	.global sync
sync:	add	x19, x19, #1		/* skip the BRK */
	mrs	x11, elr_el1
	add	x11, x11, #4
	msr	elr_el1, x11
	eret

	.balign	4096
	.global patched
patched: mov	x5, #0
	ret
	nop
	nop

	.balign	0x800
	.global table
table:	.fill	0x200 / 4, 4, 0x14000000
	b	sync
	.balign	0x800
