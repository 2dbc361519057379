// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PSCI SYSTEM_RESET. RAM keeps its contents, the image is loaded again, and
 * registers and the GIC are in power-on state. A word outside the image counts
 * the boots. A word inside the image must have its initial value at each boot.
 */
#include "guest.h"
#define COUNT 0x41000000
	adr	x1, word
	ldr	w2, [x1]
	cbnz	w2, stale
	mov	w2, #1
	str	w2, [x1]
	mrs	x3, vbar_el1
	cbnz	x3, stale
	msr	vbar_el1, x1
	lit	x4, COUNT
	ldr	w5, [x4]
	add	w5, w5, #1
	str	w5, [x4]
	cmp	w5, #3
	b.eq	done
	say	"reset: again"
	lit	x0, PSCI_SYSTEM_RESET
	hvc	#0
	b	.
stale:	say	"reset: state of the last boot is left"
	power_off
done:	say	"reset: third boot"
	power_off
word:	.word	0
