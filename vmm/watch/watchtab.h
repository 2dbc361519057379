/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchtab.h - which bytes of guest RAM are watched, by page
 *
 * Pure: the watch engine's index (watch.h). A watched range is cut into pieces
 * that lie in one page each; a page is found by its IPA through a hash. What
 * permissions a page must lose follows from its pieces; pages where that has
 * changed wait in a list until watchtab_apply() hands them out as runs.
 *
 * No lock: changed with the VM stopped, read by any vCPU thread.
 */
#ifndef TRAPLINE_VMM_WATCHTAB_H
#define TRAPLINE_VMM_WATCHTAB_H

#include <trapline/guest.h>

struct watch; /* watch.h; only carried about here */

struct watch_piece {
	struct watch_piece *next; /* of the same page */
	struct watch *watch;
	ipa_t ipa;
	va_t va; /* of the first byte, as the watch was set */
	uint32_t len;
	unsigned int access; /* enum guest_access: what hits */
	bool protect; /* by stage 2; false: debug registers do it */
};

struct watch_page {
	struct watch_page *next; /* in the hash */
	struct watch_page *next_dirty;
	struct watch_piece *pieces;
	ipa_t ipa;
	unsigned int deny; /* as the back end was last told */
	bool dirty;
	bool whole; /* the caller's: all stores are wanted, watch.h */
};

#define WATCHTAB_BITS 12

struct watchtab {
	uint64_t page_size;
	struct watch_page *hash[1 << WATCHTAB_BITS];
	struct watch_page *dirty;
	unsigned int nr_pages, nr_denied;
};

void watchtab_init(struct watchtab *t, uint64_t page_size);
void watchtab_deinit(struct watchtab *t);

/* Add [ipa, ipa + len), which stands at va. -ENOMEM: nothing was added. */
int watchtab_add(struct watchtab *t, struct watch *watch, ipa_t ipa,
		 uint64_t len, va_t va, unsigned int access, bool protect);
/* Take out all pieces of watch in the pages of [ipa, ipa + len). */
void watchtab_del(struct watchtab *t, struct watch *watch, ipa_t ipa,
		  uint64_t len);

/* NULL: nothing is or was watched in that page. */
struct watch_page *watchtab_page(const struct watchtab *t, ipa_t ipa);
/* All pages, in no order; the next behind page, NULL: the first. */
struct watch_page *watchtab_next(const struct watchtab *t,
				 const struct watch_page *page);
/* The first piece of page, from "from" on, that such an access touches. */
struct watch_piece *watch_piece_touched(struct watch_piece *from, ipa_t ipa,
					uint64_t len, unsigned int access);

/*
 * Hand the pages whose permissions have to change to set(), as runs of one
 * kind in ascending order: all of them, or (grow) only those that lose some.
 * Stops at set()'s first error and returns it; what was not told stays
 * waiting. -ENOMEM. Pages without pieces and restrictions are freed.
 */
int watchtab_apply(struct watchtab *t, bool grow,
		   int (*set)(void *opaque, ipa_t ipa, uint64_t size,
			      unsigned int deny),
		   void *opaque);

#endif
