/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_linux.h - objects of a kernel that runs in a fake guest
 *
 * The tests of the session's commands write the kernel's objects into guest
 * memory (fake_running.h), run a command, and look at its output.
 */
#ifndef TRAPLINE_TESTS_FAKE_LINUX_H
#define TRAPLINE_TESTS_FAKE_LINUX_H

#include "fake_running.h"

#define SECOND  (HEAP_VA + 2 * SZ_64K) /* a process */
#define THREAD  (HEAP_VA + 3 * SZ_64K) /* the second thread of this process */
#define SIGNALS (HEAP_VA + 4 * SZ_64K)
#define STACK   (HEAP_VA + 5 * SZ_64K)
#define NOWHERE 0xffff900000000000ULL

/* Run a command, which must return expected. linux_text keeps its output. */
extern char *linux_text;
const char *run(struct setup *s, const char *line, int expected);
void expect(const char *in, const char *what);
/* Make a report in JSON, which linux_text keeps. */
const char *report_make(struct setup *s);

/* Guest memory at an address of the kernel, in the heap or in the Image. */
uint64_t *at(struct setup *s, va_t va);
void put32(struct setup *s, va_t va, uint32_t value);
/* The run-time address of a symbol; 0: none. */
va_t symbol(struct setup *s, const char *name);
/*
 * The address of a member of an object. The offset comes from the code under
 * test; test_linux_real.c compares its offsets with bpftool's. The member must
 * exist.
 */
va_t field(struct setup *s, va_t object, const char *type, const char *path);
/* Find the kernel, and do its first work (fake_running.h). */
void start(struct setup *s);
/*
 * Write init_task, a process, and its thread, which CPU 0 runs. Returns
 * init_task.
 */
va_t tasks_put(struct setup *s);
/* Give nr CPUs their copies of the per-CPU variables, in the heap. */
void percpu_put(struct setup *s, unsigned int nr);
va_t percpu(struct setup *s, const char *name, unsigned int cpu,
	    const char *path);

/* clang-format off */
#define T(x) { #x, x } /* of struct running_test */
/* clang-format on */
int linux_tests(const struct running_test *tests, size_t nr);

/*
 * Write a member of an object; the path names a member of a member with dots.
 * The type and the path must be in the kernel's BTF: check with has().
 */
void set(struct setup *s, va_t object, const char *type, const char *path,
	 uint64_t value);
void set32(struct setup *s, va_t object, const char *type, const char *path,
	   uint32_t value);
bool has(struct setup *s, const char *type, const char *path);

#endif
