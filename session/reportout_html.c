// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reportout_html.c - a report as one HTML file
 *
 * The page needs no other file, and it has no script, font or image. Its colours
 * follow the reader's light or dark setting, and it prints in black on white.
 * Every text goes through escape(), so text of a guest is never markup.
 */
#include "reportdoc.h"

#include <string.h>
#include <trapline/text.h>

#define WALK_WIDTH 680
#define WALK_STEP  74 /* from one box of the page walk to the next */
#define WALK_BOX   52

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--dim:#5f6670;"
	"--line:#d8dce1;--mark:#fff1c9;--bad:#b3261e;--box:#f5f6f8;"
	"--link:#0b57d0}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#e4e6e9;"
	"--dim:#9aa1ab;--line:#363b42;--mark:#4a3c10;--bad:#ff8a80;"
	"--box:#1f2226;--link:#8ab4f8}}\n"
	"@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;"
	"--mark:#eee;--bad:#000;--box:#fff;--link:#000}"
	"main{max-width:none}h2{break-after:avoid}"
	"tr{break-inside:avoid}td,th{white-space:pre-wrap}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--bg);color:var(--fg);"
	"font:16px/1.5 system-ui,sans-serif}\n"
	"main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 4rem}\n"
	"h1{font-size:1.45rem;line-height:1.3;margin:0 0 1rem;"
	"overflow-wrap:anywhere}\n"
	"h2{font-size:1.05rem;margin:2rem 0 .4rem}\n"
	".cause{border-left:4px solid var(--bad);padding:.1rem 0 .1rem 1rem;"
	"overflow-wrap:anywhere}\n"
	".cause p{margin:.4rem 0}.cause p:first-child{font-weight:600}\n"
	".dim{color:var(--dim);overflow-wrap:anywhere}\n"
	".scroll{overflow-x:auto;border:1px solid var(--line);"
	"border-radius:6px}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"td,th{font:13px/1.5 ui-monospace,monospace;text-align:left;"
	"padding:.1rem .6rem;white-space:pre;vertical-align:top}\n"
	"th{color:var(--dim);border-bottom:1px solid var(--line)}\n"
	"td.number,th.number{text-align:right}\n"
	"tr.mark td{background:var(--mark);font-weight:600}\n"
	"tr:target td{outline:1px solid var(--link)}\n"
	".wrap td{white-space:pre-wrap;overflow-wrap:anywhere}\n"
	".wrap td:first-child:not(:last-child){white-space:pre;"
	"overflow-wrap:normal}\n"
	"pre{font:13px/1.5 ui-monospace,monospace;margin:0;padding:.5rem "
	".6rem;white-space:pre}\n"
	"a{color:var(--link)}nav a{margin-right:.8rem;white-space:nowrap}\n"
	"svg{display:block;max-width:100%;height:auto;margin-top:.6rem}\n"
	"svg text{font:12px ui-monospace,monospace;fill:var(--fg)}\n"
	"svg .dim{fill:var(--dim)}\n"
	"svg rect{fill:var(--box);stroke:var(--line)}\n"
	"svg .bad{stroke:var(--bad);stroke-width:2}\n"
	"svg path{stroke:var(--dim);fill:none}\n";

static void escape(const char *text, FILE *out)
{
	for (; *text; text++) {
		const char *entity = text_entity(*text);

		if (entity)
			fputs(entity, out);
		else if (text_is_printable(*text) || *text == '\n' ||
			 *text == '\t')
			fputc(*text, out);
		else
			fputc('?', out);
	}
}

static void element(const char *name, const char *text, FILE *out)
{
	fprintf(out, "<%s>", name);
	escape(text, out);
	fprintf(out, "</%s>\n", name);
}

/* --- tables ----------------------------------------------------------------*/

/* Links lead to the rows of these tables, by the column "address". */
static bool is_place(const struct doc_table *t)
{
	return !strcmp(t->id, "code") || !strcmp(t->id, "memory");
}

static unsigned int address_column(const struct doc_table *t)
{
	unsigned int c = 0;

	while (c < t->nr_columns && strcmp(t->columns[c].name, "address"))
		c++;
	return c;
}

/* Does the report have a row for this address? */
static bool has_place(const struct session_report *d, const char *address)
{
	for (unsigned int i = 0; i < d->nr_tables; i++) {
		const struct doc_table *t = &d->tables[i];

		if (!is_place(t))
			continue;
		for (unsigned int n = address_column(t); n < t->nr_cells;
		     n += t->nr_columns)
			if (!strcmp(t->cells[n], address))
				return true;
	}
	return false;
}

static void cell(const struct session_report *d, const struct doc_table *t,
		 unsigned int column, const char *text, FILE *out)
{
	const struct doc_column *c = &t->columns[column];
	bool link = c->kind == DOC_HEX && !is_place(t) && has_place(d, text);

	fputs(c->kind == DOC_NUMBER ? "<td class=\"number\">" : "<td>", out);
	if (link) {
		fputs("<a href=\"#", out);
		escape(text, out);
		fputs("\">", out);
	}
	escape(text, out);
	fputs(link ? "</a></td>" : "</td>", out);
}

static void row(const struct session_report *d, const struct doc_table *t,
		char *const *cells, FILE *out)
{
	unsigned int address = address_column(t);

	fputs("<tr", out);
	if (is_place(t) && address < t->nr_columns) {
		fputs(" id=\"", out);
		escape(cells[address], out);
		fputc('"', out);
	}
	if (!strcmp(t->columns[0].name, "mark") && *cells[0])
		fputs(" class=\"mark\"", out);
	fputc('>', out);
	for (unsigned int c = 0; c < t->nr_columns; c++)
		cell(d, t, c, cells[c], out);
	fputs("</tr>\n", out);
}

static void table(const struct session_report *d, const struct doc_table *t,
		  FILE *out)
{
	fprintf(out, "<div class=\"scroll\"><table%s>\n",
		t->nr_columns <= 2 ? " class=\"wrap\"" : "");
	if (t->nr_columns > 2) {
		fputs("<tr>", out);
		for (unsigned int c = 0; c < t->nr_columns; c++) {
			fputs(t->columns[c].kind == DOC_NUMBER
				      ? "<th class=\"number\">"
				      : "<th>",
			      out);
			escape(t->columns[c].name, out);
			fputs("</th>", out);
		}
		fputs("</tr>\n", out);
	}
	for (unsigned int i = 0; i < doc_rows(t); i++)
		row(d, t, &t->cells[i * t->nr_columns], out);
	fputs("</table></div>\n", out);
}

/* --- the page walk ---------------------------------------------------------*/

/* One box for each descriptor; the last one may be the fault. */
static void walk(const struct doc_table *t, FILE *out)
{
	unsigned int nr = doc_rows(t);

	fprintf(out,
		"<svg viewBox=\"0 0 %d %u\" width=\"%d\" role=\"img\" "
		"aria-label=\"page walk\">\n",
		WALK_WIDTH, nr * WALK_STEP, WALK_WIDTH);
	for (unsigned int i = 0; i < nr; i++) {
		char *const *c = &t->cells[i * t->nr_columns];
		unsigned int y = i * WALK_STEP + 1;
		bool bad = !strcmp(c[3], "not valid");

		fprintf(out,
			"<rect x=\"1\" y=\"%u\" width=\"%d\" height=\"%d\" "
			"rx=\"5\"%s/>\n<text x=\"12\" y=\"%u\">level ",
			y, WALK_WIDTH - 2, WALK_BOX,
			bad ? " class=\"bad\"" : "", y + 20);
		escape(c[0], out);
		fputs(": ", out);
		escape(c[2], out);
		fprintf(out,
			"</text>\n<text x=\"330\" y=\"%u\" class=\"dim\">"
			"at IPA ",
			y + 20);
		escape(c[1], out);
		fprintf(out, "</text>\n<text x=\"12\" y=\"%u\">", y + 41);
		escape(c[3], out);
		fputs("</text>\n", out);
		if (i + 1 < nr)
			fprintf(out, "<path d=\"M40 %uv%dm-5 -6l5 6l5 -6\"/>\n",
				y + WALK_BOX, WALK_STEP - WALK_BOX);
	}
	fputs("</svg>\n", out);
}

/* --- the page --------------------------------------------------------------*/

static bool is_shown(const struct doc_table *t)
{
	return t->text || doc_rows(t);
}

static void section(const struct session_report *d, const struct doc_table *t,
		    FILE *out)
{
	if (!is_shown(t))
		return;
	fprintf(out, "<section id=\"%s\">\n", t->id);
	element("h2", t->title, out);
	if (t->text) {
		fputs("<div class=\"scroll\">", out);
		element("pre", t->text, out);
		fputs("</div>\n", out);
	} else {
		table(d, t, out);
		if (!strcmp(t->id, "walk"))
			walk(t, out);
	}
	fputs("</section>\n", out);
}

static void navigation(const struct session_report *d, FILE *out)
{
	fputs("<nav>", out);
	for (unsigned int i = 0; i <= d->nr_tables; i++) {
		const struct doc_table *t = i < d->nr_tables ? &d->tables[i]
							     : &d->unread;

		if (!is_shown(t))
			continue;
		fprintf(out, "<a href=\"#%s\">", t->id);
		escape(t->title, out);
		fputs("</a>\n", out);
	}
	fputs("</nav>\n", out);
}

void doc_html(const struct session_report *d, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width,initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none';style-src 'unsafe-inline'\">\n",
	      out);
	element("title", d->title, out);
	fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
	element("h1", d->title, out);
	fputs("<div class=\"cause\">\n", out);
	element("p", d->cause, out);
	for (unsigned int i = 0; i < d->nr_detail; i++)
		element("p", d->detail[i], out);
	fputs("</div>\n<p class=\"dim\">signature ", out);
	escape(d->signature, out);
	for (unsigned int i = 0; i < ARRAY_SIZE(d->also); i++) {
		if (!*d->also[i])
			continue;
		fputs("; also: ", out);
		escape(d->also[i], out);
	}
	fputs("</p>\n", out);
	navigation(d, out);
	for (unsigned int i = 0; i < d->nr_tables; i++)
		section(d, &d->tables[i], out);
	section(d, &d->unread, out);
	fputs("</main>\n</body>\n</html>\n", out);
}
