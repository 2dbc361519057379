// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The difficult cases of a single step. An interrupt is pending all the time
 * (the virtual timer, GICv2 or v3). Each instruction between "begin" and "end"
 * must behave as if the step had not masked the interrupt.
 * tests/system/gdb/step.py drives the guest. Without a debugger, the handler
 * counts the interrupt and the guest powers off.
 */
#include "guest.h"
#include "gic.h"
#define PPI_VTIMER 27
	msr	daifset, #15
	adr	x1, table
	msr	vbar_el1, x1
	gic_init (1 << PPI_VTIMER)
	mov	x19, #0
	adr	x22, word
	lit	x23, PL011
	mov	w24, #'*'
	msr	cntv_tval_el0, xzr
	mov	x2, #1
	msr	cntv_ctl_el0, x2
	isb
	.global begin
begin:	nop
	msr	daifclr, #2		/* the interrupt would come here */
	mrs	x0, daif		/* 0x340 */
	msr	daifset, #2
	mrs	x1, daif		/* 0x3c0 */
	msr	daif, x0
	mrs	x2, daif		/* 0x340 */
	ldr	x3, [x22]
	/* A device: this causes an exit during the step. */
	str	w24, [x23]
	ldr	w4, [x23, #0x18]
	wfi
	mov	w0, #0
	movk	w0, #0x8400, lsl #16	/* PSCI_VERSION */
	hvc	#0
	.global call
call:	svc	#0
back:	brk	#7
back2:	mov	x5, #1
	.global excl
excl:	ldxr	x6, [x22]
	add	x6, x6, #1
	stxr	w7, x6, [x22]
	.global excl_end
excl_end: cbnz	w7, excl
	.global excl2			/* the branch leaves this sequence */
excl2:	ldaxr	w6, [x22]
	cbnz	w6, excl2_out
	stlxr	w7, w6, [x22]
	mov	x5, #2
	.global excl2_out
excl2_out: mov	w6, #0
	isb
	cbz	x20, end
	.global icc
icc:	mrs	x6, s3_0_c12_c12_2	/* ICC_HPPIR1_EL1: pending */
	mrs	x7, s3_0_c12_c1_0	/* ISR_EL1 */
	mrs	x6, s3_0_c12_c12_0	/* ICC_IAR1_EL1: now active */
	mrs	x7, s3_0_c12_c1_0
	/* ICC_EOIR1_EL1: now the timer's line again. */
	msr	s3_0_c12_c12_1, x6
	mrs	x7, s3_0_c12_c1_0
	msr	daifclr, #2
	.global end
end:	nop				/* next: an unknown device */
	lit	x8, NOWHERE
	.global bad
bad:	ldr	w9, [x8]
	.global after
after:	nop
	mov	x5, #0
	.global xloop			/* for range steps */
xloop:	ldxr	x6, [x22]
	add	x6, x6, #1
	stxr	w7, x6, [x22]
	cbnz	w7, xloop
	add	x5, x5, #1
	cmp	x5, #3
	b.ne	xloop
	.global xloop_end
xloop_end: nop
	.global wait
/* Until the interrupt handler has run. */
wait:	cbz	x19, wait
	.global waited
waited:	nop
	say	"step: done"
	power_off

	.global sync
sync:	mrs	x10, spsr_el1		/* .I and .F as before the exception */
	mrs	x11, elr_el1
	mrs	x12, esr_el1
	ubfx	x13, x12, #26, #6
	cmp	x13, #0x15
	b.eq	2f
	add	x11, x11, #4		/* skip the BRK */
	msr	elr_el1, x11
2:	eret

	.global irq
irq:	add	x19, x19, #1
	msr	cntv_ctl_el0, xzr
	cbz	x20, 3f
	mrs	x14, s3_0_c12_c12_0
	msr	s3_0_c12_c12_1, x14
	eret
3:	lit	x15, GICC
	ldr	w14, [x15, #0xc]
	str	w14, [x15, #0x10]
	eret

	.balign	64
word:	.quad	41
	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	sync
	.balign	0x80
	b	irq
	.balign	0x800
