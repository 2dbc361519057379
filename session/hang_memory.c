// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hang_memory.c - a task that looks for free memory, and finds none
 *
 * The allocator of pages tries again and again if the caller's flags forbid it
 * to kill a process or to fail. The task is then in the slow path for ever. It
 * is not blocked, and it lets other tasks run. At one moment it may be outside
 * of the reclaim, but never outside of the allocator. kswapd gives up on a node
 * after 16 vain attempts (MAX_RECLAIM_RETRIES), which the node's
 * kswapd_failures shows.
 */
#include "hang.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"

#define MAX_FAILURES 16

/*
 * Functions of the allocator of pages: its slow path is a part of the first ones
 * or calls the others. Then those that every kind of allocation calls.
 */
static const char *const page_allocators[] = {
	"__alloc_pages",        "__alloc_frozen_pages", "try_to_free_pages",
	"do_try_to_free_pages", "out_of_memory",
};
static const char *const allocators[] = {
	"__alloc_pages",   "alloc_pages",     "__alloc_frozen_pages",
	"alloc_frozen_",   "folio_alloc",     "__folio_alloc",
	"vma_alloc_folio", "__get_free_page", "get_free_pages",
	"get_zeroed_page", "alloc_slab_page", "allocate_slab",
	"new_slab",        "___slab_alloc",   "__slab_alloc",
	"kmem_cache_",     "__kmalloc",       "__do_kmalloc",
	"kmalloc_",        "__vmalloc",       "vmalloc",
	"kvmalloc",        "__kvmalloc",      "try_to_free_pages",
	"out_of_memory",
};

static bool begins(const char *name, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strncmp(name, list[i], strlen(list[i])))
			return true;
	return false;
}

bool hang_allocates(struct crash *c, const struct introspect_frame *frames,
		    int nr, int *caller)
{
	struct introspect_symbol sym;
	bool pages = false;
	int last = -1;

	for (int i = 0; i < nr; i++) {
		const char *name = crash_frame_symbol(c, &frames[i], &sym);

		if (frames[i].kind == INTROSPECT_FRAME_MAYBE || *sym.module)
			continue;
		pages = pages || begins(name, page_allocators,
					ARRAY_SIZE(page_allocators));
		if (begins(name, allocators, ARRAY_SIZE(allocators)))
			last = i;
	}
	*caller = last + 1;
	return pages && last + 1 < nr;
}

struct zones {
	uint64_t free, high, min, managed;
	uint64_t held; /* free pages that most allocations cannot have */
	struct introspect *in;
	bool hopeless; /* kswapd has given up */
};

static void zone_see(void *opaque, unsigned int node,
		     const struct introspect_zone *zone)
{
	struct zones *z = opaque;
	uint64_t atomic = 0;

	if (introspect_get(z->in, "zone", zone->va, "nr_free_highatomic",
			   &atomic))
		introspect_get(z->in, "zone", zone->va,
			       "nr_reserved_highatomic", &atomic);
	z->held += atomic;
	z->free += zone->free;
	z->high += zone->high;
	z->min += zone->min;
	z->managed += zone->managed;
}

static bool zones_read(struct introspect *in, struct zones *z)
{
	uint64_t failures = 0, cma;
	va_t table, node;

	*z = (struct zones){ .in = in };
	if (introspect_zone_each(in, zone_see, z) || !z->managed)
		return false;
	if (!introspect_symbol_by_name(in, "node_data", &table) &&
	    !introspect_read(in, table, &node, sizeof(node)) &&
	    introspect_get(in, "pglist_data", node, "kswapd_failures",
			   &failures))
		introspect_get(in, "pglist_data", node,
			       "kswapd_failures.counter", &failures);
	z->hopeless = failures >= MAX_FAILURES;
	if (!introspect_vm_stat(in, "NR_FREE_CMA_PAGES", &cma))
		z->held += cma;
	z->held = min(z->held, z->free);
	return true;
}

/*
 * kswapd works until more than the high mark is free. What it frees may be taken
 * again before the look.
 */
static bool is_low(const struct zones *z)
{
	return z->free - z->held <= 2 * z->high;
}

bool hang_memory_is_low(struct introspect *in)
{
	struct zones zones;

	return zones_read(in, &zones) && is_low(&zones);
}

bool hang_is_hungry(struct crash *c, const struct hang *h,
		    const struct introspect_task *task)
{
	struct introspect_frame frames[CRASH_FRAMES];
	int n, why, caller;

	return hang_task_stack(c, h, task, frames, &n, &why) &&
	       hang_allocates(c, frames, n, &caller);
}

bool hang_memory_find(struct crash *c, struct hang *h, bool sure)
{
	struct introspect_task *tasks;
	bool found = false;
	struct zones zones;
	unsigned int nr;

	if (!zones_read(c->in, &zones) || !is_low(&zones) ||
	    (!sure && !zones.hopeless))
		return false;
	introspect_task_list(c->in, &tasks, &nr);
	/* Other tasks suffer, too. The one that has run longest is the culprit. */
	for (unsigned int i = 0; i < nr; i++) {
		if ((found && tasks[i].ns <= h->hungry.ns) ||
		    !hang_is_hungry(c, h, &tasks[i]))
			continue;
		found = true;
		h->hungry = tasks[i];
	}
	free(tasks);
	return found;
}

/* --- sentences -------------------------------------------------------------*/

static uint64_t mib(struct crash *c, uint64_t pages)
{
	return pages * introspect_page_size(c->in) / SZ_1M;
}

static uint64_t sum(struct crash *c, const char *const *names, size_t nr)
{
	uint64_t pages, ret = 0;

	for (size_t i = 0; i < nr; i++)
		if (!introspect_vm_stat(c->in, names[i], &pages))
			ret += pages;
	return ret;
}

static void use_explain(struct crash *c, const struct zones *z)
{
	static const char *const anon[] = { "NR_ANON_MAPPED" };
	static const char *const files[] = { "NR_FILE_PAGES" };
	static const char *const slabs[] = { "NR_SLAB_RECLAIMABLE_B",
					     "NR_SLAB_UNRECLAIMABLE_B" };
	uint64_t known[] = { z->free, sum(c, anon, ARRAY_SIZE(anon)),
			     sum(c, files, ARRAY_SIZE(files)),
			     sum(c, slabs, ARRAY_SIZE(slabs)) };
	uint64_t rest = z->managed;

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		rest -= min(rest, known[i]);
	doc_detail(c->d,
		   "Of %" PRIu64 " MiB, %" PRIu64 " are free, %" PRIu64
		   " belong to processes, %" PRIu64 " to files, %" PRIu64
		   " to slabs. Other code of the kernel has %" PRIu64 " MiB.",
		   mib(c, z->managed), mib(c, known[0]), mib(c, known[1]),
		   mib(c, known[2]), mib(c, known[3]), mib(c, rest));
}

static void victim_see(void *opaque, const struct introspect_task *task)
{
	struct crash *c = opaque;

	doc_detail(c->d, "It has chosen %s (pid %d), which has not ended.",
		   task->comm, task->pid);
}

static void victims_explain(struct crash *c)
{
	uint64_t kills;

	if (!introspect_vm_event(c->in, "OOM_KILL", &kills))
		doc_detail(c->d,
			   "The OOM killer has ended %" PRIu64 " processes.",
			   kills);
	linux_victim_each(c->in, victim_see, c);
}

void hang_memory_explain(struct crash *c)
{
	struct zones z;

	if (!zones_read(c->in, &z))
		return;
	doc_detail(c->d,
		   "The kernel can use %" PRIu64 " free pages%s; below %" PRIu64
		   ", allocations have to wait.%s",
		   z.free - z.held,
		   z.held ? ", without those for movable memory and for "
			    "interrupts"
			  : "",
		   z.min,
		   z.hopeless ? " kswapd has given up: no page can be "
				"reclaimed."
			      : "");
	use_explain(c, &z);
	victims_explain(c);
}
