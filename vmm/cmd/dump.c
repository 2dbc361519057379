// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump.c - see dump.h
 *
 * In addition to registers and RAM, the dump has the texts of this VM's own
 * recorders. A text that cannot be made is left out, and the dump is made all
 * the same.
 */
#include "dump.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include <trapline/vmcore.h>
#include "monitor.h"
#include "monitor_kmod.h"
#include "monitor_watch.h"
#include "session/savefile.h"
#include "vmm/devices/terminal.h"
#include "vmm/vm.h"

#define TELL_MS 1000 /* tell how far the dump is, each second */

struct dump {
	struct session *s;
	int cancel_fd;
	uint64_t told_ms;
	char *text[VMCORE_NR_NOTES]; /* to be freed */
	struct vmcore_source source;
};

/* --- texts --------------------------------------------------------------- */

static void flight_text(struct session *s, FILE *out)
{
	monitor_flight_report(s, out);
}

static void console_text(struct session *s, FILE *out)
{
	terminal_tail(monitor_vm(s)->terminal, out);
}

static void append_text(struct session *s, FILE *out)
{
	const char *append = monitor_vm(s)->config->append;

	fputs(append ? append : "", out);
}

static void version_text(struct session *s, FILE *out)
{
	fprintf(out, "trapline %s", TRAPLINE_VERSION);
}

static void (*const texts[VMCORE_NR_NOTES])(struct session *s, FILE *out) = {
	[VMCORE_FLIGHT] = flight_text,
	[VMCORE_WHOWROTE] = monitor_whowrote_all,
	[VMCORE_CONSOLE] = console_text,
	[VMCORE_APPEND] = append_text,
	[VMCORE_VERSION] = version_text,
};

static void texts_make(struct dump *d)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		struct vmcore_text *t = &d->source.text[i];
		FILE *out = texts[i] ? open_memstream(&d->text[i], &t->size)
				     : NULL;

		if (!out)
			continue;
		texts[i](d->s, out);
		if (!(ferror(out) | fclose(out)) && t->size)
			t->data = d->text[i];
	}
}

/* --- writing ------------------------------------------------------------- */

static bool progress(void *opaque, uint64_t done, uint64_t total)
{
	struct dump *d = opaque;
	struct pollfd fd = { .fd = d->cancel_fd, .events = POLLIN };

	if (now_ms() - d->told_ms >= TELL_MS && isatty(STDERR_FILENO)) {
		d->told_ms = now_ms();
		report(REPORT_NOTE, "dump: %" PRIu64 " of %" PRIu64 " MiB done",
		       (uint64_t)(done / SZ_1M), (uint64_t)(total / SZ_1M));
	}
	return poll(&fd, 1, 0) <= 0;
}

/* The kernel's page size; 0: unknown. */
static uint64_t page_size(const char *info)
{
	static const char key[] = "\nPAGESIZE=";
	const char *at = strstr(info, key), *end;
	uint64_t size = 0;

	if (at)
		number_parse(at + sizeof(key) - 1, &end, &size);
	return size == 4 * SZ_4K || size == SZ_64K ? size : 0;
}

static int write_to(struct dump *d, int fd)
{
	struct introspect *in = session_introspect(d->s);
	struct introspect_span *spans = NULL;
	char *info = NULL;
	int err;

	d->source.guest = session_guest(d->s);
	d->source.progress = progress;
	d->source.opaque = d;
	/* Without Linux, there is neither VMCOREINFO nor a kernel map. */
	if (!introspect_find_kernel(in)) {
		if (!introspect_vmcoreinfo(in, &info)) {
			d->source.vmcoreinfo = info;
			d->source.page_size = page_size(info);
		}
		if (!introspect_kernel_map(in, &spans, &d->source.nr_spans))
			d->source.spans = spans;
	}
	texts_make(d);
	err = vmcore_write(&d->source, fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(d->text); i++)
		free(d->text[i]);
	free(info);
	free(spans);
	return err;
}

int dump_write(struct session *s, const char *dir, const char *name,
	       bool compress, int cancel_fd, char *line, size_t size)
{
	struct dump d = {
		.s = s,
		.cancel_fd = cancel_fd,
		.told_ms = now_ms(),
		.source.compress = compress,
	};
	struct savefile file;
	int err = savefile_begin(dir, name, &file, line, size);

	if (err)
		return err;
	err = write_to(&d, file.fd);
	if (err) {
		savefile_abort(&file);
		snprintf(line, size, "%s: no dump was made: %s", name,
			 err == -ECANCELED ? "trapline is ending"
					   : strerror(-err));
		return err;
	}
	err = savefile_commit(&file, line, size);
	if (!err)
		snprintf(line, size, "dumped to %s: open it with trapline post",
			 name);
	return err;
}

int monitor_dump(struct session *s, const char *args, FILE *out)
{
	static const char option[] = "--compress";
	const struct vm_config *config = monitor_vm(s)->config;
	size_t n = strcspn(args, " ");
	bool compress = n == sizeof(option) - 1 && !memcmp(args, option, n);
	char line[512];
	int err;

	if (compress)
		args += n + strspn(args + n, " ");
	err = dump_write(s, config->save_dir, args,
			 compress || config->compress, monitor_vm(s)->signal_fd,
			 line, sizeof(line));

	fprintf(out, "%s\n", line);
	return err;
}
