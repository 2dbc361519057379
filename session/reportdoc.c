// SPDX-License-Identifier: GPL-2.0-or-later
/* reportdoc.c - see reportdoc.h */
#include "reportdoc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

static const struct doc_column unread_columns[] = { { "what", DOC_TEXT } };

struct doc_table *doc_table(struct session_report *d, const char *id,
			    const char *title, const struct doc_column *columns,
			    unsigned int nr)
{
	struct doc_table *t = &d->tables[d->nr_tables];

	if (d->nr_tables == DOC_MAX_TABLES)
		return NULL;
	d->nr_tables++;
	*t = (struct doc_table){
		.id = id,
		.title = title,
		.columns = columns,
		.nr_columns = nr,
	};
	return t;
}

static void add(struct session_report *d, struct doc_table *t,
		const char *format, va_list args)
{
	char text[DOC_CELL];
	void *cells;

	if (!t || t->nr_cells == DOC_MAX_CELLS)
		return;
	if (t->nr_cells == t->room) {
		cells = realloc(t->cells,
				(t->room * 2 + 64) * sizeof(*t->cells));
		if (!cells) {
			d->err = -ENOMEM;
			return;
		}
		t->cells = cells;
		t->room = t->room * 2 + 64;
	}
	vsnprintf(text, sizeof(text), format, args);
	text_clean(text, strlen(text));
	t->cells[t->nr_cells] = strdup(text);
	if (t->cells[t->nr_cells])
		t->nr_cells++;
	else
		d->err = -ENOMEM;
}

void doc_cell(struct session_report *d, struct doc_table *t, const char *format,
	      ...)
{
	va_list args;

	va_start(args, format);
	add(d, t, format, args);
	va_end(args);
}

unsigned int doc_rows(const struct doc_table *t)
{
	return t && t->nr_columns ? t->nr_cells / t->nr_columns : 0;
}

void doc_detail(struct session_report *d, const char *format, ...)
{
	char *line = d->detail[d->nr_detail];
	va_list args;

	if (d->nr_detail == DOC_MAX_DETAIL)
		return;
	va_start(args, format);
	vsnprintf(line, DOC_LINE, format, args);
	va_end(args);
	text_clean(line, strlen(line));
	d->nr_detail++;
}

void doc_note(struct session_report *d, const char *format, ...)
{
	va_list args;

	d->unread.id = "unread";
	d->unread.title = "What could not be read";
	d->unread.columns = unread_columns;
	d->unread.nr_columns = ARRAY_SIZE(unread_columns);
	va_start(args, format);
	add(d, &d->unread, format, args);
	va_end(args);
}

void doc_clean_lines(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text_is_printable(text[i]) && text[i] != '\n' &&
		    text[i] != '\t')
			text[i] = '?';
}

int session_report_add(struct session_report *r, const char *id,
		       const char *title, const char *text, size_t size)
{
	struct doc_table *t;
	size_t used = 0;
	char *copy;

	if (!text || !size)
		return 0;
	copy = malloc(size + 1);
	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\r')
			copy[used++] = text[i];
	copy[used] = '\0';
	doc_clean_lines(copy, used);
	t = doc_table(r, id, title, NULL, 0);
	if (!t) {
		free(copy);
		return -ENOSPC;
	}
	t->text = copy;
	return 0;
}

static void table_free(struct doc_table *t)
{
	for (unsigned int i = 0; i < t->nr_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->text);
}

void session_report_destroy(struct session_report *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < r->nr_tables; i++)
		table_free(&r->tables[i]);
	table_free(&r->unread);
	free(r);
}

const char *session_report_title(const struct session_report *r)
{
	return r->title;
}

int session_report_write(const struct session_report *r,
			 enum session_report_format format, FILE *out)
{
	switch (format) {
	case SESSION_REPORT_TEXT:
		doc_text(r, out);
		break;
	case SESSION_REPORT_JSON:
		doc_json(r, out);
		break;
	case SESSION_REPORT_HTML:
		doc_html(r, out);
		break;
	}
	return ferror(out) ? -EIO : r->err;
}
