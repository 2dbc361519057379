// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decode.c - decode one word into a struct insn
 *
 * The row of forms.c gives the encoding of the fields; this file reads each
 * field once. It then refuses the combinations that the Arm ARM calls
 * CONSTRAINED UNPREDICTABLE ("Constraints on AArch64 ... load/store
 * instructions"): each CPU may execute them differently, so only the CPU can
 * execute them. Last, it computes the masks of the registers that the
 * instruction reads and writes.
 */
#include "forms.h"

#include <errno.h>
#include <string.h>

#define OFFSET_EXTEND_NONE 3 /* UXTX, the same as LSL */

static int32_t sign_extend(uint64_t value, unsigned int bits)
{
	return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

/* --- the fields of each mode -----------------------------------------------*/

static int mode_base(struct insn *insn)
{
	return 0;
}

static int mode_imm9(struct insn *insn)
{
	insn->imm = sign_extend(FIELD_GET(INSN_IMM9, insn->word), 9);
	return 0;
}

static int mode_imm12(struct insn *insn)
{
	insn->imm = (int32_t)FIELD_GET(INSN_IMM12, insn->word) << insn->size;
	return 0;
}

static int mode_reg(struct insn *insn)
{
	insn->rm = FIELD_GET(INSN_RS, insn->word);
	insn->extend = FIELD_GET(INSN_OPTION, insn->word);
	insn->shift = FIELD_GET(INSN_S, insn->word) ? insn->size : 0;
	return 0;
}

static int mode_literal(struct insn *insn)
{
	insn->imm = sign_extend(FIELD_GET(INSN_IMM19, insn->word), 19) * 4;
	return 0;
}

static int mode_pair(struct insn *insn)
{
	insn->nr = 2;
	insn->imm = sign_extend(FIELD_GET(INSN_IMM7, insn->word), 7) *
		    (1 << insn->size);
	return 0;
}

static int mode_pair_tag(struct insn *insn)
{
	insn->nr = 2;
	insn->imm = sign_extend(FIELD_GET(INSN_IMM7, insn->word), 7) * 16;
	return 0;
}

static int mode_pac(struct insn *insn)
{
	uint64_t imm10 = FIELD_GET(INSN_PAC_S, insn->word) << 9 |
			 FIELD_GET(INSN_IMM9, insn->word);

	insn->imm = sign_extend(imm10, 10) * 8;
	return 0;
}

static int mode_tag(struct insn *insn)
{
	insn->imm = sign_extend(FIELD_GET(INSN_IMM9, insn->word), 9) * 16;
	return 0;
}

static int mode_excl_pair(struct insn *insn)
{
	insn->nr = 2;
	return 0;
}

/* ST<OP> (Rt is the zero register) has no acquire semantics. */
static int mode_atomic(struct insn *insn)
{
	if (FIELD_GET(INSN_A, insn->word) && insn->rt != 31)
		insn->flags |= INSN_ACQUIRE;
	if (FIELD_GET(INSN_R, insn->word))
		insn->flags |= INSN_RELEASE;
	return 0;
}

static int mode_block(struct insn *insn)
{
	insn->nr = 8;
	return insn->rt <= 22 ? 0 : -EILSEQ;
}

/* Post-indexed forms add Rm or, if Rm is 31, the bytes accessed. */
static void struct_writeback(struct insn *insn)
{
	if (!(insn->flags & INSN_WRITEBACK))
		return;
	insn->rm = FIELD_GET(INSN_RS, insn->word);
	if (insn->rm == 31) {
		insn->rm = INSN_REG_NONE;
		insn->imm = insn->nr << insn->size;
	}
}

static int mode_struct(struct insn *insn)
{
	/* By "opcode": number of registers, registers per structure. */
	static const uint8_t layout[16][2] = {
		[0] = { 4, 4 }, [2] = { 4, 1 }, [4] = { 3, 3 },  [6] = { 3, 1 },
		[7] = { 1, 1 }, [8] = { 2, 2 }, [10] = { 2, 1 },
	};
	const uint8_t *l = layout[FIELD_GET(INSN_OPCODE4, insn->word)];

	insn->q = FIELD_GET(INSN_Q, insn->word);
	insn->selem = l[1];
	if (!l[0] || (insn->size == SIZE_8 && !insn->q && l[1] != 1))
		return -EILSEQ;
	insn->nr = (uint8_t)(l[0] * ((insn->q ? 16 : 8) >> insn->size));
	struct_writeback(insn);
	return 0;
}

static int mode_lane(struct insn *insn)
{
	unsigned int opcode = FIELD_GET(INSN_OPCODE3, insn->word);
	unsigned int field = FIELD_GET(INSN_LANE_SZ, insn->word);
	unsigned int s = FIELD_GET(INSN_S, insn->word) ? 1 : 0;
	unsigned int scale = opcode >> 1;

	insn->q = FIELD_GET(INSN_Q, insn->word);
	insn->nr = insn->selem =
		(uint8_t)(((opcode & 1) << 1) + 1 +
			  (FIELD_GET(INSN_LANE_R, insn->word) ? 1 : 0));
	/* Q:S:size, without the low bits that a larger element does not use. */
	insn->lane = (uint8_t)(((unsigned int)insn->q << 3 | s << 2 | field) >>
			       scale);
	if (scale == 2 && field == 1 && !s) {
		scale = 3;
		insn->lane = insn->q;
	} else if (insn->op == INSN_OP_LOAD_ALL) {
		scale = field;
	} else if (scale == 3 || field & ((1U << scale) - 1)) {
		return -EILSEQ;
	}
	insn->size = (uint8_t)scale;
	struct_writeback(insn);
	return 0;
}

static int mode_sys(struct insn *insn)
{
	insn->rn = insn->rt;
	return 0;
}

static int mode_mops(struct insn *insn)
{
	uint64_t word = insn->word;

	if (insn->op == INSN_OP_FILL && FIELD_GET(MOPS_SET_UNPRIV, word))
		insn->flags |= INSN_UNPRIV;
	if (insn->op == INSN_OP_COPY &&
	    word & (MOPS_CPY_READ_UNPRIV | MOPS_CPY_WRITE_UNPRIV))
		insn->flags |= INSN_UNPRIV;
	return 0;
}

static int (*const modes[NR_MODES])(struct insn *insn) = {
	[MODE_BASE] = mode_base,         [MODE_IMM9] = mode_imm9,
	[MODE_IMM12] = mode_imm12,       [MODE_REG] = mode_reg,
	[MODE_LITERAL] = mode_literal,   [MODE_PAIR] = mode_pair,
	[MODE_PAIR_TAG] = mode_pair_tag, [MODE_PAC] = mode_pac,
	[MODE_TAG] = mode_tag,           [MODE_EXCL_PAIR] = mode_excl_pair,
	[MODE_ATOMIC] = mode_atomic,     [MODE_BLOCK] = mode_block,
	[MODE_STRUCT] = mode_struct,     [MODE_LANE] = mode_lane,
	[MODE_SYS] = mode_sys,           [MODE_MOPS] = mode_mops,
};

static const struct {
	uint8_t base;
	uint32_t field;
} sizes[NR_SIZES] = {
	[SIZE_1] = { 0, 0 },
	[SIZE_2] = { 1, 0 },
	[SIZE_4] = { 2, 0 },
	[SIZE_8] = { 3, 0 },
	[SIZE_16] = { 4, 0 },
	[SIZE_31_30] = { 0, GENMASK_ULL(31, 30) },
	[SIZE_30] = { 2, BIT_ULL(30) },
	[SIZE_31] = { 2, BIT_ULL(31) },
	[SIZE_VEC] = { 2, GENMASK_ULL(31, 30) },
	[SIZE_11_10] = { 0, GENMASK_ULL(11, 10) },
};

/* --- combinations to refuse ------------------------------------------------*/

static bool is_general(const struct insn *insn)
{
	return !(insn->flags & INSN_VEC);
}

static const char *refuse_transfer(const struct insn *insn)
{
	bool pair = insn->nr == 2;
	bool load = insn->op == INSN_OP_LOAD;
	bool hits_rn = insn->rt == insn->rn || (pair && insn->rt2 == insn->rn);

	if (load && pair && insn->rt == insn->rt2)
		return "a pair load of the same register twice";
	if ((insn->flags & INSN_WRITEBACK) && is_general(insn) && hits_rn &&
	    insn->rn != 31 && !(insn->flags & INSN_TAGS))
		return "writeback to a register that is transferred";
	if (load || !(insn->flags & INSN_EXCLUSIVE))
		return NULL;
	if (insn->rs == insn->rt || (pair && insn->rs == insn->rt2))
		return "an exclusive store's status over its data";
	if (insn->rs == insn->rn && insn->rn != 31)
		return "an exclusive store's status over its base";
	return NULL;
}

static const char *refuse_mops(const struct insn *insn)
{
	if (insn->rt == 31 || insn->rn == 31 ||
	    (insn->op == INSN_OP_COPY && insn->rs == 31))
		return "register 31 in a memory copy or set";
	if (insn->rt == insn->rn || insn->rs == insn->rn ||
	    insn->rs == insn->rt)
		return "the same register twice in a memory copy or set";
	return NULL;
}

static const char *refuse(const struct insn *insn)
{
	switch (insn->op) {
	case INSN_OP_LOAD:
	case INSN_OP_STORE:
		return refuse_transfer(insn);
	case INSN_OP_COPY:
	case INSN_OP_FILL:
		return refuse_mops(insn);
	default:
		return NULL;
	}
}

/* --- masks of registers ----------------------------------------------------*/

/* The bit of general register n. 31 is the zero register: no bit. */
static uint32_t x_bit(unsigned int n)
{
	return n < 31 ? (uint32_t)BIT_ULL(n) : 0;
}

static uint32_t base_bit(const struct insn *insn)
{
	if (insn->flags & INSN_LITERAL)
		return 0;
	if (insn->flags & INSN_BASE_XZR)
		return x_bit(insn->rn);
	return (uint32_t)BIT_ULL(insn->rn);
}

static uint32_t transferred(const struct insn *insn)
{
	uint32_t mask = 0;

	if (insn->nr == 1)
		return x_bit(insn->rt);
	if (insn->nr == 2)
		return x_bit(insn->rt) | x_bit(insn->rt2);
	for (unsigned int i = 0; i < insn->nr; i++)
		mask |= x_bit(insn->rt + i);
	return mask;
}

static uint32_t v_transferred(const struct insn *insn)
{
	unsigned int nr = insn->nr;
	uint32_t mask = 0;

	if (insn->op == INSN_OP_LOAD || insn->op == INSN_OP_STORE)
		return (uint32_t)BIT_ULL(insn->rt) |
		       (nr == 2 ? (uint32_t)BIT_ULL(insn->rt2) : 0);
	if (insn->form->mode == MODE_STRUCT)
		nr = (unsigned int)(insn->nr << insn->size) /
		     (insn->q ? 16 : 8);
	for (unsigned int i = 0; i < nr; i++)
		mask |= (uint32_t)BIT_ULL((insn->rt + i) % 32);
	return mask;
}

static void masks_general(struct insn *insn)
{
	uint32_t rt = transferred(insn), rs = x_bit(insn->rs);

	switch (insn->op) {
	case INSN_OP_LOAD:
	case INSN_OP_LDGM:
		insn->x_dst |= rt;
		break;
	case INSN_OP_STORE:
		insn->x_src |= rt;
		insn->x_dst |= insn->flags & INSN_EXCLUSIVE ? rs : 0;
		break;
	case INSN_OP_LDG:
		insn->x_src |= rt;
		insn->x_dst |= rt;
		break;
	case INSN_OP_CAS:
	case INSN_OP_CASP:
		if (insn->op == INSN_OP_CASP) {
			rt |= x_bit(insn->rt + 1U);
			rs |= x_bit(insn->rs + 1U);
		}
		insn->x_src |= rt | rs;
		insn->x_dst |= rs;
		break;
	case INSN_OP_COPY:
	case INSN_OP_FILL:
		insn->x_src |= rt | rs;
		insn->x_dst |= rt | x_bit(insn->rn) |
			       (insn->op == INSN_OP_COPY ? rs : 0);
		break;
	default:
		if (insn->flags & INSN_ATOMIC) {
			insn->x_src |= rs;
			insn->x_dst |= rt;
		}
	}
}

static void masks_vector(struct insn *insn)
{
	uint32_t mask = v_transferred(insn);
	bool load = insn->op == INSN_OP_LOAD || insn->op == INSN_OP_LOAD_LANE ||
		    insn->op == INSN_OP_LOAD_STRUCT ||
		    insn->op == INSN_OP_LOAD_ALL;

	if (!load || insn->op == INSN_OP_LOAD_LANE)
		insn->v_src = mask;
	if (load)
		insn->v_dst = mask;
}

static void masks_set(struct insn *insn)
{
	insn->x_src = base_bit(insn);
	if (insn->rm != INSN_REG_NONE)
		insn->x_src |= x_bit(insn->rm);
	if (insn->flags & INSN_WRITEBACK)
		insn->x_dst = base_bit(insn);
	if (insn->flags & INSN_VEC)
		masks_vector(insn);
	else
		masks_general(insn);
}

/* --- decoding --------------------------------------------------------------*/

static int decode(uint32_t word, struct insn *insn)
{
	const struct insn_form *form = NULL;
	int err = form_find(word, &form);

	if (err)
		return err;
	insn->form = form;
	insn->op = form->op;
	if (form->op == INSN_OP_REFUSED) {
		insn->refused = form->name;
		return -ENOTSUP;
	}
	insn->flags = form->flags;
	insn->size =
		(uint8_t)(sizes[form->size].base +
			  (sizes[form->size].field
				   ? FIELD_GET(sizes[form->size].field, word)
				   : 0));
	insn->nr = 1;
	insn->rt = FIELD_GET(INSN_RT, word);
	insn->rn = FIELD_GET(INSN_RN, word);
	insn->rt2 = FIELD_GET(INSN_RT2, word);
	insn->rs = FIELD_GET(INSN_RS, word);
	insn->rm = INSN_REG_NONE;
	insn->extend = OFFSET_EXTEND_NONE;
	err = modes[form->mode](insn);
	if (err)
		return err;
	insn->refused = refuse(insn);
	if (insn->refused)
		return -ENOTSUP;
	masks_set(insn);
	return 0;
}

int decoder_decode(uint32_t word, struct insn *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->word = word;
	ret->error = decode(word, ret);
	return ret->error;
}

const struct insn *decoder_lookup(struct decoder_cache *cache, uint32_t word)
{
	struct insn *insn = &cache->entry[cache_slot(word)];

	/* A zeroed entry is not decoded, but its word equals word 0 (UDF). */
	if (insn->word != word || (!insn->form && !insn->error))
		decoder_decode(word, insn);
	return insn;
}
