/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.h - expand the format string and the arguments of a kernel function
 */
#ifndef TRAPLINE_INTROSPECT_FORMAT_H
#define TRAPLINE_INTROSPECT_FORMAT_H

#include <trapline/introspect.h>

/*
 * Write one line to buf: the message up to its first newline, with '?' for each
 * unprintable character. args are the nr registers after the format; a
 * conversion without a register prints "?". Strings are read from the guest.
 */
void format_message(struct introspect *in, const char *format,
		    const uint64_t *args, unsigned int nr, char *buf,
		    size_t size);

#endif
