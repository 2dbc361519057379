// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_options.c - command lines
 *
 * The first byte says whether the rest is for "trapline run" or "trapline lab".
 * The rest is a list of words that end with NUL or a newline. A refused command
 * line has an error of one line; an accepted one has the properties that the
 * caller relies on.
 */
#include <string.h>

#include "cli/lab.h"
#include "cli/run_options.h"
#include "input.h"

#define MAX_WORDS 64

static void check(int result, const char *error)
{
	must(result <= 0, "a result above 0");
	must(!result || *error, "an error without a text");
	must(!result || !strchr(error, '\n'), "an error of two lines");
}

static void run_line(int argc, char **argv)
{
	struct run_options o = { 0 };
	int result = run_options_parse(&o, argc, argv);

	check(result, o.error);
	if (!result && !o.help)
		must(o.config.kernel && o.config.cpus &&
			     o.config.cpus <= RUN_MAX_CPUS &&
			     o.config.memory >= RUN_MIN_MEMORY &&
			     o.config.memory <= RUN_MAX_MEMORY &&
			     o.config.nr_disks <= VMM_MAX_DISKS &&
			     o.config.nr_nets <= VMM_MAX_NETS,
		     "accepted, but beyond the limits");
	run_options_deinit(&o);
}

static void lab_line(int argc, char **argv)
{
	struct lab_options o;
	char error[256] = "";
	int result = lab_options_parse(&o, argc, argv, error, sizeof(error));

	check(result, error);
	if (!result && !o.help)
		must(o.command[0] && o.smp, "accepted, but without a command");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[MAX_WORDS + 2] = { (char *)"trapline" };
	char *copy, *word, *rest;
	int argc = 1;

	if (!size)
		return 0;
	copy = malloc(size);
	must(copy, "no memory");
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	for (size_t i = 0; i + 1 < size; i++)
		if (!copy[i])
			copy[i] = '\n';
	for (rest = copy; (word = strsep(&rest, "\n")) && argc <= MAX_WORDS;)
		argv[argc++] = word;
	if (data[0] & 1)
		lab_line(argc, argv);
	else
		run_line(argc, argv);
	free(copy);
	return 0;
}
