// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * makeinfo.c - VMCOREINFO of a kernel that has not published its own
 *
 * The keys are those of kernel/vmcore_info.c, kernel/printk/printk.c and
 * arch/arm64/kernel/vmcore_info.c of Linux. Sizes, offsets and lengths come from
 * BTF, addresses from kallsyms and __ksymtab, and the ranges of addresses from
 * the page tables and exported variables. A key that this kernel does not have,
 * or whose value is not known, is left out.
 */
#include "makeinfo.h"
#include "btf.h"
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <trapline/util.h>

#define VA_BITS_MIN 48U /* of a kernel with a larger address space, too */
#define MAX_NAME    64
#define TTBR_BADDR  GENMASK_ULL(47, 6)
#define SCTLR_EnIA  BIT_ULL(31)

/* --- from BTF ------------------------------------------------------------ */

static const char *const sizes[] = {
	"page",
	"pglist_data",
	"zone",
	"free_area",
	"list_head",
	"nodemask_t",
	"mem_section",
	"printk_ringbuffer",
	"prb_desc_ring",
	"prb_desc",
	"prb_data_blk_lpos",
	"printk_info",
	"dev_printk_info",
	"prb_data_ring",
	"atomic_long_t",
	"latched_seq",
};

static const char *const offsets[] = {
	"uts_namespace.name",
	"mem_section.section_mem_map",
	"page.flags",
	"page._refcount",
	"page.mapping",
	"page.lru",
	"page._mapcount",
	"page.private",
	"page.compound_head",
	"page.compound_info",
	"page.compound_dtor",
	"page.compound_order",
	"pglist_data.node_zones",
	"pglist_data.nr_zones",
	"pglist_data.node_start_pfn",
	"pglist_data.node_spanned_pages",
	"pglist_data.node_id",
	"zone.free_area",
	"zone.vm_stat",
	"zone.spanned_pages",
	"free_area.free_list",
	"list_head.next",
	"list_head.prev",
	"printk_ringbuffer.desc_ring",
	"printk_ringbuffer.text_data_ring",
	"printk_ringbuffer.fail",
	"prb_desc_ring.count_bits",
	"prb_desc_ring.descs",
	"prb_desc_ring.infos",
	"prb_desc_ring.head_id",
	"prb_desc_ring.tail_id",
	"prb_desc.state_var",
	"prb_desc.text_blk_lpos",
	"prb_data_blk_lpos.begin",
	"prb_data_blk_lpos.next",
	"printk_info.seq",
	"printk_info.ts_nsec",
	"printk_info.text_len",
	"printk_info.caller_id",
	"printk_info.dev_info",
	"dev_printk_info.subsystem",
	"dev_printk_info.device",
	"prb_data_ring.size_bits",
	"prb_data_ring.data",
	"prb_data_ring.head_lpos",
	"prb_data_ring.tail_lpos",
	"atomic_long_t.counter",
	"latched_seq.val",
};

/* A folio's order, if struct page does not have it. */
static const char *const folio_offsets[] = {
	"folio._folio_dtor",
	"folio._folio_order",
};

/* With SYMBOL(vmap_area_list). */
static const char *const area_offsets[] = {
	"vmap_area.va_start",
	"vmap_area.list",
};

/* Lengths of arrays, by the key and by the member. */
static const char *const lengths[][2] = {
	{ "zone.free_area", "zone.free_area" },
	{ "free_area.free_list", "free_area.free_list" },
	{ "printk_info_subsystem", "dev_printk_info.subsystem" },
	{ "printk_info_device", "dev_printk_info.device" },
};

static const struct {
	const char *key, *enumeration, *enumerator;
	unsigned int shift; /* of the value: a page type, in a page's word */
} numbers[] = {
	{ "NR_FREE_PAGES", "zone_stat_item", "NR_FREE_PAGES", 0 },
	{ "PG_lru", "pageflags", "PG_lru", 0 },
	{ "PG_private", "pageflags", "PG_private", 0 },
	{ "PG_swapcache", "pageflags", "PG_swapcache", 0 },
	{ "PG_swapbacked", "pageflags", "PG_swapbacked", 0 },
	{ "PG_slab", "pageflags", "PG_slab", 0 },
	{ "PG_hwpoison", "pageflags", "PG_hwpoison", 0 },
	{ "HUGETLB_PAGE_DTOR", "compound_dtor_id", "HUGETLB_PAGE_DTOR", 0 },
	{ "PAGE_BUDDY_MAPCOUNT_VALUE", "pagetype", "PGTY_buddy", 24 },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "pagetype", "PGTY_hugetlb", 24 },
	{ "PAGE_OFFLINE_MAPCOUNT_VALUE", "pagetype", "PGTY_offline", 24 },
	{ "PAGE_SLAB_MAPCOUNT_VALUE", "pagetype", "PGTY_slab", 24 },
};

/* The structure or typedef whose name ends at a '.' or at the end of path. */
static uint32_t type_of(struct btf_view *btf, const char *path)
{
	char name[MAX_NAME];
	uint32_t id;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "."), path);
	id = btf_find(btf, BTF_KINDS(STRUCT), name);
	return id ? id : btf_find(btf, BTF_KINDS(TYPEDEF), name);
}

static bool member_of(struct btf_view *btf, const char *path,
		      struct btf_place *ret)
{
	const char *member = strchr(path, '.') + 1;
	uint32_t id = type_of(btf, path);
	struct btf_record r;

	return id && btf_strip(btf, id, &r) &&
	       btf_member(btf, r.id, member, strlen(member), ret);
}

static uint32_t array_length(const struct btf_view *btf, uint32_t type)
{
	struct btf_array array;
	struct btf_record r;

	if (!btf_strip(btf, type, &r) || r.kind != BTF_KIND_ARRAY ||
	    !btf_entry(btf, &r, 0, &array, sizeof(array)))
		return 0;
	return array.nelems;
}

static void offsets_print(struct btf_view *btf, const char *const *paths,
			  size_t nr, FILE *out)
{
	struct btf_place place;

	for (size_t i = 0; btf && i < nr; i++)
		if (member_of(btf, paths[i], &place))
			fprintf(out, "OFFSET(%s)=%u\n", paths[i],
				place.bit / 8);
}

static void types_print(struct introspect *in, FILE *out)
{
	struct btf_view *btf = layouts_btf(in);
	struct btf_place place;
	uint64_t size;

	for (size_t i = 0; btf && i < ARRAY_SIZE(sizes); i++) {
		size = btf_sizeof(btf, type_of(btf, sizes[i]));
		if (size)
			fprintf(out, "SIZE(%s)=%" PRIu64 "\n", sizes[i], size);
	}
	offsets_print(btf, offsets, ARRAY_SIZE(offsets), out);
	if (btf && !member_of(btf, "page.compound_order", &place))
		offsets_print(btf, folio_offsets, ARRAY_SIZE(folio_offsets),
			      out);
	for (size_t i = 0; btf && i < ARRAY_SIZE(lengths); i++)
		if (member_of(btf, lengths[i][1], &place))
			fprintf(out, "LENGTH(%s)=%u\n", lengths[i][0],
				array_length(btf, place.type));
}

static void enumerators_print(struct introspect *in, FILE *out)
{
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!introspect_enum_value(in, numbers[i].enumeration,
					   numbers[i].enumerator, &value))
			fprintf(out, "NUMBER(%s)=%d\n", numbers[i].key,
				(int32_t)(value << numbers[i].shift));
	if (!introspect_enum_value(in, "pageflags", "PG_head", &value) &&
	    value < 64)
		fprintf(out, "NUMBER(PG_head_mask)=%" PRIu64 "\n",
			(uint64_t)BIT_ULL(value));
}

/*
 * Before "mm: support only one page_type per page" a page's type was a bit that
 * is clear, and no enumeration had the bits. A free page shows PG_buddy, whose
 * neighbour is PG_offline.
 */
#define PG_BUDDY   BIT_ULL(7)
#define PG_OFFLINE BIT_ULL(8)
#define ORDERS     8U /* of free pages that are looked at; all kernels have more */

struct free_page {
	struct introspect *in;
	uint32_t area, area_size, lru, type; /* offsets, and a size */
	bool found;
};

/* Is there a page with this type in one of the lists of this order? */
static bool free_page_in(struct free_page *f, va_t area)
{
	int32_t value;
	va_t next;

	for (uint32_t at = 0; at + 16 <= f->area_size; at += 16)
		if (!kva_read_u64(f->in, area + at, &next) &&
		    kva_is_kernel(next) && next != area + at &&
		    !introspect_read(f->in, next - f->lru + f->type, &value,
				     sizeof(value)) &&
		    value == (int32_t)~PG_BUDDY)
			return true;
	return false;
}

static void free_page_see(void *opaque, unsigned int node,
			  const struct introspect_zone *zone)
{
	struct free_page *f = opaque;

	for (unsigned int i = 0; !f->found && i < ORDERS; i++)
		f->found =
			free_page_in(f, zone->va + f->area + i * f->area_size);
}

static void page_types_print(struct introspect *in, FILE *out)
{
	struct free_page f = { .in = in };
	uint64_t value;

	if (!introspect_enum_value(in, "pagetype", "PGTY_buddy", &value) ||
	    layout_offset(in, "zone", "free_area", &f.area) ||
	    layout_size(in, "free_area", &f.area_size) || f.area_size > SZ_4K ||
	    layout_offset(in, "page", "lru", &f.lru) ||
	    layout_offset(in, "page", "_mapcount", &f.type))
		return;
	introspect_zone_each(in, free_page_see, &f);
	if (f.found)
		fprintf(out,
			"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=%d\n"
			"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=%d\n",
			(int)~PG_BUDDY, (int)~PG_OFFLINE);
}

/* --- symbols ------------------------------------------------------------- */

/* The tables of kallsyms have no symbols. */
static void kallsyms_print(struct introspect *in, FILE *out)
{
	const struct {
		const char *name;
		uint64_t at;
	} tables[] = {
		{ "kallsyms_names", in->ks.names_at },
		{ "kallsyms_num_syms", in->ks.num_syms_at },
		{ "kallsyms_token_table", in->ks.token_table_at },
		{ "kallsyms_token_index", in->ks.token_index_at },
		{ "kallsyms_offsets", in->ks.offsets_at },
		{ "kallsyms_relative_base", in->ks.relative_base_at },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].at)
			fprintf(out, "SYMBOL(%s)=%" PRIx64 "\n", tables[i].name,
				in->kva.text + tables[i].at);
}

/*
 * The variables of the log. If they have no symbols, the function that puts
 * them into the kernel's own VMCOREINFO has their names and addresses.
 */
static void log_print(struct introspect *in, FILE *out)
{
	static const char *const names[] = { "prb", "printk_rb_static",
					     "clear_seq" };
	uint64_t offset;
	va_t va;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (introspect_symbol_by_name(in, names[i], &va)) {
			if (textref_named(in, "log_buf_vmcoreinfo_setup",
					  names[i], &offset))
				continue;
			va = in->kva.text + offset;
		}
		fprintf(out, "SYMBOL(%s)=%" PRIx64 "\n", names[i], va);
	}
}

static void symbols_print(struct introspect *in, FILE *out)
{
	static const char *const names[] = { "_stext", "init_uts_ns" };
	uint64_t online;
	uint32_t size;
	va_t va, root;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!introspect_symbol_by_name(in, names[i], &va))
			fprintf(out, "SYMBOL(%s)=%" PRIx64 "\n", names[i], va);
	if (!vmap_old_list(in, &va)) {
		fprintf(out, "SYMBOL(vmap_area_list)=%" PRIx64 "\n", va);
		offsets_print(layouts_btf(in), area_offsets,
			      ARRAY_SIZE(area_offsets), out);
	}
	/* The variable is a pointer to an array; VMCOREINFO has the array. */
	if (!introspect_symbol_by_name(in, "mem_section", &va) &&
	    !introspect_read(in, va, &root, sizeof(root)))
		fprintf(out, "SYMBOL(mem_section)=%" PRIx64 "\n", root);
	/* node_states[N_ONLINE] */
	size = layouts_btf(in) ? (uint32_t)btf_sizeof(layouts_btf(in),
						      type_of(layouts_btf(in),
							      "nodemask_t"))
			       : 0;
	if (size &&
	    !introspect_enum_value(in, "node_states", "N_ONLINE", &online) &&
	    !introspect_symbol_by_name(in, "node_states", &va))
		fprintf(out, "SYMBOL(node_online_map)=%" PRIx64 "\n",
			va + online * size);
}

/* --- sections of memory -------------------------------------------------- */

#define MOVE_WIDE_MASK 0xffe00000U /* MOVN or MOVZ Xd, #imm16, LSL #48 */
#define MOVN_TOP       0x92e00000U
#define MOVZ_TOP       0xd2e00000U
#define IMM16          GENMASK_ULL(20, 5)
#define INSN_RET       0xd65f03c0U
#define CHECK_WORDS    16U
#define SUBSECTION     21U /* SUBSECTION_SHIFT, of all architectures */

/*
 * MAX_PHYSMEM_BITS. No variable has this number. The function that checks
 * addresses for /dev/mem compares them with a constant: the largest address, or
 * a mask of the bits that must be zero. Both show the number of bits. A kernel
 * built for LPA2 has two constants, and uses the larger one if the CPU has LPA2.
 * Returns 0 if the code looks different.
 */
static unsigned int physical_bits(struct introspect *in)
{
	unsigned int bits, low = 0, high = 0;
	uint64_t value;
	uint32_t insn;
	va_t va;

	if (introspect_symbol_by_name(in, "valid_mmap_phys_addr_range", &va))
		return 0;
	for (unsigned int i = 0; i < CHECK_WORDS; i++) {
		if (introspect_read(in, va + i * sizeof(insn), &insn,
				    sizeof(insn)) ||
		    insn == INSN_RET)
			break;
		value = FIELD_GET(IMM16, insn) << 48;
		if (((insn & MOVE_WIDE_MASK) != MOVN_TOP &&
		     (insn & MOVE_WIDE_MASK) != MOVZ_TOP) ||
		    !value || ~value & (~value + 1))
			continue;
		bits = (unsigned int)__builtin_ctzll(value);
		low = low ? min(low, bits) : bits;
		high = bits > high ? bits : high;
	}
	return in->kva.regs.tcr & TCR_DS ? high : low;
}

/* SECTION_SIZE_BITS: a section has one bit for each of its subsections. */
static unsigned int section_bits(struct introspect *in)
{
	struct btf_view *btf = layouts_btf(in);
	struct btf_place place;
	uint32_t nr = 0;

	if (btf && member_of(btf, "mem_section_usage.subsection_map", &place))
		nr = 64 * array_length(btf, place.type);
	return nr && !(nr & (nr - 1)) ? SUBSECTION + __builtin_ctz(nr) : 0;
}

/* The array mem_section has one root for each page of struct mem_section. */
static void sections_print(struct introspect *in, FILE *out)
{
	unsigned int bits = physical_bits(in), section = section_bits(in);
	uint64_t in_root, nr;
	uint32_t size;

	if (section)
		fprintf(out, "NUMBER(SECTION_SIZE_BITS)=%u\n", section);
	if (bits)
		fprintf(out, "NUMBER(MAX_PHYSMEM_BITS)=%u\n", bits);
	if (!section || bits < section ||
	    layout_size(in, "mem_section", &size) || !size)
		return;
	in_root = introspect_page_size(in) / size;
	nr = BIT_ULL(bits - section);
	if (in_root)
		fprintf(out, "LENGTH(mem_section)=%" PRIu64 "\n",
			(nr + in_root - 1) / in_root);
}

/* --- addresses ----------------------------------------------------------- */

static bool first_span(void *opaque, va_t va, ipa_t ipa, uint64_t size)
{
	struct introspect_span *r = opaque;

	*r = (struct introspect_span){ va, ipa, size };
	return false;
}

/*
 * The linear map begins at the lowest kernel address. So the first mapping shows
 * the distance between virtual and physical addresses in the map. A kernel that
 * is built for more bits than the CPU has leaves out the first part of its map;
 * memstart_addr belongs to the whole map, and so shows VA_BITS of the build.
 */
struct linear {
	bool known;
	unsigned int bits; /* VA_BITS */
	unsigned int used; /* bits that the CPU has */
	uint64_t phys; /* PHYS_OFFSET */
};

static void linear_find(struct introspect *in, struct linear *ret)
{
	const struct stage1_regs *regs = &in->kva.regs;
	unsigned int bits =
		(unsigned int)(64 - FIELD_GET(TCR_T1SZ_MASK, regs->tcr));
	unsigned int half = min(bits, VA_BITS_MIN) - 1;
	struct introspect_span first = { 0 };
	uint64_t memstart, low;
	va_t va;

	*ret = (struct linear){ .bits = bits, .used = bits };
	stage1_each(in->g, regs, first_span, &first);
	if (!first.size || first.va >= GENMASK_ULL(63, half))
		return;
	ret->known = true;
	ret->phys = first.ipa - (first.va - GENMASK_ULL(63, bits));
	if (introspect_symbol_by_name(in, "memstart_addr", &va) ||
	    introspect_read(in, va, &memstart, sizeof(memstart)))
		return;
	/* The virtual address of memstart_addr: PAGE_OFFSET */
	low = -(first.va - (first.ipa - memstart));
	if (low && !(low & (low - 1)) && low >> bits) {
		ret->bits = (unsigned int)__builtin_ctzll(low);
		ret->phys = memstart;
	}
}

/*
 * The range of the modules begins at the highest address at which the linear map
 * can end. No variable has its size. Kernels since "arm64: module: rework module VA range selection"
 * have the variable module_plt_base, and a range of 2 GiB; older ones 128 MiB.
 */
static va_t modules_end(struct introspect *in, va_t start)
{
	va_t va;

	return start + (introspect_symbol_by_name(in, "module_plt_base", &va)
				? 128 * SZ_1M
				: 2 * SZ_1G);
}

/*
 * vmemmap has a struct page for each page of the linear map. There are two
 * layouts. Before "arm64: mm: Reclaim unused vmemmap region for vmalloc use"
 * vmemmap began a power of two below the highest address, and vmalloc ended
 * 256 MiB below vmemmap. Since then vmemmap ends 1 GiB below the highest
 * address, and vmalloc ends 8 MiB below vmemmap.
 */
static void ranges_print(struct introspect *in, const struct linear *l,
			 FILE *out)
{
	unsigned int bits = min(l->bits, VA_BITS_MIN);
	va_t modules = GENMASK_ULL(63, bits - 1);
	va_t end = modules_end(in, modules);
	uint64_t size = introspect_page_size(in);
	uint32_t page_size;
	va_t map, start, stop, vmalloc_end;

	fprintf(out, "KERNELOFFSET=%" PRIx64 "\n", in->kva.text - end);
	if (!l->known || layout_size(in, "page", &page_size) ||
	    pages_map(in, &map))
		return;
	start = map + (uint64_t)((int64_t)l->phys / (int64_t)size) * page_size;
	stop = start + (modules - GENMASK_ULL(63, l->bits)) / size * page_size;
	if (stop == -SZ_1G)
		vmalloc_end =
			start - 8 * SZ_1M +
			(GENMASK_ULL(63, l->used) - GENMASK_ULL(63, l->bits)) /
				size * page_size;
	else
		vmalloc_end = start - 256 * SZ_1M;
	fprintf(out,
		"NUMBER(MODULES_VADDR)=0x%" PRIx64 "\n"
		"NUMBER(MODULES_END)=0x%" PRIx64 "\n"
		"NUMBER(VMALLOC_START)=0x%" PRIx64 "\n"
		"NUMBER(VMALLOC_END)=0x%" PRIx64 "\n"
		"NUMBER(VMEMMAP_START)=0x%" PRIx64 "\n"
		"NUMBER(VMEMMAP_END)=0x%" PRIx64 "\n"
		"SYMBOL(vmemmap)=%" PRIx64 "\n",
		modules, end, end, vmalloc_end, start, stop, map);
}

static void numbers_print(struct introspect *in, FILE *out)
{
	const struct stage1_regs *regs = &in->kva.regs;
	uint64_t t1sz = FIELD_GET(TCR_T1SZ_MASK, regs->tcr);
	uint64_t pac_mask = GENMASK_ULL(63, 64 - t1sz);
	uint64_t table = (regs->ttbr1 & TTBR_BADDR) + in->kva.text - in->k.ipa;
	struct linear l;

	linear_find(in, &l);
	fprintf(out,
		"NUMBER(VA_BITS)=%u\n"
		"NUMBER(TCR_EL1_T1SZ)=0x%" PRIx64 "\n"
		"NUMBER(KERNELPACMASK)=0x%" PRIx64 "\n"
		"NUMBER(kimage_voffset)=0x%" PRIx64 "\n"
		"SYMBOL(swapper_pg_dir)=%" PRIx64 "\n",
		l.bits, t1sz, regs->sctlr & SCTLR_EnIA ? pac_mask : 0,
		in->kva.text - in->k.ipa, table);
	if (l.known)
		fprintf(out, "NUMBER(PHYS_OFFSET)=0x%" PRIx64 "\n", l.phys);
	ranges_print(in, &l, out);
}

int makeinfo_print(struct introspect *in, FILE *out)
{
	va_t text;
	int err = introspect_text_va(in, &text);

	if (err)
		return err;
	if (!in->kva.regs_known)
		return -ENOENT;
	fprintf(out, "OSRELEASE=%s\n", in->k.release);
	if (in->k.build_id_size)
		fprintf(out, "BUILD-ID=");
	for (size_t i = 0; i < in->k.build_id_size; i++)
		fprintf(out, "%02x%s", in->k.build_id[i],
			i + 1 == in->k.build_id_size ? "\n" : "");
	fprintf(out, "PAGESIZE=%" PRIu64 "\n", introspect_page_size(in));
	symbols_print(in, out);
	kallsyms_print(in, out);
	log_print(in, out);
	types_print(in, out);
	enumerators_print(in, out);
	page_types_print(in, out);
	sections_print(in, out);
	numbers_print(in, out);
	return 0;
}
