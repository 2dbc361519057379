// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A big-endian guest. With SCTLR_EL1.EE set, data accesses of every size must
 * see the bytes of a device's register in the other order, both in the GIC and
 * in a device of the VMM. A CPU that such a guest turns on starts big-endian.
 * Instructions are always little-endian, and the guest prints its text in
 * little-endian state.
 */
#include "guest.h"
#define GICD 0x08000000
#define GICD_TYPER 4
#define PRIORITIES 0x428 /* GICD_IPRIORITYR10: SPIs 40 to 43 */
#define UARTIBRD 0x24 /* 16 bits, to write and to read */
#define EE (1 << 25)

/*
 * big, little: make data accesses big- or little-endian from here on. Changes
 * x0.
 */
.macro big
	mrs	x0, sctlr_el1
	orr	x0, x0, #EE
	msr	sctlr_el1, x0
	isb
.endm
.macro little
	mrs	x0, sctlr_el1
	bic	x0, x0, #EE
	msr	sctlr_el1, x0
	isb
.endm
/* same REG, VALUE: go to bad unless REG equals VALUE. Changes x1. */
.macro same reg, value
	lit	x1, (\value)
	cmp	\reg, w1
	b.ne	bad
.endm

	lit	x25, GICD
	lit	x26, PL011
	adr	x27, there

	mov	x24, #1
	ldr	w2, [x25, #GICD_TYPER]
	big
	ldr	w3, [x25, #GICD_TYPER]
	little
	rev	w3, w3
	cmp	w2, w3
	b.ne	bad

	mov	x24, #2
	lit	x2, 0x10203040
	str	w2, [x25, #PRIORITIES]
	big
	ldr	w2, [x25, #PRIORITIES]
	ldrb	w3, [x25, #(PRIORITIES + 1)]
	lit	x4, 0x80706050
	str	w4, [x25, #PRIORITIES]
	little
	ldr	w4, [x25, #PRIORITIES]
	same	w2, 0x40302010
	same	w3, 0x30
	same	w4, 0x50607080

	mov	x24, #3
	mov	w2, #0x1234
	strh	w2, [x26, #UARTIBRD]
	big
	ldrh	w2, [x26, #UARTIBRD]
	ldr	w3, [x26, #UARTIBRD]
	mov	w4, #0x5678
	strh	w4, [x26, #UARTIBRD]
	little
	ldrh	w4, [x26, #UARTIBRD]
	same	w2, 0x3412
	same	w3, 0x34120000
	same	w4, 0x7856
	big
	lit	x5, 0x9abc0000
	str	w5, [x26, #UARTIBRD]
	little
	ldr	w5, [x26, #UARTIBRD]
	same	w5, 0xbc9a

	/*
	 * First turn on CPU 1 from big-endian state, then from little-endian
	 * state.
	 */
	mov	x24, #4
	mov	x28, #0
	big
1:	lit	x0, PSCI_CPU_ON
	mov	x1, #1
	adr	x2, second
	mov	x3, #0
	hvc	#0
	cbnz	w0, 5f
2:	ldrb	w2, [x27]
	cbz	w2, 2b
	strb	wzr, [x27]
	ldrb	w3, [x27, #1]
	/* CPU 1's EE must equal this CPU's EE. */
	mrs	x0, sctlr_el1
	ubfx	x0, x0, #25, #1
	cmp	w0, w3
	b.ne	5f
	/* Wait until CPU 1 is off again. */
3:	lit	x0, PSCI_AFFINITY_INFO
	mov	x1, #1
	mov	x2, #0
	hvc	#0
	cmp	w0, #1
	b.ne	3b
	little
	add	x28, x28, #1
	cmp	x28, #2
	b.ne	1b
	say	"endian: ok"
	power_off
5:	little
bad:	say	"endian: bad, in part"
	mov	w12, w24
	digit
	power_off

second:	adr	x27, there
	mrs	x0, sctlr_el1
	ubfx	x0, x0, #25, #1
	strb	w0, [x27, #1]
	dsb	sy
	mov	w0, #1
	strb	w0, [x27]
	dsb	sy
	lit	x0, PSCI_CPU_OFF
	hvc	#0
	b	.

	.balign	64
there:	.fill	2, 4, 0
