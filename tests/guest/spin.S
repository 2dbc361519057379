// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing to see here: interrupts masked, for ever. */
#include "guest.h"
	say	"spin: now"
	b	.
