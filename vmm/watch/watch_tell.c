// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_tell.c - tell the kernel which accesses have to exit
 *
 * If the back end can complete plain accesses in the kernel (protect.h), it has
 * a list of the bytes whose accesses a watch wants to see. A page where
 * exclusives are emulated is on the list as a whole (watch.h, "Exclusives").
 * The list is made when the guest is about to run. A new watch withdraws the
 * old list until then.
 */
#include "watch_engine.h"

#include <stdlib.h>
#include "protect.h"
#include "vmm/vm.h"

static unsigned int nr_ranges(const struct watch_engine *e)
{
	const struct watch_page *page = NULL;
	unsigned int nr = 0;

	for (const struct watch *w = e->watches; w; w = w->next)
		nr += w->nr_ranges;
	while ((page = watchtab_next(&e->tab, page)))
		nr += page->whole;
	return nr;
}

static void ranges_fill(const struct watch_engine *e,
			struct trapline_watch_range *ret)
{
	const struct watch_page *page = NULL;

	for (const struct watch *w = e->watches; w; w = w->next)
		for (unsigned int i = 0; i < w->nr_ranges; i++)
			*ret++ = (struct trapline_watch_range){
				.ipa = w->ranges[i].ipa,
				.size = w->ranges[i].len,
				.kinds = watch_access(w->spec.kind),
			};
	while ((page = watchtab_next(&e->tab, page)))
		if (page->whole)
			*ret++ = (struct trapline_watch_range){
				.ipa = page->ipa,
				.size = e->tab.page_size,
				.kinds = TRAPLINE_WATCH_WRITE,
			};
}

/*
 * If the kernel refuses the list, or there is no memory for it, every access
 * exits.
 */
void watch_tell(struct watch_engine *e)
{
	struct vm *vm = e->vm;
	unsigned int nr = nr_ranges(e);
	struct trapline_watch_range *ranges;

	e->tell = false;
	if (!vm->protect->watch)
		return;
	ranges = calloc(nr, sizeof(*ranges));
	if (ranges)
		ranges_fill(e, ranges);
	if (!ranges || vm->protect->watch(vm, ranges, nr))
		vm->protect->watch(vm, NULL, 0);
	free(ranges);
}

void watch_untell(struct watch_engine *e)
{
	if (e->vm->protect->watch && !e->tell)
		e->vm->protect->watch(e->vm, NULL, 0);
	e->tell = true;
}

void watch_tell_exclusive(struct watch_engine *e, ipa_t ipa)
{
	struct watch_page *page = watchtab_page(&e->tab, ipa);

	if (!page || page->whole)
		return;
	page->whole = true;
	if (!e->tell)
		watch_tell(e);
}
