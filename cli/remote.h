/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.h - the commands of another trapline, for "shell" */
#ifndef TRAPLINE_CLI_REMOTE_H
#define TRAPLINE_CLI_REMOTE_H

#include <trapline/shell.h>

/* opaque is a struct gdbclient. */
extern const struct shell_ops remote_ops;

#endif
