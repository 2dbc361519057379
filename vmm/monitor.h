/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.h - "monitor" commands of the live VM
 *
 * To add one: a function of struct monitor_command's shape and its line in
 * the table in monitor.c, which "help" prints.
 */
#ifndef TRAPLINE_VMM_MONITOR_H
#define TRAPLINE_VMM_MONITOR_H

#include <stdio.h>
#include "debug.h"

/*
 * Run one command line; text goes to out. 0, or a negative errno after the
 * text that says what was wrong. An unknown command is 0 with a hint.
 */
int monitor_run(struct debug *d, const char *line, FILE *out);

#endif
