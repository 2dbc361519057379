// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace.c - caught writes to system registers, the flight recorder, and an
 * exception that EL2 itself takes
 *
 *	trace [DEVICE]
 *
 * Source: include/trapline/abi.h, "system registers", "flight recorder".
 */
#include "machine.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <trapline/abi.h>

#define CONTEXTIDR    ARM64_SYS_REG(3, 0, 13, 0, 1)
#define VBAR          ARM64_SYS_REG(3, 0, 12, 0, 0)
#define EC(esr)       ((esr) >> 26 & 0x3f)
#define EC_HVC        0x16
#define EC_SYS        0x18
#define EC_DABT       0x24
#define ISS_SYSREG    0x3ffc1eU
#define ISS_WRITE_CID 0x323400U /* CONTEXTIDR_EL1: 3, 0, 13, 0, 1 */
#define RECORDS       64
#define RING_SIZE     0x10000

extern const char guest_catch[], guest_catch_all[], guest_record[], guest_sgi[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_catch\n"
    "guest_catch:\n"
    "	msr contextidr_el1, x1\n"
    "	str x1, [x19]\n"
    "	msr contextidr_el1, x2\n"
    "	mrs x3, contextidr_el1\n"
    "	str x3, [x19]\n"
    "	msr vbar_el1, x4\n"
    "	mrs x5, vbar_el1\n"
    "	str x5, [x19]\n"
    "	b .\n"
    "	.global guest_catch_all\n"
    "guest_catch_all:\n" /* in the order of TRAPLINE_CATCH_* */
    "	msr sctlr_el1, x1\n"
    "	msr ttbr0_el1, x2\n"
    "	msr ttbr1_el1, x3\n"
    "	msr tcr_el1, x4\n"
    "	msr esr_el1, x5\n"
    "	msr far_el1, x6\n"
    "	msr afsr0_el1, x7\n"
    "	msr afsr1_el1, x8\n"
    "	msr mair_el1, x9\n"
    "	msr amair_el1, x10\n"
    "	msr contextidr_el1, x11\n"
    "	msr vbar_el1, x12\n"
    "	b .\n"
    "	.global guest_record\n"
    "guest_record:\n"
    "	movz x0, #0x8400, lsl #16\n" /* PSCI_VERSION */
    "	hvc #0\n"
    "	msr contextidr_el1, x1\n" /* the caches are off, so TVM traps */
    "	str x1, [x19, #8]\n"
    "	b guest_record\n"
    "	.global guest_sgi\n"
    "guest_sgi:\n" /* x21 GICD, x22 GICR's SGI frame */
    "	mov w2, #0x12\n"
    "	str w2, [x21]\n"
    "	mov w2, #-1\n"
    "	str w2, [x22, #0x80]\n"
    "	mov w2, #2\n"
    "	str w2, [x22, #0x100]\n"
    "	movz x2, #0x100, lsl #16\n"
    "	movk x2, #1\n"
    "	msr s3_0_c12_c11_5, x2\n"
    "	str x2, [x19]\n"
    "	str x2, [x19]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static int catch_set(struct machine *m, uint64_t catch)
{
	return ioctl(m->vm, TRAPLINE_SET_CATCH, &catch) ? -errno : 0;
}

/* Set the PC, after completing the pending MMIO access. */
static void jump(struct machine *m, uint64_t pc)
{
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	reg_set(m, PC, pc);
}

static int caught(struct machine *m, uint64_t pc, uint64_t old, uint64_t value)
{
	struct trapline_run *shared = trapline_run(m->run);
	uint32_t reason = go(m);

	if (reason == TRAPLINE_EXIT_CATCH && EC(shared->esr) == EC_SYS &&
	    reg_get(m, PC) == pc && shared->catch_old == old &&
	    shared->catch_value == value)
		return 1;
	printf("# exit %#x ESR %#llx PC %#llx, %#llx -> %#llx\n", reason,
	       (unsigned long long)shared->esr,
	       (unsigned long long)reg_get(m, PC),
	       (unsigned long long)shared->catch_old,
	       (unsigned long long)shared->catch_value);
	return 0;
}

static void test_catch(void)
{
	struct machine m;

	machine_create(&m, guest_catch);
	reg_set(&m, X(1), 0x11);
	reg_set(&m, X(2), 0x22);
	ok("unknown bits are refused", catch_set(&m, 1ULL << 63) == -EINVAL);
	ok("CONTEXTIDR_EL1 can be caught",
	   !catch_set(&m, TRAPLINE_CATCH_CONTEXTIDR));
	ok("the exit has the register, the old and the new value",
	   caught(&m, CODE, 0, 0x11) &&
		   (trapline_run(m.run)->esr & ISS_SYSREG) == ISS_WRITE_CID);
	ok("a caught write does not change the register",
	   reg_get(&m, CONTEXTIDR) == 0);
	ok("the register changes when the guest continues",
	   wrote(&m, DEVICE, 8, 0x11));
	ok("the next write exits, too", caught(&m, CODE + 8, 0x11, 0x22));
	trapline_run(m.run)->catch_value = 0x77;
	ok("the VMM can change the value to write", wrote(&m, DEVICE, 8, 0x77));
	jump(&m, CODE);
	ok("once more", caught(&m, CODE, 0x77, 0x11));
	reg_set(&m, PC, CODE + 4);
	ok("a changed PC skips the write",
	   wrote(&m, DEVICE, 8, 0x11) && reg_get(&m, CONTEXTIDR) == 0x77);
	catch_set(&m, TRAPLINE_CATCH_TTBR0);
	jump(&m, CODE);
	ok("a catch of one register does not catch another",
	   wrote(&m, DEVICE, 8, 0x11) && reg_get(&m, CONTEXTIDR) == 0x11);
	machine_destroy(&m);
}

/* The ISS that a trap reports for a register id: op0, op2, op1, CRn, CRm. */
static uint64_t iss(uint64_t id)
{
	return (id >> 14 & 3) << 20 | (id & 7) << 17 | (id >> 11 & 7) << 14 |
	       (id >> 7 & 15) << 10 | (id >> 3 & 15) << 1;
}

/*
 * Catch each register by its own bit. The next MSR of the guest must exit. The
 * new value must be in that register, and only there, before the guest is
 * entered again. Some of the registers may not exist on this CPU.
 */
static int caught_nth(struct machine *m, int n, const uint64_t *regs, int nr,
		      uint64_t value)
{
	uint64_t catch = 1ULL << n, pc = CODE + 4 * (uint64_t)n, before[16];
	uint64_t old = reg_get(m, regs[n]);
	int good;

	reg_set(m, X(n + 1), value);
	good = !catch_set(m, catch) && caught(m, pc, old, value) &&
	       (trapline_run(m->run)->esr & ISS_SYSREG) == iss(regs[n]);
	for (int i = 0; i < nr; i++)
		before[i] = reg_get(m, regs[i]);
	good &= before[n] == old;
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	before[n] = value;
	for (int i = 0; i < nr; i++)
		good &= reg_get(m, regs[i]) == before[i];
	return good && reg_get(m, PC) == pc + 4;
}

static void test_catch_all(void)
{
	static const uint64_t regs[] = {
		/* In the order of the TRAPLINE_CATCH_ bits. */
		ARM64_SYS_REG(3, 0, 1, 0, 0),
		ARM64_SYS_REG(3, 0, 2, 0, 0),
		ARM64_SYS_REG(3, 0, 2, 0, 1),
		ARM64_SYS_REG(3, 0, 2, 0, 2),
		ARM64_SYS_REG(3, 0, 5, 2, 0),
		ARM64_SYS_REG(3, 0, 6, 0, 0),
		ARM64_SYS_REG(3, 0, 5, 1, 0),
		ARM64_SYS_REG(3, 0, 5, 1, 1),
		ARM64_SYS_REG(3, 0, 10, 2, 0),
		ARM64_SYS_REG(3, 0, 10, 3, 0),
		CONTEXTIDR,
		VBAR,
	};
	static const char *const names[] = {
		"SCTLR", "TTBR0", "TTBR1", "TCR",   "ESR",        "FAR",
		"AFSR0", "AFSR1", "MAIR",  "AMAIR", "CONTEXTIDR", "VBAR",
	};
	const int nr = sizeof(regs) / sizeof(regs[0]);
	struct machine m;
	int offered;

	machine_create(&m, guest_catch_all);
	offered = ioctl(m.vm, KVM_CHECK_EXTENSION, TRAPLINE_CAP_CATCH);
	ok("the device has no other bits",
	   (offered | TRAPLINE_CATCH_VBAR) == (1ULL << nr) - 1);
	for (int i = 0; i < nr && offered >> i & 1; i++) {
		/*
		 * For SCTLR_EL1 change only UCI. The other registers can have
		 * any value, because the MMU is off.
		 */
		uint64_t value = i ? 0x10000ULL * (uint64_t)(i + 1)
				   : reg_get(&m, regs[0]) ^ 1ULL << 26;
		char name[48];

		snprintf(name, sizeof(name), "%s_EL1 is caught by its bit",
			 names[i]);
		ok(name, caught_nth(&m, i, regs, nr, value));
	}
	machine_destroy(&m);
}

static void test_catch_step(void)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	struct machine m;

	machine_create(&m, guest_catch);
	reg_set(&m, X(1), 0x11);
	catch_set(&m, TRAPLINE_CATCH_CONTEXTIDR);
	ioctl(m.vcpu, KVM_SET_GUEST_DEBUG, &debug);
	ok("a step ends at the caught write", caught(&m, CODE, 0, 0x11));
	ok("the next step executes the caught write",
	   go(&m) == KVM_EXIT_DEBUG && reg_get(&m, PC) == CODE + 4 &&
		   reg_get(&m, CONTEXTIDR) == 0x11);
	machine_destroy(&m);
}

/* Only with FEAT_FGT. The trap must end with the catch. */
static void test_catch_vbar(void)
{
	struct machine m;
	int fgt;

	machine_create(&m, guest_catch);
	fgt = ioctl(m.vm, KVM_CHECK_EXTENSION, TRAPLINE_CAP_CATCH) &
	      TRAPLINE_CATCH_VBAR;
	reg_set(&m, X(4), 0x5800);
	reg_set(&m, PC, CODE + 20);
	if (fgt)
		ok("VBAR_EL1 can be caught",
		   !catch_set(&m, TRAPLINE_CATCH_VBAR) &&
			   caught(&m, CODE + 20, 0, 0x5800));
	else
		ok("VBAR_EL1 cannot be caught here",
		   catch_set(&m, TRAPLINE_CATCH_VBAR) == -EINVAL);
	ok("VBAR_EL1 is written", wrote(&m, DEVICE, 8, 0x5800));
	catch_set(&m, 0);
	jump(&m, CODE + 20);
	ok("VBAR_EL1 is written without a catch", wrote(&m, DEVICE, 8, 0x5800));
	machine_destroy(&m);
}

/* --- flight recorder --------------------------------------------------------- */

static int recorder_set(struct machine *m, uint32_t nr)
{
	return ioctl(m->vcpu, TRAPLINE_SET_RECORDER, &nr) ? -errno : 0;
}

static struct trapline_ring *ring_map(struct machine *m, int prot)
{
	void *ring = mmap(NULL, RING_SIZE, prot, MAP_SHARED, m->vcpu,
			  TRAPLINE_RECORDER_OFFSET);

	return ring == MAP_FAILED ? NULL : ring;
}

static const struct trapline_record *record_at(const struct trapline_ring *ring,
					       uint64_t nth)
{
	const struct trapline_record *records = (const void *)(ring + 1);

	return &records[nth % ring->nr];
}

/* The next record from *nth on that is not an interrupt of the host. */
static int next_is(const struct trapline_ring *ring, uint64_t *nth,
		   uint32_t kind, uint32_t ec, uint64_t pc, uint64_t arg)
{
	const struct trapline_record *r;

	do {
		r = record_at(ring, (*nth)++);
	} while (r->kind == TRAPLINE_RECORD_HOST ||
		 (EC(r->esr) == EC_DABT && r->arg - RAM < RAM_SIZE) ||
		 EC(r->esr) == EC_DABT - 4);
	if (*nth <= ring->head && r->kind == kind && EC(r->esr) == ec &&
	    r->pc == pc && r->arg == arg)
		return 1;
	printf("# record %llu of %llu: kind %u ESR %#x PC %#llx arg %#llx\n",
	       (unsigned long long)*nth, (unsigned long long)ring->head,
	       r->kind, r->esr, (unsigned long long)r->pc,
	       (unsigned long long)r->arg);
	return 0;
}

static int times_grow(const struct trapline_ring *ring)
{
	for (uint64_t i = 1; i < ring->head && i < ring->nr; i++)
		if (record_at(ring, i)->time < record_at(ring, i - 1)->time)
			return 0;
	return 1;
}

static sigjmp_buf on_bus;

static void bus(int sig)
{
	(void)sig;
	siglongjmp(on_bus, 1);
}

/* Map kvm_run, grow the mapping until it has the ring, and write there. */
static int grown_writable(struct machine *m)
{
	size_t page = (size_t)getpagesize();
	size_t size = TRAPLINE_RECORDER_OFFSET + page;
	void *run = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
			 m->vcpu, 0);
	char *grown;
	volatile int written = 0;

	if (run == MAP_FAILED)
		die("mmap");
	grown = mremap(run, page, size, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED) {
		munmap(run, page);
		return 0;
	}
	signal(SIGBUS, bus);
	if (!sigsetjmp(on_bus, 1)) {
		*(volatile char *)(grown + TRAPLINE_RECORDER_OFFSET) = 1;
		written = 1;
	}
	signal(SIGBUS, SIG_DFL);
	munmap(grown, size);
	return written;
}

static void test_record_errors(struct machine *m)
{
	struct trapline_ring *ring;
	int max = ioctl(m->vm, KVM_CHECK_EXTENSION, TRAPLINE_CAP_RECORDER);

	ok("the ring's size has to be a power of two",
	   max > 0 && recorder_set(m, 3) == -EINVAL &&
		   recorder_set(m, 2 * (uint32_t)max) == -E2BIG &&
		   !recorder_set(m, (uint32_t)max) &&
		   !recorder_set(m, RECORDS));
	ok("the ring cannot be mapped for writing",
	   !ring_map(m, PROT_READ | PROT_WRITE) && errno == EACCES);
	ok("the ring cannot be mapped from before its start",
	   mmap(NULL, 2 * (size_t)getpagesize(), PROT_READ | PROT_WRITE,
		MAP_SHARED, m->vcpu, 0) == MAP_FAILED &&
		   errno == EACCES);
	ok("a mapping that has grown into the ring is not writable",
	   !grown_writable(m));
	ring = ring_map(m, PROT_READ);
	if (!ring)
		die("mmap");
	ok("the mapping cannot be made writable later",
	   mprotect(ring, RING_SIZE, PROT_READ | PROT_WRITE) &&
		   errno == EACCES);
	munmap(ring, RING_SIZE);
}

static void test_record(void)
{
	struct trapline_ring *ring;
	struct machine m;
	uint64_t nth = 0;

	machine_create(&m, guest_record);
	reg_set(&m, X(1), 0x5a);
	test_record_errors(&m);
	ring = ring_map(&m, PROT_READ);
	ok("the ring is empty at first",
	   ring->head == 0 && ring->nr == RECORDS &&
		   ring->record_size == sizeof(struct trapline_record));
	wrote(&m, DEVICE + 8, 8, 0x5a);
	ok("the ring has a hypercall", next_is(ring, &nth, TRAPLINE_RECORD_EXIT,
					       EC_HVC, CODE + 8, 0x84000000));
	ok("the ring has a trapped MSR with its value",
	   next_is(ring, &nth, TRAPLINE_RECORD_EXIT, EC_SYS, CODE + 8, 0x5a));
	ok("the ring has a store with its address",
	   next_is(ring, &nth, TRAPLINE_RECORD_EXIT, EC_DABT, CODE + 12,
		   DEVICE + 8));
	ok("the exit to user space is in the ring",
	   next_is(ring, &nth, TRAPLINE_RECORD_USER, 0, CODE + 12,
		   KVM_EXIT_MMIO) &&
		   nth == ring->head);
	ok("time does not go back", times_grow(ring));
	for (int i = 0; i < RECORDS; i++)
		wrote(&m, DEVICE + 8, 8, 0x5a);
	ok("the ring wraps around",
	   ring->head >= 4 * RECORDS && record_at(ring, ring->head - 1)->kind ==
						TRAPLINE_RECORD_USER);
	nth = ring->head;
	ok("off", !recorder_set(&m, 0));
	wrote(&m, DEVICE + 8, 8, 0x5a);
	ok("the old mapping keeps its contents", ring->head == nth);
	munmap(ring, RING_SIZE);
	machine_destroy(&m);
}

static void test_record_interrupt(void)
{
	struct trapline_ring *ring;
	struct machine m;
	int nr = 0;

	machine_create(&m, guest_sgi);
	machine_gic(&m);
	reg_set(&m, X(21), GICD);
	reg_set(&m, X(22), GICR + 0x10000);
	recorder_set(&m, RECORDS);
	ring = ring_map(&m, PROT_READ);
	wrote(&m, DEVICE, 8, 1 << 24 | 1);
	wrote(&m, DEVICE, 8, 1 << 24 | 1);
	for (uint64_t i = 0; i < ring->head; i++)
		nr += record_at(ring, i)->kind == TRAPLINE_RECORD_INTERRUPT &&
		      record_at(ring, i)->arg == 1;
	ok("the ring has a pending interrupt once", nr == 1);
	machine_destroy(&m);
	ok("the ring outlives its vCPU", ring->nr == RECORDS);
	munmap(ring, RING_SIZE);
}

/*
 * --- an exception of EL2 itself ---------------------------------------------
 */

/* The module makes the fault, in the next KVM_RUN of any VM. */
static void test_bug(void)
{
	struct machine m, other;

	machine_create(&m, guest_catch);
	machine_create(&other, guest_catch);
	ok("an exception in EL2 can be requested", !knob_set("bug", "1"));
	ok("the exception ends KVM_RUN",
	   go(&m) == KVM_EXIT_INTERNAL_ERROR && m.run->internal.data[0] == 4);
	ok("the VM never runs again",
	   ioctl(m.vcpu, KVM_RUN, 0) && errno == EIO &&
		   ioctl(m.vcpu, KVM_RUN, 0) && errno == EIO);
	ok("another VM is not affected", wrote(&other, DEVICE, 8, 0));
	machine_destroy(&m);
	machine_destroy(&other);
	machine_create(&m, guest_catch);
	ok("a new VM is not affected", wrote(&m, DEVICE, 8, 0));
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_catch();
	test_catch_all();
	test_catch_step();
	test_catch_vbar();
	test_record();
	test_record_interrupt();
	test_bug();
	return tap_end();
}
