// SPDX-License-Identifier: GPL-2.0-or-later
/* A pair from a device address: the CPU does not describe it. */
#include "guest.h"
	say	"nisv: now"
	lit	x1, NOWHERE
	ldp	x2, x3, [x1]
	say	"nisv: still alive"
	power_off
