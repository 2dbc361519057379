// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_introspect.c - a kernel that lies about itself
 *
 * The program makes one guest: an Image with kallsyms and BTF, page tables, a
 * module, a task, an oops. The input is a list of patches to this guest. Each
 * has six bytes: the part (3 bits), the offset in the part, and the two bytes
 * to write there. After each run the program undoes the patches.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <trapline/introspect.h>

#include "tests/unit/fake_guest.h"
#include "tests/unit/fake_kernel.h"

#define RAM         0x40000000ULL
#define RAM_SIZE    (8 * SZ_1M)
#define IMAGE       (RAM + SZ_2M)
#define BTF_OFFSET  SZ_1M
#define TEXT        0xffff800008000000ULL
#define HEAP_VA     (TEXT - SZ_2M) /* RAM */
#define TABLES      (RAM + SZ_64K)
#define MODULE      (HEAP_VA + 0x40000)
#define SYMTAB      (HEAP_VA + 0x50000)
#define STRTAB      (HEAP_VA + 0x51000)
#define TASK        (HEAP_VA + 0x60000)
#define PT_REGS     (HEAP_VA + 0x70000)
#define MESSAGE     (HEAP_VA + 0x71000)
#define PATCH_SIZE  6
#define MAX_PATCHES 64

/* struct module, as the BTF below describes it. */
struct fake_module {
	uint32_t state;
	uint64_t list[2];
	char name[56];
	uint64_t base;
	uint32_t size;
	uint64_t kallsyms;
	uint64_t symtab;
	uint32_t nr;
	uint64_t strtab;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_guest *fake;
static struct fake_kernel kernel;
static uint64_t btf_size;

static void *at_va(va_t va)
{
	return fake_guest_at(fake, va - HEAP_VA + RAM, 8);
}

static void btf_fill(struct btf *btf)
{
	int u32 = btf__add_int(btf, "int", 4, 0);
	int u64 = btf__add_int(btf, "long", 8, 0);
	int c = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
	int name = btf__add_array(btf, u32, c, 56);
	int pair = btf__add_array(btf, u32, u64, 2);
	int layout = btf__add_struct(btf, "module_layout", 16);

#define MEMBER(name, member)            \
	btf__add_field(btf, #name, u64, \
		       8 * offsetof(struct fake_module, member), 0)
	btf__add_field(btf, "base", u64, 0, 0);
	btf__add_field(btf, "text_size", u32, 64, 0);
	btf__add_struct(btf, "module", sizeof(struct fake_module));
	MEMBER(state, state);
	btf__add_field(btf, "list", pair,
		       8 * offsetof(struct fake_module, list), 0);
	btf__add_field(btf, "name", name,
		       8 * offsetof(struct fake_module, name), 0);
	btf__add_field(btf, "core_layout", layout,
		       8 * offsetof(struct fake_module, base), 0);
	btf__add_field(btf, "init_layout", layout,
		       8 * offsetof(struct fake_module, base), 0);
	MEMBER(kallsyms, kallsyms);
	btf__add_struct(btf, "mod_kallsyms", 24);
	btf__add_field(btf, "symtab", u64, 0, 0);
	btf__add_field(btf, "num_symtab", u32, 64, 0);
	btf__add_field(btf, "strtab", u64, 128, 0);
	btf__add_struct(btf, "task_struct", 64);
	btf__add_field(btf, "pid", u32, 64, 0);
	btf__add_field(btf, "comm", name, 128, 0);
#undef MEMBER
}

static void btf_put(void)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	uint32_t size;

	btf_fill(btf);
	raw = btf__raw_data(btf, &size);
	memcpy(kernel.image + BTF_OFFSET, raw, size);
	btf_size = size;
	btf__free(btf);
}

/* 4 KiB pages, 48 bits: map all of RAM in order, by 2 MiB blocks. */
static void tables_put(void)
{
	uint64_t *t =
		(uint64_t *)(void *)fake_guest_at(fake, TABLES, 3 * SZ_4K);

	t[HEAP_VA >> 39 & 511] = (TABLES + SZ_4K) | 3;
	t[512 + (HEAP_VA >> 30 & 511)] = (TABLES + 2 * SZ_4K) | 3;
	for (unsigned int i = 0; i < RAM_SIZE / SZ_2M; i++)
		t[1024 + (HEAP_VA >> 21 & 511) + i] = (RAM + i * SZ_2M) | 0x401;
}

static void module_put(void)
{
	static const char strings[] = "\0probe\0init";
	va_t head = TEXT + FAKE_TEXT_OFFSET + fake_kernel_offset(FAKE_MODULES);
	uint64_t *h = at_va(head);
	struct fake_module *m = at_va(MODULE);
	Elf64_Sym *sym = at_va(SYMTAB);

	h[0] = h[1] = MODULE + offsetof(struct fake_module, list);
	m->list[0] = m->list[1] = head;
	strcpy(m->name, "fuzz");
	m->base = HEAP_VA + 0x10000;
	m->size = 4096;
	m->kallsyms = MODULE + offsetof(struct fake_module, symtab);
	m->symtab = SYMTAB;
	m->nr = 3;
	m->strtab = STRTAB;
	sym[1] =
		(Elf64_Sym){ .st_name = 1, .st_shndx = 1, .st_value = m->base };
	sym[2] = (Elf64_Sym){ .st_name = 7,
			      .st_shndx = 1,
			      .st_value = m->base + 64 };
	memcpy(at_va(STRTAB), strings, sizeof(strings));
}

static void setup(void)
{
	uint64_t *r;

	fake = fake_guest_create(1, RAM, RAM_SIZE);
	fake_kernel_write(&kernel, fake_guest_at(fake, IMAGE, FAKE_IMAGE_SIZE),
			  FAKE_ORDER_6_4);
	btf_put();
	tables_put();
	module_put();
	strcpy((char *)at_va(TASK) + 16, "fuzzer");
	strcpy(at_va(MESSAGE), "a %s %08lx %5.3d %pS\n");
	((uint64_t *)at_va(PT_REGS))[32] = HEAP_VA + 0x10008;
	r = fake->sysregs[0];
	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = 16ULL << 16 | 2ULL << 30 | 5ULL << 32;
	r[GUEST_TTBR1_EL1] = TABLES;
	r[GUEST_SP_EL0] = TASK;
	fake->regs[0].pstate = 5;
	fake->regs[0].x[0] = MESSAGE;
	fake->regs[0].x[1] = PT_REGS;
}

/* The parts of the guest that a patch can change; the last is all of RAM. */
static uint8_t *part(unsigned int n, size_t *size)
{
	switch (n) {
	case 0:
	case 1:
		*size = kernel.at - FAKE_TABLES;
		return kernel.image + FAKE_TABLES;
	case 2:
		*size = btf_size;
		return kernel.image + BTF_OFFSET;
	case 3:
		*size = sizeof(struct fake_module);
		return at_va(MODULE);
	case 4:
		*size = 3 * SZ_4K;
		return fake_guest_at(fake, TABLES, *size);
	case 5:
		*size = sizeof(fake->sysregs[0]);
		return (uint8_t *)fake->sysregs[0];
	case 6:
		*size = 0x34000;
		return at_va(MODULE);
	default:
		*size = RAM_SIZE;
		return fake->ram[0].host;
	}
}

static void use(struct introspect *in)
{
	struct introspect_catch catches[8];
	struct introspect_symbol sym;
	struct guest_regs regs;
	const uint8_t *data;
	uint8_t *file;
	char text[256];
	size_t size;
	int pid, nr;
	va_t va;

	nr = introspect_catches(in, catches, 8);
	for (int i = 0; i < nr; i++)
		introspect_fault_context(in, 0, &catches[i], &regs, text,
					 sizeof(text));
	introspect_current(in, 0, text, sizeof(text), &pid);
	nr = introspect_modules_refresh(in);
	for (int i = 0; i < nr; i++)
		if (!introspect_module_symbol_file(in, i, &file, &size))
			free(file);
	introspect_symbol_by_name(in, "f00042_function", &va);
	introspect_symbol_by_name(in, "init", &va);
	introspect_symbol_by_address(in, TEXT + 0x12345, &sym);
	introspect_symbol_by_address(in, HEAP_VA + 0x10044, &sym);
	introspect_symbol_file(in, &data, &size);
}

static void run(void)
{
	struct introspect *in;

	if (introspect_create(&fake->guest, &in))
		return;
	if (!introspect_find_kernel_at(in, IMAGE))
		use(in);
	introspect_destroy(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		uint8_t *at;
		uint8_t keep[2];
	} undo[MAX_PATCHES];
	unsigned int nr = 0;
	uint32_t where;
	size_t room;

	if (!fake)
		setup();
	for (; size >= PATCH_SIZE && nr < MAX_PATCHES;
	     size -= PATCH_SIZE, data += PATCH_SIZE, nr++) {
		memcpy(&where, data, sizeof(where));
		undo[nr].at = part(where >> 29, &room);
		undo[nr].at += (where & 0x1fffffff) % (room - 1);
		memcpy(undo[nr].keep, undo[nr].at, 2);
		memcpy(undo[nr].at, data + 4, 2);
	}
	run();
	while (nr--)
		memcpy(undo[nr].at, undo[nr].keep, 2);
	return 0;
}
