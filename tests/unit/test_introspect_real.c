// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_introspect_real.c - introspection over Debian's own kernels
 *
 * Loads the Images that scripts/setup has put into the cache into a fake
 * guest, as a boot loader does. What the kernel would do then (relocate
 * itself, build page tables, load a module, start a task) is done here, at
 * the places that the kernel's BTF gives; numbers below are Debian's.
 */
#include "fake_guest.h"

#include <trapline/introspect.h>

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define RAM       0x40000000ULL
#define RAM_SIZE  (96 * SZ_1M)
#define KERNEL    (RAM + SZ_2M)
#define TABLES    (RAM + 64 * SZ_1M)
#define HEAP      (RAM + 72 * SZ_1M)
#define HEAP_SIZE (8 * SZ_1M)
#define TEXT      0xffffb00012200000ULL
#define HEAP_VA   0xffffb00080000000ULL
#define PERCPU    (HEAP_VA + SZ_1M)
#define TCR       (16ULL << 16 | 16ULL | 2ULL << 30 | 5ULL << 32)

/* Offsets in this kernel's structures (pahole), and what is in it. */
struct kernel {
	const char *version;
	const char *release_prefix;
	unsigned int symbols_min;
	uint64_t base; /* kallsyms_relative_base less _text */
	uint64_t entry_task;
	unsigned int kallsyms, text, text_size; /* struct module */
	unsigned int pid, comm; /* struct task_struct */
};

static const struct kernel kernels[] = {
	{
		.version = "6.1",
		.release_prefix = "6.1.0-",
		.symbols_min = 50000,
		.base = 0x10000,
		.kallsyms = 552,
		.text = 320,
		.text_size = 332,
		.entry_task = 0x1803308,
		.pid = 1352,
		.comm = 1912,
	},
	{
		.version = "6.12",
		.release_prefix = "6.12.",
		.symbols_min = 150000,
		.base = 0,
		.kallsyms = 904,
		.text = 320,
		.text_size = 328,
		.entry_task = 0x1f61318,
		.pid = 1376,
		.comm = 1920,
	},
};

struct setup {
	const struct kernel *k;
	struct fake_guest *fake;
	struct introspect *in;
};

/* --- a guest with that kernel in it ------------------------------------- */

static void kernel_path(const char *version, char *path, size_t size)
{
	const char *cache = getenv("TRAPLINE_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache)
		snprintf(path, size, "%s/kernels/%s/vmlinuz", cache, version);
	else if (xdg)
		snprintf(path, size, "%s/trapline/kernels/%s/vmlinuz", xdg,
			 version);
	else
		snprintf(path, size, "%s/.cache/trapline/kernels/%s/vmlinuz",
			 home ? home : "", version);
}

static void image_load(struct fake_guest *fake, const char *version)
{
	char path[512];
	gzFile file;

	kernel_path(version, path, sizeof(path));
	file = gzopen(path, "rb");
	if (!file)
		fail_msg("%s: not there; run ./scripts/setup first", path);
	if (gzread(file, guest_ram_at(&fake->guest, KERNEL, SZ_1M),
		   TABLES - KERNEL) < (int)SZ_1M)
		fail_msg("%s: unreadable", path);
	gzclose(file);
}

static uint64_t *ram64(struct setup *s, ipa_t ipa)
{
	uint8_t *p = guest_ram_at(&s->fake->guest, ipa, 8);

	assert_non_null(p);
	return (uint64_t *)(void *)p;
}

static uint64_t *heap(struct setup *s, va_t va)
{
	return ram64(s, va - HEAP_VA + HEAP);
}

/* 4 KiB pages, 48 bits: a level 2 block for each 2 MiB. */
static void map_blocks(struct setup *s, ipa_t root, va_t va, ipa_t ipa,
		       uint64_t size)
{
	ipa_t table = root;
	static ipa_t next;

	if (!*ram64(s, root + (va >> 39 & 511) * 8))
		next = root + SZ_4K;
	for (uint64_t done = 0; done < size; done += SZ_2M) {
		va_t at = va + done;

		table = root;
		for (int shift = 39; shift > 21; shift -= 9) {
			uint64_t *d = ram64(s, table + (at >> shift & 511) * 8);

			if (!*d) {
				*d = next | 3;
				next += SZ_4K;
			}
			table = *d & GENMASK_ULL(47, 12);
		}
		*ram64(s, table + (at >> 21 & 511) * 8) = (ipa + done) | 0x401;
	}
}

static void vcpu_set(struct setup *s, unsigned int vcpu, uint64_t ttbr1)
{
	uint64_t *r = s->fake->sysregs[vcpu];

	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = TCR;
	r[GUEST_TTBR1_EL1] = ttbr1;
	r[GUEST_TPIDR_EL1] = 0;
	s->fake->regs[vcpu].pstate = 5; /* EL1h */
}

/* Where the tables lie: by the words around them, to be independent. */
static uint64_t relative_base_at(struct setup *s)
{
	ipa_t table;
	uint64_t n = introspect_nr_symbols(s->in);

	/* num_syms is one 32-bit word followed by zero. */
	for (table = KERNEL; table < KERNEL + 40 * SZ_1M; table += 8)
		if (*ram64(s, table) == n)
			break;
	assert_true(table < KERNEL + 40 * SZ_1M);
	if (s->k->base)
		return table - 8;
	/* 6.12: offsets are behind the tokens; the last one is _end. */
	for (; table < KERNEL + 40 * SZ_1M; table += 8)
		if ((*ram64(s, table) >> 32 == introspect_image_size(s->in) ||
		     (uint32_t)*ram64(s, table) ==
			     introspect_image_size(s->in)) &&
		    *ram64(s, table - 8) >> 32 <=
			    introspect_image_size(s->in) &&
		    *ram64(s, table - 8) >> 32 > SZ_1M)
			return table + 8;
	fail();
	return 0;
}

static void relocate(struct setup *s)
{
	*ram64(s, relative_base_at(s)) = TEXT + s->k->base;
	map_blocks(s, TABLES, TEXT, KERNEL, 48 * SZ_1M);
	map_blocks(s, TABLES, HEAP_VA, HEAP, HEAP_SIZE);
	vcpu_set(s, 0, TABLES | 1);
}

static int setup_kernel(void **state)
{
	const struct kernel *k = *state;
	struct setup *s = calloc(1, sizeof(*s));

	s->k = k;
	s->fake = fake_guest_create(2, RAM, RAM_SIZE);
	image_load(s->fake, k->version);
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	s->fake->offline[1] = true;
	*state = s;
	return 0;
}

static int teardown_kernel(void **state)
{
	struct setup *s = *state;

	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

/* --- before the first instruction --------------------------------------- */

static void test_find(void **state)
{
	struct setup *s = *state;
	const uint8_t *id;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_int_equal(introspect_text_ipa(s->in), KERNEL);
	assert_true(introspect_nr_symbols(s->in) > s->k->symbols_min);
	assert_true(!strncmp(introspect_release(s->in), s->k->release_prefix,
			     strlen(s->k->release_prefix)));
	assert_non_null(strstr(introspect_banner(s->in), " #1 SMP"));
	assert_int_equal(introspect_build_id(s->in, &id), 20);
	/* Nobody has relocated it yet. */
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va),
			 -ENOENT);
}

/* Without a hint, and with a header that has nothing behind it in front. */
static void test_find_by_search(void **state)
{
	struct setup *s = *state;

	memcpy(guest_ram_at(&s->fake->guest, RAM, 64),
	       guest_ram_at(&s->fake->guest, KERNEL, 64), 64);
	*ram64(s, RAM + 16) = SZ_1M;
	assert_int_equal(introspect_find_kernel_at(s->in, RAM + SZ_1M), 0);
	assert_int_equal(introspect_text_ipa(s->in), KERNEL);
}

static uint32_t insn_at(struct setup *s, ipa_t ipa)
{
	uint32_t insn;

	memcpy(&insn, guest_ram_at(&s->fake->guest, ipa, 4), 4);
	return insn;
}

#define INSN_PACIASP 0xd503233fU

static void test_catches(void **state)
{
	static const char *const want[] = { "die", "panic_bad_stack",
					    "arm64_serror_panic",
					    "__panic_unhandled", "panic" };
	struct setup *s = *state;
	struct introspect_catch c[16];
	ipa_t ipa;

	assert_int_equal(introspect_catches(s->in, c, 16), -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_int_equal(introspect_catches(s->in, c, 16), ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		assert_string_equal(c[i].function, want[i]);
		assert_int_equal(introspect_symbol_ipa(s->in, want[i], &ipa),
				 0);
		assert_true(c[i].ipa > ipa && c[i].ipa <= ipa + 16);
		/* Right behind PACIASP: nothing is pushed yet. */
		assert_int_equal(insn_at(s, c[i].ipa - 4), INSN_PACIASP);
	}
	assert_int_equal(introspect_catches(s->in, c, 2), 2);
}

/* --- running ------------------------------------------------------------ */

static void test_relocated(void **state)
{
	struct setup *s = *state;
	struct introspect_symbol sym;
	ipa_t ipa;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_true(va == TEXT);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_int_equal(introspect_symbol_ipa(s->in, "panic", &ipa), 0);
	assert_true(va - TEXT == ipa - KERNEL);
	assert_int_equal(introspect_symbol_by_address(s->in, va + 12, &sym), 0);
	assert_string_equal(sym.name, "panic");
	assert_string_equal(sym.module, "");
	assert_true(sym.va == va && sym.size > 100 && sym.size < 4096);
	assert_int_equal(introspect_symbol_by_name(s->in, "no_such_thing", &va),
			 -ENOENT);
	assert_int_equal(introspect_symbol_by_address(s->in, TEXT - 4, &sym),
			 -ENOENT);
	introspect_reset(s->in);
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
}

/* No tables to ask, but the number has changed since the kernel was found. */
static void test_relocated_while_running(void **state)
{
	struct setup *s = *state;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	s->fake->running = true;
	assert_int_equal(introspect_text_va(s->in, &va), -ENOENT);
	relocate(s);
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_true(va == TEXT);
}

static void test_kpti(void **state)
{
	struct setup *s = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	/* tramp_pg_dir, then reserved_pg_dir, then swapper_pg_dir. */
	vcpu_set(s, 0, (TABLES - 2 * SZ_4K) | 0x0042000000000001ULL);
	s->fake->regs[0].pstate = 0;
	assert_int_equal(introspect_text_va(s->in, &va), 0);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_int_equal(introspect_stage1_regs(s->in, 0, &regs), 0);
	assert_true(regs.ttbr1 == (TABLES | 0x0042000000000001ULL));
	assert_int_equal(stage1_walk(&s->fake->guest, &regs, va, &m), 0);
	assert_true(m.ipa == va - TEXT + KERNEL);
	/* Tables of nobody's stay as they are. */
	vcpu_set(s, 0, TABLES + SZ_1M);
	assert_int_equal(introspect_stage1_regs(s->in, 0, &regs), 0);
	assert_true(regs.ttbr1 == TABLES + SZ_1M ||
		    s->k->base == 0); /* 6.12 has the symbol */
}

/* --- symbol file -------------------------------------------------------- */

static const Elf64_Sym *elf_symbol(const uint8_t *data, size_t size,
				   const char *name)
{
	const Elf64_Ehdr *e = (const void *)data;
	const Elf64_Shdr *h = (const void *)(data + e->e_shoff);
	const Elf64_Sym *sym;

	assert_true(e->e_shoff + e->e_shnum * sizeof(*h) == size);
	for (unsigned int i = 0; i < e->e_shnum; i++) {
		if (h[i].sh_type != SHT_SYMTAB)
			continue;
		sym = (const void *)(data + h[i].sh_offset);
		for (size_t n = 0; n < h[i].sh_size / sizeof(*sym); n++) {
			assert_true((ELF64_ST_BIND(sym[n].st_info) ==
				     STB_LOCAL) == (n < h[i].sh_info));
			if (!strcmp((const char *)data +
					    h[h[i].sh_link].sh_offset +
					    sym[n].st_name,
				    name))
				return &sym[n];
		}
	}
	return NULL;
}

static void test_symbol_file(void **state)
{
	struct setup *s = *state;
	const Elf64_Phdr *p;
	const Elf64_Ehdr *e;
	const Elf64_Sym *sym;
	const uint8_t *data, *again;
	size_t size;
	va_t va;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), -ENOENT);
	relocate(s);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), 0);
	assert_int_equal(introspect_symbol_file(s->in, &again, &size), 0);
	assert_ptr_equal(data, again);
	e = (const void *)data;
	p = (const void *)(data + e->e_phoff);
	assert_int_equal(e->e_type, ET_DYN);
	assert_int_equal(e->e_machine, EM_AARCH64);
	assert_int_equal(p->p_type, PT_LOAD);
	assert_true(p->p_vaddr == TEXT);
	assert_true(p->p_memsz == introspect_image_size(s->in));
	sym = elf_symbol(data, size, "panic");
	assert_non_null(sym);
	assert_int_equal(introspect_symbol_by_name(s->in, "panic", &va), 0);
	assert_true(sym->st_value == va && sym->st_size > 100);
	assert_int_equal(sym->st_info, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
	assert_null(elf_symbol(data, size, "no_such_thing"));
	if (getenv("TRAPLINE_KEEP")) {
		char path[256];
		FILE *f;

		snprintf(path, sizeof(path), "%s/symbols-%s.elf",
			 getenv("TRAPLINE_KEEP"), s->k->version);
		f = fopen(path, "wb");
		fwrite(data, 1, size, f);
		fclose(f);
	}
}

/* --- modules ------------------------------------------------------------ */

#define MODULE         HEAP_VA
#define MODULE_TEXT    (HEAP_VA + SZ_64K)
#define MODULE_SYMTAB  (HEAP_VA + 2 * SZ_64K)
#define MODULE_STRTAB  (HEAP_VA + 3 * SZ_64K)
#define MODULE_TYPETAB (HEAP_VA + 4 * SZ_64K)

/* The head of the list: the symbol, or what 6.1's code says. */
static va_t modules_head(struct setup *s)
{
	uint32_t insn[3];
	ipa_t at;
	uint64_t imm;
	va_t va;

	if (!introspect_symbol_by_name(s->in, "modules", &va))
		return va;
	assert_int_equal(introspect_symbol_ipa(s->in, "find_module_all", &at),
			 0);
	for (;; at += 4) {
		memcpy(insn, guest_ram_at(&s->fake->guest, at, 12), 12);
		if ((insn[0] & 0x9f000000U) == 0x90000000U)
			break;
	}
	imm = ((insn[0] >> 5 & 0x7ffff) << 2 | (insn[0] >> 29 & 3)) << 12;
	/* ADRP, ADD #0x940, LDR [.., #80]! in the kernel this was made for. */
	return ((at - KERNEL) & ~0xfffULL) + imm + (insn[1] >> 10 & 0xfff) +
	       80 + TEXT;
}

static void module_put(struct setup *s)
{
	static const char strings[] = "\0$x\0crash_null_probe\0crash_init";
	va_t head = modules_head(s), list = MODULE + 8;
	Elf64_Sym sym[] = {
		{ 0 },
		{ .st_name = 1, .st_shndx = 1, .st_value = MODULE_TEXT },
		{ .st_name = 4, .st_shndx = 1, .st_value = MODULE_TEXT + 64 },
		{ .st_name = 21, .st_shndx = 2, .st_value = MODULE_TEXT },
	};
	uint8_t *m = (uint8_t *)heap(s, MODULE);

	*ram64(s, head - TEXT + KERNEL) = list;
	*ram64(s, head - TEXT + KERNEL + 8) = list;
	*heap(s, list) = head;
	*heap(s, list + 8) = head;
	strcpy((char *)m + 24, "crash_null");
	*heap(s, MODULE + s->k->text) = MODULE_TEXT;
	*(uint32_t *)(void *)(m + s->k->text_size) = 4096;
	*heap(s, MODULE + s->k->kallsyms) = MODULE + s->k->kallsyms + 8;
	*heap(s, MODULE + s->k->kallsyms + 8) = MODULE_SYMTAB;
	*heap(s, MODULE + s->k->kallsyms + 16) = ARRAY_SIZE(sym);
	*heap(s, MODULE + s->k->kallsyms + 24) = MODULE_STRTAB;
	*heap(s, MODULE + s->k->kallsyms + 32) = MODULE_TYPETAB;
	memcpy(heap(s, MODULE_SYMTAB), sym, sizeof(sym));
	memcpy(heap(s, MODULE_STRTAB), strings, sizeof(strings));
	memcpy(heap(s, MODULE_TYPETAB), "?ttT", 4);
}

static void test_modules(void **state)
{
	struct setup *s = *state;
	const struct introspect_module *m;
	struct introspect_symbol sym;
	uint8_t *data;
	size_t size;
	va_t va;

	assert_int_equal(introspect_modules_refresh(s->in), -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	module_put(s);
	/* In its init it has another table, which is gone by when it is read. */
	*heap(s, MODULE + s->k->kallsyms) = MODULE_TEXT;
	assert_int_equal(introspect_modules_refresh(s->in), 1);
	*heap(s, MODULE + s->k->kallsyms) = MODULE + s->k->kallsyms + 8;
	m = introspect_module(s->in, 0);
	assert_string_equal(m->name, "crash_null");
	assert_true(m->text == MODULE_TEXT && m->size == 4096);
	assert_true(m->load == MODULE_TEXT && m->load_size == 4096);
	assert_null(introspect_module(s->in, 1));
	assert_int_equal(introspect_symbol_by_address(s->in, MODULE_TEXT + 0x58,
						      &sym),
			 0);
	assert_string_equal(sym.name, "crash_null_probe");
	assert_string_equal(sym.module, "crash_null");
	assert_true(sym.va == MODULE_TEXT + 64 && sym.size == 4096 - 64);
	assert_int_equal(introspect_symbol_by_name(s->in, "crash_init", &va),
			 0);
	assert_int_equal(introspect_module_symbol_file(s->in, 0, &data, &size),
			 0);
	assert_non_null(elf_symbol(data, size, "crash_null_probe"));
	assert_null(elf_symbol(data, size, "$x"));
	free(data);
	assert_int_equal(introspect_module_symbol_file(s->in, 1, &data, &size),
			 -EINVAL);
	/* A ring that does not close is not followed for ever. */
	*heap(s, MODULE + 8) = MODULE + 8;
	assert_true(introspect_modules_refresh(s->in) < 0);
	/* A pointer to nowhere. */
	*heap(s, MODULE + 8) = 0x1234;
	assert_int_equal(introspect_modules_refresh(s->in), -EFAULT);
}

/* --- crash -------------------------------------------------------------- */

static const struct introspect_catch *catch_named(struct setup *s,
						  const char *name)
{
	static struct introspect_catch c[16];
	int nr = introspect_catches(s->in, c, 16);

	for (int i = 0; i < nr; i++)
		if (!strcmp(c[i].function, name))
			return &c[i];
	fail_msg("no %s", name);
	return NULL;
}

static void test_oops(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0], fault;
	va_t at = HEAP_VA + 6 * SZ_64K, message = HEAP_VA + 7 * SZ_64K;
	char text[256];

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	module_put(s);
	strcpy((char *)heap(s, message), "Oops");
	regs->x[0] = message;
	regs->x[1] = at;
	*heap(s, at) = 0x1111;
	*heap(s, at + 31 * 8) = 0xffff8000deadbee0ULL;
	*heap(s, at + 32 * 8) = MODULE_TEXT + 64 + 0x18;
	*heap(s, at + 33 * 8) = 0x60000005;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "die"), &fault,
						  text, sizeof(text)),
			 0);
	assert_true(fault.pc == MODULE_TEXT + 64 + 0x18);
	assert_true(fault.sp == 0xffff8000deadbee0ULL);
	assert_true(fault.x[0] == 0x1111 && fault.pstate == 0x60000005);
	assert_string_equal(text, "Oops: Internal error: Oops at "
				  "crash_null_probe+0x18/0xfc0 [crash_null], "
				  "CPU 0");
	/* Registers that point nowhere: the caller's frame, no crash here. */
	regs->x[0] = 0x40;
	regs->x[1] = ~0ULL - 8;
	regs->x[30] = MODULE_TEXT + 0x44;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "die"), &fault,
						  text, sizeof(text)),
			 0);
	assert_true(fault.pc == MODULE_TEXT + 0x40);
}

static void test_panic(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0], fault;
	va_t message = HEAP_VA + 7 * SZ_64K;
	char text[256];

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	strcpy((char *)heap(s, message),
	       "%s: gone, exitcode=0x%08x %lu%% %d\n");
	strcpy((char *)heap(s, message + 256), "init");
	regs->x[0] = message;
	regs->x[1] = message + 256;
	regs->x[2] = 11;
	regs->x[3] = 1ULL << 40;
	regs->x[4] = 0xffffffff;
	/* The return address is signed. */
	assert_int_equal(
		introspect_symbol_by_name(s->in, "do_exit", &regs->x[30]), 0);
	regs->x[30] = (regs->x[30] + 0x40) & ~GENMASK_ULL(54, 50);
	regs->sp = 0xffff800080001230ULL;
	assert_int_equal(introspect_fault_context(s->in, 0,
						  catch_named(s, "panic"),
						  &fault, text, sizeof(text)),
			 0);
	assert_true(fault.sp == regs->sp);
	assert_non_null(strstr(text, "Panic: init: gone, exitcode=0x0000000b "
				     "1099511627776% -1 at do_exit+0x3c/0x"));
}

/* --- tasks -------------------------------------------------------------- */

static void task_put(struct setup *s, va_t task, const char *comm, int pid)
{
	strcpy((char *)heap(s, task) + s->k->comm, comm);
	*(int *)(void *)((char *)heap(s, task) + s->k->pid) = pid;
}

static void test_current(void **state)
{
	struct setup *s = *state;
	uint64_t *r = s->fake->sysregs[0];
	char comm[32], tiny[5];
	int pid;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	task_put(s, HEAP_VA, "insmod", 123);
	r[GUEST_SP_EL0] = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 0);
	assert_string_equal(comm, "insmod");
	assert_int_equal(pid, 123);
	assert_int_equal(introspect_current(s->in, 0, tiny, sizeof(tiny), &pid),
			 0);
	assert_string_equal(tiny, "insm");
	/* In user space: the per-CPU __entry_task. */
	s->fake->regs[0].pstate = 0;
	r[GUEST_SP_EL0] = 0xffffaabbccd0ULL;
	r[GUEST_TPIDR_EL1] = PERCPU - (TEXT + s->k->entry_task);
	*heap(s, PERCPU) = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 0);
	assert_string_equal(comm, "insmod");
}

static void test_current_garbage(void **state)
{
	struct setup *s = *state;
	char comm[32];
	int pid;

	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -ENOENT);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	s->fake->sysregs[0][GUEST_SP_EL0] = HEAP_VA;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EBADMSG);
	task_put(s, HEAP_VA, "x", -1);
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EBADMSG);
	s->fake->regs[0].pstate = 0;
	s->fake->sysregs[0][GUEST_TPIDR_EL1] = 1ULL << 60;
	assert_int_equal(introspect_current(s->in, 0, comm, sizeof(comm), &pid),
			 -EFAULT);
}

int main(void)
{
#define T(x, n)                                              \
	{                                                    \
#x " " n, x, setup_kernel, teardown_kernel,  \
			(void *)&kernels[!strcmp(n, "6.12")] \
	}
#define BOTH(x) T(x, "6.1"), T(x, "6.12")
	const struct CMUnitTest tests[] = {
		BOTH(test_find),
		BOTH(test_find_by_search),
		BOTH(test_catches),
		BOTH(test_relocated),
		BOTH(test_relocated_while_running),
		BOTH(test_kpti),
		BOTH(test_symbol_file),
		BOTH(test_modules),
		BOTH(test_oops),
		BOTH(test_panic),
		BOTH(test_current),
		BOTH(test_current_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
