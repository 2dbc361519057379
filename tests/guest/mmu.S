// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MMU and caches off, on, off. Data written in one state must read the same in
 * the next, with cache maintenance by set and way in between, as boot loaders
 * do. Emulation has no caches: there the test only shows that each of these
 * traps returns.
 */
#include "guest.h"
#define DATA (0x40080000 + 0x100000)
#define TABLE (DATA + 0x10000)
#define BLOCK_DEVICE 0x0060000000000405	/* AF, XN, attribute 1 */
#define BLOCK_NORMAL 0x0000000000000701	/* AF, inner shareable, attribute 0 */
#define SCTLR_MC (1 << 0 | 1 << 2 | 1 << 12)
	.global	mmu_on, mmu_off
	adr	x1, table
	msr	vbar_el1, x1
	lit	x1, DATA
	lit	x2, 0x1234abcd
	str	x2, [x1]
	bl	set_way
	/* 39-bit addresses: 1 GiB blocks at level 1. */
	lit	x3, TABLE
	ldr	x4, =BLOCK_DEVICE
	str	x4, [x3]
	ldr	x4, =(BLOCK_NORMAL | 0x40000000)
	str	x4, [x3, #8]
	dsb	sy
	mov	x4, #0x00ff
	msr	mair_el1, x4
	ldr	x4, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
	msr	tcr_el1, x4
	msr	ttbr0_el1, x3
	isb
	tlbi	vmalle1
	dsb	sy
	isb
	mrs	x4, sctlr_el1
	lit	x5, SCTLR_MC
	orr	x4, x4, x5
mmu_on:	msr	sctlr_el1, x4
	isb
	ldr	x6, [x1]
	cmp	x6, x2
	b.ne	bad
	mvn	x2, x2
	str	x2, [x1]
	bl	set_way
	bic	x4, x4, x5
mmu_off:
	msr	sctlr_el1, x4
	isb
	tlbi	vmalle1
	dsb	sy
	isb
	ldr	x6, [x1]
	cmp	x6, x2
	b.ne	bad
	mrs	x6, ttbr0_el1
	cmp	x6, x3
	b.ne	bad
	mrs	x6, sctlr_el1
	cmp	x6, x4
	b.ne	bad
	say	"mmu: ok"
	power_off
bad:	say	"mmu: bad"
	power_off

	/* Cache level 1, set 0, the first ways. */
set_way:
	mov	x8, #0
	lit	x10, (1 << 28)
1:	dc	cisw, x8
	dc	csw, x8
	add	x8, x8, x10
	lsr	x9, x8, #30
	cbz	x9, 1b
	mov	x8, #0
	dc	isw, x8
	dsb	sy
	ret
	.ltorg

	.balign	0x800
table:	.fill	0x800 / 4, 4, 0x14000000
