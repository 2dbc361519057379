// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slab.c - SLUB: caches, and the object that an address belongs to
 *
 * A slab is a run of pages with objects of the same size; its first struct page
 * is a struct slab. A free object is in one of these places; an object in none
 * of them is allocated:
 * - the slab's list of free objects;
 * - the list of free objects in the slab that a CPU allocates from;
 * - an array ("sheaf") of a CPU or of a node.
 *
 * The links of the lists are in the objects. With CONFIG_SLAB_FREELIST_HARDENED
 * (the member random) a link is stored as link ^ random ^ byte-swapped address
 * of the link (mm/slub.c).
 */
#include "state.h"

#include <errno.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_CACHES  4096
#define MAX_OBJECTS 32767 /* slab.objects has 15 bits */
#define MAX_NODES   64
#define MAX_SHEAVES 1024
#define SHEAF_MAX   512

static int cache_number(struct introspect *in, va_t cache, const char *path,
			uint64_t *ret)
{
	return introspect_get(in, "kmem_cache", cache, path, ret);
}

/* --- caches ------------------------------------------------------------------ */

/* The cache's pointer for a node: in the array node, or in per_node. */
static va_t node_of(struct introspect *in, va_t cache, unsigned int node,
		    const char *what)
{
	struct introspect_object o;
	char path[32];
	uint64_t va;

	snprintf(path, sizeof(path), "per_node[%u].%s", node, what);
	if (!introspect_object(in, "kmem_cache", cache, path, &o))
		return introspect_object_number(in, &o, &va) ? 0 : va;
	snprintf(path, sizeof(path), "node[%u]", node);
	if (strcmp(what, "node") ||
	    introspect_object(in, "kmem_cache", cache, path, &o) ||
	    introspect_object_number(in, &o, &va))
		return 0;
	return va;
}

int introspect_cache_read(struct introspect *in, va_t cache,
			  struct introspect_cache *ret)
{
	struct introspect_cache c = { .va = cache };
	uint64_t name, n;
	va_t node;

	if (cache_number(in, cache, "size", &c.size) ||
	    cache_number(in, cache, "object_size", &c.object_size) ||
	    cache_number(in, cache, "flags", &c.flags) ||
	    cache_number(in, cache, "name", &name) ||
	    kva_read_string(in, name, c.name, sizeof(c.name)) < 0)
		return -EFAULT;
	text_clean(c.name, strlen(c.name));
	for (unsigned int i = 0; i < MAX_NODES; i++) {
		node = node_of(in, cache, i, "node");
		if (!kva_is_kernel(node))
			break;
		if (!introspect_get(in, "kmem_cache_node", node,
				    "nr_slabs.counter", &n))
			c.slabs += n;
		if (!introspect_get(in, "kmem_cache_node", node,
				    "total_objects.counter", &n))
			c.objects += n;
	}
	*ret = c;
	return 0;
}

/*
 * Find one node of the list of caches: slab_caches itself, or the node in a
 * cache.
 */
static int list_find(struct introspect *in, uint32_t at, va_t *ret)
{
	va_t caches, cache;

	if (!introspect_symbol_by_name(in, "slab_caches", ret))
		return 0;
	if (introspect_symbol_by_name(in, "kmalloc_caches", &caches))
		return -ENOENT;
	for (unsigned int i = 0; i < 16; i++) {
		if (introspect_read(in, caches + i * sizeof(cache), &cache,
				    sizeof(cache)))
			return -EFAULT;
		if (!kva_is_kernel(cache))
			continue;
		*ret = cache + at;
		return 0;
	}
	return -ENOENT;
}

static bool in_image(const struct introspect *in, va_t va)
{
	return va >= in->kva.text && va - in->kva.text < in->k.size;
}

int introspect_cache_each(struct introspect *in,
			  bool (*see)(void *opaque,
				      const struct introspect_cache *cache),
			  void *opaque)
{
	struct introspect_cache cache;
	struct introspect_list l;
	uint32_t at;
	va_t head, node;
	int err;

	if (layout_offset(in, "kmem_cache", "list", &at))
		return -ENOENT;
	err = list_find(in, at, &head);
	if (err)
		return err;
	introspect_list_init(&l, head);
	node = head;
	do {
		/* slab_caches is in the Image, like the boot caches. */
		if (node == head && in_image(in, head))
			continue;
		if (introspect_cache_read(in, node - at, &cache)) {
			if (in_image(in, node))
				continue; /* this is slab_caches */
			return -EFAULT;
		}
		if (!see(opaque, &cache) || l.nr >= MAX_CACHES)
			return 0;
	} while ((err = introspect_list_next(in, &l, &node)) > 0);
	return err;
}

/* --- free objects ------------------------------------------------------------ */

static uint64_t swap(uint64_t x)
{
	return __builtin_bswap64(x);
}

struct free_search {
	struct introspect *in;
	const struct introspect_slab_object *o;
	va_t object; /* the object that is searched for */
	uint64_t random;
	bool hardened;
	uint64_t link; /* offset of the link in an object */
};

/* 1: the object is in the list; 0: it is not; or a negative errno. */
static int list_has(const struct free_search *f, va_t first)
{
	va_t at = first, place;

	for (unsigned int i = 0; at; i++) {
		if (i > f->o->nr)
			return -ELOOP;
		if (at == f->object)
			return 1;
		if (at < f->o->start ||
		    at - f->o->start >= f->o->nr * f->o->cache.size)
			return -EBADMSG;
		place = at + f->link;
		if (introspect_read(f->in, place, &at, sizeof(at)))
			return -EFAULT;
		if (f->hardened)
			at ^= f->random ^ swap(place);
	}
	return 0;
}

static int sheaf_has(const struct free_search *f, va_t sheaf)
{
	uint64_t nr;
	uint32_t at;
	va_t object;

	if (!kva_is_kernel(sheaf))
		return 0;
	if (introspect_get(f->in, "slab_sheaf", sheaf, "size", &nr) ||
	    layout_offset(f->in, "slab_sheaf", "objects", &at))
		return -ENOENT;
	if (nr > SHEAF_MAX)
		return -EBADMSG;
	for (uint64_t i = 0; i < nr; i++) {
		if (introspect_read(f->in, sheaf + at + i * sizeof(object),
				    &object, sizeof(object)))
			return -EFAULT;
		if (object == f->object)
			return 1;
	}
	return 0;
}

static int cpu_sheaves_have(const struct free_search *f, va_t sheaves)
{
	static const char *const names[] = { "main", "spare", "rcu_free" };
	int found = 0;
	va_t sheaf;

	for (unsigned int i = 0; !found && i < ARRAY_SIZE(names); i++)
		if (!introspect_get(f->in, "slub_percpu_sheaves", sheaves,
				    names[i], &sheaf))
			found = sheaf_has(f, sheaf);
	return found;
}

/* Is the object in the list of the slab that this CPU allocates from? */
static int cpu_slab_has(const struct free_search *f, va_t cpu_slab)
{
	va_t slab, first;

	if (introspect_get(f->in, "kmem_cache_cpu", cpu_slab, "slab", &slab) ||
	    introspect_get(f->in, "kmem_cache_cpu", cpu_slab, "freelist",
			   &first))
		return -ENOENT;
	return slab == f->o->slab ? list_has(f, first) : 0;
}

static int cpus_have(const struct free_search *f, unsigned int *cpu_ret)
{
	va_t cache = f->o->cache.va, pointer, va;
	bool sheaves = !cache_number(f->in, cache, "cpu_sheaves", &pointer);
	int found = 0;

	if (!sheaves && cache_number(f->in, cache, "cpu_slab", &pointer))
		return -ENOENT;
	for (unsigned int i = 0; !found && i < introspect_nr_cpus(f->in); i++) {
		if (!pointer ||
		    introspect_percpu_pointer(f->in, pointer, i, &va))
			continue;
		*cpu_ret = i;
		found = sheaves ? cpu_sheaves_have(f, va) : cpu_slab_has(f, va);
	}
	return found;
}

static int barn_has(const struct free_search *f, va_t barn)
{
	uint32_t head, node;
	struct introspect_list l;
	int found = 0, err = 0;
	va_t at;

	if (layout_offset(f->in, "node_barn", "sheaves_full", &head) ||
	    layout_offset(f->in, "slab_sheaf", "barn_list", &node))
		return 0;
	introspect_list_init(&l, barn + head);
	while (!found && (err = introspect_list_next(f->in, &l, &at)) > 0) {
		if (l.nr > MAX_SHEAVES)
			return -ELOOP;
		found = sheaf_has(f, at - node);
	}
	return found ? found : err;
}

static int barns_have(const struct free_search *f)
{
	int found = 0;
	va_t barn;

	for (unsigned int i = 0; !found && i < MAX_NODES; i++) {
		barn = node_of(f->in, f->o->cache.va, i, "barn");
		if (!kva_is_kernel(barn))
			break;
		found = barn_has(f, barn);
	}
	return found;
}

static va_t object_at(struct introspect *in,
		      const struct introspect_slab_object *o,
		      unsigned int index)
{
	uint64_t pad = 0;

	cache_number(in, o->cache.va, "red_left_pad", &pad);
	return o->start + index * o->cache.size + pad;
}

static enum introspect_slab_state
state_of(struct introspect *in, const struct introspect_slab_object *o,
	 unsigned int index, unsigned int *cpu_ret)
{
	struct free_search f = { .in = in, .o = o };
	uint64_t first;
	int found;

	f.object = object_at(in, o, index);
	f.hardened = !cache_number(in, o->cache.va, "random", &f.random);
	if (cache_number(in, o->cache.va, "offset", &f.link) ||
	    introspect_get(in, "slab", o->slab, "freelist", &first))
		return INTROSPECT_SLAB_UNKNOWN;
	found = list_has(&f, first);
	if (found)
		return found > 0 ? INTROSPECT_SLAB_FREE
				 : INTROSPECT_SLAB_UNKNOWN;
	found = cpus_have(&f, cpu_ret);
	if (found)
		return found > 0 ? INTROSPECT_SLAB_CPU
				 : INTROSPECT_SLAB_UNKNOWN;
	found = barns_have(&f);
	if (found)
		return found > 0 ? INTROSPECT_SLAB_BARN
				 : INTROSPECT_SLAB_UNKNOWN;
	return INTROSPECT_SLAB_ALLOCATED;
}

enum introspect_slab_state
introspect_slab_state(struct introspect *in,
		      const struct introspect_slab_object *o,
		      unsigned int index)
{
	unsigned int cpu;

	return index < o->nr ? state_of(in, o, index, &cpu)
			     : INTROSPECT_SLAB_UNKNOWN;
}

/* --- who allocated and freed it ----------------------------------------------- */

#define OLD_SLAB_STORE_USER BIT_ULL(16) /* before enum _slab_flag_bits */

static void track_read(struct introspect *in, va_t at,
		       struct introspect_track *ret)
{
	uint64_t caller, pid, cpu, when;
	uint32_t handle;

	if (introspect_get(in, "track", at, "addr", &caller) ||
	    introspect_get(in, "track", at, "pid", &pid) ||
	    introspect_get(in, "track", at, "cpu", &cpu) ||
	    introspect_get(in, "track", at, "when", &when) ||
	    !kva_is_kernel(caller))
		return;
	*ret = (struct introspect_track){
		.caller = caller,
		.pid = (int)pid,
		.cpu = (unsigned int)cpu,
		.jiffies = when,
	};
	if (!layout_offset(in, "track", "handle", &handle))
		ret->handle = at + handle;
}

static void tracks_read(struct introspect *in, struct introspect_slab_object *o)
{
	uint64_t bit, flag = OLD_SLAB_STORE_USER, inuse, offset;
	uint32_t size;
	va_t at;

	if (!introspect_enum_value(in, "_slab_flag_bits", "_SLAB_STORE_USER",
				   &bit))
		flag = 1ULL << (bit & 63);
	if (!(o->cache.flags & flag) ||
	    cache_number(in, o->cache.va, "inuse", &inuse) ||
	    cache_number(in, o->cache.va, "offset", &offset) ||
	    layout_size(in, "track", &size))
		return;
	at = o->object + inuse + (offset >= inuse ? sizeof(va_t) : 0);
	track_read(in, at, &o->allocated);
	track_read(in, at + size, &o->freed);
}

/* --- the object of an address --------------------------------------------------- */

int introspect_slab_object(struct introspect *in, va_t va,
			   struct introspect_slab_object *ret)
{
	struct introspect_slab_object o = { 0 };
	struct introspect_page page;
	uint64_t cache, inuse, nr;
	int err = introspect_page_of(in, va, &page);

	if (err)
		return err;
	if (!page.slab)
		return -ENOENT;
	o.slab = page.head;
	if (introspect_get(in, "slab", o.slab, "slab_cache", &cache) ||
	    introspect_get(in, "slab", o.slab, "inuse", &inuse) ||
	    introspect_get(in, "slab", o.slab, "objects", &nr))
		return -ENOENT;
	err = introspect_cache_read(in, cache, &o.cache);
	if (err)
		return err;
	if (!o.cache.size || !nr || nr > MAX_OBJECTS)
		return -EBADMSG;
	o.nr = (unsigned int)nr;
	o.inuse = (unsigned int)inuse;
	o.start = ALIGN_DOWN(va, introspect_page_size(in)) -
		  (page.ipa - page.head_ipa);
	o.index = (unsigned int)((va - o.start) / o.cache.size);
	if (o.index >= o.nr)
		return -ENOENT; /* unused bytes after the last object */
	o.object = object_at(in, &o, o.index);
	o.offset = (int64_t)(va - o.object);
	o.state = state_of(in, &o, o.index, &o.cpu);
	tracks_read(in, &o);
	*ret = o;
	return 0;
}
