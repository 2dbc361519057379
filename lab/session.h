/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - from a started QEMU to the command's exit status
 */
#ifndef LAB_SESSION_H
#define LAB_SESSION_H

#include "gdbport.h"
#include "image.h"
#include "qemu.h"

/*
 * Relay standard input, output and error (or the terminal, in raw mode), and
 * debuggers through @gdb, which may be NULL, until the command has ended.
 * Returns the command's exit status; 128 + N after signal N to this process; 1
 * with a message when the lab failed. QEMU still runs afterwards. The caller
 * must block SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD and SIGWINCH, and ignore
 * SIGPIPE.
 */
int lab_session_run(struct lab_qemu *qemu, const struct lab_plan *plan,
		    struct lab_gdb_port *gdb);

#endif
