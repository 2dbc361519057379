/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.h - another trapline, for "shell" and "report" */
#ifndef TRAPLINE_CLI_REMOTE_H
#define TRAPLINE_CLI_REMOTE_H

#include <trapline/gdbclient.h>
#include <trapline/shell.h>

/* opaque is a struct gdbclient. */
extern const struct shell_ops remote_ops;

/* Does the word of the user name another trapline, and no file? */
bool remote_is(const char *target);
/* Connect to target. Returns 0, or a negative errno after a message. */
int remote_open(const char *target, struct gdbclient **ret);

#endif
