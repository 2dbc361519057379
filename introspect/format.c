// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format.c - expand the message of a panic from its arguments
 *
 * The guest stops in panic() or nmi_panic() before the kernel formats the
 * message. Source: Documentation/core-api/printk-formats.rst. Where the kernel
 * differs from printf(3), this file does the same as the kernel: the prefix of
 * 0 is "0x0", and a precision does not turn off the flag '0'.
 *
 * The guest chooses the format and the arguments. So the width and the
 * precision are limited, and only as many characters are made as fit.
 */
#include "format.h"
#include "kva.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STRING_MAX 256
#define WIDTH_MAX  4096 /* more than any output buffer */
#define SOH        '\001' /* KERN_SOH; the level of printk() follows */

static void put_repeated(struct format_out *o, char c, int nr)
{
	for (; nr > 0 && o->len + 1 < o->size; nr--)
		o->buf[o->len++] = c;
	o->buf[o->len] = '\0';
}

static void put_char(struct format_out *o, char c)
{
	put_repeated(o, isprint((unsigned char)c) ? c : '?', 1);
}

void format_put(struct format_out *o, const char *text)
{
	while (*text)
		put_char(o, *text++);
}

void format_put_padded(struct format_out *o, const struct format_spec *s,
		       const char *text)
{
	int pad = s->width - (int)strlen(text);

	if (!s->left)
		put_repeated(o, ' ', pad);
	format_put(o, text);
	if (s->left)
		put_repeated(o, ' ', pad);
}

void format_put_number(struct format_out *o, const struct format_spec *s,
		       uint64_t v, bool negative, unsigned int base, bool upper)
{
	const char *sign = negative ? "-" : s->plus ? "+" : s->space ? " " : "";
	const char *prefix = "", *form = upper ? "%llX" : "%llx";
	char digits[32];
	int zeros, pad;

	if (s->prefix && base == 16)
		prefix = upper ? "0X" : "0x";
	else if (s->prefix && base == 8 && v)
		prefix = "0";
	if (base != 16)
		form = base == 8 ? "%llo" : "%llu";
	snprintf(digits, sizeof(digits), form, (unsigned long long)v);
	zeros = s->precision - (int)strlen(digits);
	pad = s->width - (int)(strlen(sign) + strlen(prefix) + strlen(digits)) -
	      (zeros > 0 ? zeros : 0);
	if (!s->left && !s->zero)
		put_repeated(o, ' ', pad);
	format_put(o, sign);
	format_put(o, prefix);
	if (!s->left && s->zero)
		put_repeated(o, '0', pad);
	put_repeated(o, '0', zeros);
	format_put(o, digits);
	if (s->left)
		put_repeated(o, ' ', pad);
}

void format_put_string(struct introspect *in, struct format_out *o,
		       const struct format_spec *s, va_t va)
{
	size_t size = STRING_MAX;
	char text[STRING_MAX];

	if (s->precision >= 0 && (size_t)s->precision < size)
		size = (size_t)s->precision + 1;
	if (!va)
		snprintf(text, size, "(null)");
	else if (va < SZ_4K || va >= -(uint64_t)SZ_4K)
		snprintf(text, size, "(efault)");
	else if (kva_read_string(in, va, text, size) < 0)
		snprintf(text, sizeof(text), "(fault)");
	format_put_padded(o, s, text);
}

static bool next_argument(struct introspect *in, struct format_args *args,
			  uint64_t *ret)
{
	if (args->next < args->nr) {
		*ret = args->regs[args->next++];
		return true;
	}
	if (kva_read_u64(in, args->stack, ret))
		return false;
	args->stack += sizeof(*ret);
	return true;
}

/*
 * Read a width or a precision: digits, or '*' if it is the next argument. NULL:
 * that argument cannot be read.
 */
static const char *number(struct introspect *in, const char *p,
			  struct format_args *args, int *ret)
{
	int64_t value = 0;
	uint64_t word;

	if (*p == '*') {
		if (!next_argument(in, args, &word))
			return NULL;
		value = (int32_t)word;
		p++;
	} else {
		for (; isdigit((unsigned char)*p); p++)
			if (value < WIDTH_MAX)
				value = value * 10 + (*p - '0');
	}
	if (value > WIDTH_MAX)
		value = WIDTH_MAX;
	if (value < -WIDTH_MAX)
		value = -WIDTH_MAX;
	*ret = (int)value;
	return p;
}

static const char *flags(const char *p, struct format_spec *s)
{
	for (;; p++) {
		switch (*p) {
		case '-':
			s->left = true;
			break;
		case '+':
			s->plus = true;
			break;
		case ' ':
			s->space = true;
			break;
		case '#':
			s->prefix = true;
			break;
		case '0':
			s->zero = true;
			break;
		default:
			return p;
		}
	}
}

/* The size of an integer argument: hh, h, l, ll, L, z, t. */
static const char *size_of(const char *p, unsigned int *ret)
{
	char c = *p;

	*ret = 4;
	if (!c || !strchr("hlLzZt", c))
		return p;
	*ret = c == 'h' ? 2 : 8;
	p++;
	if (*p == c && (c == 'h' || c == 'l')) {
		*ret = c == 'h' ? 1 : 8;
		p++;
	}
	return p;
}

/*
 * p points after the '%'. Returns the text after the conversion; NULL: an
 * argument cannot be read.
 */
static const char *parse(struct introspect *in, const char *p,
			 struct format_args *args, struct format_spec *ret)
{
	struct format_spec s = { .width = -1, .precision = -1 };
	size_t nr = 0;

	p = flags(p, &s);
	if (*p == '*' || isdigit((unsigned char)*p))
		p = number(in, p, args, &s.width);
	if (p && *p == '.') {
		p = number(in, p + 1, args, &s.precision);
		if (s.precision < 0)
			s.precision = 0;
	}
	if (!p)
		return NULL;
	if (s.width < -1) {
		s.left = true;
		s.width = -s.width;
	}
	p = size_of(p, &s.bytes);
	s.conversion = *p;
	if (*p)
		p++;
	for (; s.conversion == 'p' && isalnum((unsigned char)*p); p++)
		if (nr < sizeof(s.letters) - 1)
			s.letters[nr++] = *p;
	*ret = s;
	return p;
}

static void put_integer(struct format_out *o, const struct format_spec *s,
			uint64_t v)
{
	unsigned int unused = 64 - 8 * s->bytes;
	bool is_signed = s->conversion == 'd' || s->conversion == 'i';
	struct format_spec plain = *s;
	unsigned int base = 10;

	if (s->conversion == 'o')
		base = 8;
	if (s->conversion == 'x' || s->conversion == 'X')
		base = 16;
	v <<= unused;
	if (is_signed && (int64_t)v < 0) {
		format_put_number(o, s, -(uint64_t)((int64_t)v >> unused), true,
				  base, false);
		return;
	}
	if (!is_signed)
		plain.plus = plain.space = false;
	format_put_number(o, &plain, v >> unused, false, base,
			  s->conversion == 'X');
}

/* The text of a conversion, and its value. */
static void put_raw(struct format_out *o, const char *start, const char *end,
		    uint64_t v)
{
	char value[32];

	while (start < end)
		put_char(o, *start++);
	snprintf(value, sizeof(value), "(0x%llx)", (unsigned long long)v);
	format_put(o, value);
}

/*
 * The conversion with the text from start to end. false: it is not known how
 * many arguments it takes, or its argument cannot be read.
 */
static bool put_conversion(struct introspect *in, struct format_out *o,
			   const struct format_spec *s,
			   struct format_args *args, unsigned int depth,
			   const char *start, const char *end)
{
	char one[2] = "";
	uint64_t v;

	if (s->conversion == '%') {
		format_put(o, "%");
		return true;
	}
	if (!s->conversion || !strchr("diuoxXcsp", s->conversion) ||
	    !next_argument(in, args, &v))
		return false;
	switch (s->conversion) {
	case 's':
		format_put_string(in, o, s, v);
		break;
	case 'c':
		one[0] = (char)v;
		format_put_padded(o, s, one);
		break;
	case 'p':
		if (!format_put_pointer(in, o, s, v, depth))
			put_raw(o, start, end, v);
		break;
	default:
		put_integer(o, s, v);
	}
	return true;
}

void format_expand(struct introspect *in, struct format_out *o,
		   const char *format, const struct format_args *args,
		   unsigned int depth)
{
	struct format_args left = *args;
	const char *p = format, *start;
	struct format_spec s;

	while (*p && *p != '\n' && o->len + 1 < o->size) {
		if (*p == SOH && p[1]) {
			p += 2;
			continue;
		}
		if (*p != '%') {
			put_char(o, *p++);
			continue;
		}
		start = p;
		p = parse(in, p + 1, &left, &s);
		if (p && put_conversion(in, o, &s, &left, depth, start, p))
			continue;
		while (*start && *start != '\n')
			put_char(o, *start++);
		return;
	}
}

void format_message(struct introspect *in, const char *format,
		    const struct format_args *args, char *buf, size_t size)
{
	struct format_out o = { buf, size, 0 };

	*buf = '\0';
	format_expand(in, &o, format, args, 0);
}
