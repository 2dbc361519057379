// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * brk.c - BRK instructions planted in guest RAM
 *
 * BRKs are written through the VMM's own mapping of guest RAM. Armv8 requires
 * that instruction cache maintenance by VA reaches every alias of the address
 * that the cache may hold (PIPT, or VIPT that behaves like PIPT here). So
 * __builtin___clear_cache() on the host's alias is enough for the guest's
 * fetches. A guest that runs with its caches off may fetch from beyond the
 * point of unification. KVM cleans a page to the point of coherency when it
 * maps the page, which covers BRKs that are planted before the first
 * instruction.
 *
 * Source: Arm ARM (DDI 0487), "Synchronization and coherency issues between
 * data and instruction accesses", "BRK".
 */
#include "brk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/decoder.h>

static const uint32_t our_brk = INSN_BRK_IMM(TRAPLINE_BRK_IMM);

void brk_init(struct brk_table *t, const struct guest_ram *ram,
	      unsigned int nr_ram)
{
	*t = (struct brk_table){ .ram = ram, .nr_ram = nr_ram };
}

void brk_deinit(struct brk_table *t)
{
	free(t->sites);
	t->sites = NULL;
	t->nr = 0;
	t->max = 0;
}

static void put_word(uint32_t *host, uint32_t word)
{
	__atomic_store_n(host, word, __ATOMIC_RELAXED);
	__builtin___clear_cache((char *)host, (char *)(host + 1));
}

static uint32_t get_word(const uint32_t *host)
{
	return __atomic_load_n(host, __ATOMIC_RELAXED);
}

static uint32_t *word_at(const struct brk_table *t, ipa_t ipa)
{
	const struct guest g = { .ram = t->ram, .nr_ram = t->nr_ram };

	return (uint32_t *)(void *)guest_ram_at(&g, ipa, sizeof(uint32_t));
}

static void plant(struct brk_site *s)
{
	s->original = get_word(s->host);
	put_word(s->host, our_brk);
	s->planted = true;
}

void brk_plant(struct brk_site *s)
{
	if (!s->planted)
		plant(s);
}

void brk_lift(struct brk_site *s)
{
	/* If the guest has overwritten the BRK, its new word stays. */
	if (s->planted && get_word(s->host) == our_brk)
		put_word(s->host, s->original);
	s->planted = false;
}

/* The first site at ipa or above it. */
static unsigned int site_index(const struct brk_table *t, ipa_t ipa)
{
	unsigned int low = 0, high = t->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (t->sites[middle].ipa < ipa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The sites that [ipa, ipa + len) overlaps. */
struct span {
	struct brk_site *begin, *end;
};

static struct span sites_over(const struct brk_table *t, ipa_t ipa, size_t len)
{
	ipa_t first = ipa < INSN_SIZE ? 0 : ipa - (INSN_SIZE - 1);

	if (!t->nr)
		return (struct span){ 0 };
	return (struct span){ t->sites + site_index(t, first),
			      t->sites + site_index(t, ipa + len) };
}

struct brk_site *brk_find(struct brk_table *t, ipa_t ipa)
{
	unsigned int i = site_index(t, ipa);

	return i < t->nr && t->sites[i].ipa == ipa ? &t->sites[i] : NULL;
}

/* A new, planted site without owners. */
static int site_create(struct brk_table *t, ipa_t ipa, struct brk_site **ret)
{
	unsigned int i = site_index(t, ipa);
	uint32_t *host = word_at(t, ipa);

	if (!host)
		return -EFAULT;
	if (t->nr == t->max) {
		unsigned int max = t->max ? t->max * 2 : 16;
		void *p = reallocarray(t->sites, max, sizeof(*t->sites));

		if (!p)
			return -ENOMEM;
		t->sites = p;
		t->max = max;
	}
	*ret = &t->sites[i];
	memmove(*ret + 1, *ret, (t->nr++ - i) * sizeof(**ret));
	**ret = (struct brk_site){ .ipa = ipa, .host = host };
	plant(*ret);
	return 0;
}

int brk_add(struct brk_table *t, ipa_t ipa, enum break_owner owner)
{
	struct brk_site *s = brk_find(t, ipa);
	bool create = !s;
	int err;

	if (ipa % 4)
		return -EINVAL;
	if (create) {
		err = site_create(t, ipa, &s);
		if (err)
			return err;
	}
	s->owners |= owner;
	if (owner == BREAK_DEBUGGER)
		s->refs++;
	return create;
}

int brk_del(struct brk_table *t, ipa_t ipa, enum break_owner owner)
{
	struct brk_site *s = brk_find(t, ipa);

	if (!s || !(s->owners & owner))
		return -ENOENT;
	if (owner == BREAK_DEBUGGER && --s->refs)
		return 0;
	s->owners &= ~(unsigned int)owner;
	if (s->owners)
		return 0;
	brk_lift(s);
	t->nr--;
	memmove(s, s + 1, (size_t)(t->sites + t->nr - s) * sizeof(*s));
	return 1;
}

enum break_state brk_state(struct brk_table *t, ipa_t ipa)
{
	struct brk_site *s = brk_find(t, ipa);
	const uint32_t *host = word_at(t, ipa);

	if (s && s->planted)
		return BREAK_OURS;
	return host && get_word(host) != our_brk ? BREAK_STALE : BREAK_NONE;
}

unsigned int brk_replant(struct brk_table *t, bool force)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < t->nr; i++) {
		struct brk_site *s = &t->sites[i];
		uint32_t word = get_word(s->host);

		if (!s->planted || word == our_brk ||
		    (!force && word != s->original))
			continue;
		plant(s);
		nr++;
	}
	return nr;
}

/*
 * The part of a planted site's word that is in [ipa, ipa + len): *at is its
 * offset in that range, *from its offset in the word. Returns its length. If
 * the guest has overwritten the BRK, the length is 0: the word in memory is the
 * guest's own.
 */
static size_t overlap(const struct brk_site *s, ipa_t ipa, size_t len,
		      size_t *at, size_t *from)
{
	ipa_t start = s->ipa > ipa ? s->ipa : ipa;
	ipa_t end = s->ipa + sizeof(s->original);

	if (end > ipa + len)
		end = ipa + len;
	if (!s->planted || start >= end || get_word(s->host) != our_brk)
		return 0;
	*at = start - ipa;
	*from = start - s->ipa;
	return end - start;
}

void brk_hide(struct brk_table *t, ipa_t ipa, void *buf, size_t len)
{
	struct span over = sites_over(t, ipa, len);
	size_t at, from, n;

	for (struct brk_site *s = over.begin; s < over.end; s++) {
		n = overlap(s, ipa, len, &at, &from);
		if (n)
			memcpy((uint8_t *)buf + at,
			       (const uint8_t *)&s->original + from, n);
	}
}

void brk_keep(struct brk_table *t, ipa_t ipa, void *buf, size_t len,
	      brk_stays_fn *stays, void *opaque)
{
	struct span over = sites_over(t, ipa, len);
	size_t at, from, n;

	for (struct brk_site *s = over.begin; s < over.end; s++) {
		n = overlap(s, ipa, len, &at, &from);
		if (!n || !stays(opaque, s))
			continue;
		memcpy((uint8_t *)&s->original + from, (uint8_t *)buf + at, n);
		memcpy((uint8_t *)buf + at, (const uint8_t *)&our_brk + from,
		       n);
	}
}

void brk_lend(struct brk_table *t, ipa_t ipa, size_t len, ipa_t except)
{
	struct span over = sites_over(t, ipa, len);

	for (struct brk_site *s = over.begin; s < over.end; s++) {
		if (!s->planted || s->ipa == except ||
		    get_word(s->host) != our_brk)
			continue;
		put_word(s->host, s->original);
		s->lent = true;
	}
}

void brk_again(struct brk_table *t, ipa_t ipa, size_t len, brk_stays_fn *stays,
	       void *opaque)
{
	struct span over = sites_over(t, ipa, len);

	for (struct brk_site *s = over.begin; s < over.end; s++) {
		uint32_t word = get_word(s->host);

		if (s->planted && word != our_brk &&
		    ((s->lent && word == s->original) || stays(opaque, s)))
			plant(s);
		s->lent = false;
	}
}

void brk_write(struct brk_table *t, ipa_t ipa, uint8_t *host, const void *buf,
	       size_t len)
{
	struct span over = sites_over(t, ipa, len);
	size_t at, from, n;

	for (struct brk_site *s = over.begin; s < over.end; s++) {
		n = overlap(s, ipa, len, &at, &from);
		if (!n)
			continue;
		memcpy((uint8_t *)&s->original + from,
		       (const uint8_t *)buf + at, n);
		s->displaced = true;
	}
	memcpy(host, buf, len);
	for (struct brk_site *s = over.begin; s < over.end; s++) {
		if (s->displaced)
			put_word(s->host, our_brk);
		s->displaced = false;
	}
	__builtin___clear_cache((char *)host, (char *)host + len);
}
