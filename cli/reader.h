/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader.h - a process of its own that reads a dump, in the sandbox
 *
 * A dump may be made by an attacker. So a child process opens and reads the
 * dump, and is confined before it reads the first byte. It answers commands
 * through a socket. The user's process gets texts only: it has the terminal,
 * starts the user's programs and writes the user's files.
 */
#ifndef TRAPLINE_CLI_READER_H
#define TRAPLINE_CLI_READER_H

#include <trapline/shell.h>

struct reader;

/* opaque is a struct reader. */
extern const struct shell_ops reader_ops;

/*
 * Open the dump in a new process. modules may be NULL. tells: report what the
 * dump is. no_sandbox: the process keeps its rights. 0, or a negative errno
 * after a message.
 */
struct reader_options {
	const char *vmcore;
	const char *modules;
	bool tells;
	bool no_sandbox;
};
int reader_open(const struct reader_options *o, struct reader **ret);
void reader_close(struct reader *r);

#endif
