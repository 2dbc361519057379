/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostcpu.h - registers of the host's CPU that user space may read
 *
 * A host that is not arm64 runs only tests. There a clock of 1 GHz replaces the
 * counter, and cache lines and DC ZVA blocks have 64 bytes, as on most CPUs.
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

/* The host's virtual counter. The guest's counter is this plus an offset. */
static inline uint64_t host_counter(void)
{
	return HOSTCPU_READ("cntvct_el0");
}

/* Frequency, in Hz, of the host's and of the guest's counter. */
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
