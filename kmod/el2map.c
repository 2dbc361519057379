// SPDX-License-Identifier: GPL-2.0-only
/*
 * EL2 stage-1 tables, VA = PA. Source: Arm ARM "VMSAv8-64 translation table
 * format descriptors", "TCR_EL2" and "SCTLR_EL2" (HCR_EL2.E2H = 0).
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include "el2map.h"
#include "regs.h"

#define VA_BITS_EL2   48
#define TABLE_SHIFT   (PAGE_SHIFT - 3)
#define TABLE_ENTRIES BIT(TABLE_SHIFT)
#define NR_LEVELS     DIV_ROUND_UP(VA_BITS_EL2 - PAGE_SHIFT, TABLE_SHIFT)

#define DESC_VALID    BIT_ULL(0)
#define DESC_TABLE    BIT_ULL(1)
#define DESC_ADDR     GENMASK_ULL(47, PAGE_SHIFT)
#define DESC_AP_RES1  BIT_ULL(6)
#define DESC_AP_RO    BIT_ULL(7)
#define DESC_SH_INNER GENMASK_ULL(9, 8)
#define DESC_AF       BIT_ULL(10)
#define DESC_XN       BIT_ULL(54)

#define MAIR_WB           0xffULL
#define EL2_TCR_T0SZ      (64ULL - VA_BITS_EL2)
#define EL2_TCR_IRGN_WBWA BIT_ULL(8)
#define EL2_TCR_ORGN_WBWA BIT_ULL(10)
#define EL2_TCR_SH_INNER  GENMASK_ULL(13, 12)
#define EL2_TCR_TG0_16K   BIT_ULL(15)
#define EL2_TCR_PS        GENMASK_ULL(18, 16)
#define EL2_TCR_RES1      (BIT_ULL(31) | BIT_ULL(23))
#define PARANGE_48        5ULL

static u64 *root;

static u64 *table_alloc(void)
{
	return (u64 *)get_zeroed_page(GFP_KERNEL);
}

static void table_free(u64 *table, unsigned int level)
{
	for (unsigned long i = 0; level < NR_LEVELS - 1 && i < TABLE_ENTRIES;
	     i++)
		if (table[i] & DESC_VALID)
			table_free(phys_to_virt(table[i] & DESC_ADDR),
				   level + 1);
	free_page((unsigned long)table);
}

int el2map_create(void)
{
	root = table_alloc();
	return root ? 0 : -ENOMEM;
}

void el2map_destroy(void)
{
	if (root)
		table_free(root, 0);
	root = NULL;
}

static unsigned long table_index(phys_addr_t pa, unsigned int level)
{
	unsigned int shift = PAGE_SHIFT + (NR_LEVELS - 1 - level) * TABLE_SHIFT;

	return (pa >> shift) & (TABLE_ENTRIES - 1);
}

static int map_page(phys_addr_t pa, u64 attributes)
{
	u64 *table = root;

	for (unsigned int level = 0; level < NR_LEVELS - 1; level++) {
		u64 *desc = &table[table_index(pa, level)];

		if (!(*desc & DESC_VALID)) {
			u64 *next = table_alloc();

			if (!next)
				return -ENOMEM;
			*desc = virt_to_phys(next) | DESC_TABLE | DESC_VALID;
			el2map_clean(desc, sizeof(*desc));
		}
		table = phys_to_virt(*desc & DESC_ADDR);
	}
	table += table_index(pa, NR_LEVELS - 1);
	*table = pa | attributes;
	el2map_clean(table, sizeof(*table));
	return 0;
}

int el2map_add(phys_addr_t pa, size_t size, enum el2map_kind kind)
{
	static const u64 attributes[] = {
		[EL2MAP_TEXT] = DESC_AP_RO,
		[EL2MAP_DATA] = DESC_XN,
	};
	u64 attr = attributes[kind] | DESC_AP_RES1 | DESC_SH_INNER | DESC_AF |
		   DESC_TABLE | DESC_VALID;
	int ret = 0;

	for (size_t done = 0; done < size && !ret; done += PAGE_SIZE)
		ret = map_page(pa + done, attr);
	return ret;
}

void el2map_registers(u64 *ttbr0, u64 *tcr, u64 *mair, u64 *sctlr)
{
	u64 parange = FIELD_GET(MMFR0_PARANGE,
				read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1));

	*ttbr0 = virt_to_phys(root);
	*tcr = EL2_TCR_T0SZ | EL2_TCR_IRGN_WBWA | EL2_TCR_ORGN_WBWA |
	       EL2_TCR_SH_INNER | ((PAGE_SIZE == SZ_4K) ? 0 : EL2_TCR_TG0_16K) |
	       EL2_TCR_RES1 | FIELD_PREP(EL2_TCR_PS, min(parange, PARANGE_48));
	*mair = MAIR_WB;
	*sctlr = SCTLR_EL2_RES1 | SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_SA |
		 SCTLR_ELx_I | SCTLR_ELx_WXN;
}

void el2map_clean(const void *va, size_t size)
{
	u64 line = 4ULL << FIELD_GET(CTR_EL0_DminLine, read_cpuid(CTR_EL0));
	u64 addr = (u64)va & ~(line - 1);

	for (; addr < (u64)va + size; addr += line)
		asm volatile("dc civac, %0" : : "r"(addr) : "memory");
	dsb(sy);
}
