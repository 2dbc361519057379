/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regs.h - the register numbers of the target description
 *
 * Numbers are given by the order of target.xml: target_xml.c and regs.c both
 * go by this file.
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
	REG_NR = REG_SYS0 + GUEST_NR_SYSREGS,
};

/* Up to REG_CPSR they are the bits of regs_get_some's mask. */
_Static_assert(GUEST_REG_SP == BIT_ULL(REG_SP), "SP");
_Static_assert(GUEST_REG_PC == BIT_ULL(REG_PC), "PC");
_Static_assert(GUEST_REG_PSTATE == BIT_ULL(REG_CPSR), "PSTATE");

/* By enum guest_sysreg: its name, and its type in target.xml. */
struct sysreg_name {
	const char *name;
	const char *type;
};
extern const struct sysreg_name sysreg_names[GUEST_NR_SYSREGS];

/* As regs_get_some; a vCPU that is powered off always has some. */
int regs_fetch(struct gdbstub *stub, unsigned int vcpu, uint64_t which,
	       struct guest_regs *ret);
/* As an integer; number is at most REG_CPSR. */
uint64_t regs_core_value(const struct guest_regs *regs, unsigned int number);
/* Its digits into a reply; number is at most REG_CPSR. */
void regs_core_put(struct reply *reply, const struct guest_regs *regs,
		   unsigned int number);

#endif
