// SPDX-License-Identifier: GPL-2.0-only
/* The world switch for a host kernel at EL1: see world.h. */
#define EL2_VHE 0
#include "switch.inc.c"
