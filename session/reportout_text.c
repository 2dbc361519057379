// SPDX-License-Identifier: GPL-2.0-or-later
/* reportout_text.c - a report as text for a terminal or a mail */
#include "reportdoc.h"

#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define WIDTH     79
#define MAX_WIDTH 60 /* a column is not padded further */

/* Print a sentence, broken into lines. */
static void wrap(const char *text, FILE *out)
{
	size_t at = 0, len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (at && at + 1 + len > WIDTH) {
			fputc('\n', out);
			at = 0;
		}
		at += (size_t)fprintf(out, "%s%.*s", at ? " " : "", (int)len,
				      text);
	}
	fputc('\n', out);
}

static size_t column_width(const struct doc_table *t, unsigned int column)
{
	size_t width = strlen(t->columns[column].name);

	for (unsigned int i = column; i < t->nr_cells; i += t->nr_columns) {
		size_t len = strlen(t->cells[i]);

		if (len > width)
			width = min(len, (size_t)MAX_WIDTH);
	}
	return width;
}

static void row(const struct doc_table *t, const size_t *widths,
		const char *const *cells, FILE *out)
{
	unsigned int last = t->nr_columns;

	/* No blanks at the end of a line. */
	while (last && !*cells[last - 1])
		last--;
	for (unsigned int c = 0; c < last; c++) {
		int width = c + 1 < last ? (int)widths[c] : 0;

		if (t->columns[c].kind == DOC_NUMBER)
			width = (int)widths[c];
		else
			width = -width;
		fprintf(out, "%s%*s", c ? " " : "  ", width, cells[c]);
	}
	fputc('\n', out);
}

#define MAX_COLUMNS 8

static void table(const struct doc_table *t, FILE *out)
{
	const char *cells[MAX_COLUMNS];
	size_t widths[MAX_COLUMNS];
	unsigned int nr = doc_rows(t);

	if (t->nr_columns > MAX_COLUMNS)
		return;
	for (unsigned int c = 0; c < t->nr_columns; c++) {
		widths[c] = column_width(t, c);
		cells[c] = t->columns[c].name;
	}
	if (t->nr_columns > 2)
		row(t, widths, cells, out);
	for (unsigned int i = 0; i < nr; i++) {
		for (unsigned int c = 0; c < t->nr_columns; c++)
			cells[c] = t->cells[i * t->nr_columns + c];
		row(t, widths, cells, out);
	}
}

static void lines(const char *text, FILE *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", len ? "  " : "", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void section(const struct doc_table *t, FILE *out)
{
	if (!t->text && !doc_rows(t))
		return;
	fprintf(out, "\n%s\n", t->title);
	if (t->text)
		lines(t->text, out);
	else
		table(t, out);
}

void doc_text(const struct session_report *d, FILE *out)
{
	fprintf(out, "%s\n\n", d->title);
	wrap(d->cause, out);
	for (unsigned int i = 0; i < d->nr_detail; i++)
		wrap(d->detail[i], out);
	fprintf(out, "\nsignature %s", d->signature);
	for (unsigned int i = 0; i < ARRAY_SIZE(d->also); i++)
		if (*d->also[i])
			fprintf(out, "%s%s", i ? "; " : ", also: ", d->also[i]);
	fputc('\n', out);
	for (unsigned int i = 0; i < d->nr_tables; i++)
		section(&d->tables[i], out);
	section(&d->unread, out);
}
