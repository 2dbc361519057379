/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line.h - split a line of the shell into a command and a program */
#ifndef TRAPLINE_SHELL_LINE_H
#define TRAPLINE_SHELL_LINE_H

#include <trapline/types.h>

/*
 * Neither string has blanks around it. Both are NULL for an empty line and for
 * a comment; command is NULL for "!PROGRAM".
 */
struct shell_line {
	char *text; /* holds both strings */
	char *command;
	char *program;
	bool prefixed; /* the line had "monitor" before the command */
};

/* Returns 0 or -ENOMEM. */
int shell_line_parse(const char *line, struct shell_line *ret);
void shell_line_deinit(struct shell_line *l);

/*
 * The place of the '|' that ends the command, or of the '!' that begins the
 * line. NULL: the line has no program.
 */
const char *shell_line_program(const char *line);
/* The place of the command, after blanks and "monitor". */
const char *shell_line_command(const char *line);

#endif
