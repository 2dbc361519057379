// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits for reasons other than memory: unknown calls and calls that every
 * hypervisor has, SMC, WFE, ID registers, the first use of FP, debug registers.
 * Instructions for features that no guest has must be UNDEFINED.
 */
#include "guest.h"
#define UNALLOCATED 0xc200
#define PSCI_VERSION 0x84000000
#define PSCI_FEATURES 0x8400000a
#define SMCCC_VERSION 0x80000000
#define NR_UNDEFINED 8
#define ADDRESS 0x12345670
	adr	x1, table
	msr	vbar_el1, x1

	mov	x12, #1
	/*
	 * Enable SVE in CPACR_EL1, or SVE would trap to EL1 with another class.
	 */
	lit	x0, (3 << 20 | 3 << 16)
	msr	cpacr_el1, x0
	isb
	mov	x26, #0
	udf	#0
	mrs	x0, s3_3_c9_c12_0	/* PMCR_EL0 */
	mrs	x0, s3_0_c9_c10_0	/* PMBLIMITR_EL1 */
	mrs	x0, s3_0_c9_c11_0	/* TRBLIMITR_EL1 */
	mrs	x0, s3_0_c1_c2_0	/* ZCR_EL1 */
	mrs	x0, s3_3_c13_c2_0	/* AMCR_EL0 */
	mrs	x0, s3_4_c12_c0_0	/* VBAR_EL2 */
	.inst	0x04bf5000		/* rdvl x0, #0 */
	cmp	x26, #NR_UNDEFINED
	b.ne	bad

	mov	x12, #2
	mov	x0, #UNALLOCATED
	hvc	#0
	cmn	w0, #1
	b.ne	bad
	mov	x12, #3
	lit	x0, PSCI_VERSION
	hvc	#0
	lsr	w0, w0, #16
	cmp	w0, #1
	b.ne	bad
	lit	x0, PSCI_FEATURES
	lit	x1, PSCI_CPU_ON
	hvc	#0
	cbnz	w0, bad
	lit	x0, PSCI_FEATURES
	mov	x1, #UNALLOCATED
	hvc	#0
	cmn	w0, #1
	b.ne	bad
	mov	x12, #4
	lit	x0, SMCCC_VERSION
	hvc	#0
	lsr	w0, w0, #16
	cmp	w0, #1
	b.ne	bad
	/* A hypervisor need not implement this call, but it must return. */
	lit	x0, PSCI_VERSION
	smc	#0
	wfe
	sevl
	wfe

	mov	x12, #5
	mrs	x0, s3_0_c0_c7_7	/* unallocated: 0 */
	cbnz	x0, bad
	mrs	x0, id_aa64pfr0_el1
	ands	x1, x0, #0xf0		/* EL1 and EL0 fields */
	b.eq	bad
	ands	x1, x0, #0x0f
	b.eq	bad
	mrs	x0, isr_el1
	cbnz	x0, bad

	mov	x12, #6
	fmov	d0, #2.0
	fmul	d0, d0, d0
	fcvtzu	x0, d0
	cmp	x0, #4
	b.ne	bad

	mov	x12, #7
	msr	oslar_el1, xzr
	isb
	mrs	x0, oslsr_el1
	tbnz	x0, #1, bad
	lit	x1, ADDRESS
	msr	dbgbvr0_el1, x1
	msr	dbgwvr0_el1, x1
	isb
	mrs	x0, dbgbvr0_el1
	cmp	x0, x1
	b.ne	bad
	mrs	x0, dbgwvr0_el1
	cmp	x0, x1
	b.ne	bad
	say	"traps: ok"
	power_off
bad:	say	"traps: bad in part"
	digit
	power_off

undefined:
	mrs	x2, esr_el1
	lsr	x2, x2, #26
	cbnz	x2, bad
	add	x26, x26, #1
	mrs	x2, elr_el1
	add	x2, x2, #4
	msr	elr_el1, x2
	eret

	.balign	0x800
table:	.fill	0x200 / 4, 4, 0x14000000
	b	undefined
	.balign	0x800
