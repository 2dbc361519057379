/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - the output of a command: a table for people, or JSON
 *
 * A command states its output once, as rows of named fields. As text, each row
 * is a line with columns, below the fields' names. With the word --json in the
 * command's line, the output is one object:
 *
 *	{"rows": [{"pid": 1, "comm": "init"}, ...], "notes": ["..."]}
 *
 * Notes say what could not be read. As text they follow the table.
 */
#ifndef TRAPLINE_SESSION_RECORD_H
#define TRAPLINE_SESSION_RECORD_H

#include <trapline/session.h>

struct record {
	FILE *out;
	const struct introspect *in;
	bool json;
	bool more; /* rows were left out, because there were too many */
	unsigned int rows, fields;
	char title[512];
	char head[512], line[4096]; /* of the row that is being made */
	size_t head_len, head_pad, line_len, line_pad;
	char notes[1024];
};

void record_begin(struct record *r, struct session *s, FILE *out);
/*
 * The rows that follow belong to this title: a line of its own, or the field
 * "of" of each row.
 */
void record_title(struct record *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Add a field. A negative width aligns a column to the left. */
void record_text(struct record *r, const char *name, int width,
		 const char *text);
void record_number(struct record *r, const char *name, int width,
		   int64_t value);
/* "0x..." in both forms, because few readers of JSON have 64 bits. */
void record_hex(struct record *r, const char *name, uint64_t value);
/*
 * "name+0x1/0x2 [module]"; "" without a symbol. A return address belongs to the
 * function that has the call before it.
 */
void record_symbol(struct record *r, struct session *s, const char *name,
		   va_t va, bool is_return);
void record_row(struct record *r);
void record_note(struct record *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void record_end(struct record *r);

/* Print text with JSON's quotes and escapes. */
void record_quote(FILE *out, const char *text);

#endif
