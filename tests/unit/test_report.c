// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the libraries: their receiver and their form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <trapline/report.h>

static char last[4096];
static enum report_kind last_kind;
static unsigned int nr;

static void show(enum report_kind kind, const char *text)
{
	snprintf(last, sizeof(last), "%s", text);
	last_kind = kind;
	nr++;
}

static int setup(void **state)
{
	nr = 0;
	report_set(show);
	return 0;
}

static void test_message(void **state)
{
	report(REPORT_NOTE, "CPU %u: %s", 3, "off");
	assert_string_equal(last, "CPU 3: off");
	assert_int_equal(last_kind, REPORT_NOTE);
	report(REPORT_ERROR, "%s", "two\nlines");
	assert_string_equal(last, "two\nlines");
	assert_int_equal(last_kind, REPORT_ERROR);
	assert_int_equal(nr, 2);
}

/* A terminal obeys control characters. */
static void test_control_characters(void **state)
{
	report(REPORT_ERROR, "%s", "a\033[2Jb\r\a\x7f");
	assert_string_equal(last, "a?[2Jb???");
	report(REPORT_ERROR, "%s",
	       "B\xc3\xbc"
	       "cher");
	assert_string_equal(last, "B\xc3\xbc"
				  "cher");
}

static void test_long_message(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	report(REPORT_ERROR, "%s", text);
	assert_string_equal(last, text);
}

static void test_nobody_listens(void **state)
{
	report_set(NULL);
	report(REPORT_ERROR, "dropped");
	assert_int_equal(nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_message, setup),
		cmocka_unit_test_setup(test_control_characters, setup),
		cmocka_unit_test_setup(test_long_message, setup),
		cmocka_unit_test_setup(test_nobody_listens, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
