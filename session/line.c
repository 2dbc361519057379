// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * line.c - see line.h
 */
#include "line.h"

#include <string.h>

#define BLANKS " \t"

const char *line_word(const char *line, size_t *ret_length)
{
	line += strspn(line, BLANKS);
	/* gdb and QEMU write a format without a blank: x/8gx */
	*ret_length = strcspn(line, BLANKS "/");
	return line;
}

bool line_is(const char *line, const char *word)
{
	size_t length;

	line = line_word(line, &length);
	return length && strlen(word) == length && !strncmp(line, word, length);
}

char *line_args(const char *line)
{
	size_t length;

	line = line_word(line, &length);
	line += length;
	line += strspn(line, BLANKS);
	length = strlen(line);
	while (length && strchr(BLANKS "\r\n", line[length - 1]))
		length--;
	return strndup(line, length);
}
