// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_understood.c - a kernel that is not understood is reported
 *
 * The test damages each table of a small Image; the line that the user gets has
 * to name the table. test_introspect_real.c does the same with real kernels.
 */
#include "fake_guest.h"
#include "fake_kernel.h"

#include <trapline/introspect.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM      0x40000000ULL
#define RAM_SIZE (8 * SZ_1M)
#define IMAGE    (RAM + SZ_2M)
#define BANNER   (3 * SZ_1M) /* after the tables */
#define NAME     "Linux 9.8.7-test at IPA 0x40200000 is not "

struct setup {
	struct fake_guest *fake;
	struct fake_kernel w;
	struct introspect *in;
	char text[256];
};

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));
	uint8_t *image;

	s->fake = fake_guest_create(1, RAM, RAM_SIZE);
	image = fake_guest_at(s->fake, IMAGE, FAKE_IMAGE_SIZE);
	fake_kernel_write(&s->w, image, FAKE_ORDER_7_0);
	strcpy((char *)image + BANNER, "Linux version 9.8.7-test (a) #1 SMP\n");
	assert_int_equal(introspect_create(&s->fake->guest, &s->in), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

/*
 * Look for the kernel. Returns the line of the report, or "" without a report.
 */
static const char *line(struct setup *s)
{
	introspect_find_kernel_at(s->in, IMAGE);
	if (!introspect_not_understood(s->in, s->text, sizeof(s->text)))
		s->text[0] = '\0';
	return s->text;
}

static void understood(void **state)
{
	struct setup *s = *state;

	assert_string_equal(line(s), "");
	assert_int_equal(introspect_nr_symbols(s->in), FAKE_NR_SYMBOLS);
	/* Without any kernel there is no report, either. */
	introspect_reset(s->in);
	memset(s->w.image, 0, 64);
	assert_string_equal(line(s), "");
	assert_int_equal(introspect_nr_symbols(s->in), 0);
}

static void each_table(void **state)
{
	struct setup *s = *state;
	const struct {
		uint64_t at;
		const char *missing;
	} tables[] = {
		{ s->w.index + 100, "kallsyms_token_index" },
		{ s->w.token_table + 130, "kallsyms_token_table" },
		{ s->w.markers + 5, "kallsyms_markers" },
		{ s->w.num_syms + 3, "kallsyms_names, kallsyms_num_syms" },
		{ s->w.offsets + 4 * 100 + 3, "kallsyms_offsets" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
		s->w.image[tables[i].at] ^= 0x7e;
		assert_memory_equal(line(s), NAME "understood: ",
				    sizeof(NAME "understood: ") - 1);
		assert_non_null(strstr(s->text, tables[i].missing));
		assert_non_null(
			strstr(s->text, " (no symbols, no crash stop)"));
		/*
		 * The kernel may have been loaded only in part at the first
		 * look.
		 */
		s->w.image[tables[i].at] ^= 0x7e;
		assert_string_equal(line(s), "");
		introspect_reset(s->in);
	}
}

/* An Image without Linux's version text is not reported. */
static void no_linux(void **state)
{
	struct setup *s = *state;

	s->w.image[s->w.markers + 5] ^= 0xff;
	s->w.image[BANNER] = 'l';
	assert_string_equal(line(s), "");
	/* A release with control characters does not count. */
	strcpy((char *)s->w.image + BANNER,
	       "Linux version 9.8.7-\033]2;x (a) #1 SMP\n");
	assert_string_equal(line(s), "");
}

static void header(void **state)
{
	struct setup *s = *state;

	s->w.image[24] |= 1; /* flags: big-endian */
	assert_string_equal(line(s), NAME "understood: its big-endian data "
					  "(no symbols, no crash stop)");
	introspect_reset(s->in);
	s->w.image[24] &= ~1;
	s->w.image[19] = 1; /* image_size: 16 MiB more */
	assert_string_equal(line(s),
			    NAME "understood: image_size in the "
				 "Image's header (no symbols, no crash "
				 "stop)");
	/*
	 * Without a loader's hint there is no report: an Image that only lies
	 * in RAM does not count.
	 */
	introspect_reset(s->in);
	introspect_find_kernel(s->in);
	assert_false(
		introspect_not_understood(s->in, s->text, sizeof(s->text)));
}

/* The tables can be read, but symbols that are needed are missing. */
static void no_crash_functions(void **state)
{
	struct setup *s = *state;
	uint8_t *name;

	/* compressed name of die(): length 4, then the tokens T, d, i, e */
	name = memmem(s->w.image + s->w.names, 4096, "\004Tdie", 5);
	assert_non_null(name);
	name[4] = 'a';
	assert_string_equal(line(s), NAME "wholly understood: die() and "
					  "panic() (no crash stop)");
}

/* The kernel runs, but no page tables lead to its text. */
static void no_address(void **state)
{
	struct setup *s = *state;
	uint64_t *sysregs = s->fake->sysregs[0];

	assert_false(introspect_kernel_runs(s->in));
	assert_string_equal(line(s), "");
	s->fake->regs[0].pc = 0xffff800080001000ULL;
	s->fake->regs[0].pstate = 5;
	assert_string_equal(line(s), ""); /* its MMU is off */
	sysregs[GUEST_SCTLR_EL1] = 1;
	assert_true(introspect_kernel_runs(s->in));
	assert_string_equal(line(s),
			    NAME "wholly understood: the page tables that map "
				 "it (no addresses)");
	s->fake->offline[0] = true;
	assert_false(introspect_kernel_runs(s->in));
	assert_string_equal(line(s), "");
	s->fake->offline[0] = false;
	/* No kernel: firmware at physical addresses, and a user process. */
	s->fake->regs[0].pc = RAM;
	assert_false(introspect_kernel_runs(s->in));
	s->fake->regs[0].pstate = 0;
	assert_true(introspect_kernel_runs(s->in));
}

/* The line is cut to fit any small buffer. */
static void cut(void **state)
{
	struct setup *s = *state;

	s->w.image[s->w.markers + 5] ^= 0xff;
	introspect_find_kernel_at(s->in, IMAGE);
	for (size_t size = 1; size < 64; size++) {
		memset(s->text, 'x', sizeof(s->text));
		assert_true(introspect_not_understood(s->in, s->text, size));
		assert_int_equal(strlen(s->text), size - 1);
		assert_int_equal(s->text[size], 'x');
	}
}

int main(void)
{
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(understood),         T(each_table), T(no_linux), T(header),
		T(no_crash_functions), T(no_address), T(cut),
	};

	return fake_guest_run_tests(tests);
}
