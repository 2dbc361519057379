/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder.h - what one A64 instruction means to a debugger
 *
 * The functions are pure functions of instruction words and registers, except
 * those with a struct decoder_second or a struct decoder_flow. Pure functions
 * allocate nothing, and any thread may call them. No function changes guest
 * state.
 * Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding". (struct insn is
 * not specific to A64: A32 and T32 would each need one more decoder_decode().)
 *
 * The decoder has two parts. decoder_insn_class() gives the class of an
 * instruction that run control treats specially. Loads and stores are handled
 * in three steps:
 *
 *	word --decoder_decode--> struct insn		  the instruction
 *	insn, registers --decoder_access--> struct access the bytes it accesses
 *	both, old bytes --decoder_apply--> new registers, bytes to store
 *
 * struct insn can be cached. The caller performs the memory accesses between
 * the last two steps, because the caller knows the translation, the watched
 * bytes and the other vCPUs.
 */
#ifndef TRAPLINE_DECODER_H
#define TRAPLINE_DECODER_H

#include <trapline/types.h>

/*
 * Classes of instructions that run control treats specially: instructions that
 * read or change the state that a single-step uses, and the padding at function
 * entries.
 */
enum insn_class {
	INSN_OTHER,
	INSN_NOP, /* NOP, BTI, PACIASP and all hints but WFE and WFI */
	INSN_BRK,
	INSN_HLT,
	INSN_SVC,
	INSN_HVC,
	INSN_SMC,
	INSN_ERET, /* ERET, ERETAA, ERETAB */
	INSN_WFI, /* WFI, WFE, WFIT, WFET */
	INSN_MRS_DAIF, /* MRS Xt, DAIF */
	INSN_MSR_DAIF, /* MSR DAIF, Xt; MSR DAIFSet/DAIFClr, #imm */
	INSN_LOAD_EXCL, /* LDXR, LDAXR, LDXP, LDAXP: begins a sequence */
	INSN_STORE_EXCL, /* STXR, STLXR, STXP, STLXP: ends a sequence */
};

enum insn_class decoder_insn_class(uint32_t insn);

/* BRK #imm: the immediate of trapline's own breakpoints is "TL" in ASCII. */
#define TRAPLINE_BRK_IMM  0x544cU
#define INSN_BRK_IMM(imm) (0xd4200000U | ((uint32_t)(imm) << 5))

/*
 * Returns the size in bytes of the padding at a function's entry. The padding
 * is BTI, the NOPs that ftrace patches (or the instructions that ftrace put
 * there), and PACIASP. ftrace never rewrites the instruction after the padding.
 * insns holds the first nr words of the function.
 */
unsigned int decoder_entry_padding(const uint32_t *insns, unsigned int nr);

/*
 * --- Loads and stores ------------------------------------------------------
 *
 * The decoder covers the encoding group "Loads and Stores" up to Armv8.8, and
 * the cache operations by address. It does not cover SVE and SME, which have
 * groups of their own.
 *
 * tests/decoder executes every form in every run, except the forms marked
 * INSN_UNPROVEN, which no emulated CPU has. QEMU 10 executes the forms at EL1.
 * The installed qemu-user executes them at EL0, without those marked INSN_EL1.
 * An old qemu-user, such as Debian 12's, cannot execute those marked
 * INSN_RECENT.
 *
 * The decoder refuses an instruction that it knows but cannot perform, and
 * gives the reason as text.
 */

enum insn_op {
	INSN_OP_LOAD, /* nr registers, one element each */
	INSN_OP_STORE, /* exclusive stores, too: Rs gets the status */
	INSN_OP_SWP, /* Rt = old, new = Rs */
	INSN_OP_CAS, /* Rs = old, new = Rt if old was Rs */
	INSN_OP_CASP, /* CAS of register pairs */
	INSN_OP_ADD, /* ADD to UMIN: Rt = old, new = old OP Rs */
	INSN_OP_CLR,
	INSN_OP_EOR,
	INSN_OP_SET,
	INSN_OP_SMAX,
	INSN_OP_SMIN,
	INSN_OP_UMAX,
	INSN_OP_UMIN,
	INSN_OP_LOAD_STRUCT, /* LD1-LD4, multiple structures */
	INSN_OP_STORE_STRUCT, /* ST1-ST4 */
	INSN_OP_LOAD_LANE, /* LD1-LD4, one lane; keeps the other lanes */
	INSN_OP_STORE_LANE,
	INSN_OP_LOAD_ALL, /* LD1R-LD4R: one element to every lane */
	INSN_OP_ZERO, /* DC ZVA, DC GZVA, STZG, STZ2G, STZGM */
	INSN_OP_TAG, /* only allocation tags: STG, ST2G, STGM, DC GVA */
	INSN_OP_LDG, /* one allocation tag into Xt<59:56> */
	INSN_OP_LDGM, /* the tags of a block into Xt */
	INSN_OP_CACHE, /* changes no bytes, but may abort */
	INSN_OP_PREFETCH, /* PRFM: no effect that a guest can observe */
	INSN_OP_COPY, /* MOPS CPY*: one step, see decoder_apply() */
	INSN_OP_FILL, /* MOPS SET*: one step, see decoder_apply() */
	INSN_OP_REFUSED, /* only in the table of forms: name is the reason */
};

/* Ordering and other properties of an instruction. */
#define INSN_VEC         BIT_ULL(0) /* Rt, Rt2 are SIMD&FP registers */
#define INSN_SIGN32      BIT_ULL(1) /* sign-extend to 32 bits, then zero */
#define INSN_SIGN64      BIT_ULL(2) /* sign-extend to 64 bits */
#define INSN_WRITEBACK   BIT_ULL(3) /* the base register changes */
#define INSN_POST        BIT_ULL(4) /* post-index: address without offset */
#define INSN_EXCLUSIVE   BIT_ULL(5) /* LDXR, STXR, LDXP, STXP ... */
#define INSN_ACQUIRE     BIT_ULL(6) /* LDAR, LDAXR, LDADDA ... */
#define INSN_ACQUIRE_PC  BIT_ULL(7) /* LDAPR, LDAPUR */
#define INSN_RELEASE     BIT_ULL(8) /* STLR, STLXR, LDADDL ... */
#define INSN_LIMITED     BIT_ULL(9) /* ordered in a LORegion: LDLAR, STLLR */
#define INSN_NONTEMPORAL BIT_ULL(10) /* LDNP, STNP */
#define INSN_UNPRIV      BIT_ULL(11) /* LDTR, STTR: as EL0, see PAN, UAO */
#define INSN_PAC         BIT_ULL(12) /* authenticates the base first */
#define INSN_TAGS        BIT_ULL(13) /* reads or writes allocation tags */
#define INSN_ATOMIC      BIT_ULL(14) /* one atomic read and write */
#define INSN_BASE_XZR    BIT_ULL(15) /* base register 31 is XZR, not SP */
#define INSN_LITERAL     BIT_ULL(16) /* the base is the PC */
#define INSN_EL1         BIT_ULL(17) /* UNDEFINED at EL0 */
#define INSN_RECENT      BIT_ULL(18) /* tested on newer emulators only */
#define INSN_UNPROVEN    BIT_ULL(19) /* from the Arm ARM, never executed */

/* One row of the encoding tables. The first match in a group wins. */
struct insn_form {
	uint32_t mask, value;
	const char *name; /* the Arm ARM's name, or the reason to refuse */
	uint8_t op; /* enum insn_op */
	uint8_t mode; /* private: enum insn_mode, the offset's encoding */
	uint8_t size; /* private: enum insn_size, the element size's encoding */
	uint32_t flags;
};

#define INSN_REG_NONE 32

/*
 * A decoded word. It contains no register values, so it is valid for this word
 * at every address.
 */
struct insn {
	uint32_t word;
	int error; /* what decoder_decode() returned */
	const struct insn_form *form;
	const char *refused; /* the reason for -ENOTSUP */
	uint32_t flags;
	uint8_t op; /* enum insn_op */
	uint8_t size; /* log2 of the element's bytes */
	uint8_t nr; /* number of elements: registers or lanes */
	uint8_t rt, rt2; /* registers transferred; 31 is the zero register */
	uint8_t rs; /* status, operand or compare register */
	uint8_t rn; /* base; 31 is SP unless INSN_BASE_XZR */
	uint8_t rm; /* offset register or INSN_REG_NONE */
	uint8_t extend; /* how to extend Rm: the "option" field; 3: none */
	uint8_t shift; /* left shift of Rm */
	uint8_t selem; /* structures: registers per structure */
	uint8_t lane; /* structures: the lane's number */
	bool q; /* structures: 128-bit registers */
	bool asked; /* decoder_lookup_agreed() has asked Capstone */
	int32_t imm; /* added to the base */
	uint32_t x_src; /* general registers read; bit 31 is SP */
	uint32_t x_dst; /* general registers written; bit 31 is SP */
	uint32_t v_src, v_dst; /* SIMD&FP registers read, written */
};

/*
 * Decode a word. Returns 0 or one of the errors below. The same value is in
 * ret->error; ret->form is set if a form matched.
 * -ENOENT	the word is no load, store or cache operation by address
 * -EILSEQ	the word is in one of these groups, but unallocated up to
 *		Armv8.8: UNDEFINED
 * -ENOTSUP	the decoder refuses the instruction: see ret->refused
 */
int decoder_decode(uint32_t word, struct insn *ret);

/*
 * A cache of decoded words. Each user needs a cache of its own, in memory that
 * is zero at first and that only decoder_lookup() changes. Entries never
 * become stale; an evicted word is decoded again.
 *
 * decoder_lookup() gives the result of decoder_decode(), from the cache. It
 * never returns NULL. The result is valid until the next call.
 */
#define DECODER_CACHE_BITS 10

#define DECODER_AGREED_WAYS 4

struct decoder_cache {
	struct insn entry[1 << DECODER_CACHE_BITS];
	/* Words that Capstone has confirmed. An evicted word stays here. */
	uint32_t agreed[1 << DECODER_CACHE_BITS][DECODER_AGREED_WAYS];
};

const struct insn *decoder_lookup(struct decoder_cache *cache, uint32_t word);

/*
 * --- Capstone ---------------------------------------------------------------
 *
 * Capstone 5 writes the text of instructions for people. It is also a second
 * decoder: if a table here is wrong, an access that trapline completes would
 * change the wrong bytes of the guest. So a caller that emulates uses
 * decoder_lookup_agreed().
 *
 * A struct decoder_second is a Capstone handle. Only one thread at a time may
 * use it. After decoder_second_create() it allocates no memory and makes no
 * system call.
 */
struct decoder_second;

/* -ENOMEM */
int decoder_second_create(struct decoder_second **ret);
/* second may be NULL. */
void decoder_second_destroy(struct decoder_second *second);

/*
 * Like decoder_lookup(), but Capstone is asked, too, once for each word. This
 * decoder and Capstone have to name the same memory operand: base, index with
 * extend and shift, displacement, writeback, pre- or post-index. Otherwise the
 * error is
 * -EPROTO	Capstone names another memory operand, or does not know the
 *		word; refused says so
 *
 * second.c has the table of the few forms for which Capstone gives no operand.
 */
const struct insn *decoder_lookup_agreed(struct decoder_cache *cache,
					 struct decoder_second *second,
					 uint32_t word);

#define INSN_TEXT_MAX 208

struct insn_text {
	char text[INSN_TEXT_MAX]; /* "ldr x0, [x1, #8]"; no line end */
	bool has_target; /* an operand is an address relative to the PC */
	va_t target; /* this address, for a symbol after the text */
};

/*
 * The text of any A64 instruction at pc. A word that Capstone does not know is
 * ".inst 0x...", with the name of its form if this decoder knows it.
 */
void decoder_text(struct decoder_second *second, uint32_t word, va_t pc,
		  struct insn_text *ret);

/* Row i of all forms, to enumerate them: NULL after the last one. */
const struct insn_form *decoder_form(unsigned int i);

/*
 * --- What an instruction does to the general registers ----------------------
 *
 * These functions are for users who ask where a value came from. Emulation does
 * not use them.
 */
enum insn_effect_kind {
	INSN_EFFECT_OTHER, /* the registers in dst change; no more is known */
	INSN_EFFECT_ADD, /* Rd = Rn + imm; also MOV */
	INSN_EFFECT_SUM, /* Rd = Rn + Rm */
	INSN_EFFECT_CONST, /* Rd = imm: an address (ADR, ADRP) or a number */
	INSN_EFFECT_SP_EL0, /* MRS Xd, SP_EL0 */
	INSN_EFFECT_LOAD, /* of general registers; see decoder_decode() */
	INSN_EFFECT_CALL, /* BL has a target, BLR has none */
	INSN_EFFECT_JUMP, /* BR */
	INSN_EFFECT_UNKNOWN, /* not a known instruction */
};

struct insn_effect {
	enum insn_effect_kind kind;
	uint32_t dst; /* registers that may change; bit 31 is SP */
	uint8_t rd, rn, rm; /* INSN_REG_NONE: no Rm */
	int64_t imm;
	bool falls; /* the instruction after this one may be executed next */
	bool has_target; /* a branch relative to the PC */
	va_t target;
};

void decoder_effect(uint32_t word, va_t pc, struct insn_effect *ret);

/*
 * The words of one function, prepared for the question: which instruction gave
 * a register its value? start is the address of the first of the nr words.
 * words must stay valid as long as the flow exists. Errors: -E2BIG, the
 * function is empty or has more than DECODER_FLOW_MAX words; -ENOTSUP, the
 * function jumps through a table; -ENOMEM.
 */
struct decoder_flow;

#define DECODER_FLOW_MAX   16384U
#define DECODER_FLOW_ENTRY UINT32_MAX

int decoder_flow_create(const uint32_t *words, unsigned int nr, va_t start,
			struct decoder_flow **ret);
/* f may be NULL. */
void decoder_flow_destroy(struct decoder_flow *f);
/*
 * Set *ret to the number of the last instruction that writes register reg
 * (31: SP) before the instruction with the number at is executed.
 * DECODER_FLOW_ENTRY: the value of reg comes from the function's caller.
 * Returns false if the answer depends on the path, or if no path leads to
 * instruction at.
 */
bool decoder_flow_source(const struct decoder_flow *f, unsigned int at,
			 unsigned int reg, unsigned int *ret);

/* The general registers, in the layout of struct guest_regs (guest.h). */
struct insn_regs {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
};

/* Properties of the CPU. A zeroed structure gives usable defaults. */
struct decoder_env {
	uint32_t zva_size; /* DC ZVA block, up to 2048; 0 is 64 */
	uint32_t line_size; /* cache line in bytes; 0 is 64 */
	uint64_t pac_mask[2]; /* PAC bits of data pointers, by bit 55 */
	bool mops_option_b; /* CPYP and SETP use option B */
	bool big_endian; /* SCTLR_ELx.EE: decoder_access() refuses all */
};

#define ACCESS_READ   1U
#define ACCESS_WRITE  2U
#define ACCESS_UNPRIV 4U /* checked as an EL0 access */
#define ACCESS_CACHE  8U /* cache maintenance: changes no bytes */
#define ACCESS_TAGS   16U /* accesses the allocation tags of the granules */

/* The largest access in bytes: a DC ZVA block. */
#define ACCESS_MAX_BYTES 2048

struct access_mem {
	va_t addr; /* as the instruction gives it, with the tag byte */
	uint32_t size; /* in bytes */
	uint8_t unit; /* bytes that are single-copy atomic when aligned */
	uint8_t align; /* alignment required in bytes; 1: none (see LSE2) */
	uint8_t flags; /* ACCESS_* */
};

struct access {
	unsigned int nr; /* regions; 0: no memory is accessed (PRFM ...) */
	struct access_mem mem[2]; /* copies: [0] is read, [1] is written */
	uint64_t writeback; /* INSN_WRITEBACK: the new value of the base */
};

/*
 * Compute the memory that the instruction would access now. The function reads
 * only the registers in x_src, SP and the PC from regs, and PSTATE for MOPS.
 * The caller need not fetch the other registers.
 *
 * LDRAA and LDRAB: the function strips the PAC by env->pac_mask. It does not
 * authenticate: an access that reaches stage 2 has passed authentication.
 * align: with LSE2, an access with align above 1 may be unaligned if it stays
 * within 16 bytes. The CPU has checked the alignment before.
 *
 * Returns 0, -ENOTSUP (big-endian data) or insn->error.
 */
int decoder_access(const struct insn *insn, const struct insn_regs *regs,
		   const struct decoder_env *env, struct access *ret);

/*
 * Complete the instruction.
 *
 * old		the bytes of mem[0], if mem[0] is read
 * stored	room for the bytes of the written region; ACCESS_MAX_BYTES
 *		are enough
 * passed	whether an exclusive store succeeds: the caller owns the monitor
 * v		the SIMD&FP registers, with those in v_src filled in; may be
 *		NULL if v_src and v_dst are 0
 *
 * The function updates regs and v to their values after the instruction: it
 * advances the PC, clears BTYPE and does the writeback. A MOPS main or
 * epilogue instruction with bytes left keeps its PC. Memory is treated as
 * memory without allocation tags: tags read as zero, writes to tags are
 * ignored.
 *
 * Returns 1 if the caller must write the bytes in stored, 0 if there is nothing
 * to write.
 */
int decoder_apply(const struct insn *insn, const struct access *acc,
		  struct insn_regs *regs, unsigned __int128 *v,
		  const struct decoder_env *env, bool passed, const void *old,
		  void *stored);

#endif
