/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protect.h - take away the guest's permission to read or write pages of RAM
 *
 * The watch engine (watch.h) needs nothing else of a device. There are two back
 * ends:
 *
 *	protect_slots	/dev/kvm: a page that may not be written is in a
 *			read-only memory slot; a page that may not be read is
 *			in no slot at all. Accesses exit as KVM_EXIT_MMIO or
 *			KVM_EXIT_ARM_NISV.
 *	protect_attr	/dev/trapline: KVM_SET_MEMORY_ATTRIBUTES. Accesses
 *			exit as KVM_EXIT_MEMORY_FAULT, except plain ones that
 *			the kernel completes (TRAPLINE_SET_WATCH).
 *
 * A range is whole pages of the host (protect_page_size()) in guest RAM. For
 * all calls every vCPU is out of KVM_RUN, and only one thread calls at a time:
 * the control thread with the VM stopped, or a vCPU's thread with all other
 * vCPUs held.
 *
 * To add a back end: write a const struct protect_ops and choose it in kvm.c.
 * exits.c passes its kind of fault to watch.h.
 */
#ifndef TRAPLINE_VMM_PROTECT_H
#define TRAPLINE_VMM_PROTECT_H

#include <stdio.h>
#include <trapline/abi.h>
#include <trapline/types.h>

struct vm;

struct protect_ops {
	const char *name; /* of the mechanism, for messages */
	/* Make RAM of a new VM, without restrictions. 0 or a negative errno. */
	int (*create)(struct vm *vm);
	/* After a reset: KVM has lost all permissions; set them again. */
	int (*restore)(struct vm *vm);
	void (*destroy)(struct vm *vm);
	/*
	 * deny is GUEST_WRITE, GUEST_READ | GUEST_WRITE or 0. -ENOSPC: the
	 * device has no room for more ranges. Any other errno is KVM's. On an
	 * error the permissions are as before.
	 */
	int (*set)(struct vm *vm, ipa_t ipa, uint64_t size, unsigned int deny);
	/*
	 * The ranges are all bytes whose accesses a watch wants to see, in any
	 * order. The kernel may complete other plain accesses by itself. Once
	 * this call has returned, the kernel uses only this list. nr 0: every
	 * access to a denied page exits; this never fails. Any thread; vCPUs
	 * may run. -E2BIG, -ENOMEM: the old list stays. A back end without this
	 * member (NULL): every access always exits.
	 */
	int (*watch)(struct vm *vm, const struct trapline_watch_range *ranges,
		     unsigned int nr);
	/*
	 * True if the guest fails in one of these cases: a table that the
	 * hardware walks is on a page that is denied reads or writes; code is
	 * on a page that is denied reads.
	 */
	bool breaks_tables;
	/* Can the guest fetch from a page that is denied reads? */
	bool hides_code;
	/* Print one line about resources in use, for "monitor watchpoints". */
	void (*print)(struct vm *vm, FILE *out);
};

extern const struct protect_ops protect_slots;
extern const struct protect_ops protect_attr;

/* Does the device have what protect_attr needs? */
bool protect_attr_available(const struct vm *vm);

uint64_t protect_page_size(void);

#endif
