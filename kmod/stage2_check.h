/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2_check.h - was each change of stage 2 followed by its TLBI?
 *
 * Emulation drops more TLB entries than hardware does, and so cannot show a
 * missing TLBI. With the module parameter check_tlb=1 every change of a valid
 * entry is noted until a flush covers it, and each entry to the guest looks
 * whether any note is left: a WARNING then, and the VM goes on. All of it
 * under stage2.lock, within which the flush belonging to a change has to be.
 */
#ifndef TRAPLINE_KMOD_STAGE2_CHECK_H
#define TRAPLINE_KMOD_STAGE2_CHECK_H

#include <linux/types.h>

struct stage2;

#define STAGE2_CHECK_NOTES 64

struct stage2_check {
	unsigned int nr; /* more than fit: only a flush of all will do */
	struct {
		u64 ipa, size;
		bool table;
	} note[STAGE2_CHECK_NOTES];
};

extern bool stage2_checked;

void stage2_check_note(struct stage2_check *check, u64 ipa, u64 size,
		       bool table);
void stage2_check_flushed(struct stage2_check *check, u64 ipa);
void stage2_check_left(struct stage2 *s2);

/* A valid leaf, or table, has been changed. */
static inline void stage2_check_change(struct stage2_check *check, u64 ipa,
				       u64 size, bool table)
{
	if (stage2_checked)
		stage2_check_note(check, ipa, size, table);
}

/* By page (leaves alone), or EL2_TLB_ALL. */
static inline void stage2_check_flush(struct stage2_check *check, u64 ipa)
{
	if (stage2_checked)
		stage2_check_flushed(check, ipa);
}

/* Before the guest is entered; takes stage2.lock. */
static inline void stage2_check_entry(struct stage2 *s2)
{
	if (stage2_checked)
		stage2_check_left(s2);
}

#endif
