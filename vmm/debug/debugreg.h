/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugreg.h - encode hardware break and watch points in debug registers
 *
 * Pure functions. They turn an address range into register values, and find the
 * watch for the address that a watchpoint exception reports. They do not use
 * KVM, so tests run on the build host.
 *
 * Source: Arm ARM (DDI 0487), "DBGBCR<n>_EL1, Debug Breakpoint Control
 * Registers", "DBGWCR<n>_EL1, Debug Watchpoint Control Registers", "Watchpoint
 * data address comparisons".
 */
#ifndef TRAPLINE_VMM_DEBUGREG_H
#define TRAPLINE_VMM_DEBUGREG_H

#include <trapline/guest.h>

#define DBGBCR_E   BIT_ULL(0)
#define DBGBCR_PMC GENMASK_ULL(2, 1)
#define DBGBCR_BAS GENMASK_ULL(8, 5)

#define DBGWCR_E    BIT_ULL(0)
#define DBGWCR_PAC  GENMASK_ULL(2, 1)
#define DBGWCR_LSC  GENMASK_ULL(4, 3)
#define DBGWCR_BAS  GENMASK_ULL(12, 5)
#define DBGWCR_MASK GENMASK_ULL(28, 24)

/* One DBGxVR/DBGxCR pair. */
struct debugreg {
	uint64_t value;
	uint64_t control;
};

/* An instruction breakpoint at EL0 and EL1. -EINVAL: va is misaligned. */
int debugreg_break(va_t va, struct debugreg *ret);

/*
 * Cover exactly [va, va + len) for kind (GUEST_WATCH_*) with as few register
 * pairs as possible; no byte outside is watched. Returns the number of pairs
 * (at most max). -ENOSPC: max is too small. -EINVAL: len is 0, the range wraps,
 * or kind is no watch.
 */
int debugreg_watch(enum guest_break_kind kind, va_t va, uint64_t len,
		   struct debugreg *ret, unsigned int max);

/* guest_stop.access for such a watch. */
enum guest_access debugreg_access(enum guest_break_kind kind);

/*
 * A watchpoint exception reported far (FAR) and wnr (ISS.WnR). Does it fit the
 * watch [va, va + len)? FAR may be below the watched bytes, if the access began
 * there. false: it cannot be this watch. Otherwise *hit is the first watched
 * byte that the access touched. *distance is 0 for an exact match, and larger
 * for a worse one.
 */
bool debugreg_match(enum guest_break_kind kind, va_t va, uint64_t len, va_t far,
		    bool wnr, va_t *hit, uint64_t *distance);

#endif
