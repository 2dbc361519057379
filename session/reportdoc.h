/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reportdoc.h - a report before it is rendered
 *
 * A report is a head (title, cause, signature) and tables of texts. The code
 * that fills it (report_*.c) knows no format, and the renderers (reportout_*.c)
 * know no Linux. Guest text may be put in as it is: doc_cell() and doc_note()
 * leave only printable characters, and each renderer escapes what its format
 * needs.
 */
#ifndef TRAPLINE_SESSION_REPORTDOC_H
#define TRAPLINE_SESSION_REPORTDOC_H

#include <trapline/session.h>

#define DOC_MAX_TABLES 24
#define DOC_MAX_CELLS  65536U /* of one table */
#define DOC_MAX_DETAIL 10
#define DOC_LINE       640
#define DOC_TITLE      128 /* syzkaller's limit is 120 characters */
#define DOC_CELL       1200 /* bytes; a longer text is cut */

enum doc_kind {
	DOC_TEXT,
	DOC_NUMBER, /* JSON: a number */
	DOC_HEX, /* JSON: a string, "0x..." */
};

struct doc_column {
	const char *name;
	enum doc_kind kind;
};

struct doc_table {
	const char *id; /* its name in JSON */
	const char *title;
	const struct doc_column *columns;
	unsigned int nr_columns;
	char **cells; /* row by row */
	unsigned int nr_cells, room;
	char *text; /* lines, instead of cells; NULL: none */
};

struct session_report {
	char title[DOC_TITLE];
	char also[2][DOC_TITLE]; /* alternative titles; "": none */
	char type[40]; /* what kind of crash: part of the signature */
	char signature[17];
	char cause[DOC_LINE]; /* one sentence */
	char detail[DOC_MAX_DETAIL][DOC_LINE]; /* more sentences */
	unsigned int nr_detail;
	struct doc_table tables[DOC_MAX_TABLES];
	unsigned int nr_tables;
	struct doc_table unread; /* what could not be read: doc_note() */
	int err; /* -ENOMEM: something is missing */
};

/* Add a table. id, title and columns are literals. NULL: there is no room. */
struct doc_table *doc_table(struct session_report *d, const char *id,
			    const char *title, const struct doc_column *columns,
			    unsigned int nr);
/* Add the next cell. t may be NULL. */
void doc_cell(struct session_report *d, struct doc_table *t, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));
unsigned int doc_rows(const struct doc_table *t);
/* Add a sentence after the cause. */
void doc_detail(struct session_report *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Add a line about something that could not be read. */
void doc_note(struct session_report *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Make each byte that is not printable '?', but keep line ends and tabs. */
void doc_clean_lines(char *text, size_t size);

void doc_text(const struct session_report *d, FILE *out);
void doc_json(const struct session_report *d, FILE *out);
void doc_html(const struct session_report *d, FILE *out);

#endif
