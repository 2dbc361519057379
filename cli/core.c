// SPDX-License-Identifier: GPL-2.0-or-later
/* core.c - see core.h */
#include "core.h"

#include <string.h>
#include <trapline/report.h>
#include <trapline/util.h>

int core_open(struct core *c, const char *path,
	      const struct session_owner *owner, void *opaque,
	      const char *modules)
{
	char line[512] = "";
	struct guest *g;
	int err;

	memset(c, 0, sizeof(*c));
	err = vmcore_open(path, &c->vmcore, line, sizeof(line));
	if (err) {
		report(REPORT_ERROR, "%s", line[0] ? line : strerror(-err));
		return err;
	}
	g = vmcore_guest(c->vmcore);
	err = introspect_create(g, &c->in);
	if (!err)
		err = session_create(g, c->in, owner, opaque, modules,
				     &c->session);
	if (err) {
		report(REPORT_ERROR, "%s", strerror(-err));
		return err;
	}
	if (vmcore_find_tables(c->vmcore, c->in))
		report(REPORT_ERROR,
		       "the kernel's page tables were not found: virtual "
		       "addresses cannot be read");
	session_stopped(c->session);
	return 0;
}

void core_close(struct core *c)
{
	session_destroy(c->session);
	introspect_destroy(c->in);
	vmcore_close(c->vmcore);
}

int core_report(struct session *s, struct session_report *r)
{
	static const struct {
		enum vmcore_note note;
		const char *id, *title;
	} texts[] = {
		{ VMCORE_FLIGHT, "flight", "Flight recorder" },
		{ VMCORE_WHOWROTE, "whowrote", "Who wrote" },
		{ VMCORE_CONSOLE, "console", "End of the console" },
		{ VMCORE_VERSION, "dumped_by", "The dump was made by" },
	};
	const struct core *c = session_opaque(s);
	const char *warning = vmcore_warning(c->vmcore);
	int err = 0;

	if (warning)
		err = session_report_add(r, "dump", "The dump", warning,
					 strlen(warning));
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(texts); i++) {
		struct vmcore_text t = vmcore_text(c->vmcore, texts[i].note);

		err = session_report_add(r, texts[i].id, texts[i].title, t.data,
					 t.size);
	}
	return err;
}
