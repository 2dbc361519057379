/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deny.h - the accesses a debugger denies the guest, and the bytes it watches
 *
 * The manual is include/trapline/abi.h: KVM_SET_MEMORY_ATTRIBUTES and
 * TRAPLINE_SET_WATCH. Writers hold vm->slots_lock for writing. Readers hold it
 * for reading until the access that they allow has been done.
 */
#ifndef TRAPLINE_KMOD_DENY_H
#define TRAPLINE_KMOD_DENY_H

#include <linux/maple_tree.h>
#include <linux/types.h>

struct vm;
struct deny_range;

struct deny {
	struct maple_tree pages; /* TRAPLINE_MEMORY_DENY_*, by page number */
	bool finish; /* TRAPLINE_WATCH_FINISH */
	/* Number of changes of this struct and of slots, from 1 on. */
	u64 changes;
	/*
	 * One list for each kind of access. Its ranges are sorted and disjoint.
	 */
	struct deny_list {
		unsigned int nr;
		struct deny_range *range;
	} read, write;
};

#define DENY_MAX_RANGES 262144

void deny_init(struct deny *deny);
void deny_deinit(struct deny *deny);

/* The VM's ioctls. */
long deny_set_attributes(struct vm *vm, unsigned long arg);
long deny_set_watch(struct vm *vm, unsigned long arg);

/* TRAPLINE_MEMORY_DENY_* of the page that contains ipa. */
unsigned int deny_page(struct deny *deny, u64 ipa);
/* True: no access to any page of the range is denied. */
bool deny_none(struct deny *deny, u64 ipa, u64 size);
/*
 * Cut [*first, *last], which contains ipa, down to the unwatched bytes around
 * ipa. False: ipa itself is watched.
 */
bool deny_gap(const struct deny *deny, bool write, u64 ipa, u64 *first,
	      u64 *last);
/* True: at least one byte of the range is watched. */
bool deny_watched(const struct deny *deny, bool write, u64 ipa, u64 size);

#endif
