// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts in x19, two instructions a round: for tests/bench. */
#include "guest.h"
	say	"count: now"
	mov	x19, #0
1:	add	x19, x19, #1
	b	1b
