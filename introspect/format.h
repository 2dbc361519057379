/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.h - what a kernel function's format string and arguments would print
 */
#ifndef TRAPLINE_INTROSPECT_FORMAT_H
#define TRAPLINE_INTROSPECT_FORMAT_H

#include <trapline/introspect.h>

/*
 * One line, up to the first newline, nothing unprintable. args are the
 * registers behind the format; conversions beyond them print "?". Strings are
 * read from the guest.
 */
void format_message(struct introspect *in, const char *format,
		    const uint64_t *args, unsigned int nr, char *buf,
		    size_t size);

#endif
