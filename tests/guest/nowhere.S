// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jump to an address without memory. The vectors are there too, so exceptions
 * repeat for ever.
 */
#include "guest.h"
	say	"nowhere: now"
	lit	x1, 0x10000000
	msr	vbar_el1, x1
	isb
	lit	x1, NOWHERE
	br	x1
