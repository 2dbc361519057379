// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_cpu.c - an arm64 CPU of some thirty instructions
 *
 * One table has mask, value and function of each instruction. If the function
 * returns FAKE_CPU_DONE, the instruction has been executed completely.
 * Otherwise it has had no effect.
 */
#include "fake_cpu.h"

#include <errno.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/introspect.h>

#define PAGE   SZ_4K
#define REG_ZR 31

#define RT  GENMASK_ULL(4, 0)
#define RN  GENMASK_ULL(9, 5)
#define RT2 GENMASK_ULL(14, 10)
#define RS  GENMASK_ULL(20, 16)

#define VECTOR_SYNC 0x000
#define VECTOR_IRQ  0x080

#define DBG_ENABLE BIT_ULL(0)
#define WCR_LSC    GENMASK_ULL(4, 3)
#define WCR_BAS    GENMASK_ULL(12, 5)
#define WCR_MASK   GENMASK_ULL(28, 24)
#define LSC_LOAD   1
#define LSC_STORE  2

typedef enum fake_event execute_fn(struct fake_cpu *cpu, uint32_t insn);

static uint64_t x_get(const struct fake_cpu *cpu, unsigned int n)
{
	return n == REG_ZR ? 0 : cpu->core.regs.regs[n];
}

static void x_set(struct fake_cpu *cpu, unsigned int n, uint64_t value)
{
	if (n != REG_ZR)
		cpu->core.regs.regs[n] = value;
}

/* Register 31 as a base: the current stack pointer. */
static uint64_t *base_reg(struct fake_cpu *cpu, unsigned int n)
{
	uint64_t pstate = cpu->core.regs.pstate;

	if (n != REG_ZR)
		return (uint64_t *)&cpu->core.regs.regs[n];
	if (FIELD_GET(PSTATE_EL, pstate) && pstate & PSTATE_SP)
		return (uint64_t *)&cpu->core.sp_el1;
	return (uint64_t *)&cpu->core.regs.sp;
}

static enum fake_event next(struct fake_cpu *cpu)
{
	cpu->core.regs.pc += 4;
	return FAKE_CPU_DONE;
}

/* --- exceptions ------------------------------------------------------------ */

void fake_cpu_exception(struct fake_cpu *cpu, unsigned int vector, uint64_t esr,
			va_t far)
{
	uint64_t pstate = cpu->core.regs.pstate;
	uint64_t offset = pstate & PSTATE_SP ? 0x200 : 0;

	if (!FIELD_GET(PSTATE_EL, pstate))
		offset = 0x400;
	cpu->core.spsr[KVM_SPSR_EL1] = pstate | (cpu->stepping ? PSTATE_SS : 0);
	cpu->core.elr_el1 = cpu->core.regs.pc;
	cpu->sysreg[FAKE_ESR] = esr;
	cpu->sysreg[FAKE_FAR] = far;
	cpu->core.regs.pc = cpu->sysreg[FAKE_VBAR] + offset + vector;
	cpu->core.regs.pstate = PSTATE_DAIF | FIELD_PREP(PSTATE_EL, 1) |
				PSTATE_SP;
	cpu->monitor = false;
}

static enum fake_event debug_event(struct fake_cpu *cpu, unsigned int ec,
				   uint64_t iss, va_t far)
{
	cpu->esr = FIELD_PREP(ESR_ELx_EC_MASK, ec) | ESR_ELx_IL | iss;
	cpu->far = far;
	return FAKE_CPU_DEBUG;
}

static enum fake_event do_svc(struct fake_cpu *cpu, uint32_t insn)
{
	cpu->core.regs.pc += 4;
	fake_cpu_exception(
		cpu, VECTOR_SYNC,
		FIELD_PREP(ESR_ELx_EC_MASK, ESR_ELx_EC_SVC64) | ESR_ELx_IL, 0);
	return FAKE_CPU_DONE;
}

/* KVM takes every BRK while guest debugging is on, for whatever reason. */
static enum fake_event do_brk(struct fake_cpu *cpu, uint32_t insn)
{
	uint64_t imm = FIELD_GET(GENMASK_ULL(20, 5), insn);

	if (cpu->debug.control & KVM_GUESTDBG_ENABLE)
		return debug_event(cpu, ESR_ELx_EC_BRK64, imm, 0);
	fake_cpu_exception(cpu, VECTOR_SYNC,
			   FIELD_PREP(ESR_ELx_EC_MASK, ESR_ELx_EC_BRK64) |
				   ESR_ELx_IL | imm,
			   0);
	return FAKE_CPU_DONE;
}

static enum fake_event do_eret(struct fake_cpu *cpu, uint32_t insn)
{
	cpu->core.regs.pc = cpu->core.elr_el1;
	cpu->core.regs.pstate = cpu->core.spsr[KVM_SPSR_EL1] & ~PSTATE_SS;
	cpu->monitor = false;
	return FAKE_CPU_DONE;
}

static enum fake_event do_hvc(struct fake_cpu *cpu, uint32_t insn)
{
	next(cpu);
	return FAKE_CPU_CALL;
}

static enum fake_event do_wfi(struct fake_cpu *cpu, uint32_t insn)
{
	next(cpu);
	return __atomic_load_n(&cpu->irq, __ATOMIC_RELAXED) ? FAKE_CPU_DONE
							    : FAKE_CPU_WAIT;
}

/* --- memory ---------------------------------------------------------------- */

static int translate(struct fake_cpu *cpu, va_t va, ipa_t *ret)
{
	const struct guest ram = { .ram = cpu->memory->ram, .nr_ram = 1 };
	const struct stage1_regs regs = {
		.sctlr = cpu->sysreg[FAKE_SCTLR],
		.tcr = cpu->sysreg[FAKE_TCR],
		.ttbr0 = cpu->sysreg[FAKE_TTBR0],
		.ttbr1 = cpu->sysreg[FAKE_TTBR1],
	};
	struct stage1_mapping map;

	if (stage1_walk(&ram, &regs, va, &map))
		return -EFAULT;
	*ret = map.ipa;
	return 0;
}

/* Does watchpoint register i hit [va, va + size)? */
static bool watch_hits(const struct kvm_guest_debug_arch *regs, unsigned int i,
		       va_t va, unsigned int size, unsigned int lsc)
{
	uint64_t wcr = regs->dbg_wcr[i], bas = FIELD_GET(WCR_BAS, wcr);
	unsigned int mask = (unsigned int)FIELD_GET(WCR_MASK, wcr);

	if (!(wcr & DBG_ENABLE) || !(FIELD_GET(WCR_LSC, wcr) & lsc))
		return false;
	for (va_t at = va; at < va + size; at++) {
		if (mask ? (at ^ regs->dbg_wvr[i]) >> mask == 0
			 : (at & ~7ULL) == regs->dbg_wvr[i] &&
				    bas & BIT_ULL(at & 7))
			return true;
	}
	return false;
}

static bool is_watched(struct fake_cpu *cpu, va_t va, unsigned int size,
		       unsigned int access)
{
	unsigned int lsc = access & GUEST_WRITE ? LSC_STORE : LSC_LOAD;

	if (!(cpu->debug.control & KVM_GUESTDBG_USE_HW))
		return false;
	for (unsigned int i = 0; i < KVM_ARM_MAX_DBG_REGS; i++)
		if (watch_hits(&cpu->debug.arch, i, va, size, lsc))
			return true;
	return false;
}

/*
 * Translate an access that does not cross a page. FAKE_CPU_DONE: *host is the
 * address of the bytes. Otherwise the access had the returned event instead.
 */
static enum fake_event reach(struct fake_cpu *cpu, va_t va, unsigned int size,
			     unsigned int access, uint8_t **host, ipa_t *ipa)
{
	if (va % PAGE + size > PAGE || translate(cpu, va, ipa))
		return FAKE_CPU_UNKNOWN;
	if (is_watched(cpu, va, size, access))
		return debug_event(cpu, ESR_ELx_EC_WATCHPT_LOW,
				   ESR_ELx_FSC_DEBUG |
					   (access & GUEST_WRITE ? ESR_ELx_WNR
								 : 0),
				   va);
	*host = cpu->memory->at(*ipa, size, access);
	if (*host)
		return FAKE_CPU_DONE;
	cpu->fault = (struct fake_fault){
		.access = access,
		.ipa = *ipa,
		.far = va,
	};
	return FAKE_CPU_FAULT;
}

uint64_t fake_cpu_load(const uint8_t *host, unsigned int size)
{
	if (size == 1)
		return __atomic_load_n(host, __ATOMIC_RELAXED);
	return __atomic_load_n((const uint64_t *)(const void *)host,
			       __ATOMIC_RELAXED);
}

void fake_cpu_store(uint8_t *host, unsigned int size, uint64_t value)
{
	if (size == 1)
		__atomic_store_n(host, (uint8_t)value, __ATOMIC_RELAXED);
	else
		__atomic_store_n((uint64_t *)(void *)host, value,
				 __ATOMIC_RELAXED);
}

/*
 * LDR, STR, LDRB, STRB. For a fault of these, the CPU's syndrome describes the
 * access (ISV is set).
 */
static enum fake_event plain(struct fake_cpu *cpu, uint32_t insn,
			     unsigned int size, unsigned int access)
{
	unsigned int rt = (unsigned int)FIELD_GET(RT, insn);
	uint64_t offset = FIELD_GET(GENMASK_ULL(21, 10), insn) * size;
	va_t va = *base_reg(cpu, (unsigned int)FIELD_GET(RN, insn)) + offset;
	enum fake_event event;
	uint8_t *host;
	ipa_t ipa;

	event = reach(cpu, va, size, access, &host, &ipa);
	if (event == FAKE_CPU_FAULT) {
		cpu->fault.isv = true;
		cpu->fault.size = size;
		cpu->fault.rt = rt;
		cpu->fault.value = x_get(cpu, rt);
	}
	if (event != FAKE_CPU_DONE)
		return event;
	if (access & GUEST_WRITE)
		fake_cpu_store(host, size, x_get(cpu, rt));
	else
		x_set(cpu, rt, fake_cpu_load(host, size));
	return next(cpu);
}

static enum fake_event do_ldr(struct fake_cpu *cpu, uint32_t insn)
{
	return plain(cpu, insn, 8, GUEST_READ);
}

static enum fake_event do_str(struct fake_cpu *cpu, uint32_t insn)
{
	return plain(cpu, insn, 8, GUEST_WRITE);
}

static enum fake_event do_ldrb(struct fake_cpu *cpu, uint32_t insn)
{
	return plain(cpu, insn, 1, GUEST_READ);
}

static enum fake_event do_strb(struct fake_cpu *cpu, uint32_t insn)
{
	return plain(cpu, insn, 1, GUEST_WRITE);
}

static enum fake_event pair(struct fake_cpu *cpu, uint32_t insn, bool post)
{
	unsigned int rn = (unsigned int)FIELD_GET(RN, insn);
	uint64_t first = x_get(cpu, (unsigned int)FIELD_GET(RT, insn));
	uint64_t second = x_get(cpu, (unsigned int)FIELD_GET(RT2, insn));
	va_t va = *base_reg(cpu, rn);
	enum fake_event event;
	uint8_t *host;
	ipa_t ipa;

	event = reach(cpu, va, 16, GUEST_WRITE, &host, &ipa);
	if (event != FAKE_CPU_DONE)
		return event;
	fake_cpu_store(host, 8, first);
	fake_cpu_store(host + 8, 8, second);
	if (post)
		*base_reg(cpu, rn) += 16;
	return next(cpu);
}

static enum fake_event do_stp(struct fake_cpu *cpu, uint32_t insn)
{
	return pair(cpu, insn, false);
}

static enum fake_event do_stp_post(struct fake_cpu *cpu, uint32_t insn)
{
	return pair(cpu, insn, true);
}

static enum fake_event do_ldxr(struct fake_cpu *cpu, uint32_t insn)
{
	va_t va = *base_reg(cpu, (unsigned int)FIELD_GET(RN, insn));
	enum fake_event event;
	uint8_t *host;
	ipa_t ipa;

	event = reach(cpu, va, 8, GUEST_READ, &host, &ipa);
	if (event != FAKE_CPU_DONE)
		return event;
	cpu->monitor = true;
	cpu->monitor_ipa = ipa;
	cpu->monitor_value = fake_cpu_load(host, 8);
	x_set(cpu, (unsigned int)FIELD_GET(RT, insn), cpu->monitor_value);
	return next(cpu);
}

/*
 * An STXR whose monitor is not armed may still fault; on this CPU it does. This
 * CPU does not see stores by other CPUs. Instead, the STXR succeeds if memory
 * still has the value that was loaded.
 */
static enum fake_event do_stxr(struct fake_cpu *cpu, uint32_t insn)
{
	va_t va = *base_reg(cpu, (unsigned int)FIELD_GET(RN, insn));
	uint64_t value = x_get(cpu, (unsigned int)FIELD_GET(RT, insn));
	uint64_t expected = cpu->monitor_value;
	enum fake_event event;
	uint8_t *host;
	ipa_t ipa;
	bool done;

	event = reach(cpu, va, 8, GUEST_WRITE, &host, &ipa);
	if (event != FAKE_CPU_DONE)
		return event;
	done = cpu->monitor && cpu->monitor_ipa == ipa &&
	       __atomic_compare_exchange_n((uint64_t *)(void *)host, &expected,
					   value, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
	cpu->monitor = false;
	x_set(cpu, (unsigned int)FIELD_GET(RS, insn), !done);
	return next(cpu);
}

/* --- the rest -------------------------------------------------------------- */

static enum fake_event do_nop(struct fake_cpu *cpu, uint32_t insn)
{
	return next(cpu);
}

static enum fake_event do_clrex(struct fake_cpu *cpu, uint32_t insn)
{
	cpu->monitor = false;
	return next(cpu);
}

static enum fake_event do_movz(struct fake_cpu *cpu, uint32_t insn)
{
	uint64_t shift = FIELD_GET(GENMASK_ULL(22, 21), insn) * 16;

	x_set(cpu, (unsigned int)FIELD_GET(RT, insn),
	      FIELD_GET(GENMASK_ULL(20, 5), insn) << shift);
	return next(cpu);
}

static enum fake_event add(struct fake_cpu *cpu, uint32_t insn, bool subtract)
{
	uint64_t imm = FIELD_GET(GENMASK_ULL(21, 10), insn);
	uint64_t value = *base_reg(cpu, (unsigned int)FIELD_GET(RN, insn));

	*base_reg(cpu, (unsigned int)FIELD_GET(RT, insn)) =
		subtract ? value - imm : value + imm;
	return next(cpu);
}

static enum fake_event do_add(struct fake_cpu *cpu, uint32_t insn)
{
	return add(cpu, insn, false);
}

static enum fake_event do_sub(struct fake_cpu *cpu, uint32_t insn)
{
	return add(cpu, insn, true);
}

/* words is a signed number of that many bits. */
static enum fake_event branch(struct fake_cpu *cpu, uint64_t words,
			      unsigned int bits)
{
	cpu->core.regs.pc +=
		(uint64_t)((int64_t)(words << (64 - bits)) >> (64 - bits)) * 4;
	return FAKE_CPU_DONE;
}

static enum fake_event do_b(struct fake_cpu *cpu, uint32_t insn)
{
	return branch(cpu, FIELD_GET(GENMASK_ULL(25, 0), insn), 26);
}

static enum fake_event do_cbnz(struct fake_cpu *cpu, uint32_t insn)
{
	uint64_t value = x_get(cpu, (unsigned int)FIELD_GET(RT, insn));

	if (!(insn & BIT_ULL(31)))
		value = (uint32_t)value;
	return value ? branch(cpu, FIELD_GET(GENMASK_ULL(23, 5), insn), 19)
		     : next(cpu);
}

static enum fake_event do_mrs_daif(struct fake_cpu *cpu, uint32_t insn)
{
	x_set(cpu, (unsigned int)FIELD_GET(RT, insn),
	      cpu->core.regs.pstate & PSTATE_DAIF);
	return next(cpu);
}

static enum fake_event do_msr_daif(struct fake_cpu *cpu, uint32_t insn)
{
	uint64_t bits =
		FIELD_PREP(PSTATE_DAIF, FIELD_GET(GENMASK_ULL(11, 8), insn));

	/* op2 is 6 for DAIFSet and 7 for DAIFClr. */
	if (insn & BIT_ULL(5))
		cpu->core.regs.pstate &= ~bits;
	else
		cpu->core.regs.pstate |= bits;
	return next(cpu);
}

static const struct {
	uint32_t mask, value;
	execute_fn *fn;
} table[] = {
	{ 0xffffffff, A64_WFI, do_wfi },
	{ 0xffffffff, A64_CLREX, do_clrex },
	{ 0xffffffff, A64_ERET, do_eret },
	{ 0xfffff01f, A64_NOP, do_nop },
	{ 0xffe0001f, A64_SVC, do_svc },
	{ 0xffe0001f, A64_HVC, do_hvc },
	{ 0xffe0001f, A64_BRK(0), do_brk },
	{ 0xff800000, A64_MOVZ(0, 0), do_movz },
	{ 0xffc00000, A64_ADD(0, 0, 0), do_add },
	{ 0xffc00000, A64_SUB(0, 0, 0), do_sub },
	{ 0xfc000000, A64_B(0), do_b },
	{ 0x7f000000, A64_CBNZ_W(0, 0), do_cbnz },
	{ 0xffc00000, A64_LDR(0, 0), do_ldr },
	{ 0xffc00000, A64_STR(0, 0), do_str },
	{ 0xffc00000, A64_LDRB(0, 0), do_ldrb },
	{ 0xffc00000, A64_STRB(0, 0), do_strb },
	{ 0xffff8000, A64_STP(0, 0, 0), do_stp },
	{ 0xffff8000, A64_STP_POST(0, 0, 0), do_stp_post },
	{ 0xfffffc00, A64_LDXR(0, 0), do_ldxr },
	{ 0xffe0fc00, A64_STXR(0, 0, 0), do_stxr },
	{ 0xffffffe0, A64_MRS_DAIF(0), do_mrs_daif },
	{ 0xfffff0df, A64_DAIFSET(0), do_msr_daif },
};

static bool fetch(struct fake_cpu *cpu, va_t pc, uint32_t *ret)
{
	uint8_t *host;
	ipa_t ipa;

	if (pc % 4 || translate(cpu, pc, &ipa))
		return false;
	host = cpu->memory->at(ipa, sizeof(*ret), GUEST_EXEC);
	if (!host) {
		cpu->fault = (struct fake_fault){ .access = GUEST_EXEC,
						  .ipa = ipa,
						  .far = pc };
		return false;
	}
	*ret = __atomic_load_n((const uint32_t *)(const void *)host,
			       __ATOMIC_RELAXED);
	return true;
}

static bool breakpoint_hits(const struct fake_cpu *cpu)
{
	const struct kvm_guest_debug_arch *regs = &cpu->debug.arch;

	if (!(cpu->debug.control & KVM_GUESTDBG_USE_HW))
		return false;
	for (unsigned int i = 0; i < KVM_ARM_MAX_DBG_REGS; i++)
		if (regs->dbg_bcr[i] & DBG_ENABLE &&
		    regs->dbg_bvr[i] == cpu->core.regs.pc)
			return true;
	return false;
}

/* True if an interrupt is taken now. A single step may hold interrupts back. */
static bool takes_irq(const struct fake_cpu *cpu)
{
	bool blocked = cpu->stepping &&
		       cpu->debug.control & KVM_GUESTDBG_BLOCKIRQ;

	return __atomic_load_n(&cpu->irq, __ATOMIC_RELAXED) && !blocked &&
	       !(cpu->core.regs.pstate & PSTATE_I);
}

enum fake_event fake_cpu_execute(struct fake_cpu *cpu)
{
	uint32_t insn;

	if (takes_irq(cpu)) {
		__atomic_store_n(&cpu->irq, false, __ATOMIC_RELAXED);
		fake_cpu_exception(cpu, VECTOR_IRQ, cpu->sysreg[FAKE_ESR],
				   cpu->sysreg[FAKE_FAR]);
		return FAKE_CPU_IRQ;
	}
	if (breakpoint_hits(cpu))
		return debug_event(cpu, ESR_ELx_EC_BREAKPT_LOW,
				   ESR_ELx_FSC_DEBUG, 0);
	cpu->fault.access = 0;
	if (!fetch(cpu, cpu->core.regs.pc, &insn))
		return cpu->fault.access ? FAKE_CPU_FAULT : FAKE_CPU_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((insn & table[i].mask) == table[i].value)
			return table[i].fn(cpu, insn);
	return FAKE_CPU_UNKNOWN;
}

bool fake_cpu_is_load_exclusive(struct fake_cpu *cpu, va_t pc)
{
	uint32_t insn;

	return fetch(cpu, pc, &insn) && (insn & ~0x3ffU) == A64_LDXR(0, 0);
}

/* --- registers by KVM's IDs ------------------------------------------------ */

static const uint64_t sysreg_id[FAKE_NR_SYSREGS] = {
	[FAKE_SCTLR] = ARM64_SYS_REG(3, 0, 1, 0, 0),
	[FAKE_TCR] = ARM64_SYS_REG(3, 0, 2, 0, 2),
	[FAKE_TTBR0] = ARM64_SYS_REG(3, 0, 2, 0, 0),
	[FAKE_TTBR1] = ARM64_SYS_REG(3, 0, 2, 0, 1),
	[FAKE_MAIR] = ARM64_SYS_REG(3, 0, 10, 2, 0),
	[FAKE_VBAR] = ARM64_SYS_REG(3, 0, 12, 0, 0),
	[FAKE_ESR] = ARM64_SYS_REG(3, 0, 5, 2, 0),
	[FAKE_FAR] = ARM64_SYS_REG(3, 0, 6, 0, 0),
	[FAKE_TPIDR0] = ARM64_SYS_REG(3, 3, 13, 0, 2),
	[FAKE_TPIDRRO] = ARM64_SYS_REG(3, 3, 13, 0, 3),
	[FAKE_TPIDR1] = ARM64_SYS_REG(3, 0, 13, 0, 4),
	[FAKE_CONTEXTIDR] = ARM64_SYS_REG(3, 0, 13, 0, 1),
	[FAKE_MPIDR] = ARM64_SYS_REG(3, 0, 0, 0, 5),
	[FAKE_MIDR] = ARM64_SYS_REG(3, 0, 0, 0, 0),
	[FAKE_MMFR0] = ARM64_SYS_REG(3, 0, 0, 7, 0),
	[FAKE_MMFR1] = ARM64_SYS_REG(3, 0, 0, 7, 1),
	[FAKE_MMFR2] = ARM64_SYS_REG(3, 0, 0, 7, 2),
	[FAKE_MDSCR] = ARM64_SYS_REG(2, 0, 0, 2, 2),
};

/* The address of the register's value, and its size; NULL: no such register. */
static uint8_t *reg_at(const struct fake_cpu *cpu, uint64_t id, size_t *size)
{
	uint64_t words = id & GENMASK_ULL(15, 0);

	*size = 1UL << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
	if ((id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM_CORE)
		return words * 4 + *size <= sizeof(cpu->core)
			       ? (uint8_t *)(uintptr_t)&cpu->core + words * 4
			       : NULL;
	for (unsigned int i = 0; i < FAKE_NR_SYSREGS; i++)
		if (sysreg_id[i] == id)
			return (uint8_t *)(uintptr_t)&cpu->sysreg[i];
	return NULL;
}

int fake_cpu_reg_get(const struct fake_cpu *cpu, uint64_t id, void *ret)
{
	size_t size;
	const uint8_t *at = reg_at(cpu, id, &size);

	if (!at)
		return -ENOENT;
	memcpy(ret, at, size);
	return 0;
}

int fake_cpu_reg_set(struct fake_cpu *cpu, uint64_t id, const void *value)
{
	size_t size;
	uint8_t *at = reg_at(cpu, id, &size);

	if (!at)
		return -ENOENT;
	memcpy(at, value, size);
	return 0;
}

void fake_cpu_reset(struct fake_cpu *cpu, unsigned int index)
{
	const struct fake_memory *memory = cpu->memory;

	*cpu = (struct fake_cpu){ .memory = memory };
	cpu->core.regs.pstate = PSTATE_DAIF | FIELD_PREP(PSTATE_EL, 1) |
				PSTATE_SP;
	cpu->sysreg[FAKE_MPIDR] = BIT_ULL(31) | index;
	/*
	 * All features that vmm/ hides: 4 and 16 KiB granules with 52 bits, and
	 * hardware management of the access flag and dirty state.
	 */
	cpu->sysreg[FAKE_MMFR0] = FIELD_PREP(GENMASK_ULL(31, 28), 1) |
				  FIELD_PREP(GENMASK_ULL(23, 20), 2);
	cpu->sysreg[FAKE_MMFR1] = FIELD_PREP(GENMASK_ULL(3, 0), 2) |
				  FIELD_PREP(GENMASK_ULL(23, 20), 1);
	cpu->sysreg[FAKE_MMFR2] = FIELD_PREP(GENMASK_ULL(19, 16), 1);
}
