/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exclusive.h - where a load-exclusive/store-exclusive sequence ends
 *
 * Each return from a debug exception clears the exclusive monitor, so a
 * sequence that is single-stepped never gets its store done: it is one step.
 * Pure, no KVM here: the host tests it.
 *
 * Source: Arm ARM (DDI 0487), "Load-Exclusive and Store-Exclusive
 * instruction usage restrictions".
 */
#ifndef TRAPLINE_VMM_EXCLUSIVE_H
#define TRAPLINE_VMM_EXCLUSIVE_H

#include <trapline/types.h>

/* Instructions that are looked at; the architecture promises 128 bytes. */
#define EXCLUSIVE_MAX_INSNS 32

/*
 * insns[nr] stand at pc on, the first is a load-exclusive. Fills exits with
 * every address that the sequence may go on at, *end (behind the last
 * store-exclusive that belongs to it) the first of them. Returns how many;
 * 0 when it is no sequence that can be followed (no store, a call, a system
 * instruction, more than max exits).
 */
unsigned int exclusive_exits(const uint32_t *insns, unsigned int nr, va_t pc,
			     va_t *exits, unsigned int max, va_t *end);

#endif
