/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brk.h - BRK instructions planted in guest RAM
 *
 * A table of sites, keyed by IPA, with several owners each. Knows neither
 * KVM nor vCPUs (the host tests it) and has no lock: breakpoints.c wraps it.
 */
#ifndef TRAPLINE_VMM_BRK_H
#define TRAPLINE_VMM_BRK_H

#include <trapline/guest.h>

/* Who wants a BRK; a bit mask. */
enum break_owner {
	BREAK_DEBUGGER = 1, /* counted: several VAs may be one IPA */
	BREAK_CATCH = 2, /* crash.c */
	BREAK_MODULE = 4, /* crash.c, module events */
	BREAK_EXEC = 8, /* crash.c, the kernel has relocated itself */
	BREAK_MONITOR = 16, /* pbreak.c */
};

/* A BRK with our immediate was executed: what is it? */
enum break_state {
	BREAK_NONE, /* the guest's own */
	BREAK_OURS,
	BREAK_STALE, /* one that has just been taken out: run it again */
};

/* A planted (or, during a step over it, lifted) BRK. */
struct brk_site {
	ipa_t ipa;
	uint32_t *host;
	uint32_t original;
	unsigned int owners; /* enum break_owner */
	unsigned int refs; /* how often BREAK_DEBUGGER wants it */
	bool planted;
	bool guarded; /* breakpoints_guard() has seen to it */
	bool displaced; /* within brk_write() only */
};

struct brk_table {
	const struct guest_ram *ram;
	unsigned int nr_ram;
	struct brk_site *sites;
	unsigned int nr, max;
};

void brk_init(struct brk_table *t, const struct guest_ram *ram,
	      unsigned int nr_ram);
void brk_deinit(struct brk_table *t); /* leaves guest RAM as it is */

/*
 * 1: a BRK has been planted; 0: there was one, that owner is added; -EINVAL:
 * ipa is no multiple of 4; -EFAULT: no RAM there; -ENOMEM.
 */
int brk_add(struct brk_table *t, ipa_t ipa, enum break_owner owner);
/* 1: it is gone; 0: others want it still; -ENOENT: not that owner's. */
int brk_del(struct brk_table *t, ipa_t ipa, enum break_owner owner);
/* NULL: none. Valid until the next brk_add() or brk_del(). */
struct brk_site *brk_find(struct brk_table *t, ipa_t ipa);

/* Out of the way of a step, and back. No-ops where it is so already. */
void brk_lift(struct brk_site *s);
void brk_plant(struct brk_site *s);

enum break_state brk_state(struct brk_table *t, ipa_t ipa);

/*
 * Guest RAM has been rewritten: plant again where the BRK is gone; unless
 * force, only where the original word came back. Returns how many.
 */
unsigned int brk_replant(struct brk_table *t, bool force);

/* May the BRK stay there when the guest writes to it? */
typedef bool brk_stays_fn(void *opaque, const struct brk_site *s);

/*
 * The guest is about to store buf to [ipa, ipa + len): a BRK that stays does
 * so in buf, and what the guest stores becomes the word under it.
 */
void brk_keep(struct brk_table *t, ipa_t ipa, void *buf, size_t len,
	      brk_stays_fn *stays, void *opaque);
/* [ipa, ipa + len) has been written: BRKs that stay are planted again. */
void brk_again(struct brk_table *t, ipa_t ipa, size_t len, brk_stays_fn *stays,
	       void *opaque);

/* buf was read from [ipa, ipa + len): put the guest's own words back. */
void brk_hide(struct brk_table *t, ipa_t ipa, void *buf, size_t len);
/*
 * A debugger writes buf to host, which is [ipa, ipa + len): planted BRKs
 * stay, the words under them change. Instruction caches are told.
 */
void brk_write(struct brk_table *t, ipa_t ipa, uint8_t *host, const void *buf,
	       size_t len);

#endif
