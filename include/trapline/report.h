/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - messages of the libraries to the user
 *
 * Libraries print nothing and never end the process. A function that fails
 * returns an error, and the place that found the error calls report() once. The
 * message names what was wrong, where, and what to do. cli/ sets the function
 * that shows messages; without one, as in most unit tests, messages are
 * dropped.
 *
 * A message is text without "trapline: " before it and without a newline at the
 * end. Newlines inside it begin further lines. Every other control character
 * becomes '?'. Nevertheless, text of the guest must be cleaned where it is read
 * (text.h): a newline in it would forge a line.
 *
 * Any thread may call report(), with any lock held: the function that shows
 * messages calls no library.
 */
#ifndef TRAPLINE_REPORT_H
#define TRAPLINE_REPORT_H

enum report_kind {
	REPORT_ERROR, /* something went wrong, or the guest crashed */
	REPORT_NOTE, /* not needed: --quiet drops it */
	REPORT_KEY, /* the answer to a key, in the middle of a console line */
};

/*
 * Set the function that shows one message. Call before other threads exist.
 * NULL: drop all messages.
 */
void report_set(void (*show)(enum report_kind kind, const char *text));

void report(enum report_kind kind, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
