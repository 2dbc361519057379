// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of changed entries that no TLBI has covered yet, and of the cache
 * maintenance since the last mapping: see stage2_check.h.
 */
#include "stage2_check.h"

#include <linux/bug.h>
#include <linux/moduleparam.h>
#include "stage2.h"

bool stage2_checked;
module_param_named(check_tlb, stage2_checked, bool, 0400);
MODULE_PARM_DESC(check_tlb, "check that each stage-2 change has its TLBI");

bool stage2_cache_checked;
module_param_named(check_cache, stage2_cache_checked, bool, 0400);
MODULE_PARM_DESC(check_cache,
		 "check that what stage 2 maps has its cache maintenance");

void stage2_check_note(struct stage2_check *check, u64 ipa, u64 size,
		       bool table)
{
	if (check->nr < STAGE2_CHECK_NOTES) {
		check->note[check->nr].ipa = ipa;
		check->note[check->nr].size = size;
		check->note[check->nr].table = table;
	}
	check->nr++;
}

void stage2_check_flushed(struct stage2_check *check, enum el2_tlb op, u64 ipa)
{
	unsigned int left = 0;

	if (op == EL2_TLB_VMID)
		check->nr = 0;
	if (check->nr > STAGE2_CHECK_NOTES)
		return;
	for (unsigned int i = 0; i < check->nr; i++)
		if (check->note[i].table ||
		    ipa - check->note[i].ipa >= check->note[i].size)
			check->note[left++] = check->note[i];
	check->nr = left;
}

void stage2_check_left(struct stage2 *s2)
{
	unsigned long flags;

	spin_lock_irqsave(&s2->lock, flags);
	if (WARN_ON_ONCE(s2->check.nr))
		pr_err_once(
			"trapline: %u stage-2 changes without a TLBI, at %#llx first\n",
			s2->check.nr, s2->check.note[0].ipa);
	spin_unlock_irqrestore(&s2->lock, flags);
}

void stage2_check_maintained(struct stage2_check *check, u64 pa, u64 size,
			     bool data, bool insn)
{
	bool clean = pa >= check->clean_pa &&
		     pa + size <= check->clean_pa + check->clean_size;

	if (WARN_ON_ONCE((data || insn) && !clean))
		pr_err_once(
			"trapline: memory is mapped that was not cleaned\n");
	if (WARN_ON_ONCE(insn && !check->icache))
		pr_err_once("trapline: memory is executable without an IC\n");
	check->clean_size = 0;
	check->icache = false;
}
