// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load a pair from a device address. The CPU gives no syndrome (ISV = 0) for
 * it.
 */
#include "guest.h"
	say	"nisv: now"
	lit	x1, NOWHERE
	ldp	x2, x3, [x1]
	say	"nisv: still alive"
	power_off
