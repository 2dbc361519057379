/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regs.h - the register numbers of the target description
 *
 * The order of the registers in target.xml defines their numbers. Both
 * target_xml.c and regs.c use the numbers of this file.
 */
#ifndef GDBSTUB_REGS_H
#define GDBSTUB_REGS_H

#include "stub.h"

enum {
	REG_X0 = 0,
	REG_SP = 31,
	REG_PC = 32,
	REG_CPSR = 33, /* 4 bytes */
	REG_V0 = 34, /* 16 bytes each */
	REG_FPSR = 66, /* 4 bytes */
	REG_FPCR = 67, /* 4 bytes */
	REG_SYS0 = 68, /* 8 bytes each */
	REG_PSTATE = REG_SYS0 + GUEST_NR_SYSREGS, /* 4 bytes */
	/* Masks of pointer authentication, 8 bytes each: see pauth_mask() */
	REG_PAUTH0,
	REG_NR = REG_PAUTH0 + 4,
};

/* The bits of regs_get_some's mask are the numbers up to REG_CPSR. */
_Static_assert(GUEST_REG_SP == BIT_ULL(REG_SP), "SP");
_Static_assert(GUEST_REG_PC == BIT_ULL(REG_PC), "PC");
_Static_assert(GUEST_REG_PSTATE == BIT_ULL(REG_CPSR), "PSTATE");

/*
 * Like regs_get_some, but a vCPU that is powered off reads as all zeros when
 * the guest has no registers for it.
 */
int regs_fetch(struct gdbstub *stub, unsigned int vcpu, uint64_t which,
	       struct guest_regs *ret);
/* The register's value as an integer; number is at most REG_CPSR. */
uint64_t regs_core_value(const struct guest_regs *regs, unsigned int number);
/* Append the register's digits to a reply; number is at most REG_CPSR. */
void regs_core_put(struct reply *reply, const struct guest_regs *regs,
		   unsigned int number);

#endif
