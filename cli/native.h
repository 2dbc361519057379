/* SPDX-License-Identifier: GPL-2.0-or-later */
/* native.h - can this machine run an arm64 guest without emulation? */
#ifndef TRAPLINE_CLI_NATIVE_H
#define TRAPLINE_CLI_NATIVE_H

#include <stdbool.h>
#include <trapline/vmm.h>

/*
 * accel is vm_config.accel. Returns false on a machine of another architecture.
 * Also returns false if the machine has no device that runs a guest and the
 * user named none. If a device exists but cannot be opened, the function
 * returns true: the user gets an error, and no emulation.
 */
bool native_can_run(const char *accel);

/*
 * vmm_run(), on machines that have it. Call this only after native_can_run()
 * returned true.
 */
int native_run(const struct vm_config *config);

#endif
