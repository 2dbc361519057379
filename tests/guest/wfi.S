// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The events that end a WFI, and those that do not. With an interrupt that the
 * CPU interface does not signal, the guest sleeps until a timer is due. So it
 * wakes up a few times at most. If the WFI returned at once, the guest would
 * wake up hundreds of times meanwhile. With an interrupt that is signalled the
 * WFI returns, although PSTATE masks the interrupt.
 *
 * These are not signalled: an interrupt with a priority below PMR; one that is
 * active and pending again; one that a timer raises and the redistributor has
 * disabled; one with the same priority as another active one. KVM (recognised
 * by GICD_IIDR) does not check the last of these, so it is skipped there. GICv3
 * only.
 */
#include "guest.h"
#include "gic.h"
#define VIRTUAL 27
#define PHYSICAL 30
#define FIRST 1 /* SGIs */
#define SECOND 2
#define PSCI_VERSION 0x84000000
#define MOST 20 /* times that WFI may return while the guest should sleep */
#define ENABLED (1 << VIRTUAL | 1 << PHYSICAL | 1 << FIRST | 1 << SECOND)

.macro sgi intid
	lit	x1, (\intid << 24 | 1)	/* to this CPU */
	msr	s3_0_c12_c11_5, x1	/* ICC_SGI1R_EL1 */
	isb
.endm
/* pmr PRIORITY: set PMR. Changes x1. */
.macro pmr priority
	mov	x1, #\priority
	msr	s3_0_c4_c6_0, x1	/* ICC_PMR_EL1 */
	isb
.endm
.macro iar intid
	mrs	x1, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	cmp	x1, #\intid
	b.ne	bad
.endm
.macro eoi intid
	mov	x1, #\intid
	msr	s3_0_c12_c12_1, x1	/* ICC_EOIR1_EL1 */
	isb
.endm
.macro priority intid, value
	mov	w1, #\value
	strb	w1, [x25, #(0x400 + \intid)]
.endm

/*
 * sleeps TIMER, INTID: WFI until that timer, which has the highest priority, is
 * pending. Changes x0 to x3, x19.
 */
.macro sleeps timer, intid
	mrs	x1, cntfrq_el0
	lsr	x1, x1, #3
	msr	\timer\()_tval_el0, x1
	mov	x1, #1
	msr	\timer\()_ctl_el0, x1
	isb
	mov	x19, #0
1:	wfi
	add	x19, x19, #1
	mrs	x1, s3_0_c12_c12_2	/* ICC_HPPIR1_EL1 */
	cmp	x1, #\intid
	b.ne	1b
	cmp	x19, #MOST
	b.gt	bad
	msr	\timer\()_ctl_el0, xzr
	isb
	/* Cause an exit, so that the VGIC samples the line as low. */
	lit	x0, PSCI_VERSION
	hvc	#0
.endm

	gic_init ENABLED
	cbz	x20, fine
	lit	x25, GICR_SGI
	lit	x26, GICD
	priority VIRTUAL, 0
	priority PHYSICAL, 0
	priority FIRST, 0xa0
	priority SECOND, 0xa0

	/*
	 * No interrupt; then one that PMR masks, and one that PMR lets through.
	 */
	mov	x24, #1
	sleeps	cntv, VIRTUAL
	pmr	0x80
	sgi	FIRST
	sleeps	cntv, VIRTUAL
	pmr	0xff
	wfi
	/* The same interrupt is active, and pending again. */
	mov	x24, #2
	iar	FIRST
	sgi	FIRST
	sleeps	cntv, VIRTUAL
	eoi	FIRST
	wfi
	iar	FIRST
	eoi	FIRST
	/* The virtual timer's line is high, and the interrupt is disabled. */
	mov	x24, #3
	mov	w1, #(1 << VIRTUAL)
	str	w1, [x25, #0x180]	/* GICR_ICENABLER0 */
	msr	cntv_cval_el0, xzr
	mov	x1, #1
	msr	cntv_ctl_el0, x1
	isb
	sleeps	cntp, PHYSICAL
	msr	cntv_ctl_el0, xzr
	mov	w1, #(1 << VIRTUAL)
	str	w1, [x25, #0x100]	/* GICR_ISENABLER0 */

	ldr	w1, [x26, #8]
	lsr	w1, w1, #24
	cmp	w1, #0x4b		/* KVM */
	b.eq	fine
	/*
	 * Another interrupt of the same priority does not preempt, a higher one
	 * does.
	 */
	mov	x24, #4
	sgi	FIRST
	wfi
	iar	FIRST
	sgi	SECOND
	sleeps	cntv, VIRTUAL
	priority SECOND, 0x40
	wfi
	iar	SECOND
	eoi	SECOND
	eoi	FIRST
fine:	say	"wfi: ok"
	power_off
bad:	say	"wfi: bad, in part"
	mov	w12, w24
	digit
	power_off
