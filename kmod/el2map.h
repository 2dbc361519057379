/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * el2map.h - trapline's own EL2 translation (nVHE)
 *
 * 48-bit identity map, the kernel's granule, only what EL2 uses: text
 * read-only and executable, data writable and never executable. Built before
 * EL2 is taken; entries are only added, never changed, so no TLBI is needed.
 * Callers serialise.
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
/* Page-aligned pa and size. 0 or -ENOMEM. */
int el2map_add(phys_addr_t pa, size_t size, enum el2map_kind kind);
/* TTBR0_EL2, TCR_EL2, MAIR_EL2, SCTLR_EL2 that switch it on. */
void el2map_registers(u64 *ttbr0, u64 *tcr, u64 *mair, u64 *sctlr);
/* Clean to the point of coherency: EL2 reads it with its MMU off. */
void el2map_clean(const void *va, size_t size);

#endif
