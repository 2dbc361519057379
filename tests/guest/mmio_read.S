// SPDX-License-Identifier: GPL-2.0-or-later
/* A load from an address without a device. */
#include "guest.h"
	say	"mmio_read: now"
	lit	x1, NOWHERE
	ldr	w0, [x1, #0x10]
	say	"mmio_read: still alive"
	power_off
