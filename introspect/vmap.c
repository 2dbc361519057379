// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap.c - the areas of vmalloc(), vmap() and ioremap()
 *
 * Newer kernels have a list of busy areas for each struct vmap_node. Older ones
 * have one list, vmap_area_list. If kallsyms lacks this symbol, the address of
 * the list is taken from the code of a function that walks it, or from the
 * VMCOREINFO that the kernel has published.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#define MAX_AREAS  65536
#define MAX_NODES  1024
#define CANDIDATES 32

struct areas {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_vmap_area *area);
	void *opaque;
	uint32_t list;
	unsigned int nr;
	bool ended;
};

static void area_read(struct introspect *in, va_t va,
		      struct introspect_vmap_area *ret)
{
	struct introspect_vmap_area a = { .va = va };

	introspect_get(in, "vmap_area", va, "va_start", &a.start);
	introspect_get(in, "vmap_area", va, "va_end", &a.end);
	introspect_get(in, "vmap_area", va, "vm", &a.vm);
	if (kva_is_kernel(a.vm)) {
		introspect_get(in, "vm_struct", a.vm, "caller", &a.caller);
		introspect_get(in, "vm_struct", a.vm, "flags", &a.flags);
		introspect_get(in, "vm_struct", a.vm, "phys_addr", &a.ipa);
	}
	*ret = a;
}

static int list_each(struct areas *as, va_t head)
{
	struct introspect_vmap_area area;
	struct introspect_list l;
	va_t node;
	int err = 0;

	introspect_list_init(&l, head);
	while (!as->ended &&
	       (err = introspect_list_next(as->in, &l, &node)) > 0) {
		if (as->nr++ == MAX_AREAS)
			return -E2BIG;
		area_read(as->in, node - as->list, &area);
		as->ended = !as->see(as->opaque, &area);
	}
	return as->ended ? 0 : err;
}

static int nodes_each(struct areas *as, va_t variable)
{
	uint32_t size, head, nr = 1;
	va_t nodes, count;
	int err = 0;

	if (layout_size(as->in, "vmap_node", &size) ||
	    layout_offset(as->in, "vmap_node", "busy.head", &head))
		return -ENOENT;
	if (introspect_read(as->in, variable, &nodes, sizeof(nodes)))
		return -EFAULT;
	if (!introspect_symbol_by_name(as->in, "nr_vmap_nodes", &count))
		introspect_read(as->in, count, &nr, sizeof(nr));
	for (uint32_t i = 0; !err && !as->ended && i < min(nr, MAX_NODES + 0U);
	     i++)
		err = list_each(as, nodes + (uint64_t)i * size + head);
	return err;
}

/*
 * Is this the head of a list of areas? An area has its range, and points back to
 * the head.
 */
static bool is_old_list(struct introspect *in, va_t head)
{
	uint32_t list, start, end;
	va_t next, prev, low, high;

	if (layout_offset(in, "vmap_area", "list", &list) ||
	    layout_offset(in, "vmap_area", "va_start", &start) ||
	    layout_offset(in, "vmap_area", "va_end", &end) ||
	    kva_read_u64(in, head, &next) || !kva_is_kernel(next) ||
	    next == head || kva_read_u64(in, next + sizeof(next), &prev) ||
	    kva_read_u64(in, next - list + start, &low) ||
	    kva_read_u64(in, next - list + end, &high))
		return false;
	return prev == head && kva_is_kernel(low) && low < high &&
	       !((low | high) & (SZ_4K - 1));
}

/*
 * Find vmap_area_list, by kallsyms or by the code that copies the areas for
 * /proc/kcore in 6.1.
 */
int vmap_old_list(struct introspect *in, va_t *ret)
{
	uint64_t ref[CANDIDATES];
	unsigned int nr;
	va_t text;

	if (!introspect_symbol_by_name(in, "vmap_area_list", ret))
		return 0;
	if (introspect_text_va(in, &text))
		return -ENOENT;
	nr = textref_scan(in, "vread", ref, CANDIDATES);
	for (unsigned int i = 0; i < nr; i++)
		if (is_old_list(in, text + ref[i])) {
			*ret = text + ref[i];
			return 0;
		}
	return -ENOENT;
}

static int published_list(struct introspect *in, va_t *ret)
{
	static const char key[] = "SYMBOL(vmap_area_list)=";
	char *text, *at;
	int err = introspect_vmcoreinfo_published(in, &text);

	if (err)
		return err;
	at = strstr(text, key);
	if (at)
		*ret = strtoull(at + strlen(key), NULL, 16);
	free(text);
	return at && kva_is_kernel(*ret) ? 0 : -ENOENT;
}

int introspect_vmap_each(struct introspect *in,
			 bool (*see)(void *opaque,
				     const struct introspect_vmap_area *area),
			 void *opaque)
{
	struct areas as = { .in = in, .see = see, .opaque = opaque };
	va_t va;
	int err = 0;

	if (layout_offset(in, "vmap_area", "list", &as.list))
		return -ENOENT;
	if (!introspect_symbol_by_name(in, "vmap_nodes", &va))
		return nodes_each(&as, va);
	err = vmap_old_list(in, &va);
	if (err)
		err = published_list(in, &va);
	return err ? err : list_each(&as, va);
}
