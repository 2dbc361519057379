// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * complete.c - the words that can end a line of a command
 *
 * The arguments in the table of commands are the grammar: "TYPE ADDR[.MEMBER] |
 * SYMBOL" are two alternatives, the first with two words. A word has choices,
 * "[PID|cpu N|all]". A choice in small letters stands for itself. For each
 * choice in capitals, the table kinds[] has the function that offers the words
 * that may stand there.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/names.h>
#include <trapline/util.h>
#include "line.h"

#define BLANKS    " \t"
#define MAX_WORDS (1U << 18) /* a user needs fewer; a hostile guest has more */
#define MAX_ARGS  16

struct completion {
	struct session *s;
	FILE *out;
	const char *stem; /* the part of the word that stays, of stem_len */
	size_t stem_len;
	const char *part; /* the part to complete */
	const char *arg[MAX_ARGS]; /* the words before it, NUL-terminated */
	unsigned int nr_args; /* without options, and without "struct" */
	unsigned int left;
};

static bool offer(void *opaque, const char *name)
{
	struct completion *c = opaque;

	if (strncmp(name, c->part, strlen(c->part)))
		return true;
	fprintf(c->out, "%.*s%s\n", (int)c->stem_len, c->stem, name);
	return --c->left;
}

/* --- kinds of words ------------------------------------------------------- */

static void offer_symbols(struct completion *c)
{
	/* Without a first letter, too many symbols would be offered. */
	if (*c->part)
		introspect_symbol_each(session_introspect(c->s), offer, c);
}

static void offer_types(struct completion *c)
{
	if (*c->part)
		introspect_type_each(session_introspect(c->s), offer, c);
}

static void offer_modules(struct completion *c)
{
	struct introspect *in = session_introspect(c->s);
	int nr = introspect_modules_refresh(in);

	for (int i = 0; i < nr; i++)
		offer(c, introspect_module(in, (unsigned int)i)->name);
}

static void offer_tasks(struct completion *c, bool pid)
{
	struct introspect_task *tasks = NULL;
	unsigned int nr = 0;
	char text[16];

	introspect_task_list(session_introspect(c->s), &tasks, &nr);
	for (unsigned int i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "%d", tasks[i].pid);
		offer(c, pid ? text : tasks[i].comm);
	}
	free(tasks);
}

static void offer_pids(struct completion *c)
{
	offer_tasks(c, true);
}

static void offer_comms(struct completion *c)
{
	offer_tasks(c, false);
}

static void offer_cpus(struct completion *c)
{
	char text[16];

	for (unsigned int i = 0; i < session_guest(c->s)->nr_vcpus; i++) {
		snprintf(text, sizeof(text), "%u", i);
		offer(c, text);
	}
}

static void offer_commands(struct completion *c)
{
	const struct session_command *row;

	for (unsigned int i = 0; (row = session_command(c->s, i)); i++)
		if (row->needs != SESSION_LIVE || c->s->owner->live)
			offer(c, row->name);
}

static const struct {
	const char *name;
	void (*offer)(struct completion *c);
} kinds[] = {
	{ "ADDR", offer_symbols },   { "ADDRESS", offer_symbols },
	{ "COMM", offer_comms },     { "COMMAND", offer_commands },
	{ "CPU", offer_cpus },       { "FUNCTION", offer_symbols },
	{ "HEAD", offer_symbols },   { "MODULE", offer_modules },
	{ "NAME", offer_symbols },   { "PID", offer_pids },
	{ "SYMBOL", offer_symbols }, { "TYPE", offer_types },
};

/* --- members -------------------------------------------------------------- */

static int type_of_variable(struct completion *c, const char *name, size_t len,
			    struct introspect_type *ret)
{
	struct introspect *in = session_introspect(c->s);
	const char *type = session_variable_type(name, len);
	struct introspect_object o;
	char text[64];

	if (type)
		return introspect_type_find(in, type, ret);
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	return introspect_percpu(in, text, 0, &o)
		       ? -ENOENT
		       : introspect_object_type(in, &o, ret);
}

static int type_by_name(struct completion *c, const char *name, size_t len,
			struct introspect_type *ret)
{
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	return introspect_type_find(session_introspect(c->s), text, ret);
}

/*
 * The word is "TYPE.MEMBER", "ADDR.MEMBER" after a type, or "SYMBOL.MEMBER".
 * Keep all of it but the last member's name.
 */
static void offer_members(struct completion *c, const char *kind)
{
	const char *word = c->part, *last = word + strlen(word);
	size_t len = strcspn(word, ".[");
	struct introspect_type type;
	char *path;
	int err;

	while (last > word && !strchr(".>]", last[-1]))
		last--;
	if (*kind == 'T')
		err = type_by_name(c, word, len, &type);
	else if (*kind == 'A' && c->nr_args)
		err = type_by_name(c, c->arg[c->nr_args - 1],
				   strlen(c->arg[c->nr_args - 1]), &type);
	else
		err = type_of_variable(c, word, len, &type);
	if (err || last < word + len)
		return;
	path = strndup(word + len, (size_t)(last - word) - len);
	if (!path)
		return;
	c->stem_len += (size_t)(last - word);
	c->part = last;
	introspect_member_each(&type, path, offer, c);
	c->part = word;
	c->stem_len -= (size_t)(last - word);
	free(path);
}

/* --- the grammar ---------------------------------------------------------- */

/* One choice: "all", "cpu N", "PID", "ADDR[.MEMBER]", "...". */
static void offer_choice(struct completion *c, const char *text, size_t len)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t name = strspn(text, capitals), n;
	char word[32];

	if (name && len >= name + 7 && strcspn(text + name, ".") < 2 &&
	    memmem(text, len, ".MEMBER", 7) && strpbrk(c->part, ".[")) {
		offer_members(c, text);
		return;
	}
	for (unsigned int i = 0; name && i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == name &&
		    !strncmp(kinds[i].name, text, name)) {
			kinds[i].offer(c);
			return;
		}
	n = strspn(text, "abcdefghijklmnopqrstuvwxyz-,");
	if (n && n < sizeof(word)) {
		snprintf(word, sizeof(word), "%.*s", (int)min(n, len), text);
		offer(c, word);
	}
}

/* One word of the grammar, with or without brackets around it. */
static void offer_word(struct completion *c, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end && c->left) {
		text += strspn(text, "[");
		len = strcspn(text, "|");
		if (len > (size_t)(end - text))
			len = (size_t)(end - text);
		offer_choice(c, text, len);
		text += len + 1;
	}
}

/* The length of the grammar's word at text. Brackets may contain blanks. */
static size_t word_length(const char *text)
{
	unsigned int depth = 0;
	size_t len = 0;

	for (; text[len] && (depth || text[len] != ' '); len++)
		depth += text[len] == '[' ? 1 : text[len] == ']' ? -1U : 0;
	return len;
}

static void offer_args(struct completion *c, const char *grammar)
{
	unsigned int at = 0;

	for (size_t len; *grammar; grammar += len + (grammar[len] == ' ')) {
		len = word_length(grammar);
		if (len == 1 && *grammar == '|') {
			at = 0;
		} else if (!strncmp(grammar, "[--", 3)) {
			if (*c->part == '-')
				offer_word(c, grammar, len);
		} else if (at++ == c->nr_args) {
			offer_word(c, grammar, len);
		}
	}
}

/* Split the line before the last word; text is changed. */
static void args_split(struct completion *c, char *text)
{
	static const char *const words[] = { "struct", "union", "enum" };
	char *save, *word;

	for (word = strtok_r(text, BLANKS, &save); word;
	     word = strtok_r(NULL, BLANKS, &save)) {
		bool skip = !strncmp(word, "--", 2);

		for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
			skip |= !strcmp(word, words[i]);
		if (!skip && c->nr_args < MAX_ARGS)
			c->arg[c->nr_args++] = word;
	}
}

static void complete(struct completion *c, char *before)
{
	const struct session_command *row;
	size_t length;
	char *rest;

	line_word(before, &length);
	if (!length) {
		offer_commands(c);
		return;
	}
	for (unsigned int i = 0; (row = session_command(c->s, i)); i++)
		if (line_is(before, row->name))
			break;
	if (!row)
		return;
	rest = before + strspn(before, BLANKS) + length;
	args_split(c, rest);
	introspect_find_kernel(session_introspect(c->s));
	introspect_limit_reads(session_introspect(c->s), SESSION_MAX_READS);
	offer_args(c, row->args);
	introspect_limit_reads(session_introspect(c->s), 0);
}

int session_complete(struct session *s, const char *line, FILE *out)
{
	size_t size = 0, last = strlen(line);
	char *text = NULL, *before;
	struct completion c = { .s = s, .left = MAX_WORDS };

	while (last && !strchr(BLANKS, line[last - 1]))
		last--;
	c.part = c.stem = line + last;
	before = strndup(line, last);
	c.out = open_memstream(&text, &size);
	if (before && c.out)
		complete(&c, before);
	free(before);
	if (!c.out || fclose(c.out) || !before) {
		free(text);
		return -ENOMEM;
	}
	if (c.left)
		fwrite(text, 1, size, out);
	free(text);
	return 0;
}

/* The quotes keep the blank at the end of the line. */
int session_complete_command(struct session *s, const char *args, FILE *out)
{
	size_t len = strlen(args);
	char *line;
	int err;

	if (len < 2 || args[0] != '"' || args[len - 1] != '"') {
		fprintf(out, "usage: monitor complete \"LINE\"\n");
		return -EINVAL;
	}
	line = strndup(args + 1, len - 2);
	err = line ? session_complete(s, line, out) : -ENOMEM;
	free(line);
	return err;
}
