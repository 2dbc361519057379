/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.h - agent expressions: break point conditions as bytecode
 *
 * The debugger compiles a break point's condition into the bytecode of the GDB
 * manual, chapter "The GDB Agent Expression Mechanism", and sends the bytecode
 * with the break point. The stub runs the bytecode at each hit instead of
 * asking the debugger. Source: "Bytecode Descriptions" of that chapter.
 *
 * The machine has a stack of 64-bit integers. Operands and jump targets are
 * part of the code, big-endian. A run keeps no state for the next run. Every
 * opcode that a condition can need is implemented. Floating point, the trace_
 * opcodes, trace state variables and printf return -EOPNOTSUPP: no condition
 * needs them, because they collect or print data.
 *
 * The bytecode is untrusted: the stack and the number of steps are bounded, and
 * each operand and each jump is checked. On any error the caller stops the
 * guest and lets the debugger evaluate the condition.
 */
#ifndef GDBSTUB_AGENT_H
#define GDBSTUB_AGENT_H

#include <trapline/types.h>

#define AGENT_STACK_MAX 64
#define AGENT_STEPS_MAX 4096
/* A jump target has 16 bits, so code past this size cannot be reached. */
#define AGENT_CODE_MAX  0x10000

/* What an expression may read. */
struct agent_ops {
	/*
	 * The register with this number in target.xml, zero-extended. -EINVAL:
	 * there is no such register.
	 */
	int (*reg)(void *opaque, unsigned int number, uint64_t *ret);
	/* Reads all size bytes, or returns -EFAULT. */
	int (*read)(void *opaque, va_t va, void *buf, size_t size);
};

/*
 * Run the expression. *ret is the value on top of the stack at opcode "end".
 * Returns 0, an error of the ops, or
 *	-EINVAL		an unknown opcode, an operand cut off, a jump out
 *			of the code, code without "end", or a width that is
 *			0 or above 64
 *	-EOPNOTSUPP	an opcode that no condition needs
 *	-EOVERFLOW	the stack is full, or holds fewer items than the
 *			opcode takes
 *	-ELOOP		more than AGENT_STEPS_MAX steps
 *	-EDOM		a division by zero, or a quotient that 64 bits
 *			cannot represent
 */
int agent_run(const uint8_t *code, size_t size, const struct agent_ops *ops,
	      void *opaque, uint64_t *ret);

#endif
