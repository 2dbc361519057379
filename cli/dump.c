// SPDX-License-Identifier: GPL-2.0-or-later
/* dump.c - see dump.h */
#include "dump.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/sandbox.h>
#include <trapline/text.h>
#include <trapline/util.h>

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
	const struct dump *d = session_opaque(s);
	struct vmcore_text t = { NULL, 0 };

	if (!strcmp(args, "vmcoreinfo"))
		t.data = vmcore_vmcoreinfo(d->vmcore, &t.size);
	for (unsigned int i = 0; i < ARRAY_SIZE(notes); i++)
		if (!strcmp(args, notes[i].name))
			t = vmcore_text(d->vmcore, notes[i].note);
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

/* Add the dump's own texts, which are not in the guest's memory. */
static int owner_report(struct session *s, struct session_report *r)
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
	const struct dump *d = session_opaque(s);
	const char *warning = vmcore_warning(d->vmcore);
	int err = 0;

	if (warning)
		err = session_report_add(r, "dump", "The dump", warning,
					 strlen(warning));
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(texts); i++) {
		struct vmcore_text t = vmcore_text(d->vmcore, texts[i].note);

		err = session_report_add(r, texts[i].id, texts[i].title, t.data,
					 t.size);
	}
	return err;
}

static void owner_status(void *opaque, FILE *out)
{
	const struct dump *d = opaque;
	const char *warning = vmcore_warning(d->vmcore);

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
	.report = owner_report,
	.attached = owner_attached,
	.refused = owner_refused,
};

/* --- opening --------------------------------------------------------------- */

int dump_open(struct dump *d, const char *path)
{
	char line[512] = "";
	int err;

	memset(d, 0, sizeof(*d));
	err = vmcore_map(path, &d->vmcore, line, sizeof(line));
	if (err)
		report(REPORT_ERROR, "%s", line[0] ? line : strerror(-err));
	return err;
}

int dump_confine(const char *modules, const char *gdb)
{
	static const char is_unix[] = "unix:";
	struct sandbox_config config = { 0 };
	char line[256] = "";
	struct sandbox *s = NULL;
	int err;

	sandbox_config_add(&config, modules, SANDBOX_READ);
	if (gdb && !strncmp(gdb, is_unix, strlen(is_unix)))
		sandbox_config_add_folder_of(&config, gdb + strlen(is_unix),
					     SANDBOX_REMOVE);
	err = sandbox_create(&config, line, sizeof(line), &s);
	if (!err && sandbox_process(s, line, sizeof(line)))
		report(REPORT_NOTE,
		       "sandbox: this machine cannot restrict %s; the dump is "
		       "read without this",
		       line);
	if (!err)
		err = sandbox_thread(s, SANDBOX_DUMP);
	sandbox_config_deinit(&config);
	if (err)
		report(REPORT_ERROR, "sandbox: %s (--no-sandbox runs without)",
		       line[0] ? line : strerror(-err));
	return err;
}

int dump_read(struct dump *d, const char *modules)
{
	char line[512] = "";
	struct guest *g = vmcore_guest(d->vmcore);
	int err = vmcore_read(d->vmcore, line, sizeof(line));

	if (!err)
		err = introspect_create(g, &d->in);
	if (!err)
		err = session_create(g, d->in, &owner, d, modules, &d->session);
	if (!err)
		err = session_commands_add(d->session, rows, ARRAY_SIZE(rows));
	if (err)
		report(REPORT_ERROR, "%s", line[0] ? line : strerror(-err));
	return err;
}

static void tell(const struct dump *d)
{
	struct guest *g = vmcore_guest(d->vmcore);
	char line[256];

	if (vmcore_warning(d->vmcore))
		report(REPORT_ERROR, "%s", vmcore_warning(d->vmcore));
	if (introspect_not_understood(d->in, line, sizeof(line)))
		report(REPORT_ERROR, "%s", line);
	else if (introspect_find_kernel(d->in))
		report(REPORT_NOTE, "no Linux kernel is in this dump");
	else
		report(REPORT_NOTE, "%s", introspect_banner(d->in));
	report(REPORT_NOTE, "%u CPU%s, %s", g->nr_vcpus,
	       g->nr_vcpus == 1 ? "" : "s",
	       g->last.text[0] ? g->last.text : guest_stop_text(g->last.kind));
}

void dump_look(struct dump *d, bool tells)
{
	if (vmcore_find_tables(d->vmcore, d->in))
		report(REPORT_ERROR,
		       "the kernel's page tables were not found: virtual "
		       "addresses cannot be read");
	session_stopped(d->session);
	if (tells)
		tell(d);
}

void dump_close(struct dump *d)
{
	session_destroy(d->session);
	introspect_destroy(d->in);
	vmcore_close(d->vmcore);
}
