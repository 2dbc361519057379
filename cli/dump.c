// SPDX-License-Identifier: GPL-2.0-or-later
/* dump.c - see dump.h */
#include "dump.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/text.h>

static const struct {
	const char *name;
	enum vmcore_note note;
} notes[] = {
	{ "flight", VMCORE_FLIGHT },   { "whowrote", VMCORE_WHOWROTE },
	{ "console", VMCORE_CONSOLE }, { "append", VMCORE_APPEND },
	{ "version", VMCORE_VERSION },
};

/* Escape text of the guest: out may be a terminal. */
static void print_clean(const char *data, size_t size, FILE *out)
{
	for (size_t i = 0; i < size; i++)
		if (text_is_printable(data[i]) || data[i] == '\n' ||
		    data[i] == '\t')
			putc(data[i], out);
		else if (data[i] != '\r')
			putc('?', out);
	if (size && data[size - 1] != '\n')
		putc('\n', out);
}

static int cmd_note(struct session *s, const char *args, FILE *out)
{
	const struct core *c = session_opaque(s);
	struct vmcore_text t = { NULL, 0 };

	if (!strcmp(args, "vmcoreinfo"))
		t.data = vmcore_vmcoreinfo(c->vmcore, &t.size);
	for (unsigned int i = 0; i < ARRAY_SIZE(notes); i++)
		if (!strcmp(args, notes[i].name))
			t = vmcore_text(c->vmcore, notes[i].note);
	if (t.data) {
		print_clean(t.data, t.size, out);
		return 0;
	}
	fprintf(out, *args ? "the dump has no note of this name; names: "
			   : "usage: monitor note NAME; names: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(notes); i++)
		fprintf(out, "%s ", notes[i].name);
	fprintf(out, "vmcoreinfo\n");
	return *args ? -ENOENT : -EINVAL;
}

static const struct session_command rows[] = {
	{ "note", "NAME", "show other contents of the dump: the console, ...",
	  SESSION_ANY, cmd_note },
};

static void owner_status(void *opaque, FILE *out)
{
	const struct core *c = opaque;
	const char *warning = vmcore_warning(c->vmcore);

	fprintf(out, "this is a dump: nothing runs\n");
	if (warning)
		fprintf(out, "%s\n", warning);
}

static void owner_attached(void *opaque, bool attached)
{
	report(REPORT_NOTE, "debugger %s", attached ? "attached" : "detached");
}

static void owner_refused(void *opaque, const char *line)
{
	report(REPORT_ERROR, "%s", line);
}

static const struct session_owner owner = {
	.status = owner_status,
	.report = core_report,
	.attached = owner_attached,
	.refused = owner_refused,
};

void dump_tell(const struct core *c)
{
	struct guest *g = vmcore_guest(c->vmcore);
	char line[256];

	if (vmcore_warning(c->vmcore))
		report(REPORT_ERROR, "%s", vmcore_warning(c->vmcore));
	if (introspect_not_understood(c->in, line, sizeof(line)))
		report(REPORT_ERROR, "%s", line);
	else if (introspect_find_kernel(c->in))
		report(REPORT_NOTE, "no Linux kernel is in this dump");
	else
		report(REPORT_NOTE, "%s", introspect_banner(c->in));
	report(REPORT_NOTE, "%u CPU%s, %s", g->nr_vcpus,
	       g->nr_vcpus == 1 ? "" : "s",
	       g->last.text[0] ? g->last.text : guest_stop_text(g->last.kind));
}

int dump_open(struct core *c, const char *path, const char *modules)
{
	int err = core_open(c, path, &owner, c, modules);

	return err ? err
		   : session_commands_add(c->session, rows, ARRAY_SIZE(rows));
}
