// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_introspect.c - a kernel that lies about itself
 *
 * The program makes one guest: an Image with kallsyms and BTF, page tables, a
 * module, a task, an oops. The input is a list of patches to this guest. Each
 * patch has six bytes: the part (3 bits), the offset in the part, and the two
 * bytes to write there. After each run the program undoes the patches.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_modules.h"

#define SYMTAB      (FAKE_MODULES_RING + 0x10000)
#define STRTAB      (FAKE_MODULES_RING + 0x11000)
#define TASK        (FAKE_MODULES_RING + 0x20000)
#define PT_REGS     (FAKE_MODULES_RING + 0x30000)
#define MESSAGE     (FAKE_MODULES_RING + 0x31000)
#define PATCH_SIZE  6
#define MAX_PATCHES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_modules guest;

static void *at_va(va_t va)
{
	return fake_modules_at(&guest, va);
}

static void module_put(void)
{
	static const char strings[] = "\0probe\0init";
	struct fake_module *m = at_va(FAKE_MODULES_RING);
	Elf64_Sym *sym = at_va(SYMTAB);

	fake_modules_put(&guest, 1, "fuzz", 3);
	m->symtab = SYMTAB;
	m->strtab = STRTAB;
	sym[1] =
		(Elf64_Sym){ .st_name = 1, .st_shndx = 1, .st_value = m->base };
	sym[2] = (Elf64_Sym){ .st_name = 7,
			      .st_shndx = 1,
			      .st_value = m->base + 64 };
	memcpy(at_va(STRTAB), strings, sizeof(strings));
}

/* A build-id one page after the BTF. Without one the search would be long. */
static uint8_t *build_id(void)
{
	return guest.btf + SZ_4K;
}

static void setup(void)
{
	static const uint8_t note[16 + 20] = { 4, 0, 0, 0, 20,  0,   0,   0,
					       3, 0, 0, 0, 'G', 'N', 'U', 0 };
	struct guest_regs *r;

	fake_modules_create(&guest);
	introspect_destroy(guest.in);
	module_put();
	memcpy(build_id(), note, sizeof(note));
	strcpy((char *)at_va(TASK) + FAKE_TASK_COMM, "fuzzer");
	strcpy(at_va(MESSAGE), "a %s %08lx %5.3d %pS\n");
	((uint64_t *)at_va(PT_REGS))[32] = FAKE_MODULES_VA + 8;
	guest.fake->sysregs[0][GUEST_SP_EL0] = TASK;
	r = &guest.fake->regs[0];
	r->pstate = 5;
	r->x[0] = MESSAGE;
	r->x[1] = PT_REGS;
}

/* The parts of the guest that a patch can change; the last is all of RAM. */
static uint8_t *part(unsigned int n, size_t *size)
{
	switch (n) {
	case 0:
		*size = 36;
		return build_id();
	case 1:
		*size = guest.kernel.at - FAKE_TABLES;
		return guest.kernel.image + FAKE_TABLES;
	case 2:
		*size = guest.btf_size;
		return guest.btf;
	case 3:
		*size = sizeof(struct fake_module);
		return at_va(FAKE_MODULES_RING);
	case 4:
		*size = 3 * SZ_4K;
		return fake_guest_at(guest.fake, FAKE_MODULES_TABLES, *size);
	case 5:
		*size = sizeof(guest.fake->sysregs[0]);
		return (uint8_t *)guest.fake->sysregs[0];
	case 6:
		*size = 0x34000;
		return at_va(FAKE_MODULES_RING);
	default:
		*size = FAKE_MODULES_RAM_SIZE;
		return guest.fake->ram[0].host;
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
	introspect_symbol_by_address(in, FAKE_MODULES_TEXT + 0x12345, &sym);
	introspect_symbol_by_address(in, FAKE_MODULES_VA + 0x44, &sym);
	introspect_symbol_file(in, &data, &size);
}

static void run(void)
{
	struct introspect *in;

	if (introspect_create(&guest.fake->guest, &in))
		return;
	if (!introspect_find_kernel_at(in, FAKE_MODULES_IMAGE))
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

	if (!guest.fake)
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
