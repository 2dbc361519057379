// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers and memory after one load or store, for each kind of instruction:
 * atomics, compare-and-swap, extensions, SIMD structures, allocation tags, and
 * instructions that change nothing. tests/decoder compares many more encodings
 * with a CPU; here the expected values are written down, so that a wrong one is
 * found without an emulator. The words are as binutils assembles them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <trapline/decoder.h>

#define BASE 0x10000ULL /* address of mem; x2 points there */

static const struct decoder_env env;

struct cpu {
	struct insn_regs regs;
	unsigned __int128 v[32];
	uint8_t mem[256];
	struct access acc; /* of the last instruction */
};

static void cpu_init(struct cpu *cpu)
{
	*cpu = (struct cpu){ .regs = { .x[2] = BASE, .sp = BASE + 64 } };
	for (unsigned int i = 0; i < sizeof(cpu->mem); i++)
		cpu->mem[i] = (uint8_t)(0x80 + i);
	memset(cpu->v, 0xee, sizeof(cpu->v));
}

static uint8_t *at(struct cpu *cpu, va_t addr, uint32_t size)
{
	assert_in_range(addr, BASE, BASE + sizeof(cpu->mem) - size);
	return cpu->mem + (addr - BASE);
}

/* Execute one instruction. Returns what decoder_apply() returned. */
static int execute(struct cpu *cpu, uint32_t word)
{
	const struct access_mem *mem = &cpu->acc.mem[0];
	uint8_t old[ACCESS_MAX_BYTES] = { 0 }, stored[ACCESS_MAX_BYTES];
	uint64_t pc = cpu->regs.pc;
	struct insn insn;
	int ret;

	assert_int_equal(decoder_decode(word, &insn), 0);
	assert_int_equal(decoder_access(&insn, &cpu->regs, &env, &cpu->acc), 0);
	if (cpu->acc.nr)
		memcpy(old, at(cpu, mem->addr, mem->size), mem->size);
	ret = decoder_apply(&insn, &cpu->acc, &cpu->regs, cpu->v, &env, true,
			    old, stored);
	if (ret)
		memcpy(at(cpu, mem->addr, mem->size), stored, mem->size);
	assert_int_equal(cpu->regs.pc, pc + 4);
	return ret;
}

static uint64_t mem_get(const struct cpu *cpu, unsigned int offset,
			unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, cpu->mem + offset, size);
	return value;
}

static void mem_set(struct cpu *cpu, uint64_t value)
{
	memcpy(cpu->mem, &value, sizeof(value));
}

/* --- integers ------------------------------------------------------------- */

#define MINUS_2 (~0ULL - 1)

static void test_atomics(void **state)
{
	static const struct {
		uint32_t word; /* OP x0, x1, [x2] */
		uint64_t old, operand, result;
	} cases[] = {
		{ 0xf8208041, 5, 9, 9 }, /* swp */
		{ 0xf8201041, 0xff, 0x0f, 0xf0 }, /* ldclr */
		{ 0xf8202041, 0xff, 0x0f, 0xf0 }, /* ldeor */
		{ 0xf8202041, 0xf0, 0x0f, 0xff },
		{ 0xf8203041, 0xf0, 0x1f, 0xff }, /* ldset */
		{ 0xf8204041, MINUS_2, 1, 1 }, /* ldsmax */
		{ 0xf8204041, 1, MINUS_2, 1 },
		{ 0xf8205041, MINUS_2, 1, MINUS_2 }, /* ldsmin */
		{ 0xf8205041, 1, MINUS_2, MINUS_2 },
		{ 0xf8206041, MINUS_2, 1, MINUS_2 }, /* ldumax */
		{ 0xf8206041, 1, MINUS_2, MINUS_2 },
		{ 0xf8207041, MINUS_2, 1, 1 }, /* ldumin */
		{ 0xf8207041, 1, MINUS_2, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpu cpu;

		cpu_init(&cpu);
		mem_set(&cpu, cases[i].old);
		cpu.regs.x[0] = cases[i].operand;
		assert_int_equal(execute(&cpu, cases[i].word), 1);
		assert_int_equal(mem_get(&cpu, 0, 8), cases[i].result);
		assert_int_equal(cpu.regs.x[0], cases[i].operand);
		assert_int_equal(cpu.regs.x[1], cases[i].old);
	}
}

/* The operation uses only the element's bytes, and its own sign bit. */
static void test_narrow_atomics(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	mem_set(&cpu, 0x11223344ffffffffULL);
	cpu.regs.x[0] = 0xaaaaaaaa00000002ULL;
	execute(&cpu, 0xb8200041); /* ldadd w0, w1, [x2] */
	assert_int_equal(mem_get(&cpu, 0, 8), 0x1122334400000001ULL);
	assert_int_equal(cpu.regs.x[1], 0xffffffff);
	mem_set(&cpu, 0x1180); /* -128, then another byte */
	cpu.regs.x[0] = 0xff05;
	execute(&cpu, 0x38204041); /* ldsmaxb w0, w1, [x2] */
	assert_int_equal(mem_get(&cpu, 0, 2), 0x1105);
	assert_int_equal(cpu.regs.x[1], 0x80);
}

static void test_compare_and_swap(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	mem_set(&cpu, 7);
	cpu.regs.x[0] = 7;
	cpu.regs.x[1] = 9;
	assert_int_equal(execute(&cpu, 0xc8a07c41), 1); /* cas x0, x1, [x2] */
	assert_int_equal(mem_get(&cpu, 0, 8), 9);
	assert_int_equal(execute(&cpu, 0xc8a07c41), 0);
	assert_int_equal(mem_get(&cpu, 0, 8), 9);
	assert_int_equal(cpu.regs.x[0], 9);

	/* casp x4, x5, x6, x7, [x2]: both halves have to be equal */
	cpu_init(&cpu);
	cpu.regs.x[4] = mem_get(&cpu, 0, 8);
	cpu.regs.x[6] = 1;
	cpu.regs.x[7] = 2;
	assert_int_equal(execute(&cpu, 0x48247c46), 0);
	assert_int_equal(cpu.regs.x[5], mem_get(&cpu, 8, 8));
	assert_int_equal(execute(&cpu, 0x48247c46), 1);
	assert_int_equal(mem_get(&cpu, 0, 8), 1);
	assert_int_equal(mem_get(&cpu, 8, 8), 2);
}

static void test_loads(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	execute(&cpu, 0x39c00041); /* ldrsb w1, [x2] */
	assert_int_equal(cpu.regs.x[1], 0xffffff80);
	execute(&cpu, 0x39800041); /* ldrsb x1, [x2] */
	assert_int_equal(cpu.regs.x[1], 0xffffffffffffff80ULL);
	execute(&cpu, 0xf8400841); /* ldtr x1, [x2] */
	assert_int_equal(cpu.regs.x[1], 0x8786858483828180ULL);
	assert_int_equal(cpu.acc.mem[0].flags, ACCESS_READ | ACCESS_UNPRIV);
}

static void test_register_offsets(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	cpu.regs.x[3] = 0xffffffff00000002ULL;
	execute(&cpu, 0xf8635841); /* ldr x1, [x2, w3, uxtw #3] */
	assert_int_equal(cpu.acc.mem[0].addr, BASE + 16);
	cpu.regs.x[2] = BASE + 16;
	cpu.regs.x[3] = 0xffffffff;
	execute(&cpu, 0xf863d841); /* ldr x1, [x2, w3, sxtw #3] */
	assert_int_equal(cpu.acc.mem[0].addr, BASE + 8);
	cpu.regs.x[3] = 0 - 16ULL;
	execute(&cpu, 0xf8636841); /* ldr x1, [x2, x3] */
	assert_int_equal(cpu.acc.mem[0].addr, BASE);
	assert_int_equal(cpu.regs.x[1], 0x8786858483828180ULL);
}

/* --- SIMD&FP ---------------------------------------------------------------- */

static uint64_t v_half(const struct cpu *cpu, unsigned int reg, unsigned int i)
{
	return (uint64_t)(cpu->v[reg] >> 64 * i);
}

#define UNCHANGED 0xeeeeeeeeeeeeeeeeULL

static void test_vector_registers(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	execute(&cpu, 0x3cc10440); /* ldr q0, [x2], #16 */
	assert_int_equal(v_half(&cpu, 0, 0), 0x8786858483828180ULL);
	assert_int_equal(v_half(&cpu, 0, 1), 0x8f8e8d8c8b8a8988ULL);
	assert_int_equal(cpu.regs.x[2], BASE + 16);
	cpu.v[1] = 0x42;
	assert_int_equal(execute(&cpu, 0x3d800041), 1); /* str q1, [x2] */
	assert_int_equal(mem_get(&cpu, 16, 8), 0x42);
	assert_int_equal(mem_get(&cpu, 24, 8), 0);
	execute(&cpu, 0x3c1f0fe1); /* str b1, [sp, #-16]! */
	assert_int_equal(mem_get(&cpu, 48, 2), 0xb142);
	assert_int_equal(cpu.regs.sp, BASE + 48);
}

static void test_load_structures(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	execute(&cpu, 0x4c40a040); /* ld1 {v0.16b, v1.16b}, [x2] */
	assert_int_equal(v_half(&cpu, 0, 0), 0x8786858483828180ULL);
	assert_int_equal(v_half(&cpu, 1, 1), 0x9f9e9d9c9b9a9998ULL);
	execute(&cpu, 0x4c408840); /* ld2 {v0.4s, v1.4s}, [x2] */
	assert_int_equal(v_half(&cpu, 0, 0), 0x8b8a898883828180ULL);
	assert_int_equal(v_half(&cpu, 1, 0), 0x8f8e8d8c87868584ULL);
	/* ld4 {v30.4h, v31.4h, v0.4h, v1.4h}, [x2]: wraps, clears the rest */
	execute(&cpu, 0x0c40045e);
	assert_int_equal(v_half(&cpu, 30, 0), 0x9998919089888180ULL);
	assert_int_equal(v_half(&cpu, 1, 0), 0x9f9e97968f8e8786ULL);
	assert_int_equal(v_half(&cpu, 30, 1), 0);
	execute(&cpu, 0x0d40e440); /* ld3r {v0.4h-v2.4h}, [x2] */
	assert_int_equal(v_half(&cpu, 0, 0), 0x8180818081808180ULL);
	assert_int_equal(v_half(&cpu, 2, 0), 0x8584858485848584ULL);
	assert_int_equal(v_half(&cpu, 2, 1), 0);
	cpu_init(&cpu);
	execute(&cpu, 0x4d404840); /* ld1 {v0.h}[5], [x2] */
	assert_int_equal(v_half(&cpu, 0, 0), UNCHANGED);
	assert_int_equal(v_half(&cpu, 0, 1), 0xeeeeeeee8180eeeeULL);
}

static void test_store_structures(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	cpu.v[0] = 0x2222222211111111ULL;
	cpu.v[1] = 0x4444444433333333ULL;
	execute(&cpu, 0x4c9f8840); /* st2 {v0.4s, v1.4s}, [x2], #32 */
	assert_int_equal(mem_get(&cpu, 0, 8), 0x3333333311111111ULL);
	assert_int_equal(mem_get(&cpu, 8, 8), 0x4444444422222222ULL);
	assert_int_equal(mem_get(&cpu, 16, 8), 0);
	assert_int_equal(cpu.regs.x[2], BASE + 32);
	cpu.v[1] = (unsigned __int128)0x55667788 << 64;
	execute(&cpu, 0x4d008041); /* st1 {v1.s}[2], [x2] */
	assert_int_equal(mem_get(&cpu, 32, 4), 0x55667788);
	assert_int_equal(mem_get(&cpu, 36, 1), 0x80 + 36);
}

/* --- blocks, tags, and instructions that change nothing ------------------- */

/* Memory has no allocation tags: they read as zero, writes are ignored. */
static void test_tags(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	cpu.regs.x[1] = 0xfabcULL << 48;
	cpu.regs.x[2] = BASE + 5;
	assert_int_equal(execute(&cpu, 0xd9601041), 0); /* ldg x1, [x2, #16] */
	assert_int_equal(cpu.regs.x[1], 0xf0bcULL << 48);
	assert_int_equal(cpu.acc.mem[0].addr, BASE + 16);
	assert_int_equal(cpu.acc.mem[0].size, 16);
	assert_int_equal(cpu.acc.mem[0].flags, ACCESS_TAGS);
	cpu.regs.x[2] = BASE;
	assert_int_equal(execute(&cpu, 0xd9a00841), 0); /* st2g x1, [x2] */
	assert_int_equal(cpu.acc.mem[0].size, 32);
	assert_int_equal(cpu.acc.mem[0].align, 16);
	assert_int_equal(execute(&cpu, 0xd9e00041), 0); /* ldgm x1, [x2] */
	assert_int_equal(cpu.regs.x[1], 0);
	assert_int_equal(mem_get(&cpu, 0, 8), 0x8786858483828180ULL);
	assert_int_equal(execute(&cpu, 0xd9601441), 1); /* stzg x1, [x2], #16 */
	assert_int_equal(mem_get(&cpu, 8, 8), 0);
	assert_int_equal(mem_get(&cpu, 16, 1), 0x90);
	assert_int_equal(cpu.regs.x[2], BASE + 16);
	cpu.regs.x[0] = 1;
	cpu.regs.x[1] = 2;
	execute(&cpu, 0x69010440); /* stgp x0, x1, [x2, #32] */
	assert_int_equal(mem_get(&cpu, 48, 8), 1);
	assert_int_equal(mem_get(&cpu, 56, 8), 2);
	assert_int_equal(cpu.acc.mem[0].align, 16);
}

static void test_blocks(void **state)
{
	struct cpu cpu;

	cpu_init(&cpu);
	cpu.regs.x[2] = BASE + 70;
	assert_int_equal(execute(&cpu, 0xd50b7422), 1); /* dc zva, x2 */
	assert_int_equal(mem_get(&cpu, 63, 1), 0x80 + 63);
	assert_int_equal(mem_get(&cpu, 64, 8), 0);
	assert_int_equal(mem_get(&cpu, 127, 2), 0);
	cpu.regs.x[2] = BASE;
	execute(&cpu, 0xf83fd048); /* ld64b x8, [x2] */
	assert_int_equal(cpu.acc.mem[0].align, 64);
	assert_int_equal(cpu.regs.x[8], 0x8786858483828180ULL);
	assert_int_equal(cpu.regs.x[15], 0xbfbebdbcbbbab9b8ULL);
	cpu.regs.x[2] = BASE + 128;
	execute(&cpu, 0xf83f9048); /* st64b x8, [x2] */
	assert_memory_equal(cpu.mem + 128, cpu.mem, 64);
}

static void test_nothing_changes(void **state)
{
	static const uint32_t words[] = {
		0xd50b7a22, /* dc cvac, x2 */
		0xf9800040, /* prfm pldl1keep, [x2] */
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct cpu cpu, before;

		cpu_init(&cpu);
		before = cpu;
		assert_int_equal(execute(&cpu, words[i]), 0);
		before.regs.pc = 4;
		assert_memory_equal(&cpu.regs, &before.regs, sizeof(cpu.regs));
		assert_memory_equal(cpu.v, before.v, sizeof(cpu.v));
		assert_memory_equal(cpu.mem, before.mem, sizeof(cpu.mem));
	}
}

/* A word that is refused changes no register, not even the PC. */
static void test_refused(void **state)
{
	struct insn_regs regs = { .pc = 0x1000 };
	struct access acc = { 0 };
	struct insn insn;

	decoder_decode(0xa9400020, &insn); /* ldp x0, x0, [x1] */
	assert_int_equal(decoder_apply(&insn, &acc, &regs, NULL, &env, true,
				       NULL, NULL),
			 0);
	assert_int_equal(regs.pc, 0x1000);
}

/* decoder_form() gives every row once, and a row matches its own value. */
static void test_forms(void **state)
{
	const struct insn_form *form;
	unsigned int i;

	for (i = 0; (form = decoder_form(i)); i++) {
		assert_int_equal(form->value & ~form->mask, 0);
		assert_non_null(form->name);
		assert_ptr_not_equal(form, i ? decoder_form(i - 1) : NULL);
	}
	assert_in_range(i, 100, 1000);
	assert_null(decoder_form(i + 1));
	assert_null(decoder_form(~0U));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_narrow_atomics),
		cmocka_unit_test(test_compare_and_swap),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_register_offsets),
		cmocka_unit_test(test_vector_registers),
		cmocka_unit_test(test_load_structures),
		cmocka_unit_test(test_store_structures),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_nothing_changes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
