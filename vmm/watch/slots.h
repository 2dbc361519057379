/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - guest RAM as a row of KVM memory slots
 *
 * Pure code. It keeps the row, and plans how the row changes when the
 * permissions of a range change. protect_slots.c carries out the plan. RAM
 * begins as one slot. A range with permissions of its own gets its own slot,
 * and so does the RAM around it, up to the next 2 MiB boundary. There are two
 * reasons: when a slot is deleted, KVM drops all its stage-2 mappings; and KVM
 * maps no block of 2 MiB that is not wholly in one slot. When a 2 MiB block has
 * no such range left, it becomes one slot again.
 *
 * No lock: the caller has one.
 */
#ifndef TRAPLINE_VMM_SLOTS_H
#define TRAPLINE_VMM_SLOTS_H

#include <trapline/guest.h>

#define SLOT_BLOCK SZ_2M
#define SLOT_NONE  (~0U) /* not given to KVM: not readable, not writable */

/*
 * Slots that new restrictions may not use. When all other slots are in use, it
 * must still be possible to open a watched page for a step, to close it again,
 * and to release it.
 */
#define SLOTS_SPARE 16

struct slot {
	ipa_t ipa;
	uint64_t size;
	unsigned int deny; /* GUEST_READ | GUEST_WRITE, or 0 */
	unsigned int id; /* KVM's slot number */
};

struct slots {
	struct slot *slot; /* ascending, without gaps */
	unsigned int nr, room;
	unsigned int max_ids; /* KVM_CAP_NR_MEMSLOTS */
	unsigned int next_id; /* the lowest number never used so far */
	unsigned int *free_id; /* stack of returned numbers; room entries */
	unsigned int nr_free;
};

/* Replace slot[first .. first + nr_old) by add[0 .. nr_add). */
#define SLOTS_MAX_ADD 5
struct slots_plan {
	unsigned int first, nr_old;
	struct slot add[SLOTS_MAX_ADD];
	unsigned int nr_add; /* 0: nothing has to change */
};

/* One slot for all of [ipa, ipa + size). -ENOMEM. */
int slots_init(struct slots *s, ipa_t ipa, uint64_t size, unsigned int max_ids);
void slots_deinit(struct slots *s);

/*
 * Plan the slots for deny as the new permissions of [ipa, ipa + size). A slot
 * that the plan does not touch keeps its number; new slots get theirs from
 * slots_number(). -EFAULT: not inside RAM. -ENOSPC: KVM has too few slots. If
 * the range becomes more restricted, SLOTS_SPARE slots are not counted.
 */
int slots_plan(const struct slots *s, ipa_t ipa, uint64_t size,
	       unsigned int deny, struct slots_plan *ret);
/*
 * Give numbers to plan->add, from the free ones. These may be numbers of slots
 * that the plan deletes. -ENOMEM. After 0, slots_commit() cannot fail.
 */
int slots_number(struct slots *s, struct slots_plan *plan);
void slots_commit(struct slots *s, const struct slots_plan *plan);
/* The plan was not carried out: return its numbers. */
void slots_abandon(struct slots *s, const struct slots_plan *plan);

/* The slot that contains ipa; NULL: none. */
const struct slot *slots_find(const struct slots *s, ipa_t ipa);

#endif
