/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers: g G p P, and the threads they belong to: H T. Source: the GDB
 * manual, "Packets"; the numbers and sizes are those of target.xml.
 *
 * g carries the general registers only. gdb asks for each other register when
 * the user looks at it, so a stop does not cost a hundred calls into the
 * hypervisor. Registers are little-endian, as the target is.
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "regs.h"

/* Size of g and G: x0-x30, sp and pc with 8 bytes, cpsr with 4 bytes. */
#define CORE_SIZE (REG_CPSR * 8 + 4)

const struct sysreg_name sysreg_names[GUEST_NR_SYSREGS] = {
	[GUEST_SCTLR_EL1] = { "SCTLR_EL1", "uint64" },
	[GUEST_TCR_EL1] = { "TCR_EL1", "uint64" },
	[GUEST_TTBR0_EL1] = { "TTBR0_EL1", "uint64" },
	[GUEST_TTBR1_EL1] = { "TTBR1_EL1", "uint64" },
	[GUEST_MAIR_EL1] = { "MAIR_EL1", "uint64" },
	[GUEST_VBAR_EL1] = { "VBAR_EL1", "code_ptr" },
	[GUEST_ESR_EL1] = { "ESR_EL1", "esr_flags" },
	[GUEST_FAR_EL1] = { "FAR_EL1", "data_ptr" },
	[GUEST_ELR_EL1] = { "ELR_EL1", "code_ptr" },
	[GUEST_SPSR_EL1] = { "SPSR_EL1", "spsr_flags" },
	[GUEST_SP_EL0] = { "SP_EL0", "data_ptr" },
	[GUEST_SP_EL1] = { "SP_EL1", "data_ptr" },
	[GUEST_TPIDR_EL0] = { "TPIDR_EL0", "data_ptr" },
	[GUEST_TPIDRRO_EL0] = { "TPIDRRO_EL0", "data_ptr" },
	[GUEST_TPIDR_EL1] = { "TPIDR_EL1", "data_ptr" },
	[GUEST_CONTEXTIDR_EL1] = { "CONTEXTIDR_EL1", "uint64" },
	[GUEST_MPIDR_EL1] = { "MPIDR_EL1", "uint64" },
	[GUEST_MIDR_EL1] = { "MIDR_EL1", "uint64" },
	[GUEST_ID_AA64MMFR0_EL1] = { "ID_AA64MMFR0_EL1", "uint64" },
	[GUEST_ID_AA64MMFR2_EL1] = { "ID_AA64MMFR2_EL1", "uint64" },
};

int regs_fetch(struct gdbstub *stub, unsigned int vcpu, uint64_t which,
	       struct guest_regs *ret)
{
	struct gdbstub_target *t = stub->target;
	int error = t->ops->regs_get(t, vcpu, which, ret);

	if (!error || error == -ESRCH || !stub_is_off(stub, vcpu))
		return error;
	memset(ret, 0, sizeof(*ret));
	return 0;
}

/* Returns an offset, which serves const and non-const registers alike. */
static size_t core_offset(unsigned int number)
{
	if (number < REG_SP)
		return offsetof(struct guest_regs, x) + number * 8;
	if (number == REG_SP)
		return offsetof(struct guest_regs, sp);
	return number == REG_PC ? offsetof(struct guest_regs, pc)
				: offsetof(struct guest_regs, pstate);
}

static void *core_slot(struct guest_regs *regs, unsigned int number)
{
	return (uint8_t *)regs + core_offset(number);
}

static size_t core_width(unsigned int number)
{
	return number == REG_CPSR ? 4 : 8;
}

uint64_t regs_core_value(const struct guest_regs *regs, unsigned int number)
{
	uint64_t value = 0;

	memcpy(&value, (const uint8_t *)regs + core_offset(number),
	       core_width(number));
	return value;
}

void regs_core_put(struct reply *reply, const struct guest_regs *regs,
		   unsigned int number)
{
	reply_hex(reply, (const uint8_t *)regs + core_offset(number),
		  core_width(number));
}

/* Reply with "x" for each digit: the register is not available. */
static int unavailable(struct gdbstub *stub, size_t size)
{
	for (size_t i = 0; i < size * 2; i++)
		reply_char(&stub->reply, 'x');
	return STUB_BUILT;
}

/* Put a register of the general thread, if this thread has it. */
static void core_put(struct gdbstub *stub, const struct guest_regs *regs,
		     unsigned int number)
{
	if (stub_is_vcpu(stub, stub->general) ||
	    GDBSTUB_SAVED_REGS & BIT_ULL(number))
		regs_core_put(&stub->reply, regs, number);
	else
		unavailable(stub, core_width(number));
}

int handle_regs_read(struct gdbstub *stub, struct args *args)
{
	struct guest_regs regs;
	int error = regs_fetch(stub, stub->general, GUEST_REG_ALL, &regs);

	if (error)
		return error;
	for (unsigned int i = REG_X0; i <= REG_CPSR; i++)
		core_put(stub, &regs, i);
	return STUB_BUILT;
}

/* The result of a write of registers. */
static int written(struct gdbstub *stub, int error)
{
	if (error == -EROFS && !stub_is_vcpu(stub, stub->general))
		return stub_fail(stub, error,
				 "the registers of a thread that is on no CPU "
				 "are read-only");
	return error ? error : STUB_OK;
}

int handle_regs_write(struct gdbstub *stub, struct args *args)
{
	struct gdbstub_target *t = stub->target;
	struct guest_regs regs;

	if (args_left(args) != CORE_SIZE * 2)
		return -EINVAL;
	memset(&regs, 0, sizeof(regs));
	for (unsigned int i = REG_X0; i <= REG_CPSR; i++) {
		if (!args_bytes(args, core_slot(&regs, i), core_width(i)))
			return -EINVAL;
	}
	return written(stub, t->ops->regs_set(t, stub->general, &regs));
}

static int core_read(struct gdbstub *stub, unsigned int number)
{
	struct guest_regs regs;
	int error = regs_fetch(stub, stub->general, BIT_ULL(number), &regs);

	if (error)
		return error;
	core_put(stub, &regs, number);
	return STUB_BUILT;
}

static int core_write(struct gdbstub *stub, unsigned int number,
		      struct args *args)
{
	struct gdbstub_target *t = stub->target;
	struct guest_regs regs;
	uint64_t value = 0;
	int error;

	if (!args_bytes(args, &value, core_width(number)) || !args_at_end(args))
		return -EINVAL;
	error = t->ops->regs_get(t, stub->general, GUEST_REG_ALL, &regs);
	if (error)
		return error;
	memcpy(core_slot(&regs, number), &value, sizeof(value));
	return t->ops->regs_set(t, stub->general, &regs);
}

static void *fp_slot(struct guest_fpregs *regs, unsigned int number,
		     size_t *size_ret)
{
	*size_ret = number < REG_FPSR ? 16 : 4;
	if (number < REG_FPSR)
		return &regs->v[number - REG_V0];
	return number == REG_FPSR ? &regs->fpsr : &regs->fpcr;
}

static int fp_read(struct gdbstub *stub, unsigned int number)
{
	struct gdbstub_target *t = stub->target;
	struct guest_fpregs regs;
	int error = t->ops->fpregs_get(t, stub->general, &regs);
	size_t size;
	void *slot = fp_slot(&regs, number, &size);

	if (error == -ESRCH)
		return error;
	if (error)
		return unavailable(stub, size);
	reply_hex(&stub->reply, slot, size);
	return STUB_BUILT;
}

static int fp_write(struct gdbstub *stub, unsigned int number,
		    struct args *args)
{
	struct gdbstub_target *t = stub->target;
	struct guest_fpregs regs;
	size_t size;
	void *slot = fp_slot(&regs, number, &size);
	int error = t->ops->fpregs_get(t, stub->general, &regs);

	if (error)
		return error;
	if (!args_bytes(args, slot, size) || !args_at_end(args))
		return -EINVAL;
	return t->ops->fpregs_set(t, stub->general, &regs);
}

static int sys_read(struct gdbstub *stub, unsigned int number)
{
	struct gdbstub_target *t = stub->target;
	uint64_t value;
	int error = t->ops->sysreg_get(t, stub->general,
				       (enum guest_sysreg)(number - REG_SYS0),
				       &value);

	if (error == -ESRCH)
		return error;
	if (error)
		return unavailable(stub, sizeof(value));
	reply_hex(&stub->reply, &value, sizeof(value));
	return STUB_BUILT;
}

/* p number */
int handle_reg_read(struct gdbstub *stub, struct args *args)
{
	uint64_t number;

	if (!args_hex_max(args, REG_NR - 1, &number) || !args_at_end(args))
		return -EINVAL;
	if (number <= REG_CPSR)
		return core_read(stub, (unsigned int)number);
	if (number < REG_SYS0)
		return fp_read(stub, (unsigned int)number);
	return sys_read(stub, (unsigned int)number);
}

/* P number=digits */
int handle_reg_write(struct gdbstub *stub, struct args *args)
{
	uint64_t number;
	int error;

	if (!args_hex_max(args, REG_NR - 1, &number) || !args_char(args, '='))
		return -EINVAL;
	if (number <= REG_CPSR)
		error = core_write(stub, (unsigned int)number, args);
	else if (number < REG_SYS0)
		error = fp_write(stub, (unsigned int)number, args);
	else
		error = stub_fail(stub, -EROFS,
				  "system registers are read-only");
	return written(stub, error);
}

/* H op thread-id: op c is for c and s, op g for all other packets */
int handle_set_thread(struct gdbstub *stub, struct args *args)
{
	unsigned int index;
	bool resume;
	int thread;

	resume = args_char(args, 'c');
	if (!resume && !args_char(args, 'g'))
		return -EINVAL;
	if (!args_thread(args, &thread) || !args_at_end(args))
		return -EINVAL;
	if (thread > 0 && thread_find(stub, thread, &index))
		return stub_fail(stub, -EINVAL, "no such thread");
	if (resume)
		stub->resume_thread = thread;
	else if (thread > 0)
		stub->general = index;
	return STUB_OK;
}

/* T thread-id */
int handle_thread_alive(struct gdbstub *stub, struct args *args)
{
	unsigned int index;
	int thread;

	if (!args_thread(args, &thread) || !args_at_end(args))
		return -EINVAL;
	if (thread_find(stub, thread, &index))
		return stub_fail(stub, -EINVAL, "no such thread");
	return STUB_OK;
}
