/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cacheline.h - data cache maintenance of guest RAM, from user space
 *
 * Linux lets EL0 use these instructions (SCTLR_EL1.UCI). A line is assumed to
 * have 64 bytes. If lines are longer, some are maintained more than once. On
 * other architectures, where only tests run, this does nothing.
 *
 * Source: Arm ARM, "DC CVAC", "DC CIVAC".
 */
#ifndef TRAPLINE_VMM_CACHELINE_H
#define TRAPLINE_VMM_CACHELINE_H

#include <trapline/types.h>

#define CACHELINE_SIZE 64ULL

#ifdef __aarch64__
#define CACHELINE_OP(op, at) \
	__asm__ volatile("dc " op ", %0" ::"r"(at) : "memory")
#define CACHELINE_SYNC() __asm__ volatile("dsb sy" ::: "memory")
#else
#define CACHELINE_OP(op, at) ((void)(at))
#define CACHELINE_SYNC()     ((void)0)
#endif

#define CACHELINE_EACH(op, host, len)                          \
	do {                                                   \
		uintptr_t at_ = (uintptr_t)(host);             \
		uintptr_t end_ = at_ + (len);                  \
		for (at_ &= ~(CACHELINE_SIZE - 1); at_ < end_; \
		     at_ += CACHELINE_SIZE)                    \
			CACHELINE_OP(op, at_);                 \
		CACHELINE_SYNC();                              \
	} while (0)

/* Write stored data back to memory. */
static inline void cacheline_clean(const void *host, uint64_t len)
{
	CACHELINE_EACH("cvac", host, len);
}

/* Make the next read fetch from memory. */
static inline void cacheline_drop(const void *host, uint64_t len)
{
	CACHELINE_EACH("civac", host, len);
}

#endif
