/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2_check.h - was each change of stage 2 followed by its maintenance?
 *
 * Emulation drops more TLB entries than hardware does and has no caches, so it
 * cannot show a missing TLBI, DC or IC. Two module parameters look for them; a
 * fault found is a WARNING, and the VM goes on. All of this is under
 * stage2.lock.
 *
 * check_tlb=1: every change of a valid entry is noted until a flush covers it.
 * Each entry to the guest looks whether any note is left. The flush that
 * belongs to a change has to be done before the lock is let go of.
 *
 * check_cache=1: what stage2_map() makes accessible has to have been cleaned,
 * and what it makes executable has to have had an IC after that, since the
 * lock was taken. Each leaf carries the number of the last reset of a used
 * vCPU (KVM_ARM_VCPU_INIT), modulo 16, in bits that the hardware ignores. The
 * reset vCPU's first run looks for leaves that were mapped before its reset:
 * the VMM may have written to such memory through its caches, while the guest
 * begins with its own caches off.
 */
#ifndef TRAPLINE_KMOD_STAGE2_CHECK_H
#define TRAPLINE_KMOD_STAGE2_CHECK_H

#include <linux/types.h>
#include "el2/el2.h"

struct stage2;

#define STAGE2_CHECK_NOTES 64

struct stage2_check {
	unsigned int nr; /* more than fit: only a flush of all will do */
	struct {
		u64 ipa, size;
		bool table;
	} note[STAGE2_CHECK_NOTES];
	u64 clean_pa, clean_size; /* cleaned since the last stage2_map() */
	bool icache; /* and the instruction caches invalidated after that */
	unsigned int resets;
};

extern bool stage2_checked, stage2_cache_checked;

void stage2_check_note(struct stage2_check *check, u64 ipa, u64 size,
		       bool table);
void stage2_check_flushed(struct stage2_check *check, enum el2_tlb op, u64 ipa);
void stage2_check_left(struct stage2 *s2);
void stage2_check_maintained(struct stage2_check *check, u64 pa, u64 size,
			     bool data, bool insn);

/* A valid leaf, or table, has been changed. */
static inline void stage2_check_change(struct stage2_check *check, u64 ipa,
				       u64 size, bool table)
{
	if (stage2_checked)
		stage2_check_note(check, ipa, size, table);
}

/* EL2_TLB_PAGE (of leaves alone), or EL2_TLB_VMID. */
static inline void stage2_check_flush(struct stage2_check *check,
				      enum el2_tlb op, u64 ipa)
{
	if (stage2_checked)
		stage2_check_flushed(check, op, ipa);
}

/* Physical memory has been cleaned to the point of coherency. */
static inline void stage2_check_clean(struct stage2_check *check, u64 pa,
				      u64 size)
{
	check->clean_pa = pa;
	check->clean_size = size;
	check->icache = false;
}

/* The instruction caches have been invalidated. */
static inline void stage2_check_icache(struct stage2_check *check)
{
	check->icache = true;
}

/*
 * pa becomes accessible (data: where it was not before), or executable (insn:
 * likewise).
 */
static inline void stage2_check_map(struct stage2_check *check, u64 pa,
				    u64 size, bool data, bool insn)
{
	if (stage2_cache_checked)
		stage2_check_maintained(check, pa, size, data, insn);
}

/* Before the guest is entered; takes stage2.lock. */
static inline void stage2_check_entry(struct stage2 *s2)
{
	if (stage2_checked)
		stage2_check_left(s2);
}

#endif
