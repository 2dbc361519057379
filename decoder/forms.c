// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forms.c - the encodings of loads, stores and cache operations by address
 *
 * Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding", "Loads and
 * Stores" and "System instructions". As in the manual, the tables are grouped:
 * the fixed bits of a word select its group, and the first row of the group
 * that matches is the form. A row's mask covers every bit with a fixed value,
 * so a word without a row is unallocated. If the element size is a field, one
 * row stands for all sizes.
 */
#include "forms.h"

#include <errno.h>

/* clang-format off */
#define ROW(mask, value, name, op, mode, size, flags) \
	{ mask, value, name, INSN_OP_##op, mode, size, flags }
/* clang-format on */

/* Zero in a should-be-one bit is CONSTRAINED UNPREDICTABLE. */
#define SBO_REASON "should-be-one bits of an exclusive or ordered access"

/* Exclusive, ordered, and compare-and-swap. Bits 31:30 are the size. */
static const struct insn_form exclusive[] = {
	ROW(0x3fe0fc00, 0x08007c00, "STXR", STORE, MODE_BASE, SIZE_31_30,
	    INSN_EXCLUSIVE),
	ROW(0x3fe0fc00, 0x0800fc00, "STLXR", STORE, MODE_BASE, SIZE_31_30,
	    INSN_EXCLUSIVE | INSN_RELEASE),
	ROW(0x3ffffc00, 0x085f7c00, "LDXR", LOAD, MODE_BASE, SIZE_31_30,
	    INSN_EXCLUSIVE),
	ROW(0x3ffffc00, 0x085ffc00, "LDAXR", LOAD, MODE_BASE, SIZE_31_30,
	    INSN_EXCLUSIVE | INSN_ACQUIRE),
	ROW(0xbfe08000, 0x88200000, "STXP", STORE, MODE_EXCL_PAIR, SIZE_30,
	    INSN_EXCLUSIVE),
	ROW(0xbfe08000, 0x88208000, "STLXP", STORE, MODE_EXCL_PAIR, SIZE_30,
	    INSN_EXCLUSIVE | INSN_RELEASE),
	ROW(0xbfff8000, 0x887f0000, "LDXP", LOAD, MODE_EXCL_PAIR, SIZE_30,
	    INSN_EXCLUSIVE),
	ROW(0xbfff8000, 0x887f8000, "LDAXP", LOAD, MODE_EXCL_PAIR, SIZE_30,
	    INSN_EXCLUSIVE | INSN_ACQUIRE),
	ROW(0x3ffffc00, 0x089f7c00, "STLLR", STORE, MODE_BASE, SIZE_31_30,
	    INSN_RELEASE | INSN_LIMITED),
	ROW(0x3ffffc00, 0x089ffc00, "STLR", STORE, MODE_BASE, SIZE_31_30,
	    INSN_RELEASE),
	ROW(0x3ffffc00, 0x08df7c00, "LDLAR", LOAD, MODE_BASE, SIZE_31_30,
	    INSN_ACQUIRE | INSN_LIMITED),
	ROW(0x3ffffc00, 0x08dffc00, "LDAR", LOAD, MODE_BASE, SIZE_31_30,
	    INSN_ACQUIRE),
	ROW(0x3fe0fc00, 0x08a07c00, "CAS", CAS, MODE_BASE, SIZE_31_30,
	    INSN_ATOMIC),
	ROW(0x3fe0fc00, 0x08a0fc00, "CASL", CAS, MODE_BASE, SIZE_31_30,
	    INSN_ATOMIC | INSN_RELEASE),
	ROW(0x3fe0fc00, 0x08e07c00, "CASA", CAS, MODE_BASE, SIZE_31_30,
	    INSN_ATOMIC | INSN_ACQUIRE),
	ROW(0x3fe0fc00, 0x08e0fc00, "CASAL", CAS, MODE_BASE, SIZE_31_30,
	    INSN_ATOMIC | INSN_ACQUIRE | INSN_RELEASE),
	/* Rs and Rt are even: bits 16 and 0 */
	ROW(0xbfe1fc01, 0x08207c00, "CASP", CASP, MODE_BASE, SIZE_30,
	    INSN_ATOMIC),
	ROW(0xbfe1fc01, 0x0820fc00, "CASPL", CASP, MODE_BASE, SIZE_30,
	    INSN_ATOMIC | INSN_RELEASE),
	ROW(0xbfe1fc01, 0x08607c00, "CASPA", CASP, MODE_BASE, SIZE_30,
	    INSN_ATOMIC | INSN_ACQUIRE),
	ROW(0xbfe1fc01, 0x0860fc00, "CASPAL", CASP, MODE_BASE, SIZE_30,
	    INSN_ATOMIC | INSN_ACQUIRE | INSN_RELEASE),
	ROW(0x3f200000, 0x08000000, SBO_REASON, REFUSED, 0, 0, 0),
	ROW(0xbfe00000, 0x88600000, SBO_REASON, REFUSED, 0, 0, 0),
};

/* Multiple and single structures. Bit 23: post-indexed. Bit 22: load. */
#define STRUCT_ROWS(text, m, b, flags)                                        \
	ROW(0xbfff0000 & (m), 0x0c000000 | (b), "ST1-ST4" text, STORE_STRUCT, \
	    MODE_STRUCT, SIZE_11_10, INSN_VEC | (flags)),                     \
		ROW(0xbfff0000 & (m), 0x0c400000 | (b), "LD1-LD4" text,       \
		    LOAD_STRUCT, MODE_STRUCT, SIZE_11_10, INSN_VEC | (flags))
#define LANE_ROWS(text, m, b, flags)                                           \
	ROW(0xbfdff000 & (m), 0x0d40c000 | (b), "LD1R, LD2R" text, LOAD_ALL,   \
	    MODE_LANE, SIZE_11_10, INSN_VEC | (flags)),                        \
		ROW(0xbfdff000 & (m), 0x0d40e000 | (b), "LD3R, LD4R" text,     \
		    LOAD_ALL, MODE_LANE, SIZE_11_10, INSN_VEC | (flags)),      \
		ROW(0xbfdf0000 & (m), 0x0d000000 | (b), "ST1-ST4 (lane)" text, \
		    STORE_LANE, MODE_LANE, SIZE_11_10, INSN_VEC | (flags)),    \
		ROW(0xbfdf0000 & (m), 0x0d400000 | (b), "LD1-LD4 (lane)" text, \
		    LOAD_LANE, MODE_LANE, SIZE_11_10, INSN_VEC | (flags))
#define RM_FREE 0xffe0ffff

static const struct insn_form structures[] = {
	STRUCT_ROWS("", 0xffffffff, 0, 0),
	STRUCT_ROWS(" (post-index)", RM_FREE, 0x00800000,
		    INSN_WRITEBACK | INSN_POST),
	LANE_ROWS("", 0xffffffff, 0, 0),
	LANE_ROWS(" (post-index)", RM_FREE, 0x00800000,
		  INSN_WRITEBACK | INSN_POST),
};

#define TAG_ROWS(insn, op, b, flags)                                           \
	ROW(0xffe00c00, 0xd9200400 | (b), insn " (post-index)", op, MODE_TAG,  \
	    SIZE_16, INSN_TAGS | INSN_WRITEBACK | INSN_POST),                  \
		ROW(0xffe00c00, 0xd9200800 | (b), insn, op, MODE_TAG, SIZE_16, \
		    INSN_TAGS),                                                \
		ROW(0xffe00c00, 0xd9200c00 | (b), insn " (pre-index)", op,     \
		    MODE_TAG, SIZE_16, INSN_TAGS | INSN_WRITEBACK)
#define TAG_EL1 (INSN_TAGS | INSN_EL1)

/* Bits 29:24 are 011001: RCpc unscaled, memory tags, and MOPS. */
#define MOPS_CPY_ROWS(insn, b)                                               \
	ROW(0xffe00c00, 0x19000400 | (b), insn "P", COPY, MODE_MOPS, SIZE_1, \
	    INSN_RECENT),                                                    \
		ROW(0xffe00c00, 0x19400400 | (b), insn "M", COPY, MODE_MOPS, \
		    SIZE_1, INSN_RECENT),                                    \
		ROW(0xffe00c00, 0x19800400 | (b), insn "E", COPY, MODE_MOPS, \
		    SIZE_1, INSN_RECENT)
#define MOPS_SET_ROWS(insn, b, flags)                                        \
	ROW(0xffe0cc00, 0x19c00400 | (b), insn "P", FILL, MODE_MOPS, SIZE_1, \
	    INSN_RECENT | (flags)),                                          \
		ROW(0xffe0cc00, 0x19c04400 | (b), insn "M", FILL, MODE_MOPS, \
		    SIZE_1, INSN_RECENT | (flags)),                          \
		ROW(0xffe0cc00, 0x19c08400 | (b), insn "E", FILL, MODE_MOPS, \
		    SIZE_1, INSN_RECENT | (flags))

static const struct insn_form rcpc_tags_mops[] = {
	ROW(0x3fe00c00, 0x19000000, "STLUR", STORE, MODE_IMM9, SIZE_31_30,
	    INSN_RELEASE),
	ROW(0x3fe00c00, 0x19400000, "LDAPUR", LOAD, MODE_IMM9, SIZE_31_30,
	    INSN_ACQUIRE_PC),
	ROW(0xbfe00c00, 0x19800000, "LDAPURS (64-bit)", LOAD, MODE_IMM9,
	    SIZE_31_30, INSN_ACQUIRE_PC | INSN_SIGN64),
	ROW(0xffe00c00, 0x99800000, "LDAPURSW", LOAD, MODE_IMM9, SIZE_4,
	    INSN_ACQUIRE_PC | INSN_SIGN64),
	ROW(0xbfe00c00, 0x19c00000, "LDAPURS (32-bit)", LOAD, MODE_IMM9,
	    SIZE_31_30, INSN_ACQUIRE_PC | INSN_SIGN32),
	ROW(0xfffffc00, 0xd9200000, "STZGM", ZERO, MODE_BASE, SIZE_1, TAG_EL1),
	ROW(0xffe00c00, 0xd9600000, "LDG", LDG, MODE_TAG, SIZE_16, INSN_TAGS),
	ROW(0xfffffc00, 0xd9a00000, "STGM", TAG, MODE_BASE, SIZE_1, TAG_EL1),
	ROW(0xfffffc00, 0xd9e00000, "LDGM", LDGM, MODE_BASE, SIZE_1, TAG_EL1),
	TAG_ROWS("STG", TAG, 0, 0),
	TAG_ROWS("STZG", ZERO, 0x00400000, 0),
	TAG_ROWS("ST2G", TAG, 0x00800000, 0),
	TAG_ROWS("STZ2G", ZERO, 0x00c00000, 0),
	MOPS_CPY_ROWS("CPYF", 0),
	MOPS_CPY_ROWS("CPY", MOPS_DIRECTED),
	MOPS_SET_ROWS("SET", 0, 0),
	MOPS_SET_ROWS("SETG", MOPS_DIRECTED, INSN_TAGS),
};

static const struct insn_form literals[] = {
	ROW(0xbf000000, 0x18000000, "LDR (literal)", LOAD, MODE_LITERAL,
	    SIZE_30, INSN_LITERAL),
	ROW(0xff000000, 0x98000000, "LDRSW (literal)", LOAD, MODE_LITERAL,
	    SIZE_4, INSN_LITERAL | INSN_SIGN64),
	ROW(0xff000000, 0xd8000000, "PRFM (literal)", PREFETCH, MODE_LITERAL,
	    SIZE_8, INSN_LITERAL),
	ROW(0xbf000000, 0x1c000000, "LDR (literal, SIMD&FP)", LOAD,
	    MODE_LITERAL, SIZE_VEC, INSN_LITERAL | INSN_VEC),
	ROW(0xff000000, 0x9c000000, "LDR (literal, SIMD&FP)", LOAD,
	    MODE_LITERAL, SIZE_16, INSN_LITERAL | INSN_VEC),
};

/*
 * opc is <31:30>. General registers: 00, 10. SIMD&FP: 00, 01, 10. LDPSW and
 * STGP: 01.
 */
#define PAIR_ROWS(n, text, b, flags)                                         \
	ROW(0x7fc00000, 0x28000000 | (b), "ST" n text, STORE, MODE_PAIR,     \
	    SIZE_31, (flags)),                                               \
		ROW(0x7fc00000, 0x28400000 | (b), "LD" n text, LOAD,         \
		    MODE_PAIR, SIZE_31, (flags)),                            \
		ROW(0xbfc00000, 0x2c000000 | (b), "ST" n " (SIMD&FP)" text,  \
		    STORE, MODE_PAIR, SIZE_VEC, INSN_VEC | (flags)),         \
		ROW(0xbfc00000, 0x2c400000 | (b), "LD" n " (SIMD&FP)" text,  \
		    LOAD, MODE_PAIR, SIZE_VEC, INSN_VEC | (flags)),          \
		ROW(0xffc00000, 0xac000000 | (b), "ST" n " (Q)" text, STORE, \
		    MODE_PAIR, SIZE_16, INSN_VEC | (flags)),                 \
		ROW(0xffc00000, 0xac400000 | (b), "LD" n " (Q)" text, LOAD,  \
		    MODE_PAIR, SIZE_16, INSN_VEC | (flags))
#define PAIR_ODD_ROWS(text, b, flags)                                        \
	ROW(0xffc00000, 0x68000000 | (b), "STGP" text, STORE, MODE_PAIR_TAG, \
	    SIZE_8, INSN_TAGS | (flags)),                                    \
		ROW(0xffc00000, 0x68400000 | (b), "LDPSW" text, LOAD,        \
		    MODE_PAIR, SIZE_4, INSN_SIGN64 | (flags))
#define PAIR_POST   0x00800000
#define PAIR_OFFSET 0x01000000
#define PAIR_PRE    0x01800000

static const struct insn_form pairs[] = {
	PAIR_ROWS("P", "", PAIR_OFFSET, 0),
	PAIR_ROWS("P", " (post-index)", PAIR_POST, INSN_WRITEBACK | INSN_POST),
	PAIR_ROWS("P", " (pre-index)", PAIR_PRE, INSN_WRITEBACK),
	PAIR_ODD_ROWS("", PAIR_OFFSET, 0),
	PAIR_ODD_ROWS(" (post-index)", PAIR_POST, INSN_WRITEBACK | INSN_POST),
	PAIR_ODD_ROWS(" (pre-index)", PAIR_PRE, INSN_WRITEBACK),
	PAIR_ROWS("NP", "", 0, INSN_NONTEMPORAL),
};

/* One register of any kind. m and b select the addressing mode. */
#define GENERAL_ROWS(t, text, mode, m, b, flags)                           \
	ROW(0x3fc00000 | (m), 0x38000000 | (b), "ST" t text, STORE, mode,  \
	    SIZE_31_30, (flags)),                                          \
		ROW(0x3fc00000 | (m), 0x38400000 | (b), "LD" t text, LOAD, \
		    mode, SIZE_31_30, (flags)),                            \
		ROW(0xbfc00000 | (m), 0x38800000 | (b),                    \
		    "LD" t "S (64-bit)" text, LOAD, mode, SIZE_31_30,      \
		    INSN_SIGN64 | (flags)),                                \
		ROW(0xffc00000 | (m), 0xb8800000 | (b), "LD" t "SW" text,  \
		    LOAD, mode, SIZE_4, INSN_SIGN64 | (flags)),            \
		ROW(0xbfc00000 | (m), 0x38c00000 | (b),                    \
		    "LD" t "S (32-bit)" text, LOAD, mode, SIZE_31_30,      \
		    INSN_SIGN32 | (flags))
#define VECTOR_ROWS(t, text, mode, m, b, flags)                             \
	ROW(0x3fc00000 | (m), 0x3c000000 | (b), "ST" t " (SIMD&FP)" text,   \
	    STORE, mode, SIZE_31_30, INSN_VEC | (flags)),                   \
		ROW(0x3fc00000 | (m), 0x3c400000 | (b),                     \
		    "LD" t " (SIMD&FP)" text, LOAD, mode, SIZE_31_30,       \
		    INSN_VEC | (flags)),                                    \
		ROW(0xffc00000 | (m), 0x3c800000 | (b), "ST" t " (Q)" text, \
		    STORE, mode, SIZE_16, INSN_VEC | (flags)),              \
		ROW(0xffc00000 | (m), 0x3cc00000 | (b), "LD" t " (Q)" text, \
		    LOAD, mode, SIZE_16, INSN_VEC | (flags))
#define PRFM_ROW(insn, mode, m, b) \
	ROW(0xffc00000 | (m), 0xf8800000 | (b), insn, PREFETCH, mode, SIZE_8, 0)
#define PAC_ROW(insn, b, flags)                                         \
	ROW(0xffa00c00, 0xf8200400 | (b), insn, LOAD, MODE_PAC, SIZE_8, \
	    INSN_PAC | (flags))
#define IMM9 0x00200c00 /* bits 21 and 11:10: select a form with imm9 */
#define REG  0x00204c00 /* the same, and option<1>, which must be one */
#define PRE  INSN_WRITEBACK
#define POST (INSN_WRITEBACK | INSN_POST)

static const struct insn_form registers[] = {
	GENERAL_ROWS("UR", "", MODE_IMM9, IMM9, 0, 0),
	GENERAL_ROWS("R", " (post-index)", MODE_IMM9, IMM9, 0x400, POST),
	GENERAL_ROWS("TR", "", MODE_IMM9, IMM9, 0x800, INSN_UNPRIV),
	GENERAL_ROWS("R", " (pre-index)", MODE_IMM9, IMM9, 0xc00, PRE),
	GENERAL_ROWS("R", " (register)", MODE_REG, REG, 0x204800, 0),
	VECTOR_ROWS("UR", "", MODE_IMM9, IMM9, 0, 0),
	VECTOR_ROWS("R", " (post-index)", MODE_IMM9, IMM9, 0x400, POST),
	VECTOR_ROWS("R", " (pre-index)", MODE_IMM9, IMM9, 0xc00, PRE),
	VECTOR_ROWS("R", " (register)", MODE_REG, REG, 0x204800, 0),
	PRFM_ROW("PRFUM", MODE_IMM9, IMM9, 0),
	PRFM_ROW("PRFM (register)", MODE_REG, REG, 0x204800),
	PAC_ROW("LDRAA", 0, 0),
	PAC_ROW("LDRAA (pre-index)", 0x00000800, INSN_WRITEBACK),
	PAC_ROW("LDRAB", 0x00800000, 0),
	PAC_ROW("LDRAB (pre-index)", 0x00800800, INSN_WRITEBACK),
};

#define ATOMIC_ROW(insn, op, b)                                              \
	ROW(0x3f20fc00, 0x38200000 | (b), insn, op, MODE_ATOMIC, SIZE_31_30, \
	    INSN_ATOMIC)
#define ST64BV_REASON "ST64BV, ST64BV0: the status comes from the device"

static const struct insn_form atomics[] = {
	ATOMIC_ROW("LDADD", ADD, 0x0000),
	ATOMIC_ROW("LDCLR", CLR, 0x1000),
	ATOMIC_ROW("LDEOR", EOR, 0x2000),
	ATOMIC_ROW("LDSET", SET, 0x3000),
	ATOMIC_ROW("LDSMAX", SMAX, 0x4000),
	ATOMIC_ROW("LDSMIN", SMIN, 0x5000),
	ATOMIC_ROW("LDUMAX", UMAX, 0x6000),
	ATOMIC_ROW("LDUMIN", UMIN, 0x7000),
	ATOMIC_ROW("SWP", SWP, 0x8000),
	ROW(0x3ffffc00, 0x38bfc000, "LDAPR", LOAD, MODE_BASE, SIZE_31_30,
	    INSN_ACQUIRE_PC),
	/* Unallocated unless Rt is even and at most 22. */
	ROW(0xfffffc01, 0xf83fd000, "LD64B", LOAD, MODE_BLOCK, SIZE_8,
	    INSN_UNPROVEN),
	ROW(0xfffffc01, 0xf83f9000, "ST64B", STORE, MODE_BLOCK, SIZE_8,
	    INSN_UNPROVEN),
	ROW(0xffe0fc00, 0xf820b000, ST64BV_REASON, REFUSED, 0, 0, 0),
	ROW(0xffe0fc00, 0xf820a000, ST64BV_REASON, REFUSED, 0, 0, 0),
};

static const struct insn_form unsigned_offset[] = {
	GENERAL_ROWS("R", "", MODE_IMM12, 0, 0x01000000, 0),
	VECTOR_ROWS("R", "", MODE_IMM12, 0, 0x01000000, 0),
	PRFM_ROW("PRFM", MODE_IMM12, 0, 0x01000000),
};

#define CACHE_ROW(insn, value, flags)                         \
	ROW(0xffffffe0, value, insn, CACHE, MODE_SYS, SIZE_1, \
	    INSN_BASE_XZR | (flags))

static const struct insn_form system_ops[] = {
	ROW(0xffffffe0, 0xd50b7420, "DC ZVA", ZERO, MODE_SYS, SIZE_1,
	    INSN_BASE_XZR),
	ROW(0xffffffe0, 0xd50b7480, "DC GZVA", ZERO, MODE_SYS, SIZE_1,
	    INSN_BASE_XZR | INSN_TAGS),
	ROW(0xffffffe0, 0xd50b7460, "DC GVA", TAG, MODE_SYS, SIZE_1,
	    INSN_BASE_XZR | INSN_TAGS),
	CACHE_ROW("DC CVAC", 0xd50b7a20, 0),
	CACHE_ROW("DC CVAU", 0xd50b7b20, 0),
	CACHE_ROW("DC CVAP", 0xd50b7c20, INSN_RECENT),
	CACHE_ROW("DC CVADP", 0xd50b7d20, INSN_RECENT),
	CACHE_ROW("DC CIVAC", 0xd50b7e20, 0),
	CACHE_ROW("IC IVAU", 0xd50b7520, 0),
	CACHE_ROW("DC CGVAC", 0xd50b7a60, 0),
	CACHE_ROW("DC CGDVAC", 0xd50b7aa0, 0),
	CACHE_ROW("DC CGVAP", 0xd50b7c60, 0),
	CACHE_ROW("DC CGDVAP", 0xd50b7ca0, 0),
	CACHE_ROW("DC CGVADP", 0xd50b7d60, 0),
	CACHE_ROW("DC CGDVADP", 0xd50b7da0, 0),
	CACHE_ROW("DC CIGVAC", 0xd50b7e60, 0),
	CACHE_ROW("DC CIGDVAC", 0xd50b7ea0, 0),
	CACHE_ROW("DC IVAC", 0xd5087620, INSN_EL1),
	CACHE_ROW("DC IGVAC", 0xd5087660, INSN_EL1),
	CACHE_ROW("DC IGDVAC", 0xd50876a0, INSN_EL1),
};

#define ROWS(table) table, ARRAY_SIZE(table)

static const struct {
	uint32_t mask, value;
	const struct insn_form *rows;
	unsigned int nr;
	int unknown; /* the error for a word without a row */
} groups[] = {
	{ 0x3b000000, 0x39000000, ROWS(unsigned_offset), -EILSEQ },
	{ 0x3a000000, 0x28000000, ROWS(pairs), -EILSEQ },
	{ 0x3f200c00, 0x38200000, ROWS(atomics), -EILSEQ },
	{ 0x3b000000, 0x38000000, ROWS(registers), -EILSEQ },
	{ 0x3f000000, 0x08000000, ROWS(exclusive), -EILSEQ },
	{ 0x3b000000, 0x19000000, ROWS(rcpc_tags_mops), -EILSEQ },
	{ 0x3b000000, 0x18000000, ROWS(literals), -EILSEQ },
	{ 0xbe000000, 0x0c000000, ROWS(structures), -EILSEQ },
	{ 0xfff80000, 0xd5080000, ROWS(system_ops), -ENOENT },
	/* the rest of "Loads and Stores" */
	{ 0x0a000000, 0x08000000, NULL, 0, -EILSEQ },
};

int form_find(uint32_t word, const struct insn_form **ret)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		if ((word & groups[g].mask) != groups[g].value)
			continue;
		for (unsigned int i = 0; i < groups[g].nr; i++) {
			const struct insn_form *form = &groups[g].rows[i];

			if ((word & form->mask) == form->value) {
				*ret = form;
				return 0;
			}
		}
		return groups[g].unknown;
	}
	return -ENOENT;
}

const struct insn_form *decoder_form(unsigned int i)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		if (i < groups[g].nr)
			return &groups[g].rows[i];
		i -= groups[g].nr;
	}
	return NULL;
}
