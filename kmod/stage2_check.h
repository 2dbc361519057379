/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2_check.h - was each change of stage 2 followed by its maintenance?
 *
 * Emulation drops more TLB entries than hardware does, and has no caches. So it
 * cannot show a missing TLBI, DC or IC. Two module parameters turn on checks
 * for them. A detected fault gives a WARNING, and the VM continues. stage2.lock
 * protects everything here.
 *
 * check_tlb=1: every change of a valid entry is noted until a flush covers it.
 * Each entry to the guest checks that no note is left. The flush for a change
 * must be done before the lock is released.
 *
 * check_cache=1: memory that stage2_map() makes accessible must have been
 * cleaned since the lock was taken. Memory that it makes executable must also
 * have had an IC after the cleaning. Each leaf carries the number, modulo 16,
 * of the last reset of a used vCPU (KVM_ARM_VCPU_INIT), in bits that the
 * hardware ignores. The reset vCPU's first run looks for leaves that were
 * mapped before its reset. The VMM may have written to such memory through its
 * caches, while the guest starts with its own caches off.
 */
#ifndef TRAPLINE_KMOD_STAGE2_CHECK_H
#define TRAPLINE_KMOD_STAGE2_CHECK_H

#include <linux/types.h>
#include "el2/el2.h"

struct stage2;

#define STAGE2_CHECK_NOTES 64

struct stage2_check {
	/*
	 * If nr exceeds the size of note[], only a flush of the VMID resets nr.
	 */
	unsigned int nr;
	struct {
		u64 ipa, size;
		bool table;
	} note[STAGE2_CHECK_NOTES];
	u64 clean_pa, clean_size; /* cleaned since the last stage2_map() */
	bool icache; /* instruction caches were invalidated after that */
	unsigned int resets;
};

extern bool stage2_checked, stage2_cache_checked;

void stage2_check_note(struct stage2_check *check, u64 ipa, u64 size,
		       bool table);
void stage2_check_flushed(struct stage2_check *check, enum el2_tlb op, u64 ipa);
void stage2_check_left(struct stage2 *s2);
void stage2_check_maintained(struct stage2_check *check, u64 pa, u64 size,
			     bool data, bool insn);

/* Note that a valid leaf or table was changed. */
static inline void stage2_check_change(struct stage2_check *check, u64 ipa,
				       u64 size, bool table)
{
	if (stage2_checked)
		stage2_check_note(check, ipa, size, table);
}

/* Note a flush. op is EL2_TLB_PAGE (covers leaves only) or EL2_TLB_VMID. */
static inline void stage2_check_flush(struct stage2_check *check,
				      enum el2_tlb op, u64 ipa)
{
	if (stage2_checked)
		stage2_check_flushed(check, op, ipa);
}

/* Note that physical memory was cleaned to the point of coherency. */
static inline void stage2_check_clean(struct stage2_check *check, u64 pa,
				      u64 size)
{
	check->clean_pa = pa;
	check->clean_size = size;
	check->icache = false;
}

/* Note that the instruction caches were invalidated. */
static inline void stage2_check_icache(struct stage2_check *check)
{
	check->icache = true;
}

/*
 * Check the maintenance of pa, which becomes accessible (data) or executable
 * (insn) and was not so before.
 */
static inline void stage2_check_map(struct stage2_check *check, u64 pa,
				    u64 size, bool data, bool insn)
{
	if (stage2_cache_checked)
		stage2_check_maintained(check, pa, size, data, insn);
}

/* Call this before the guest is entered. Takes stage2.lock. */
static inline void stage2_check_entry(struct stage2 *s2)
{
	if (stage2_checked)
		stage2_check_left(s2);
}

#endif
