/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quick.h - a plain access next to watched bytes, done before anything sleeps
 *
 * With interrupts off and the guest's state still in, through the process's
 * own mapping, if the page is present there. Everything else is fault.c's, who
 * does it again from the beginning.
 */
#ifndef TRAPLINE_KMOD_QUICK_H
#define TRAPLINE_KMOD_QUICK_H

#include <linux/types.h>

struct vcpu;
struct vm;

#define QUICK_SPANS 8

/* Of one vCPU's: bytes where such an access may be done. */
struct quick_span {
	u64 changes; /* deny.changes as it was then; 0: nothing is known */
	u64 first, last; /* IPA */
	u64 to_hva; /* IPA to address in the process */
	bool write;
};

/*
 * The permission fault in vcpu->ctx, of an access that the syndrome describes
 * (ISV = 1). True: done, the PC is behind it.
 */
bool quick_access(struct vcpu *vcpu);
/*
 * Slots, denials or watched ranges have changed, vm->slots_lock held for
 * writing: once this returns, no such access is done by what was before.
 */
void quick_forget(struct vm *vm);

#endif
