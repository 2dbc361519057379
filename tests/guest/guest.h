/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - parts that every bare-metal guest needs: a console, PSCI, an entry
 *
 * Guests are linked at 0x40080000. They are entered there at EL1, with the MMU
 * off and the address of the device tree in x0. They report on the PL011 and
 * end with a PSCI call.
 */
/* clang-format off */
#define PL011 0x09000000
#define NOWHERE 0x0b000000 /* no RAM, no device */

#define PSCI_CPU_SUSPEND 0xc4000001
#define PSCI_CPU_OFF 0x84000002
#define PSCI_CPU_ON 0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

/* lit REG, VALUE: load any 32-bit constant */
.macro lit reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
.endm

/* Print a string. Changes x9 to x11. */
.macro say text
	adr	x9, 1f
	lit	x10, PL011
2:	ldrb	w11, [x9], #1
	cbz	w11, 3f
	str	w11, [x10]
	b	2b
1:	.asciz	"\text\n"
	.balign	4
3:
.endm

/* Print the decimal digit in w12. Changes x9 to x11. */
.macro digit
	lit	x10, PL011
	add	w11, w12, #'0'
	str	w11, [x10]
	mov	w11, #'\n'
	str	w11, [x10]
.endm

.macro power_off
	lit	x0, PSCI_SYSTEM_OFF
	hvc	#0
	b	.
.endm

	.text
	.global	_start
_start:
