/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchtab.h - the bytes of guest RAM that are watched, by page
 *
 * Pure code: the index of the watch engine (watch.h). A watched range is cut
 * into pieces; each is in one page. A hash finds a page by its IPA. The pieces
 * of a page determine the permissions that it must lose. A page whose
 * permissions have to change waits in a list until watchtab_apply() passes it
 * on, in runs of pages.
 *
 * No lock: the tables change with the VM stopped; any vCPU thread reads them.
 */
#ifndef TRAPLINE_VMM_WATCHTAB_H
#define TRAPLINE_VMM_WATCHTAB_H

#include <trapline/guest.h>

struct watch; /* watch.h; only a pointer here */

struct watch_piece {
	struct watch_piece *next; /* of the same page */
	struct watch *watch;
	ipa_t ipa;
	va_t va; /* of the first byte, as watched */
	uint32_t len;
	unsigned int access; /* enum guest_access: accesses that hit */
	bool protect; /* stage 2 protects it; false: debug registers */
};

struct watch_page {
	struct watch_page *next; /* in the hash */
	struct watch_page *next_dirty;
	struct watch_piece *pieces;
	ipa_t ipa;
	unsigned int deny; /* what the back end was last told */
	bool dirty;
	bool whole; /* for the caller: all stores wanted (watch.h) */
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

/* Add [ipa, ipa + len), watched as va. -ENOMEM: nothing was added. */
int watchtab_add(struct watchtab *t, struct watch *watch, ipa_t ipa,
		 uint64_t len, va_t va, unsigned int access, bool protect);
/* Delete all pieces of watch in the pages of [ipa, ipa + len). */
void watchtab_del(struct watchtab *t, struct watch *watch, ipa_t ipa,
		  uint64_t len);

/* NULL: that page is not in the table. */
struct watch_page *watchtab_page(const struct watchtab *t, ipa_t ipa);
/*
 * Iterate over all pages, in no order. Returns the page that follows page, or,
 * if page is NULL, the first page. NULL: page was the last one.
 */
struct watch_page *watchtab_next(const struct watchtab *t,
				 const struct watch_page *page);
/* The first piece, in the list from "from" on, that the access touches. */
struct watch_piece *watch_piece_touched(struct watch_piece *from, ipa_t ipa,
					uint64_t len, unsigned int access);

/*
 * Call set() for the pages whose permissions have to change, as runs of equal
 * permissions in ascending order. grow: only pages that lose permissions. Stops
 * at the first error of set() and returns it; pages that were not given to
 * set() stay in the list. -ENOMEM. A page without pieces and restrictions is
 * freed.
 */
int watchtab_apply(struct watchtab *t, bool grow,
		   int (*set)(void *opaque, ipa_t ipa, uint64_t size,
			      unsigned int deny),
		   void *opaque);

#endif
