/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shell.h - lines of commands, from a user or from a script
 *
 * Purpose
 *	Runs lines that a user types, or that a script has. struct shell_ops
 *	runs the commands: those of a session in this process
 *	(shell_session_ops), or those of another trapline. The shell adds
 *
 *		COMMAND | PROGRAM	the text goes to a program of this machine
 *		!PROGRAM		the program alone
 *		# ...			a comment
 *		exit, quit, q		the end of the shell
 *		monitor COMMAND		the same as COMMAND; "monitor quit" is a
 *					command, not the end of the shell
 *
 *	A '|' ends the command if it follows a blank and is not part of "||".
 *	PROGRAM is a line for sh(1).
 *
 * Output
 *	All text goes to shell.out. If this is a terminal, and the text has more
 *	lines than the terminal, $PAGER shows the text (default: less). Control
 *	characters are replaced: the text may come from a guest, or from another
 *	program.
 *
 * Ownership and locking
 *	The caller owns struct shell and all that it points to. Only one thread
 *	at a time calls the functions here.
 */
#ifndef TRAPLINE_SHELL_H
#define TRAPLINE_SHELL_H

#include <stdio.h>
#include <trapline/types.h>

struct shell_ops {
	/*
	 * Run one command; its text goes to out. Returns 0, or a negative errno
	 * after a text that says what was wrong.
	 */
	int (*run)(void *opaque, const char *command, FILE *out);
};

/* opaque is a struct session. */
extern const struct shell_ops shell_session_ops;

struct shell {
	const struct shell_ops *ops;
	void *opaque;
	FILE *out;
	bool confined; /* this process may start no program: the sandbox */
	bool over; /* set by "exit" */
};

/*
 * Run one line. Returns 0, or a negative errno after a text on shell.out: that
 * of the command; -EIO: a program has failed; -EINVAL: the line has a wrong
 * form; -EPERM: no program may be started.
 */
int shell_run(struct shell *s, const char *line);
/*
 * Run all lines of in, up to "exit". Returns 0, or the error of the first line
 * that has failed; the lines after it are run, too.
 */
int shell_script(struct shell *s, FILE *in);

#endif
