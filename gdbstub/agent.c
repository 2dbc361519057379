// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Agent expressions: see agent.h. One table, indexed by opcode, says how many
 * bytes of operand follow, how many items the opcode takes from the stack and
 * how many it gives back. The loop checks all three before it calls the
 * opcode's function, so no such function has to check the code or the stack.
 *
 * The manual does not define two results. Here, a shift by 64 or more shifts
 * every bit out, as on a wider machine. The quotient of the smallest number and
 * -1 is an error, like a division by zero.
 */
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <trapline/util.h>

struct machine {
	const uint8_t *code;
	size_t size, pc;
	const struct agent_ops *ops;
	void *opaque;
	uint64_t stack[AGENT_STACK_MAX];
	unsigned int depth;
	bool ended;
};

/*
 * in: the items taken from the stack, the deepest first. out: room for the
 * items given back. operand: the value that follows the opcode.
 */
struct opcode {
	int (*run)(struct machine *m, const uint64_t *in, uint64_t operand,
		   uint64_t *out);
	uint8_t operand; /* number of its bytes */
	uint8_t takes, gives;
};

#define OP(name)                                                    \
	static int op_##name(struct machine *m, const uint64_t *in, \
			     uint64_t operand, uint64_t *out)
#define OP_PURE(name, value)              \
	OP(name)                          \
	{                                 \
		*out = (uint64_t)(value); \
		return 0;                 \
	}

/* clang-format off */
OP_PURE(add, in[0] + in[1])
OP_PURE(sub, in[0] - in[1])
OP_PURE(mul, in[0] * in[1])
OP_PURE(lsh, in[1] < 64 ? in[0] << in[1] : 0)
OP_PURE(rsh_signed, (int64_t)in[0] >> (in[1] < 64 ? in[1] : 63))
OP_PURE(rsh_unsigned, in[1] < 64 ? in[0] >> in[1] : 0)
OP_PURE(log_not, !in[0])
OP_PURE(bit_and, in[0] & in[1])
OP_PURE(bit_or, in[0] | in[1])
OP_PURE(bit_xor, in[0] ^ in[1])
OP_PURE(bit_not, ~in[0])
OP_PURE(equal, in[0] == in[1])
OP_PURE(less_signed, (int64_t)in[0] < (int64_t)in[1])
OP_PURE(less_unsigned, in[0] < in[1])
OP_PURE(const, operand)
/* clang-format on */

static bool no_quotient(const uint64_t *in, bool is_signed)
{
	return !in[1] || (is_signed && in[0] == BIT_ULL(63) && in[1] == ~0ULL);
}

OP(div_signed)
{
	if (no_quotient(in, true))
		return -EDOM;
	*out = (uint64_t)((int64_t)in[0] / (int64_t)in[1]);
	return 0;
}

OP(div_unsigned)
{
	if (no_quotient(in, false))
		return -EDOM;
	*out = in[0] / in[1];
	return 0;
}

OP(rem_signed)
{
	if (no_quotient(in, true))
		return -EDOM;
	*out = (uint64_t)((int64_t)in[0] % (int64_t)in[1]);
	return 0;
}

OP(rem_unsigned)
{
	if (no_quotient(in, false))
		return -EDOM;
	*out = in[0] % in[1];
	return 0;
}

OP(zero_ext)
{
	if (!operand || operand > 64)
		return -EINVAL;
	*out = in[0] << (64 - operand) >> (64 - operand);
	return 0;
}

OP(ext)
{
	if (!operand || operand > 64)
		return -EINVAL;
	*out = (uint64_t)((int64_t)(in[0] << (64 - operand)) >> (64 - operand));
	return 0;
}

/* The guest is little-endian, and so is every host this is built for. */
static int ref(struct machine *m, va_t va, size_t size, uint64_t *out)
{
	*out = 0;
	return m->ops->read(m->opaque, va, out, size);
}

OP(ref8)
{
	return ref(m, in[0], 1, out);
}

OP(ref16)
{
	return ref(m, in[0], 2, out);
}

OP(ref32)
{
	return ref(m, in[0], 4, out);
}

OP(ref64)
{
	return ref(m, in[0], 8, out);
}

OP(reg)
{
	return m->ops->reg(m->opaque, (unsigned int)operand, out);
}

OP(goto)
{
	if (operand >= m->size)
		return -EINVAL;
	m->pc = operand;
	return 0;
}

OP(if_goto)
{
	return in[0] ? op_goto(m, in, operand, out) : 0;
}

OP(end)
{
	out[0] = in[0];
	m->ended = true;
	return 0;
}

OP(dup)
{
	out[0] = out[1] = in[0];
	return 0;
}

OP(pop)
{
	return 0;
}

OP(swap)
{
	out[0] = in[1];
	out[1] = in[0];
	return 0;
}

OP(rot)
{
	out[0] = in[2];
	out[1] = in[0];
	out[2] = in[1];
	return 0;
}

/* operand counts from the top of the stack; the top item is 0. */
OP(pick)
{
	if (operand >= m->depth)
		return -EOVERFLOW;
	*out = m->stack[m->depth - 1 - operand];
	return 0;
}

OP(refused)
{
	return -EOPNOTSUPP;
}

static const struct opcode opcodes[] = {
	[0x01] = { op_refused, 0, 0, 0 }, /* float */
	[0x02] = { op_add, 0, 2, 1 },
	[0x03] = { op_sub, 0, 2, 1 },
	[0x04] = { op_mul, 0, 2, 1 },
	[0x05] = { op_div_signed, 0, 2, 1 },
	[0x06] = { op_div_unsigned, 0, 2, 1 },
	[0x07] = { op_rem_signed, 0, 2, 1 },
	[0x08] = { op_rem_unsigned, 0, 2, 1 },
	[0x09] = { op_lsh, 0, 2, 1 },
	[0x0a] = { op_rsh_signed, 0, 2, 1 },
	[0x0b] = { op_rsh_unsigned, 0, 2, 1 },
	[0x0c] = { op_refused, 0, 0, 0 }, /* trace */
	[0x0d] = { op_refused, 0, 0, 0 }, /* trace_quick */
	[0x0e] = { op_log_not, 0, 1, 1 },
	[0x0f] = { op_bit_and, 0, 2, 1 },
	[0x10] = { op_bit_or, 0, 2, 1 },
	[0x11] = { op_bit_xor, 0, 2, 1 },
	[0x12] = { op_bit_not, 0, 1, 1 },
	[0x13] = { op_equal, 0, 2, 1 },
	[0x14] = { op_less_signed, 0, 2, 1 },
	[0x15] = { op_less_unsigned, 0, 2, 1 },
	[0x16] = { op_ext, 1, 1, 1 },
	[0x17] = { op_ref8, 0, 1, 1 },
	[0x18] = { op_ref16, 0, 1, 1 },
	[0x19] = { op_ref32, 0, 1, 1 },
	[0x1a] = { op_ref64, 0, 1, 1 },
	[0x1b] = { op_refused, 0, 0, 0 }, /* ref_float */
	[0x1c] = { op_refused, 0, 0, 0 }, /* ref_double */
	[0x1d] = { op_refused, 0, 0, 0 }, /* ref_long_double */
	[0x1e] = { op_refused, 0, 0, 0 }, /* l_to_d */
	[0x1f] = { op_refused, 0, 0, 0 }, /* d_to_l */
	[0x20] = { op_if_goto, 2, 1, 0 },
	[0x21] = { op_goto, 2, 0, 0 },
	[0x22] = { op_const, 1, 0, 1 },
	[0x23] = { op_const, 2, 0, 1 },
	[0x24] = { op_const, 4, 0, 1 },
	[0x25] = { op_const, 8, 0, 1 },
	[0x26] = { op_reg, 2, 0, 1 },
	[0x27] = { op_end, 0, 1, 1 },
	[0x28] = { op_dup, 0, 1, 2 },
	[0x29] = { op_pop, 0, 1, 0 },
	[0x2a] = { op_zero_ext, 1, 1, 1 },
	[0x2b] = { op_swap, 0, 2, 2 },
	[0x2c] = { op_refused, 0, 0, 0 }, /* getv */
	[0x2d] = { op_refused, 0, 0, 0 }, /* setv */
	[0x2e] = { op_refused, 0, 0, 0 }, /* tracev */
	[0x2f] = { op_refused, 0, 0, 0 }, /* tracenz */
	[0x30] = { op_refused, 0, 0, 0 }, /* trace16 */
	[0x32] = { op_pick, 1, 0, 1 },
	[0x33] = { op_rot, 0, 3, 3 },
	[0x34] = { op_refused, 0, 0, 0 }, /* printf */
};

static int fetch(struct machine *m, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	if (size > m->size - m->pc)
		return -EINVAL;
	while (size--)
		value = value << 8 | m->code[m->pc++];
	*ret = value;
	return 0;
}

static int step(struct machine *m)
{
	const struct opcode *op;
	uint64_t number, operand, out[3] = { 0 };
	int error = fetch(m, 1, &number);

	if (error)
		return error;
	if (number >= ARRAY_SIZE(opcodes) || !opcodes[number].run)
		return -EINVAL;
	op = &opcodes[number];
	error = fetch(m, op->operand, &operand);
	if (error)
		return error;
	if (m->depth < op->takes ||
	    m->depth - op->takes + op->gives > AGENT_STACK_MAX)
		return -EOVERFLOW;
	error = op->run(m, m->stack + m->depth - op->takes, operand, out);
	if (error)
		return error;
	m->depth -= op->takes;
	memcpy(m->stack + m->depth, out, op->gives * sizeof(*out));
	m->depth += op->gives;
	return 0;
}

int agent_run(const uint8_t *code, size_t size, const struct agent_ops *ops,
	      void *opaque, uint64_t *ret)
{
	struct machine m = {
		.code = code,
		.size = min(size, AGENT_CODE_MAX),
		.ops = ops,
		.opaque = opaque,
	};

	for (unsigned int i = 0; i < AGENT_STEPS_MAX; i++) {
		int error = step(&m);

		if (error)
			return error;
		if (m.ended) {
			*ret = m.stack[m.depth - 1];
			return 0;
		}
	}
	return -ELOOP;
}
