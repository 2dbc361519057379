// SPDX-License-Identifier: GPL-2.0-or-later
/* linux.c - see linux.h */
#include "linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

int linux_task(struct session *s, const char *word, struct introspect_task *ret,
	       FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_task *tasks;
	unsigned int nr;
	uint64_t n;
	int err = -ENOENT;

	if (!number_parse(word, NULL, &n)) {
		fprintf(out, "give a pid, or the address of a task_struct\n");
		return -EINVAL;
	}
	introspect_task_list(in, &tasks, &nr);
	for (unsigned int i = 0; i < nr && err; i++) {
		if (tasks[i].va != n && (uint64_t)tasks[i].pid != n)
			continue;
		*ret = tasks[i];
		err = 0;
	}
	free(tasks);
	/* The task may be in no list any more: read it at this address. */
	if (err && n > UINT32_MAX)
		err = introspect_task_read(in, n, ret);
	if (err)
		fprintf(out, "no task %s: ps lists them\n", word);
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT:
		return "the kernel does not have it, or its BTF lacks a name";
	case -EFAULT:
		return "a part of it cannot be read";
	case -ELOOP:
		return "it is damaged: it does not end";
	case -EBADMSG:
		return "it is damaged";
	default:
		return strerror(-err);
	}
}

void linux_note(struct record *r, const char *what, int err)
{
	if (err)
		record_note(r, "%s: %s", what, why(err));
}
