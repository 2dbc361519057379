/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor_watch.h - "monitor" commands for watchpoints
 *
 * These are rows of monitor.c's table. Arguments and errors as there.
 */
#ifndef TRAPLINE_VMM_MONITOR_WATCH_H
#define TRAPLINE_VMM_MONITOR_WATCH_H

#include <stdio.h>
#include "vmm/debug/debug.h"

int monitor_watch(struct debug *d, const char *args, FILE *out);
int monitor_unwatch(struct debug *d, const char *args, FILE *out);
int monitor_whowrote(struct debug *d, const char *args, FILE *out);
int monitor_watchpoints(struct debug *d, const char *args, FILE *out);
int monitor_lastwatch(struct debug *d, const char *args, FILE *out);

#endif
