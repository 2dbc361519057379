// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - the session and its table of commands: see trapline/session.h
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "line.h"

int session_create(struct guest *g, struct introspect *in,
		   const struct session_owner *owner, void *opaque,
		   const char *modules, struct session **ret)
{
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	view_init(&s->view, g, in);
	s->owner = owner;
	s->opaque = opaque;
	s->modules = modules;
	err = decoder_second_create(&s->second);
	if (!err)
		err = session_commands_own(s);
	if (err) {
		session_destroy(s);
		return err;
	}
	*ret = s;
	return 0;
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	decoder_second_destroy(s->second);
	view_deinit(&s->view);
	free(s);
}

struct guest *session_guest(struct session *s)
{
	return s->view.g;
}

struct introspect *session_introspect(struct session *s)
{
	return s->view.in;
}

void *session_opaque(struct session *s)
{
	return s->opaque;
}

struct gdbstub_target *session_target(struct session *s)
{
	return &s->view.target;
}

#define TITLE_MARK "; "

/* Add the instruction that crashed to the line of the stop. */
static void insn_add(struct session *s, va_t pc, struct guest_stop *stop)
{
	size_t used = strlen(stop->text), size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	session_insn(s, pc, out);
	/* The text of a dump's stop may have the instruction already. */
	if (!fclose(out) && size && !strstr(stop->text, text))
		snprintf(stop->text + used, sizeof(stop->text) - used, ": %s",
			 text);
	free(text);
}

/* Add the title of the hang's report, unless a dump's line has it already. */
static void title_add(struct session *s, struct guest_stop *stop)
{
	size_t used = strlen(stop->text);
	struct session_report *r;

	if (strstr(stop->text, TITLE_MARK) || session_report_create(s, &r))
		return;
	snprintf(stop->text + used, sizeof(stop->text) - used, "%s%s",
		 TITLE_MARK, session_report_title(r));
	session_report_destroy(r);
}

void session_stopped(struct session *s)
{
	struct guest *g = session_guest(s);

	view_stopped(&s->view);
	if (g->last.kind == GUEST_STOP_HANG)
		title_add(s, &g->last);
	if (g->last.kind == GUEST_STOP_CRASH && g->has_fault)
		insn_add(s, g->fault.pc, &g->last);
}

/* --- the table of commands ----------------------------------------------- */

int session_commands_add(struct session *s, const struct session_command *rows,
			 unsigned int nr)
{
	if (s->nr_tables == SESSION_MAX_TABLES)
		return -ENOSPC;
	s->tables[s->nr_tables].rows = rows;
	s->tables[s->nr_tables++].nr = nr;
	return 0;
}

const struct session_command *session_command(const struct session *s,
					      unsigned int index)
{
	for (unsigned int i = 0; i < s->nr_tables; i++) {
		if (index < s->tables[i].nr)
			return &s->tables[i].rows[index];
		index -= s->tables[i].nr;
	}
	return NULL;
}

/*
 * 0 if the guest is of the kind that the command needs. Otherwise print a
 * message; -ENOTSUP or -ENOENT.
 */
static int check_needs(struct session *s, const struct session_command *c,
		       FILE *out)
{
	if (c->needs == SESSION_LIVE && !s->owner->live) {
		fprintf(out, "%s needs a guest that can run; this is a dump\n",
			c->name);
		return -ENOTSUP;
	}
	if (c->needs != SESSION_LINUX ||
	    !introspect_find_kernel(session_introspect(s)))
		return 0;
	fprintf(out, "no Linux kernel found in guest memory (yet)\n");
	return -ENOENT;
}

/* Remove the word --json from args. Returns whether it was there. */
static bool json_take(char *args)
{
	static const char option[] = "--json";
	size_t len = strlen(option);
	char *at = strstr(args, option);

	if (!at || (at > args && at[-1] != ' ') || (at[len] && at[len] != ' '))
		return false;
	for (len += strspn(at + len, " "); at > args && at[-1] == ' '; len++)
		at--;
	/* Keep one blank between the words around --json. */
	if (at > args && at[len])
		at++, len--;
	memmove(at, at + len, strlen(at + len) + 1);
	return true;
}

static int command_run(struct session *s, const struct session_command *c,
		       const char *line, FILE *out)
{
	char *args = line_args(line);
	int err;

	if (!args)
		return -ENOMEM;
	s->json = strstr(c->args, "--json") && json_take(args);
	introspect_limit_reads(s->view.in, SESSION_MAX_READS);
	err = c->run(s, args, out);
	introspect_limit_reads(s->view.in, 0);
	free(args);
	return err;
}

int session_run(struct session *s, const char *line, FILE *out)
{
	const struct session_command *c;
	const char *word;
	size_t length;
	int err;

	for (unsigned int i = 0; (c = session_command(s, i)); i++) {
		if (!line_is(line, c->name))
			continue;
		err = check_needs(s, c, out);
		return err ? err : command_run(s, c, line, out);
	}
	word = line_word(line, &length);
	fprintf(out, "no command \"%.*s\"; try: monitor help\n", (int)length,
		word);
	return -ENOENT;
}
