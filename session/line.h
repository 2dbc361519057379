/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line.h - split the line of a monitor command into a word and its arguments */
#ifndef TRAPLINE_SESSION_LINE_H
#define TRAPLINE_SESSION_LINE_H

#include <trapline/types.h>

/*
 * Is word the first word of the line? Leading blanks are skipped. A word ends at
 * a blank or at a '/'.
 */
bool line_is(const char *line, const char *word);
/*
 * The first word, for a message: *ret_length characters from the returned
 * pointer.
 */
const char *line_word(const char *line, size_t *ret_length);
/*
 * The text after the first word, without blanks and line ends around it. The
 * caller calls free(3). NULL: out of memory.
 */
char *line_args(const char *line);

#endif
