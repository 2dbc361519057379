/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counts.h - numbers of live objects, in debugfs: /sys/kernel/debug/trapline/
 *
 *	vms, vcpus	VMs and vCPUs
 *	vmids		VMs that have run, and so have a VMID
 *	tables		pages of stage-2 tables
 *	mapped		guest pages that stage 2 maps
 *	objects		irqfds, ioeventfds, recorders' rings
 *	kept		pages never freed, because a TLBI failed (stage2.h)
 *
 * All but kept are 0 once every descriptor is closed.
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
