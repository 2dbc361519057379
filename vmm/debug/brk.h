/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brk.h - BRK instructions planted in guest RAM
 *
 * A table of sites, keyed by IPA; each site may have several owners. This file
 * knows neither KVM nor vCPUs, so tests run on the build host. It has no lock:
 * breakpoints.c has one.
 */
#ifndef TRAPLINE_VMM_BRK_H
#define TRAPLINE_VMM_BRK_H

#include <trapline/guest.h>

/* The owners of a BRK; a bit mask. */
enum break_owner {
	BREAK_DEBUGGER = 1, /* counted: several VAs may map one IPA */
	BREAK_CATCH = 2, /* vmm/catch/crash.c */
	BREAK_MODULE = 4, /* the same, module events */
	BREAK_EXEC = 8, /* the same, start_kernel() was reached */
	BREAK_MONITOR = 16, /* vmm/catch/pbreak.c */
};

/* The kinds of an executed BRK that has trapline's immediate. */
enum break_state {
	BREAK_NONE, /* a BRK of the guest's own */
	BREAK_OURS,
	BREAK_STALE, /* was just removed: execute the instruction again */
};

/* A BRK that is planted, or lifted during a step over it. */
struct brk_site {
	ipa_t ipa;
	uint32_t *host;
	uint32_t original;
	unsigned int owners; /* enum break_owner */
	unsigned int refs; /* number of debugger's points at this site */
	bool planted;
	bool guarded; /* breakpoints_guard() has guarded its page */
	bool displaced; /* used only inside brk_write() */
	bool lent; /* brk_lend() shows the guest's word in memory */
};

struct brk_table {
	const struct guest_ram *ram;
	unsigned int nr_ram;
	struct brk_site *sites; /* in ascending order of ipa */
	unsigned int nr, max;
};

void brk_init(struct brk_table *t, const struct guest_ram *ram,
	      unsigned int nr_ram);
void brk_deinit(struct brk_table *t); /* leaves guest RAM as it is */

/*
 * 1: a BRK has been planted; 0: a BRK was there already, and has one more
 * owner; -EINVAL: ipa is no multiple of 4; -EFAULT: no RAM at ipa; -ENOMEM.
 */
int brk_add(struct brk_table *t, ipa_t ipa, enum break_owner owner);
/* 1: lifted; 0: other owners remain; -ENOENT: owner has none there. */
int brk_del(struct brk_table *t, ipa_t ipa, enum break_owner owner);
/* NULL: no BRK there. Valid until the next brk_add() or brk_del(). */
struct brk_site *brk_find(struct brk_table *t, ipa_t ipa);

/*
 * Remove the BRK for a step over it, and put it back. A call that finds the BRK
 * in the wanted state does nothing.
 */
void brk_lift(struct brk_site *s);
void brk_plant(struct brk_site *s);

enum break_state brk_state(struct brk_table *t, ipa_t ipa);

/*
 * Guest RAM has been rewritten: plant the missing BRKs again. Without force,
 * only where the original word is back. Returns how many.
 */
unsigned int brk_replant(struct brk_table *t, bool force);

/* May the BRK stay when the guest writes to its address? */
typedef bool brk_stays_fn(void *opaque, const struct brk_site *s);

/*
 * The guest is about to store buf to [ipa, ipa + len). A BRK that stays is
 * written into buf, and the guest's word becomes the word under the BRK.
 */
void brk_keep(struct brk_table *t, ipa_t ipa, void *buf, size_t len,
	      brk_stays_fn *stays, void *opaque);
/*
 * The CPU itself is about to access [ipa, ipa + len): show it the guest's own
 * words, but for the BRK at except. brk_again() ends this.
 */
void brk_lend(struct brk_table *t, ipa_t ipa, size_t len, ipa_t except);
/*
 * [ipa, ipa + len) has been written: plant again the BRKs that stay, and those
 * that were lent and not overwritten.
 */
void brk_again(struct brk_table *t, ipa_t ipa, size_t len, brk_stays_fn *stays,
	       void *opaque);

/* buf was read from [ipa, ipa + len): replace BRKs by the guest's words. */
void brk_hide(struct brk_table *t, ipa_t ipa, void *buf, size_t len);
/*
 * A debugger writes buf to host, the memory of [ipa, ipa + len). Planted BRKs
 * stay; the words under them change. Does instruction cache maintenance.
 */
void brk_write(struct brk_table *t, ipa_t ipa, uint8_t *host, const void *buf,
	       size_t len);

#endif
