/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostcpu.h - registers of the host's CPU that user space may read
 *
 * Where only tests run, on a machine that is not arm64, a clock of 1 GHz
 * stands for the counter, and caches and DC ZVA are those of most CPUs: lines
 * and blocks of 64 bytes.
 *
 * Source: Arm ARM, "CNTVCT_EL0", "CNTFRQ_EL0", "DCZID_EL0", "CTR_EL0".
 */
#ifndef TRAPLINE_VMM_HOSTCPU_H
#define TRAPLINE_VMM_HOSTCPU_H

#include <trapline/types.h>

#define DCZID_DZP    BIT_ULL(4)
#define DCZID_BS     GENMASK_ULL(3, 0)
#define CTR_DMINLINE GENMASK_ULL(19, 16)

#ifdef __aarch64__

#define HOSTCPU_READ(reg)                                        \
	({                                                       \
		uint64_t value_;                                 \
		__asm__ volatile("mrs %0, " reg : "=r"(value_)); \
		value_;                                          \
	})

/* The virtual counter; a guest's is this plus an offset. */
static inline uint64_t host_counter(void)
{
	return HOSTCPU_READ("cntvct_el0");
}

/* Ticks of it, and of the guest's, in a second. */
static inline uint64_t host_counter_hz(void)
{
	return HOSTCPU_READ("cntfrq_el0");
}

static inline uint64_t host_dczid(void)
{
	return HOSTCPU_READ("dczid_el0");
}

static inline uint64_t host_ctr(void)
{
	return HOSTCPU_READ("ctr_el0");
}

#else

#include <time.h>

#define HOSTCPU_WORDS_64 4 /* log2 of 16 words */

static inline uint64_t host_counter_hz(void)
{
	return 1000000000ULL;
}

static inline uint64_t host_counter(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * host_counter_hz() + (uint64_t)ts.tv_nsec;
}

static inline uint64_t host_dczid(void)
{
	return FIELD_PREP(DCZID_BS, HOSTCPU_WORDS_64);
}

static inline uint64_t host_ctr(void)
{
	return FIELD_PREP(CTR_DMINLINE, HOSTCPU_WORDS_64);
}

#endif

#endif
