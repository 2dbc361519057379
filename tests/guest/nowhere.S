// SPDX-License-Identifier: GPL-2.0-or-later
/* Jump into nowhere; the vectors are nowhere, too: an endless exception. */
#include "guest.h"
	say	"nowhere: now"
	lit	x1, 0x10000000
	msr	vbar_el1, x1
	isb
	lit	x1, NOWHERE
	br	x1
