/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder.h - what one A64 instruction means to a debugger
 *
 * Pure functions of instruction words and registers; nothing guest-visible
 * happens here, nothing is allocated, every function may be called from any
 * thread. Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding". (A32 and
 * T32 would be two more decoder_decode()s: struct insn is not about A64.)
 *
 * Two parts: classes that run control knows by name (decoder_insn_class), and
 * loads and stores, in three steps:
 *
 *	word --decoder_decode--> struct insn		  what it is; cacheable
 *	insn, registers --decoder_access--> struct access what it would touch
 *	both, old bytes --decoder_apply--> new registers, bytes to store
 *
 * The caller does the memory accesses in between, as one that knows the
 * translation, the watched bytes and the other vCPUs.
 */
#ifndef TRAPLINE_DECODER_H
#define TRAPLINE_DECODER_H

#include <trapline/types.h>

/*
 * Classes that run control has to know by name: instructions that look at
 * or change the state a single-step borrows, and entry padding.
 */
enum insn_class {
	INSN_OTHER,
	INSN_NOP, /* NOP, BTI, PACIASP and other hints without effect */
	INSN_BRK,
	INSN_HLT,
	INSN_SVC,
	INSN_HVC,
	INSN_SMC,
	INSN_ERET, /* ERET, ERETAA, ERETAB */
	INSN_WFI, /* WFI, WFE, WFIT, WFET */
	INSN_MRS_DAIF, /* MRS Xt, DAIF */
	INSN_MSR_DAIF, /* MSR DAIF, Xt; MSR DAIFSet/DAIFClr, #imm */
	INSN_LOAD_EXCL, /* LDXR and relatives: a sequence begins */
	INSN_STORE_EXCL, /* STXR and relatives: it ends */
};

enum insn_class decoder_insn_class(uint32_t insn);

/* BRK #imm, as trapline plants it: "TL" in the comment field. */
#define TRAPLINE_BRK_IMM  0x544cU
#define INSN_BRK_IMM(imm) (0xd4200000U | ((uint32_t)(imm) << 5))

/*
 * Bytes of function entry to pass before the first instruction that ftrace
 * never rewrites: BTI, the patchable NOPs (or what ftrace made of them),
 * PACIASP. insns holds nr words from the function's first.
 */
unsigned int decoder_entry_padding(const uint32_t *insns, unsigned int nr);

/*
 * --- Loads and stores ------------------------------------------------------
 *
 * All of the encoding group "Loads and Stores" up to Armv8.8, less SVE and
 * SME (they have groups of their own), and the cache operations by address.
 *
 * All but INSN_UNPROVEN, which no emulated CPU has, are executed by
 * tests/decoder in every run: at EL1 by QEMU 10, and at EL0, less INSN_EL1, by
 * the machine's qemu-user, which may be too old for INSN_RECENT (Debian 12's).
 * What is known but cannot be done from here is refused, with a reason for
 * people.
 */

enum insn_op {
	INSN_OP_LOAD, /* nr registers, each of its own element */
	INSN_OP_STORE, /* also exclusive ones: Rs gets the status */
	INSN_OP_SWP, /* Rt = old, new = Rs */
	INSN_OP_CAS, /* Rs = old, new = Rt if old was Rs */
	INSN_OP_CASP, /* the same of register pairs */
	INSN_OP_ADD, /* Rt = old, new = old OP Rs, here and below */
	INSN_OP_CLR,
	INSN_OP_EOR,
	INSN_OP_SET,
	INSN_OP_SMAX,
	INSN_OP_SMIN,
	INSN_OP_UMAX,
	INSN_OP_UMIN,
	INSN_OP_LOAD_STRUCT, /* LD1-LD4, multiple structures */
	INSN_OP_STORE_STRUCT, /* ST1-ST4 */
	INSN_OP_LOAD_LANE, /* LD1-LD4, one lane; the others are kept */
	INSN_OP_STORE_LANE,
	INSN_OP_LOAD_ALL, /* LD1R-LD4R: one element to every lane */
	INSN_OP_ZERO, /* DC ZVA, DC GZVA, STZG, STZ2G, STZGM */
	INSN_OP_TAG, /* allocation tags alone: STG, ST2G, STGM, DC GVA */
	INSN_OP_LDG, /* one allocation tag into Xt<59:56> */
	INSN_OP_LDGM, /* the tags of a block into Xt */
	INSN_OP_CACHE, /* no bytes change; may still abort */
	INSN_OP_PREFETCH, /* PRFM: nothing a guest could notice */
	INSN_OP_COPY, /* MOPS CPY*: one step of it, see below */
	INSN_OP_FILL, /* MOPS SET* */
	INSN_OP_REFUSED, /* in the table of forms only: the name says why */
};

/* Ordering, and what is special. */
#define INSN_VEC         BIT_ULL(0) /* Rt, Rt2 are SIMD&FP registers */
#define INSN_SIGN32      BIT_ULL(1) /* sign-extend to 32 bits, then zeroes */
#define INSN_SIGN64      BIT_ULL(2) /* sign-extend to 64 bits */
#define INSN_WRITEBACK   BIT_ULL(3) /* the base register changes */
#define INSN_POST        BIT_ULL(4) /* ... after use: the offset is not in */
#define INSN_EXCLUSIVE   BIT_ULL(5) /* LDXR, STXR and relatives */
#define INSN_ACQUIRE     BIT_ULL(6) /* LDAR, LDAXR, LDADDA ... */
#define INSN_ACQUIRE_PC  BIT_ULL(7) /* LDAPR, LDAPUR */
#define INSN_RELEASE     BIT_ULL(8) /* STLR, STLXR, LDADDL ... */
#define INSN_LIMITED     BIT_ULL(9) /* in a LORegion: LDLAR, STLLR */
#define INSN_NONTEMPORAL BIT_ULL(10) /* LDNP, STNP */
#define INSN_UNPRIV      BIT_ULL(11) /* LDTR, STTR: as EL0, see PAN, UAO */
#define INSN_PAC         BIT_ULL(12) /* the base is authenticated first */
#define INSN_TAGS        BIT_ULL(13) /* allocation tags are written or read */
#define INSN_ATOMIC      BIT_ULL(14) /* read and write are one */
#define INSN_BASE_XZR    BIT_ULL(15) /* base register 31 is XZR, not SP */
#define INSN_LITERAL     BIT_ULL(16) /* the base is the PC */
#define INSN_EL1         BIT_ULL(17) /* UNDEFINED at EL0 */
#define INSN_RECENT      BIT_ULL(18) /* proven by newer emulators only */
#define INSN_UNPROVEN    BIT_ULL(19) /* by the tables, never executed */

/* One row of the encoding tables; first match in its group wins. */
struct insn_form {
	uint32_t mask, value;
	const char *name; /* the Arm ARM's, or why it is refused */
	uint8_t op; /* enum insn_op */
	uint8_t mode; /* private: where the offset stands */
	uint8_t size; /* private: where the element size stands */
	uint32_t flags;
};

#define INSN_REG_NONE 32

/* A decoded word: no register contents, so it holds wherever the word is. */
struct insn {
	uint32_t word;
	int error; /* as decoder_decode() returned it */
	const struct insn_form *form;
	const char *refused; /* -ENOTSUP: why */
	uint32_t flags;
	uint8_t op; /* enum insn_op */
	uint8_t size; /* log2 of the element's bytes */
	uint8_t nr; /* elements transferred: registers, or lanes */
	uint8_t rt, rt2; /* transferred; 31 is the zero register */
	uint8_t rs; /* status, operand or compare register */
	uint8_t rn; /* base; 31 is SP unless INSN_BASE_XZR */
	uint8_t rm; /* offset register or INSN_REG_NONE */
	uint8_t extend; /* of Rm: the "option" field, 3 is none */
	uint8_t shift; /* of Rm */
	uint8_t selem; /* structures: registers per structure */
	uint8_t lane; /* structures: which lane */
	bool q; /* structures: 128-bit registers */
	int32_t imm; /* added to the base */
	uint32_t x_src; /* general registers needed: bit 31 is SP */
	uint32_t x_dst; /* ... that change */
	uint32_t v_src, v_dst;
};

/*
 * Decode. 0; or, with ret->error the same and ret->form where there is one,
 * -ENOENT	not a load, store or cache operation by address
 * -EILSEQ	in those groups, but unallocated (up to Armv8.8): UNDEFINED
 * -ENOTSUP	refused by name: ret->refused
 */
int decoder_decode(uint32_t word, struct insn *ret);

/*
 * A cache of decoded words, one per user: give it zeroed memory and never
 * touch it. Entries hold for ever; what is evicted is decoded again.
 * decoder_lookup() is decoder_decode() from the cache, never NULL; the result
 * is good until the next call.
 */
#define DECODER_CACHE_BITS 10

struct decoder_cache {
	struct insn entry[1 << DECODER_CACHE_BITS];
};

const struct insn *decoder_lookup(struct decoder_cache *cache, uint32_t word);

/* The table of forms, for counting: NULL behind the last one. */
const struct insn_form *decoder_form(unsigned int i);

/* General registers as struct guest_regs has them (guest.h). */
struct insn_regs {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
};

/* What the CPU is like; zeroed is a good start. */
struct decoder_env {
	uint32_t zva_size; /* DC ZVA block, up to 2048; 0 is 64 */
	uint32_t line_size; /* cache line in bytes; 0 is 64 */
	uint64_t pac_mask[2]; /* PAC bits of data pointers, by bit 55 */
	bool mops_option_b; /* CPYP, SETP set up option B */
	bool big_endian; /* SCTLR_ELx.EE: everything is refused */
};

#define ACCESS_READ   1U
#define ACCESS_WRITE  2U
#define ACCESS_UNPRIV 4U /* checked as an EL0 access */
#define ACCESS_CACHE  8U /* cache maintenance: no bytes change */
#define ACCESS_TAGS   16U /* allocation tags of these granules */

/* The most bytes that one access has: a DC ZVA block. */
#define ACCESS_MAX_BYTES 2048

struct access_mem {
	va_t addr; /* as the instruction has it: tag byte included */
	uint32_t size; /* bytes from there on */
	uint8_t unit; /* bytes that are single-copy atomic when aligned */
	uint8_t align; /* faults unless aligned so; 1 is none (see LSE2) */
	uint8_t flags; /* ACCESS_* */
};

struct access {
	unsigned int nr; /* 0: nothing in memory is touched (PRFM ...) */
	struct access_mem mem[2]; /* copies: [0] is read, [1] is written */
	uint64_t writeback; /* INSN_WRITEBACK: what the base becomes */
};

/*
 * What the instruction would touch now. Of regs only x_src, SP and the PC are
 * read (and PSTATE by MOPS), so the rest need not have been fetched.
 *
 * LDRAA, LDRAB: the PAC is stripped by env->pac_mask; an access that got as
 * far as stage 2 has passed authentication. LSE2 lets unaligned accesses with
 * an align above 1 pass within 16 bytes; the CPU has checked that before.
 *
 * 0, or -ENOTSUP (big-endian data), or insn->error.
 */
int decoder_access(const struct insn *insn, const struct insn_regs *regs,
		   const struct decoder_env *env, struct access *ret);

/*
 * Finish it. old: the bytes of mem[0] where that is read. stored: room for the
 * bytes of the written region (ACCESS_MAX_BYTES do). passed: whether an
 * exclusive store is to succeed (the caller owns the monitor). v: SIMD&FP
 * registers, v_src filled in; may be NULL when v_src and v_dst are 0.
 *
 * regs and v become what they are after the instruction: the PC moved on,
 * BTYPE zero, writeback done. A MOPS main or epilogue step that is not yet
 * through keeps the PC. Allocation tags read as zero and writes to them are
 * ignored: memory without them.
 *
 * 1: stored has the bytes to write. 0: nothing is to be written.
 */
int decoder_apply(const struct insn *insn, const struct access *acc,
		  struct insn_regs *regs, unsigned __int128 *v,
		  const struct decoder_env *env, bool passed, const void *old,
		  void *stored);

#endif
