/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counts.h - what is alive, in debugfs: /sys/kernel/debug/trapline/
 *
 * vms, vcpus; vmids: VMs that have run, and so have a VMID; tables: pages of
 * stage-2 tables; mapped: guest pages that stage 2 maps; objects: irqfds,
 * ioeventfds, recorders' rings. All of these are 0 once every descriptor is
 * closed. kept: pages that are never freed, because a TLBI failed (stage2.h).
 */
#ifndef TRAPLINE_KMOD_COUNTS_H
#define TRAPLINE_KMOD_COUNTS_H

#include <linux/atomic.h>

enum count {
	COUNT_VMS,
	COUNT_VCPUS,
	COUNT_VMIDS,
	COUNT_TABLES,
	COUNT_MAPPED,
	COUNT_OBJECTS,
	COUNT_KEPT,
	NR_COUNTS
};

extern atomic_t counts[NR_COUNTS];

static inline void count(enum count what, int by)
{
	atomic_add(by, &counts[what]);
}

void counts_init(void);
void counts_deinit(void);

#endif
