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
 *	protect_attr	/dev/trapline: KVM_SET_MEMORY_ATTRIBUTES; accesses
 *			come back as KVM_EXIT_MEMORY_FAULT, but for plain ones
 *			that TRAPLINE_SET_WATCH has finished in the kernel.
 *
 * A range is whole pages of the host (protect_page_size()) inside guest RAM.
 * All calls: every vCPU out of KVM_RUN, one thread at a time (the control
 * thread with the VM stopped, or a vCPU's with all others held).
 *
 * To add a back end: a const struct protect_ops, chosen in kvm.c; exits.c
 * hands its kind of fault to watch.h.
 */
#ifndef TRAPLINE_VMM_PROTECT_H
#define TRAPLINE_VMM_PROTECT_H

#include <stdio.h>
#include <trapline/abi.h>
#include "vmm/vm.h"

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
	 * All bytes that anybody wants to see accesses of, in any order: what
	 * a plain access beside them needs, the kernel may do by itself; once
	 * this has returned, by this list only. nr 0: every access to a
	 * denied page comes back, which never fails. Any thread, vCPUs may
	 * run. -E2BIG, -ENOMEM: as it was. NULL: every access always does.
	 */
	int (*watch)(struct vm *vm, const struct trapline_watch_range *ranges,
		     unsigned int nr);
	/*
	 * A table of the guest's own that the hardware walks, or code, on a
	 * page that is denied reads (or, tables, writes) confuses the guest.
	 */
	bool breaks_tables;
	/* A page that is denied reads can still be fetched from. */
	bool hides_code;
	/* One line about what is in use, for "monitor watchpoints". */
	void (*print)(struct vm *vm, FILE *out);
};

extern const struct protect_ops protect_slots;
extern const struct protect_ops protect_attr;

/* Does the device have what protect_attr needs? */
bool protect_attr_available(const struct vm *vm);

uint64_t protect_page_size(void);

#endif
