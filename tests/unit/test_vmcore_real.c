// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vmcore_real.c - dumps of Debian's own kernels
 *
 * For each kernel of the cache (fake_running.h), the test checks VMCOREINFO and
 * the kernel's addresses. A dump without trapline's notes must lead to the same
 * kernel.
 */
#include "fake_running.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/arm64.h>
#include <trapline/vmcore.h>

#define PAGE_OFFSET 0xffff000000000000ULL

static char path[] = "/tmp/test-vmcore-real-XXXXXX";

static struct setup *run_kernel(void **state)
{
	struct setup *s = *state;

	relocate(s);
	assert_int_equal(introspect_find_kernel(s->in), 0);
	return s;
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

static int mem_section_size(const char *info)
{
	static const char key[] = "\nSIZE(mem_section)=";
	const char *at = strstr(info, key);

	assert_non_null(at);
	return atoi(at + sizeof(key) - 1);
}

/* The kernel has not made VMCOREINFO yet. */
static void made(void **state)
{
	static const char *const variables[] = {
		"SYMBOL(prb)=",
		"SYMBOL(printk_rb_static)=",
		"SYMBOL(clear_seq)=",
		"SYMBOL(kallsyms_names)=",
	};
	struct setup *s = run_kernel(state);
	char *info;
	va_t va;

	assert_int_equal(introspect_vmcoreinfo(s->in, &info), 0);
	has_line(info, "OSRELEASE=%s", introspect_release(s->in));
	has_line(info, "PAGESIZE=4096");
	has_line(info, "NUMBER(VA_BITS)=48");
	has_line(info, "NUMBER(MAX_PHYSMEM_BITS)=48");
	has_line(info, "NUMBER(SECTION_SIZE_BITS)=27");
	has_line(info, "LENGTH(mem_section)=%d",
		 (1 << (48 - 27)) / (4096 / mem_section_size(info)));
	has_line(info, "NUMBER(TCR_EL1_T1SZ)=0x10");
	has_line(info, "NUMBER(PHYS_OFFSET)=0x%" PRIx64,
		 RAM + PAGE_OFFSET - LINEAR);
	has_line(info, "NUMBER(kimage_voffset)=0x%" PRIx64, TEXT - KERNEL);
	has_line(info, "SYMBOL(swapper_pg_dir)=%" PRIx64,
		 TABLES + TEXT - KERNEL);
	if (!introspect_symbol_by_name(s->in, "_stext", &va))
		has_line(info, "SYMBOL(_stext)=%" PRIx64, va);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (!strstr(info, variables[i]))
			fail_msg("no %s in\n%s", variables[i], info);
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
	struct setup *s = run_kernel(state);
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

/* The kernel has given the page of its Image's header to somebody else. */
static void no_header(void **state)
{
	struct setup *s = run_kernel(state);
	unsigned int symbols = introspect_nr_symbols(s->in);
	struct introspect *in;
	char text[256];

	snprintf(text, sizeof(text),
		 "OSRELEASE=%s\nSYMBOL(_stext)=%" PRIx64
		 "\nNUMBER(kimage_voffset)=0x%" PRIx64 "\n",
		 introspect_release(s->in), (uint64_t)(TEXT + SZ_64K),
		 (uint64_t)(TEXT - KERNEL));
	memset(fake_guest_at(s->fake, KERNEL, SZ_4K), 0x5a, SZ_4K);
	assert_int_equal(introspect_create(&s->fake->guest, &in), 0);
	assert_int_equal(introspect_find_kernel_by_info(in), -ENOENT);
	fake_guest_load(s->fake, HEAP, text, strlen(text) + 1);
	assert_int_equal(introspect_find_kernel(in), -ENOENT);
	assert_int_equal(introspect_find_kernel_by_info(in), 0);
	assert_true(introspect_text_ipa(in) == KERNEL);
	assert_int_equal(introspect_nr_symbols(in), symbols);
	assert_string_equal(introspect_release(in), introspect_release(s->in));
	introspect_destroy(in);
}

/* Without the MMU there are no kernel addresses, so there is no VMCOREINFO. */
static void too_early(void **state)
{
	struct setup *s = run_kernel(state);
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
	struct setup *s = run_kernel(state);
	struct vmcore_source source = { .guest = &s->fake->guest };
	struct introspect_span *spans;
	struct vmcore *c;
	char err[256];
	char *info;
	int fd;

	assert_int_equal(introspect_kernel_map(s->in, &spans, &source.nr_spans),
			 0);
	assert_int_equal(source.nr_spans, 3);
	assert_true(spans[0].va == LINEAR && spans[0].ipa == RAM &&
		    spans[0].size == RAM_SIZE);
	assert_true(spans[1].va == TEXT && spans[1].ipa == KERNEL);
	assert_true(spans[2].va == HEAP_VA && spans[2].ipa == HEAP);
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
	static const struct running_test tests[] = {
		{ "made", made },           { "published", published },
		{ "no header", no_header }, { "too early", too_early },
		{ "dumped", dumped },
	};
	int failed, fd = mkstemp(path);

	close(fd);
	failed = running_tests(tests, ARRAY_SIZE(tests));
	unlink(path);
	return failed;
}
