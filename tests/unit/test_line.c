// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * line.c: a monitor command gets its arguments complete.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>

#include "session/line.h"

static void words(void **state)
{
	size_t length;

	assert_true(line_is("watch", "watch"));
	assert_true(line_is(" \twatch x", "watch"));
	assert_false(line_is("watchpoints", "watch"));
	assert_false(line_is("wat", "watch"));
	assert_false(line_is("", ""));
	assert_false(line_is("  ", ""));
	assert_string_equal(line_word("  no such", &length), "no such");
	assert_int_equal(length, 2);
}

static void args_are(const char *line, const char *want)
{
	char *args = line_args(line);

	assert_string_equal(args, want);
	free(args);
}

static void arguments(void **state)
{
	args_are("watch", "");
	args_are("watch \t ", "");
	args_are(" watch  a b\tif c \r\n", "a b\tif c");
}

/* A condition after a long condition is not lost. */
static void long_arguments(void **state)
{
	char line[4096] = "watch x 8 if new == 0";

	while (strlen(line) < 4000)
		strcat(line, " || new == 1");
	strcat(line, " && cpu == 1");
	args_are(line, line + strlen("watch "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(arguments),
		cmocka_unit_test(long_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
