/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.h - agent expressions: break point conditions as bytecode, pure
 *
 * The debugger compiles a condition into the bytecode of the GDB manual, "The
 * GDB Agent Expression Mechanism", and sends it with the break point; the
 * stub runs it at each hit instead of asking the debugger. Source: "Bytecode
 * Descriptions" of that chapter.
 *
 * A stack of 64-bit integers, operands and jumps in the code itself, big-
 * endian; no state outlives a run. Done: everything a condition can be made
 * of. Refused by -EOPNOTSUPP: floating point, the trace_ opcodes, trace state
 * variables and printf, which collect or print and decide nothing.
 *
 * The bytecode is a stranger's: stack and steps are bounded, each operand and
 * jump is checked. The caller takes every error for "stop, and let the
 * debugger look for itself".
 */
#ifndef GDBSTUB_AGENT_H
#define GDBSTUB_AGENT_H

#include <trapline/types.h>

#define AGENT_STACK_MAX 64
#define AGENT_STEPS_MAX 4096
/* Jumps have 16 bits: no code behind that can be reached. */
#define AGENT_CODE_MAX  0x10000

/* What an expression may look at. */
struct agent_ops {
	/* By target.xml's numbers, zero-extended; -EINVAL: none such. */
	int (*reg)(void *opaque, unsigned int number, uint64_t *ret);
	/* All of it, or -EFAULT. */
	int (*read)(void *opaque, va_t va, void *buf, size_t size);
};

/*
 * The value on top of the stack at "end". Otherwise
 *	-EINVAL		an opcode there is not, an operand cut off, a jump
 *			out of the code, an end that never comes, a width that
 *			is 0 or above 64
 *	-EOPNOTSUPP	an opcode that no condition needs
 *	-EOVERFLOW	more on the stack than there is room for, or less
 *			than an opcode takes
 *	-ELOOP		too many steps
 *	-EDOM		a division by zero, or with no representable result
 * or what the ops returned.
 */
int agent_run(const uint8_t *code, size_t size, const struct agent_ops *ops,
	      void *opaque, uint64_t *ret);

#endif
