/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf_words.h - the words of BTF types, to write a blob by hand
 *
 * A name is an offset in the strings of the test.
 */
#ifndef TRAPLINE_TESTS_BTF_WORDS_H
#define TRAPLINE_TESTS_BTF_WORDS_H

#include <linux/btf.h>

#define BTF_WORD(kind, vlen) ((uint32_t)BTF_KIND_##kind << 24 | (vlen))
#define BTF_KFLAG            (1U << 31)

/* clang-format off */
#define W_INT(name, bytes, encoding) \
	name, BTF_WORD(INT, 0), bytes, (uint32_t)(encoding) << 24 | 8 * (bytes)
#define W_OF(kind, name, type)   name, BTF_WORD(kind, 0), type
#define W_ARRAY(type, nr)        0, BTF_WORD(ARRAY, 0), 0, type, type, nr
#define W_STRUCT(kind, name, vlen, size) name, BTF_WORD(kind, vlen), size
#define W_BITS(kind, name, vlen, size) \
	name, BTF_WORD(kind, vlen) | BTF_KFLAG, size
#define W_MEMBER(name, type, bit) name, type, bit
#define W_BIT_MEMBER(name, type, bit, bits) name, type, (bits) << 24 | (bit)
/* clang-format on */

#endif
