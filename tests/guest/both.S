// SPDX-License-Identifier: GPL-2.0-or-later
/* Two CPUs. Each counts in its own x19 for ever. */
#include "guest.h"
	lit	x0, PSCI_CPU_ON
	mov	x1, #1
	adr	x2, counting
	hvc	#0
counting:
	mov	x19, #0
	.global turn
turn:	add	x19, x19, #1
	b	turn
