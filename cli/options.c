// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - the option parser of all subcommands
 *
 * See options.h.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <trapline/util.h>

#define HELP_COLUMN 24
#define HELP_WIDTH  80
#define NAME_MAX_   24 /* longer words are not compared */

static void *field(const struct option_parser *p)
{
	return (char *)p->result + p->option->offset;
}

int option_fail(struct option_parser *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->error, p->error_size, format, ap);
	va_end(ap);
	return -EINVAL;
}

int option_bad(struct option_parser *p, const char *format, ...)
{
	int n = snprintf(p->error, p->error_size, "--%s %s: ", p->option->name,
			 p->arg);
	va_list ap;

	if (n < 0 || (size_t)n >= p->error_size)
		return -EINVAL;
	va_start(ap, format);
	vsnprintf(p->error + n, p->error_size - (size_t)n, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- the usual types ---------------------------------------------------- */

int option_flag(struct option_parser *p, const char *arg)
{
	*(bool *)field(p) = true;
	return 0;
}

int option_value(struct option_parser *p, const char *arg)
{
	*(unsigned int *)field(p) = (unsigned int)p->option->low;
	return 0;
}

int option_text(struct option_parser *p, const char *arg)
{
	*(const char **)field(p) = arg;
	return 0;
}

int option_maybe_empty(struct option_parser *p, const char *arg)
{
	return option_text(p, arg);
}

int option_choice(struct option_parser *p, const char *arg)
{
	char words[80] = "";
	size_t len = strlen(arg), at = 0, n;

	for (const char *word = p->option->takes; *word;
	     word += n + !!word[n]) {
		n = strcspn(word, "|");
		if (n == len && !strncmp(word, arg, n) && !isupper(*word))
			return option_text(p, arg);
		at += (size_t)snprintf(words + at, sizeof(words) - at, "%s%.*s",
				       !at       ? ""
				       : word[n] ? ", "
						 : " or ",
				       (int)n, word);
		at = min(at, sizeof(words) - 1);
	}
	return option_bad(p, "give %s", words);
}

int option_number(struct option_parser *p, const char *arg)
{
	const struct cli_option *t = p->option;
	uint64_t n;

	if (!number_in(arg, t->low, t->high, &n))
		return option_bad(p, "give a number from %llu to %llu",
				  (unsigned long long)t->low,
				  (unsigned long long)t->high);
	*(unsigned int *)field(p) = (unsigned int)n;
	return 0;
}

static bool size_parse(const char *text, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	unsigned int shift = 20;
	const char *end, *letter;
	uint64_t n;

	if (!number_parse(text, &end, &n))
		return false;
	if (*end) {
		letter = strchr(letters, toupper((unsigned char)*end));
		if (!letter || end[1])
			return false;
		shift = 10 * (unsigned int)(letter - letters + 1);
	}
	*ret = n << shift;
	return n <= UINT64_MAX >> shift;
}

/* Print a size as "512M" or "2G". */
static const char *size_text(uint64_t size, char *buf, size_t buf_size)
{
	const char *letter = "\0KMGT";

	for (; letter[1] && size && size % 1024 == 0; letter++)
		size /= 1024;
	snprintf(buf, buf_size, "%llu%.1s", (unsigned long long)size, letter);
	return buf;
}

int option_size(struct option_parser *p, const char *arg)
{
	const struct cli_option *t = p->option;
	char low[24], high[24];
	uint64_t size;

	if (!size_parse(arg, &size) || size < t->low || size > t->high)
		return option_bad(p, "give a size from %s to %s, such as 2G",
				  size_text(t->low, low, sizeof(low)),
				  size_text(t->high, high, sizeof(high)));
	*(uint64_t *)field(p) = size;
	return 0;
}

/* --- names -------------------------------------------------------------- */

/* How many characters have to be added, removed or changed. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_ + 1], diagonal, above;
	size_t len = strlen(b);

	for (unsigned int j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned int i = 1; *a; a++, i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			above = row[j];
			diagonal += *a != b[j - 1];
			row[j] = min(above, row[j - 1]) + 1;
			row[j] = min(row[j], diagonal);
			diagonal = above;
		}
	}
	return row[len];
}

static unsigned int unlikeness(const char *word, const char *name)
{
	if (strlen(word) >= 3 && (strstr(name, word) || strstr(word, name)))
		return 1;
	return distance(word, name);
}

const char *name_nearest(const char *word, const void *first, size_t stride,
			 size_t nr)
{
	unsigned int best = 3, unlike;
	const char *found = NULL;

	if (strlen(word) > NAME_MAX_)
		return NULL;
	for (size_t i = 0; i < nr; i++) {
		const char *name =
			*(char *const *)((const char *)first + i * stride);

		if (!name || strlen(name) > NAME_MAX_)
			continue;
		unlike = unlikeness(word, name);
		/* A name that shares no letter with word is no candidate. */
		if (unlike < best && unlike < strlen(word)) {
			best = unlike;
			found = name;
		}
	}
	return found;
}

/* --- parsing ------------------------------------------------------------ */

static int unknown(struct option_parser *p, const char *word)
{
	const struct cli_syntax *s = p->syntax;
	char name[NAME_MAX_ + 2];
	const char *nearest = NULL;

	if (word[1] == '-') {
		snprintf(name, sizeof(name), "%.*s",
			 (int)strcspn(word + 2, "="), word + 2);
		nearest = name_nearest(name, &s->options->name,
				       sizeof(*s->options), s->nr_options);
	}
	return option_fail(p,
			   "no option %s:%s%s%s 'trapline %s --help' lists the "
			   "options",
			   word, nearest ? " did you mean --" : "",
			   nearest ? nearest : "", nearest ? "?" : "",
			   s->command);
}

static const struct cli_option *option_find(const struct cli_syntax *s,
					    const char *word)
{
	size_t len = word[1] ? strcspn(word + 2, "=") : 0;

	for (size_t i = 0; word[1] && i < s->nr_options; i++) {
		const struct cli_option *t = &s->options[i];

		if (!t->name)
			continue;
		if (word[1] == '-' ? strlen(t->name) == len &&
					     !memcmp(t->name, word + 2, len)
				   : t->letter == word[1])
			return t;
	}
	return NULL;
}

/* The value in this word: after "=", or after the letter. NULL: none. */
static const char *value_of(const char *word)
{
	const char *equal = strchr(word, '=');

	if (word[1] == '-')
		return equal ? equal + 1 : NULL;
	return word[2] ? word + 2 : NULL;
}

/* Returns how many words were used: the option, and maybe its argument. */
static int option_parse(struct option_parser *p, char *const *words)
{
	const struct cli_option *t = option_find(p->syntax, words[0]);
	const char *value = t ? value_of(words[0]) : NULL;
	int err, used = 1;

	if (!t)
		return unknown(p, words[0]);
	if (!t->takes && value)
		return option_fail(p, "--%s takes no value", t->name);
	if (t->takes && !value) {
		value = words[1];
		used = 2;
	}
	if (t->takes && (!value || (!*value && t->parse != option_maybe_empty)))
		return option_fail(p, "--%s needs a value: %s", t->name,
				   t->takes);
	p->option = t;
	p->arg = value;
	err = t->parse(p, value);
	return err ? err : used;
}

int options_parse(const struct cli_syntax *syntax, void *result, int argc,
		  char *const *argv, char *error, size_t error_size)
{
	struct option_parser p = { .syntax = syntax,
				   .result = result,
				   .error = error,
				   .error_size = error_size };
	bool operands_only = false;
	int i, n;

	for (i = 1; i < argc; i += n) {
		n = 1;
		if (!operands_only && !strcmp(argv[i], "--"))
			operands_only = true;
		else if (!operands_only && argv[i][0] == '-')
			n = option_parse(&p, argv + i);
		else if (!syntax->operand)
			break;
		else
			n = syntax->operand(&p, argv[i]) ?: 1;
		if (n < 0)
			return n;
	}
	return i;
}

/* --- help --------------------------------------------------------------- */

/* Print text from HELP_COLUMN on; '\n' begins a new line. */
static void wrap(FILE *out, const char *text)
{
	int column = HELP_COLUMN;

	while (*text) {
		int len = (int)strcspn(text, " \n");

		if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += fprintf(out, "%s%.*s",
				  column > HELP_COLUMN ? " " : "", len, text);
		text += len;
		if (*text == '\n') {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		text += !!*text;
	}
	fputc('\n', out);
}

static void option_help(const struct cli_option *t, FILE *out)
{
	int n;

	n = t->letter ? fprintf(out, "  -%c, --%s", t->letter, t->name)
		      : fprintf(out, "  --%s", t->name);
	n += t->takes ? fprintf(out, " %s", t->takes) : 0;
	if (n + 2 > HELP_COLUMN) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - n, "");
	wrap(out, t->help);
}

void options_help(const struct cli_syntax *syntax, FILE *out)
{
	fputs(syntax->intro, out);
	for (size_t i = 0; i < syntax->nr_options; i++) {
		const struct cli_option *t = &syntax->options[i];

		if (t->name)
			option_help(t, out);
		else
			fprintf(out, "\n%s:\n", t->help);
	}
	fprintf(out, "\n%s", syntax->end);
}
