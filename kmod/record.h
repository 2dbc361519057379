/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - the flight recorder: a ring of a vCPU's last events
 *
 * The manual is include/trapline/abi.h, "flight recorder". Only the vCPU's own
 * thread writes, under vcpu->mutex. User space only reads. Events that EL2
 * handles by itself are not in the ring (hypercalls outside the known ranges,
 * steps of a range). While the recorder is off, it costs each exit one test of
 * a pointer.
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
	/* Protects ring, because record_fault() has no mutex. */
	spinlock_t lock;
	struct trapline_ring *ring; /* NULL: off */
	u32 nr;
	u64 head; /* the kernel's own; the head in the ring is for user space */
};

void record_init(struct vcpu *vcpu);
void record_deinit(struct vcpu *vcpu);
/* TRAPLINE_SET_RECORDER. */
long record_set(struct vcpu *vcpu, unsigned long arg);
/*
 * Fault handler for a mapping at TRAPLINE_RECORDER_OFFSET. It does not take
 * vcpu->mutex.
 */
vm_fault_t record_fault(struct vcpu *vcpu, struct vm_fault *vmf);

/*
 * Call these through record_exit() and record(), which test for the ring. code
 * is EL2_EXIT_*.
 */
void record_write_exit(struct vcpu *vcpu, u64 code);
void record_write(struct vcpu *vcpu, enum trapline_record_kind kind, u32 esr,
		  u64 arg);

#define record_exit(v, code)                         \
	do {                                         \
		struct vcpu *of = (v);               \
		if (unlikely(of->recorder.ring))     \
			record_write_exit(of, code); \
	} while (0)

#define record(v, kind, arg)                            \
	do {                                            \
		struct vcpu *of = (v);                  \
		if (unlikely(of->recorder.ring))        \
			record_write(of, kind, 0, arg); \
	} while (0)

#endif
