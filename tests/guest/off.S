// SPDX-License-Identifier: GPL-2.0-or-later
/* The shortest life: say so and power off. */
#include "guest.h"
	say	"off: ok"
	power_off
