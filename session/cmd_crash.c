// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_crash.c - the last crash, and the configuration of the kernel
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

/* --- the last crash --------------------------------------------------------------- */

/* Add a register and the symbol that its value points to. */
static void register_row(struct record *r, struct session *s, const char *name,
			 uint64_t value)
{
	record_text(r, "reg", -6, name);
	record_hex(r, "value", value);
	if (value & VA_UPPER_HALF)
		record_symbol(r, s, "symbol", value, false);
	else
		record_text(r, "symbol", -1, "");
	record_row(r);
}

static void registers_show(struct record *r, struct session *s,
			   const struct guest_regs *regs)
{
	char name[8];

	register_row(r, s, "pc", regs->pc);
	register_row(r, s, "sp", regs->sp);
	register_row(r, s, "pstate", regs->pstate);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs->x); i++) {
		snprintf(name, sizeof(name), "x%u", i);
		register_row(r, s, name, regs->x[i]);
	}
}

/* The words with which the kernel begins the report of a crash. */
static const char *const crash_words[] = {
	"Internal error:", "Kernel panic",  "Unable to handle kernel",
	"BUG: ",           "kernel BUG at", "Unhandled ",
};

static bool is_crash(const char *text)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(crash_words); i++)
		if (strstr(text, crash_words[i]))
			return true;
	return false;
}

#define MAX_LINES 64

/* The lines of the log about the last crash. */
struct last {
	char *lines[MAX_LINES];
	unsigned int nr;
	uint64_t ns; /* of the first one */
};

static void line_see(void *opaque, const struct introspect_log_record *rec)
{
	struct last *last = opaque;

	if (is_crash(rec->text) && last->nr < MAX_LINES) {
		if (!last->nr)
			last->ns = rec->ns;
		last->lines[last->nr++] = strdup(rec->text);
	}
}

static int cmd_oops(struct session *s, const char *args, FILE *out)
{
	const struct guest_stop *stop = guest_last_stop(session_guest(s));
	struct guest *g = session_guest(s);
	struct last last = { .nr = 0 };
	unsigned int lost;
	struct record r;

	record_begin(&r, s, out);
	if (stop && stop->kind == GUEST_STOP_CRASH && g->has_fault) {
		record_title(&r, "CPU %u: %s", stop->vcpu, stop->text);
		registers_show(&r, s, &g->fault);
	}
	introspect_log(session_introspect(s), line_see, &last, &lost);
	for (unsigned int i = 0; i < last.nr; i++) {
		record_note(&r, "log: %s", last.lines[i] ? last.lines[i] : "?");
		free(last.lines[i]);
	}
	if (!r.rows && !last.nr)
		record_note(&r, "the guest has not crashed");
	else if (!r.rows)
		record_note(&r, "the guest did not stop at a crash: no "
				"registers of the fault are known");
	record_end(&r);
	return r.rows || last.nr ? 0 : -ENOENT;
}

/* --- configuration ----------------------------------------------------------------- */

static int cmd_config(struct session *s, const char *args, FILE *out)
{
	char *text, *line, *next;
	struct record r;
	int err = introspect_config(session_introspect(s), &text);

	record_begin(&r, s, out);
	if (err) {
		record_note(&r,
			    err == -ENOENT
				    ? "the kernel was built without "
				      "CONFIG_IKCONFIG=y: its configuration "
				      "is not in memory"
				    : "the kernel's configuration is "
				      "damaged");
		record_end(&r);
		return err;
	}
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		if (!*line || !strstr(line, args))
			continue;
		record_text(&r, "configuration", -1, line);
		record_row(&r);
	}
	if (!r.rows)
		record_note(&r, "no line has \"%s\"", args);
	record_end(&r);
	free(text);
	return 0;
}

/* --- the report ---------------------------------------------------------------------- */

static int cmd_report(struct session *s, const char *args, FILE *out)
{
	enum session_report_format format = s->json ? SESSION_REPORT_JSON
						    : SESSION_REPORT_TEXT;
	struct session_report *r;
	int err;

	if (!strcmp(args, "--html") && !s->json)
		format = SESSION_REPORT_HTML;
	else if (*args) {
		fprintf(out, "usage: monitor report [--json|--html]\n");
		return -EINVAL;
	}
	err = session_report_create(s, &r);
	if (!err) {
		err = session_report_write(r, format, out);
		session_report_destroy(r);
	}
	if (err)
		fprintf(out, "the report is not complete: %s\n",
			strerror(-err));
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "report", "[--json|--html]",
	  "what has happened, in one page\nreport\nreport --json",
	  SESSION_ANY, cmd_report },
	{ "oops", "[--json]",
	  "the last crash: its registers, and what the log says\noops",
	  SESSION_LINUX, cmd_oops },
	{ "config", "[TEXT] [--json]",
	  "the kernel's configuration (CONFIG_IKCONFIG=y), or lines with TEXT\n"
	  "config KASAN", SESSION_LINUX, cmd_config },
};
/* clang-format on */

int session_commands_crash(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
