// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pointer authentication. The guest's keys must survive exits and sleeps. A
 * correctly signed pointer must authenticate, a modified one must not. If the
 * CPU has no pointer authentication, or --pauth is not given, the ID registers
 * must say so, and an instruction must be UNDEFINED.
 */
#include "guest.h"
	.arch	armv8.3-a
#define ISAR1_PAUTH ((0xf << 4) | (0xf << 8))
#define SCTLR_EnIA (1 << 31)
	adr	x1, table
	msr	vbar_el1, x1
	mrs	x1, id_aa64isar1_el1
	lit	x2, ISAR1_PAUTH
	mrs	x3, s3_0_c0_c6_2	/* ID_AA64ISAR2_EL1.APA3 */
	ubfx	x3, x3, #12, #4
	and	x1, x1, x2
	orr	x1, x1, x3
	cbz	x1, none
	ldr	x20, =0x0123456789abcdef
	msr	APIAKeyLo_EL1, x20
	mvn	x21, x20
	msr	APIAKeyHi_EL1, x21
	msr	APGAKeyLo_EL1, x21
	msr	APGAKeyHi_EL1, x20
	mrs	x1, sctlr_el1
	lit	x2, SCTLR_EnIA
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	mov	x22, #1000
	pacga	x23, x20, x21
	adr	x24, good
	mov	x25, x24
	pacia	x25, x20
	/* After exits of all lengths, the results must be the same. */
1:	movz	x0, #0x8400, lsl #16
	hvc	#0
	mov	x25, x24
	pacia	x25, x20
	mov	x26, x25
	autia	x26, x20
	cmp	x26, x24
	b.ne	bad
	pacga	x26, x20, x21
	cmp	x26, x23
	b.ne	bad
	mrs	x26, APIAKeyLo_EL1
	cmp	x26, x20
	b.ne	bad
	mrs	x26, APGAKeyLo_EL1
	cmp	x26, x21
	b.ne	bad
	subs	x22, x22, #1
	b.ne	1b
	/*
	 * The same pointer with another modifier gives a bad address, or an
	 * exception.
	 */
	adr	x1, good
	msr	tpidr_el1, x1
	autia	x25, x21
	cmp	x25, x24
	b.eq	bad
good:	say	"pauth: ok"
	power_off
bad:	say	"pauth: bad"
	power_off
none:	adr	x1, undefined
	msr	tpidr_el1, x1
	pacga	x1, x2, x3
	b	bad
undefined:
	mrs	x1, esr_el1
	lsr	x1, x1, #26
	cbnz	x1, bad
	say	"pauth: ok, none"
	power_off
sync:	mrs	x1, tpidr_el1
	br	x1
	.ltorg

	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	sync
	.balign	0x800
