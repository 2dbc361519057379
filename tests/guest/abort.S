// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses to an address without a device, for --unassigned abort: each of them
 * gets an external abort that names the instruction and the address.
 */
#include "guest.h"
#define NR_ACCESSES 4
#define EC_DABT_CUR 0x25
#define DFSC_EXTABT 0x10
	adr	x1, table
	msr	vbar_el1, x1
	isb
	mov	x19, #0			/* aborts taken */
	lit	x1, NOWHERE
	add	x20, x1, #8		/* the address that is accessed */
	mov	x2, #1
	mov	x22, #0			/* WnR */
	adr	x21, 1f
1:	ldr	w2, [x1, #8]
	adr	x21, 1f
1:	ldp	x2, x3, [x1, #8]
	cmp	x2, #1			/* nothing is loaded */
	b.ne	wrong
	mov	x22, #1
	adr	x21, 1f
1:	strb	w2, [x1, #8]
	adr	x21, 1f
1:	str	x2, [x1, #8]!
	lit	x2, (NOWHERE + 8)
	cmp	x1, x2			/* no writeback */
	b.eq	wrong
	cmp	x19, #NR_ACCESSES
	b.ne	wrong
	say	"abort: ok"
	power_off
wrong:	say	"abort: wrong"
	power_off

sync:	mrs	x10, esr_el1
	ubfx	x11, x10, #26, #6
	cmp	x11, #EC_DABT_CUR
	b.ne	wrong
	and	x11, x10, #0x3f
	cmp	x11, #DFSC_EXTABT
	b.ne	wrong
	ubfx	x11, x10, #6, #1
	cmp	x11, x22
	b.ne	wrong
	tbnz	x10, #10, wrong		/* FnV */
	mrs	x11, far_el1
	cmp	x11, x20
	b.ne	wrong
	mrs	x11, elr_el1
	cmp	x11, x21
	b.ne	wrong
	add	x19, x19, #1
	add	x11, x11, #4
	msr	elr_el1, x11
	eret

	.balign	0x800
table:
	.rept	16
	b	sync
	.balign	0x80
	.endr
