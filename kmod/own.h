/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * own.h - take EL2 from the kernel's stub on every CPU, and give it back
 *
 * While owned, CPUs that come online are taken over by a hotplug callback,
 * before any other code runs on them that could have to flush a guest's
 * translations; they give EL2 back last. CPUs that lose EL2 in an idle
 * power-down are taken over by a cpu_pm notifier. HVC calls
 * of the kernel's stub ABI go on working (el2/vectors.S). On a VHE host there
 * is nothing to take: both are no-ops.
 */
#ifndef TRAPLINE_KMOD_OWN_H
#define TRAPLINE_KMOD_OWN_H

#include <linux/types.h>
#include "host.h"

/* 0, -ENOMEM, -EBUSY (a CPU's EL2 did not answer as expected; logged). */
int own_take(enum host_mode mode);
void own_give_back(enum host_mode mode);

/*
 * A call of EL2 on this CPU has returned an error: EL2_EXIT_BUG, or
 * HVC_STUB_ERR where EL2 is not ours. One line, once.
 */
void own_report_bug(u64 error);

/* Where EL2 finds the first of entry.S's vector tables. While owned. */
u64 own_guest_vectors(void);

/*
 * A zeroed page that EL2 reaches, too, or NULL. Between load and unload; all
 * have to be back before own_give_back(). Sleeps.
 */
void *own_page_get(void);
void own_page_put(void *page);

#endif
