// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debugreg.c - encode hardware break and watch points in debug registers
 *
 * A watchpoint register watches either any run of bytes within one aligned
 * doubleword (BAS), or an aligned power of two of at least 8 bytes (MASK). A
 * range is cut from its start into the largest such pieces. So no byte outside
 * the range is watched, and no hit has to be dropped.
 *
 * Source: Arm ARM (DDI 0487), "DBGWCR<n>_EL1, Debug Watchpoint Control
 * Registers", "DBGBCR<n>_EL1, Debug Breakpoint Control Registers".
 */
#include "debugreg.h"

#include <errno.h>

#define DOUBLEWORD    8ULL
/* MASK counts ignored address bits; 31 is the architecture's limit. */
#define MASK_MIN_BITS 4U
#define MASK_MAX_BITS 31U
/* EL1 and EL0 (HMC and SSC are 0). */
#define PAC_EL1_EL0   3
#define PMC_EL1_EL0   3
#define BAS_WORD      0xf
#define BAS_ALL       0xff
#define LSC_LOAD      1
#define LSC_STORE     2
#define LSC_BOTH      3

/*
 * An access that touches the watched bytes may begin this far below them: the
 * largest DC ZVA block, 2 KiB.
 */
#define MAX_ACCESS 2048ULL

_Static_assert(FIELD_PREP(DBGBCR_BAS, 0xf) == 0x1e0, "DBGBCR.BAS");
_Static_assert(FIELD_PREP(DBGWCR_BAS, 0xff) == 0x1fe0, "DBGWCR.BAS");
_Static_assert(FIELD_PREP(DBGWCR_MASK, 3) == 0x3000000, "DBGWCR.MASK");

int debugreg_break(va_t va, struct debugreg *ret)
{
	if (va % 4)
		return -EINVAL;
	ret->value = va;
	ret->control = DBGBCR_E | FIELD_PREP(DBGBCR_PMC, PMC_EL1_EL0) |
		       FIELD_PREP(DBGBCR_BAS, BAS_WORD);
	return 0;
}

static uint64_t lsc_of(enum guest_break_kind kind)
{
	switch (kind) {
	case GUEST_WATCH_READ:
		return LSC_LOAD;
	case GUEST_WATCH_WRITE:
		return LSC_STORE;
	case GUEST_WATCH_ACCESS:
		return LSC_BOTH;
	default:
		return 0;
	}
}

enum guest_access debugreg_access(enum guest_break_kind kind)
{
	switch (kind) {
	case GUEST_WATCH_READ:
		return GUEST_READ;
	case GUEST_WATCH_WRITE:
		return GUEST_WRITE;
	case GUEST_WATCH_ACCESS:
		return GUEST_READ_WRITE;
	default:
		return GUEST_EXEC;
	}
}

/* Encode the largest piece that starts at va. Returns its length. */
static uint64_t cut(va_t va, uint64_t len, struct debugreg *ret)
{
	uint64_t first = va % DOUBLEWORD;
	unsigned int bits;
	uint64_t n;

	for (bits = MASK_MAX_BITS; bits >= MASK_MIN_BITS; bits--) {
		n = BIT_ULL(bits);
		if (va % n || len < n)
			continue;
		ret->value = va;
		ret->control = FIELD_PREP(DBGWCR_MASK, bits) |
			       FIELD_PREP(DBGWCR_BAS, BAS_ALL);
		return n;
	}
	n = DOUBLEWORD - first;
	if (n > len)
		n = len;
	ret->value = va - first;
	ret->control = FIELD_PREP(DBGWCR_BAS, (BIT_ULL(n) - 1) << first);
	return n;
}

int debugreg_watch(enum guest_break_kind kind, va_t va, uint64_t len,
		   struct debugreg *ret, unsigned int max)
{
	uint64_t lsc = lsc_of(kind);
	unsigned int nr = 0;

	if (!lsc || !len || va + (len - 1) < va)
		return -EINVAL;
	while (len) {
		struct debugreg piece;
		uint64_t n = cut(va, len, &piece);

		if (nr == max)
			return -ENOSPC;
		piece.control |= DBGWCR_E | FIELD_PREP(DBGWCR_LSC, lsc) |
				 FIELD_PREP(DBGWCR_PAC, PAC_EL1_EL0);
		ret[nr++] = piece;
		va += n;
		len -= n;
	}
	return (int)nr;
}

bool debugreg_match(enum guest_break_kind kind, va_t va, uint64_t len, va_t far,
		    bool wnr, va_t *hit, uint64_t *distance)
{
	if (!(lsc_of(kind) & (wnr ? LSC_STORE : LSC_LOAD)))
		return false;
	if (far >= va && far - va < len) {
		*hit = far;
		*distance = 0;
		return true;
	}
	if (far < va && va - far < MAX_ACCESS) {
		*hit = va;
		*distance = va - far;
		return true;
	}
	return false;
}
