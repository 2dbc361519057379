// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vmcore_real.c - dumps of Debian's own kernels
 *
 * Loads each kernel of the cache into a fake guest and builds the kernel's page
 * tables. Checks VMCOREINFO and the kernel's addresses, and that a dump without
 * trapline's notes leads to the same kernel.
 */
#include "fake_guest.h"
#include "kernel_truth.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <trapline/arm64.h>
#include <trapline/vmcore.h>

#define RAM         0x40000000ULL
#define RAM_SIZE    (224 * SZ_1M)
#define KERNEL      (RAM + SZ_2M)
#define TABLES      (RAM + 192 * SZ_1M)
#define HEAP        (RAM + 200 * SZ_1M)
#define LINEAR      0xffff000000000000ULL /* linear map of RAM */
#define TEXT        0xffffb00012200000ULL
#define TCR         (16ULL << 16 | 16ULL | 2ULL << 30 | 5ULL << 32)
#define MAX_KERNELS 16

static char path[] = "/tmp/test-vmcore-real-XXXXXX";

struct setup {
	const struct truth *t;
	struct fake_guest *fake;
	struct introspect *in;
	ipa_t next_table;
};

static uint64_t *ram64(struct setup *s, ipa_t ipa)
{
	return (uint64_t *)(void *)fake_guest_at(s->fake, ipa, 8);
}

/* 4 KiB pages, 48 bits: a level 2 block for each 2 MiB. */
static void map_blocks(struct setup *s, va_t va, ipa_t ipa, uint64_t size,
		       uint64_t attrs)
{
	for (uint64_t done = 0; done < size; done += SZ_2M) {
		va_t at = va + done;
		ipa_t table = TABLES;

		for (int shift = 39; shift > 21; shift -= 9) {
			uint64_t *d = ram64(s, table + (at >> shift & 511) * 8);

			if (!*d) {
				s->next_table += SZ_4K;
				*d = s->next_table | 3;
			}
			table = *d & GENMASK_ULL(47, 12);
		}
		*ram64(s, table + (at >> 21 & 511) * 8) = (ipa + done) | 0x401 |
							  attrs;
	}
}

static int setup_kernel(void **state)
{
	const struct truth *t = *state;
	struct setup *s = calloc(1, sizeof(*s));

	s->t = t;
	s->next_table = TABLES;
	s->fake = fake_guest_create(1, RAM, RAM_SIZE);
	fake_guest_load(s->fake, KERNEL, t->image, t->image_size);
	if (truth_has(t, "relative_base"))
		*ram64(s, KERNEL + truth_number(t, "relative_base")) =
			TEXT + truth_number(t, "base");
	map_blocks(s, LINEAR, RAM, RAM_SIZE, DESC_PXN);
	map_blocks(s, TEXT, KERNEL, truth_number(t, "image_size"), 0);
	s->fake->sysregs[0][GUEST_SCTLR_EL1] = SCTLR_ELx_M;
	s->fake->sysregs[0][GUEST_TCR_EL1] = TCR;
	s->fake->sysregs[0][GUEST_TTBR1_EL1] = TABLES | 1;
	s->fake->regs[0].pstate = 5; /* EL1h */
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	assert_int_equal(introspect_find_kernel(s->in), 0);
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

static void has_line(const char *text, const char *format, ...)
{
	char line[256], *at;
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	at = strstr(text, line);
	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line \"%s\" in\n%s", line, text);
}

/* The kernel has not made VMCOREINFO yet. */
static void made(void **state)
{
	struct setup *s = *state;
	char *info;
	va_t va;

	assert_int_equal(introspect_vmcoreinfo(s->in, &info), 0);
	has_line(info, "OSRELEASE=%s", introspect_release(s->in));
	has_line(info, "PAGESIZE=4096");
	has_line(info, "NUMBER(VA_BITS)=48");
	has_line(info, "NUMBER(TCR_EL1_T1SZ)=0x10");
	has_line(info, "NUMBER(PHYS_OFFSET)=0x%" PRIx64, RAM);
	has_line(info, "NUMBER(kimage_voffset)=0x%" PRIx64, TEXT - KERNEL);
	has_line(info, "SYMBOL(swapper_pg_dir)=%" PRIx64,
		 TABLES + TEXT - KERNEL);
	if (!introspect_symbol_by_name(s->in, "_stext", &va))
		has_line(info, "SYMBOL(_stext)=%" PRIx64, va);
	free(info);
}

static void publish(struct setup *s, ipa_t ipa, uint64_t offset)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"OSRELEASE=%s\nPAGESIZE=4096\nNUMBER(kimage_voffset)=0x%" PRIx64
		"\n",
		introspect_release(s->in), offset);
	fake_guest_load(s->fake, ipa, text, strlen(text) + 1);
}

/* The kernel's own page is used, but not a page from before a reset. */
static void published(void **state)
{
	struct setup *s = *state;
	char *info;

	publish(s, HEAP, TEXT - KERNEL - SZ_2M);
	assert_int_equal(introspect_vmcoreinfo(s->in, &info), 0);
	assert_non_null(strstr(info, "NUMBER(VA_BITS)=48\n"));
	free(info);
	publish(s, HEAP + SZ_64K, TEXT - KERNEL);
	assert_int_equal(introspect_vmcoreinfo(s->in, &info), 0);
	assert_null(strstr(info, "NUMBER(VA_BITS)"));
	has_line(info, "NUMBER(kimage_voffset)=0x%" PRIx64, TEXT - KERNEL);
	free(info);
}

/* Without the MMU there are no kernel addresses, so there is no VMCOREINFO. */
static void too_early(void **state)
{
	struct setup *s = *state;
	struct introspect_span *spans;
	unsigned int nr;
	char *info;

	s->fake->sysregs[0][GUEST_SCTLR_EL1] = 0;
	assert_int_equal(introspect_kernel_map(s->in, &spans, &nr), -ENOENT);
	if (!truth_has(s->t, "relative_base"))
		assert_int_equal(introspect_vmcoreinfo(s->in, &info), -ENOENT);
}

/* Make trapline's notes unreadable. */
static void notes_spoil(void)
{
	int fd = open(path, O_RDWR);
	struct stat st;
	char *data, *at;

	assert_int_equal(fstat(fd, &st), 0);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	assert_true(data != MAP_FAILED);
	while ((at = memmem(data, SZ_64K, "TRAPLINE", 9)))
		*at = 'X';
	munmap(data, (size_t)st.st_size);
	close(fd);
}

static void same_kernel(struct vmcore *c)
{
	struct introspect *in;
	va_t va;

	assert_int_equal(introspect_create(vmcore_guest(c), &in), 0);
	assert_int_equal(vmcore_find_tables(c, in), 0);
	assert_int_equal(introspect_find_kernel(in), 0);
	assert_int_equal(introspect_text_va(in, &va), 0);
	assert_true(va == TEXT);
	introspect_destroy(in);
}

static void dumped(void **state)
{
	struct setup *s = *state;
	struct vmcore_source source = { .guest = &s->fake->guest };
	struct introspect_span *spans;
	struct vmcore *c;
	char err[256];
	char *info;
	int fd;

	assert_int_equal(introspect_kernel_map(s->in, &spans, &source.nr_spans),
			 0);
	assert_int_equal(source.nr_spans, 2);
	assert_true(spans[0].va == LINEAR && spans[0].ipa == RAM &&
		    spans[0].size == RAM_SIZE);
	assert_true(spans[1].va == TEXT && spans[1].ipa == KERNEL);
	assert_int_equal(introspect_vmcoreinfo(s->in, &info), 0);
	source.spans = spans;
	source.vmcoreinfo = info;
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(vmcore_write(&source, fd), 0);
	close(fd);
	free(info);
	free(spans);
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), 0);
	same_kernel(c);
	vmcore_close(c);
	notes_spoil();
	assert_int_equal(vmcore_open(path, &c, err, sizeof(err)), 0);
	same_kernel(c);
	vmcore_close(c);
}

int main(void)
{
	const char *names[MAX_KERNELS];
	size_t nr = truth_kernels(names, MAX_KERNELS);
	int failed = 0, fd = mkstemp(path);

	close(fd);
	for (size_t i = 0; i < nr; i++) {
		struct truth *t = truth_load(names[i]);
#define T(f)                                            \
	{                                               \
#f, f, setup_kernel, teardown_kernel, t \
	}
		const struct CMUnitTest tests[] = {
			T(made),
			T(published),
			T(too_early),
			T(dumped),
		};

		failed += cmocka_run_group_tests_name(names[i], tests, NULL,
						      NULL);
		truth_free(t);
		free((char *)(uintptr_t)names[i]);
	}
	unlink(path);
	return failed;
}
