// SPDX-License-Identifier: GPL-2.0-or-later
/* CPU_ON for every CPU; each reports that it runs. */
#include "guest.h"
#define MAX 16
	mov	x19, #1
	adr	x20, here
1:	lit	x0, PSCI_CPU_ON
	mov	x1, x19
	adr	x2, second
	add	x3, x20, x19, lsl #3
	hvc	#0
	cbnz	w0, 3f
2:	ldr	x0, [x20, x19, lsl #3]
	cbz	w0, 2b
	add	x19, x19, #1
	cmp	x19, #MAX
	b.ne	1b
3:	mov	w12, w19
	cmp	w12, #10
	b.lt	4f
	say	"smp: ten and more"
	sub	w12, w12, #10
4:	say	"smp: CPUs:"
	digit
	power_off
second:
	mov	w1, #1
	str	w1, [x0]
5:	wfi
	b	5b
	.balign	64
here:	.fill	MAX, 8, 0
