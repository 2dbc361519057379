// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debug.c - KVM_SET_GUEST_DEBUG, and a guest's own debug registers
 *
 *	debug [DEVICE]
 *
 * During steps with BLOCKIRQ an SGI is pending and unmasked all the time.
 * Source: Documentation/virt/kvm/api.rst, include/trapline/abi.h.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <trapline/abi.h>

#define SINGLESTEP (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP)
#define STEP_ALONE (SINGLESTEP | KVM_GUESTDBG_BLOCKIRQ)
#define RANGE      (STEP_ALONE | TRAPLINE_GUESTDBG_RANGE)
#define BCR        (1U | 3U << 1 | 0xfU << 5)
#define WCR_STORE  (1U | 3U << 1 | 2U << 3 | 0xffU << 5)
#define EC_BREAK   0x30
#define EC_STEP    0x32
#define EC_WATCH   0x34
#define EC_BRK     0x3c
#define EC_SERROR  0x2f
#define VECTORS    (RAM + 0x10000)
#define DAIF_F     0x340ULL /* all but I */
#define ISR_I      0x80ULL /* ISR_I and ISR_A: same bits as in PSTATE */
#define ISR_A      0x100ULL
#define SGI        1
#define LOOPS      20000

extern const char guest_loop[], guest_own_break[], guest_own_step[],
	guest_brk[], guest_sgi[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_loop\n"
    "guest_loop:\n"
    "	sub x1, x1, #1\n"
    "	cbnz x1, guest_loop\n"
    "	str x1, [x19]\n"
    "	b .\n"
    "	.global guest_own_break\n"
    "guest_own_break:\n" /* x20 VBAR */
    "	msr vbar_el1, x20\n"
    "	msr oslar_el1, xzr\n"
    "	adr x0, 1f\n"
    "	msr dbgbvr0_el1, x0\n"
    "	mov x1, #0x1e7\n"
    "	msr dbgbcr0_el1, x1\n"
    "	mov x1, #0xa000\n" /* KDE, MDE */
    "	msr mdscr_el1, x1\n"
    "	msr daifclr, #8\n"
    "	isb\n"
    "	mrs x2, dbgbcr0_el1\n"
    "1:	nop\n"
    "	str xzr, [x19]\n"
    "	b .\n"
    "	.global guest_own_step\n"
    "guest_own_step:\n" /* x20 VBAR */
    "	msr vbar_el1, x20\n"
    "	msr oslar_el1, xzr\n"
    "	mov x1, #0x2001\n" /* KDE, SS */
    "	msr mdscr_el1, x1\n"
    "	adr x0, 1f\n"
    "	msr elr_el1, x0\n"
    "	mov x1, #0x1c5\n"
    "	movk x1, #0x20, lsl #16\n" /* SS */
    "	msr spsr_el1, x1\n"
    "	isb\n"
    "	eret\n"
    "1:	mov x3, #7\n"
    "	mov x3, #8\n"
    "	b .\n"
    "	.global guest_brk\n"
    "guest_brk:\n"
    "	brk #5\n"
    "	b .\n"
    "	.global guest_sgi\n"
    "guest_sgi:\n" /* x20 VBAR, x21 GICD, x22 GICR's SGI frame */
    "	msr vbar_el1, x20\n"
    "	mov w2, #0x12\n"
    "	str w2, [x21]\n"
    "	mov w2, #-1\n"
    "	str w2, [x22, #0x80]\n"
    "	mov w2, #2\n"
    "	str w2, [x22, #0x100]\n"
    "	mov x2, #0xff\n"
    "	msr s3_0_c4_c6_0, x2\n"
    "	mov x2, #1\n"
    "	msr s3_0_c12_c12_7, x2\n"
    "	isb\n"
    "	movz x2, #0x100, lsl #16\n"
    "	movk x2, #1\n"
    "	msr s3_0_c12_c11_5, x2\n"
    "	str x2, [x19]\n"
    "	msr daifclr, #2\n"
    "	nop\n"
    "	mrs x2, daif\n"
    "	mrs x3, isr_el1\n"
    "	mrs x4, s3_0_c12_c12_2\n" /* ICC_HPPIR1_EL1 */
    "1:	sub x1, x1, #1\n"
    "	cbnz x1, 1b\n"
    "	mrs x5, s3_0_c12_c12_0\n" /* ICC_IAR1_EL1 */
    "	mrs x6, isr_el1\n"
    "	msr s3_0_c12_c12_1, x5\n" /* ICC_EOIR1_EL1 */
    "	movz x2, #0x100, lsl #16\n"
    "	movk x2, #1\n"
    "	msr s3_0_c12_c11_5, x2\n"
    "	nop\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static int debug_set(struct machine *m, uint32_t control,
		     const struct kvm_guest_debug_arch *arch)
{
	struct kvm_guest_debug debug = { .control = control };

	if (arch)
		debug.arch = *arch;
	return ioctl(m->vcpu, KVM_SET_GUEST_DEBUG, &debug);
}

/* KVM_EXIT_DEBUG with this exception class, at pc. */
static int stopped(struct machine *m, unsigned int ec, uint64_t pc)
{
	uint32_t reason = go(m);

	if (reason == KVM_EXIT_DEBUG && m->run->debug.arch.hsr >> 26 == ec &&
	    reg_get(m, PC) == pc)
		return 1;
	printf("# exit %u, EC %#x, PC %#llx\n", reason,
	       m->run->debug.arch.hsr >> 26,
	       (unsigned long long)reg_get(m, PC));
	return 0;
}

static void test_hardware(void)
{
	struct kvm_guest_debug_arch arch = { .dbg_bcr = { BCR } };
	struct machine m;

	machine_create(&m, guest_loop);
	ok("there are hardware break and watch points",
	   ioctl(m.vm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_BPS) >= 2 &&
		   ioctl(m.vm, KVM_CHECK_EXTENSION,
			 KVM_CAP_GUEST_DEBUG_HW_WPS) >= 2);
	reg_set(&m, X(1), 3);
	arch.dbg_bvr[0] = CODE + 4;
	debug_set(&m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW, &arch);
	ok("hardware breakpoint", stopped(&m, EC_BREAK, CODE + 4));
	ok("the breakpoint hits again if it is not stepped over",
	   stopped(&m, EC_BREAK, CODE + 4));
	memset(&arch, 0, sizeof(arch));
	arch.dbg_wcr[0] = WCR_STORE;
	/* In RAM, because a stage-2 fault takes priority over a watchpoint. */
	arch.dbg_wvr[0] = RAM;
	reg_set(&m, X(19), RAM);
	debug_set(&m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW, &arch);
	ok("hardware watchpoint",
	   stopped(&m, EC_WATCH, CODE + 8) && m.run->debug.arch.far == RAM);
	debug_set(&m, 0, NULL);
	reg_set(&m, X(19), DEVICE);
	ok("no watchpoint hits once it is cleared", wrote(&m, DEVICE, 8, 0));
	machine_destroy(&m);
	machine_create(&m, guest_brk);
	debug_set(&m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP, NULL);
	ok("BRK", stopped(&m, EC_BRK, CODE));
	machine_destroy(&m);
}

/* mrs xN, esr_el1; str xN, [x19]; b . */
static void vector_put(struct machine *m, unsigned int offset)
{
	const uint32_t code[] = { 0xd5385207, 0xf9000267, 0x14000000 };

	memcpy(m->ram + (VECTORS - RAM) + offset, code, sizeof(code));
}

static int guest_took(struct machine *m, unsigned int ec)
{
	uint64_t esr;

	if (go(m) != KVM_EXIT_MMIO)
		return 0;
	memcpy(&esr, m->run->mmio.data, sizeof(esr));
	return esr >> 26 == ec;
}

static void test_own(void)
{
	struct machine m;

	machine_create(&m, guest_own_break);
	vector_put(&m, 0x200);
	reg_set(&m, X(20), VECTORS);
	ok("a guest's own breakpoint", guest_took(&m, EC_BREAK + 1));
	ok("the guest's debug registers read as written",
	   reg_get(&m, X(2)) == 0x1e7);
	machine_destroy(&m);
	machine_create(&m, guest_own_step);
	vector_put(&m, 0x200);
	reg_set(&m, X(20), VECTORS);
	ok("a guest's own step", guest_took(&m, EC_STEP + 1));
	ok("a guest's own step executes one instruction",
	   reg_get(&m, X(3)) == 7);
	machine_destroy(&m);
}

/*
 * While a debugger is attached, the guest's own exceptions go to the debugger.
 */
static void test_both(void)
{
	struct kvm_guest_debug_arch arch = {
		.dbg_bcr = { BCR },
		.dbg_bvr = { CODE + 13 * 4 },
	};
	struct machine m;

	machine_create(&m, guest_own_break);
	reg_set(&m, X(20), VECTORS);
	debug_set(&m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW, &arch);
	ok("a guest's own breakpoint beside a debugger's",
	   stopped(&m, EC_BREAK, CODE + 11 * 4));
	reg_set(&m, PC, CODE + 12 * 4);
	reg_set(&m, X(19), RAM);
	ok("a debugger's breakpoint beside a guest's own",
	   stopped(&m, EC_BREAK, CODE + 13 * 4));
	machine_destroy(&m);
	machine_create(&m, guest_own_step);
	reg_set(&m, X(20), VECTORS);
	debug_set(&m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP, NULL);
	ok("a guest's own step under a debugger",
	   stopped(&m, EC_STEP, CODE + 12 * 4));
	ok("the guest's own step executes one instruction",
	   reg_get(&m, X(3)) == 7);
	machine_destroy(&m);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void test_range(void)
{
	struct machine m;
	double t;

	machine_create(&m, guest_loop);
	reg_set(&m, X(1), LOOPS);
	trapline_run(m.run)->step_start = CODE;
	trapline_run(m.run)->step_end = CODE + 8;
	ok("the device has range steps",
	   (ioctl(m.vm, KVM_CHECK_EXTENSION, KVM_CAP_SET_GUEST_DEBUG2) &
	    RANGE) == RANGE);
	debug_set(&m, RANGE, NULL);
	t = now();
	ok("a range step ends behind the range",
	   stopped(&m, EC_STEP, CODE + 8));
	t = now() - t;
	printf("# %.0f steps a second\n", 2 * LOOPS / t);
	ok("all rounds of the loop were executed", reg_get(&m, X(1)) == 0);
	reg_set(&m, PC, CODE);
	reg_set(&m, X(1), LOOPS);
	trapline_run(m.run)->step_max = 100;
	ok("a range step ends after 100 steps", stopped(&m, EC_STEP, CODE));
	ok("the 100 steps are the first ones", reg_get(&m, X(1)) == LOOPS - 50);
	trapline_run(m.run)->step_end = CODE;
	ok("an empty range is one step", stopped(&m, EC_STEP, CODE + 4));
	machine_destroy(&m);
}

/* Run the guest until the SGI is pending and masked. */
static int sgi_begin(struct machine *m)
{
	machine_create(m, guest_sgi);
	machine_gic(m);
	vector_put(m, 0x280);
	reg_set(m, X(20), VECTORS);
	reg_set(m, X(21), GICD);
	reg_set(m, X(22), GICR + 0x10000);
	reg_set(m, X(1), 500);
	return wrote(m, DEVICE, 8, 1 << 24 | 1);
}

static void test_block(void)
{
	uint64_t pc = CODE + 16 * 4;
	struct machine m;
	int good;

	ok("an SGI is pending", sgi_begin(&m));
	debug_set(&m, STEP_ALONE, NULL);
	good = stopped(&m, EC_STEP, pc); /* the store's own step */
	for (int i = 0; i < 5 && good; i++)
		good = stopped(&m, EC_STEP, pc += 4);
	ok("five steps take no interrupt", good);
	ok("DAIF shows the guest's own value", reg_get(&m, X(2)) == DAIF_F);
	ok("ISR_EL1 shows the SGI", reg_get(&m, X(3)) == ISR_I);
	ok("ICC_HPPIR1_EL1, too", reg_get(&m, X(4)) == SGI);
	ok("PSTATE.I was not left set", !(reg_get(&m, PSTATE) & 0x80));
	trapline_run(m.run)->step_start = pc;
	trapline_run(m.run)->step_end = pc + 8;
	debug_set(&m, RANGE, NULL);
	ok("a range step takes no interrupt", stopped(&m, EC_STEP, pc += 8));
	debug_set(&m, STEP_ALONE, NULL);
	good = stopped(&m, EC_STEP, pc += 4) && stopped(&m, EC_STEP, pc += 4);
	ok("ICC_IAR1_EL1 acknowledges it", good && reg_get(&m, X(5)) == SGI);
	ok("ISR_EL1 is empty after the acknowledge", reg_get(&m, X(6)) == 0);
	for (int i = 0; i < 5 && good; i++)
		good = stopped(&m, EC_STEP, pc += 4);
	ok("the next SGI is withheld", good);
	debug_set(&m, 0, NULL);
	ok("the SGI is taken after the steps",
	   go(&m) == KVM_EXIT_MMIO && reg_get(&m, ELR) == pc);
	machine_destroy(&m);
}

static int serror_set(struct machine *m)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1 };

	/* Unmask SErrors. */
	reg_set(m, PSTATE, reg_get(m, PSTATE) & ~ISR_A);
	return ioctl(m->vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static void test_serror(void)
{
	uint64_t pc = CODE + 16 * 4;
	struct machine m;
	int good;

	machine_create(&m, guest_sgi);
	reg_set(&m, PC, CODE + 19 * 4); /* MRS of ISR_EL1 */
	debug_set(&m, STEP_ALONE, NULL);
	ok("ISR_EL1 shows an SError that a step withholds",
	   !serror_set(&m) && stopped(&m, EC_STEP, CODE + 20 * 4) &&
		   reg_get(&m, X(3)) == ISR_A);
	machine_destroy(&m);
	good = sgi_begin(&m) && !serror_set(&m);
	vector_put(&m, 0x380);
	debug_set(&m, STEP_ALONE, NULL);
	good &= stopped(&m, EC_STEP, pc);
	for (int i = 0; i < 5 && good; i++)
		good = stopped(&m, EC_STEP, pc += 4);
	ok("neither the SError nor an SGI is taken", good);
	ok("ISR_EL1 shows both", reg_get(&m, X(3)) == (ISR_A | ISR_I));
	ok("DAIF shows the guest's own value",
	   reg_get(&m, X(2)) == (DAIF_F & ~ISR_A));
	ok("PSTATE.A, too", !(reg_get(&m, PSTATE) & (ISR_A | ISR_I)));
	debug_set(&m, 0, NULL);
	reg_set(&m, PSTATE, reg_get(&m, PSTATE) | ISR_I);
	ok("the SError is taken after the steps",
	   guest_took(&m, EC_SERROR) && reg_get(&m, ELR) == pc);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_hardware();
	test_own();
	test_both();
	test_range();
	test_block();
	test_serror();
	return tap_end();
}
