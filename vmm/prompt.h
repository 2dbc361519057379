/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompt.h - the shell on the guest's console: Ctrl-A s
 *
 * While the prompt is open, the guest runs, but its console waits. Each command
 * finds the guest stopped, and the guest continues after the command, as if
 * nothing had happened: a debugger does not notice. A guest that was stopped
 * before stays stopped. Starts no program and keeps no file, because the
 * sandbox allows neither.
 *
 * Only the control thread calls these functions.
 */
#ifndef TRAPLINE_VMM_PROMPT_H
#define TRAPLINE_VMM_PROMPT_H

#include <trapline/session.h>
#include <trapline/shell.h>

struct vm;
struct debug;

struct prompt {
	struct vm *vm;
	struct debug *debug;
	struct session *session;
	struct shell shell;
	FILE *in, *out; /* NULL: the console is no terminal */
	bool open;
};

/* Call this before the sandbox begins: readline reads its files now. */
void prompt_init(struct prompt *p, struct vm *vm, struct debug *debug,
		 struct session *session);
void prompt_deinit(struct prompt *p);

/* BUS_REQUEST_SHELL: the terminal is lent (terminal.h). */
void prompt_open(struct prompt *p);
/* The descriptor to poll for input; -1: the prompt is not open. */
int prompt_fd(const struct prompt *p);
void prompt_input(struct prompt *p);
/* Give the terminal back. Does nothing if the prompt is not open. */
void prompt_close(struct prompt *p);

#endif
