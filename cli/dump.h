/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump.h - a dump that a user looks into, for "post" and "shell" */
#ifndef TRAPLINE_CLI_DUMP_H
#define TRAPLINE_CLI_DUMP_H

#include "core.h"

/* core_open(), and the command for the other contents of the dump. */
int dump_open(struct core *c, const char *path, const char *modules);
/* Report what the dump is. */
void dump_tell(const struct core *c);

#endif
