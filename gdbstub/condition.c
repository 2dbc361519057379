// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Conditions of break points: see condition.h. Source: the GDB manual,
 * "Packets", Z0. The syntax is ";X len,expr": len in hexadecimal digits, expr
 * as pairs of digits. The next X follows without a separator.
 *
 * The list of a point is one block of memory. Each expression has its length in
 * front of it, as a size_t.
 */
#include "condition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "regs.h"

/*
 * A vCPU at a break point. Registers are read only when the bytecode asks for
 * them.
 */
struct hit {
	struct gdbstub *stub;
	unsigned int vcpu;
};

static int reg_fp(const struct hit *hit, unsigned int number, uint64_t *ret)
{
	struct gdbstub_target *t = hit->stub->target;
	struct guest_fpregs regs;
	int error;

	/* A 64-bit integer cannot hold a vector register. */
	if (number < REG_FPSR)
		return -EINVAL;
	error = t->ops->fpregs_get(t, hit->vcpu, &regs);
	if (!error)
		*ret = number == REG_FPSR ? regs.fpsr : regs.fpcr;
	return error;
}

static int hit_reg(void *opaque, unsigned int number, uint64_t *ret)
{
	struct hit *hit = opaque;
	struct gdbstub_target *t = hit->stub->target;
	struct guest_regs regs;
	int error;

	if (number >= REG_PSTATE)
		return -EINVAL;
	if (number >= REG_SYS0)
		return t->ops->sysreg_get(
			t, hit->vcpu, (enum guest_sysreg)(number - REG_SYS0),
			ret);
	if (number > REG_CPSR)
		return reg_fp(hit, number, ret);
	error = t->ops->regs_get(t, hit->vcpu, BIT_ULL(number), &regs);
	if (!error)
		*ret = regs_core_value(&regs, number);
	return error;
}

static int hit_read(void *opaque, va_t va, void *buf, size_t size)
{
	const struct hit *hit = opaque;
	struct gdbstub_target *t = hit->stub->target;

	return t->ops->read(t, hit->vcpu, va, buf, size) == (long)size
		       ? 0
		       : -EFAULT;
}

bool conditions_hold(struct gdbstub *stub, unsigned int vcpu,
		     const struct stub_conditions *conditions)
{
	static const struct agent_ops ops = { hit_reg, hit_read };
	struct hit hit = { .stub = stub, .vcpu = vcpu };
	const uint8_t *at = conditions->data;
	size_t left = conditions->size;

	if (!left)
		return true;
	while (left) {
		uint64_t value;
		size_t size;

		memcpy(&size, at, sizeof(size));
		at += sizeof(size);
		if (agent_run(at, size, &ops, &hit, &value) || value)
			return true;
		at += size;
		left -= sizeof(size) + size;
	}
	return false;
}

/*
 * Parse "X len,expr" and append the expression to ret, which has room for it.
 */
static bool parse_one(struct args *args, struct stub_conditions *ret)
{
	uint64_t length;
	size_t size;

	if (!args_char(args, 'X') ||
	    !args_hex_max(args, AGENT_CODE_MAX, &length) ||
	    !args_char(args, ',') || !length || length > args_left(args) / 2)
		return false;
	size = (size_t)length;
	memcpy(ret->data + ret->size, &size, sizeof(size));
	ret->size += sizeof(size);
	if (!args_bytes(args, ret->data + ret->size, size))
		return false;
	ret->size += size;
	return true;
}

int conditions_parse(struct gdbstub *stub, struct args *args,
		     struct stub_conditions *ret)
{
	struct stub_conditions list = { 0 };

	if (args_at_end(args)) {
		*ret = list;
		return 0;
	}
	if (!args_char(args, ';') || args_at_end(args))
		return -EINVAL;
	/*
	 * Two bytes per byte of text, plus one size_t, hold any list: even the
	 * shortest expression, "X1,27", needs less than twice its text.
	 */
	list.data = malloc(args_left(args) * 2 + sizeof(size_t));
	if (!list.data)
		return -ENOMEM;
	while (!args_at_end(args)) {
		if (!parse_one(args, &list)) {
			free(list.data);
			return -EINVAL;
		}
		args_char(args, ';');
	}
	if (list.size > CONDITIONS_MAX - stub->conditions_size) {
		free(list.data);
		return stub_fail(stub, -ENOMEM, "too many conditions");
	}
	stub->conditions_size += list.size;
	*ret = list;
	return 0;
}

void conditions_free(struct gdbstub *stub, struct stub_conditions *conditions)
{
	stub->conditions_size -= conditions->size;
	free(conditions->data);
	*conditions = (struct stub_conditions){ 0 };
}
