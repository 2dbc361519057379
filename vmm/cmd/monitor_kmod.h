/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor_kmod.h - "monitor" commands that only /dev/trapline can serve
 */
#ifndef TRAPLINE_VMM_MONITOR_KMOD_H
#define TRAPLINE_VMM_MONITOR_KMOD_H

#include <stdio.h>
#include "vmm/debug/debug.h"

int monitor_flight(struct debug *d, const char *args, FILE *out);
int monitor_catch_sysreg(struct debug *d, const char *args, FILE *out);
/* The end of each CPU's flight, where it is recorded: for a report. */
void monitor_flight_report(struct debug *d, FILE *out);

#endif
