/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - clean strings of the guest before they are shown
 *
 * A guest chooses the names of its tasks and symbols and the texts of its
 * panics, and a terminal obeys the control characters in them. So a string from
 * guest memory is cleaned where it is read. Text for a debugger's console is
 * cleaned once more. Only the printable characters of ASCII remain; a line end
 * is not one of them.
 */
#ifndef TRAPLINE_TEXT_H
#define TRAPLINE_TEXT_H

#include <stddef.h>
#include <trapline/types.h>

static inline bool text_is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Replace each byte that is neither printable nor NUL by '?'. */
static inline void text_clean(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] && !text_is_printable(text[i]))
			text[i] = '?';
}

/* What stands for c in XML and HTML; NULL if c stands for itself. */
static inline const char *text_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

#endif
