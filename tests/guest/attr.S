// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory attributes. One page of RAM is mapped with each kind of attributes.
 * The test checks which accesses each mapping allows, what AT reports of it,
 * and that all mappings show the same bytes. Source: Arm ARM "VMSAv8-64
 * translation table format descriptors", "PAR_EL1".
 */
#include "guest.h"
#define DATA (0x40080000 + 0x100000)
#define L1 (DATA + 0x10000)
#define L2 (DATA + 0x11000)
#define L3 (DATA + 0x12000)
#define ALIASES 0x80000000
#define UART_PERIPH_ID0 0xfe0
#define BLOCK_DEVICE 0x0060000000000405
#define BLOCK_NORMAL 0x0000000000000701
#define TABLE 3

	/* Attr0 to Attr5: WB, nGnRnE, NC, WT, nGnRE, GRE */
#define MAIR 0x00000c04bb4400ff
#define PAGE 0x703		/* inner shareable, AF */
#define ATTR(n) ((n) << 2)
#define EL0 (1 << 6)
#define READ_ONLY (1 << 7)
#define AF (1 << 10)
#define XN (3 << 53)
#define TRANSLATION 0x07	/* fault status codes, level 3 */
#define ACCESS_FLAG 0x0b
#define PERMISSION 0x0f
#define ALIGNMENT 0x21

	/*
	 * try INSTRUCTION: x26 = its fault status code, or 0x3f if it does not
	 * fault
	 */
.macro try insn:vararg
	adr	x27, 1f
	mov	x26, #0x3f
	\insn
1:
.endm

	/*
	 * want FIELD: x26 must equal byte FIELD of the row at x20; 0 means no
	 * fault
	 */
.macro want field
	add	x12, x12, #1
	ldrb	w2, [x20, #(8 + \field)]
	and	w26, w26, #0x3f
	cmp	w2, #0
	csel	w2, w2, w28, ne
	cmp	w26, w2
	b.ne	bad
.endm

.macro row bits, par, read, write, unaligned, fetch
	.quad	\bits
	.byte	\par, \read, \write, \unaligned, \fetch, 0, 0, 0
.endm

	adr	x1, table
	msr	vbar_el1, x1
	mov	w28, #0x3f
	mov	x23, #0
	mov	x12, #0

	lit	x1, DATA
	ldr	w2, ret_insn
	str	w2, [x1, #0x40]

	lit	x3, L1
	ldr	x4, =BLOCK_DEVICE
	str	x4, [x3]
	ldr	x4, =(BLOCK_NORMAL | 0x40000000)
	str	x4, [x3, #8]
	ldr	x4, =(L2 | TABLE)
	str	x4, [x3, #16]
	lit	x5, L2
	ldr	x4, =(L3 | TABLE)
	str	x4, [x5]
	/* Map the page once for each row, and the UART as if it were memory. */
	lit	x5, L3
	adr	x20, rows
1:	ldr	x4, [x20], #16
	cbz	x4, 2f
	lit	x6, DATA
	orr	x4, x4, x6
	str	x4, [x5], #8
	b	1b
2:	ldr	x4, =(PL011 | PAGE | ATTR(2) | XN)
	str	x4, [x5]
	dsb	sy
	ldr	x4, =MAIR
	msr	mair_el1, x4
	ldr	x4, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
	msr	tcr_el1, x4
	msr	ttbr0_el1, x3
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	mrs	x4, sctlr_el1
	lit	x5, (1 << 0 | 1 << 2 | 1 << 12)
	orr	x4, x4, x5
	msr	sctlr_el1, x4
	isb

	lit	x21, ALIASES
	adr	x20, rows
	lit	x22, 0x13579bdf
	lit	x3, DATA
	str	x22, [x3]
next:	ldr	x4, [x20]
	cbz	x4, last
	add	x23, x23, #1
	mov	x12, #0
	at	s1e1r, x21
	isb
	mrs	x26, par_el1
	tbnz	x26, #0, 1f
	lsr	x26, x26, #56
	ldrb	w2, [x20, #8]
	cmp	w26, w2
	b.ne	bad
	b	2f
1:	lsr	x26, x26, #1
	want	1
2:	lit	x3, DATA
	dc	civac, x3
	dsb	sy
	mov	x5, x22
	try	ldr x5, [x21]
	want	1
	cmp	x5, x22
	b.ne	bad
	mvn	x6, x22
	try	str x6, [x21]
	want	2
	cmp	w26, w28
	csel	x22, x6, x22, eq
	dsb	sy
	lit	x3, DATA
	dc	civac, x3
	dsb	sy
	ldr	x5, [x3]
	cmp	x5, x22
	b.ne	bad
	/*
	 * QEMU's TLB does not keep the alignment check under stage 2, so make
	 * this a first access.
	 */
	tlbi	vmalle1
	dsb	sy
	isb
	try	ldr x5, [x21, #1]
	want	3
	add	x7, x21, #0x40
	try	blr x7
	want	4
	add	x20, x20, #16
	add	x21, x21, #0x1000
	b	next

last:	mov	x23, #0
	mov	x12, #1
	ldr	w5, [x21, #UART_PERIPH_ID0]
	cmp	w5, #0x11
	b.ne	bad
	/* Exclusives work only on memory that caches may hold. */
	mov	x12, #2
	lit	x21, ALIASES
	ldxr	x5, [x21]
	stxr	w6, x5, [x21]
	cbnz	w6, bad
	say	"attr: ok"
	power_off
bad:	mov	x24, x12
	say	"attr: bad in row, part"
	mov	x12, x23
	digit
	mov	x12, x24
	digit
	power_off
fault:	mrs	x26, esr_el1
	msr	elr_el1, x27
	eret
ret_insn:
	ret
	.ltorg
	.balign	8
rows:
	row	PAGE | ATTR(0), 0xff, 0, 0, 0, 0
	row	PAGE | ATTR(1) | XN, 0x00, 0, 0, ALIGNMENT, PERMISSION
	row	PAGE | ATTR(2), 0x44, 0, 0, 0, 0
	row	PAGE | ATTR(3), 0xbb, 0, 0, 0, 0
	row	PAGE | ATTR(4) | XN, 0x04, 0, 0, ALIGNMENT, PERMISSION
	row	PAGE | ATTR(5) | XN, 0x0c, 0, 0, ALIGNMENT, PERMISSION
	row	PAGE | READ_ONLY, 0xff, 0, PERMISSION, 0, 0
	row	PAGE | XN, 0xff, 0, 0, 0, PERMISSION
	row	PAGE | EL0, 0xff, 0, 0, 0, PERMISSION
	row	PAGE & ~AF, 0, ACCESS_FLAG, ACCESS_FLAG, ACCESS_FLAG, ACCESS_FLAG
	row	2, 0, TRANSLATION, TRANSLATION, TRANSLATION, TRANSLATION
	.quad	0

	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	fault
	.balign	0x800
