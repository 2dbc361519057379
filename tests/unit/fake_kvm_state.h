/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kvm_state.h - the state that fake_kvm.c and fake_kvm_run.c share
 */
#ifndef TRAPLINE_TESTS_FAKE_KVM_STATE_H
#define TRAPLINE_TESTS_FAKE_KVM_STATE_H

#include <pthread.h>
#include "fake_kvm.h"
#include "vmm/map.h"

#define FAKE_PAGE        SZ_4K
#define FAKE_RUN_SIZE    (2 * SZ_4K)
#define FAKE_MAX_EXITS   16
#define FAKE_MAX_WATCHED 256
#define FAKE_MAX_PAGES   (64 * SZ_1M / FAKE_PAGE) /* pages with attributes */

struct fake_vcpu {
	struct kvm_run *run; /* a mapping that the fake itself made */
	struct fake_cpu cpu;
	bool mmio_due; /* the next KVM_RUN completes an MMIO exit */
	unsigned int mmio_rt;
	unsigned int nr_debug_sets;

	bool powered, executes; /* atomic */
	bool in_run; /* atomic */
	unsigned int nr_runs; /* atomic */
	int wake_fd; /* eventfd: wakes a vCPU that waits */

	pthread_mutex_t lock; /* protects the members below */
	pthread_cond_t changed;
	struct fake_exit exit[FAKE_MAX_EXITS];
	unsigned int nr_exits;
	bool idle; /* in KVM_RUN, with nothing to do */
	void (*on_leave)(void *opaque);
	void (*on_enter)(void *opaque);
	void *leave_opaque, *enter_opaque;
};

struct fake_failure {
	unsigned int left; /* calls until the failure; 0: no failure */
	int err;
};

struct fake_kvm {
	bool trapline;
	struct fake_memory memory;
	struct guest_ram ram;
	struct fake_vcpu vcpu[GUEST_MAX_VCPUS];
	struct kvm_userspace_memory_region slot[FAKE_KVM_MAX_SLOTS];
	uint8_t deny[FAKE_MAX_PAGES]; /* TRAPLINE_MEMORY_DENY_* from MAP_RAM */

	pthread_mutex_t watch_lock; /* protects the next three members */
	struct trapline_watch_range watched[FAKE_MAX_WATCHED];
	unsigned int nr_watched;
	uint32_t watch_flags;

	bool irq_level[NR_SPIS]; /* atomic, like all below */
	uint64_t counter_offset, counter_set;
	unsigned int nr_finished;
	struct fake_failure failure[FAKE_NR_CALLS];
};

extern struct fake_kvm fake_kvm;

struct fake_vcpu *fake_vcpu_of(int fd);
uint8_t *fake_memory_at(ipa_t ipa, unsigned int size, unsigned int access);
/* kvm_ops.run */
int fake_kvm_run(int fd);

#endif
