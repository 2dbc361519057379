/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - a vCPU: creation, debug state, thread
 *
 * While a vCPU is RUNNING, it belongs to its own thread. While it is PARKED, it
 * belongs to the control thread (run.h).
 */
#ifndef TRAPLINE_VMM_VCPU_H
#define TRAPLINE_VMM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stddef.h>
#include <trapline/guest.h>
#include "exits.h"
#include "leave.h"
#include "regs.h"
#include "step.h"

struct vm;
struct trapline_ring;

enum vcpu_state {
	VCPU_PARKED,
	VCPU_RUNNING
};

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	struct trapline_ring *ring; /* flight.h; NULL: no flight recorder */
	size_t ring_size; /* of the mapping of ring */
	pthread_t thread;
	bool has_thread;
	enum vcpu_state state;
	bool direct; /* RUNNING, on the control thread: run.c */
	pthread_cond_t wake; /* the vCPU may run, or the VM ends */
	enum guest_action action;
	struct guest_range range; /* GUEST_STEP: step on while inside */
	unsigned int range_steps; /* steps in range since the last open step */
	unsigned int range_alone; /* steps left that the device must not take */
	bool debug_dirty; /* KVM_SET_GUEST_DEBUG is due before KVM_RUN */
	bool shared; /* struct kvm_run holds the registers: regs.c */
	bool shared_fp; /* struct kvm_run holds the FP registers */
	uint32_t debug_step; /* step_control() at the last SET_GUEST_DEBUG */
	bool debug_muted; /* breakpoints were disabled then */
	struct vcpu_leave leave; /* before action: leave.h */
	struct vcpu_step step;
	struct vcpu_goals goals;
	struct vcpu_known known;
	uint64_t nr_exits; /* returns of KVM_RUN since the start; atomic */
};

int vcpu_create(struct vcpu *vcpu);
void vcpu_close(struct vcpu *vcpu);
/* The thread's function; arg is the struct vcpu. */
void *vcpu_thread(void *arg);

/* --- own thread ---------------------------------------------------------- */

/* Run until the run state has to be checked. */
void vcpu_execute(struct vcpu *vcpu);
/* Have KVM complete a pending MMIO access, and nothing else. */
void vcpu_complete(struct vcpu *vcpu);
/* Load debug registers, call KVM_RUN, handle the exit. Own thread. */
enum exit_result vcpu_enter(struct vcpu *vcpu, struct guest_stop *stop);

#endif
