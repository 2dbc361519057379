// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - trapline's subcommands
 *
 * One binary, one table. main() turns a subcommand's result into the exit
 * status. The libraries' messages are printed here (report.h).
 */
#include "cli.h"
#include "lab.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/types.h>

static bool is_quiet;

static int version_main(int argc, char **argv);
static int help_main(int argc, char **argv);

static const struct command {
	const char *name;
	const char *help;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "run", "boot an arm64 kernel and serve gdb on port 1234", run_main },
	{ "post", "debug a dump of a guest with gdb; nothing runs", post_main },
	{ "shell", "run commands over a guest, or over a dump of one",
	  shell_main },
	{ "report", "say what happened to a guest, from a dump of it",
	  report_main },
	{ "lab", "run a command on an arm64 machine with EL2, under QEMU",
	  lab_main },
	{ "version", "print the version", version_main },
	{ "help",
	  "print this text, or the help of a command: trapline help run",
	  help_main },
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int version_main(int argc, char **argv)
{
	printf("trapline %s\n", TRAPLINE_VERSION);
	return 0;
}

static void usage(FILE *out)
{
	fprintf(out, "usage: trapline COMMAND [ARGUMENT...]\n\n"
		     "Debugs an arm64 guest kernel from below it.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n"
		     "  trapline run -c 2 -m 1G --initrd initrd.img Image\n"
		     "  gdb-multiarch -ex 'target remote :1234'\n\n"
		     "'trapline COMMAND --help' explains a command.\n");
}

static int unknown(const char *name)
{
	const char *nearest = name_nearest(name, &commands[0].name,
					   sizeof(commands[0]),
					   ARRAY_SIZE(commands));

	report(REPORT_ERROR,
	       "no command '%s':%s%s%s 'trapline help' lists the commands",
	       name, nearest ? " did you mean " : "", nearest ? nearest : "",
	       nearest ? "?" : "");
	return CLI_USAGE;
}

static int help_main(int argc, char **argv)
{
	const struct command *c;
	char *sub[] = { NULL, (char *)"--help", NULL };

	if (argc < 2) {
		usage(stdout);
		return 0;
	}
	c = command_find(argv[1]);
	if (!c)
		return unknown(argv[1]);
	if (c->fn == help_main || c->fn == version_main) {
		printf("trapline %s: %s\n", c->name, c->help);
		return 0;
	}
	sub[0] = argv[1];
	return c->fn(2, sub);
}

void cli_quiet(void)
{
	is_quiet = true;
}

static void show(enum report_kind kind, const char *text)
{
	if (kind != REPORT_NOTE || !is_quiet)
		fprintf(stderr, "%strapline: %s\n",
			kind == REPORT_KEY ? "\n" : "", text);
}

static int command_run(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return version_main(1, argv + 1);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help_main(1, argv + 1);
	c = command_find(argv[1]);
	return c ? c->fn(argc - 1, argv + 1) : unknown(argv[1]);
}

/* It is a failure if a command's output could not be written. */
int main(int argc, char **argv)
{
	int status;

	report_set(show);
	status = command_run(argc, argv);
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	report(REPORT_ERROR, "cannot write to standard output: %s",
	       errno ? strerror(errno) : "some of it is lost");
	return status ? status : CLI_FAILED;
}
