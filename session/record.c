// SPDX-License-Identifier: GPL-2.0-or-later
/* record.c - see record.h */
#include "record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <trapline/code.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include "state.h"

/* The most rows that are shown: a hostile guest could cause any number. */
#define MAX_ROWS (1U << 18)

static bool is_full(const struct record *r)
{
	return r->rows >= MAX_ROWS;
}

void record_begin(struct record *r, struct session *s, FILE *out)
{
	memset(r, 0, sizeof(*r));
	r->out = out;
	r->in = session_introspect(s);
	r->json = s->json;
	if (r->json)
		fputs("{\"rows\": [", out);
}

void record_quote(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(text_is_printable(*text) ? *text : '?', out);
	}
	fputc('"', out);
}

void record_title(struct record *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->title, sizeof(r->title), format, args);
	va_end(args);
	text_clean(r->title, strlen(r->title));
	if (!r->json && !is_full(r))
		fprintf(r->out, "%s%s\n", r->rows ? "\n" : "", r->title);
}

/* The start of a field of a row in JSON. */
static void json_field(struct record *r, const char *name)
{
	if (!r->fields++) {
		fputs(r->rows ? ",\n{" : "\n{", r->out);
		if (*r->title) {
			fputs("\"of\": ", r->out);
			record_quote(r->out, r->title);
			fputs(", ", r->out);
		}
	} else {
		fputs(", ", r->out);
	}
	record_quote(r->out, name);
	fputs(": ", r->out);
}

static void put(char *buf, size_t size, size_t *len, const char *text)
{
	size_t n = strnlen(text, size - 1 - *len);

	memcpy(buf + *len, text, n);
	*len += n;
	buf[*len] = '\0';
}

/*
 * Put one column into a line. The blanks after a left-aligned text are put
 * before the next column, so that none end a line.
 */
static void column(char *buf, size_t size, size_t *len, size_t *pad, int width,
		   const char *text, bool first)
{
	size_t w = (size_t)(width < 0 ? -width : width), n = strlen(text);
	size_t fill = w > n ? w - n : 0, blanks = *pad + !first;

	*pad = width < 0 ? fill : 0;
	if (width > 0)
		blanks += fill;
	while (blanks-- && *len < size - 1)
		buf[(*len)++] = ' ';
	put(buf, size, len, text);
}

static void cell(struct record *r, const char *name, int width,
		 const char *text)
{
	int least = (int)strlen(name);
	bool first = !r->fields++;

	if (width >= 0 && width < least)
		width = least;
	else if (width < 0 && -width < least)
		width = -least;
	if (!r->rows)
		column(r->head, sizeof(r->head), &r->head_len, &r->head_pad,
		       width, name, first);
	column(r->line, sizeof(r->line), &r->line_len, &r->line_pad, width,
	       text, first);
}

void record_text(struct record *r, const char *name, int width,
		 const char *text)
{
	char clean[2048];

	if (is_full(r))
		return;
	if (r->json) {
		json_field(r, name);
		record_quote(r->out, text);
		return;
	}
	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean, strlen(clean));
	cell(r, name, width, clean);
}

void record_number(struct record *r, const char *name, int width, int64_t value)
{
	char text[24];

	if (is_full(r))
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	if (!r->json) {
		cell(r, name, width, text);
		return;
	}
	json_field(r, name);
	fputs(text, r->out);
}

void record_hex(struct record *r, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, value);
	record_text(r, name, -18, text);
}

void record_symbol(struct record *r, struct session *s, const char *name,
		   va_t va, bool is_return)
{
	struct introspect_symbol sym;
	char text[700] = "";

	if (is_full(r))
		return;
	if (introspect_symbol_by_address(session_introspect(s),
					 is_return ? va - 4 : va, &sym))
		(void)introspect_module_gone(session_introspect(s), va, text,
					     sizeof(text));
	else
		snprintf(text, sizeof(text),
			 "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", sym.name,
			 va - sym.va, sym.size, *sym.module ? " [" : "",
			 sym.module, *sym.module ? "]" : "");
	record_text(r, name, -1, text);
}

void record_row(struct record *r)
{
	if (is_full(r)) {
		r->more = true;
		return;
	}
	if (r->json) {
		fputc('}', r->out);
	} else {
		if (!r->rows)
			fprintf(r->out, "%s\n", r->head);
		fprintf(r->out, "%s\n", r->line);
	}
	r->rows++;
	r->fields = 0;
	r->line_len = r->line_pad = 0;
}

void record_note(struct record *r, const char *format, ...)
{
	size_t len = strlen(r->notes);
	va_list args;

	va_start(args, format);
	vsnprintf(r->notes + len, sizeof(r->notes) - len, format, args);
	va_end(args);
	text_clean(r->notes + len, strlen(r->notes + len));
	len = strlen(r->notes);
	if (len + 1 < sizeof(r->notes))
		memcpy(r->notes + len, "\n", 2);
}

void record_end(struct record *r)
{
	uint64_t limit = introspect_limit_reached(r->in);
	unsigned int nr = 0;
	char *end;

	if (r->more)
		record_note(r, "there are more rows");
	if (limit)
		record_note(r,
			    "not everything was read: a command reads kernel "
			    "memory at most %" PRIu64 " times",
			    limit);
	if (r->json)
		fputs("\n], \"notes\": [", r->out);
	for (char *at = r->notes; *at; at = end) {
		end = strchrnul(at, '\n');
		if (*end)
			*end++ = '\0';
		if (r->json) {
			fputs(nr++ ? ", " : "", r->out);
			record_quote(r->out, at);
		} else {
			fprintf(r->out, "%s\n", at);
		}
	}
	if (r->json)
		fputs("]}\n", r->out);
}
