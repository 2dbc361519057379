// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Level-sensitive interrupts follow their lines: those of both timers and of
 * the UART, whose line the VMM drives. A line that has gone low is no longer
 * pending when the guest reads ISPENDR, enables the interrupt (ISENABLER),
 * acknowledges it (IAR), or ends it (EOIR). A line that is still high at the
 * end is pending again. The test polls: interrupts stay masked by PSTATE.
 *
 * Then CPU 0 takes interrupts away from CPU 1, which has them pending in its
 * CPU interface and does not leave the guest: one by one (ICENABLER), and all
 * at once (GICD_CTLR). KVM (recognised by GICD_IIDR) does not take them away
 * from CPU 1, so this part is skipped there. GICv3 only.
 */
#include "guest.h"
#include "gic.h"
#define ISENABLER 0x100
#define ICENABLER 0x180
#define ISPENDR 0x200
#define ISACTIVER 0x300
#define VIRTUAL 27
#define PHYSICAL 30
#define UART 33
#define UARTIMSC 0x38
#define UART_TX (1 << 5)
#define SPI 40
#define BIT (1 << (SPI - 32))
#define NONE 1023
/* there[]: CPU 0's step, CPU 1's progress */
#define STEP 0
#define DONE 4

/* await OFFSET, VALUE: wait for a value in there[]. Changes x0. */
.macro await offset, value
1:	ldr	w0, [x27, #\offset]
	cmp	w0, #\value
	b.ne	1b
.endm
/*
 * put OFFSET, VALUE: write to there[], after all earlier accesses. Changes x0.
 */
.macro put offset, value
	dsb	sy
	mov	w0, #\value
	str	w0, [x27, #\offset]
	dsb	sy
.endm
/* iar INTID: IAR must return this INTID now. Changes x3. */
.macro iar intid
	mrs	x3, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	cmp	x3, #\intid
	b.ne	bad
.endm
/* Read IAR until it returns this INTID. */
.macro iar_await intid
1:	mrs	x3, s3_0_c12_c12_0
	cmp	x3, #\intid
	b.ne	1b
.endm
/*
 * Wait until the interrupt is pending in the CPU interface (HPPIR). Changes x3.
 */
.macro hppir_await intid
1:	mrs	x3, s3_0_c12_c12_2	/* ICC_HPPIR1_EL1 */
	cmp	x3, #\intid
	b.ne	1b
.endm
.macro eoi intid
	mov	x3, #\intid
	msr	s3_0_c12_c12_1, x3	/* ICC_EOIR1_EL1 */
	isb
.endm
/*
 * bit_is REGISTER, INTID, 0 or 1: check a bit in the frame at x25. Changes w0.
 */
.macro bit_is register, intid, want
	ldr	w0, [x25, #(\register + (\intid / 32) * 4)]
	.if \want
	tbz	w0, #(\intid % 32), bad
	.else
	tbnz	w0, #(\intid % 32), bad
	.endif
.endm
/* bit_put REGISTER, INTID: write a bit. Changes w0. */
.macro bit_put register, intid
	mov	w0, #(1 << (\intid % 32))
	str	w0, [x25, #(\register + (\intid / 32) * 4)]
.endm

/* Drive the lines: macros DEVICE_up and DEVICE_down. Change x0. */
.macro virtual_up
	mov	x0, #1
	msr	cntv_ctl_el0, x0
	isb
.endm
.macro virtual_down
	msr	cntv_ctl_el0, xzr
	isb
.endm
.macro physical_up
	mov	x0, #1
	msr	cntp_ctl_el0, x0
	isb
.endm
.macro physical_down
	msr	cntp_ctl_el0, xzr
	isb
.endm
.macro uart_up
	mov	w0, #UART_TX
	str	w0, [x26, #UARTIMSC]
.endm
.macro uart_down
	str	wzr, [x26, #UARTIMSC]
.endm

/*
 * follows DEVICE, INTID: the checks of the file head, in turn. The line is low
 * at the start and at the end.
 */
.macro follows device, intid
	/* Pending must follow the line while the interrupt is disabled. */
	mov	x23, #1
	bit_put	ICENABLER, \intid
	\device\()_up
	bit_is	ISPENDR, \intid, 1
	\device\()_down
	bit_is	ISPENDR, \intid, 0
	/* The line goes low before the interrupt is enabled. */
	mov	x23, #2
	\device\()_up
	bit_is	ISPENDR, \intid, 1
	\device\()_down
	bit_put	ISENABLER, \intid
	iar	NONE
	/*
	 * The line goes low before the interrupt is acknowledged, after an
	 * exit.
	 */
	mov	x23, #3
	\device\()_up
	hppir_await \intid
	\device\()_down
	bit_is	ISENABLER, \intid, 1
	iar	NONE
	/* The line goes low while the interrupt is active. */
	mov	x23, #4
	\device\()_up
	iar_await \intid
	\device\()_down
	bit_is	ISPENDR, \intid, 0
	bit_is	ISACTIVER, \intid, 1
	eoi	\intid
	iar	NONE
	bit_is	ISACTIVER, \intid, 0
	/* The line stays high while the interrupt is active, and at its end. */
	mov	x23, #5
	\device\()_up
	iar_await \intid
	bit_is	ISPENDR, \intid, 1
	eoi	\intid
	iar_await \intid
	\device\()_down
	eoi	\intid
	iar	NONE
.endm

/* due TIMER, COUNTER, INTID: pending once the timer's ISTATUS is 1 */
.macro due timer, counter, intid
	bit_put	ICENABLER, \intid
	mrs	x1, \counter\()_el0
	mov	x2, #2000
	add	x1, x1, x2
	msr	\timer\()_cval_el0, x1
	mov	x0, #1
	msr	\timer\()_ctl_el0, x0
	isb
1:	mrs	x2, \timer\()_ctl_el0
	tbz	x2, #2, 1b
	bit_is	ISPENDR, \intid, 1
	msr	\timer\()_ctl_el0, xzr
	isb
	bit_is	ISPENDR, \intid, 0
.endm

	mov	x28, #0
	bl	init
	cbz	x20, fine
	lit	x25, GICR_SGI
	mov	x24, #1
	msr	cntv_cval_el0, xzr
	follows	virtual, VIRTUAL
	due	cntv, cntvct, VIRTUAL
	mov	x24, #2
	msr	cntp_cval_el0, xzr
	follows	physical, PHYSICAL
	due	cntp, cntpct, PHYSICAL

	/* RIS.TX is set after the first character was sent. */
	lit	x25, GICD
	lit	x26, PL011
	mov	x24, #3
	say	"lines: the UART"
	mov	w0, #-1
	str	w0, [x25, #0x84]	/* GICD_IGROUPR1 */
	str	wzr, [x25, #0xc08]	/* GICD_ICFGR2: level-sensitive */
	mov	x1, #0x6000
	add	x1, x1, x25
	str	xzr, [x1, #(8 * UART)]	/* GICD_IROUTER */
	follows	uart, UART

	ldr	w0, [x25, #8]
	lsr	w0, w0, #24
	cmp	w0, #0x4b		/* KVM */
	b.eq	fine
	mov	x24, #4
	mov	x0, #1
	str	x0, [x1, #(8 * SPI)]
	mov	w0, #2 << 16
	str	w0, [x25, #0xc08]	/* GICD_ICFGR2: edge-triggered */
	lit	x0, PSCI_CPU_ON
	mov	x1, #1
	adr	x2, second
	mov	x3, #1
	hvc	#0
	cbnz	w0, bad
	await	DONE, 1
	bit_put	ISENABLER, SPI
	bit_put	ISPENDR, SPI
	await	DONE, 2
	bit_put	ICENABLER, SPI
	put	STEP, 1
	await	DONE, 3
	mov	x24, #5
	bit_put	ISENABLER, SPI
	await	DONE, 4
	mov	w0, #0x10
	str	w0, [x25]
	put	STEP, 2
	await	DONE, 5
	mov	w0, #0x12
	str	w0, [x25]
	await	DONE, 6
fine:	say	"lines: ok"
	power_off
bad:	say	"lines: bad, in this part, and at this step:"
	mov	w12, w24
	digit
	mov	w12, w23
	digit
	power_off

init:	adr	x27, there
	gic_init 0, x28
	ret

second:	mov	x28, x0
	mov	x24, #6
	bl	init
	put	DONE, 1
	hppir_await SPI
	put	DONE, 2
	await	STEP, 1
	iar	NONE
	put	DONE, 3
	hppir_await SPI
	put	DONE, 4
	await	STEP, 2
	iar	NONE
	put	DONE, 5
	iar_await SPI
	eoi	SPI
	put	DONE, 6
	b	.

	.balign	64
there:	.fill	2, 4, 0
