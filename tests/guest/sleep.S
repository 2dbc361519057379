// SPDX-License-Identifier: GPL-2.0-or-later
/* All CPUs asleep, nothing to wake them. */
#include "guest.h"
	say	"sleep: now"
1:	wfi
	b	1b
