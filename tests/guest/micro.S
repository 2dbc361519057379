// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cost of an exit, by the virtual counter. Under -icount shift=0, one
 * instruction anywhere on the machine takes one nanosecond. build/arm64/micro
 * runs this guest instead of trapline. That program answers reads of NOWHERE. A
 * write to REPORT + 8 * row gives it the ticks of COUNT iterations.
 */
#include "guest.h"
#include "gic.h"
#define REPORT (NOWHERE + 0x1000)
#define COUNT 1000
#define GICD_TYPER 4
#define UNALLOCATED 0xc200
#define SGI 1

/* Begin and end of the loop of a row. x20: iterations left, x21: start time. */
.macro row_begin
	mov	x20, #COUNT
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
	lit	x1, REPORT
	str	x0, [x1, #8 * \nr]
.endm

	msr	daifset, #15
	adr	x1, table
	msr	vbar_el1, x1
	gicv3_init (1 << SGI)
	lit	x22, NOWHERE
	lit	x23, GICD
	lit	x24, (SGI << 24 | 1)	/* to this CPU */

	/* Repeat all rows for ever: the VMM takes the best result. */
again:	row_begin
	movz	x0, #UNALLOCATED, lsl #16
	hvc	#0
	row_end	0
	row_begin
	ldr	w0, [x22]
	row_end	1
	row_begin
	ldr	w0, [x23, #GICD_TYPER]
	row_end	2
	mov	x19, #0
	msr	daifclr, #2
	row_begin
	msr	s3_0_c12_c11_5, x24	/* ICC_SGI1R_EL1 */
	isb
1:	cbz	x19, 1b
	mov	x19, #0
	row_end	3
	msr	daifset, #2
	/* Only the end of an interrupt: the sum of short spans. */
	mov	x25, #0
	mov	x20, #COUNT
2:	msr	s3_0_c12_c11_5, x24
	isb
3:	mrs	x2, isr_el1
	cbz	x2, 3b
	mrs	x2, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	isb
	mrs	x3, cntvct_el0
	msr	s3_0_c12_c12_1, x2	/* ICC_EOIR1_EL1 */
	isb
	mrs	x4, cntvct_el0
	sub	x4, x4, x3
	add	x25, x25, x4
	subs	x20, x20, #1
	b.ne	2b
	lit	x1, REPORT
	str	x25, [x1, #8 * 4]
	/* Turn the distributor off in odd iterations, on in even ones. */
	mov	w0, #0x12
	row_begin
	eor	w0, w0, #2
	str	w0, [x23]
	row_end	5
	b	again

irq:	mrs	x2, s3_0_c12_c12_0
	mov	x19, #1
	msr	s3_0_c12_c12_1, x2
	eret

	.balign	0x800
table:	.fill	0x280 / 4, 4, 0x14000000
	b	irq
	.balign	0x800
