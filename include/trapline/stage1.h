/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage1.h - stage-1 translation, as the hardware walker does it
 *
 * The walk needs only the RAM of a struct guest, so it works with every
 * implementation, and an implementation may use it. introspect/ has the code.
 * Source: Arm ARM "The AArch64 Virtual Memory System Architecture",
 * "Translation table walks".
 */
#ifndef TRAPLINE_STAGE1_H
#define TRAPLINE_STAGE1_H

#include <trapline/guest.h>

struct stage1_regs {
	uint64_t sctlr; /* SCTLR_EL1.M clear: VA = IPA */
	uint64_t tcr;
	uint64_t ttbr0;
	uint64_t ttbr1;
};

struct stage1_mapping {
	ipa_t ipa; /* IPA of the byte at the given VA */
	/*
	 * Bytes that the same descriptor maps: a power of 2, naturally
	 * aligned. 1 GiB with the MMU off.
	 */
	uint64_t size;
	uint64_t desc; /* the leaf descriptor; 0 with the MMU off */
	bool writable; /* by EL1; also a clean page that DBM makes writable */
	bool el0; /* EL0 may access it */
	bool exec_el1; /* EL1 may execute it */
	unsigned int level; /* -1..3, as unsigned; 3 = page */
};

/* Returns 0, -EFAULT (no valid descriptor), -EINVAL (reserved TCR encoding). */
int stage1_walk(const struct guest *g, const struct stage1_regs *regs, va_t va,
		struct stage1_mapping *ret);

/* One descriptor that a walk has read, from the first table to the last. */
struct stage1_step {
	int level; /* -1..3 */
	ipa_t at; /* of the descriptor */
	uint64_t desc;
};

#define STAGE1_MAX_STEPS 5

/*
 * The same walk, and the descriptors that it has read. steps has room for
 * STAGE1_MAX_STEPS. If the walk fails at a descriptor, this one is included.
 * *nr is 0 with the MMU off, or if the address belongs to no table.
 */
int stage1_walk_steps(const struct guest *g, const struct stage1_regs *regs,
		      va_t va, struct stage1_step *steps, unsigned int *nr,
		      struct stage1_mapping *ret);

/*
 * Is any page of [ipa, ipa + size) a translation table that a walk by regs can
 * read? *ret is the first such table found. The search is bounded: false if
 * there are too many tables.
 */
bool stage1_table_in(const struct guest *g, const struct stage1_regs *regs,
		     ipa_t ipa, uint64_t size, ipa_t *ret);

/*
 * Find the lowest virtual address of the upper half at which these tables let
 * EL1 execute a byte of [ipa, ipa + size). *ret is the address of the first
 * such byte. false: no such address, the MMU is off, or too many tables.
 */
bool stage1_exec_find(const struct guest *g, const struct stage1_regs *regs,
		      ipa_t ipa, uint64_t size, va_t *ret);

/*
 * Call each() for every descriptor that maps memory in the upper half, in
 * ascending order of VA, until it returns false. A descriptor that is the same
 * as the one before it in its table is left out; only KASAN's shadow has such
 * descriptors. The search is bounded: it ends early if there are too many
 * tables. Nothing is called if the MMU is off.
 */
void stage1_each(const struct guest *g, const struct stage1_regs *regs,
		 bool (*each)(void *opaque, va_t va, ipa_t ipa, uint64_t size),
		 void *opaque);

#endif
