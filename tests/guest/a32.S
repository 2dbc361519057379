// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AArch32 at EL0, if the CPU has it. Prints "a32: ok", or "a32: ok, none" if
 * the CPU does not have AArch32. A trapped instruction must either cause an
 * exception from AArch32, or be executed. Loads and stores to a device and to
 * fresh memory must be executed. A WFI whose condition has failed must be
 * skipped. A hypervisor may implement some of AArch32's registers. So the test
 * does not check which registers are UNDEFINED; it only checks the vector that
 * the exception takes.
 */
#include "guest.h"
#define EC_MRRC14 0x0c
#define EC_ILLEGAL 0x0e
#define EC_SVC32 0x11
#define EC_BKPT32 0x38
#define SPSR_A32 0x1d0
#define FRESH 0x41800000
	adr	x20, table
	msr	vbar_el1, x20
	lit	x0, (3 << 20)
	msr	cpacr_el1, x0
	mov	x12, #0			/* number of SVCs */
	mov	x11, #0			/* number of UNDEFINED instructions */
	lit	x4, PL011
	mov	x5, #0
	mov	x6, #'.'
	mov	x7, #0
	lit	x8, FRESH
	adr	x0, code32
	msr	elr_el1, x0
	mov	x0, #SPSR_A32
	msr	spsr_el1, x0
	isb
	eret

lower32: mrs	x20, esr_el1
	lsr	x21, x20, #26
	cmp	x21, #EC_SVC32
	b.eq	svc32
	cmp	x21, #EC_BKPT32
	b.eq	1f
	/*
	 * Injected by the hypervisor, or trapped to EL1 (coprocessors 14, 15).
	 */
	cmp	x21, #EC_MRRC14
	b.hi	bad
1:	add	x11, x11, #1
	mrs	x20, elr_el1
	add	x20, x20, #4
	msr	elr_el1, x20
	eret
svc32:	add	x12, x12, #1
	tbnz	x20, #0, done
	eret

done:	mov	x26, x11
	cmp	w12, #2
	b.ne	bad
	cmp	w26, #4			/* at least UDF, HVC, SMC, BKPT */
	b.lo	bad
	mov	w0, #0x40000000		/* 2.0 as a float */
	cmp	w10, w0
	b.ne	bad
	cmp	w9, w6
	b.ne	bad
	cmp	w5, #4			/* nothing was left out */
	b.ne	bad
	/* The skipped instruction was not done. */
	cbnz	w7, bad
	say	"a32: ok"
	power_off

current: mrs	x20, esr_el1
	lsr	x21, x20, #26
	cmp	x21, #EC_ILLEGAL
	b.ne	bad
	say	"a32: ok, none"
	power_off
bad:	say	"a32: bad"
	power_off

	.balign	4
code32:
	.inst	0xef000000		// svc #0
	.inst	0xe7f000f0		// udf #0
	.inst	0xee100e11		// mrc p14, 0, r0, c0, c1, 0
	.inst	0xee100e10		// mrc p14, 0, r0, c0, c0, 0
	.inst	0xec510e01		// mrrc p14, 0, r0, r1, c1
	.inst	0xe28f1000		// add r1, pc, #0: the address for LDC
	.inst	0xed915e00		// ldc p14, c5, [r1]
	.inst	0xee190f1c		// mrc p15, 0, r0, c9, c12, 0
	.inst	0xec532f09		// mrrc p15, 0, r2, r3, c9
	.inst	0xee1f0f10		// mrc p15, 0, r0, c15, c0, 0
	.inst	0xe1400070		// hvc #0
	.inst	0xe1600070		// smc #0
	.inst	0xe1200070		// bkpt #0
	.inst	0xeeb00a00		// vmov.f32 s0, #2.0
	.inst	0xee10aa10		// vmov r10, s0
	.inst	0xe5886000		// str r6, [r8]
	.inst	0xe5989000		// ldr r9, [r8]
	.inst	0xe1540006		// cmp r4, r6
	.inst	0x0320f003		// wfieq
	.inst	0xe28f2001		// add r2, pc, #1
	.inst	0xe12fff12		// bx r2: T32 from here on
	.hword	0x4280			// cmp r0, r0
	.hword	0xbf0c			// ite eq
	.hword	0x7026			// strbeq r6, [r4]
	.hword	0x2701			// movne r7, #1
	.hword	0x3501			// adds r5, #1
	.hword	0xf8c4, 0x6000		// str.w r6, [r4]
	.hword	0x3501			// adds r5, #1
	.hword	0x7820			// ldrb r0, [r4]
	.hword	0x3501			// adds r5, #1
	.hword	0x42b4			// cmp r4, r6
	.hword	0xbf08			// it eq
	.hword	0xbf30			// wfieq
	.hword	0x3501			// adds r5, #1
	.hword	0xdf01			// svc #1

	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	current
	.balign	0x80
	.fill	0x180 / 4, 4, 0x14000000
	b	bad			/* 0x400: from AArch64 */
	.balign	0x80
	.fill	0x180 / 4, 4, 0x14000000
	b	lower32			/* 0x600: from AArch32 */
	.balign	0x800
