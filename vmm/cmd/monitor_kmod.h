/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor_kmod.h - "monitor" commands that only /dev/trapline supports */
#ifndef TRAPLINE_VMM_MONITOR_KMOD_H
#define TRAPLINE_VMM_MONITOR_KMOD_H

#include <trapline/session.h>

int monitor_flight(struct session *s, const char *args, FILE *out);
int monitor_catch_sysreg(struct session *s, const char *args, FILE *out);
/* Print the last records of each CPU that is recorded, for a crash report. */
void monitor_flight_report(struct session *s, FILE *out);

#endif
