/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_running.h - a fake guest that runs one of Debian's own kernels
 *
 * Each kernel of the cache is loaded into a fake guest, as a boot loader does.
 * The test then does the work of the kernel (relocate itself, build page
 * tables, start a task), at the places that kernel_truth.py has found.
 */
#ifndef TRAPLINE_TESTS_FAKE_RUNNING_H
#define TRAPLINE_TESTS_FAKE_RUNNING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <trapline/introspect.h>
#include "fake_guest.h"
#include "kernel_truth.h"

#define RAM       0x40000000ULL
#define RAM_SIZE  (224 * SZ_1M)
#define KERNEL    (RAM + SZ_2M)
#define TABLES    (RAM + 192 * SZ_1M)
#define HEAP      (RAM + 200 * SZ_1M)
#define HEAP_SIZE (8 * SZ_1M)
#define LINEAR    0xffff000040000000ULL /* linear map of RAM */
#define TEXT      0xffffb00012200000ULL
#define HEAP_VA   0xffffb00080000000ULL
#define PERCPU    (HEAP_VA + SZ_1M)
#define TCR       (16ULL << 16 | 16ULL | 2ULL << 30 | 5ULL << 32)

struct setup {
	const struct truth *t;
	struct fake_guest *fake;
	struct introspect *in;
	ipa_t next_table;
};

/* Load the kernel into a new guest. */
struct setup *running_create(const struct truth *t);
/* Guest memory by IPA, and by an address from HEAP_VA on. */
uint64_t *ram64(struct setup *s, ipa_t ipa);
uint64_t *heap(struct setup *s, va_t va);
void vcpu_set(struct setup *s, unsigned int vcpu, uint64_t ttbr1);
/* Relocate the kernel, as it does itself before its first C function. */
void relocate(struct setup *s);
/* The address of a member, "struct.member" of kernel_truth.py, of an object. */
va_t member(struct setup *s, va_t object, const char *name);
/*
 * Write the kernel's log to the 16 KiB at ring: one record of one or more lines.
 * The kernel must have the symbol prb.
 */
void log_line_put(struct setup *s, va_t ring, const char *text);

struct running_test {
	const char *name;
	CMUnitTestFunction function;
};

/*
 * Run the tests on each kernel of the cache, with RAM in place and with RAM in
 * pieces. Returns the number of tests that failed.
 */
int running_tests(const struct running_test *tests, size_t nr);

#endif
