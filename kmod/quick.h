/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quick.h - a fast path for a plain access next to watched bytes
 *
 * The access is performed with interrupts off and the guest's state still in
 * the CPU, through the process's own mapping, if the page is present there. In
 * any other case nothing is done, and fault.c handles the fault from the
 * beginning.
 */
#ifndef TRAPLINE_KMOD_QUICK_H
#define TRAPLINE_KMOD_QUICK_H

#include <linux/types.h>

struct vcpu;
struct vm;

#define QUICK_SPANS 8

/* Cached by a vCPU: a span of bytes where quick_access() may do accesses. */
struct quick_span {
	u64 changes; /* deny.changes when the span was cached; 0: empty */
	u64 first, last; /* IPA */
	u64 to_hva; /* add this to an IPA to get the process's address */
	bool write;
};

/*
 * Handle the permission fault in vcpu->ctx, of an access that the syndrome
 * describes (ISV = 1). True: the access is done, and PC has advanced past it.
 */
bool quick_access(struct vcpu *vcpu);
/*
 * Slots, denials or watched ranges have changed. The caller holds
 * vm->slots_lock for writing. After this function returns, no quick access uses
 * the old state.
 */
void quick_forget(struct vm *vm);

#endif
