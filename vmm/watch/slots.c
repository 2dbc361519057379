// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slots.c - guest RAM as a row of KVM memory slots
 *
 * The row is a sorted array. A change replaces a run of slots by at most five:
 * the part of the first slot below its 2 MiB boundary, the rest of that block,
 * the range itself, and the same two parts after the range.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, KVM_SET_USER_MEMORY_REGION.
 */
#include "slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int slots_init(struct slots *s, ipa_t ipa, uint64_t size, unsigned int max_ids)
{
	*s = (struct slots){ .max_ids = max_ids, .next_id = 1, .room = 16 };
	s->slot = calloc(s->room, sizeof(*s->slot));
	s->free_id = calloc(s->room, sizeof(*s->free_id));
	if (!s->slot || !s->free_id) {
		slots_deinit(s);
		return -ENOMEM;
	}
	s->slot[0] = (struct slot){ .ipa = ipa, .size = size };
	s->nr = 1;
	return 0;
}

void slots_deinit(struct slots *s)
{
	free(s->slot);
	free(s->free_id);
	*s = (struct slots){ 0 };
}

static ipa_t slot_end(const struct slot *slot)
{
	return slot->ipa + slot->size;
}

/* The index of the slot that contains ipa, which is inside RAM. */
static unsigned int find(const struct slots *s, ipa_t ipa)
{
	unsigned int low = 0, high = s->nr;

	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;

		if (s->slot[middle].ipa <= ipa)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool is_inside(const struct slots *s, ipa_t ipa, uint64_t size)
{
	ipa_t base = s->nr ? s->slot[0].ipa : 0;
	uint64_t all = s->nr ? slot_end(&s->slot[s->nr - 1]) - base : 0;

	return size && ipa >= base && ipa - base < all &&
	       size <= all - (ipa - base);
}

const struct slot *slots_find(const struct slots *s, ipa_t ipa)
{
	return is_inside(s, ipa, 1) ? &s->slot[find(s, ipa)] : NULL;
}

static void plan_add(struct slots_plan *plan, ipa_t from, ipa_t to,
		     unsigned int deny)
{
	if (from < to)
		plan->add[plan->nr_add++] = (struct slot){
			.ipa = from,
			.size = to - from,
			.deny = deny,
			.id = SLOT_NONE,
		};
}

/* Join unrestricted neighbours that are in the same 2 MiB block. */
static void heal(const struct slots *s, struct slots_plan *plan, ipa_t *from,
		 ipa_t *to)
{
	ipa_t low = ALIGN_DOWN(*from, SLOT_BLOCK);
	ipa_t high = ALIGN_UP(*to, SLOT_BLOCK);
	unsigned int last = plan->first + plan->nr_old - 1;

	while (plan->first && s->slot[plan->first].ipa == *from) {
		const struct slot *below = &s->slot[plan->first - 1];

		if (below->deny || below->ipa < low)
			break;
		plan->first--;
		plan->nr_old++;
		*from = below->ipa;
	}
	while (last + 1 < s->nr && slot_end(&s->slot[last]) == *to) {
		const struct slot *above = &s->slot[last + 1];

		if (above->deny || slot_end(above) > high)
			break;
		last++;
		plan->nr_old++;
		*to = slot_end(above);
	}
}

static unsigned int in_use(const struct slots *s)
{
	return s->next_id - s->nr_free;
}

/* The number of slots that may be in use while the plan is carried out. */
static unsigned int room_for(const struct slots *s,
			     const struct slots_plan *plan, unsigned int deny)
{
	unsigned int more = 0;

	for (unsigned int i = 0; i < plan->nr_old; i++)
		more |= deny & ~s->slot[plan->first + i].deny;
	/* Not more slots than before: for example, an opened page is closed. */
	if (!more || plan->nr_add <= plan->nr_old || s->max_ids < SLOTS_SPARE)
		return s->max_ids;
	return s->max_ids - SLOTS_SPARE;
}

int slots_plan(const struct slots *s, ipa_t ipa, uint64_t size,
	       unsigned int deny, struct slots_plan *ret)
{
	struct slots_plan plan = { 0 };
	const struct slot *first, *last;
	ipa_t from = ipa, to = ipa + size, low, high;

	if (!is_inside(s, ipa, size))
		return -EFAULT;
	plan.first = find(s, ipa);
	plan.nr_old = find(s, to - 1) - plan.first + 1;
	first = &s->slot[plan.first];
	last = &s->slot[plan.first + plan.nr_old - 1];
	if (first == last && first->deny == deny) {
		*ret = (struct slots_plan){ 0 };
		return 0;
	}
	/* Do not cut off a remainder that gets the same permissions. */
	if (first->deny == deny && deny)
		from = first->ipa;
	if (last->deny == deny && deny)
		to = slot_end(last);
	if (!deny)
		heal(s, &plan, &from, &to);
	if (first->ipa < from) {
		low = ALIGN_DOWN(from, SLOT_BLOCK);
		if (first->deny || low < first->ipa)
			low = first->ipa;
		plan_add(&plan, first->ipa, low, first->deny);
		plan_add(&plan, low, from, first->deny);
	}
	plan_add(&plan, from, to, deny);
	if (slot_end(last) > to) {
		high = ALIGN_UP(to, SLOT_BLOCK);
		if (last->deny || high > slot_end(last))
			high = slot_end(last);
		plan_add(&plan, to, high, last->deny);
		plan_add(&plan, high, slot_end(last), last->deny);
	}
	if (in_use(s) + plan.nr_add > room_for(s, &plan, deny))
		return -ENOSPC;
	*ret = plan;
	return 0;
}

static bool has_id(unsigned int deny)
{
	return !(deny & GUEST_READ);
}

int slots_number(struct slots *s, struct slots_plan *plan)
{
	unsigned int want = s->nr + plan->nr_add + SLOTS_MAX_ADD;
	unsigned int *ids;
	void *slot;

	if (want > s->room) {
		slot = reallocarray(s->slot, 2 * (size_t)want,
				    sizeof(*s->slot));
		if (slot)
			s->slot = slot;
		ids = reallocarray(s->free_id, 2 * (size_t)want,
				   sizeof(*s->free_id));
		if (ids)
			s->free_id = ids;
		if (!slot || !ids)
			return -ENOMEM;
		s->room = 2 * want;
	}
	for (unsigned int i = 0; i < plan->nr_add; i++)
		if (has_id(plan->add[i].deny))
			plan->add[i].id = s->nr_free ? s->free_id[--s->nr_free]
						     : s->next_id++;
	return 0;
}

void slots_abandon(struct slots *s, const struct slots_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_add; i++)
		if (plan->add[i].id != SLOT_NONE)
			s->free_id[s->nr_free++] = plan->add[i].id;
}

void slots_commit(struct slots *s, const struct slots_plan *plan)
{
	unsigned int behind = plan->first + plan->nr_old;

	for (unsigned int i = plan->first; i < behind; i++)
		if (s->slot[i].id != SLOT_NONE)
			s->free_id[s->nr_free++] = s->slot[i].id;
	memmove(&s->slot[plan->first + plan->nr_add], &s->slot[behind],
		(s->nr - behind) * sizeof(*s->slot));
	memcpy(&s->slot[plan->first], plan->add,
	       plan->nr_add * sizeof(*s->slot));
	s->nr += plan->nr_add;
	s->nr -= plan->nr_old;
}
