/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - KVM's binary statistics, KVM_GET_STATS_FD
 *
 * A vCPU's numbers count what its own thread does, so they need no lock. Each
 * exit is counted once, by its kind. stats.c has the names, and the sums.
 */
#ifndef TRAPLINE_KMOD_STATS_H
#define TRAPLINE_KMOD_STATS_H

#include <asm/esr.h>

struct vcpu;
struct vm;

enum vcpu_stat {
	/* The first ones count EL2_EXIT_SYNC by exception class. */
	STAT_CODE = ESR_ELx_EC_MAX + 1, /* the others, by EL2_EXIT_* */
	STAT_WFE = STAT_CODE + 8,
	STAT_WFI,
	STAT_MMIO_USER,
	STAT_MMIO_KERNEL,
	STAT_FALSE_HIT,
	STAT_DENIED,
	STAT_SIGNAL,
	VCPU_STATS
};

/* KVM_GET_STATS_FD. Both return a descriptor or -errno. */
long stats_vm_fd(struct vm *vm, unsigned long arg);
long stats_vcpu_fd(struct vcpu *vcpu, unsigned long arg);

#endif
