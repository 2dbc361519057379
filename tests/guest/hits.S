// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cost of writes next to watched bytes on a watched page, and the cost of a
 * hit. Loops are timed by the virtual counter, as in micro.S. As in a kernel,
 * the MMU is on, and the code runs in the upper half of the address space.
 * tests/bench/hits.c sets the watch, and reads "results" at each hit. X19 is
 * the physical counter just before the hit.
 */
#include "guest.h"
#define UPPER 0xff80		/* bits 63 to 48 of what TTBR1 maps, 39 bits */
#define COUNT 1000
#define HOT_COUNT 100000
#define WATCHED 0x801

	b	start

	/* hits.c knows the offsets of results and hot. */
	.org	0x1000
results: .fill	0x1000, 1, 0
	.org	0x2000
hot:	.fill	0x1000, 1, 0
level1:	.fill	0x1000, 1, 0
level2:	.fill	0x1000, 1, 0

.macro row_begin count
	lit	x20, \count
	isb
	mrs	x21, cntvct_el0
9:
.endm
.macro row_end nr
	subs	x20, x20, #1
	b.ne	9b
	isb
	mrs	x0, cntvct_el0
	sub	x0, x0, x21
	adrp	x9, results
	str	x0, [x9, #8 * \nr]
.endm

	/* Map RAM's first 2 MiB in both halves, with a table and a block. */
start:	adrp	x0, level1
	adrp	x1, level2
	orr	x2, x1, #3
	str	x2, [x0, #8]
	lit	x2, 0x40000705		/* normal, inner shareable */
	str	x2, [x1]
	mov	x1, #0xff00		/* Attr0 device, Attr1 write-back */
	msr	mair_el1, x1
	lit	x1, 0xb5193519		/* T0SZ, T1SZ 25, WBWA, inner, 4 KiB */
	msr	tcr_el1, x1
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x0
	mrs	x0, cpacr_el1
	orr	x0, x0, #(3 << 20)
	msr	cpacr_el1, x0
	isb
	mrs	x0, sctlr_el1
	lit	x1, 0x1005		/* M, C, I */
	orr	x0, x0, x1
	msr	sctlr_el1, x0
	isb
	adr	x0, upper
	movk	x0, #0xffff, lsl #48
	movk	x0, #UPPER, lsl #32
	br	x0

upper:	adrp	x22, hot
	mov	x23, #0
	row_begin HOT_COUNT
	str	x20, [x22, #8]
	row_end	4
again:	row_begin COUNT
	str	x20, [x22, #8]
	row_end	0
	row_begin COUNT
	stp	x20, x21, [x22, #16]
	row_end	1
	add	x24, x22, #64
	row_begin COUNT
	str	x20, [x24], #8
	sub	x24, x24, #8
	row_end	2
	row_begin COUNT
	str	q0, [x22, #128]
	row_end	3
	add	x23, x23, #1
	add	x24, x22, #WATCHED
	isb
	mrs	x19, cntpct_el0
	strb	w23, [x24]
	b	again
