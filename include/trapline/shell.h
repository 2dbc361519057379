/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shell.h - lines of commands, from a user or from a script
 *
 * Purpose
 *	Runs lines that a user types, or that a script contains. struct
 *	shell_ops runs the commands: those of a session in this process
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
 *	All text goes to shell.out. If it is a terminal, the prompt has a colour,
 *	unless $NO_COLOR is set. If a text has more lines than the terminal,
 *	$PAGER shows the text (default: less). Control characters are replaced:
 *	the text may come from a guest, or from another program.
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
	/*
	 * Print the words that can stand in place of the last word of line, one
	 * a line (session_complete()). NULL: nothing is completed.
	 */
	void (*complete)(void *opaque, const char *line, FILE *out);
};

/* Runs the commands of a session; opaque is its struct session. */
extern const struct shell_ops shell_session_ops;

struct shell {
	const struct shell_ops *ops;
	void *opaque;
	FILE *out;
	bool confined; /* this process may start no program: the sandbox */
	bool over; /* set by "exit" */
};

/*
 * Run one line. Returns 0, or a negative errno after a text on shell.out: the
 * error of the command; -EIO: a program has failed; -EINVAL: the line has a
 * wrong form; -EPERM: no program may be started.
 */
int shell_run(struct shell *s, const char *line);
/*
 * Run all lines of in, up to "exit". If a line fails, the lines after it are
 * still run. Returns 0, or the error of the first line that has failed.
 */
int shell_script(struct shell *s, FILE *in);

/*
 * The prompt: lines from in, a terminal, until "exit" or the end of in, with
 * GNU Readline's keys, history and completion. A process has at most one prompt
 * at a time. history is the file of the history, made if it does not exist;
 * NULL, or a file that cannot be written: nothing is kept. Ctrl-C empties the
 * line.
 */
void shell_prompt(struct shell *s, FILE *in, const char *history);
/*
 * The same in a poll(2) loop of the caller: after shell_prompt_open(), call
 * shell_prompt_input() when in has input, and shell_prompt_close() once
 * shell.over is true. A later prompt has the history of an earlier one.
 * shell_prompt_input() runs a line when it is complete.
 * The caller handles signals: shell_prompt_interrupt() is for SIGINT.
 */
void shell_prompt_open(struct shell *s, FILE *in, const char *history);
/*
 * Read the files that readline needs. Call this before shell_prompt_open() if
 * no file can be opened later.
 */
void shell_prompt_prepare(void);
void shell_prompt_input(void);
void shell_prompt_interrupt(void);
void shell_prompt_close(void);

#endif
