// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One CPU changes SPIs that another CPU has. If CPU 1 has acknowledged an SPI,
 * CPU 0 must see this SPI as active, and be able to make it inactive. SPIs that
 * are pending for CPU 1, for no CPU, or for a CPU that is off are routed to CPU
 * 2, which sleeps; they must then reach CPU 2. The test polls: interrupts stay
 * masked by PSTATE. GICv3 only, because v2 has no routes.
 *
 * KVM (recognised by GICD_IIDR) applies a new route only when the interrupt is
 * enabled or its old CPU leaves the guest, and does not see the pending
 * interrupts of a CPU that is in the guest. So fewer checks are made there.
 */
#include "guest.h"
#include "gic.h"
#define SPI 40
#define BIT (1 << (SPI - 32))
#define NEXT (BIT << 1)
#define IGROUPR 0x84
#define ISENABLER 0x104
#define ICENABLER 0x184
#define ISPENDR 0x204
#define ICPENDR 0x284
#define ISACTIVER 0x304
#define ICACTIVER 0x384
#define ICFGR 0xc08
#define EDGES (10 << 16)
#define IROUTER (0x6000 + 8 * SPI)
#define NOBODY 9
#define NONE 1023
#define CPU_OFF 3
/* there[]: CPU 0's step, CPU 1's progress, number of CPU 2's interrupts */
#define STEP 0
#define DONE 4
#define COUNT 8

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
/* gicd REGISTER, VALUE: write a register. Changes x0, x2. */
.macro gicd register, value
	lit	x0, (\value)
	mov	w2, #\register
	str	w0, [x25, x2]
	dsb	sy
.endm
/*
 * Wait a millisecond, for actions of others that set no flag. Changes x0 to x2.
 */
.macro pause
	mrs	x1, cntvct_el0
	mrs	x2, cntfrq_el0
	mov	x0, #1000
	udiv	x2, x2, x0
	add	x1, x1, x2
1:	mrs	x0, cntvct_el0
	cmp	x0, x1
	b.lt	1b
.endm

	mov	x28, #0
	bl	init
	cbz	x20, fine
	gicd	IGROUPR, -1
	gicd	ICFGR, EDGES
	gicd	IROUTER, 1
	gicd	(IROUTER + 8), 1
	gicd	ISENABLER, (BIT | NEXT)
	mov	x19, #1
2:	lit	x0, PSCI_CPU_ON
	mov	x1, x19
	adr	x2, second
	mov	x3, x19
	hvc	#0
	cbnz	w0, bad
	add	x19, x19, #1
	cmp	x19, #3
	b.ne	2b

	/* CPU 1 has the SPI active, and does not leave the guest. */
	gicd	ISPENDR, BIT
	await	DONE, 1
	ldr	w0, [x25, #ISACTIVER]
	tbz	w0, #(SPI - 32), bad
	gicd	ICACTIVER, BIT
	ldr	w0, [x25, #ISACTIVER]
	tbnz	w0, #(SPI - 32), bad
	put	STEP, 1
	await	DONE, 2
	ldr	w0, [x25, #ISACTIVER]
	tbnz	w0, #(SPI - 32), bad

	/* CPU 1 has the SPI pending. */
	cbz	x26, 3f
	gicd	ISPENDR, BIT
	pause
	ldr	w0, [x25, #ISPENDR]
	tbz	w0, #(SPI - 32), bad
	gicd	ICPENDR, BIT
3:	put	STEP, 2
	await	DONE, 3

	/* CPU 1 has two SPIs pending: one is disabled, one goes to CPU 2. */
	gicd	ISPENDR, (BIT | NEXT)
	pause
	gicd	ICENABLER, NEXT
	gicd	IROUTER, 2
	await	COUNT, 1
	gicd	IROUTER, NOBODY
	gicd	ISPENDR, BIT
	pause
	gicd	IROUTER, 2
	cbnz	x26, 4f
	gicd	ICENABLER, BIT
	gicd	ISENABLER, BIT
4:	await	COUNT, 2
	cbz	x26, fine
	gicd	IROUTER, CPU_OFF
	gicd	ISPENDR, BIT
	pause
	gicd	IROUTER, 2
	await	COUNT, 3
fine:	say	"spi: ok"
	power_off
bad:	say	"spi: bad"
	power_off

	/* x26 is 0 on KVM. */
init:	adr	x27, there
	gic_init 0, x28
	lit	x25, GICD
	ldr	w26, [x25, #8]
	lsr	w26, w26, #24
	sub	w26, w26, #0x4b
	ret

second:	mov	x28, x0
	bl	init
	cmp	x28, #1
	b.ne	7f
5:	mrs	x3, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	cmp	x3, #SPI
	b.ne	5b
	put	DONE, 1
	await	STEP, 1
	ldr	w0, [x25, #ISACTIVER]
	tbnz	w0, #(SPI - 32), bad
	msr	s3_0_c12_c12_1, x3	/* ICC_EOIR1_EL1 */
	isb
	put	DONE, 2
	await	STEP, 2
	mrs	x3, s3_0_c12_c12_0
	cmp	x3, #NONE
	b.ne	bad
	put	DONE, 3
6:	cbnz	x26, 6b
	ldr	w0, [x25]
	b	6b

7:	wfi
	mrs	x3, s3_0_c12_c12_0
	cmp	x3, #SPI
	b.ne	7b
	msr	s3_0_c12_c12_1, x3
	isb
	ldr	w0, [x27, #COUNT]
	add	w0, w0, #1
	str	w0, [x27, #COUNT]
	b	7b

	.balign	64
there:	.fill	3, 4, 0
