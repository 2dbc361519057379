// SPDX-License-Identifier: GPL-2.0-or-later
/* A store to an address without a device. */
#include "guest.h"
	say	"mmio_write: now"
	lit	x1, NOWHERE
	mov	w0, #0x5a
	strb	w0, [x1]
	say	"mmio_write: still alive"
	power_off
