/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listen.h - from the text of --gdb to an open descriptor
 */
#ifndef GDBSTUB_LISTEN_H
#define GDBSTUB_LISTEN_H

#include "transport.h"

/*
 * Parse spec and open the socket or device that spec names. Sets kind, door or
 * fd, path (of a Unix socket; the file is removed at the end) and target. The
 * errors and err are those of gdbstub_create().
 */
int listen_open(struct transport *t, const char *spec, char *err,
		size_t err_size);

#endif
