// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format.c - expand the message of a panic from the argument registers
 *
 * The guest stops in panic() or nmi_panic() before the kernel formats the
 * message. Source: Documentation/core-api/printk-formats.rst. This file knows
 * integers, characters, strings and plain pointers; it skips the letters after
 * %p. Width and precision have at most two digits, because the guest chooses
 * the format.
 */
#include "format.h"
#include "kva.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STRING_MAX 128

struct spec {
	char flags[4]; /* of "0-#", for printf(3) */
	int width;
	int precision; /* -1: none */
	bool is_long;
	char conversion;
};

struct output {
	char *buf;
	size_t size, len;
};

static void put(struct output *o, const char *s)
{
	for (; *s && o->len + 1 < o->size; s++)
		o->buf[o->len++] = isprint((unsigned char)*s) ? *s : '?';
	o->buf[o->len] = '\0';
}

static const char *number(const char *p, int *ret)
{
	int value = 0;

	while (isdigit((unsigned char)*p)) {
		if (value < 100)
			value = value * 10 + (*p - '0');
		p++;
	}
	*ret = value < 100 ? value : 0;
	return p;
}

/* p points after the '%'. Returns the text after the conversion. */
static const char *parse(const char *p, struct spec *ret)
{
	struct spec s = { .precision = -1 };
	size_t flags = 0;

	for (; *p && strchr("-+ #0", *p); p++)
		if (*p != '+' && *p != ' ' && flags < sizeof(s.flags) - 1)
			s.flags[flags++] = *p;
	p = number(p, &s.width);
	if (*p == '.')
		p = number(p + 1, &s.precision);
	for (; *p && strchr("hlzt", *p); p++)
		s.is_long |= *p != 'h';
	s.conversion = *p;
	if (*p)
		p++;
	if (s.conversion == 'p')
		while (isalnum((unsigned char)*p))
			p++;
	*ret = s;
	return p;
}

static void put_integer(struct output *o, const struct spec *s, uint64_t v)
{
	char format[16], text[128];
	bool is_signed = s->conversion == 'd' || s->conversion == 'i';

	if (!s->is_long)
		v = is_signed ? (uint64_t)(int64_t)(int32_t)v : (uint32_t)v;
	snprintf(format, sizeof(format), "%%%s*ll%c", s->flags, s->conversion);
	snprintf(text, sizeof(text), format, s->width, (unsigned long long)v);
	put(o, text);
}

static void put_string(struct introspect *in, struct output *o,
		       const struct spec *s, va_t va)
{
	char text[STRING_MAX];
	size_t size = sizeof(text);

	if (s->precision >= 0 && (size_t)s->precision < size)
		size = s->precision + 1;
	put(o, kva_read_string(in, va, text, size) < 0 ? "(fault)" : text);
}

static void put_argument(struct introspect *in, struct output *o,
			 const struct spec *s, uint64_t v)
{
	char text[32] = "";

	switch (s->conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
		put_integer(o, s, v);
		return;
	case 's':
		put_string(in, o, s, v);
		return;
	case 'c':
		text[0] = (char)v;
		break;
	case 'p':
		snprintf(text, sizeof(text), "%016llx", (unsigned long long)v);
		break;
	default:
		text[0] = '?';
	}
	put(o, text);
}

void format_message(struct introspect *in, const char *format,
		    const uint64_t *args, unsigned int nr, char *buf,
		    size_t size)
{
	struct output o = { buf, size, 0 };
	const char *p = format;
	char one[2] = "";
	struct spec s;

	put(&o, "");
	while (*p && *p != '\n') {
		if (*p != '%') {
			one[0] = *p++;
			put(&o, one);
			continue;
		}
		p = parse(p + 1, &s);
		if (s.conversion == '%') {
			put(&o, "%");
		} else if (nr) {
			put_argument(in, &o, &s, *args++);
			nr--;
		} else {
			put(&o, "?");
		}
	}
}
