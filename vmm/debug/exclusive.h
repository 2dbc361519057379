/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exclusive.h - find the end of a load-exclusive/store-exclusive sequence
 *
 * Each return from a debug exception clears the exclusive monitor. So in a
 * sequence that is single-stepped the store never succeeds. The sequence is
 * therefore one step. Pure code without KVM: tests run on the build host.
 *
 * Source: Arm ARM (DDI 0487), "Load-Exclusive and Store-Exclusive instruction
 * usage restrictions".
 */
#ifndef TRAPLINE_VMM_EXCLUSIVE_H
#define TRAPLINE_VMM_EXCLUSIVE_H

#include <trapline/types.h>

/* Instructions to look at; the architecture guarantees 128 bytes. */
#define EXCLUSIVE_MAX_INSNS 32

/*
 * insns[nr] are the instructions from pc on; the first is a load-exclusive.
 * Fill exits with every address at which execution may leave the sequence. The
 * first of them is *end, the address after the store-exclusive. Returns the
 * number of exits. 0: the sequence cannot be followed (no store, a call, a
 * system instruction, more than max exits).
 */
unsigned int exclusive_exits(const uint32_t *insns, unsigned int nr, va_t pc,
			     va_t *exits, unsigned int max, va_t *end);

#endif
