// SPDX-License-Identifier: GPL-2.0-or-later
/* report.c - make a report: see trapline/session.h and reportcrash.h */
#include "hang.h"

#include <errno.h>
#include <stdlib.h>

int session_report_create(struct session *s, struct session_report **ret)
{
	struct session_report *d = calloc(1, sizeof(*d));
	struct crash *c = calloc(1, sizeof(*c));
	int err;

	if (!d || !c) {
		free(d);
		free(c);
		return -ENOMEM;
	}
	c->s = s;
	c->in = session_introspect(s);
	c->g = session_guest(s);
	c->d = d;
	introspect_limit_reads(c->in, SESSION_MAX_READS);
	crash_find(c);
	crash_classify(c);
	crash_explain(c);
	crash_sections(c);
	if (introspect_limit_reached(c->in))
		doc_note(d,
			 "the rest: a report reads kernel memory at most %u "
			 "times",
			 SESSION_MAX_READS);
	introspect_limit_reads(c->in, 0);
	free(c->hang);
	free(c);
	err = s->owner->report ? s->owner->report(s, d) : 0;
	if (err) {
		session_report_destroy(d);
		return err;
	}
	*ret = d;
	return 0;
}
