/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.h - expand the format string and the arguments of a kernel function
 *
 * format.c parses the format, and prints numbers, characters and strings.
 * format_pointer.c prints what a letter after %p asks for.
 */
#ifndef TRAPLINE_INTROSPECT_FORMAT_H
#define TRAPLINE_INTROSPECT_FORMAT_H

#include <trapline/introspect.h>

#define FORMAT_REGS 8 /* X0 to X7 */

/*
 * The arguments after the format, one per 64-bit word: nr registers, then the
 * words at stack. Source: Procedure Call Standard for the Arm 64-bit
 * Architecture, "Variadic subroutines".
 */
struct format_args {
	uint64_t regs[FORMAT_REGS];
	unsigned int nr;
	unsigned int next; /* index of the next register */
	va_t stack;
};

/* One conversion, with the values of '*' in place. */
struct format_spec {
	bool left, plus, space, zero, prefix; /* the flags "-+ 0#" */
	int width, precision; /* -1: none */
	unsigned int bytes; /* size of an integer argument */
	char conversion;
	char letters[8]; /* after %p */
};

struct format_out {
	char *buf;
	size_t size, len;
};

/*
 * Write one line to buf: the message up to its first newline, with '?' for each
 * unprintable character. Strings are read from the guest. A pointer is printed
 * as it is: the kernel prints a hash of it.
 *
 * If a conversion is not known, the message has the text of the conversion and
 * the value, like "%pOF(0xffff000003f00000)". If it is not known how many
 * arguments a conversion takes, the rest of the message is the format's.
 */
void format_message(struct introspect *in, const char *format,
		    const struct format_args *args, char *buf, size_t size);

/* The rest is for format.c and format_pointer.c. */
void format_put(struct format_out *o, const char *text);
/* The same, with blanks up to the width. */
void format_put_padded(struct format_out *o, const struct format_spec *s,
		       const char *text);
/* base: 8, 10 or 16; upper: for the digits of base 16 */
void format_put_number(struct format_out *o, const struct format_spec *s,
		       uint64_t v, bool negative, unsigned int base,
		       bool upper);
void format_put_string(struct introspect *in, struct format_out *o,
		       const struct format_spec *s, va_t va);
/* depth: number of formats that are being expanded inside each other */
void format_expand(struct introspect *in, struct format_out *o,
		   const char *format, const struct format_args *args,
		   unsigned int depth);
/* false: nothing is printed, because the letters after %p are not known. */
bool format_put_pointer(struct introspect *in, struct format_out *o,
			const struct format_spec *s, uint64_t v,
			unsigned int depth);

#endif
