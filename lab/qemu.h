/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu.h - the QEMU process of the lab
 *
 * It is killed by the kernel when this process dies, however that happens,
 * and lives in a session of its own, out of the terminal's reach.
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
 * Start QEMU for @plan with the initramfs @image (not consumed). 0 or -errno
 * with a message; then nothing is left running.
 */
int lab_qemu_start(struct lab_qemu *qemu, const struct lab_plan *plan,
		   int image);

/* Kill, wait and close; harmless when it is not running. */
void lab_qemu_stop(struct lab_qemu *qemu);

#endif
