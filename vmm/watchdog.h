/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchdog.h - notice a guest that loops in its exception vectors
 *
 * A kernel that jumps to an unmapped address before its vectors are mapped
 * takes an abort. The vector of that abort cannot be fetched either, and this
 * repeats for ever: the CPU is at 100 % and never exits. Once a second, and
 * without touching the guest, the watchdog looks for a vCPU that has spent half
 * of the time or more in the guest without an exit. Only then it reads that
 * vCPU's PC, three times. If the PC is in the vectors each time, the watchdog
 * stops the VM (GUEST_STOP_FAILURE).
 *
 * Control thread.
 */
#ifndef TRAPLINE_VMM_WATCHDOG_H
#define TRAPLINE_VMM_WATCHDOG_H

#include <stdint.h>
#include <trapline/guest.h>

struct vm;

struct watchdog_vcpu {
	uint64_t cpu_ns; /* CPU time of its thread */
	uint64_t nr_exits;
	unsigned int found; /* times in a row that the PC was in the vectors */
};

struct watchdog {
	struct vm *vm;
	uint64_t last_ns; /* when the vCPUs were last looked at */
	unsigned int period_ms;
	struct watchdog_vcpu vcpu[GUEST_MAX_VCPUS];
};

void watchdog_init(struct watchdog *w, struct vm *vm);
/* A timeout for poll(2); -1 while the guest is stopped. */
int watchdog_timeout(const struct watchdog *w);
void watchdog_tick(struct watchdog *w);

#endif
