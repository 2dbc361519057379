// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Four CPUs write one page at full speed, with every kind of store, and check
 * the result. tests/system/gdb/watch.py watches bytes of that page. The MMU is
 * on. Blocks map the identity map. ALIAS maps the pages "hot" and "far" side by
 * side, for accesses that cross from one into the other.
 *
 * Prints "watch: ok" and the number of rounds, or the check that failed. The
 * word "rounds" may be changed before the start. "walker" may be set where the
 * hardware sets access and dirty flags (trapline's ID registers do not offer
 * this to guests). Each CPU writes "seen" once in each round, with a new value.
 * At "end" the second page of ALIAS is replaced, and "far" is stored to.
 */
#include "guest.h"
#define CPUS 4
#define ALIAS 0x80000000
#define AREA 256		/* of each CPU, from "hot" on */
#define STACK 64

/* Offsets in the page, after the CPUs' areas. */
#define SEEN 0x800		/* CPUS words, 8 bytes each */
#define COUNT_LLSC 0x880
#define COUNT_LSE 0x888
#define COUNT_CAS 0x890
#define COUNT_PAIR 0x8a0	/* 16 bytes, by LDXP and STXP */
#define COUNT_UNREAD 0x400	/* in "unread", by LDXR and STXR */
#define REFUSED 0x8c0		/* by an instruction that no decoder takes */
#define AF_BIT 10		/* of a descriptor */
#define AP2_BIT 7		/* read-only */
#define DBM_BIT 51
#define TCR_HA_BIT 39
#define TCR_HD_BIT 40

.macro fail what
	b	9f
8:	.asciz	"watch: \what is wrong"
	.balign	4
9:	adr	x0, 8b
	b	complain
.endm

	/* Tables: 1 GiB blocks, and one table of pages for ALIAS. */
	adrp	x0, level1
	lit	x1, 0x401		/* device, no AttrIndx: 0 */
	str	x1, [x0]
	lit	x1, 0x40000705		/* normal, inner shareable */
	str	x1, [x0, #8]
	adrp	x1, level2
	orr	x2, x1, #3
	str	x2, [x0, #16]
	adrp	x2, level3
	orr	x3, x2, #3
	str	x3, [x1]
	adrp	x3, hot
	lit	x4, 0x707
	orr	x5, x3, x4
	str	x5, [x2]
	adrp	x3, far
	orr	x5, x3, x4
	str	x5, [x2, #8]
	bl	mmu_on

	mov	x19, #1
	adr	x20, ready
1:	lit	x0, PSCI_CPU_ON
	mov	x1, x19
	adr	x2, second
	mov	x3, x19
	hvc	#0
	cbnz	w0, 3f
2:	ldar	w0, [x20]
	cmp	w0, w19
	b.ne	2b
	add	x19, x19, #1
	cmp	x19, #CPUS
	b.ne	1b
3:	adr	x20, cpus
	str	w19, [x20]
	mov	x28, #0
	say	"watch: now"
	.global	begin
begin:	nop
	adr	x20, go
	mov	w0, #1
	stlr	w0, [x20]
	b	hammer

second:	mov	x28, x0
	bl	mmu_on
	adr	x20, ready
	stlr	w28, [x20]
	adr	x20, go
4:	ldar	w0, [x20]
	cbz	w0, 4b

	/* x28: CPU; x27: rounds left; x26: page; x25: own area */
hammer:
	adrp	x26, hot
	lit	x1, AREA
	madd	x25, x28, x1, x26
	ldr	w27, rounds
	mrs	x24, id_aa64isar0_el1
	ubfx	x24, x24, #20, #4	/* Atomic */
	mrs	x22, tcr_el1
	and	x22, x22, #(1 << TCR_HA_BIT)
	lit	x23, 0x9e3779b9
round:
	add	x23, x23, x23, lsl #3
	add	x23, x23, #1
	/* Plain stores of each size, and with writeback. */
	str	x23, [x25]
	strh	w23, [x25, #8]
	strb	w23, [x25, #10]
	stlr	x23, [x25]
	mov	x0, x25
	str	w23, [x0, #16]!
	str	x23, [x0, #8]
	add	x0, x25, #32
	str	x23, [x0], #8
	str	wzr, [x0]
	ldr	x1, [x25]
	cmp	x1, x23
	b.ne	bad_plain
	ldrh	w1, [x25, #8]
	cmp	w1, w23, uxth
	b.ne	bad_plain
	ldrb	w1, [x25, #10]
	cmp	w1, w23, uxtb
	b.ne	bad_plain
	ldr	w1, [x25, #16]
	cmp	w1, w23
	b.ne	bad_plain
	ldr	x1, [x25, #24]
	cmp	x1, x23
	b.ne	bad_plain
	/* Pairs and SIMD. */
	mvn	x2, x23
	stp	x23, x2, [x25, #48]
	ldp	x3, x4, [x25, #48]
	cmp	x3, x23
	ccmp	x4, x2, #0, eq
	b.ne	bad_pair
	fmov	d1, x23
	ins	v1.d[1], x2
	add	x0, x25, #64
	str	q1, [x0], #16
	st1	{ v1.2d }, [x0]
	ldp	x3, x4, [x25, #64]
	cmp	x3, x23
	ccmp	x4, x2, #0, eq
	b.ne	bad_simd
	ldp	x3, x4, [x25, #80]
	cmp	x3, x23
	ccmp	x4, x2, #0, eq
	b.ne	bad_simd
	/*
	 * SIMD loads from a page that may not be read change only their
	 * registers.
	 */
	adrp	x0, unread
	add	x0, x0, x28, lsl #6
	fmov	d31, x2
	str	q1, [x0], #16
	str	q1, [x0]
	ldr	q2, [x0, #-16]
	ld1	{ v3.2d }, [x0]
	fmov	x3, d2
	umov	x4, v3.d[1]
	fmov	x5, d31
	cmp	x3, x23
	ccmp	x4, x2, #0, eq
	ccmp	x5, x2, #0, eq
	b.ne	bad_load
	/* DC ZVA: 64 bytes. The last of them were not zero before. */
	add	x0, x25, #128
	str	x23, [x0, #56]
	dc	zva, x0
	ldr	x3, [x0, #56]
	cbnz	x3, bad_zva
	/* The value that a watch sees: one new value a round. */
	add	x0, x26, #SEEN
	add	x0, x0, x28, lsl #3
	ldr	x1, [x0]
	add	x1, x1, #1
	tbz	w27, #0, 5f
	stp	x1, x23, [sp, #-16]!
	str	x1, [x0]
	add	sp, sp, #16
	b	6f
5:	str	x1, [x0], #8
	/* Shared counters. */
6:	add	x0, x26, #COUNT_LLSC
1:	ldxr	x1, [x0]
	add	x1, x1, #1
	stxr	w2, x1, [x0]
	cbnz	w2, 1b
	add	x0, x26, #COUNT_PAIR
2:	ldaxp	x1, x3, [x0]
	add	x1, x1, #1
	add	x3, x3, #2
	stlxp	w2, x1, x3, [x0]
	cbnz	w2, 2b
	/* A counter on a page where the load faults, too. */
	adrp	x0, unread
	add	x0, x0, #COUNT_UNREAD
4:	ldxr	x1, [x0]
	add	x1, x1, #1
	stxr	w2, x1, [x0]
	cbnz	w2, 4b
	cbz	x24, 7f
	.arch_extension lse
	add	x0, x26, #COUNT_LSE
	mov	x1, #1
	stadd	x1, [x0]
	add	x0, x26, #COUNT_CAS
	ldr	x1, [x0]
3:	add	x2, x1, #1
	mov	x3, x1
	casal	x3, x2, [x0]
	cmp	x3, x1
	mov	x1, x3
	b.ne	3b
7:	cbnz	x28, 8f
	/*
	 * The rest runs on CPU 0 only. Writeback to the register that is
	 * stored.
	 */
	add	x0, x26, #REFUSED
	str	xzr, [x0]
	mov	x1, x0
	.inst	0xf8008400		/* str x0, [x0], #8 */
	ldr	x2, [x1]
	add	x3, x1, #8
	cmp	x2, x1
	ccmp	x0, x3, #0, eq
	b.ne	bad_refused
	/* A page that has been neither accessed nor written to yet. */
	adrp	x4, level3
	cbz	x22, 4f
	ldr	x0, [x4, #8]
	bic	x0, x0, #(1 << AF_BIT)
	orr	x0, x0, #(1 << AP2_BIT)
	orr	x0, x0, #(1 << DBM_BIT)
	str	x0, [x4, #8]
	dsb	ishst
	tlbi	vmalle1is
	dsb	ish
	isb
	/* Cross the end of the page, into that one. */
4:	lit	x0, ALIAS + 0xffc
	str	x23, [x0]
	ldr	w1, [x26, #0xffc]
	cmp	w1, w23
	b.ne	bad_cross
	adrp	x2, far
	ldr	w1, [x2]
	lsr	x3, x23, #32
	cmp	w1, w3
	b.ne	bad_cross
	ldr	x1, [x4, #8]
	tbz	w1, #AF_BIT, bad_walk
	tbnz	w1, #AP2_BIT, bad_walk
	sub	x0, x0, #7
	mvn	x2, x23
	stp	x23, x2, [x0]
	ldp	x3, x4, [x0]
	cmp	x3, x23
	ccmp	x4, x2, #0, eq
	b.ne	bad_cross
8:	subs	w27, w27, #1
	b.ne	round

	adr	x20, done
1:	ldaxr	w1, [x20]
	add	w1, w1, #1
	stlxr	w2, w1, [x20]
	cbnz	w2, 1b
	cbnz	x28, sleep
	ldr	w3, cpus
2:	ldar	w1, [x20]
	cmp	w1, w3
	b.ne	2b
	/* Was no update lost? */
	ldr	w4, rounds
	mul	w5, w4, w3
	ldr	x1, [x26, #COUNT_LLSC]
	cmp	x1, x5
	b.ne	bad_llsc
	add	x0, x26, #COUNT_PAIR
	ldp	x1, x2, [x0]
	cmp	x1, x5
	b.ne	bad_llsc
	cmp	x2, x5, lsl #1
	b.ne	bad_llsc
	adrp	x0, unread
	ldr	x1, [x0, #COUNT_UNREAD]
	cmp	x1, x5
	b.ne	bad_unread
	cbz	x24, 3f
	add	x0, x26, #COUNT_LSE
	ldp	x1, x2, [x0]
	cmp	x1, x5
	ccmp	x2, x5, #0, eq
	b.ne	bad_lse
	.global	end, moved
3:
	/* Map another second page, and store to the old one. */
end:	adrp	x2, level3
	adrp	x3, between
	lit	x4, 0x707
	orr	x3, x3, x4
	str	x3, [x2, #8]
	dsb	ishst
	tlbi	vmalle1is
	dsb	ish
	isb
	adrp	x3, far
	mov	x1, #1
	str	x1, [x3, #0x100]
	/* A debugger puts its watch back here. */
	nop
moved:	say	"watch: ok"
	power_off
sleep:	wfi
	b	sleep

bad_plain: fail "a plain store"
bad_pair: fail "a pair"
bad_simd: fail "a SIMD store"
bad_load: fail "a SIMD load"
bad_zva: fail "DC ZVA"
bad_cross: fail "a store over the end of a page"
bad_refused: fail "a store with a strange writeback"
bad_walk: fail "an access or dirty flag"
bad_llsc: fail "a count by LDXR and STXR"
bad_unread: fail "a count by LDXR and STXR where loads are watched"
bad_lse: fail "a count by atomics"

complain:
	lit	x10, PL011
1:	ldrb	w11, [x0], #1
	cbz	w11, 2f
	str	w11, [x10]
	b	1b
2:	mov	w11, #'\n'
	str	w11, [x10]
	power_off

	/* Identity map, 39 bits. Changes x0 to x3. Each CPU gets a stack. */
mmu_on:	mrs	x0, cpacr_el1
	orr	x0, x0, #(3 << 20)
	msr	cpacr_el1, x0
	mov	x0, #0xff00		/* Attr0 device, Attr1 write-back */
	msr	mair_el1, x0
	lit	x0, 0x803519		/* T0SZ 25, WBWA, inner, no TTBR1 */
	ldr	w1, walker
	orr	x0, x0, x1, lsl #TCR_HA_BIT
	orr	x0, x0, x1, lsl #TCR_HD_BIT
	msr	tcr_el1, x0
	adrp	x0, level1
	msr	ttbr0_el1, x0
	isb
	mrs	x0, mpidr_el1
	and	x0, x0, #0xff
	adr	x1, stacks + STACK
	mov	x2, #STACK
	madd	x0, x0, x2, x1
	mov	sp, x0
	tlbi	vmalle1
	dsb	nsh
	isb
	mrs	x0, sctlr_el1
	lit	x1, 0x1005		/* M, C, I */
	orr	x0, x0, x1
	msr	sctlr_el1, x0
	isb
	ret

	.balign	8
	.global	rounds, walker
rounds:	.word	100
walker:	.word	0
cpus:	.word	0
	.balign	64
ready:	.word	0
	.balign	64
go:	.word	0
	.balign	64
done:	.word	0
	.balign	64
stacks:	.fill	CPUS * STACK, 1, 0
	.balign	0x1000
level1:	.fill	0x1000, 1, 0
level2:	.fill	0x1000, 1, 0
	.global	level3
level3:	.fill	0x1000, 1, 0
	.global	hot
hot:	.fill	0x1000, 1, 0
between: .fill	0x1000, 1, 0
	.global	far
far:	.fill	0x1000, 1, 0
	.global	unread
unread:	.fill	0x1000, 1, 0
