// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual timer's PPI through the GIC (v2 or v3, by ID_AA64PFR0_EL1.GIC),
 * ten times, and the physical timer's. The handler counts the interrupts. The
 * main loop sleeps with WFI, and with PSCI CPU_SUSPEND.
 */
#include "guest.h"
#include "gic.h"
#define PPIS (1 << 27 | 1 << 30) /* virtual, physical */
	adr	x1, table
	msr	vbar_el1, x1
	gic_init PPIS
	mov	x22, #0
	bl	ten
	msr	cntv_ctl_el0, xzr
	mov	x22, #1
	bl	ten
	/* The timer is off. ISTATUS is UNKNOWN then, so it is not checked. */
	msr	cntp_ctl_el0, xzr
	mrs	x2, cntp_ctl_el0
	tst	x2, #3
	b.ne	bad
	mov	x2, #3			/* enabled, masked */
	msr	cntp_cval_el0, xzr
	msr	cntp_ctl_el0, x2
	isb
	mrs	x2, cntp_ctl_el0
	/* Enabled, masked, and the condition is met. */
	cmp	x2, #7
	b.ne	bad
	say	"timer: 10 interrupts of each"
	power_off
bad:	say	"timer: bad"
	power_off

ten:	mov	x23, x30
	mov	x19, #0
	bl	arm
	msr	daifclr, #2
1:	bl	sleep
	cmp	x19, #10
	b.lt	1b
	msr	daifset, #2
	ret	x23

	/* Sleep: WFI, or for the physical timer PSCI standby. */
sleep:	cbnz	x22, 1f
	wfi
	ret
1:	lit	x0, PSCI_CPU_SUSPEND
	mov	x1, #0
	hvc	#0
	cbnz	x0, bad
	ret

arm:	mrs	x2, cntfrq_el0
	lsr	x2, x2, #9
	mov	x4, #1
	cbnz	x22, 1f
	msr	cntv_tval_el0, x2
	msr	cntv_ctl_el0, x4
	ret
1:	msr	cntp_tval_el0, x2
	msr	cntp_ctl_el0, x4
	ret

irq:	cbz	x20, 2f
	mrs	x3, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	add	x19, x19, #1
	mov	x21, x30
	bl	arm
	mov	x30, x21
	msr	s3_0_c12_c12_1, x3	/* ICC_EOIR1_EL1 */
	eret
2:	lit	x1, GICC
	ldr	w3, [x1, #0xc]
	add	x19, x19, #1
	mov	x21, x30
	bl	arm
	mov	x30, x21
	str	w3, [x1, #0x10]
	eret

	.balign	0x800
table:	.fill	0x280 / 4, 4, 0x14000000
	b	irq
	.balign	0x800
