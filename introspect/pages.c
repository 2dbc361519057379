// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pages.c - struct page: the page that it describes, and its contents
 *
 * vmemmap is the array of struct page. BTF does not have its address, but each
 * struct mem_section has, with flags in the low bits (SPARSEMEM,
 * include/linux/mmzone.h). mem_section is exported.
 *
 * Each tail page of a compound page refers to the head, in a word with bit 0
 * set. The other bits are the address of the head's struct page, or a mask. With
 * a mask, the address of the head is the address of the tail's struct page AND
 * the mask.
 */
#include "state.h"
#include "btf.h"

#include <errno.h>
#include <string.h>
#include <trapline/util.h>

#define TCR_TG1 GENMASK_ULL(31, 30)

#define SECTION_HAS_MEM_MAP BIT_ULL(1)
#define SECTION_FLAGS       GENMASK_ULL(11, 0)
#define MAX_ROOTS           64
#define MAX_MASK            GENMASK_ULL(39, 0)

uint64_t introspect_page_size(struct introspect *in)
{
	if (!in->kva.regs_known && kva_refresh(in))
		return SZ_4K;
	switch (FIELD_GET(TCR_TG1, in->kva.regs.tcr)) {
	case 1:
		return SZ_16K;
	case 3:
		return SZ_64K;
	default:
		return SZ_4K;
	}
}

/* The map of the first section below this root that has a map; 0: none. */
static va_t root_map(struct introspect *in, va_t root, uint32_t at,
		     uint32_t size)
{
	uint64_t nr = introspect_page_size(in) / size, map;

	for (uint64_t i = 0; i < nr; i++) {
		if (introspect_read(in, root + i * size + at, &map,
				    sizeof(map)))
			return 0;
		if (map & SECTION_HAS_MEM_MAP)
			return map & ~SECTION_FLAGS;
	}
	return 0;
}

int pages_map(struct introspect *in, va_t *ret)
{
	uint32_t at, size;
	va_t roots, root;

	if (layout_offset(in, "mem_section", "section_mem_map", &at) ||
	    layout_size(in, "mem_section", &size) || !size ||
	    introspect_symbol_by_name(in, "mem_section", &roots))
		return -ENOENT;
	if (introspect_read(in, roots, &roots, sizeof(roots)))
		return -EFAULT;
	for (unsigned int i = 0; i < MAX_ROOTS; i++) {
		if (introspect_read(in, roots + i * sizeof(root), &root,
				    sizeof(root)))
			return -EFAULT;
		*ret = kva_is_kernel(root) ? root_map(in, root, at, size) : 0;
		if (*ret)
			return 0;
	}
	return -ENOENT;
}

/* info is the word of a tail page. Only compound_info can be a mask. */
static va_t head_of(va_t page, uint64_t info, bool may_be_mask)
{
	uint64_t mask = info & ~1ULL;

	if (may_be_mask && ~mask <= MAX_MASK && !(~mask & (~mask + 1)))
		return page & mask;
	return mask;
}

static bool page_type_is(struct introspect *in, uint64_t type, const char *name)
{
	uint64_t value;

	return !introspect_enum_value(in, "pagetype", name, &value) &&
	       (type & 0xffffffff) >> 24 == value;
}

static int head_read(struct introspect *in, struct introspect_page *p)
{
	uint64_t value, type = 0, info;

	bool is_info =
		introspect_get(in, "page", p->va, "compound_head", &info);

	if (is_info &&
	    introspect_get(in, "page", p->va, "compound_info", &info))
		return -ENOENT;
	p->head = info & 1 ? head_of(p->va, info, is_info) : p->va;
	if (introspect_get(in, "page", p->head, "flags", &p->flags) &&
	    introspect_get(in, "page", p->head, "flags.f", &p->flags))
		return -EFAULT;
	introspect_get(in, "page", p->head, "page_type", &type);
	introspect_get(in, "page", p->head, "_refcount.counter", &p->refs);
	if (!introspect_enum_value(in, "pageflags", "PG_slab", &value))
		p->slab = value < 64 && p->flags >> value & 1;
	else
		p->slab = page_type_is(in, type, "PGTY_slab");
	p->type = (uint32_t)type;
	p->buddy =
		page_type_is(in, type, "PGTY_buddy") ||
		(introspect_enum_value(in, "pagetype", "PGTY_buddy", &value) &&
		 (type & 0xf0000080) == 0xf0000000);
	return 0;
}

int introspect_page_at(struct introspect *in, ipa_t ipa,
		       struct introspect_page *ret)
{
	uint64_t page_size = introspect_page_size(in);
	struct introspect_page p = { .ipa = ALIGN_DOWN(ipa, page_size) };
	uint32_t size;
	va_t map;
	int err = pages_map(in, &map);

	if (err)
		return err;
	if (layout_size(in, "page", &size) || !size)
		return -ENOENT;
	p.va = map + ipa / page_size * size;
	p.head_ipa = p.ipa;
	err = head_read(in, &p);
	if (err)
		return err;
	if (p.head > p.va || (p.va - p.head) % size ||
	    (p.va - p.head) / size * page_size > p.ipa)
		return -EBADMSG;
	p.head_ipa = p.ipa - (p.va - p.head) / size * page_size;
	*ret = p;
	return 0;
}

int introspect_page_of(struct introspect *in, va_t va,
		       struct introspect_page *ret)
{
	struct stage1_mapping map;
	int err = in->kva.regs_known ? 0 : kva_refresh(in);

	if (!err)
		err = kva_is_kernel(va)
			      ? stage1_walk(in->g, &in->kva.regs, va, &map)
			      : -EFAULT;
	return err ? err : introspect_page_at(in, map.ipa, ret);
}
