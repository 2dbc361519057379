/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.h - "monitor" commands of the live VM
 *
 * To add a command: write a function with the type of monitor_command.fn, and
 * add a line to the table in monitor.c, which "help" prints.
 */
#ifndef TRAPLINE_VMM_MONITOR_H
#define TRAPLINE_VMM_MONITOR_H

#include <stdio.h>
#include "vmm/debug/debug.h"

/*
 * Run one command line; its text goes to out. 0, or a negative errno after text
 * that says what was wrong. An unknown command prints a hint and returns 0.
 */
int monitor_run(struct debug *d, const char *line, FILE *out);

/*
 * Parse a whole word: a number or a kernel symbol. -EINVAL, after a message on
 * out.
 */
int monitor_address(struct debug *d, const char *args, va_t *ret, FILE *out);
/* Print "0x... name+0x1/0x2 [module]". */
void monitor_symbol(struct debug *d, va_t va, FILE *out);

/* Seconds for a value of the guest's virtual counter (monitor_watch.c). */
double monitor_seconds(uint64_t counter);

#endif
