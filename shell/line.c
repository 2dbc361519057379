// SPDX-License-Identifier: GPL-2.0-or-later
/* line.c - see line.h */
#include "line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

const char *shell_line_program(const char *line)
{
	const char *at = line + strspn(line, BLANKS);

	if (*at == '!')
		return at;
	while ((at = strchr(at, '|'))) {
		bool blank = at == line || strchr(BLANKS, at[-1]);
		size_t len = strspn(at, "|");

		if (blank && len == 1)
			return at;
		at += len;
	}
	return NULL;
}

/* "monitor" is skipped: hints and documents have the commands of gdb. */
const char *shell_line_command(const char *line)
{
	static const char word[] = "monitor";
	size_t len = strlen(word);

	line += strspn(line, BLANKS);
	if (strncmp(line, word, len) || !line[len] ||
	    !strchr(BLANKS, line[len]))
		return line;
	return line + len + strspn(line + len, BLANKS);
}

int shell_line_parse(const char *line, struct shell_line *ret)
{
	struct shell_line l = { .text = strdup(line) };
	char *at, *at_command;

	if (!l.text)
		return -ENOMEM;
	at = (char *)shell_line_program(l.text);
	if (l.text[strspn(l.text, BLANKS)] == '#') {
		at = NULL;
	} else if (!at || *at == '|') {
		if (at)
			*at = '\0';
		l.command = trim(l.text);
		at_command = (char *)shell_line_command(l.command);
		l.prefixed = at_command != l.command;
		l.command = at_command;
		if (!at && !*l.command)
			l.command = NULL;
	}
	if (at)
		l.program = trim(at + 1);
	*ret = l;
	return 0;
}

void shell_line_deinit(struct shell_line *l)
{
	free(l->text);
}
