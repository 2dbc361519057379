/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address kinds, bit-field helpers and the few macros every subsystem uses.
 *
 * A field of a register is a mask: define the mask with GENMASK_ULL(high, low),
 * read the field with FIELD_GET, build the field with FIELD_PREP.
 */
#ifndef TRAPLINE_TYPES_H
#define TRAPLINE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t va_t; /* guest virtual address */
typedef uint64_t ipa_t; /* guest physical (intermediate physical) address */
typedef uint64_t pa_t; /* host physical address */

#define IPA_NONE (~0ULL) /* an ipa_t that is no address */

#define BIT_ULL(n)            (1ULL << (n))
#define GENMASK_ULL(h, l)     ((~0ULL >> (63 - (h))) & (~0ULL << (l)))
#define FIELD_SHIFT(mask)     (__builtin_ctzll(mask))
#define FIELD_GET(mask, reg)  (((uint64_t)(reg) & (mask)) >> FIELD_SHIFT(mask))
#define FIELD_PREP(mask, val) (((uint64_t)(val) << FIELD_SHIFT(mask)) & (mask))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SZ_4K  0x1000ULL
#define SZ_16K 0x4000ULL
#define SZ_16K 0x4000ULL
#define SZ_64K 0x10000ULL
#define SZ_1M  0x100000ULL
#define SZ_2M  0x200000ULL
#define SZ_1G  0x40000000ULL

/* Round x up or down to a multiple of a, a power of two, in x's own type. */
#define ALIGN_MASK(x, a) ((__typeof__((x) + 0))((a) + 0) - 1)
#define ALIGN_UP(x, a)   (((x) + ALIGN_MASK(x, a)) & ~ALIGN_MASK(x, a))
#define ALIGN_DOWN(x, a) ((x) & ~ALIGN_MASK(x, a))

#endif
