/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * own.h - take EL2 from the kernel's stub on every CPU, and give it back
 *
 * While trapline owns EL2, a hotplug callback takes it on CPUs that come
 * online. The callback runs before any other code on that CPU could need to
 * flush a guest's translations. On a CPU that goes offline, EL2 is given back
 * last. CPUs that lose EL2 in an idle power-down are taken over by a cpu_pm
 * notifier. HVC calls of the kernel's stub ABI keep working (el2/vectors.S). On
 * a VHE host there is nothing to take: own_take() and own_give_back() do
 * nothing.
 */
#ifndef TRAPLINE_KMOD_OWN_H
#define TRAPLINE_KMOD_OWN_H

#include <linux/types.h>
#include "host.h"

/*
 * Returns 0, -ENOMEM, or an error that one line in the log explains: -EBUSY,
 * the EL2 of a CPU did not answer as expected; -EOPNOTSUPP, E2H is fixed at 1.
 */
int own_take(enum host_mode mode);
void own_give_back(enum host_mode mode);

/*
 * Log that a call to EL2 on this CPU has returned an error. error is
 * EL2_EXIT_BUG, or HVC_STUB_ERR if EL2 is not ours. Logs one line, once.
 */
void own_report_bug(u64 error);

/*
 * Address of the first vector table of entry.S, as EL2 sees it. Valid while EL2
 * is owned.
 */
u64 own_guest_vectors(void);

/*
 * Return a zeroed page that EL2 can also access, or NULL. Valid between load
 * and unload; all pages must be put back before own_give_back(). May sleep.
 */
void *own_page_get(void);
void own_page_put(void *page);

#endif
