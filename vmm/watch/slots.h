/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - guest RAM as a row of KVM memory slots
 *
 * Pure: the row, and what has to change in it when the permissions of a range
 * change; protect_slots.c does what the plan says. RAM begins as one slot. A
 * range with permissions of its own gets a slot of its own, and the RAM around
 * it, up to the next 2 MiB boundary, another: KVM drops all of a slot's stage
 * 2 when it is deleted, and maps nothing larger than 2 MiB that is not wholly
 * inside one slot. A 2 MiB block whose last special range has gone becomes
 * one slot again.
 *
 * No lock: the caller has one.
 */
#ifndef TRAPLINE_VMM_SLOTS_H
#define TRAPLINE_VMM_SLOTS_H

#include <trapline/guest.h>

#define SLOT_BLOCK SZ_2M
#define SLOT_NONE  (~0U) /* not told KVM: neither read nor written */

/*
 * Kept back from new restrictions: what is watched already has to be opened
 * for a step, closed again, and let go of, when all others are in use.
 */
#define SLOTS_SPARE 16

struct slot {
	ipa_t ipa;
	uint64_t size;
	unsigned int deny; /* GUEST_READ | GUEST_WRITE, or 0 */
	unsigned int id; /* KVM's number */
};

struct slots {
	struct slot *slot; /* ascending, without gaps */
	unsigned int nr, room;
	unsigned int max_ids; /* KVM_CAP_NR_MEMSLOTS */
	unsigned int next_id; /* never given away yet */
	unsigned int *free_id; /* stack of those given back; room of them */
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
 * What makes [ipa, ipa + size) have deny. Slots that the plan leaves keep
 * their number; new ones get theirs from slots_commit(). -EFAULT: not inside;
 * -ENOSPC: KVM has not as many slots, SLOTS_SPARE of them aside where a range
 * is to be more restricted than it is.
 */
int slots_plan(const struct slots *s, ipa_t ipa, uint64_t size,
	       unsigned int deny, struct slots_plan *ret);
/*
 * Numbers for plan->add, from the free ones, which may be those of slots that
 * the plan deletes. -ENOMEM; after 0 slots_commit() cannot fail.
 */
int slots_number(struct slots *s, struct slots_plan *plan);
void slots_commit(struct slots *s, const struct slots_plan *plan);
/* It came to nothing: the numbers go back. */
void slots_abandon(struct slots *s, const struct slots_plan *plan);

/* The slot that has ipa; NULL: none. */
const struct slot *slots_find(const struct slots *s, ipa_t ipa);

#endif
