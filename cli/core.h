/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core.h - a session over a dump, for "post", "shell" and "report" */
#ifndef TRAPLINE_CLI_CORE_H
#define TRAPLINE_CLI_CORE_H

#include <trapline/session.h>
#include <trapline/vmcore.h>

struct core {
	struct vmcore *vmcore;
	struct introspect *in;
	struct session *session;
};

/*
 * Open the dump. Returns 0, or a negative errno after a message. The caller
 * must call core_close() after an error, too. modules may be NULL.
 */
int core_open(struct core *c, const char *path,
	      const struct session_owner *owner, void *opaque,
	      const char *modules);
void core_close(struct core *c);
/*
 * For struct session_owner, if opaque is the struct core: add the texts of the
 * dump that do not come from the guest's memory to a report.
 */
int core_report(struct session *s, struct session_report *r);

#endif
