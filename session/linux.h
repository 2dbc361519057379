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
/* Texts for enum introspect_slab_state. */
extern const char *const linux_slab_states[];
/*
 * Who has allocated or freed an object: "f+0x8 [module] < g < h, pid 1, CPU 0",
 * the caller of the allocator first. "" if the kernel has not recorded it.
 */
void linux_track_text(struct introspect *in, const struct introspect_track *t,
		      char *buf, size_t size);

/* Call see() for each process that the OOM killer has chosen, and that lives. */
void linux_victim_each(struct introspect *in,
		       void (*see)(void *opaque,
				   const struct introspect_task *task),
		       void *opaque);

#endif
