/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic.h - the GIC of a bare-metal guest, and a CPU's part of the GIC
 *
 * The addresses are the same on the machines of both devices (/dev/kvm and
 * /dev/trapline). The GIC is a GICv3 with system registers, or a GICv2. Both
 * macros change x1 and x2. Interrupts stay masked by PSTATE.
 */
/* clang-format off */
#define GICD 0x08000000
#define GICC 0x08010000
#define GICR_SGI 0x080b0000

/*
 * gicv3_init BITS, CPU: enable these SGIs and PPIs, in group 1, with affinity
 * routing
 */
.macro gicv3_init bits, cpu=xzr
	lit	x1, GICD
	mov	w2, #0x12
	str	w2, [x1]
	lit	x1, GICR_SGI - 0x10000
	add	x1, x1, \cpu, lsl #17
	ldr	w2, [x1, #0x14]
	bic	w2, w2, #2
	str	w2, [x1, #0x14]
	add	x1, x1, #0x10000
	mov	w2, #-1
	str	w2, [x1, #0x80]
	lit	x2, (\bits)
	str	w2, [x1, #0x100]
	mov	x2, #1
	msr	s3_0_c12_c12_5, x2	/* ICC_SRE_EL1 */
	isb
	mov	x2, #0xff
	msr	s3_0_c4_c6_0, x2	/* ICC_PMR_EL1 */
	mov	x2, #1
	msr	s3_0_c12_c12_7, x2	/* ICC_IGRPEN1_EL1 */
	isb
.endm

/*
 * gic_init BITS, CPU: the same for the GIC that ID_AA64PFR0_EL1.GIC names; x20
 * = that field
 */
.macro gic_init bits, cpu=xzr
	mrs	x20, id_aa64pfr0_el1
	ubfx	x20, x20, #24, #4
	cbz	x20, 7f
	gicv3_init \bits, \cpu
	b	8f
7:	lit	x1, GICD
	lit	x2, (\bits)
	str	w2, [x1, #0x100]
	mov	w2, #1
	str	w2, [x1]
	lit	x1, GICC
	mov	w2, #0xff
	str	w2, [x1, #4]
	mov	w2, #1
	str	w2, [x1]
8:
.endm
