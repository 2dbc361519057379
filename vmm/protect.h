/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protect.h - take the guest's permission to read or write pages of RAM
 *
 * What the watch engine (watch.h) needs of a device, no more. Two back ends:
 *
 *	protect_slots	/dev/kvm: a page that may not be written is in a
 *			read-only memory slot, one that may not be read in no
 *			slot at all. Accesses come back as KVM_EXIT_MMIO or
 *			KVM_EXIT_ARM_NISV.
 *	(attributes)	/dev/trapline: KVM_SET_MEMORY_ATTRIBUTES; accesses
 *			come back as KVM_EXIT_MEMORY_FAULT.
 *
 * A range is whole pages of the host (protect_page_size()) inside guest RAM.
 * All calls: every vCPU out of KVM_RUN, one thread at a time (the control
 * thread with the VM stopped, or a vCPU's with all others held).
 *
 * To add a back end: a const struct protect_ops, chosen in protect_create();
 * exits.c hands its kind of fault to watch_fault().
 */
#ifndef TRAPLINE_VMM_PROTECT_H
#define TRAPLINE_VMM_PROTECT_H

#include <stdio.h>
#include "vm.h"

struct protect_ops {
	const char *name; /* of the mechanism, for people */
	/* RAM of a new VM, all of it free to use. 0 or negative errno. */
	int (*create)(struct vm *vm);
	/* KVM has forgotten all (a reset): the same again. */
	int (*restore)(struct vm *vm);
	void (*destroy)(struct vm *vm);
	/*
	 * deny is GUEST_WRITE, GUEST_READ | GUEST_WRITE or 0. -ENOSPC: the
	 * device has no room for more ranges; another errno is KVM's. What
	 * was before is still so then.
	 */
	int (*set)(struct vm *vm, ipa_t ipa, uint64_t size, unsigned int deny);
	/*
	 * A table of the guest's own that the hardware walks, or code, on a
	 * page that is denied reads (or, tables, writes) confuses the guest.
	 */
	bool breaks_tables;
	/* One line about what is in use, for "monitor watchpoints". */
	void (*print)(struct vm *vm, FILE *out);
};

extern const struct protect_ops protect_slots;

uint64_t protect_page_size(void);

#endif
