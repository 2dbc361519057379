// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts in x19, two instructions a round. tests/bench uses it, and tests of
 * rates.
 */
#include "guest.h"
	say	"count: now"
	mov	x19, #0
	.global	round
round:	add	x19, x19, #1
	b	round
