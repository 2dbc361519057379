// SPDX-License-Identifier: GPL-2.0-or-later
/* oopsreport.c - see oopsreport.h */
#include "oopsreport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dump.h"
#include "monitor.h"
#include "monitor_kmod.h"
#include "monitor_watch.h"
#include "session/savefile.h"
#include "vmm/devices/terminal.h"
#include "vmm/vm.h"

#define VMCORE "vmcore"

static const struct {
	const char *name;
	enum session_report_format format;
} files[] = {
	{ "report.txt", SESSION_REPORT_TEXT },
	{ "report.json", SESSION_REPORT_JSON },
	{ "report.html", SESSION_REPORT_HTML },
};

static void console_text(struct session *s, FILE *out)
{
	terminal_tail(monitor_vm(s)->terminal, out);
}

/* What the VM has recorded. */
static const struct {
	void (*print)(struct session *s, FILE *out);
	const char *id, *title;
} texts[] = {
	{ monitor_flight_report, "flight", "Flight recorder" },
	{ monitor_whowrote_all, "whowrote", "Who wrote" },
	{ console_text, "console", "End of the console" },
};

/* A text that cannot be made is left out. */
int oopsreport_texts(struct session *s, struct session_report *r)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			break;
		texts[i].print(s, out);
		if (!(ferror(out) | fclose(out)))
			session_report_add(r, texts[i].id, texts[i].title, text,
					   size);
		free(text);
	}
	return 0;
}

static int file_write(const struct session_report *r, unsigned int i,
		      const char *dir, char *line, size_t size)
{
	size_t len = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);
	int err = out ? session_report_write(r, files[i].format, out) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	if (err)
		snprintf(line, size, "%s: %s", files[i].name, strerror(-err));
	else
		err = savefile_put(dir, files[i].name, text, len, line, size);
	free(text);
	return err;
}

static int files_write(struct session *s, const char *dir, char *line,
		       size_t size)
{
	struct session_report *r;
	char other[512];
	int err = session_report_create(s, &r);

	if (err) {
		snprintf(line, size, "no report was made: %s", strerror(-err));
		return err;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		if (err)
			file_write(r, i, dir, other, sizeof(other));
		else
			err = file_write(r, i, dir, line, size);
	}
	if (!err)
		snprintf(line, size, "%s: the report is in %s/%s",
			 session_report_title(r), dir, files[0].name);
	session_report_destroy(r);
	return err;
}

int oopsreport_write(struct session *s, const char *dir, bool compress,
		     int cancel_fd, char *line, size_t size)
{
	char dump[512];
	int err = files_write(s, dir, line, size);
	int dump_err = dump_write(s, dir, VMCORE, compress, cancel_fd, dump,
				  sizeof(dump));

	if (!err && dump_err) {
		snprintf(line, size, "%s", dump);
		err = dump_err;
	}
	return err;
}

int oopsreport_check(const char *dir, char *line, size_t size)
{
	struct savefile f;
	int err = savefile_begin(dir, VMCORE, &f, line, size);

	if (!err)
		savefile_abort(&f);
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(files); i++) {
		err = savefile_begin(dir, files[i].name, &f, line, size);
		if (!err)
			savefile_abort(&f);
	}
	return err;
}
