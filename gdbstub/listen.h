/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listen.h - from the text of --gdb to an open descriptor
 */
#ifndef GDBSTUB_LISTEN_H
#define GDBSTUB_LISTEN_H

#include "transport.h"

/*
 * Parse spec and open what it names: sets kind, door or fd, path (of a
 * Unix socket, to be removed at the end) and target. Errors and err as
 * gdbstub_create() has them.
 */
int listen_open(struct transport *t, const char *spec, char *err,
		size_t err_size);

#endif
