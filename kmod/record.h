/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - the flight recorder: a ring of what a vCPU did last
 *
 * include/trapline/abi.h, "flight recorder", is its manual. Written by the
 * vCPU's own thread alone, under vcpu->mutex; user space only reads. What EL2
 * finishes by itself (hypercalls nobody defines, steps of a range) is not in
 * it. Off, it costs each exit a look at a pointer.
 */
#ifndef TRAPLINE_KMOD_RECORD_H
#define TRAPLINE_KMOD_RECORD_H

#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <trapline/abi.h>

struct vcpu;

#define RECORD_MAX 65536U /* TRAPLINE_CAP_RECORDER */

struct recorder {
	spinlock_t lock; /* ring changes under it: page faults look there */
	struct trapline_ring *ring; /* NULL: off */
	u32 nr;
	u64 head; /* the ring's is for user space */
};

void record_init(struct vcpu *vcpu);
void record_deinit(struct vcpu *vcpu);
/* TRAPLINE_SET_RECORDER. */
long record_set(struct vcpu *vcpu, unsigned long arg);
/* A page of a mapping at TRAPLINE_RECORDER_OFFSET; takes no vcpu->mutex. */
vm_fault_t record_fault(struct vcpu *vcpu, struct vm_fault *vmf);

/* Only where the ring is: record_exit(), record(). code: EL2_EXIT_*. */
void record_write_exit(struct vcpu *vcpu, u64 code);
void record_write(struct vcpu *vcpu, enum trapline_record_kind kind, u32 esr,
		  u64 arg);

#define record_exit(vcpu, code)                        \
	do {                                           \
		if (unlikely((vcpu)->recorder.ring))   \
			record_write_exit(vcpu, code); \
	} while (0)

#define record(vcpu, kind, arg)                           \
	do {                                              \
		if (unlikely((vcpu)->recorder.ring))      \
			record_write(vcpu, kind, 0, arg); \
	} while (0)

#endif
