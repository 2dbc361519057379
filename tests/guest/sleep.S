// SPDX-License-Identifier: GPL-2.0-or-later
/* All CPUs sleep, and nothing wakes them. */
#include "guest.h"
	say	"sleep: now"
1:	wfi
	b	1b
