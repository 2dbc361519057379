// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_hit.c - the watches that an access touches, and what it changes
 *
 * Called before the access is done, with engine.lock held: memory still has the
 * old bytes.
 */
#include "watch_engine.h"

#include <string.h>
#include <trapline/util.h>
#include "vmm/vm.h"

#define VALUE_MAX 8U

/* size bytes of RAM at "at", overlaid with those of the store. */
static uint64_t value_after(const uint8_t *host, ipa_t at, uint32_t size,
			    ipa_t ipa, uint32_t len, const uint8_t *new)
{
	uint8_t bytes[VALUE_MAX] = { 0 };
	uint64_t value;

	memcpy(bytes, host, size);
	for (uint32_t i = 0; new != NULL &&i < size; i++)
		if (at + i >= ipa && at + i - ipa < len)
			bytes[i] = new[at + i - ipa];
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool is_same(const struct watch_piece *p, const uint8_t *host, ipa_t ipa,
		    uint32_t len, const uint8_t *new)
{
	ipa_t from = p->ipa > ipa ? p->ipa : ipa;
	ipa_t to = min(p->ipa + p->len, ipa + len);

	return !memcmp(host + (from - p->ipa), new + (from - ipa), to - from);
}

/* The whole object if it is small; otherwise from the first touched byte. */
static void hit_fill(struct watch_hit *hit, const struct watch_piece *p,
		     const uint8_t *host, ipa_t ipa, uint32_t len,
		     const uint8_t *new)
{
	uint64_t skip = p->len > VALUE_MAX && ipa > p->ipa ? ipa - p->ipa : 0;
	uint64_t left = p->len - skip;

	hit->size = (uint8_t)min(left, VALUE_MAX);
	hit->va = p->va + skip;
	host += skip;
	hit->old = value_after(host, p->ipa + skip, hit->size, 0, 0, NULL);
	hit->new = value_after(host, p->ipa + skip, hit->size, ipa, len, new);
}

/*
 * Prefer a hit that changes the value to one that does not, then the lower
 * address.
 */
static bool stops_rather(const struct watch_touch *touch,
			 const struct watch_hit *hit, va_t va)
{
	if (touch->stop < 0)
		return true;
	if (touch->hit[touch->stop].same != hit->same)
		return !hit->same;
	return va < touch->stop_va;
}

static void touch_one(struct watch_engine *e, struct watch_touch *ret,
		      struct watch_piece *p, ipa_t ipa, uint32_t len,
		      unsigned int access, const uint8_t *new)
{
	const uint8_t *host = vm_ram_at(e->vm, p->ipa, p->len);
	struct watch_hit *hit;
	va_t va = p->va + (ipa > p->ipa ? ipa - p->ipa : 0);

	/*
	 * There are more hits than entries: overwrite the last one, unless it
	 * is the hit to report.
	 */
	if (ret->nr == WATCH_MAX_TOUCHED && ret->stop == (int)ret->nr - 1)
		return;
	if (ret->nr == WATCH_MAX_TOUCHED)
		ret->nr--;
	hit = &ret->hit[ret->nr];
	*hit = (struct watch_hit){
		.access = (uint8_t)access,
		.watch = (uint16_t)p->watch->id,
	};
	hit_fill(hit, p, host, ipa, len, new);
	hit->same = new != NULL &&is_same(p, host, ipa, len, new);
	if (!watchcond_holds(&p->watch->spec.cond, hit->old, hit->new,
			     ret->vcpu))
		return;
	/* A write watch of a debugger stops only if the value changes. */
	if (watch_stops(p->watch) &&
	    !(hit->same && p->watch->spec.kind == GUEST_WATCH_WRITE) &&
	    stops_rather(ret, hit, va)) {
		ret->stop = (int)ret->nr;
		ret->stop_va = va;
	}
	ret->watch[ret->nr++] = p->watch;
}

void watch_touch_add(struct watch_engine *e, struct watch_touch *ret, ipa_t ipa,
		     uint32_t len, unsigned int access, const uint8_t *new)
{
	struct watch_page *page = watchtab_page(&e->tab, ipa);
	struct watch_piece *p = page ? page->pieces : NULL;

	for (p = watch_piece_touched(p, ipa, len, access); p;
	     p = watch_piece_touched(p->next, ipa, len, access))
		if (!p->watch->out && p->watch->spec.owner != WATCH_TEXT)
			touch_one(e, ret, p, ipa, len, access, new);
}

/*
 * The access is done. Log all of its hits, also those that could stop the
 * guest, because no debugger has seen them.
 */
void watch_touch_done(struct watch_engine *e, const struct watch_touch *touch)
{
	for (unsigned int i = 0; i < touch->nr; i++)
		__atomic_fetch_add(&touch->watch[i]->nr_hits, 1,
				   __ATOMIC_RELAXED);
	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < touch->nr; i++)
		watchlog_add(&e->log, &touch->hit[i]);
	pthread_mutex_unlock(&e->lock);
}
