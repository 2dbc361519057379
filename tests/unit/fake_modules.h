/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_modules.h - a guest with a kernel and a ring of modules, for tests
 *
 * The guest has one vCPU, an Image with kallsyms, which runs at
 * FAKE_MODULES_TEXT, a BTF, and modules that share one table of symbols.
 */
#ifndef TRAPLINE_TESTS_FAKE_MODULES_H
#define TRAPLINE_TESTS_FAKE_MODULES_H

#include <trapline/introspect.h>
#include "fake_guest.h"
#include "fake_kernel.h"

#define FAKE_MODULES_RAM      0x40000000ULL
#define FAKE_MODULES_RAM_SIZE (32 * SZ_1M)
#define FAKE_MODULES_IMAGE    (FAKE_MODULES_RAM + SZ_2M)
#define FAKE_MODULES_TABLES   (FAKE_MODULES_RAM + SZ_64K) /* 3 pages */
#define FAKE_MODULES_TEXT     0xffff800008000000ULL
#define FAKE_MODULES_VA       (FAKE_MODULES_TEXT - SZ_2M) /* of RAM */
/* The ring: an array of struct fake_module, with room for 64 KiB. */
#define FAKE_MODULES_RING     (FAKE_MODULES_VA + 0x20000)
/* The table of symbols: room for 7 MiB, and for 16 MiB of names. */
#define FAKE_MODULES_SYMTAB   (FAKE_MODULES_TEXT + 6 * SZ_1M)

/* Offsets in struct task_struct. */
#define FAKE_TASK_PID  8
#define FAKE_TASK_COMM 16

/* struct module, as the BTF describes it. */
struct fake_module {
	uint32_t state;
	uint64_t list[2];
	char name[56];
	uint64_t base;
	uint32_t size;
	uint64_t init_base;
	uint32_t init_size; /* 0: freed */
	uint64_t kallsyms;
	uint64_t symtab;
	uint32_t nr;
	uint64_t strtab;
};

struct fake_modules {
	struct fake_guest *fake;
	struct fake_kernel kernel;
	uint8_t *btf;
	size_t btf_size;
	struct introspect *in; /* has found the kernel */
};

/* Aborts when the host has no memory. */
void fake_modules_create(struct fake_modules *m);
void fake_modules_destroy(struct fake_modules *m);
/* Guest memory by the kernel's address, to be changed. */
void *fake_modules_at(struct fake_modules *m, va_t va);
/* nr modules of nr_syms symbols each, named by format and their number. */
void fake_modules_put(struct fake_modules *m, unsigned int nr,
		      const char *format, uint32_t nr_syms);

#endif
