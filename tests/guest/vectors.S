// SPDX-License-Identifier: GPL-2.0-or-later
/* Vectors that only take the next exception. */
#include "guest.h"
	say	"vectors: now"
	adr	x1, table
	msr	vbar_el1, x1
	isb
	svc	#0
	.balign	0x800
table:
	.rept	16
	svc	#0
	b	.
	.balign	0x80
	.endr
