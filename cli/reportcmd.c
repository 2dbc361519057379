// SPDX-License-Identifier: GPL-2.0-or-later
/* reportcmd.c - "trapline report": a report about the guest of a dump */
#include "cli.h"
#include "core.h"
#include "options.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/util.h>

struct report_options {
	const char *vmcore;
	const char *file[3]; /* by enum session_report_format; NULL: none */
	bool text;
	bool quiet;
	bool help;
};

#define AT(field) offsetof(struct report_options, field)

static int operand_set(struct option_parser *p, const char *word)
{
	struct report_options *o = p->result;

	if (o->vmcore)
		return option_fail(p, "'%s': VMCORE is already '%s'", word,
				   o->vmcore);
	o->vmcore = word;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .name = "html", 0, "FILE",
	  "Write the report to this file as HTML. The page loads no other "
	  "file and runs no script. -: to standard output.",
	  option_text, AT(file[SESSION_REPORT_HTML]) },
	{ .name = "json", 0, "FILE",
	  "Write the report to this file as JSON. -: to standard output.",
	  option_text, AT(file[SESSION_REPORT_JSON]) },
	{ .name = "text", 0, NULL,
	  "Print the report as text. This is the default without --html and "
	  "--json.",
	  option_flag, AT(text) },
	{ .name = "quiet", 'q', NULL, "Print only the report, and errors.",
	  option_flag, AT(quiet) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "report",
	.intro =
		"usage: trapline report [options] VMCORE\n"
		"\n"
		"Explains a guest's crash: the cause in a sentence, the instruction that\n"
		"crashed and where its bad pointer came from, the stacks, the registers, the\n"
		"log. No vmlinux is needed:\n"
		"\n"
		"  trapline report oops.vmcore\n"
		"  trapline report --html oops.html --json oops.json oops.vmcore\n"
		"\n"
		"VMCORE is a dump that 'trapline post' reads.\n"
		"\n",
	.end = "Exit status: 0, 1 after an error, 2 for a wrong option.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.operand = operand_set,
};

static const struct session_owner owner = { .live = false };

/* Add the texts of the dump that do not come from the guest's memory. */
static int texts_add(const struct core *c, struct session_report *r)
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

static int write_to(const struct session_report *r,
		    enum session_report_format format, const char *path)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int err;

	if (!out) {
		err = -errno;
		report(REPORT_ERROR, "%s: %s", path, strerror(errno));
		return err;
	}
	err = session_report_write(r, format, out);
	if (out == stdout ? fflush(out) : fclose(out))
		err = -errno;
	if (err)
		report(REPORT_ERROR, "%s: the report is not complete: %s", path,
		       strerror(-err));
	return err;
}

static int report_run(const struct report_options *o)
{
	struct session_report *r = NULL;
	struct core c;
	bool none = true;
	int err = core_open(&c, o->vmcore, &owner, NULL, NULL);

	if (!err)
		err = session_report_create(c.session, &r);
	if (!err)
		err = texts_add(&c, r);
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(o->file); i++) {
		if (!o->file[i])
			continue;
		none = false;
		err = write_to(r, (enum session_report_format)i, o->file[i]);
	}
	if (!err && (o->text || none))
		err = write_to(r, SESSION_REPORT_TEXT, "-");
	session_report_destroy(r);
	core_close(&c);
	return err ? CLI_FAILED : 0;
}

int report_main(int argc, char **argv)
{
	struct report_options o = { .vmcore = NULL };
	char error[256];
	int n = options_parse(&syntax, &o, argc, argv, error, sizeof(error));

	if (o.quiet)
		cli_quiet();
	if (n >= 0 && o.help) {
		options_help(&syntax, stdout);
		return 0;
	}
	if (n < 0 || !o.vmcore) {
		report(REPORT_ERROR, "%s",
		       n < 0 ? error
			     : "no VMCORE given: trapline report oops.vmcore "
			       "('trapline report --help' says more)");
		return CLI_USAGE;
	}
	return report_run(&o);
}
