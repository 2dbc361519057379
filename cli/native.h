/* SPDX-License-Identifier: GPL-2.0-or-later */
/* native.h - can this machine run an arm64 guest without emulation? */
#ifndef TRAPLINE_CLI_NATIVE_H
#define TRAPLINE_CLI_NATIVE_H

#include <stdbool.h>
#include <trapline/vmm.h>

/*
 * accel is that of struct vm_config. Returns false on another architecture, and
 * when the machine has no device to run a guest and the user asked for none. A
 * device that exists but cannot be opened is an error to report, not a reason
 * to emulate.
 */
bool native_can_run(const char *accel);

/*
 * vmm_run(), on machines that have it. Call this only after native_can_run()
 * returned true.
 */
int native_run(const struct vm_config *config);

#endif
