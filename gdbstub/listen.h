/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listen.h - from the text of --gdb to an open descriptor
 */
#ifndef GDBSTUB_LISTEN_H
#define GDBSTUB_LISTEN_H

#include "transport.h"

struct endpoint {
	char host[256];
	char port[8];
};

/*
 * Parse PORT, :PORT, HOST:PORT or [V6]:PORT, followed by ",any-user" or
 * nothing. The host is the loopback address if none is given. 0 or -EINVAL.
 */
int endpoint_parse(const char *spec, struct endpoint *ret, bool *ret_any_user);

/*
 * Parse spec and open the socket or device that spec names. Sets kind, door or
 * fd, path (of a Unix socket; the file is removed at the end) and target. The
 * errors and err are those of gdbstub_create().
 */
int listen_open(struct transport *t, const char *spec, char *err,
		size_t err_size);

#endif
