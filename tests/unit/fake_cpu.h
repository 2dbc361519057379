/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_cpu.h - an arm64 CPU of some thirty instructions, for fake_kvm.h
 *
 * Executes one instruction of guest RAM at a time, at EL1 or EL0. It has stage
 * 1 (with trapline's own walker), debug registers, exclusives, interrupts, and
 * exceptions to EL1. So a test can write its guest as words (the A64_* macros),
 * and this guest meets breakpoints, steps and watched pages as a real guest
 * does. An instruction that this CPU does not implement gives FAKE_CPU_UNKNOWN.
 *
 * No lock: a vCPU belongs to the thread that runs it or, while no thread does,
 * to the control thread. ThreadSanitizer reports code that breaks this rule.
 *
 * Source: Arm ARM (DDI 0487), the instructions by name; "ESR_EL2".
 */
#ifndef TRAPLINE_TESTS_FAKE_CPU_H
#define TRAPLINE_TESTS_FAKE_CPU_H

#include <trapline/abi.h>
#include <trapline/guest.h>

#define A64_NOP                0xd503201fU
#define A64_WFI                0xd503207fU
#define A64_CLREX              0xd503305fU
#define A64_ERET               0xd69f03e0U
#define A64_SVC                0xd4000001U
#define A64_HVC                0xd4000002U
#define A64_BRK(imm)           (0xd4200000U | (imm) << 5)
#define A64_MOVZ(d, imm)       (0xd2800000U | (imm) << 5 | (d))
#define A64_MOVZ16(d, imm)     (0xd2a00000U | (imm) << 5 | (d)) /* LSL 16 */
#define A64_ADD(d, n, imm)     (0x91000000U | (imm) << 10 | (n) << 5 | (d))
#define A64_SUB(d, n, imm)     (0xd1000000U | (imm) << 10 | (n) << 5 | (d))
/* Distances in instructions. */
#define A64_B(words)           (0x14000000U | (0x3ffffff & (words)))
#define A64_CBNZ(t, words)     (0xb5000000U | (0x7ffff & (words)) << 5 | (t))
#define A64_CBNZ_W(t, words)   (0x35000000U | (0x7ffff & (words)) << 5 | (t))
#define A64_LDR(t, n)          (0xf9400000U | (n) << 5 | (t))
#define A64_STR(t, n)          (0xf9000000U | (n) << 5 | (t))
#define A64_LDRB(t, n)         (0x39400000U | (n) << 5 | (t))
#define A64_STRB(t, n)         (0x39000000U | (n) << 5 | (t))
#define A64_STP(t, t2, n)      (0xa9000000U | (t2) << 10 | (n) << 5 | (t))
/* Post-index, 16 bytes. */
#define A64_STP_POST(t, t2, n) (0xa8810000U | (t2) << 10 | (n) << 5 | (t))
#define A64_LDXR(t, n)         (0xc85f7c00U | (n) << 5 | (t))
#define A64_STXR(s, t, n)      (0xc8007c00U | (s) << 16 | (n) << 5 | (t))
#define A64_MRS_DAIF(t)        (0xd53b4220U | (t))
#define A64_DAIFSET(imm)       (0xd50340dfU | (imm) << 8)
#define A64_DAIFCLR(imm)       (0xd50340ffU | (imm) << 8)

/* An access that stage 2 denied. */
struct fake_fault {
	unsigned int access; /* enum guest_access, one bit */
	ipa_t ipa;
	va_t far;
	bool isv; /* size, rt and value are valid: a plain load or store */
	unsigned int size;
	unsigned int rt;
	uint64_t value; /* the stored value; 0 for a load */
};

/* A CPU's memory. */
struct fake_memory {
	/* Stage-1 tables are read from this RAM. */
	const struct guest_ram *ram;
	/*
	 * Host address of [ipa, ipa + size), which is in one page, for this
	 * access. NULL: stage 2 denies the access.
	 */
	uint8_t *(*at)(ipa_t ipa, unsigned int size, unsigned int access);
};

/* The system registers of the CPU. */
enum fake_sysreg {
	FAKE_SCTLR,
	FAKE_TCR,
	FAKE_TTBR0,
	FAKE_TTBR1,
	FAKE_MAIR,
	FAKE_VBAR,
	FAKE_ESR,
	FAKE_FAR,
	FAKE_TPIDR0,
	FAKE_TPIDRRO,
	FAKE_TPIDR1,
	FAKE_CONTEXTIDR,
	FAKE_MPIDR,
	FAKE_MIDR,
	FAKE_MMFR0,
	FAKE_MMFR1,
	FAKE_MMFR2,
	FAKE_MDSCR,
	FAKE_NR_SYSREGS,
};

struct fake_cpu {
	const struct fake_memory *memory;
	struct kvm_regs core; /* general and FP registers, as KVM has them */
	uint64_t sysreg[FAKE_NR_SYSREGS];
	struct kvm_guest_debug debug; /* as set by KVM_SET_GUEST_DEBUG */
	bool irq; /* an interrupt is pending; atomic */
	bool stepping; /* the next instruction is a single step */
	bool monitor; /* exclusive monitor, armed by a load-exclusive */
	ipa_t monitor_ipa; /* address of that load */
	uint64_t monitor_value; /* value of that load */
	struct fake_fault fault; /* FAKE_CPU_FAULT */
	uint64_t esr; /* FAKE_CPU_DEBUG: the syndrome */
	va_t far; /* FAKE_CPU_DEBUG: a watchpoint's address */
};

enum fake_event {
	FAKE_CPU_DONE, /* executed, or an exception to EL1 taken */
	FAKE_CPU_IRQ, /* an interrupt was taken instead */
	FAKE_CPU_WAIT, /* PC is after a WFI; no interrupt is pending */
	FAKE_CPU_DEBUG, /* a debug exception to EL2; not executed */
	FAKE_CPU_FAULT, /* stage 2 denied the access; not executed */
	FAKE_CPU_CALL, /* PC is after an HVC */
	FAKE_CPU_UNKNOWN,
};

/* Power-on state: EL1h, DAIF masked, MMU off. index: for MPIDR_EL1. */
void fake_cpu_reset(struct fake_cpu *cpu, unsigned int index);
/* Execute one instruction. */
enum fake_event fake_cpu_execute(struct fake_cpu *cpu);
/* True if the instruction at pc is a load-exclusive; for a step's syndrome. */
bool fake_cpu_is_load_exclusive(struct fake_cpu *cpu, va_t pc);
/* 1 or 8 bytes of guest RAM, single-copy atomic. */
uint64_t fake_cpu_load(const uint8_t *host, unsigned int size);
void fake_cpu_store(uint8_t *host, unsigned int size, uint64_t value);

/* A register by KVM's ID, except the timer's. -ENOENT: no such register. */
int fake_cpu_reg_get(const struct fake_cpu *cpu, uint64_t id, void *ret);
int fake_cpu_reg_set(struct fake_cpu *cpu, uint64_t id, const void *value);

/* Exception to EL1 with this syndrome: PC, PSTATE, ELR, SPSR, ESR, FAR. */
void fake_cpu_exception(struct fake_cpu *cpu, unsigned int vector, uint64_t esr,
			va_t far);

#endif
