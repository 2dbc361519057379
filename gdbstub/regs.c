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

static int sys_write(struct gdbstub *stub, unsigned int number,
		     struct args *args)
{
	enum guest_sysreg reg = (enum guest_sysreg)(number - REG_SYS0);
	struct gdbstub_target *t = stub->target;
	const char *why = gdbstub_sysregs[reg].read_only;
	uint64_t value;
	int error;

	if (!args_bytes(args, &value, sizeof(value)) || !args_at_end(args))
		return -EINVAL;
	error = why ? -EROFS
		    : t->ops->sysreg_set(t, stub->general, reg, value, &why);
	return error && why ? stub_fail(stub, error, why) : error;
}

/* Arm ARM, "ID_AA64ISAR1_EL1" and "ID_AA64ISAR2_EL1". */
#define ISAR1_PAUTH GENMASK_ULL(11, 4) /* APA, API */
#define ISAR2_PAUTH GENMASK_ULL(15, 12) /* APA3 */
#define TCR_T0SZ    GENMASK_ULL(5, 0)
#define TCR_T1SZ    GENMASK_ULL(21, 16)
#define TCR_TBI(n)  BIT_ULL(37 + (n))
#define TCR_TBID(n) BIT_ULL(51 + (n))
#define TOP_BYTE    GENMASK_ULL(63, 56)

/*
 * The bits of an address that hold its authentication code: of data, of code,
 * and the same two of the upper half. Arm ARM, "PAC field". gdb's feature
 * org.gnu.gdb.aarch64.pauth_v2 has the masks in this order.
 */
static uint64_t pauth_mask(uint64_t tcr, bool code, bool upper)
{
	uint64_t size = 64 - (upper ? FIELD_GET(TCR_T1SZ, tcr)
				    : FIELD_GET(TCR_T0SZ, tcr));
	uint64_t mask = size < 55 ? GENMASK_ULL(54, 0) & ~(BIT_ULL(size) - 1)
				  : 0;

	if (!(tcr & TCR_TBI(upper)) || (code && tcr & TCR_TBID(upper)))
		mask |= TOP_BYTE;
	return mask;
}

static int pauth_read(struct gdbstub *stub, unsigned int number)
{
	struct gdbstub_target *t = stub->target;
	unsigned int n = number - REG_PAUTH0;
	uint64_t isar1 = 0, isar2 = 0, tcr = 0, mask = 0;

	t->ops->sysreg_get(t, stub->general, GUEST_ID_AA64ISAR1_EL1, &isar1);
	t->ops->sysreg_get(t, stub->general, GUEST_ID_AA64ISAR2_EL1, &isar2);
	if ((isar1 & ISAR1_PAUTH || isar2 & ISAR2_PAUTH) &&
	    !t->ops->sysreg_get(t, stub->general, GUEST_TCR_EL1, &tcr))
		mask = pauth_mask(tcr, n & 1, n > 1);
	reply_hex(&stub->reply, &mask, sizeof(mask));
	return STUB_BUILT;
}

/* p number */
int handle_reg_read(struct gdbstub *stub, struct args *args)
{
	uint64_t number;

	if (!args_hex_max(args, REG_NR - 1, &number) || !args_at_end(args))
		return -EINVAL;
	/* Another name for the same register. */
	if (number == REG_PSTATE)
		number = REG_CPSR;
	if (number <= REG_CPSR)
		return core_read(stub, (unsigned int)number);
	if (number < REG_SYS0)
		return fp_read(stub, (unsigned int)number);
	if (number < REG_PSTATE)
		return sys_read(stub, (unsigned int)number);
	return pauth_read(stub, (unsigned int)number);
}

/* P number=digits */
int handle_reg_write(struct gdbstub *stub, struct args *args)
{
	uint64_t number;
	int error;

	if (!args_hex_max(args, REG_NR - 1, &number) || !args_char(args, '='))
		return -EINVAL;
	if (number == REG_PSTATE)
		number = REG_CPSR;
	if (number <= REG_CPSR)
		error = core_write(stub, (unsigned int)number, args);
	else if (number < REG_SYS0)
		error = fp_write(stub, (unsigned int)number, args);
	else if (number < REG_PSTATE)
		error = sys_write(stub, (unsigned int)number, args);
	else
		error = stub_fail(stub, -EROFS,
				  "the masks follow from TCR_EL1");
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
