// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each CPU counts for ever, in X19 and in its own word of "counts".
 * tests/system/sessions.py uses it.
 */
#include "guest.h"
	mov	x19, #1
1:	lit	x0, PSCI_CPU_ON
	mov	x1, x19
	adr	x2, second
	mov	x3, x19
	hvc	#0
	add	x19, x19, #1
	cbz	w0, 1b
	say	"loops: now"
	mov	x0, #0
second:	adrp	x20, counts
	add	x20, x20, x0, lsl #3
	mov	x19, #0
	.global	loop
loop:	add	x19, x19, #1
	str	x19, [x20]
	.global	stored
stored:	nop
	b	loop
	.balign	4096
	.global	counts
counts:	.fill	16, 8, 0
