/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.h - run a program of this machine */
#ifndef TRAPLINE_SHELL_PROGRAM_H
#define TRAPLINE_SHELL_PROGRAM_H

#include <stddef.h>

#define PROGRAM_NOT_FOUND 127

/*
 * Run a line of sh(1) and wait until it ends. text, of size bytes, is its
 * standard input; with NULL the program has that of this process. Returns the
 * exit status, 128 plus the number of the signal that has ended the program, or
 * a negative errno. Ctrl-C meanwhile ends the program only.
 */
int program_run(const char *line, const char *text, size_t size);

#endif
