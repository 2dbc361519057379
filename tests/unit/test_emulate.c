// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_emulate.c - loads and stores that are emulated for a fake CPU
 *
 * Two pages of RAM that are far apart are adjacent at VA 0x10000. tests/decoder
 * tests the results of the decoded forms. This file tests which bytes an access
 * uses, and when it must have no effect.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vmm/watch/emulate.h"

#define RAM      0x40000000ULL
#define VA       0x10000ULL
#define NO_FAULT (~0ULL)

struct fake_cpu {
	struct emulate_cpu cpu; /* first */
	struct insn_regs regs;
	unsigned __int128 v[32];
	uint32_t insn;
	unsigned int nr_walks;
	unsigned int nr_calls; /* calls that read or write registers */
	int second_page; /* result of a walk of the second page */
	bool read_only; /* stage 1 maps the page read-only */
};

static struct fake_cpu *fake_of(struct emulate_cpu *cpu)
{
	return (struct fake_cpu *)(void *)cpu;
}

static int fetch(struct emulate_cpu *cpu, va_t *pc, uint32_t *insn)
{
	*pc = fake_of(cpu)->regs.pc;
	*insn = fake_of(cpu)->insn;
	return 0;
}

static int pc_set(struct emulate_cpu *cpu, va_t pc)
{
	fake_of(cpu)->regs.pc = pc;
	return 0;
}

static uint64_t *x_at(struct emulate_cpu *cpu, unsigned int n)
{
	fake_of(cpu)->nr_calls++;
	return n == EMULATE_SP ? &fake_of(cpu)->regs.sp
			       : &fake_of(cpu)->regs.x[n];
}

static int x_get(struct emulate_cpu *cpu, unsigned int n, uint64_t *ret)
{
	*ret = *x_at(cpu, n);
	return 0;
}

static int x_set(struct emulate_cpu *cpu, unsigned int n, uint64_t value)
{
	*x_at(cpu, n) = value;
	return 0;
}

static int v_get(struct emulate_cpu *cpu, unsigned int n,
		 unsigned __int128 *ret)
{
	*ret = fake_of(cpu)->v[n];
	return 0;
}

static int v_set(struct emulate_cpu *cpu, unsigned int n,
		 const unsigned __int128 *value)
{
	fake_of(cpu)->v[n] = *value;
	return 0;
}

static int pstate_get(struct emulate_cpu *cpu, uint64_t *ret)
{
	*ret = fake_of(cpu)->regs.pstate;
	return 0;
}

static int pstate_set(struct emulate_cpu *cpu, uint64_t value)
{
	fake_of(cpu)->regs.pstate = value;
	return 0;
}

static int translate(struct emulate_cpu *cpu, va_t va, unsigned int access,
		     ipa_t *ret)
{
	fake_of(cpu)->nr_walks++;
	if (access & ACCESS_WRITE && fake_of(cpu)->read_only)
		return -EACCES;
	if (va - VA < SZ_4K) {
		*ret = RAM + (va - VA);
		return 0;
	}
	if (va - VA >= 2 * SZ_4K)
		return -EFAULT;
	*ret = RAM + 3 * SZ_4K + (va - VA - SZ_4K);
	return fake_of(cpu)->second_page;
}

static void pac_mask(struct emulate_cpu *cpu, uint64_t mask[2])
{
	(void)cpu;
	mask[0] = mask[1] = 0;
}

static const struct emulate_ops ops = {
	.fetch = fetch,
	.pc_set = pc_set,
	.x_get = x_get,
	.x_set = x_set,
	.v_get = v_get,
	.v_set = v_set,
	.pstate_get = pstate_get,
	.pstate_set = pstate_set,
	.translate = translate,
	.pac_mask = pac_mask,
};

static uint8_t memory[4 * SZ_4K] __attribute__((aligned(4096)));
static const struct guest_ram ram = {
	.ipa = RAM,
	.size = sizeof(memory),
	.host = memory,
};
static struct emulation e;

static int setup(void **state)
{
	static struct fake_cpu f;
	static struct decoder_cache cache;
	struct decoder_second *second;

	assert_int_equal(decoder_second_create(&second), 0);
	f = (struct fake_cpu){ .cpu = { .ops = &ops,
					.ram = &ram,
					.nr_ram = 1,
					.cache = &cache,
					.second = second } };
	f.regs.pc = 0x1000;
	memset(memory, 0xee, sizeof(memory));
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fake_cpu *f = *state;

	decoder_second_destroy(f->cpu.second);
	return 0;
}

static int begin(struct fake_cpu *f, ipa_t ipa, unsigned int checked,
		 const char **reason)
{
	const struct emulate_fault fault = { ipa, checked };

	return emulate_begin(&f->cpu, &fault, &e, reason);
}

/* All phases of an emulation: begin, compute, store, finish. */
static int whole(struct fake_cpu *f, uint32_t insn, ipa_t fault, bool passed)
{
	const char *reason;
	int err;

	f->insn = insn;
	err = begin(f, fault, ACCESS_READ | ACCESS_WRITE, &reason);
	if (err)
		return err;
	do
		emulate_compute(&f->cpu, &e, passed);
	while (!emulate_store(&f->cpu, &e));
	return emulate_finish(&f->cpu, &e);
}

static uint64_t at(size_t offset)
{
	uint64_t value;

	memcpy(&value, memory + offset, sizeof(value));
	return value;
}

#define STP_X0_X1_X2  0xa9000440U /* stp x0, x1, [x2] */
#define STP_WRITEBACK 0xa9bf07e0U /* stp x0, x1, [sp, #-16]! */
#define STR_X0_X2     0xf9000040U /* str x0, [x2] */
#define LDP_X0_X1_X2  0xa9400440U /* ldp x0, x1, [x2] */
#define STXR_W3_X0_X2 0xc8037c40U /* stxr w3, x0, [x2] */
#define LDADD_X0_X1   0xf8200041U /* ldadd x0, x1, [x2] */
#define ST1_V0        0x4c007c40U /* st1 { v0.2d }, [x2] */
#define DC_ZVA_X2     0xd50b7422U
#define NOP           0xd503201fU
#define ST64BV        0xf820b040U

static void pair(void **state)
{
	struct fake_cpu *f = *state;

	f->regs.x[0] = 1;
	f->regs.x[1] = 2;
	f->regs.x[2] = VA + 0x100;
	assert_int_equal(whole(f, STP_X0_X1_X2, RAM + 0x100, false), 0);
	assert_int_equal(at(0x100), 1);
	assert_int_equal(at(0x108), 2);
	assert_int_equal(f->regs.pc, 0x1004);
	/*
	 * The fault gave the IPA, so no walk was needed; three registers were
	 * read.
	 */
	assert_int_equal(f->nr_walks, 0);
	assert_int_equal(f->nr_calls, 3);
}

static void writeback(void **state)
{
	struct fake_cpu *f = *state;

	f->regs.sp = VA + 0x210;
	f->regs.x[1] = 7;
	assert_int_equal(whole(f, STP_WRITEBACK, RAM + 0x200, false), 0);
	assert_int_equal(f->regs.sp, VA + 0x200);
	assert_int_equal(at(0x208), 7);
}

static void not_done_before_store(void **state)
{
	struct fake_cpu *f = *state;
	const char *reason;

	f->regs.x[0] = 5;
	f->regs.x[2] = VA;
	f->insn = STR_X0_X2;
	assert_int_equal(begin(f, RAM, ACCESS_READ | ACCESS_WRITE, &reason), 0);
	emulate_compute(&f->cpu, &e, false);
	assert_int_equal(e.stores, 1);
	assert_int_equal(e.stored[0], 5);
	assert_int_equal(memory[0], 0xee);
	assert_int_equal(f->regs.pc, 0x1000);
}

static void crosses(void **state)
{
	struct fake_cpu *f = *state;

	f->regs.x[0] = 0x1122334455667788;
	f->regs.x[1] = 0x99aabbccddeeff00;
	f->regs.x[2] = VA + 0xffc;
	/*
	 * Once the fault is in the first page and the second is walked, once
	 * the other way round.
	 */
	assert_int_equal(whole(f, STP_X0_X1_X2, RAM + 0xffc, false), 0);
	assert_int_equal(f->nr_walks, 1);
	assert_int_equal((uint32_t)at(0xffc), 0x55667788);
	assert_int_equal((uint32_t)at(3 * SZ_4K), 0x11223344);
	assert_int_equal(at(3 * SZ_4K + 4), 0x99aabbccddeeff00);
	assert_int_equal(memory[0x1000], 0xee);
	memset(memory, 0, sizeof(memory));
	assert_int_equal(whole(f, STP_X0_X1_X2, RAM + 3 * SZ_4K, false), 0);
	assert_int_equal((uint32_t)at(0xffc), 0x55667788);
	assert_int_equal(at(3 * SZ_4K + 4), 0x99aabbccddeeff00);
	f->regs.x[0] = f->regs.x[1] = 0;
	assert_int_equal(whole(f, LDP_X0_X1_X2, RAM + 0xffc, false), 0);
	assert_int_equal(f->regs.x[0], 0x1122334455667788);
	assert_int_equal(f->regs.x[1], 0x99aabbccddeeff00);
}

static void second_page_refused(void **state)
{
	struct fake_cpu *f = *state;

	f->regs.x[2] = VA + 0xffc;
	f->second_page = -EACCES;
	assert_int_equal(whole(f, STP_X0_X1_X2, RAM + 0xffc, false), -EACCES);
	f->regs.x[2] = VA + 0x1ffc;
	f->second_page = 0;
	assert_int_equal(whole(f, STP_X0_X1_X2, RAM + 3 * SZ_4K + 0xffc, false),
			 -EFAULT);
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0xee);
	assert_int_equal(f->regs.pc, 0x1000);
}

static void exclusive(void **state)
{
	struct fake_cpu *f = *state;

	f->regs.x[0] = 9;
	f->regs.x[2] = VA + 0x40;
	assert_int_equal(whole(f, STXR_W3_X0_X2, RAM + 0x40, false), 0);
	assert_int_equal(f->regs.x[3], 1);
	assert_int_equal(memory[0x40], 0xee);
	assert_int_equal(whole(f, STXR_W3_X0_X2, RAM + 0x40, true), 0);
	assert_int_equal(f->regs.x[3], 0);
	assert_int_equal(at(0x40), 9);
}

/* Another CPU writes between the load and the store of the emulation. */
static void atomic(void **state)
{
	struct fake_cpu *f = *state;
	const char *reason;

	memset(memory, 0, 16);
	f->regs.x[0] = 3;
	f->regs.x[2] = VA;
	f->insn = LDADD_X0_X1;
	assert_int_equal(begin(f, RAM, ACCESS_READ | ACCESS_WRITE, &reason), 0);
	emulate_compute(&f->cpu, &e, false);
	memory[0] = 100;
	assert_false(emulate_store(&f->cpu, &e));
	assert_int_equal(at(0), 100);
	emulate_compute(&f->cpu, &e, false);
	assert_true(emulate_store(&f->cpu, &e));
	assert_int_equal(emulate_finish(&f->cpu, &e), 0);
	assert_int_equal(at(0), 103);
	assert_int_equal(f->regs.x[1], 100);
}

static void simd_and_zeroes(void **state)
{
	struct fake_cpu *f = *state;

	f->v[0] = (unsigned __int128)1 << 100;
	f->regs.x[2] = VA + 0x300;
	assert_int_equal(whole(f, ST1_V0, RAM + 0x300, false), 0);
	assert_int_equal(at(0x300), 0);
	assert_int_equal(at(0x308), 1ULL << 36);
	f->regs.x[2] = VA + 0x33f;
	/*
	 * The fault address is that of the register; the block begins below it.
	 */
	assert_int_equal(whole(f, DC_ZVA_X2, RAM + 0x33f, false), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(memory[0x300 + i], 0);
	assert_int_equal(memory[0x340], 0xee);
}

/*
 * A load faulted on a page that is read-only in stage 1, and another CPU has
 * replaced the load by a store meanwhile.
 */
static void replaced(void **state)
{
	static const uint32_t stores[] = { STR_X0_X2, STP_X0_X1_X2, LDADD_X0_X1,
					   STXR_W3_X0_X2, DC_ZVA_X2 };
	struct fake_cpu *f = *state;
	const char *reason;

	f->read_only = true;
	f->regs.x[2] = VA + 0x100;
	for (unsigned int i = 0; i < ARRAY_SIZE(stores); i++) {
		f->insn = stores[i];
		assert_int_equal(begin(f, RAM + 0x100, ACCESS_READ, &reason),
				 -EACCES);
		assert_non_null(reason);
	}
	f->nr_walks = 0;
	f->insn = LDP_X0_X1_X2;
	assert_int_equal(begin(f, RAM + 0x100, ACCESS_READ, &reason), 0);
	assert_int_equal(f->nr_walks, 0);
}

static void refusals(void **state)
{
	struct fake_cpu *f = *state;
	const char *reason = NULL;

	f->regs.x[2] = VA;
	assert_int_equal(whole(f, NOP, RAM, false), -ENOTSUP);
	f->insn = ST64BV;
	assert_int_equal(begin(f, RAM, ACCESS_READ, &reason), -ENOTSUP);
	assert_non_null(reason);
	f->cpu.env.big_endian = true;
	assert_int_equal(whole(f, STR_X0_X2, RAM, false), -ENOTSUP);
	f->cpu.env.big_endian = false;
	/* The instruction cannot have faulted at that address. */
	assert_int_equal(whole(f, STR_X0_X2, RAM + 8, false), -ESTALE);
	/* Without a fault address, the IPA comes from a walk of the address. */
	assert_int_equal(whole(f, STR_X0_X2, NO_FAULT, false), 0);
	assert_int_equal(f->nr_walks, 1);
}

/*
 * The test plants a fault in the decoder's result for a word. Capstone does not
 * confirm the result, so the access is not emulated.
 */
static void disagreement(void **state)
{
	struct fake_cpu *f = *state;
	const char *reason = NULL;
	struct insn *insn;

	memset(f->cpu.cache, 0, sizeof(*f->cpu.cache));
	insn = (struct insn *)decoder_lookup(f->cpu.cache, STP_WRITEBACK);
	assert_int_equal(insn->error, 0);
	insn->imm += 8;
	f->regs.sp = VA + 64;
	f->insn = STP_WRITEBACK;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(begin(f, RAM + 56, ACCESS_WRITE, &reason),
				 -EPROTO);
		assert_non_null(strstr(reason, "Capstone"));
	}
	/* Other words are still emulated. */
	f->regs.x[2] = VA;
	assert_int_equal(whole(f, STR_X0_X2, RAM, false), 0);
	memset(insn, 0, sizeof(*insn));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pair, setup, teardown),
		cmocka_unit_test_setup_teardown(writeback, setup, teardown),
		cmocka_unit_test_setup_teardown(not_done_before_store, setup,
						teardown),
		cmocka_unit_test_setup_teardown(crosses, setup, teardown),
		cmocka_unit_test_setup_teardown(second_page_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(exclusive, setup, teardown),
		cmocka_unit_test_setup_teardown(atomic, setup, teardown),
		cmocka_unit_test_setup_teardown(simd_and_zeroes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(disagreement, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
