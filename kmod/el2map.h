/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * el2map.h - trapline's own EL2 translation (nVHE)
 *
 * A 48-bit identity map with the kernel's granule. It maps only what EL2 uses:
 * text read-only and executable, data writable and never executable. The map is
 * built before EL2 is taken. Entries are only added, never changed, so no TLBI
 * is needed. Callers must serialise their calls.
 */
#ifndef TRAPLINE_KMOD_EL2MAP_H
#define TRAPLINE_KMOD_EL2MAP_H

#include <linux/types.h>

enum el2map_kind {
	EL2MAP_TEXT,
	EL2MAP_DATA
};

int el2map_create(void);
void el2map_destroy(void);
/* pa and size are page-aligned. Returns 0 or -ENOMEM. */
int el2map_add(phys_addr_t pa, size_t size, enum el2map_kind kind);
/*
 * The values of TTBR0_EL2, TCR_EL2, MAIR_EL2, SCTLR_EL2 that turn the map on.
 */
void el2map_registers(u64 *ttbr0, u64 *tcr, u64 *mair, u64 *sctlr);
/*
 * Clean memory to the point of coherency, because EL2 reads it with the MMU
 * off.
 */
void el2map_clean(const void *va, size_t size);

#endif
