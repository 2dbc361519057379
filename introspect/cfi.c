// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cfi.c - derive call frame information from function prologues
 *
 * gcc and clang generate two kinds of prologue for the kernel:
 *
 *	stp x29, x30, [sp, #-N]!	sub sp, sp, #N
 *	mov x29, sp			stp x29, x30, [sp, #M]
 *					add x29, sp, #M
 *
 * Hints (BTI, PACIASP, ftrace's NOPs) and stores of other registers may stand
 * between these instructions, and tests that return early before them. A
 * function with neither prologue is a leaf function: its return address is in
 * x30.
 *
 * Source: DWARF 4, "Structure of Call Frame Information"; DWARF for the Arm
 * 64-bit Architecture, "DWARF register names"; arch/arm64/kernel/entry.S for
 * the frame record of an exception (kernel_entry).
 */
#include "cfi.h"

#include <string.h>
#include "bytes.h"

#define DW_CFA_advance_loc    0x40 /* low 6 bits: delta, in words */
#define DW_CFA_offset         0x80 /* low 6 bits: register */
#define DW_CFA_undefined      0x07
#define DW_CFA_def_cfa        0x0c
#define DW_CFA_def_cfa_offset 0x0e
#define DW_CFA_nop            0x00

#define REG_FP     29
#define REG_LR     30
#define REG_SP     31
#define REG_PC     32
#define CODE_ALIGN 4
#define DATA_ALIGN 0x78 /* -8 as SLEB128 */

/* stp x29, x30, [sp, #imm]! and [sp, #imm] */
#define STP_MASK     0xffc07fffU
#define STP_FP_PRE   0xa9807bfdU
#define STP_FP       0xa9007bfdU
#define STP_IMM7     GENMASK_ULL(21, 15)
/* sub sp, sp, #imm{, lsl #12} and add x29, sp, #imm */
#define ADDSUB_MASK  0xff8003ffU
#define SUB_SP_SP    0xd10003ffU
#define ADD_FP_SP    0x910003fdU
#define ADDSUB_IMM12 GENMASK_ULL(21, 10)
#define ADDSUB_SHIFT BIT_ULL(22)

/*
 * struct pt_regs begins with X0 to X30, SP, PC (uapi/asm/ptrace.h), in the order
 * of their numbers in DWARF. Its frame record comes later.
 */
#define PT_REGS_PC 256
#define RECORD_MAX 512
#define NR_ARGS    8 /* X0 to X7 */

/* Byte offsets from the CFA are negative multiples of 8. */
struct prologue {
	unsigned int sub_at, stp_at, fp_at; /* instruction index + 1; 0: none */
	uint64_t frame; /* CFA - SP, after the prologue */
	uint64_t record; /* frame record - SP */
};

/* The rows of one entry. */
struct out {
	struct bytes b;
	unsigned int at; /* index of the instruction of the current row */
};

/* Pad to a multiple of 8, and store the length at the entry's beginning. */
static size_t close_entry(struct bytes *b)
{
	struct bytes length = { .p = b->p, .max = b->max };

	while (b->size % 8)
		bytes_put8(b, DW_CFA_nop);
	bytes_put(&length, b->size - 4, 4);
	return b->size;
}

size_t cfi_cie(bool is_signal, uint8_t ret[CFI_CIE_SIZE])
{
	const char *augmentation = is_signal ? "zS" : "";
	struct bytes b = { .p = ret, .max = CFI_CIE_SIZE };

	bytes_put(&b, 0, 4);
	bytes_put(&b, 0xffffffff, 4); /* CIE_id */
	bytes_put8(&b, 4); /* version */
	do
		bytes_put8(&b, (uint8_t)*augmentation);
	while (*augmentation++);
	bytes_put8(&b, 8); /* address_size */
	bytes_put8(&b, 0); /* segment_selector_size */
	bytes_put_uleb(&b, CODE_ALIGN);
	bytes_put8(&b, DATA_ALIGN);
	bytes_put_uleb(&b, is_signal ? REG_PC : REG_LR);
	if (is_signal)
		bytes_put_uleb(&b, 0); /* size of the augmentation's data */
	bytes_put8(&b, DW_CFA_def_cfa);
	bytes_put_uleb(&b, REG_SP);
	bytes_put_uleb(&b, 0);
	return close_entry(&b);
}

static uint64_t addsub_imm(uint32_t insn)
{
	return FIELD_GET(ADDSUB_IMM12, insn) << (insn & ADDSUB_SHIFT ? 12 : 0);
}

/* The offset (imm7) of STP Xt, in bytes. */
static int64_t stp_imm(uint32_t insn)
{
	int64_t imm = (int64_t)FIELD_GET(STP_IMM7, insn);

	return (imm & 0x40 ? imm - 0x80 : imm) * 8;
}

static void prologue_read(const uint32_t *insns, unsigned int nr,
			  struct prologue *p)
{
	for (unsigned int i = 0; i < nr && !p->fp_at; i++) {
		uint32_t insn = insns[i];

		if ((insn & STP_MASK) == STP_FP_PRE && stp_imm(insn) < 0 &&
		    !p->stp_at) {
			p->frame += (uint64_t)-stp_imm(insn);
			p->stp_at = i + 1;
		} else if ((insn & STP_MASK) == STP_FP && stp_imm(insn) >= 0 &&
			   p->sub_at && !p->stp_at) {
			p->record = (uint64_t)stp_imm(insn);
			p->stp_at = i + 1;
		} else if ((insn & ADDSUB_MASK) == SUB_SP_SP && !p->stp_at) {
			p->frame += addsub_imm(insn);
			p->sub_at = i + 1;
		} else if ((insn & ADDSUB_MASK) == ADD_FP_SP && p->stp_at) {
			if (addsub_imm(insn) == p->record)
				p->fp_at = i + 1;
		}
	}
}

static void advance(struct out *o, unsigned int insn)
{
	if (insn > o->at)
		bytes_put8(&o->b, DW_CFA_advance_loc | (insn - o->at));
	o->at = insn;
}

static void save_at(struct out *o, unsigned int reg, uint64_t below_cfa)
{
	bytes_put8(&o->b, DW_CFA_offset | reg);
	bytes_put_uleb(&o->b, below_cfa / 8);
}

static void save_record(struct out *o, uint64_t cfa_minus_record)
{
	save_at(o, REG_FP, cfa_minus_record);
	save_at(o, REG_LR, cfa_minus_record - 8);
}

static void def_cfa(struct out *o, unsigned int reg, uint64_t offset)
{
	bytes_put8(&o->b, DW_CFA_def_cfa);
	bytes_put_uleb(&o->b, reg);
	bytes_put_uleb(&o->b, offset);
}

static void rows(struct out *o, const struct prologue *p)
{
	if (p->sub_at && p->sub_at != p->stp_at) {
		advance(o, p->sub_at);
		bytes_put8(&o->b, DW_CFA_def_cfa_offset);
		bytes_put_uleb(&o->b, p->frame);
	}
	if (!p->stp_at || p->frame <= p->record)
		return;
	advance(o, p->stp_at);
	bytes_put8(&o->b, DW_CFA_def_cfa_offset);
	bytes_put_uleb(&o->b, p->frame);
	save_record(o, p->frame - p->record);
	if (p->fp_at) {
		advance(o, p->fp_at);
		def_cfa(o, REG_FP, p->frame - p->record);
	}
}

static void undefined(struct out *o, unsigned int reg)
{
	bytes_put8(&o->b, DW_CFA_undefined);
	bytes_put_uleb(&o->b, reg);
}

/*
 * The handler of an exception: kernel_entry points x29 to a frame record in
 * struct pt_regs, which is at SP. The members of struct pt_regs before the
 * record have all registers of the interrupted code. If the record is not
 * found there, it has x29 and PC (up to 6.12; the record holds zeros since
 * c2c6b27b5aa1 "arm64: stacktrace: unwind exception boundaries").
 */
static void exception_rows(struct out *o, const uint32_t *insns,
			   unsigned int nr)
{
	uint64_t record = 0;

	for (unsigned int i = 0; i < nr; i++)
		if ((insns[i] & ADDSUB_MASK) == ADD_FP_SP)
			record = addsub_imm(insns[i]);
	bytes_put_uleb(&o->b, 0); /* no data of the augmentation */
	def_cfa(o, REG_FP, 16);
	if (record > PT_REGS_PC && record <= RECORD_MAX) {
		for (unsigned int i = 0; i <= REG_PC; i++)
			save_at(o, i, 16 + record - 8 * i);
		return;
	}
	for (unsigned int i = 0; i < NR_ARGS; i++)
		undefined(o, i);
	undefined(o, REG_LR);
	save_at(o, REG_FP, 16);
	save_at(o, REG_PC, 8);
}

static bool begins_with_any(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strncmp(name, *list, strlen(*list)))
			return true;
	return false;
}

size_t cfi_fde(const char *name, va_t va, uint64_t size, const uint32_t *insns,
	       unsigned int nr, uint8_t ret[CFI_FDE_MAX])
{
	static const char *const exceptions[] = { "el1h_64_", "el1t_64_",
						  NULL };
	/* The kernel's stack ends in these functions. */
	static const char *const from_user[] = { "el0t_64_", "el0t_32_", NULL };
	/* rest_init() never returns, and the code of its callers is freed. */
	static const char *const starts[] = { "ret_from_fork",
					      "__primary_switch",
					      "__secondary_switch",
					      "primary_entry",
					      "secondary_entry",
					      "rest_init",
					      NULL };
	struct prologue p = { 0 };
	struct out o = { .b = { .p = ret, .max = CFI_FDE_MAX } };
	bool is_end, is_exception;

	if (nr > CFI_MAX_INSNS)
		nr = CFI_MAX_INSNS;
	prologue_read(insns, nr, &p);
	/* The handlers in C have these names, too. */
	is_exception = !p.stp_at && begins_with_any(name, exceptions);
	is_end = begins_with_any(name, starts) ||
		 (!p.stp_at && begins_with_any(name, from_user));
	bytes_put(&o.b, 0, 4);
	bytes_put(&o.b, is_exception ? CFI_CIE_SIZE : 0, 4); /* CIE_pointer */
	bytes_put(&o.b, va, 8);
	bytes_put(&o.b, size, 8);
	if (is_end)
		undefined(&o, REG_LR);
	else if (is_exception)
		exception_rows(&o, insns, nr);
	else
		rows(&o, &p);
	return close_entry(&o.b);
}
