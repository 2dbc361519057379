/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_lab.h - "trapline run" as "trapline lab ... trapline run ..."
 *
 * When this machine cannot run an arm64 guest, the same command runs in the
 * lab. Files keep their absolute paths, in shared folders. gdb connects through
 * the lab's port device, and the lab forwards the guest's forwarded ports.
 */
#ifndef TRAPLINE_CLI_RUN_LAB_H
#define TRAPLINE_CLI_RUN_LAB_H

#include "run_options.h"

#define RUN_LAB_MAX_ARGS 160

struct run_lab {
	char *argv[RUN_LAB_MAX_ARGS + 1]; /* for lab_main(), NULL at the end */
	int argc;
	char error[512];
};

/*
 * Translate the options. All files must exist. Returns 0, or a negative errno
 * with one line in lab->error: -EINVAL: the lab does not support an option;
 * -ENOTSUP: a file cannot be shared; an error of realpath(3); -ENOMEM. Call
 * run_lab_deinit() in both cases.
 */
int run_lab_translate(const struct run_options *options, struct run_lab *lab);
void run_lab_deinit(struct run_lab *lab);

#endif
