// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watchtab.c - the bytes of guest RAM that are watched, by page
 *
 * A hash with chains. A page has few pieces, so these are in a list.
 */
#include "watchtab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

void watchtab_init(struct watchtab *t, uint64_t page_size)
{
	*t = (struct watchtab){ .page_size = page_size };
}

static void page_free(struct watch_page *page)
{
	while (page->pieces) {
		struct watch_piece *piece = page->pieces;

		page->pieces = piece->next;
		free(piece);
	}
	free(page);
}

void watchtab_deinit(struct watchtab *t)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(t->hash); i++) {
		while (t->hash[i]) {
			struct watch_page *page = t->hash[i];

			t->hash[i] = page->next;
			page_free(page);
		}
	}
	t->dirty = NULL;
}

/* Neighbouring pages are in neighbouring chains. */
static unsigned int hash_of(const struct watchtab *t, ipa_t page)
{
	return (unsigned int)(page / t->page_size) & (ARRAY_SIZE(t->hash) - 1);
}

struct watch_page *watchtab_page(const struct watchtab *t, ipa_t ipa)
{
	ipa_t at = ALIGN_DOWN(ipa, t->page_size);
	struct watch_page *page = t->hash[hash_of(t, at)];

	while (page && page->ipa != at)
		page = page->next;
	return page;
}

struct watch_page *watchtab_next(const struct watchtab *t,
				 const struct watch_page *page)
{
	unsigned int i = page ? hash_of(t, page->ipa) + 1 : 0;

	if (page && page->next)
		return page->next;
	while (i < ARRAY_SIZE(t->hash) && !t->hash[i])
		i++;
	return i < ARRAY_SIZE(t->hash) ? t->hash[i] : NULL;
}

static struct watch_page *page_get(struct watchtab *t, ipa_t ipa)
{
	ipa_t at = ALIGN_DOWN(ipa, t->page_size);
	struct watch_page *page = watchtab_page(t, at), **link;

	if (page)
		return page;
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	link = &t->hash[hash_of(t, at)];
	page->ipa = at;
	page->next = *link;
	*link = page;
	t->nr_pages++;
	return page;
}

/*
 * A protected page always loses write permission. It loses read permission if a
 * piece watches reads.
 */
static unsigned int page_want(const struct watch_page *page)
{
	unsigned int want = 0;

	for (const struct watch_piece *p = page->pieces; p; p = p->next) {
		if (!p->protect)
			continue;
		want |= GUEST_WRITE;
		want |= p->access & GUEST_READ;
	}
	return want;
}

static void page_changed(struct watchtab *t, struct watch_page *page)
{
	if (page->dirty)
		return;
	page->dirty = true;
	page->next_dirty = t->dirty;
	t->dirty = page;
}

/* Bytes from ipa to the end of its page, at most len. */
static uint32_t page_span(const struct watchtab *t, ipa_t ipa, uint64_t len)
{
	uint64_t left = t->page_size - (ipa & (t->page_size - 1));

	return (uint32_t)min(len, left);
}

static int piece_add(struct watchtab *t, const struct watch_piece *like)
{
	struct watch_page *page = page_get(t, like->ipa);
	struct watch_piece *piece = page ? malloc(sizeof(*piece)) : NULL;

	if (!piece)
		return -ENOMEM;
	*piece = *like;
	piece->next = page->pieces;
	page->pieces = piece;
	page_changed(t, page);
	return 0;
}

int watchtab_add(struct watchtab *t, struct watch *watch, ipa_t ipa,
		 uint64_t len, va_t va, unsigned int access, bool protect)
{
	struct watch_piece piece = {
		.watch = watch,
		.access = access,
		.protect = protect,
	};

	for (uint64_t done = 0; done < len; done += piece.len) {
		piece.ipa = ipa + done;
		piece.va = va + done;
		piece.len = page_span(t, ipa + done, len - done);
		if (piece_add(t, &piece)) {
			watchtab_del(t, watch, ipa, len);
			return -ENOMEM;
		}
	}
	return 0;
}

static void pieces_del(struct watch_page *page, const struct watch *watch)
{
	struct watch_piece **link = &page->pieces;

	while (*link) {
		struct watch_piece *piece = *link;

		if (piece->watch != watch) {
			link = &piece->next;
			continue;
		}
		*link = piece->next;
		free(piece);
	}
}

void watchtab_del(struct watchtab *t, struct watch *watch, ipa_t ipa,
		  uint64_t len)
{
	ipa_t end = ipa + len;

	for (ipa_t at = ALIGN_DOWN(ipa, t->page_size); at < end;
	     at += t->page_size) {
		struct watch_page *page = watchtab_page(t, at);

		if (!page)
			continue;
		pieces_del(page, watch);
		page_changed(t, page);
	}
}

struct watch_piece *watch_piece_touched(struct watch_piece *from, ipa_t ipa,
					uint64_t len, unsigned int access)
{
	while (from && (!(from->access & access) || from->ipa >= ipa + len ||
			ipa >= from->ipa + from->len))
		from = from->next;
	return from;
}

static int compare(const void *a, const void *b)
{
	const struct watch_page *const *x = a, *const *y = b;
	ipa_t p = (*x)->ipa, q = (*y)->ipa;

	return p < q ? -1 : p > q;
}

static void page_drop(struct watchtab *t, struct watch_page *page)
{
	struct watch_page **link = &t->hash[hash_of(t, page->ipa)];

	while (*link != page)
		link = &(*link)->next;
	*link = page->next;
	t->nr_pages--;
	page_free(page);
}

/* The page needs no more change: take it off the list. */
static void page_done(struct watchtab *t, struct watch_page *page,
		      unsigned int deny)
{
	t->nr_denied += !!deny;
	t->nr_denied -= !!page->deny;
	page->deny = deny;
	page->dirty = false;
	if (!deny && !page->pieces)
		page_drop(t, page);
}

/* Take the pages to pass on, sorted. Others go back to the list. */
static unsigned int dirty_take(struct watchtab *t, bool grow,
			       struct watch_page **ret)
{
	struct watch_page *page = t->dirty, *next;
	unsigned int nr = 0;

	t->dirty = NULL;
	for (; page; page = next) {
		unsigned int want = page_want(page);

		next = page->next_dirty;
		if (want == page->deny) {
			page_done(t, page, want);
		} else if (grow && !(want & ~page->deny)) {
			page->next_dirty = t->dirty;
			t->dirty = page;
		} else {
			ret[nr++] = page;
		}
	}
	qsort(ret, nr, sizeof(*ret), compare);
	return nr;
}

int watchtab_apply(struct watchtab *t, bool grow,
		   int (*set)(void *opaque, ipa_t ipa, uint64_t size,
			      unsigned int deny),
		   void *opaque)
{
	struct watch_page **pages;
	unsigned int nr = 0, i, end;
	int err = 0;

	for (struct watch_page *p = t->dirty; p; p = p->next_dirty)
		nr++;
	if (!nr)
		return 0;
	pages = calloc(nr, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	nr = dirty_take(t, grow, pages);
	for (i = 0; i < nr && !err; i = err ? i : end) {
		unsigned int want = page_want(pages[i]);

		/*
		 * grow: permissions that the page has lost already stay lost.
		 */
		if (grow)
			want |= pages[i]->deny;
		for (end = i + 1; end < nr; end++)
			if (pages[end]->ipa !=
				    pages[end - 1]->ipa + t->page_size ||
			    (page_want(pages[end]) |
			     (grow ? pages[end]->deny : 0)) != want)
				break;
		err = set(opaque, pages[i]->ipa, (end - i) * t->page_size,
			  want);
		for (unsigned int j = i; j < end && !err; j++) {
			page_done(t, pages[j], want);
			/* The page still has to get permissions back, later. */
			if (want && page_want(pages[j]) != want)
				page_changed(t, pages[j]);
		}
	}
	for (; i < nr; i++) {
		pages[i]->dirty = false;
		page_changed(t, pages[i]);
	}
	free(pages);
	return err;
}
