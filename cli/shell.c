// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shell.c - "trapline shell": commands from a user or from a script, for a dump
 * or for another trapline
 */
#include "cli.h"
#include "options.h"
#include "reader.h"
#include "remote.h"
#include "script.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <trapline/report.h>
#include <unistd.h>

struct shell_options {
	const char *target;
	const char *modules;
	struct script script;
	bool batch;
	bool no_history;
	bool no_sandbox;
	bool quiet;
	bool help;
};

/* --- options ------------------------------------------------------------- */

#define DEFAULT_ADDR ":1234"

#define AT(field) offsetof(struct shell_options, field)

static int operand_set(struct option_parser *p, const char *word)
{
	struct shell_options *o = p->result;

	if (o->target)
		return option_fail(p, "'%s': ADDR or VMCORE is already '%s'",
				   word, o->target);
	o->target = word;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .name = "command", 'e', "COMMAND",
	  "Run this command first. Give the option again for another command.",
	  script_command, AT(script) },
	{ .name = "file", 'f', "FILE",
	  "Run the commands in this file, one a line. -: standard input.",
	  script_file, AT(script) },
	{ .name = "batch", 0, NULL,
	  "Show no prompt. This is the default if standard input or output is "
	  "no terminal; without -e and -f, the commands of standard input are "
	  "run then.",
	  option_flag, AT(batch) },
	{ .name = "no-history", 0, NULL,
	  "Do not read or write the file of earlier lines, "
	  "$XDG_STATE_HOME/trapline/history.",
	  option_flag, AT(no_history) },
	{ .name = "modules", 0, "DIR",
	  "For a dump: the folder with the guest's .ko files.",
	  option_text, AT(modules) },
	{ .name = "no-sandbox", 0, NULL,
	  "For a dump: do not confine the process that reads the dump.",
	  option_flag, AT(no_sandbox) },
	{ .name = "quiet", 'q', NULL, "Print only errors, and what commands print.",
	  option_flag, AT(quiet) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "shell",
	.intro =
		"usage: trapline shell [options] [ADDR|VMCORE]\n"
		"\n"
		"Runs commands over a guest, or over a dump of one: those of 'monitor' in gdb. No\n"
		"vmlinux is needed:\n"
		"\n"
		"  trapline shell                                      the guest at port 1234\n"
		"  trapline shell oops.vmcore                          with a prompt\n"
		"  trapline shell --batch -e ps -e 'bt blocked | less' oops.vmcore\n"
		"  trapline shell oops.vmcore <commands\n"
		"\n"
		"'help' lists the commands. 'COMMAND | PROGRAM' gives the output to a program\n"
		"of this machine, '!PROGRAM' runs one, '#' begins a comment, 'exit' ends.\n"
		"ADDR is the address for gdb of a running trapline: [HOST:]PORT, or unix:PATH.\n"
		"The guest stands still until the shell ends, and gdb cannot connect meanwhile.\n"
		"VMCORE is a dump that 'trapline post' reads.\n"
		"\n",
	.end = "Exit status: 0 if all commands worked, or after a prompt; 1 after an error, 2\n"
	       "for a wrong option.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.operand = operand_set,
};

/* --- the shell ----------------------------------------------------------- */

/* Make the folders of the file. The caller frees the path. NULL: none. */
static char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n;

	if (state && *state == '/')
		n = asprintf(&path, "%s/trapline/history", state);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.local/state/trapline/history", home);
	else
		return NULL;
	if (n < 0)
		return NULL;
	for (char *at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	return path;
}

static int commands_run(const struct shell_options *o, struct shell *s)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	int status = script_run(&o->script, s);
	char *history;

	if (s->over || o->batch || !terminal) {
		if (!o->script.nr && shell_script(s, stdin))
			status = CLI_FAILED;
		return status;
	}
	history = o->no_history ? NULL : history_path();
	shell_prompt(s, stdin, history);
	free(history);
	return 0;
}

static int over_dump(const struct shell_options *o)
{
	const struct reader_options source = {
		.vmcore = o->target,
		.modules = o->modules,
		.tells = true,
		.no_sandbox = o->no_sandbox,
	};
	struct shell shell = { .ops = &reader_ops, .out = stdout };
	struct reader *reader;
	int status;

	if (reader_open(&source, &reader))
		return CLI_FAILED;
	shell.opaque = reader;
	status = commands_run(o, &shell);
	reader_close(reader);
	return status;
}

static int over_guest(const struct shell_options *o, const char *target)
{
	struct shell shell = { .ops = &remote_ops, .out = stdout };
	struct gdbclient *client;
	int status;

	if (remote_open(target, &client))
		return CLI_FAILED;
	shell.opaque = client;
	status = commands_run(o, &shell);
	gdbclient_close(client);
	return status;
}

int shell_main(int argc, char **argv)
{
	struct shell_options o = { .target = NULL };
	char error[256];
	int n = options_parse(&syntax, &o, argc, argv, error, sizeof(error));

	if (o.quiet)
		cli_quiet();
	if (n >= 0 && o.help) {
		options_help(&syntax, stdout);
		return 0;
	}
	if (n < 0) {
		report(REPORT_ERROR, "%s", error);
		return CLI_USAGE;
	}
	if (!o.target)
		o.target = DEFAULT_ADDR;
	return remote_is(o.target) ? over_guest(&o, o.target) : over_dump(&o);
}
