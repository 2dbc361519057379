/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor_watch.h - "monitor" commands for watchpoints
 *
 * These are rows of the table in monitor.c. Arguments and errors are those of
 * session_command.run.
 */
#ifndef TRAPLINE_VMM_MONITOR_WATCH_H
#define TRAPLINE_VMM_MONITOR_WATCH_H

#include <trapline/session.h>

int monitor_watch(struct session *s, const char *args, FILE *out);
int monitor_unwatch(struct session *s, const char *args, FILE *out);
int monitor_whowrote(struct session *s, const char *args, FILE *out);
int monitor_watchpoints(struct session *s, const char *args, FILE *out);
int monitor_lastwatch(struct session *s, const char *args, FILE *out);

/* Print the whole log of "whowrote", for a dump. */
void monitor_whowrote_all(struct session *s, FILE *out);

#endif
