/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.h - functions for the commands that read Linux */
#ifndef TRAPLINE_SESSION_LINUX_H
#define TRAPLINE_SESSION_LINUX_H

#include "record.h"

/*
 * Find a task by its pid or by the address of its task_struct. On an error, the
 * function prints a line.
 */
int linux_task(struct session *s, const char *word, struct introspect_task *ret,
	       FILE *out);
/* Add a note if err is not 0: what could not be read to its end, and why. */
void linux_note(struct record *r, const char *what, int err);

#endif
