// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_slab.c - see fake_slab.h
 */
#include "fake_slab.h"

#include <stdio.h>
#include <string.h>

va_t page_of(struct setup *s, va_t va)
{
	struct introspect_object o;

	assert_int_equal(introspect_object(s->in, "struct page", 0, "", &o), 0);
	return PAGES + (va - HEAP_VA) / PAGE * o.size;
}

void pages_put(struct setup *s)
{
	struct introspect_object o;

	*at(s, symbol(s, "mem_section")) = ROOTS;
	*at(s, ROOTS + 8) = SECTIONS;
	assert_int_equal(introspect_object(s->in, "struct page", 0, "", &o), 0);
	set(s, SECTIONS, "mem_section", "section_mem_map",
	    (PAGES - HEAP / PAGE * o.size) | 3);
}

va_t object(unsigned int i)
{
	return SLAB + i * SIZE;
}

void link_put(struct setup *s, va_t from, va_t to)
{
	va_t place = from + LINK;

	*at(s, place) = to ^ RANDOM ^ __builtin_bswap64(place);
}

static void sheaf_put(struct setup *s, va_t va, va_t only)
{
	set32(s, va, "slab_sheaf", "size", 1);
	set(s, va, "slab_sheaf", "objects", only);
}

static void kept_put(struct setup *s)
{
	va_t offset = *at(s, symbol(s, "__per_cpu_offset")), list;

	if (has(s, "kmem_cache", "cpu_slab")) {
		set(s, CACHE, "kmem_cache", "cpu_slab", SHEAVES - offset);
		set(s, SHEAVES, "kmem_cache_cpu", "slab", page_of(s, SLAB));
		set(s, SHEAVES, "kmem_cache_cpu", "freelist", object(3));
		link_put(s, object(3), 0);
		return;
	}
	set(s, CACHE, "kmem_cache", "cpu_sheaves", SHEAVES - offset);
	set(s, SHEAVES, "slub_percpu_sheaves", "main", SHEAVES + 0x1000);
	sheaf_put(s, SHEAVES + 0x1000, object(3));
	set(s, CACHE, "kmem_cache", "per_node", SHEAVES + 0x2000); /* barn */
	list = field(s, SHEAVES + 0x2000, "node_barn", "sheaves_full");
	*at(s, list) = field(s, SHEAVES + 0x3000, "slab_sheaf", "barn_list");
	*at(s, *at(s, list)) = list;
	sheaf_put(s, SHEAVES + 0x3000, object(4));
}

void slab_put(struct setup *s)
{
	va_t page = page_of(s, SLAB);
	uint64_t value;

	strcpy((char *)at(s, NAMES), "some\033cache");
	set(s, CACHE, "kmem_cache", "name", NAMES);
	set32(s, CACHE, "kmem_cache", "size", SIZE);
	set32(s, CACHE, "kmem_cache", "object_size", 200);
	set32(s, CACHE, "kmem_cache", "inuse", INUSE);
	set32(s, CACHE, "kmem_cache", "offset", LINK);
	set(s, CACHE, "kmem_cache", "random", RANDOM);
	set(s, page, "slab", "slab_cache", CACHE);
	set(s, page, "slab", "freelist", object(1));
	set32(s, page, "slab", "inuse", 5 | NR << 16);
	link_put(s, object(1), object(2));
	link_put(s, object(2), 0);
	if (!introspect_enum_value(s->in, "pageflags", "PG_slab", &value))
		*at(s, page) = 1ULL << value;
	else if (!introspect_enum_value(s->in, "pagetype", "PGTY_slab", &value))
		set32(s, page, "page", "page_type", (uint32_t)value << 24);
	kept_put(s);
}
