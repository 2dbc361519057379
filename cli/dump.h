/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump.h - a session over a dump, for "post", "shell" and "report"
 *
 * Call the functions in this order. dump_confine() comes after dump_open() if
 * the process needs nothing else of the user's: then the sandbox holds before
 * the first byte of the dump is read.
 */
#ifndef TRAPLINE_CLI_DUMP_H
#define TRAPLINE_CLI_DUMP_H

#include <trapline/session.h>
#include <trapline/vmcore.h>

struct dump {
	struct vmcore *vmcore;
	struct introspect *in;
	struct session *session;
};

/*
 * Open the file. Returns 0, or a negative errno after a message. The caller
 * must call dump_close() after an error, too.
 */
int dump_open(struct dump *d, const char *path);
/*
 * Enter the sandbox, with the files below modules, and with the folder of
 * "unix:PATH", the address for gdb, whose socket is removed at the end. Both
 * may be NULL. If the machine lacks a part of the sandbox, a message says so;
 * this is no error. Returns 0, or a negative errno after a message.
 */
int dump_confine(const char *modules, const char *gdb);
/*
 * Read the headers of the dump, and create a session over it. modules may be
 * NULL. Returns 0, or a negative errno after a message.
 */
int dump_read(struct dump *d, const char *modules);
/* Find the kernel. tells: report what the dump is. */
void dump_look(struct dump *d, bool tells);
void dump_close(struct dump *d);

#endif
