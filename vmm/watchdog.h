/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchdog.h - notice a guest that runs round in its exception vectors
 *
 * A kernel that jumps into nowhere before its vectors are mapped takes an
 * abort, whose vector cannot be fetched either, and so on for ever: a CPU at
 * 100 % that never exits. The watchdog looks, once a second and without
 * touching the guest, for a vCPU that used all of its time and made no exit;
 * only then it looks where that one stands, three times. A vCPU found in the
 * vectors each time stops the VM (GUEST_STOP_FAILURE).
 *
 * Control thread.
 */
#ifndef TRAPLINE_VMM_WATCHDOG_H
#define TRAPLINE_VMM_WATCHDOG_H

#include "vm.h"

struct watchdog_vcpu {
	uint64_t cpu_ns; /* of its thread */
	uint64_t nr_exits;
	unsigned int found; /* times in a row */
};

struct watchdog {
	struct vm *vm;
	uint64_t last_ns; /* when the vCPUs were looked at */
	unsigned int period_ms;
	struct watchdog_vcpu vcpu[GUEST_MAX_VCPUS];
};

void watchdog_init(struct watchdog *w, struct vm *vm);
/* As poll(2)'s timeout; -1 while the guest is stopped. */
int watchdog_timeout(const struct watchdog *w);
void watchdog_tick(struct watchdog *w);

#endif
