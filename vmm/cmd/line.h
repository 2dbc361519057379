/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * line.h - a monitor command's line: a word, and the rest of it
 */
#ifndef TRAPLINE_VMM_LINE_H
#define TRAPLINE_VMM_LINE_H

#include <trapline/types.h>

/* Does the line begin with that word, blanks before it aside? */
bool line_is(const char *line, const char *word);
/* The word alone, for a message: *ret_length characters from the result on. */
const char *line_word(const char *line, size_t *ret_length);
/*
 * What follows the word, all of it, without blanks and line ends around it.
 * free(3) it. NULL: out of memory.
 */
char *line_args(const char *line);

#endif
