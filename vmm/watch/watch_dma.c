// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_dma.c - writes of the VMM's own devices to watched bytes
 *
 * Devices write guest RAM from outside, so no permission stops them. Instead
 * they call here before and after each write. Watched bytes are copied before,
 * and compared after. So a hit is reported after the write, with the device and
 * the queue. Any thread, with the device's lock held.
 */
#include "watch_engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vmm/debug/breakpoints.h"
#include "vmm/run.h"
#include "vmm/vm.h"

struct watch_dma {
	struct watch_dma *next;
	const struct device *dev;
	struct watch_piece *piece;
	uint8_t before[];
};

static void save(struct watch_engine *e, const struct device *dev,
		 struct watch_piece *p)
{
	struct watch_dma *d = malloc(sizeof(*d) + p->len);

	if (!d)
		return;
	d->dev = dev;
	d->piece = p;
	memcpy(d->before, vm_ram_at(e->vm, p->ipa, p->len), p->len);
	d->next = e->dma;
	e->dma = d;
}

static void save_range(struct watch_engine *e, const struct device *dev,
		       ipa_t ipa, uint64_t len)
{
	ipa_t end = ipa + len;
	ipa_t at = ALIGN_DOWN(ipa, e->tab.page_size);

	for (; at < end; at += e->tab.page_size) {
		struct watch_page *page = watchtab_page(&e->tab, at);
		struct watch_piece *p = page ? page->pieces : NULL;

		for (p = watch_piece_touched(p, ipa, len, GUEST_WRITE); p;
		     p = watch_piece_touched(p->next, ipa, len, GUEST_WRITE))
			if (!p->watch->out &&
			    p->watch->spec.owner != WATCH_TEXT)
				save(e, dev, p);
	}
}

/* The guest's RAM is one range. */
static ipa_t ipa_of(const struct watch_engine *e, const void *host)
{
	const struct guest_ram *ram = &e->vm->ram[0];

	return ram->ipa + (uint64_t)((const uint8_t *)host - ram->host);
}

static uint64_t value_of(const uint8_t *bytes, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size);
	return value;
}

static void hit_fill(struct watch_engine *e, const struct watch_dma *d,
		     const struct device *dev, unsigned int queue,
		     struct watch_hit *ret)
{
	const struct watch_piece *p = d->piece;
	const uint8_t *now = vm_ram_at(e->vm, p->ipa, p->len);
	uint32_t at = 0;

	while (at < p->len && now[at] == d->before[at])
		at++;
	*ret = (struct watch_hit){
		.access = GUEST_WRITE,
		.watch = (uint16_t)p->watch->id,
		.device = dev->ops->name,
		.vcpu = (uint16_t)queue,
		.same = at == p->len,
		.late = true,
	};
	/* The whole object if it is small; otherwise from the first change. */
	if (ret->same || p->len <= sizeof(ret->old))
		at = 0;
	ret->size = (uint8_t)(p->len - at < sizeof(ret->old)
				      ? p->len - at
				      : sizeof(ret->old));
	ret->va = p->va + at;
	ret->old = value_of(d->before + at, ret->size);
	ret->new = value_of(now + at, ret->size);
	ret->time = watch_time(e);
}

/*
 * engine.lock held. If there are more hits than entries, the rest is only
 * logged.
 */
static void device_hit_add(struct watch_engine *e, const struct watch *w,
			   const struct watch_hit *hit)
{
	if (e->nr_device_hits == WATCH_MAX_DEVICE_HITS)
		return;
	e->device_hit[e->nr_device_hits++] = (struct watch_device_hit){
		.hit = *hit,
		.watch = w,
		.id = w->id,
		.access = watch_stop_access(&w->spec),
	};
}

bool watch_device_stopped(struct watch_engine *e, struct guest_stop *stop,
			  struct watch_hit *ret)
{
	struct watch_device_hit d;
	bool any, more;

	pthread_mutex_lock(&e->lock);
	any = e->nr_device_hits;
	if (any) {
		d = e->device_hit[0];
		e->nr_device_hits--;
		memmove(e->device_hit, e->device_hit + 1,
			e->nr_device_hits * sizeof(d));
	}
	more = e->nr_device_hits;
	pthread_mutex_unlock(&e->lock);
	if (!any)
		return false;
	stop->addr = d.hit.va;
	stop->access = d.access;
	snprintf(stop->text, sizeof(stop->text),
		 "watchpoint %u: %s, queue %u, has written 0x%" PRIx64
		 " (monitor lastwatch)",
		 d.id, d.hit.device, d.hit.vcpu, d.hit.va);
	*ret = d.hit;
	/* The next resume reports the next one. */
	if (more)
		vm_stop_device(e->vm);
	return true;
}

void watch_device_forget(struct watch_engine *e, const struct watch *w)
{
	unsigned int nr = 0;
	bool none;

	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < e->nr_device_hits; i++)
		if (e->device_hit[i].watch != w)
			e->device_hit[nr++] = e->device_hit[i];
	none = nr == 0 && e->nr_device_hits;
	e->nr_device_hits = nr;
	pthread_mutex_unlock(&e->lock);
	if (none)
		vm_stop_device_forget(e->vm);
}

/* engine.lock held. true: the VM has to stop. */
static bool compare(struct watch_engine *e, const struct device *dev,
		    unsigned int queue)
{
	struct watch_dma **link = &e->dma;
	bool stops = false;

	while (*link) {
		struct watch_dma *d = *link;
		struct watch *w = d->piece->watch;
		struct watch_hit hit;

		if (d->dev != dev) {
			link = &d->next;
			continue;
		}
		hit_fill(e, d, dev, queue, &hit);
		watchlog_add(&e->log, &hit);
		__atomic_fetch_add(&w->nr_hits, 1, __ATOMIC_RELAXED);
		if (watch_stops(w) && !stops &&
		    (!hit.same || w->spec.kind != GUEST_WATCH_WRITE) &&
		    watchcond_holds(&w->spec.cond, hit.old, hit.new, ~0ULL)) {
			stops = true;
			device_hit_add(e, w, &hit);
		}
		*link = d->next;
		free(d);
	}
	return stops;
}

void watch_dma(struct watch_engine *e, struct device *dev, unsigned int queue,
	       const struct iovec *iov, unsigned int nr, bool done)
{
	bool stops = false;

	if (!e->watches)
		return;
	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < nr; i++) {
		ipa_t ipa = ipa_of(e, iov[i].iov_base);

		if (!done)
			save_range(e, dev, ipa, iov[i].iov_len);
		else
			breakpoints_again(e->vm->breakpoints, NULL, ipa,
					  iov[i].iov_len);
		watch_reservations_break(e, ipa, iov[i].iov_len);
	}
	if (done)
		stops = compare(e, dev, queue);
	pthread_mutex_unlock(&e->lock);
	if (stops)
		vm_stop_device(e->vm);
}
