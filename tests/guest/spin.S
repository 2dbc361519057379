// SPDX-License-Identifier: GPL-2.0-or-later
/* Spin for ever, with interrupts masked. */
#include "guest.h"
	say	"spin: now"
	b	.
