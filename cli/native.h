/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native.h - can this machine run an arm64 guest by itself?
 */
#ifndef TRAPLINE_CLI_NATIVE_H
#define TRAPLINE_CLI_NATIVE_H

#include <stdbool.h>
#include <trapline/vmm.h>

/*
 * accel: struct vm_config's. False on another architecture, and where there
 * is no device to run a guest with and none was asked for. A device that may
 * not be opened is an error to report, not a reason to emulate.
 */
bool native_can_run(const char *accel);

/* vmm_run(), where there is one: only after native_can_run() said so. */
int native_run(const struct vm_config *config);

#endif
