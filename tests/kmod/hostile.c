// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hostile.c - hostile guests
 *
 *	hostile [SECONDS [SEED [DEVICE]]]
 *
 * The tests: the registers that a guest starts with; every system register read
 * and written (a register that a guest may have must show the right value);
 * random instructions at EL1; page tables on devices; the end of RAM; two vCPUs
 * that flood each other with SGIs. KVM_RUN must return with an exit that KVM
 * defines, and a VM in another process must not be affected. The caller checks
 * the host kernel's log.
 */
#include "machine.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <trapline/abi.h>

#define VECTORS   (RAM + 0x10000)
#define SLOTS     (RAM + 0x200000) /* in each: an instruction and a branch */
#define NR_REGS   0x8000U /* op0 2 and 3, op1, CRn, CRm, op2 */
#define VBAR      ARM64_SYS_REG(3, 0, 12, 0, 0)
#define SCTLR     ARM64_SYS_REG(3, 0, 1, 0, 0)
#define TTBR0     ARM64_SYS_REG(3, 0, 2, 0, 0)
#define TCR       ARM64_SYS_REG(3, 0, 2, 0, 2)
#define SCTLR_ON  0x30c5183dULL
#define TCR_39    0x803519ULL /* 39 bits, 4 KiB, TTBR1 off */
#define EL1H_DAIF 0x3c5ULL
#define TICK_US   4000
#define PATIENCE  3 /* ticks in a row */
#define FLOOD_S   2
#define PEER_SIZE 0x10000ULL

/* op0 is 2 or 3 (bit 19); op1, CRn, CRm and op2 follow. */
#define INSN_MRS 0xd5300000U
#define INSN_MSR 0xd5100000U
#define INSN_B   0x14000000U

extern const char guest_peer[], guest_first[], guest_out[], guest_trap[],
	guest_flood[], guest_irq[], guest_irq_end[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_peer\n"
    "guest_peer:\n" /* x20 memory, x21 words */
    "	mov x0, #1\n"
    "1:	mov x1, x20\n"
    "	mov x2, x21\n"
    "	mov x3, x0\n"
    "2:	str x3, [x1], #8\n"
    "	eor x3, x3, x3, lsl #13\n"
    "	eor x3, x3, x3, lsr #7\n"
    "	eor x3, x3, x3, lsl #17\n"
    "	subs x2, x2, #1\n"
    "	b.ne 2b\n"
    "	mov x1, x20\n"
    "	mov x2, x21\n"
    "	mov x3, x0\n"
    "2:	ldr x4, [x1], #8\n"
    "	cmp x3, x4\n"
    "	b.ne 3f\n"
    "	eor x3, x3, x3, lsl #13\n"
    "	eor x3, x3, x3, lsr #7\n"
    "	eor x3, x3, x3, lsl #17\n"
    "	subs x2, x2, #1\n"
    "	b.ne 2b\n"
    "	add x0, x0, #1\n"
    "	str x0, [x19]\n"
    "	b 1b\n"
    "3:	str xzr, [x19]\n"
    "	b .\n"
    "	.global guest_first\n"
    "guest_first:\n" /* store all registers to TABLES */
    "	msr tpidr_el1, x30\n"
    "	movz x30, #0x4010, lsl #16\n"
    "	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17\n"
    "	str x\\n, [x30, #8 * \\n]\n"
    "	.endr\n"
    "	.irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
    "	str x\\n, [x30, #8 * \\n]\n"
    "	.endr\n"
    "	mrs x0, tpidr_el1\n"
    "	str x0, [x30, #8 * 30]\n"
    "	mov x0, #(3 << 20)\n"
    "	msr cpacr_el1, x0\n"
    "	isb\n"
    "	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "	str q\\n, [x30, #256 + 16 * \\n]\n"
    "	.endr\n"
    "	.irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "	str q\\n, [x30, #256 + 16 * \\n]\n"
    "	.endr\n"
    "	mrs x0, fpcr\n"
    "	str x0, [x30, #8 * 31]\n"
    "	mrs x0, fpsr\n"
    "	str x0, [x30, #256 + 512]\n"
    "	.global guest_out\n"
    "guest_out:\n"
    "	movz x19, #0x900, lsl #16\n"
    "	str wzr, [x19]\n"
    "	b .\n"
    "	.global guest_trap\n"
    "guest_trap:\n"
    "	movz x19, #0x900, lsl #16\n"
    "	str wzr, [x19, #8]\n"
    "	b .\n"
    "	.global guest_flood\n"
    "guest_flood:\n" /* x20 VBAR, x21 GICD, x22 GICR's SGI frame */
    "	msr vbar_el1, x20\n"
    "	mov w2, #0x12\n"
    "	str w2, [x21]\n"
    "	mov w2, #-1\n"
    "	str w2, [x22, #0x80]\n"
    "	str w2, [x22, #0x100]\n"
    "	mov x2, #0xff\n"
    "	msr s3_0_c4_c6_0, x2\n"
    "	mov x2, #1\n"
    "	msr s3_0_c12_c12_7, x2\n"
    "	isb\n"
    "	msr daifclr, #2\n"
    "	mov x24, #0\n"
    "	movz x23, #0x100, lsl #16\n"
    "1:	orr x25, x24, #(1 << 40)\n" /* all vCPUs but this one */
    "	msr s3_0_c12_c11_5, x25\n"
    "	orr x25, x24, #0xffff\n" /* and all possible targets */
    "	msr s3_0_c12_c11_5, x25\n"
    "	add x24, x24, x23\n"
    "	and x24, x24, #(15 << 24)\n"
    "	add x27, x27, #1\n"
    "	b 1b\n"
    "	.global guest_irq\n"
    "guest_irq:\n"
    "	mrs x2, s3_0_c12_c12_0\n"
    "	msr s3_0_c12_c12_1, x2\n"
    "	add x28, x28, #1\n"
    "	eret\n"
    "	.global guest_irq_end\n"
    "guest_irq_end:\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

enum outcome {
	DONE,
	TRAPPED,
	STUCK,
	OTHER,
	ODD,
	NR_OUTCOMES
};

static uint64_t state;
static volatile sig_atomic_t ticks;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void tick(int sig)
{
	ticks++;
}

static void ticks_start(long us)
{
	struct itimerval every = { { 0, us }, { 0, us } };
	struct sigaction action = { .sa_handler = tick };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* --- the other VM -------------------------------------------------------- */

static volatile sig_atomic_t peer_over;

static void peer_end(int sig)
{
	peer_over = 1;
}

static _Noreturn void peer(void)
{
	struct machine m;
	uint64_t round = 1;

	signal(SIGTERM, peer_end);
	machine_create(&m, guest_peer);
	alarm(0);
	reg_set(&m, X(20), RAM + 0x100000);
	reg_set(&m, X(21), PEER_SIZE / 8);
	while (!peer_over) {
		if (ioctl(m.vcpu, KVM_RUN, 0)) {
			if (errno == EINTR)
				continue;
			_exit(2);
		}
		if (m.run->exit_reason != KVM_EXIT_MMIO)
			_exit(3);
		if (memcmp(m.run->mmio.data, &(uint64_t){ ++round }, 8))
			_exit(4);
	}
	_exit(round > 2 ? 0 : 5);
}

static void peer_check(const char *what, pid_t *pid)
{
	int status = -1;

	kill(*pid, SIGTERM);
	waitpid(*pid, &status, 0);
	ok(what, status == 0);
	if (status)
		printf("# the other VM ended with %d\n",
		       WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static pid_t peer_start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		peer();
	return pid;
}

/* --- the host's state ---------------------------------------------------- */

#define NR_FIRST (32 + 64 + 1) /* number of words that guest_first stores */

/* Values that are recognised if they reach a guest. */
static void canaries(void)
{
	asm volatile(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 31\n"
		     "dup v\\n\\().2d, %0\n"
		     ".endr\n"
		     "msr fpsr, %1"
		     :
		     : "r"(0xca9a49ca9a49ULL), "r"(0x1fULL)
		     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16",
		       "v17", "v18", "v19", "v20", "v31");
}

/*
 * A guest starts with 0 in every register, whatever values the host has there.
 */
static void test_first(void)
{
	const volatile uint64_t *found;
	unsigned int wrong = 0;
	struct machine m;

	machine_create(&m, guest_first);
	reg_set(&m, X(19), 0);
	found = (uint64_t *)(void *)(m.ram + (TABLES - RAM));
	canaries();
	ok("a guest runs its first instructions", go(&m) == KVM_EXIT_MMIO);
	for (unsigned int i = 0; i < NR_FIRST; i++) {
		if (!found[i])
			continue;
		printf("# word %u: %#" PRIx64 "\n", i, found[i]);
		wrong++;
	}
	ok("all registers are 0", !wrong);
	machine_destroy(&m);
}

/* User space's registers, which a guest's writes must not reach. */
static void host_regs(uint64_t regs[4])
{
	asm volatile("mrs %0, tpidr_el0" : "=r"(regs[0]));
	asm volatile("mrs %0, fpcr" : "=r"(regs[1]));
	asm volatile("mrs %0, cntfrq_el0" : "=r"(regs[2]));
	asm volatile("mrs %0, dczid_el0" : "=r"(regs[3]));
}

/* --- one instruction, or some -------------------------------------------------- */

/* Copy words to the guest's end of RAM, one by one: see machine.c. */
static void words_put(struct machine *m, uint64_t ipa, const uint32_t *words,
		      size_t nr)
{
	volatile uint32_t *to = (uint32_t *)(void *)(m->ram + (ipa - RAM));

	for (size_t i = 0; i < nr; i++)
		to[i] = words[i];
	__builtin___clear_cache((char *)(uintptr_t)to,
				(char *)(uintptr_t)(to + nr));
}

static void vectors_put(struct machine *m)
{
	for (unsigned int i = 0; i < 16; i++)
		words_put(m, VECTORS + 0x80 * i, (const void *)guest_trap, 3);
}

static void machine_reset(struct machine *m)
{
	struct kvm_vcpu_init init = {
		.target = KVM_ARM_TARGET_GENERIC_V8,
		.features = { 1U << KVM_ARM_VCPU_PSCI_0_2 },
	};

	if (ioctl(m->vcpu, KVM_ARM_VCPU_INIT, &init))
		die("KVM_ARM_VCPU_INIT");
	reg_set(m, VBAR, VECTORS);
}

/* Set the registers: half of them to random values, half to guest addresses. */
static void registers_put(struct machine *m, uint64_t pc)
{
	static const uint64_t places[] = {
		RAM, RAM + RAM_SIZE - 8, DEVICE, GICD, VECTORS, 0, ~0ULL, SLOTS
	};
	struct trapline_run *shared = trapline_run(m->run);

	for (unsigned int i = 0; i < 31; i++)
		shared->x[i] =
			i % 2 ? random64()
			      : places[random64() % 8] + (random64() & 0xff8);
	shared->sp = RAM + RAM_SIZE / 2;
	shared->pc = pc;
	shared->pstate = EL1H_DAIF;
	m->run->kvm_dirty_regs = TRAPLINE_SYNC_GENERAL;
	m->run->kvm_valid_regs = TRAPLINE_SYNC_GENERAL;
}

static enum outcome run(struct machine *m)
{
	int patience = PATIENCE;

	while (ioctl(m->vcpu, KVM_RUN, 0)) {
		if (errno != EINTR) {
			printf("# KVM_RUN: %s\n", strerror(errno));
			return ODD;
		}
		if (!patience--)
			return STUCK;
	}
	switch (m->run->exit_reason) {
	case KVM_EXIT_MMIO:
		if (m->run->mmio.phys_addr == DEVICE)
			return DONE;
		if (m->run->mmio.phys_addr == DEVICE + 8)
			return TRAPPED;
		return OTHER;
	case KVM_EXIT_INTERNAL_ERROR:
		printf("# internal error: code %llu ESR %#llx PC %#llx\n",
		       (unsigned long long)m->run->internal.data[0],
		       (unsigned long long)m->run->internal.data[1],
		       (unsigned long long)m->run->internal.data[4]);
		return ODD;
	case KVM_EXIT_SYSTEM_EVENT:
	case KVM_EXIT_ARM_NISV:
		return OTHER;
	default:
		printf("# exit %u\n", m->run->exit_reason);
		return ODD;
	}
}

/* --- system registers ----------------------------------------------------------- */

/* S<op0>_<op1>_C<n>_C<m>_<op2>, encoded as in the instruction from bit 5 on. */
#define REG(op0, op1, n, m, op2) \
	((1U & (op0)) << 14 | (op1) << 11 | (n) << 7 | (m) << 3 | (op2))

/*
 * Registers that a guest may have, but that KVM_GET_ONE_REG does not offer by
 * their encodings. In the bits of mask the guest must find value, or the value
 * of the register id. The list is complete: if a newer CPU has more registers,
 * they must be trapped or added here.
 */
static const struct {
	uint32_t reg;
	uint64_t mask, value, name;
} others[] = {
	/* Debug registers. Without an external debugger they have no effect. */
	{ REG(2, 0, 0, 0, 2), ~0ULL, 0, 0 }, /* OSDTRRX_EL1 */
	{ REG(2, 0, 0, 3, 2), ~0ULL, 0, 0 }, /* OSDTRTX_EL1 */
	{ REG(2, 0, 0, 6, 2), ~0ULL, 0, 0 }, /* OSECCR_EL1 */
	{ REG(2, 0, 1, 0, 0), ~0ULL, 0, 0 }, /* MDRAR_EL1 */
	{ REG(2, 0, 1, 0, 4), 0, 0, 0 }, /* OSLAR_EL1 */
	{ REG(2, 0, 1, 3, 4), ~0ULL, 0, 0 }, /* OSDLR_EL1 */
	{ REG(2, 0, 7, 8, 6), ~0ULL, 0, 0 }, /* DBGCLAIMSET_EL1 */
	{ REG(2, 0, 7, 9, 6), ~0ULL, 0, 0 }, /* DBGCLAIMCLR_EL1 */
	{ REG(2, 3, 0, 1, 0), ~0ULL, 0, 0 }, /* MDCCSR_EL0 */
	{ REG(2, 3, 0, 4, 0), ~0ULL, 0, 0 }, /* DBGDTR_EL0 */
	{ REG(2, 3, 0, 5, 0), ~0ULL, 0, 0 }, /* DBGDTRRX_EL0 */
	/* PSTATE, and registers that exceptions set. */
	{ REG(3, 0, 4, 0, 0), ~0ULL, 0, CORE_U64(spsr[0]) },
	{ REG(3, 0, 4, 0, 1), ~0ULL, 0, CORE_U64(elr_el1) },
	{ REG(3, 0, 4, 1, 0), ~0ULL, 0, CORE_U64(regs.sp) }, /* SP_EL0 */
	{ REG(3, 0, 4, 2, 0), ~0ULL, 1, 0 }, /* SPSel */
	{ REG(3, 0, 4, 2, 2), ~0ULL, 4, 0 }, /* CurrentEL */
	{ REG(3, 0, 4, 2, 3), ~0ULL, 0, 0 }, /* PAN */
	{ REG(3, 0, 4, 2, 4), ~0ULL, 0, 0 }, /* UAO */
	{ REG(3, 0, 4, 3, 0), ~0ULL, 0, 0 }, /* ALLINT */
	{ REG(3, 3, 4, 2, 0), ~0ULL, 0, 0 }, /* NZCV */
	{ REG(3, 3, 4, 2, 1), ~0ULL, 0x3c0, 0 }, /* DAIF */
	{ REG(3, 3, 4, 2, 5), ~0ULL, 0, 0 }, /* DIT */
	{ REG(3, 3, 4, 2, 6), ~0ULL, 0, 0 }, /* SSBS */
	{ REG(3, 3, 4, 2, 7), ~0ULL, 0, 0 }, /* TCO */
	/* The VGIC. */
	{ REG(3, 0, 4, 6, 0), ~0ULL, 0, 0 }, /* ICC_PMR_EL1 */
	{ REG(3, 0, 12, 1, 0), ~0ULL, 0, 0 }, /* ISR_EL1 */
	{ REG(3, 0, 12, 8, 0), ~0ULL, 1023, 0 }, /* ICC_IAR0_EL1 */
	{ REG(3, 0, 12, 8, 1), 0, 0, 0 }, /* ICC_EOIR0_EL1 */
	{ REG(3, 0, 12, 8, 2), ~0ULL, 1023, 0 }, /* ICC_HPPIR0_EL1 */
	{ REG(3, 0, 12, 8, 3), ~7ULL, 0, 0 }, /* ICC_BPR0_EL1 */
	{ REG(3, 0, 12, 8, 4), ~0ULL, 0, 0 }, /* ICC_AP0R0_EL1 */
	{ REG(3, 0, 12, 9, 0), ~0ULL, 0, 0 }, /* ICC_AP1R0_EL1 */
	{ REG(3, 0, 12, 9, 5), ~0ULL, 1023, 0 }, /* ICC_NMIAR1_EL1 */
	{ REG(3, 0, 12, 11, 1), 0, 0, 0 }, /* ICC_DIR_EL1 */
	{ REG(3, 0, 12, 11, 3), ~0ULL, 255, 0 }, /* ICC_RPR_EL1 */
	{ REG(3, 0, 12, 11, 5), 0, 0, 0 }, /* ICC_SGI1R_EL1 */
	{ REG(3, 0, 12, 11, 6), 0, 0, 0 }, /* ICC_ASGI1R_EL1 */
	{ REG(3, 0, 12, 11, 7), 0, 0, 0 }, /* ICC_SGI0R_EL1 */
	{ REG(3, 0, 12, 12, 0), ~0ULL, 1023, 0 }, /* ICC_IAR1_EL1 */
	{ REG(3, 0, 12, 12, 1), 0, 0, 0 }, /* ICC_EOIR1_EL1 */
	{ REG(3, 0, 12, 12, 2), ~0ULL, 1023, 0 }, /* ICC_HPPIR1_EL1 */
	{ REG(3, 0, 12, 12, 3), ~7ULL, 0, 0 }, /* ICC_BPR1_EL1 */
	{ REG(3, 0, 12, 12, 4), ~0xffffULL, 0, 0 }, /* ICC_CTLR_EL1 */
	{ REG(3, 0, 12, 12, 5), ~0ULL, 7, 0 }, /* ICC_SRE_EL1 */
	{ REG(3, 0, 12, 12, 6), ~0ULL, 0, 0 }, /* ICC_IGRPEN0_EL1 */
	{ REG(3, 0, 12, 12, 7), ~0ULL, 0, 0 }, /* ICC_IGRPEN1_EL1 */
	/* Counters and timers. */
	{ REG(3, 3, 14, 0, 0), 0, 0, 0 }, /* CNTFRQ_EL0 */
	{ REG(3, 3, 14, 0, 1), 0, 0, 0 }, /* CNTPCT_EL0 */
	{ REG(3, 3, 14, 0, 2), 0, 0, 0 }, /* CNTVCT_EL0 */
	{ REG(3, 3, 14, 0, 5), 0, 0, 0 }, /* CNTPCTSS_EL0 */
	{ REG(3, 3, 14, 0, 6), 0, 0, 0 }, /* CNTVCTSS_EL0 */
	{ REG(3, 3, 14, 2, 0), 0, 0, 0 }, /* CNTP_TVAL_EL0 */
	{ REG(3, 3, 14, 3, 0), 0, 0, 0 }, /* CNTV_TVAL_EL0 */
	{ REG(3, 3, 14, 3, 2), ~0ULL, 0, 0 }, /* CNTV_CVAL_EL0 */
	/* Registers of the machine, the same for all guests. */
	{ REG(3, 1, 0, 0, 0), ~0ULL << 32, 0, 0 }, /* CCSIDR_EL1 */
	{ REG(3, 3, 0, 0, 7), ~31ULL, 0, 0 }, /* DCZID_EL0 */
	{ REG(3, 3, 2, 4, 0), 0, 0, 0 }, /* RNDR */
	{ REG(3, 3, 2, 4, 1), 0, 0, 0 }, /* RNDRRS */
};

static const char *reg_name(uint32_t i)
{
	static char name[32];

	snprintf(name, sizeof(name), "S%u_%u_C%u_C%u_%u", 2 + (i >> 14),
		 i >> 11 & 7, i >> 7 & 15, i >> 3 & 15, i & 7);
	return name;
}

/* 1: the guest may have register i, and must find *x_want in it. */
static int reg_known(struct machine *m, uint32_t i, uint64_t *x_mask,
		     uint64_t *x_want)
{
	uint64_t id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG |
		      0x8000 | i;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)x_want };

	for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++)
		if (others[n].reg == i) {
			*x_mask = others[n].mask;
			*x_want = others[n].name ? reg_get(m, others[n].name)
						 : others[n].value;
			return 1;
		}
	*x_mask = ~0ULL;
	return !ioctl(m->vcpu, KVM_GET_ONE_REG, &reg);
}

/* The guest has read or written register i without a trap. */
static int reg_done(struct machine *m, uint32_t i, bool read)
{
	uint64_t value = trapline_run(m->run)->x[1], mask, want;
	int known = reg_known(m, i, &mask, &want);

	if (known && (!read || !((value ^ want) & mask)))
		return 1;
	printf("# %s%s", reg_name(i),
	       known ? "" : ", which is not in the list");
	if (read)
		printf(": %#" PRIx64, value);
	puts("");
	return 0;
}

static void sysregs(struct machine *m, uint32_t insn, const char *what)
{
	unsigned int seen[NR_OUTCOMES] = { 0 };
	unsigned int wrong = 0;
	enum outcome one = DONE;
	uint64_t pc = SLOTS;

	for (uint32_t i = 0; i < NR_REGS; i++, pc += 8) {
		int64_t back = ((int64_t)CODE - (int64_t)(pc + 4)) / 4;
		uint32_t code[] = { insn | i << 5 | 1,
				    INSN_B | (back & 0x3ffffff) };

		words_put(m, pc, code, 2);
	}
	pc = SLOTS;
	for (uint32_t i = 0; i < NR_REGS; i++, pc += 8) {
		bool fresh = !i || one >= STUCK ||
			     (insn == INSN_MSR && one == DONE);

		/*
		 * Nothing has changed: only the completion of the last store
		 * moves the PC.
		 */
		if (fresh)
			machine_reset(m);
		registers_put(m, fresh ? pc : pc - 4);
		one = run(m);
		if (one == ODD || one == STUCK)
			printf("# %s %s\n", one == ODD ? "odd" : "stuck",
			       reg_name(i));
		if (one == DONE)
			wrong += !reg_done(m, i, insn == INSN_MRS);
		seen[one]++;
	}
	printf("# %s: %u done, %u trapped, %u stuck, %u other\n", what,
	       seen[DONE], seen[TRAPPED], seen[STUCK], seen[OTHER]);
	ok(what, !seen[ODD] && !wrong && seen[DONE] > 50 &&
			 seen[DONE] + seen[TRAPPED] > NR_REGS - 100);
}

/* Accesses without a syndrome come to user space, too. */
static void nisv_enable(struct machine *m)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	if (ioctl(m->vm, KVM_ENABLE_CAP, &cap))
		die("KVM_ENABLE_CAP");
}

static void test_sysregs(void)
{
	uint64_t before[4], after[4];
	struct machine m;

	machine_create(&m, guest_out);
	machine_gic(&m);
	ticks_start(TICK_US);
	vectors_put(&m);
	sysregs(&m, INSN_MRS, "every system register read");
	host_regs(before);
	sysregs(&m, INSN_MSR, "every system register written");
	host_regs(after);
	ok("the host's registers are unchanged",
	   !memcmp(before, after, sizeof(before)));
	machine_destroy(&m);
}

static time_t monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void test_random(unsigned int seconds)
{
	unsigned int seen[NR_OUTCOMES] = { 0 };
	uint32_t code[64];
	time_t end;
	struct machine m;

	machine_create(&m, guest_out);
	nisv_enable(&m);
	ticks_start(TICK_US);
	end = monotonic() + seconds;
	/* On a slow machine the time may be over before anything has run. */
	do {
		vectors_put(&m);
		for (unsigned int i = 0; i < 64; i++)
			code[i] = (uint32_t)random64();
		words_put(&m, SLOTS, code, 64);
		machine_reset(&m);
		registers_put(&m, SLOTS);
		/* After a trap, continue with the next instruction. */
		for (unsigned int i = 1; i < 64; i++) {
			enum outcome one = run(&m);

			seen[one]++;
			if (one == STUCK || one == ODD)
				break;
			registers_put(&m, SLOTS + 4 * i - 4);
		}
	} while (monotonic() < end || !(seen[TRAPPED] || seen[ODD]));
	printf("# %u traps, %u stuck, %u others\n", seen[TRAPPED], seen[STUCK],
	       seen[OTHER] + seen[DONE]);
	ok("random instructions", !seen[ODD] && seen[TRAPPED]);
	machine_destroy(&m);
}

/* --- page tables, the end of RAM ----------------------------------------------- */

static void test_walks(void)
{
	static const uint64_t tables[] = { DEVICE,         GICD,
					   RAM + RAM_SIZE, RAM - 0x1000,
					   0xfffff000,     RAM };
	struct machine m;
	unsigned int odd = 0;

	machine_create(&m, guest_out);
	machine_gic(&m);
	ticks_start(TICK_US);
	vectors_put(&m);
	for (unsigned int i = 0; i < sizeof(tables) / 8; i++) {
		machine_reset(&m);
		reg_set(&m, TTBR0, tables[i]);
		reg_set(&m, TCR, TCR_39);
		reg_set(&m, SCTLR, SCTLR_ON);
		registers_put(&m, CODE);
		odd += run(&m) != STUCK;
	}
	ok("page tables on devices, in holes, and no tables", !odd);
	machine_reset(&m);
	memset(m.ram + RAM_SIZE - 16, 0, 16);
	words_put(&m, RAM + RAM_SIZE - 8,
		  (const uint32_t[]){ 0xd503201f, 0xd503201f }, 2);
	registers_put(&m, RAM + RAM_SIZE - 8);
	ok("an access after the end of RAM is an abort", run(&m) == TRAPPED);
	machine_destroy(&m);
}

/* --- SGIs ----------------------------------------------------------------------- */

static void *flood_thread(void *arg)
{
	struct machine *m = arg;
	time_t end = monotonic() + FLOOD_S;
	long ret = 0;

	while (monotonic() < end && !ret)
		if (!ioctl(m->vcpu, KVM_RUN, 0) || errno != EINTR)
			ret = 1;
	return (void *)ret;
}

static void second_create(const struct machine *first, struct machine *m)
{
	*m = *first;
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 1);
	if (m->vcpu < 0)
		die("KVM_CREATE_VCPU");
	m->run = mmap(NULL, (size_t)getpagesize(), PROT_READ | PROT_WRITE,
		      MAP_SHARED, m->vcpu, 0);
	if (m->run == MAP_FAILED)
		die("mmap");
	machine_reset(m);
}

static void test_flood(void)
{
	struct machine m, second;
	pthread_t thread;
	void *ret;
	int good;

	machine_create(&m, guest_flood);
	second_create(&m, &second);
	machine_gic(&m);
	vectors_put(&m);
	words_put(&m, VECTORS + 0x280, (const void *)guest_irq,
		  (size_t)(guest_irq_end - guest_irq) / 4);
	for (int i = 0; i < 2; i++) {
		struct machine *one = i ? &second : &m;

		reg_set(one, PC, CODE);
		reg_set(one, X(20), VECTORS);
		reg_set(one, X(21), GICD);
		reg_set(one, X(22), GICR + 0x10000 + 0x20000 * (uint64_t)i);
		reg_set(one, X(27), 0);
		reg_set(one, X(28), 0);
	}
	ticks_start(100 * TICK_US);
	if (pthread_create(&thread, NULL, flood_thread, &second))
		die("pthread_create");
	good = !flood_thread(&m);
	pthread_kill(thread, SIGALRM);
	pthread_join(thread, &ret);
	printf("# %" PRIu64 " and %" PRIu64 " rounds, %" PRIu64 " and %" PRIu64
	       " SGIs taken\n",
	       reg_get(&m, X(27)), reg_get(&second, X(27)), reg_get(&m, X(28)),
	       reg_get(&second, X(28)));
	ok("two vCPUs flood each other with SGIs",
	   good && !ret && reg_get(&m, X(28)) > 100 &&
		   reg_get(&second, X(28)) > 100);
	close(second.vcpu);
	munmap(second.run, (size_t)getpagesize());
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 3;
	pid_t pid;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	state |= 1;
	if (argc > 3)
		device = argv[3];
	printf("# seed %#" PRIx64 "\n", state);
	pid = peer_start();
	test_first();
	test_sysregs();
	test_random(seconds);
	test_walks();
	test_flood();
	peer_check("the VM in another process is not affected", &pid);
	return tap_end();
}
