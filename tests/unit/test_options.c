// SPDX-License-Identifier: GPL-2.0-or-later
/* The option parser of all subcommands: its errors, its guesses and --help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/options.h"

struct result {
	bool flag;
	const char *text, *empty, *choice;
	unsigned int number;
	uint64_t size;
};

#define AT(field) offsetof(struct result, field)

static const struct cli_option options[] = {
	{ .help = "Group" },
	{ .name = "flag", 'f', NULL, "A flag.", option_flag, AT(flag) },
	{ .name = "text",
	  't',
	  "TEXT",
	  "One line.\nAnother line.",
	  option_text,
	  AT(text) },
	{ .name = "append", 0, "ARGS", "Text.", option_maybe_empty, AT(empty) },
	{ .name = "choice",
	  0,
	  "one|two|three",
	  "A word.",
	  option_choice,
	  AT(choice) },
	{ .name = "number",
	  0,
	  "NUMBER-WITH-A-LONG-NAME",
	  "A number.",
	  option_number,
	  AT(number),
	  2,
	  1000 },
	{ .name = "size",
	  0,
	  "SIZE",
	  "A size, and a help text that does not fit on one line of eighty "
	  "columns.",
	  option_size,
	  AT(size),
	  SZ_2M,
	  1024 * SZ_1G },
};

static const struct cli_syntax syntax = {
	.command = "test",
	.intro = "usage: test\n",
	.end = "The end.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
};

static struct result r;
static char error[256];

/* Parse words with a space between them; returns what options_parse() does. */
static int parse(const char *words)
{
	static char copy[256];
	char *argv[16] = { (char *)"test" }, *at = copy;
	int argc = 1;

	memset(&r, 0, sizeof(r));
	snprintf(copy, sizeof(copy), "%s", words);
	while (at && *words)
		argv[argc++] = strsep(&at, " ");
	return options_parse(&syntax, &r, argc, argv, error, sizeof(error));
}

static void refused(const char *words, const char *want)
{
	assert_true(parse(words) < 0);
	assert_string_equal(error, want);
}

static void test_types(void **state)
{
	assert_int_equal(parse("-f -tx --choice two --number=0x10 --size 1t"),
			 8);
	assert_true(r.flag);
	assert_string_equal(r.text, "x");
	assert_string_equal(r.choice, "two");
	assert_int_equal(r.number, 16);
	assert_int_equal(r.size, 1024 * SZ_1G);
	assert_int_equal(parse("--size 2 word --size 4"), 3);
	assert_int_equal(r.size, SZ_2M);
	assert_int_equal(parse("--append= -- -f"), 3);
	assert_string_equal(r.empty, "");
	assert_false(r.flag);
}

static void test_errors(void **state)
{
	refused("--choice four", "--choice four: give one, two or three");
	refused("--number 1001", "--number 1001: give a number from 2 to 1000");
	refused("--size 1M",
		"--size 1M: give a size from 2M to 1T, such as 2G");
	refused("--size 18446744073709551616",
		"--size 18446744073709551616: give a size from 2M to 1T, such "
		"as 2G");
	refused("--text", "--text needs a value: TEXT");
	refused("--text=", "--text needs a value: TEXT");
	refused("--flag=1", "--flag takes no value");
	refused("-x", "no option -x: 'trapline test --help' lists the options");
}

static void test_nearest(void **state)
{
	static const char *const words[][2] = {
		{ "--txet", "--text" },        { "--siz", "--size" },
		{ "--flags", "--flag" },       { "--nubmer", "--number" },
		{ "--numbers=3", "--number" }, { "--choise", "--choice" },
	};
	char want[64];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_true(parse(words[i][0]) < 0);
		snprintf(want, sizeof(want), ": did you mean %s?", words[i][1]);
		if (!strstr(error, want))
			fail_msg("%s: %s", words[i][0], error);
	}
	assert_true(parse("--xyz") < 0);
	assert_null(strstr(error, "did you mean"));
	assert_true(parse("--a-word-that-is-longer-than-any-name") < 0);
	assert_null(strstr(error, "did you mean"));
}

static void test_help(void **state)
{
	static const char want[] =
		"usage: test\n"
		"\n"
		"Group:\n"
		"  -f, --flag            A flag.\n"
		"  -t, --text TEXT       One line.\n"
		"                        Another line.\n"
		"  --append ARGS         Text.\n"
		"  --choice one|two|three\n"
		"                        A word.\n"
		"  --number NUMBER-WITH-A-LONG-NAME\n"
		"                        A number.\n"
		"  --size SIZE           A size, and a help text that does not "
		"fit on one line of\n"
		"                        eighty columns.\n"
		"\n"
		"The end.\n";
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	options_help(&syntax, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
