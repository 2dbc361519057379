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
#include "vmm/debug/debug.h"

/*
 * Run one command line; text goes to out. 0, or a negative errno after the
 * text that says what was wrong. An unknown command is 0 with a hint.
 */
int monitor_run(struct debug *d, const char *line, FILE *out);

/* A whole word: a number or a kernel symbol. -EINVAL, said on out. */
int monitor_address(struct debug *d, const char *args, va_t *ret, FILE *out);
/* "0x... name+0x1/0x2 [module]" */
void monitor_symbol(struct debug *d, va_t va, FILE *out);

/* Of the guest's virtual counter (monitor_watch.c). */
double monitor_seconds(uint64_t counter);

#endif
