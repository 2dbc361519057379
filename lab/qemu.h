/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu.h - the QEMU process of the lab
 *
 * When this process dies, for whatever reason, the kernel kills QEMU. QEMU runs
 * in a session of its own, so the terminal's signals do not reach it.
 */
#ifndef LAB_QEMU_H
#define LAB_QEMU_H

#include <sys/types.h>

#include "image.h"

struct lab_qemu {
	pid_t pid; /* 0: not running */
	int control; /* our end of the control port, non-blocking */
	int console; /* the kernel's console, non-blocking */
	int errors; /* QEMU's own standard error, non-blocking */
	int gdb; /* the debuggers' device, non-blocking; -1: none */
};

/*
 * Start QEMU for @plan with the initramfs @image (which stays the caller's).
 * Returns 0, or -errno with a message; after an error no process is left.
 */
int lab_qemu_start(struct lab_qemu *qemu, const struct lab_plan *plan,
		   int image);

/*
 * Kill QEMU, wait for it and close its descriptors. Does nothing when QEMU is
 * not running.
 */
void lab_qemu_stop(struct lab_qemu *qemu);

#endif
