// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - messages of the libraries, on their way to the user
 *
 * See trapline/report.h.
 */
#include <trapline/report.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void (*message_show)(enum report_kind kind, const char *text);

void report_set(void (*show)(enum report_kind kind, const char *text))
{
	message_show = show;
}

/* Bytes above 0x7f remain: they are parts of file names in UTF-8. */
static void clean(char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\n') ||
		    *text == 0x7f)
			*text = '?';
}

void report(enum report_kind kind, const char *format, ...)
{
	char *text;
	va_list ap;
	int n;

	if (!message_show)
		return;
	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		message_show(kind, "no memory is left to say what happened");
		return;
	}
	clean(text);
	message_show(kind, text);
	free(text);
}
