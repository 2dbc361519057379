// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reportout_json.c - a report as JSON: docs/report.md has the schema
 *
 * All strings are printable ASCII, line ends and tabs, so quoting is simple.
 */
#include "reportdoc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define SCHEMA_VERSION 1
#define EXCERPT_MAX    16384U /* KCIDB's limit for log_excerpt */

static void quote(const char *text, size_t size, FILE *out)
{
	fputc('"', out);
	for (size_t i = 0; i < size && text[i]; i++) {
		if (text[i] == '\n' || text[i] == '\t') {
			fputs(text[i] == '\n' ? "\\n" : "\\t", out);
			continue;
		}
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc(text_is_printable(text[i]) ? text[i] : '?', out);
	}
	fputc('"', out);
}

static void field(const char *name, const char *text, FILE *out)
{
	fprintf(out, "  \"%s\": ", name);
	quote(text, SIZE_MAX, out);
	fputs(",\n", out);
}

static void list(const char *name, const char *first, size_t stride,
		 unsigned int nr, FILE *out)
{
	unsigned int done = 0;

	fprintf(out, "  \"%s\": [", name);
	for (unsigned int i = 0; i < nr; i++) {
		if (!first[i * stride])
			continue;
		fputs(done++ ? ", " : "", out);
		quote(first + i * stride, SIZE_MAX, out);
	}
	fputs("],\n", out);
}

static void cell(const struct doc_column *column, const char *text, FILE *out)
{
	uint64_t value;

	fprintf(out, "\"%s\": ", column->name);
	if (column->kind == DOC_NUMBER && number_parse(text, NULL, &value))
		fprintf(out, "%" PRIu64, value);
	else if (column->kind == DOC_NUMBER && *text == '-' &&
		 number_parse(text + 1, NULL, &value))
		fprintf(out, "-%" PRIu64, value);
	else if (column->kind == DOC_NUMBER && !*text)
		fputs("null", out);
	else
		quote(text, SIZE_MAX, out);
}

static void table(const struct doc_table *t, FILE *out)
{
	if (!t->text && !doc_rows(t))
		return;
	fprintf(out, ",\n  \"%s\": ", t->id);
	if (t->text) {
		quote(t->text, SIZE_MAX, out);
		return;
	}
	fputc('[', out);
	for (unsigned int i = 0; i < doc_rows(t); i++) {
		fputs(i ? ",\n    {" : "\n    {", out);
		for (unsigned int c = 0; c < t->nr_columns; c++) {
			fputs(c ? ", " : "", out);
			cell(&t->columns[c], t->cells[i * t->nr_columns + c],
			     out);
		}
		fputc('}', out);
	}
	fputc(']', out);
}

/* A table of one column, as a list. */
static void list_cells(const char *name, const struct doc_table *t, FILE *out)
{
	fprintf(out, ",\n  \"%s\": [", name);
	for (unsigned int i = 0; i < t->nr_cells; i++) {
		fputs(i ? ", " : "", out);
		quote(t->cells[i], SIZE_MAX, out);
	}
	fputc(']', out);
}

/* The first lines of the text, at most EXCERPT_MAX bytes. */
static void excerpt(const struct session_report *d, FILE *out)
{
	size_t size = 0, cut;
	char *text = NULL;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	doc_text(d, mem);
	if (fclose(mem)) {
		free(text);
		return;
	}
	for (cut = min(size, (size_t)EXCERPT_MAX);
	     cut && text[cut - 1] != '\n';)
		cut--;
	fputs("  \"excerpt\": ", out);
	quote(text, cut, out);
	free(text);
}

void doc_json(const struct session_report *d, FILE *out)
{
	fprintf(out,
		"{\n  \"schema\": \"trapline-report\",\n  \"version\": %d,\n",
		SCHEMA_VERSION);
	field("program", "trapline " TRAPLINE_VERSION, out);
	field("title", d->title, out);
	list("alternative_titles", d->also[0], sizeof(d->also[0]),
	     ARRAY_SIZE(d->also), out);
	field("type", d->type, out);
	field("signature", d->signature, out);
	field("cause", d->cause, out);
	list("details", d->detail[0], sizeof(d->detail[0]), d->nr_detail, out);
	excerpt(d, out);
	for (unsigned int i = 0; i < d->nr_tables; i++)
		table(&d->tables[i], out);
	list_cells("unread", &d->unread, out);
	fputs("\n}\n", out);
}
