// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attributes.c - denied pages, their exit, watched bytes, registers in kvm_run
 *
 *	attributes [DEVICE]		/dev/trapline
 *
 * Most guests are one instruction, followed by a store to a device. The store
 * shows that the instruction is complete. X20 is the address, X21 the value.
 */
#include "machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <trapline/abi.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define DATA     (RAM + 0x10000)
#define TABLES2  (TABLES + 0x10000) /* for VA only, in another page */
#define VA       0x80000000ULL /* maps RAM again, with the MMU on */
#define PAGE     ((uint64_t)getpagesize())
#define OLD      0x8877665544332211ULL
#define NEW      0xa1b2c3d4e5f60718ULL
#define READ     TRAPLINE_MEMORY_DENY_READ
#define WRITE    TRAPLINE_MEMORY_DENY_WRITE
#define EXEC     TRAPLINE_MEMORY_DENY_EXEC
#define TCR      ARM64_SYS_REG(3, 0, 2, 0, 2)
#define TTBR0    ARM64_SYS_REG(3, 0, 2, 0, 0)
#define MAIR     ARM64_SYS_REG(3, 0, 10, 2, 0)
#define SCTLR    ARM64_SYS_REG(3, 0, 1, 0, 0)
#define SCTLR_ON 0x30c5183dULL
#define AF       (1ULL << 10) /* access flag of a descriptor */
#define PAR      ARM64_SYS_REG(3, 0, 7, 4, 0)
#define MMFR1    ARM64_SYS_REG(3, 0, 0, 7, 1)
#define CPACR    ARM64_SYS_REG(3, 0, 1, 0, 2)

extern const char guest_one[], guest_fill[], guest_count[], guest_false[],
	guest_xo[];
extern const uint32_t insns[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_one\n"
    "guest_one:\n"
    "	nop\n"
    "	str x22, [x19]\n"
    "	b .\n"
    "	.global guest_fill\n"
    "guest_fill:\n" /* fill x23 pages of x24 bytes from x20 on */
    "	str x21, [x20, #16]\n"
    "	add x20, x20, x24\n"
    "	subs x23, x23, #1\n"
    "	b.ne guest_fill\n"
    "	str x22, [x19]\n"
    "	b .\n"
    "	.global guest_count\n"
    "guest_count:\n"
    "	add x21, x21, #1\n"
    "	str x21, [x20, #16]\n"
    "	b guest_count\n"
    "	.global guest_false\n"
    "guest_false:\n" /* x23 stores and loads next to watched bytes */
    "	str w23, [x20, #16]\n"
    "	ldr w25, [x20, #16]\n"
    "	cmp w23, w25\n"
    "	b.ne 1f\n"
    "	subs x23, x23, #1\n"
    "	b.ne guest_false\n"
    "1:	str x23, [x19]\n"
    "	b .\n"
    "	.global guest_xo\n"
    "guest_xo:\n" /* in an execute-only page */
    "	str x22, [x19]\n"
    "	ldr x21, guest_xo\n"
    "	str x22, [x19]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.global insns\n"
    "insns:\n"
    "	str x21, [x20]\n"
    "	str w21, [x20]\n"
    "	strh w21, [x20]\n"
    "	strb w21, [x20]\n"
    "	stlr x21, [x20]\n"
    "	ldr x21, [x20]\n"
    "	ldr w21, [x20]\n"
    "	ldrsw x21, [x20]\n"
    "	ldrh w21, [x20]\n"
    "	ldrsh w21, [x20]\n"
    "	ldrsb x21, [x20]\n"
    "	ldar x21, [x20]\n"
    "	stp x21, x22, [x20]\n"
    "	ldp x21, x22, [x20]\n"
    "	br x20\n"
    "	dc civac, x20\n"
    "	str q3, [x20]\n"
    "	at s1e1r, x20\n"
    "	.popsection\n");
enum insn {
	STR_X,
	STR_W,
	STRH,
	STRB,
	STLR,
	LDR_X,
	LDR_W,
	LDRSW,
	LDRH,
	LDRSH_W,
	LDRSB,
	LDAR,
	STP,
	LDP,
	BR,
	DC_CIVAC,
	STR_Q3,
	AT_S1E1R
};

/* Returns 0 or -errno. */
static int deny(struct machine *m, uint64_t ipa, uint64_t size, uint64_t bits)
{
	struct kvm_memory_attributes attr = { ipa, size, bits, 0 };

	return ioctl(m->vm, KVM_SET_MEMORY_ATTRIBUTES, &attr) ? -errno : 0;
}

static int watch(struct machine *m, unsigned int flags, unsigned int nr,
		 struct trapline_watch_range *range)
{
	struct trapline_watch watch = { nr, flags, (uintptr_t)range };

	return ioctl(m->vm, TRAPLINE_SET_WATCH, &watch) ? -errno : 0;
}

static uint64_t *memory(struct machine *m, uint64_t ipa)
{
	return (uint64_t *)(m->ram + (ipa - RAM));
}

static void complete(struct machine *m)
{
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
}

/*
 * Run one instruction with X20 = address, X21 = NEW. Returns the exit's reason.
 */
static uint32_t one(struct machine *m, enum insn insn, uint64_t address)
{
	complete(m);
	*(volatile uint32_t *)(m->ram + (CODE - RAM)) = insns[insn];
	reg_set(m, PC, CODE);
	reg_set(m, X(20), address);
	reg_set(m, X(21), NEW);
	return go(m);
}

/* True: the exit is a memory fault for user space, with all its data. */
static int denied(struct machine *m, uint64_t kind, uint64_t ipa, uint64_t far)
{
	struct trapline_memory_fault *fault = trapline_memory_fault(m->run);
	struct trapline_run *shared = trapline_run(m->run);

	if (m->run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
	    fault->flags == kind && fault->gpa == (ipa & ~(PAGE - 1)) &&
	    fault->size == PAGE && shared->ipa == ipa &&
	    ((kind & TRAPLINE_FAULT_WALK) || shared->far == far) &&
	    (shared->esr >> 26 == 0x24 || shared->esr >> 26 == 0x20))
		return 1;
	printf("# exit %u flags %#llx gpa %#llx ipa %#llx far %#llx esr %#llx\n",
	       m->run->exit_reason, (unsigned long long)fault->flags,
	       (unsigned long long)fault->gpa, (unsigned long long)shared->ipa,
	       (unsigned long long)shared->far,
	       (unsigned long long)shared->esr);
	return 0;
}

/* Map 512 GiB: devices, RAM, and at VA RAM again, with 2 MiB blocks. */
static void mmu_on(struct machine *m)
{
	uint64_t *l1 = memory(m, TABLES), *l2 = memory(m, TABLES2);

	l1[0] = 0x0060000000000401ULL;
	l1[1] = RAM | 0x705;
	l1[2] = TABLES2 | 3;
	l2[0] = RAM | 0x705;
	l2[1] = (RAM + 0x10000) | 0x705;
	reg_set(m, MAIR, 0xff00);
	reg_set(m, TTBR0, TABLES);
	reg_set(m, TCR,
		25 | 1ULL << 8 | 1ULL << 10 | 3ULL << 12 | 1ULL << 23 |
			2ULL << 32);
	reg_set(m, SCTLR, SCTLR_ON);
}

static void test_refusals(void)
{
	struct trapline_watch_range range = { DATA, 8, 4, 0 };
	struct machine m;

	machine_create(&m, guest_one);
	ok("the capabilities",
	   ioctl(m.kvm, KVM_CHECK_EXTENSION, KVM_CAP_MEMORY_ATTRIBUTES) == 7 &&
		   ioctl(m.vm, KVM_CHECK_EXTENSION, TRAPLINE_CAP_SYNC) ==
			   TRAPLINE_SYNC_ALL &&
		   ioctl(m.vm, KVM_CHECK_EXTENSION, TRAPLINE_CAP_WATCH) > 1000);
	ok("attributes: unaligned, empty, beyond, unknown: EINVAL",
	   deny(&m, DATA + 8, PAGE, WRITE) == -EINVAL &&
		   deny(&m, DATA, PAGE - 1, WRITE) == -EINVAL &&
		   deny(&m, DATA, 0, WRITE) == -EINVAL &&
		   deny(&m, 0, 1ULL << 63, WRITE) == -EINVAL &&
		   deny(&m, 1ULL << 40, PAGE, WRITE) == -EINVAL &&
		   deny(&m, DATA, PAGE, 8) == -EINVAL);
	ok("a denial of the whole IPA space",
	   deny(&m, 0, 1ULL << 40, WRITE) == 0 &&
		   deny(&m, 0, 1ULL << 40, 0) == 0);
	ok("watch: an unknown kind", watch(&m, 1, 1, &range) == -EINVAL);
	range.kinds = TRAPLINE_WATCH_WRITE;
	range.size = 0;
	ok("watch: no bytes", watch(&m, 1, 1, &range) == -EINVAL);
	range.size = ~0ULL;
	ok("watch: a range that wraps around",
	   watch(&m, 1, 1, &range) == -EINVAL);
	ok("watch: too many", watch(&m, 1, 1000000, &range) == -E2BIG);
	ok("watch: flags", watch(&m, 2, 0, NULL) == -EINVAL);
	ok("watch: nowhere", watch(&m, 1, 1, (void *)8) == -EFAULT);
	machine_destroy(&m);
}

/* Every set of denials against a load, a store, a pair of each, and a fetch. */
static void test_kinds(int mmu)
{
	static const struct {
		enum insn insn;
		uint64_t kind;
	} access[] = { { STR_X, WRITE }, { STP, WRITE }, { LDR_X, READ },
		       { LDP, READ },    { BR, EXEC },   { STRB, WRITE },
		       { LDRSB, READ } };
	uint64_t base = mmu ? VA - RAM : 0;
	int good = 1, kept = 1;
	struct machine m;

	machine_create(&m, guest_one);
	if (mmu)
		mmu_on(&m);
	for (uint64_t bits = 0; bits < 8; bits++) {
		for (size_t i = 0; i < ARRAY_SIZE(access); i++) {
			uint64_t kind = access[i].kind, ipa = DATA + 16;

			memcpy(memory(&m, ipa), m.ram + (CODE - RAM), 16);
			((volatile uint32_t *)memory(&m, ipa))[0] = 0xd503201f;
			good &= !deny(&m, DATA, PAGE, bits);
			one(&m, access[i].insn, ipa + base);
			if (!(bits & kind))
				good &= m.run->exit_reason == KVM_EXIT_MMIO;
			else
				good &= denied(&m, kind, ipa, ipa + base);
			kept &= !(bits & kind) || kind != WRITE ||
				*memory(&m, ipa) != NEW;
		}
	}
	ok(mmu ? "8 sets of denials, 7 accesses, MMU on"
	       : "8 sets of denials, 7 accesses",
	   good);
	ok("a denied store does not change memory", kept);
	ok("cache maintenance is not an access",
	   !deny(&m, DATA, PAGE, READ | WRITE) &&
		   one(&m, DC_CIVAC, DATA + 64 + base) == KVM_EXIT_MMIO);
	machine_destroy(&m);
}

static void test_walk(void)
{
	struct machine m;

	machine_create(&m, guest_one);
	mmu_on(&m);
	*memory(&m, DATA) = OLD;
	deny(&m, TABLES, 2 * PAGE, WRITE);
	ok("a page-table walk may read a page that is denied to writes",
	   one(&m, LDR_X, VA + 0x10000) == KVM_EXIT_MMIO &&
		   reg_get(&m, X(21)) == OLD);
	deny(&m, TABLES, 2 * PAGE, READ | WRITE);
	one(&m, LDR_X, VA + 0x10000);
	ok("a page-table walk in a page that is denied to reads",
	   m.run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
		   trapline_memory_fault(m.run)->flags ==
			   (READ | TRAPLINE_FAULT_WALK) &&
		   trapline_memory_fault(m.run)->gpa == TABLES);
	deny(&m, DATA, PAGE, READ | WRITE);
	one(&m, LDR_X, VA + 0x10000);
	ok("a denied page whose table is denied, too",
	   m.run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
		   trapline_memory_fault(m.run)->gpa == TABLES);
	deny(&m, RAM, RAM_SIZE, 0);
	ok("allowed again", go(&m) == KVM_EXIT_MMIO);
	machine_destroy(&m);
}

/*
 * Address translation and cache maintenance have no effect if their walk is
 * denied.
 */
static void test_walk_of(enum insn insn, const char *what)
{
	struct trapline_memory_fault *fault;
	struct machine m;
	char text[80];

	machine_create(&m, guest_one);
	mmu_on(&m);
	fault = trapline_memory_fault(m.run);
	reg_set(&m, PAR, OLD);
	deny(&m, TABLES2, PAGE, READ | WRITE);
	one(&m, insn, VA + 0x10000);
	snprintf(text, sizeof(text), "%s whose walk is denied", what);
	ok(text, m.run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
			 fault->flags == (READ | TRAPLINE_FAULT_WALK) &&
			 fault->gpa == TABLES2);
	deny(&m, RAM, RAM_SIZE, 0);
	snprintf(text, sizeof(text), "%s that is allowed again", what);
	ok(text,
	   go(&m) == KVM_EXIT_MMIO &&
		   (insn != AT_S1E1R ||
		    (reg_get(&m, PAR) & 0xfffffffff001ULL) == RAM + 0x10000));
	machine_destroy(&m);
}

/* A walk that sets the access flag writes, here to a read-only table. */
static void test_walk_logged(enum insn insn, const char *what)
{
	struct kvm_userspace_memory_region region = {
		.flags = KVM_MEM_LOG_DIRTY_PAGES,
		.guest_phys_addr = RAM,
		.memory_size = RAM_SIZE,
	};
	static uint64_t map[RAM_SIZE / 4096 / 64];
	struct kvm_dirty_log log = { .dirty_bitmap = map };
	uint64_t page = (TABLES2 - RAM) / PAGE;
	struct machine m;
	char text[80];

	machine_create(&m, guest_one);
	region.userspace_addr = (uintptr_t)m.ram;
	if (!(reg_get(&m, MMFR1) & 0xf)) {
		machine_destroy(&m);
		return;
	}
	mmu_on(&m);
	ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region);
	reg_set(&m, TCR, reg_get(&m, TCR) | 1ULL << 39);
	memory(&m, TABLES2)[0] &= ~AF;
	ioctl(m.vm, KVM_GET_DIRTY_LOG, &log);
	memset(map, 0, sizeof(map));
	one(&m, insn, VA + 0x10000);
	snprintf(text, sizeof(text), "%s: the walk sets an access flag", what);
	ok(text, m.run->exit_reason == KVM_EXIT_MMIO &&
			 (memory(&m, TABLES2)[0] & AF));
	ioctl(m.vm, KVM_GET_DIRTY_LOG, &log);
	snprintf(text, sizeof(text), "%s: the dirty log has this write", what);
	ok(text, map[page / 64] >> page % 64 & 1);
	machine_destroy(&m);
}

static void test_execute_only(void)
{
	uint64_t page = CODE & ~(PAGE - 1);
	struct machine m;

	machine_create(&m, guest_xo);
	deny(&m, page, PAGE, READ | WRITE);
	ok("an execute-only page runs", wrote(&m, DEVICE, 8, 0));
	go(&m);
	ok("an execute-only page cannot be read", denied(&m, READ, CODE, CODE));
	deny(&m, page, PAGE, 0);
	ok("the page can be read after reads are allowed",
	   wrote(&m, DEVICE, 8, 0) && reg_get(&m, X(21)) == *memory(&m, CODE));
	machine_destroy(&m);
}

static void test_registers(void)
{
	struct trapline_run *shared;
	struct machine m;
	int good = 1;

	machine_create(&m, guest_one);
	shared = trapline_run(m.run);
	deny(&m, DATA, PAGE, WRITE);
	one(&m, STR_X, DATA + 8);
	ok("no registers in kvm_run unless the VMM requests them",
	   !shared->pc && !shared->x[20]);
	m.run->kvm_valid_regs = TRAPLINE_SYNC_GENERAL;
	for (unsigned int i = 0; i < 31; i++)
		if (i < 19 || i > 21)
			reg_set(&m, X(i), i * 0x1001001001ULL);
	reg_set(&m, CORE_U64(sp_el1), DATA);
	one(&m, STR_X, DATA + 8);
	for (unsigned int i = 0; i < 31; i++)
		good &= shared->x[i] == reg_get(&m, X(i));
	ok("x0 to x30", good && shared->x[21] == NEW);
	ok("sp, pc, pstate", shared->sp == DATA && shared->pc == CODE &&
				     shared->pstate == reg_get(&m, PSTATE));
	shared->pc += 4;
	shared->x[19] = DEVICE + 8;
	shared->x[22] = 0x1234;
	m.run->kvm_dirty_regs = TRAPLINE_SYNC_GENERAL;
	ok("written back", wrote(&m, DEVICE + 8, 8, 0x1234) &&
				   !m.run->kvm_dirty_regs &&
				   !*memory(&m, DATA + 8));
	shared->pstate = 0x3c9;
	m.run->kvm_dirty_regs = TRAPLINE_SYNC_GENERAL;
	ok("PSTATE of EL2 is refused",
	   ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINVAL &&
		   m.run->kvm_dirty_regs == TRAPLINE_SYNC_GENERAL);
	m.run->kvm_dirty_regs = 1ULL << 40;
	ok("an unknown class is refused",
	   ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINVAL);
	machine_destroy(&m);
}

static unsigned __int128 v_get(struct machine *m, unsigned int n)
{
	unsigned __int128 value = 0;
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE |
		      (KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * n),
		.addr = (uintptr_t)&value,
	};

	if (ioctl(m->vcpu, KVM_GET_ONE_REG, &reg))
		die("KVM_GET_ONE_REG");
	return value;
}

static void test_fp(void)
{
	struct trapline_run *shared;
	struct machine m;
	int good = 1;

	machine_create(&m, guest_one);
	shared = trapline_run(m.run);
	reg_set(&m, CPACR, 3 << 20);
	deny(&m, DATA, PAGE, WRITE);
	m.run->kvm_valid_regs = TRAPLINE_SYNC_GENERAL;
	one(&m, STR_Q3, DATA + 16);
	ok("no FP registers in kvm_run unless the VMM requests them",
	   denied(&m, WRITE, DATA + 16, DATA + 16) && !shared->v[3][0]);
	for (unsigned int i = 0; i < 64; i++)
		shared->v[i / 2][i % 2] = NEW + i;
	shared->fpsr = 0x10;
	shared->fpcr = 0x400000;
	m.run->kvm_dirty_regs = TRAPLINE_SYNC_FP;
	m.run->kvm_valid_regs = TRAPLINE_SYNC_ALL;
	complete(&m);
	for (unsigned int i = 0; i < 32; i++)
		good &= v_get(&m, i) ==
			((unsigned __int128)(NEW + 2 * i + 1) << 64 |
			 (NEW + 2 * i));
	ok("v0 to v31 are taken without the general registers",
	   good && !m.run->kvm_dirty_regs && reg_get(&m, PC) == CODE);
	memset(shared->v, 0, sizeof(shared->v));
	shared->fpsr = 0;
	one(&m, STR_Q3, DATA + 16);
	for (unsigned int i = 0; i < 64; i++)
		good &= shared->v[i / 2][i % 2] == NEW + i;
	ok("v0 to v31 are given",
	   good && shared->fpsr == 0x10 && shared->fpcr == 0x400000);
	shared->v[3][1] = OLD;
	m.run->kvm_dirty_regs = TRAPLINE_SYNC_FP;
	deny(&m, DATA, PAGE, 0);
	ok("the guest uses the FP values that the VMM writes",
	   wrote(&m, DEVICE, 8, 0) && *memory(&m, DATA + 16) == NEW + 6 &&
		   *memory(&m, DATA + 24) == OLD);
	shared->v[3][0] = 0;
	ok("other exits do not write the FP registers",
	   one(&m, STR_X, DEVICE) == KVM_EXIT_MMIO && !shared->v[3][0]);
	machine_destroy(&m);
}

/* Check the memory and the register after each plain form. base is VA - IPA. */
static void finish_forms(struct machine *m, uint64_t ipa, uint64_t base)
{
	static const struct {
		enum insn insn;
		uint64_t memory, x21;
	} form[] = {
		{ STR_X, NEW, NEW },
		{ STR_W, 0x88776655e5f60718, NEW },
		{ STRH, 0x8877665544330718, NEW },
		{ STRB, 0x8877665544332218, NEW },
		{ STLR, NEW, NEW },
		{ LDR_X, OLD, OLD },
		{ LDR_W, OLD, 0x44332211 },
		{ LDRSW, OLD, 0x44332211 },
		{ LDRH, OLD, 0x2211 },
		{ LDRSH_W, 0x8877665544339211, 0xffff9211 },
		{ LDRSB, 0x88776655443322f1, ~0xeULL },
		{ LDAR, OLD, OLD },
	};
	int good = 1;

	for (size_t i = 0; i < ARRAY_SIZE(form); i++) {
		int store = form[i].insn <= STLR;
		uint64_t reason;

		*memory(m, ipa) = store ? OLD : form[i].memory;
		reason = one(m, form[i].insn, ipa + base);
		if (reason == KVM_EXIT_MMIO &&
		    *memory(m, ipa) == form[i].memory &&
		    reg_get(m, X(21)) == form[i].x21)
			continue;
		good = 0;
		printf("# form %zu: exit %llu, %#llx, x21 %#llx\n", i,
		       (unsigned long long)reason,
		       (unsigned long long)*memory(m, ipa),
		       (unsigned long long)reg_get(m, X(21)));
	}
	ok("plain forms beside watched bytes are finished", good);
}

static void test_finish(int mmu)
{
	uint64_t base = mmu ? VA - RAM : 0, ipa = DATA + 24;
	struct trapline_watch_range range[] = {
		{ DATA + 32, 8, TRAPLINE_WATCH_WRITE | TRAPLINE_WATCH_READ, 0 },
		{ DATA + 16, 8, TRAPLINE_WATCH_WRITE | TRAPLINE_WATCH_READ, 0 },
		{ DATA + 33, 8, TRAPLINE_WATCH_WRITE, 0 },
	};
	struct machine m;
	int good;

	machine_create(&m, guest_one);
	if (mmu)
		mmu_on(&m);
	deny(&m, DATA, 2 * PAGE, READ | WRITE);
	ok("watched ranges", !watch(&m, TRAPLINE_WATCH_FINISH, 3, range));
	finish_forms(&m, ipa, base);
	one(&m, STRB, DATA + 39 + base);
	good = denied(&m, WRITE, DATA + 39, DATA + 39 + base);
	one(&m, STRB, DATA + 40 + base);
	good &= denied(&m, WRITE, DATA + 40, DATA + 40 + base);
	if (mmu) { /* with the MMU off, unaligned accesses fault in the guest */
		one(&m, STR_X, DATA + 9 + base);
		good &= denied(&m, WRITE, DATA + 9, DATA + 9 + base);
	}
	ok("an access with one byte inside is a hit", good);
	ok("only an access of the watched kind is a hit",
	   one(&m, LDRSB, DATA + 40 + base) == KVM_EXIT_MMIO &&
		   one(&m, STRB, DATA + 41 + base) == KVM_EXIT_MMIO);
	one(&m, STP, DATA + 48 + base);
	ok("a pair exits", denied(&m, WRITE, DATA + 48, DATA + 48 + base));
	one(&m, STR_X, DATA + PAGE + base);
	ok("the first bytes of a page exit",
	   denied(&m, WRITE, DATA + PAGE, DATA + PAGE + base));
	ok("a page that the process never touched exits",
	   !madvise(m.ram + 0x10000, PAGE, MADV_DONTNEED) &&
		   one(&m, STR_X, ipa + base) == KVM_EXIT_MMIO &&
		   *memory(&m, ipa) == NEW);
	ok("without the flag all accesses exit",
	   !watch(&m, 0, 3, range) && one(&m, STR_X, ipa + base) &&
		   denied(&m, WRITE, ipa, ipa + base));
	machine_destroy(&m);
}

static void test_false_hits(void)
{
	struct trapline_watch_range range = {
		DATA, 8, TRAPLINE_WATCH_WRITE | TRAPLINE_WATCH_READ, 0
	};
	struct machine m;

	machine_create(&m, guest_false);
	mmu_on(&m);
	deny(&m, DATA, PAGE, READ | WRITE);
	watch(&m, TRAPLINE_WATCH_FINISH, 1, &range);
	reg_set(&m, X(20), DATA);
	reg_set(&m, X(23), 1000);
	ok("2,000 false hits", wrote(&m, DEVICE, 8, 0));
	machine_destroy(&m);
}

/* A denial belongs to the IPA, whatever happens to the memory. */
static void test_survival(void)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = RAM };
	struct machine m;

	machine_create(&m, guest_one);
	deny(&m, DATA, PAGE, WRITE);
	ok("a load maps the page", one(&m, LDR_X, DATA) == KVM_EXIT_MMIO);
	one(&m, STR_X, DATA);
	ok("denied", denied(&m, WRITE, DATA, DATA));
	madvise(m.ram + 0x10000, PAGE, MADV_DONTNEED);
	one(&m, STR_X, DATA);
	ok("after MADV_DONTNEED", denied(&m, WRITE, DATA, DATA));
	complete(&m);
	ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region);
	region.memory_size = RAM_SIZE;
	region.userspace_addr = (uintptr_t)m.ram;
	ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region);
	one(&m, STR_X, DATA);
	ok("a denial stays when the slot is deleted and made again",
	   denied(&m, WRITE, DATA, DATA));
	machine_destroy(&m);
}

/* Deny every other page. The handler lets each store pass. */
static void test_many(void)
{
	uint64_t nr = RAM_SIZE / 2 / PAGE, hits = 0;
	struct machine m;
	int good = 1;

	machine_create(&m, guest_fill);
	for (uint64_t i = 0; i < nr; i += 2)
		good &= !deny(&m, DATA + i * PAGE, PAGE, WRITE);
	reg_set(&m, X(20), DATA);
	reg_set(&m, X(21), NEW);
	reg_set(&m, X(23), nr);
	reg_set(&m, X(24), PAGE);
	m.run->kvm_valid_regs = TRAPLINE_SYNC_GENERAL;
	while (good && go(&m) == KVM_EXIT_MEMORY_FAULT) {
		uint64_t ipa = DATA + hits * 2 * PAGE + 16;

		good &= denied(&m, WRITE, ipa, ipa);
		hits++;
		trapline_run(m.run)->pc += 4;
		m.run->kvm_dirty_regs = TRAPLINE_SYNC_GENERAL;
	}
	ok("stores to every other page are denied", good && hits == nr / 2);
	good = 1;
	for (uint64_t i = 0; i < nr; i++)
		good &= *memory(&m, DATA + i * PAGE + 16) == (i & 1 ? NEW : 0);
	ok("only the allowed pages were written", good);
	machine_destroy(&m);
}

static void *count_forever(void *arg)
{
	struct machine *m = arg;

	return (void *)(uintptr_t)(ioctl(m->vcpu, KVM_RUN, 0)
					   ? ~0U
					   : m->run->exit_reason);
}

/* Deny while two vCPUs write. After the ioctl has returned, nothing changes. */
static void test_running(void)
{
	struct kvm_vcpu_init init;
	struct machine m, other;
	pthread_t thread[2];
	void *reason[2];
	uint64_t a, b;
	int good = 1;

	machine_create(&m, guest_count);
	other = m;
	other.vcpu = ioctl(m.vm, KVM_CREATE_VCPU, 1);
	other.run = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 other.vcpu, 0);
	ioctl(m.vm, KVM_ARM_PREFERRED_TARGET, &init);
	if (other.vcpu < 0 || ioctl(other.vcpu, KVM_ARM_VCPU_INIT, &init))
		die("second vCPU");
	for (int i = 0; i < 5; i++) {
		reg_set(&m, PC, CODE);
		reg_set(&other, PC, CODE);
		reg_set(&m, X(20), DATA);
		reg_set(&other, X(20), DATA + 64);
		*(volatile uint64_t *)memory(&m, DATA + 16) = 0;
		*(volatile uint64_t *)memory(&m, DATA + 80) = 0;
		pthread_create(&thread[0], NULL, count_forever, &m);
		pthread_create(&thread[1], NULL, count_forever, &other);
		while (!*(volatile uint64_t *)memory(&m, DATA + 16) ||
		       !*(volatile uint64_t *)memory(&m, DATA + 80))
			;
		good &= !deny(&m, DATA, PAGE, WRITE);
		a = *(volatile uint64_t *)memory(&m, DATA + 16);
		b = *(volatile uint64_t *)memory(&m, DATA + 80);
		pthread_join(thread[0], &reason[0]);
		pthread_join(thread[1], &reason[1]);
		good &= a == *memory(&m, DATA + 16) &&
			b == *memory(&m, DATA + 80) &&
			reason[0] == (void *)KVM_EXIT_MEMORY_FAULT &&
			reason[1] == (void *)KVM_EXIT_MEMORY_FAULT;
		deny(&m, DATA, PAGE, 0);
	}
	ok("no store after the ioctl, with two running vCPUs", good);
	munmap(other.run, PAGE);
	close(other.vcpu);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_refusals();
	test_kinds(0);
	test_kinds(1);
	test_walk();
	test_walk_of(LDR_X, "a load");
	test_walk_of(AT_S1E1R, "AT");
	test_walk_logged(LDR_X, "a load");
	test_walk_logged(AT_S1E1R, "AT");
	test_execute_only();
	test_registers();
	test_fp();
	test_finish(0);
	test_finish(1);
	test_false_hits();
	test_survival();
	test_many();
	test_running();
	return tap_end();
}
