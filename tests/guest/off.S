// SPDX-License-Identifier: GPL-2.0-or-later
/* The smallest guest: print a line and power off. */
#include "guest.h"
	say	"off: ok"
	power_off
