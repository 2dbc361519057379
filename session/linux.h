/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.h - what several commands that read Linux need */
#ifndef TRAPLINE_SESSION_LINUX_H
#define TRAPLINE_SESSION_LINUX_H

#include "record.h"

/*
 * Find a task by its pid or by the address of its task_struct. On an error a
 * line is printed.
 */
int linux_task(struct session *s, const char *word, struct introspect_task *ret,
	       FILE *out);
/* Say that what could not be read to its end, and why; nothing without error. */
void linux_note(struct record *r, const char *what, int err);

#endif
