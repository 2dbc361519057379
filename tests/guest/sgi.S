// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An SGI goes round: each of four CPUs passes it on to the next. Then the last
 * CPU turns itself off. The first CPU waits until that CPU is off and turns it
 * on again. GICv3 or v2, by ID_AA64PFR0_EL1.GIC.
 */
#include "guest.h"
#include "gic.h"
#define CPUS 4
#define ROUNDS 100
#define SGI 1
#define OFF 1
	mov	x28, #0
	adr	x27, there
	bl	init
	mov	x19, #1
1:	lit	x0, PSCI_CPU_ON
	mov	x1, x19
	adr	x2, second
	mov	x3, x19
	hvc	#0
	cbnz	w0, bad
2:	ldr	w0, [x27, x19, lsl #2]
	cbz	w0, 2b
	add	x19, x19, #1
	cmp	x19, #CPUS
	b.ne	1b

	mov	x19, #0
	bl	pass_on
3:	cmp	x19, #ROUNDS
	b.ge	4f
	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	b	3b
4:	mov	w0, #1
	str	w0, [x27]		/* tell the last CPU to turn off */
	dsb	sy
	mov	x28, #(CPUS - 2)	/* send as its neighbour would */
	bl	pass_on
	mov	x28, #0
5:	lit	x0, PSCI_AFFINITY_INFO
	mov	x1, #(CPUS - 1)
	mov	x2, #0
	hvc	#0
	cmp	w0, #OFF
	b.ne	5b
	lit	x0, PSCI_CPU_ON
	mov	x1, #(CPUS - 1)
	adr	x2, back
	mov	x3, #2
	hvc	#0
	cbnz	w0, bad
6:	ldr	w0, [x27, #(4 * (CPUS - 1))]
	cmp	w0, #2
	b.ne	6b
	say	"sgi: round and round"
	power_off
bad:	say	"sgi: bad"
	power_off

second:	mov	x28, x0
	adr	x27, there
	bl	init
	mov	w0, #1
	str	w0, [x27, x28, lsl #2]
7:	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	cmp	x28, #(CPUS - 1)
	b.ne	7b
	ldr	w0, [x27]
	cbz	w0, 7b
	lit	x0, PSCI_CPU_OFF
	hvc	#0
	b	.

back:	adr	x27, there
	str	w0, [x27, #(4 * (CPUS - 1))]
	b	.

	/*
	 * Set up this CPU's part of the GIC. x28: CPU number; x20 = kind of
	 * GIC.
	 */
init:	adr	x1, table
	msr	vbar_el1, x1
	gic_init (1 << SGI), x28
	ret

	/* Send the SGI to the CPU after x28. Changes x1, x2, x4. */
pass_on:
	add	x4, x28, #1
	and	x4, x4, #(CPUS - 1)
	mov	x2, #1
	lsl	x2, x2, x4
	cbz	x20, 9f
	orr	x2, x2, #(SGI << 24)
	msr	s3_0_c12_c11_5, x2	/* ICC_SGI1R_EL1 */
	isb
	ret
9:	lsl	x2, x2, #16
	orr	x2, x2, #SGI
	lit	x1, GICD
	str	w2, [x1, #0xf00]	/* GICD_SGIR */
	ret

irq:	mov	x21, x30
	add	x19, x19, #1
	lit	x22, GICC
	cbz	x20, 10f
	mrs	x3, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	msr	s3_0_c12_c12_1, x3	/* ICC_EOIR1_EL1 */
	b	11f
10:	ldr	w3, [x22, #0xc]
	str	w3, [x22, #0x10]
11:	cbnz	x28, 12f
	cmp	x19, #ROUNDS
	b.ge	13f
12:	bl	pass_on
13:	mov	x30, x21
	eret

there:	.fill	CPUS, 4, 0

	.balign	0x800
table:	.fill	0x280 / 4, 4, 0x14000000
	b	irq
	.balign	0x800
