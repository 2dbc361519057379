/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - strings of the guest's, before they are shown to anybody
 *
 * A guest calls its tasks, symbols and panics what it likes, and a terminal
 * does what control characters tell it. So a string that comes from guest
 * memory is cleaned where it is read, and what goes to a debugger's console
 * once more. Left are the printable characters of ASCII; a line end is none.
 */
#ifndef TRAPLINE_TEXT_H
#define TRAPLINE_TEXT_H

#include <trapline/types.h>

static inline bool text_is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Each other byte of these, but for NUL, becomes '?'. */
static inline void text_clean(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] && !text_is_printable(text[i]))
			text[i] = '?';
}

#endif
