// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm_basic.c - the KVM UAPI of a device, with guests of a few instructions
 *
 *	kvm_basic [DEVICE]		/dev/trapline
 *
 * The test needs no GIC and no VMM: it has a VM, one page of code, and one
 * vCPU. TAP output; exit status 1 if a test failed. The program is linked
 * statically, so that it needs no other file in the lab.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>
#include <linux/kvm.h>

/* The guests. Each ends where its test expects. */
extern const char guest_hvc[], guest_mmio[], guest_mmu[], guest_psci[],
	guest_fp[], guest_undef[], guest_spin[], guest_wfi[], guest_ids[];

asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_hvc\n"
    "guest_hvc:\n" /* x1 calls of an unallocated function */
    "	movz x0, #0xc200, lsl #16\n"
    "	hvc #0\n"
    "	cmn x0, #1\n"
    "	b.ne 9f\n"
    "	subs x1, x1, #1\n"
    "	b.ne guest_hvc\n"
    "	movz x0, #0x8400, lsl #16\n"
    "	hvc #0\n"
    "	str x0, [x19]\n"
    "9:	str x1, [x19, #8]\n"
    "	b .\n"
    "	.global guest_mmio\n"
    "guest_mmio:\n"
    "	str w1, [x19]\n"
    "	ldrsb x2, [x19, #4]\n"
    "	ldrh w3, [x19, #8]\n"
    "	strb w2, [x19, #12]\n"
    "	str x3, [x19, #16]\n"
    "	ldp x4, x5, [x19]\n" /* no syndrome */
    "	b .\n"
    "	.global guest_mmu\n"
    "guest_mmu:\n" /* x0 TTBR0, x1 TCR, x2 MAIR */
    "	msr mair_el1, x2\n"
    "	msr tcr_el1, x1\n"
    "	msr ttbr0_el1, x0\n"
    "	isb\n"
    "	mrs x3, sctlr_el1\n"
    "	mov x4, #0x1005\n"
    "	orr x3, x3, x4\n"
    "	msr sctlr_el1, x3\n"
    "	isb\n"
    "	ldr x5, [x20]\n" /* a VA that differs from its IPA */
    "	str x5, [x19]\n"
    "	b .\n"
    "	.global guest_psci\n"
    "guest_psci:\n"
    "	movz x0, #0x8400, lsl #16\n"
    "	movk x0, #8\n"
    "	hvc #0\n"
    "	b .\n"
    "	.global guest_fp\n"
    "guest_fp:\n"
    "	mov x0, #0x300000\n"
    "	msr cpacr_el1, x0\n"
    "	isb\n"
    "	mov x1, #0\n"
    "	dup v31.2d, x1\n"
    "	fmov d0, #1.0\n"
    "1:	fadd d31, d31, d0\n"
    "	add x1, x1, #1\n"
    "	cmp x1, #200\n"
    "	b.ne 2f\n"
    "	str x1, [x19]\n" /* exit to user space and back in between */
    "2:	cmp x1, #400\n"
    "	b.ne 1b\n"
    "	fcvtzu x2, d31\n"
    "	str x2, [x19, #8]\n"
    "	b .\n"
    "	.global guest_undef\n"
    "guest_undef:\n" /* x20 VBAR */
    "	msr vbar_el1, x20\n"
    "	isb\n"
    "	mrs x0, s3_0_c10_c1_0\n" /* a neighbour of PMSIDR that does not exist */
    "	b .\n"
    "	.global guest_spin\n"
    "guest_spin:\n"
    "	add x1, x1, #1\n"
    "	b guest_spin\n"
    "	.global guest_wfi\n"
    "guest_wfi:\n" /* until the virtual timer is due */
    "	mrs x0, cntvct_el0\n"
    "	add x0, x0, x1\n"
    "	msr cntv_cval_el0, x0\n"
    "	mov x2, #1\n"
    "	msr cntv_ctl_el0, x2\n"
    "	isb\n"
    "1:	wfi\n"
    "	mrs x2, cntv_ctl_el0\n"
    "	tbz x2, #2, 1b\n"
    "	str x2, [x19]\n"
    "	b .\n"
    "	.global guest_ids\n"
    "guest_ids:\n"
    "	mrs x0, id_aa64pfr0_el1\n"
    "	mrs x1, id_aa64pfr1_el1\n"
    "	mrs x2, id_aa64dfr0_el1\n"
    "	mrs x3, id_aa64mmfr0_el1\n"
    "	mrs x4, mpidr_el1\n"
    "	str x0, [x19]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static void test_api(void)
{
	int kvm = open(device, O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		die(device);
	ok("API version 12", ioctl(kvm, KVM_GET_API_VERSION, 0) == 12);
	ok("an unknown capability is 0",
	   ioctl(kvm, KVM_CHECK_EXTENSION, 100000) == 0);
	ok("an unknown ioctl is ENOTTY",
	   ioctl(kvm, _IO(KVMIO, 0xfe), 0) < 0 && errno == ENOTTY);
	ok("a wrong VM type is EINVAL",
	   ioctl(kvm, KVM_CREATE_VM, 0x80000000UL) < 0 && errno == EINVAL);
	close(kvm);
}

static void test_hvc(void)
{
	struct machine m;

	machine_create(&m, guest_hvc);
	reg_set(&m, X(1), 10000);
	ok("10,000 unknown hypercalls, then PSCI_VERSION",
	   wrote(&m, DEVICE, 8, 0x10001));
	ok("all hypercalls were executed", wrote(&m, DEVICE + 8, 8, 0));
	machine_destroy(&m);
}

static void test_mmio(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };
	struct machine m;

	machine_create(&m, guest_mmio);
	ioctl(m.vm, KVM_ENABLE_CAP, &cap);
	reg_set(&m, X(1), 0xdeadbeefcafef00dULL);
	ok("str w", wrote(&m, DEVICE, 4, 0xcafef00d));
	ok("ldrsb asks", reads(&m, DEVICE + 4, 1, 0x80));
	ok("ldrh asks", reads(&m, DEVICE + 8, 2, 0x8001));
	ok("strb", wrote(&m, DEVICE + 12, 1, 0x80));
	ok("str x of a zero-extended halfword",
	   wrote(&m, DEVICE + 16, 8, 0x8001));
	ok("the byte was sign-extended", reg_get(&m, X(2)) == ~0x7fULL);
	ok("ldp has no syndrome",
	   go(&m) == KVM_EXIT_ARM_NISV && m.run->arm_nisv.fault_ipa == DEVICE);
	machine_destroy(&m);
}

static void test_mmu(void)
{
	struct machine m;
	uint64_t *l1, *l2;

	machine_create(&m, guest_mmu);
	l1 = (uint64_t *)(m.ram + (TABLES - RAM));
	l2 = (uint64_t *)(m.ram + (TABLES - RAM) + 0x1000);
	/* 4 KiB granule, 39 bits: 1 GiB of devices, RAM by 2 MiB blocks. */
	l1[0] = 0x0060000000000401ULL;
	l1[1] = (TABLES + 0x1000) | 3;
	l2[0] = RAM | 0x705;
	l2[1] = (RAM + 0x200000) | 0x705;
	l2[2] = RAM | 0x705; /* maps RAM again, 4 MiB higher */
	memcpy(m.ram + 0x2000, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
	reg_set(&m, X(0), TABLES);
	reg_set(&m, X(1),
		25 | 1ULL << 8 | 1ULL << 10 | 3ULL << 12 | 1ULL << 23 |
			2ULL << 32);
	reg_set(&m, X(2), 0xff00);
	reg_set(&m, X(20), RAM + 0x400000 + 0x2000);
	ok("MMU and caches on, and a load through them",
	   wrote(&m, DEVICE, 8, 0x1122334455667788ULL));
	machine_destroy(&m);
}

static void test_psci(void)
{
	struct machine m;

	machine_create(&m, guest_psci);
	ok("SYSTEM_OFF",
	   go(&m) == KVM_EXIT_SYSTEM_EVENT &&
		   m.run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN);
	machine_destroy(&m);
}

static void test_fp(void)
{
	struct machine m;
	volatile double mine = 3.5;

	machine_create(&m, guest_fp);
	ok("FP up to an exit", wrote(&m, DEVICE, 8, 200));
	mine *= 2;
	ok("FP across an exit", wrote(&m, DEVICE + 8, 8, 400));
	ok("the program's own FP registers are unchanged", mine == 7.0);
	machine_destroy(&m);
}

static void test_undef(void)
{
	struct machine m;
	const uint32_t hlt_loop[] = { 0xf9000273 }; /* str x19, [x19] */

	machine_create(&m, guest_undef);
	memcpy(m.ram + 0x10000 + 0x200, hlt_loop, sizeof(hlt_loop));
	reg_set(&m, X(20), RAM + 0x10000);
	ok("an access to an unknown register is UNDEFINED",
	   wrote(&m, DEVICE, 8, DEVICE));
	machine_destroy(&m);
}

static void test_signal(void)
{
	struct machine m;
	uint64_t x;

	machine_create(&m, guest_spin);
	alarm(1);
	ok("a signal ends KVM_RUN",
	   ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINTR &&
		   m.run->exit_reason == KVM_EXIT_INTR);
	x = reg_get(&m, X(1));
	ok("the guest had run until the signal", x > 1000);
	m.run->immediate_exit = 1;
	ok("immediate_exit", ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINTR);
	ok("the guest did not run with immediate_exit", reg_get(&m, X(1)) == x);
	machine_destroy(&m);
}

static void test_wfi(void)
{
	struct machine m;

	machine_create(&m, guest_wfi);
	reg_set(&m, X(1), 3000000);
	ok("WFI until the virtual timer", wrote(&m, DEVICE, 8, 5));
	machine_destroy(&m);
}

static void test_ids(void)
{
	struct machine m;
	uint64_t pfr0;

	machine_create(&m, guest_ids);
	go(&m);
	pfr0 = reg_get(&m, X(0));
	ok("no SVE, no EL2, no AArch32",
	   !(pfr0 >> 32 & 0xf) && (pfr0 & 0xfff) == 0x011);
	ok("no MTE, no SME", !(reg_get(&m, X(1)) & 0xf000f00));
	ok("no PMU", !(reg_get(&m, X(2)) >> 8 & 0xf));
	ok("MPIDR", reg_get(&m, X(4)) == 0x80000000);
	machine_destroy(&m);
}

static void test_registers(void)
{
	struct machine m;
	struct kvm_reg_list list = { .n = 0 }, *all;
	int good = 1;

	machine_create(&m, guest_spin);
	ok("KVM_GET_REG_LIST gives the length of the list",
	   ioctl(m.vcpu, KVM_GET_REG_LIST, &list) < 0 && errno == E2BIG &&
		   list.n > 60);
	all = calloc(1, sizeof(*all) + list.n * sizeof(uint64_t));
	all->n = list.n;
	good = !ioctl(m.vcpu, KVM_GET_REG_LIST, all);
	for (uint64_t i = 0; good && i < all->n; i++) {
		uint64_t value[2];
		struct kvm_one_reg reg = { .id = all->reg[i],
					   .addr = (uintptr_t)value };

		good = !ioctl(m.vcpu, KVM_GET_ONE_REG, &reg) &&
		       !ioctl(m.vcpu, KVM_SET_ONE_REG, &reg);
		if (!good)
			printf("# %#llx: %s\n", (unsigned long long)all->reg[i],
			       strerror(errno));
	}
	ok("each register of the list can be read and written back", good);
	ok("PSTATE of EL2 is refused", reg_try(&m, PSTATE, 0x3c9) == -EINVAL);
	ok("PSTATE of AArch32 is refused",
	   reg_try(&m, PSTATE, 0x1d3) == -EINVAL);
	/*
	 * A guest may be in AArch32 at EL0, whether its ID registers offer it
	 * or not.
	 */
	ok("PSTATE of AArch32 EL0 is accepted if the CPU has it",
	   reg_try(&m, PSTATE, 0x1d0) ==
		   (personality(PER_LINUX32) < 0 ? -EINVAL : 0));
	personality(PER_LINUX);
	ok("an unknown register is ENOENT",
	   reg_try(&m, KVM_REG_ARM64 | KVM_REG_SIZE_U64 | 0x7f0000, 0) ==
		   -ENOENT);
	free(all);
	machine_destroy(&m);
}

static void test_step(void)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	struct machine m;
	int good = 1;

	machine_create(&m, guest_spin);
	ok("KVM_SET_GUEST_DEBUG", !ioctl(m.vcpu, KVM_SET_GUEST_DEBUG, &debug));
	for (int i = 1; i <= 10 && good; i++)
		good = go(&m) == KVM_EXIT_DEBUG &&
		       reg_get(&m, PC) == CODE + 4 * (uint64_t)(i % 2);
	ok("ten single steps", good && reg_get(&m, X(1)) == 5);
	machine_destroy(&m);
	machine_create(&m, guest_hvc);
	ioctl(m.vcpu, KVM_SET_GUEST_DEBUG, &debug);
	good = go(&m) == KVM_EXIT_DEBUG;
	good &= go(&m) == KVM_EXIT_DEBUG;
	ok("a step over a hypercall", good && reg_get(&m, PC) == CODE + 8);
	machine_destroy(&m);
}

/* Take the guest's memory away while it is mapped, and give it back. */
static void test_notifier(void)
{
	struct machine m;

	machine_create(&m, guest_mmio);
	ok("before", wrote(&m, DEVICE, 4, 0));
	madvise(m.ram, RAM_SIZE, MADV_DONTNEED);
	code_copy(&m, guest_psci);
	reg_set(&m, PC, CODE);
	m.run->immediate_exit = 1;
	ioctl(m.vcpu, KVM_RUN, 0);
	m.run->immediate_exit = 0;
	reg_set(&m, PC, CODE);
	ok("new code after MADV_DONTNEED", go(&m) == KVM_EXIT_SYSTEM_EVENT);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_api();
	test_hvc();
	test_mmio();
	test_mmu();
	test_psci();
	test_fp();
	test_undef();
	test_signal();
	test_wfi();
	test_ids();
	test_registers();
	test_step();
	test_notifier();
	return tap_end();
}
