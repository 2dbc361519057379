/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads.h - the tasks of Linux as threads of the debugger
 *
 * The threads of gdb are the vCPUs. After "threads tasks", each task that is on
 * no vCPU is a thread as well, with the registers that the kernel has saved for
 * it. A task on a vCPU, such as an idle task, is shown as this vCPU only.
 *
 * The thread of the task PID has the number THREADS_FIRST + PID, so it keeps its
 * number from stop to stop. Its index (trapline/gdbstub.h) is one less. The list
 * of tasks is read once for each stop. A task that exits while the guest runs
 * is missing in the next list.
 */
#ifndef TRAPLINE_SESSION_THREADS_H
#define TRAPLINE_SESSION_THREADS_H

#include <trapline/introspect.h>

#define THREADS_FIRST 10000000U

struct threads {
	bool shown; /* the user wants tasks as threads */
	bool listed; /* the list below is that of this stop */
	int error; /* the list is not complete; the reason */
	struct introspect_task *tasks; /* in ascending order of pid */
	unsigned int *indices; /* of the same tasks */
	unsigned int nr;
};

/* The guest may have run, or the tasks are not shown any more. */
void threads_forget(struct threads *t);
/* Read the list, if that was not done at this stop. The guest is stopped. */
void threads_read(struct threads *t, struct guest *g, struct introspect *in);
/* The task of a thread in the list; NULL: none. */
const struct introspect_task *threads_task(const struct threads *t,
					   unsigned int index);

#endif
