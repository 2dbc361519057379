/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugreg.h - hardware break and watch points as debug registers hold them
 *
 * Pure functions: an address range in, register values out, and back from
 * the address a watchpoint exception reports to the watch that was meant.
 * Source: Arm ARM (DDI 0487), "DBGBCR<n>_EL1, Debug Breakpoint Control
 * Registers", "DBGWCR<n>_EL1, Debug Watchpoint Control Registers",
 * "Watchpoint data address comparisons". No KVM here: the host tests it.
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
 * Cover exactly [va, va + len) for kind (GUEST_WATCH_*), with as few register
 * pairs as go without watching a byte more. Returns how many (at most max),
 * -ENOSPC when max does not suffice, -EINVAL when len is 0, the range wraps,
 * or kind is no watch.
 */
int debugreg_watch(enum guest_break_kind kind, va_t va, uint64_t len,
		   struct debugreg *ret, unsigned int max);

/* What guest_stop.access says of such a watch. */
enum guest_access debugreg_access(enum guest_break_kind kind);

/*
 * A watchpoint exception reported far (FAR) and wnr (ISS.WnR). How far is it
 * from the watch [va, va + len)? FAR may lie below the watched bytes, when
 * the access began there. Returns false when that watch cannot have been
 * meant; otherwise *hit is the first watched byte touched, *distance 0 for
 * an exact match and larger the worse.
 */
bool debugreg_match(enum guest_break_kind kind, va_t va, uint64_t len, va_t far,
		    bool wnr, va_t *hit, uint64_t *distance);

#endif
