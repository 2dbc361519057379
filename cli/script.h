/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script.h - the options with commands for a shell, for "post" and "shell" */
#ifndef TRAPLINE_CLI_SCRIPT_H
#define TRAPLINE_CLI_SCRIPT_H

#include <trapline/shell.h>
#include "options.h"

#define SCRIPT_MAX 64

/* Commands and files of commands, in the order of the options. */
struct script {
	struct {
		const char *text;
		bool is_file;
	} step[SCRIPT_MAX];
	unsigned int nr;
};

/* For struct cli_option; the field is a struct script. */
int script_command(struct option_parser *p, const char *arg);
int script_file(struct option_parser *p, const char *arg);

/*
 * Run all of them, up to "exit". Returns an exit status: 0, or CLI_FAILED if
 * one has failed.
 */
int script_run(const struct script *script, struct shell *s);

#endif
