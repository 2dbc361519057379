/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deny.h - what a debugger has denied the guest, and which bytes it watches
 *
 * include/trapline/abi.h is the manual: KVM_SET_MEMORY_ATTRIBUTES and
 * TRAPLINE_SET_WATCH. Both change under vm->slots_lock held for writing and
 * are read with it held for reading, until what they allow has been done.
 */
#ifndef TRAPLINE_KMOD_DENY_H
#define TRAPLINE_KMOD_DENY_H

#include <linux/maple_tree.h>
#include <linux/types.h>

struct vm;
struct deny_range;

struct deny {
	struct maple_tree pages; /* by page number, TRAPLINE_MEMORY_DENY_* */
	bool finish; /* TRAPLINE_WATCH_FINISH */
	u64 changes; /* of all of this, and of slots; from 1 on */
	/* By kind, sorted, disjoint. */
	struct deny_list {
		unsigned int nr;
		struct deny_range *range;
	} read, write;
};

#define DENY_MAX_RANGES 65536

void deny_init(struct deny *deny);
void deny_deinit(struct deny *deny);

/* The VM's ioctls. */
long deny_set_attributes(struct vm *vm, unsigned long arg);
long deny_set_watch(struct vm *vm, unsigned long arg);

/* TRAPLINE_MEMORY_DENY_* of the page ipa is in. */
unsigned int deny_page(struct deny *deny, u64 ipa);
/* No page of the range is denied anything. */
bool deny_none(struct deny *deny, u64 ipa, u64 size);
/*
 * Cuts [*first, *last], which has ipa, to what is not watched around it.
 * False: ipa is.
 */
bool deny_gap(const struct deny *deny, bool write, u64 ipa, u64 *first,
	      u64 *last);
/* Bytes of the range are watched. */
bool deny_watched(const struct deny *deny, bool write, u64 ipa, u64 size);

#endif
