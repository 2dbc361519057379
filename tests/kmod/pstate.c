// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pstate.c - PSTATE after an exception that the host injects, and after an
 * instruction that the host finishes
 *
 *	pstate [DEVICE]
 *
 * Source: Arm ARM, "AArch64.TakeException" (SSBS takes the value of
 * SCTLR_EL1.DSSBS) and "PSTATE.BTYPE" (0 after any instruction that is no
 * branch). A CPU without the feature has 0 in the field.
 */
#include "machine.h"

#include <string.h>
#include <sys/ioctl.h>

#define VECTORS (RAM + 0x2000)
#define VBAR    ARM64_SYS_REG(3, 0, 12, 0, 0)
#define SCTLR   ARM64_SYS_REG(3, 0, 1, 0, 0)
#define PFR1    ARM64_SYS_REG(3, 0, 0, 4, 1)
#define DSSBS   (1ULL << 44)
#define SSBS    (1ULL << 12)
#define BTYPE   (3ULL << 10)

extern const char guest_undefined[], guest_branch[], guest_store[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_undefined\n"
    "guest_undefined:\n"
    "	mrs x0, s3_0_c9_c9_0\n" /* PMSCR_EL1: trapped, and UNDEFINED */
    "	b .\n"
    "	.global guest_branch\n"
    "guest_branch:\n"
    "	adr x16, 1f\n"
    "	br x16\n"
    "1:	str x0, [x19]\n"
    "	b .\n"
    "	.global guest_store\n"
    "guest_store:\n"
    "	str x0, [x19, #8]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

/* PSTATE.SSBS in the guest's vector for an UNDEFINED instruction. */
static uint64_t ssbs_injected(struct machine *m, uint64_t dssbs)
{
	reg_set(m, PC, CODE);
	reg_set(m, PSTATE, 0x3c5 | (dssbs ? 0 : SSBS));
	reg_set(m, SCTLR, (reg_get(m, SCTLR) & ~DSSBS) | dssbs);
	if (!wrote(m, DEVICE + 8, 8, 0))
		die("no exception");
	/* Complete the store, and leave. */
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	return reg_get(m, PSTATE) & SSBS;
}

static void test_injection(void)
{
	struct machine m;
	uint64_t has;

	machine_create(&m, guest_undefined);
	memcpy(m.ram + (VECTORS - RAM) + 0x200, guest_store, 8);
	reg_set(&m, VBAR, VECTORS);
	reg_set(&m, X(0), 0);
	has = reg_get(&m, PFR1) >> 4 & 0xf ? SSBS : 0;
	ok("an injected exception sets SSBS with DSSBS",
	   ssbs_injected(&m, DSSBS) == has);
	ok("without DSSBS an injected exception clears SSBS",
	   ssbs_injected(&m, 0) == 0);
	machine_destroy(&m);
}

static void test_skip(void)
{
	struct machine m;
	uint64_t before;

	machine_create(&m, guest_branch);
	reg_set(&m, X(0), 0);
	ok("a store that is the target of a BR", wrote(&m, DEVICE, 8, 0));
	before = reg_get(&m, PSTATE) & BTYPE;
	m.run->immediate_exit = 1;
	ioctl(m.vcpu, KVM_RUN, 0);
	ok("BTYPE is set before the store is finished, if the CPU has BTI",
	   !before == !(reg_get(&m, PFR1) & 0xf));
	ok("BTYPE is 0 after the store", !(reg_get(&m, PSTATE) & BTYPE));
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_injection();
	test_skip();
	return tap_end();
}
