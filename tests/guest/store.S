// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts in x19 and stores the count at STORED in each round, next to the bytes
 * that tests/system/many.py watches.
 */
#include "guest.h"
#define STORED 0x41000010
	say	"store: now"
	mov	x19, #0
	lit	x20, STORED
round:	add	x19, x19, #1
	str	x19, [x20]
	b	round
