// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpus.c - one guest, and CPUs with different features
 *
 *	cpus [DEVICE]		/dev/trapline
 *
 * A guest sees the same features on every CPU: those that the host's kernel
 * found on all CPUs. Everything else is trapped on every CPU. The lab's CPUs
 * are all alike, so the test shows more if the module is loaded with fake_cpu=1
 * and fake_regs= (kmod/cpu.h), or if the lab is booted with arm64.nopauth.
 */
#include "machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define VECTORS       (RAM + 0x2000)
#define VBAR          ARM64_SYS_REG(3, 0, 12, 0, 0)
#define HWCAP_ADDRESS (1UL << 30) /* PACA, PACG of asm/hwcap.h */
#define HWCAP_GENERIC (1UL << 31)
#define NR_CPUS       2

/* MRS X21, <register>: op0 2 or 3 in bit 19, and so on down to op2. */
#define MRS(op0, op1, n, m, op2)                                               \
	(0xd5300000U | ((op0)&1U) << 19 | (op1) << 16 | (n) << 12 | (m) << 8 | \
	 (op2) << 5 | 21)
#define MRS_CTR    MRS(3, 3, 0, 0, 1)
#define MRS_CCSIDR MRS(3, 1, 0, 0, 0)
#define MRS_TPIDR2 MRS(3, 3, 13, 0, 5)

extern const char guest_read[], guest_vector[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_read\n"
    "guest_read:\n"
    "	nop\n" /* the MRS */
    "	str x21, [x19]\n"
    "	b guest_read\n"
    "	.global guest_vector\n"
    "guest_vector:\n"
    "	str x21, [x19, #8]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static void cpu_use(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void create(struct machine *m)
{
	machine_create(m, guest_read);
	memcpy(m->ram + (VECTORS - RAM) + 0x200, guest_vector, 8);
	reg_set(m, VBAR, VECTORS);
}

/* Let the guest read a register. 1: *ret is its value; 0: it is UNDEFINED. */
static int guest_reads(struct machine *m, uint32_t insn, uint64_t *ret)
{
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	*(volatile uint32_t *)(m->ram + (CODE - RAM)) = insn;
	__builtin___clear_cache((char *)m->ram + (CODE - RAM),
				(char *)m->ram + (CODE - RAM) + 4);
	reg_set(m, PC, CODE);
	reg_set(m, PSTATE, 0x3c5);
	if (go(m) != KVM_EXIT_MMIO || !m->run->mmio.is_write)
		die("the guest got neither a value nor an exception");
	memcpy(ret, m->run->mmio.data, 8);
	return m->run->mmio.phys_addr == DEVICE;
}

static void test_ptrauth(void)
{
	unsigned long hwcap = getauxval(AT_HWCAP);
	int has = (hwcap & HWCAP_ADDRESS) && (hwcap & HWCAP_GENERIC);
	struct machine m;
	uint64_t isar1;

	create(&m);
	printf("# pointer authentication: %s\n", has ? "yes" : "no");
	ok("there is pointer authentication if the kernel says so",
	   ioctl(m.kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PTRAUTH_ADDRESS) ==
			   has &&
		   ioctl(m.kvm, KVM_CHECK_EXTENSION,
			 KVM_CAP_ARM_PTRAUTH_GENERIC) == has);
	ok("a guest without pointer authentication sees none",
	   guest_reads(&m, MRS(3, 0, 0, 6, 1), &isar1) &&
		   !(isar1 & 0xff000ff0));
	machine_destroy(&m);
}

/*
 * The encodings of all ID registers, then the registers that describe caches.
 */
static uint32_t insn_nth(unsigned int n)
{
	static const uint32_t others[] = { MRS_CTR, MRS(3, 1, 0, 0, 1),
					   MRS(3, 0, 0, 0, 6),
					   MRS(3, 1, 0, 0, 7) };

	if (n < 7 * 8)
		return MRS(3, 0, 0, 1 + n / 8, n % 8);
	return n - 7 * 8 < ARRAY_SIZE(others) ? others[n - 7 * 8] : 0;
}

static uint64_t id_of(uint32_t insn)
{
	return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG |
	       0x8000 | (insn >> 5 & 0x7fff);
}

static void test_registers(void)
{
	int same = 1, named = 1, caches = 1;
	uint64_t first, second;
	struct machine m;

	create(&m);
	for (unsigned int n = 0; insn_nth(n); n++) {
		cpu_use(0);
		guest_reads(&m, insn_nth(n), &first);
		named &= first == reg_get(&m, id_of(insn_nth(n)));
		cpu_use(1);
		guest_reads(&m, insn_nth(n), &second);
		if (first != second)
			printf("# %#x: %#llx and %#llx\n", insn_nth(n),
			       (unsigned long long)first,
			       (unsigned long long)second);
		same &= first == second;
	}
	ok("ID registers are the same on both CPUs", same);
	ok("ID registers are those of KVM_GET_ONE_REG", named);
	for (uint64_t level = 0; level < 2; level++) {
		reg_set(&m, ARM64_SYS_REG(3, 2, 0, 0, 0), level);
		cpu_use(0);
		guest_reads(&m, MRS_CCSIDR, &first);
		cpu_use(1);
		caches &= guest_reads(&m, MRS_CCSIDR, &second) &&
			  first == second && first;
	}
	ok("the caches are the same on both CPUs", caches);
	machine_destroy(&m);
}

/*
 * A register that another CPU may not trap. The trap must not depend on the CPU
 * on which the vCPU was initialised.
 */
static void test_traps(void)
{
	int good = 1;
	uint64_t value;
	struct machine m;

	for (int init = 0; init < NR_CPUS; init++) {
		cpu_use(init);
		create(&m);
		cpu_use(0);
		good &= !guest_reads(&m, MRS_TPIDR2, &value);
		machine_destroy(&m);
	}
	ok("a host register is trapped wherever the vCPU was initialised",
	   good);
}

static int debug_caps(struct machine *m)
{
	return ioctl(m->kvm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_BPS) *
		       100 +
	       ioctl(m->kvm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_WPS);
}

/* Test a hardware breakpoint on both CPUs. */
static void test_debug(void)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW,
	};
	struct machine m;
	int good = 1, caps;

	debug.arch.dbg_bvr[0] = CODE + 4;
	debug.arch.dbg_bcr[0] = 0x1e7;
	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		cpu_use(cpu);
		create(&m);
		caps = debug_caps(&m);
		cpu_use(!cpu);
		good &= caps == debug_caps(&m) && caps >= 202 &&
			!ioctl(m.vcpu, KVM_SET_GUEST_DEBUG, &debug) &&
			go(&m) == KVM_EXIT_DEBUG && reg_get(&m, PC) == CODE + 4;
		machine_destroy(&m);
	}
	ok("both CPUs have the same number of break and watch points", good);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_ptrauth();
	if (sysconf(_SC_NPROCESSORS_ONLN) >= NR_CPUS) {
		test_registers();
		test_traps();
		test_debug();
	}
	return tap_end();
}
