// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line of "trapline lab", and its results: the shared directories
 * and the configuration that init reads.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <trapline/types.h>

#include "cli/lab.h"
#include "lab/image.h"

static struct lab_options o;
static char error[256];

/* Parse up to 8 words after "lab". */
static int parse(const char *words)
{
	static char copy[512];
	static char *argv[16];
	int argc = 0;
	char *word, *rest;

	snprintf(copy, sizeof(copy), "lab %s", words);
	for (word = strtok_r(copy, " ", &rest); word && argc < 15;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	error[0] = '\0';
	return lab_options_parse(&o, argc, argv, error, sizeof(error));
}

static void test_defaults(void **state)
{
	assert_int_equal(parse("sh"), 0);
	assert_string_equal(o.cpu, "max,pauth-impdef=on");
	assert_string_equal(o.cpu_append, "");
	assert_int_equal(o.gic, 3);
	assert_int_equal(o.smp, 2);
	assert_int_equal(o.mem, 2ULL << 30);
	assert_string_equal(o.kernel, "6.12");
	assert_int_equal(o.gdb_port, 0);
	assert_int_equal(o.escape, 1);
	assert_false(o.no_cwd);
	assert_false(o.net);
	assert_string_equal(o.command[0], "sh");
	assert_null(o.command[1]);
}

static void test_cpus(void **state)
{
	assert_int_equal(parse("--cpu nvhe sh"), 0);
	assert_string_equal(o.cpu, "cortex-a57");
	assert_int_equal(parse("--cpu=nvhe-max sh"), 0);
	assert_string_equal(o.cpu_append, "id_aa64mmfr1.vh=0");
	assert_int_equal(parse("--cpu neoverse-n1 sh"), 0);
	assert_string_equal(o.cpu, "neoverse-n1");
}

/* Options end at the command; the rest are the command's arguments. */
static void test_command_keeps_its_options(void **state)
{
	assert_int_equal(parse("--gic 2 trapline run --gdb none -c 2"), 0);
	assert_string_equal(o.command[0], "trapline");
	assert_string_equal(o.command[2], "--gdb");
	assert_int_equal(parse("--gic 2 -- -weird"), 0);
	assert_string_equal(o.command[0], "-weird");
}

static void test_values(void **state)
{
	assert_int_equal(parse("--gdb 1234 --forward 2222:22 --smp 4 sh"), 0);
	assert_int_equal(o.gdb_port, 1234);
	assert_true(o.net);
	assert_int_equal(o.smp, 4);
	assert_false(o.gdb_any_user);
	assert_int_equal(parse("--gdb 1234,any-user sh"), 0);
	assert_int_equal(o.gdb_port, 1234);
	assert_true(o.gdb_any_user);
	assert_int_equal(parse("--gdb none --escape ctrl-b -v sh"), 0);
	assert_int_equal(o.gdb_port, 0);
	assert_int_equal(o.escape, 2);
	assert_true(o.verbose);
	assert_int_equal(parse("--escape none sh"), 0);
	assert_int_equal(o.escape, -1);
	assert_false(o.el2_core);
	assert_int_equal(parse("--accel trapline sh"), 0);
	assert_true(o.el2_core);
	assert_int_equal(parse("--mem 1024 sh"), 0);
	assert_int_equal(o.mem, SZ_1G);
	assert_int_equal(parse("--mem 3g sh"), 0);
	assert_int_equal(o.mem, 3 * SZ_1G);
	assert_int_equal(parse("--help"), 0);
	assert_true(o.help);
}

static void test_usage_errors(void **state)
{
	static const char *const bad[] = {
		"",
		"--gic",
		"--gic 4 sh",
		"--smp 0 sh",
		"--smp -1 sh",
		"--smp 65 sh",
		"--gic 2 --smp 9 sh",
		"--mem 1 sh",
		"--mem 2X sh",
		"--mem 99999999999999999999G sh",
		"--mem 300G sh",
		"--gdb 0 sh",
		"--gdb 65536 sh",
		"--gdb x sh",
		"--gdb 1234, sh",
		"--gdb 1234,any sh",
		"--gdb none,any-user sh",
		"--gdb 12345678901,any-user sh",
		"--forward 22 sh",
		"--forward 1:2:3 sh",
		"--forward 0:1 sh",
		"--forward 1:0 sh",
		"--forward 1:65536 sh",
		"--forward +1:1 sh",
		"--forward 1:-1 sh",
		"--forward 4294967297:1 sh",
		"--accel auto sh",
		"--escape a sh",
		"--escape ctrl- sh",
		"--env =x sh",
		"--bogus sh",
		"-z sh",
		"--cpu= sh",
		"--icount=1 sh",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i]) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(error[0]);
		assert_null(strchr(error, '\n'));
	}
}

static void test_disk_suffixes(void **state)
{
	static const struct {
		const char *arg;
		size_t length;
		struct lab_disk want;
	} table[] = {
		{ "a.img", 5, { false, false, false } },
		{ "a.img,ro", 5, { true, false, false } },
		{ "a.img,snapshot", 5, { false, true, false } },
		{ "a.img,ro,locked", 5, { true, false, true } },
		{ "a,b,locked", 3, { false, false, true } },
		{ ",ro", 3, { false, false, false } },
	};
	struct lab_disk d;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(lab_disk_suffixes(table[i].arg, &d),
				 table[i].length);
		assert_memory_equal(&d, &table[i].want, sizeof(d));
	}
}

static void test_below(void **state)
{
	assert_true(lab_path_is_below("/a/b", "/a"));
	assert_true(lab_path_is_below("/a", "/a"));
	assert_true(lab_path_is_below("/a", "/"));
	assert_false(lab_path_is_below("/ab", "/a"));
	assert_false(lab_path_is_below("/a", "/a/b"));
}

/* A directory below another share is not shared again. */
static void test_shares(void **state)
{
	struct lab_plan plan = { .options = &o };
	char top[] = "/tmp/test_lab.XXXXXX", sub[64], words[256];

	assert_non_null(mkdtemp(top));
	snprintf(sub, sizeof(sub), "%s/sub", top);
	assert_int_equal(mkdir(sub, 0700), 0);
	snprintf(words, sizeof(words), "--no-cwd --share %s --share %s sh", sub,
		 top);
	assert_int_equal(parse(words), 0);
	assert_int_equal(lab_plan_shares(&plan), 0);
	assert_int_equal(plan.nshares, 1);
	assert_string_equal(plan.shares[0].dir, top);
	assert_false(plan.shares[0].read_only);
	lab_plan_free(&plan);
	/* A writable share below a read-only share. */
	snprintf(words, sizeof(words), "--no-cwd --share %s --share %s,ro sh",
		 sub, top);
	assert_int_equal(parse(words), 0);
	assert_int_equal(lab_plan_shares(&plan), 0);
	assert_int_equal(plan.nshares, 2);
	assert_string_equal(plan.shares[0].dir, top);
	assert_true(plan.shares[0].read_only);
	assert_string_equal(plan.shares[1].dir, sub);
	assert_false(plan.shares[1].read_only);
	lab_plan_free(&plan);
	assert_int_equal(parse("--no-cwd --share /etc sh"), 0);
	assert_int_equal(lab_plan_shares(&plan), -EINVAL);
	lab_plan_free(&plan);
	rmdir(sub);
	rmdir(top);
}

static void test_config(void **state)
{
	static const char want[] = "ash\0a-c\0aecho\0d/x\0eHOME=/h\0ePATH=";
	struct lab_plan plan = { .options = &o };
	size_t size;
	char *text;

	assert_int_equal(parse("--env HOME=/h sh -c echo"), 0);
	plan.cwd = strdup("/x");
	text = lab_config_text(&plan, &size);
	assert_non_null(text);
	assert_true(size >= sizeof(want) - 1);
	assert_memory_equal(text, want, sizeof(want) - 1);
	assert_null(memmem(text, size, "HOME=/root", 10));
	free(text);
	lab_plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_command_keeps_its_options),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_usage_errors),
		cmocka_unit_test(test_disk_suffixes),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
