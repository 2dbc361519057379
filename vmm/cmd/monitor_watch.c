// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor_watch.c - "monitor" commands for watchpoints
 *
 * watch, unwatch, whowrote, watchpoints and lastwatch do more than gdb's own
 * "watch" can. Times are the guest's, in seconds: its virtual counter, which
 * stands still while the guest is stopped.
 */
#include "monitor_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "monitor.h"
#include "session/savefile.h"
#include "vmm/hostcpu.h"
#include "vmm/vm.h"
#include "vmm/watch/watch.h"

#define SHOW_DEFAULT 20U
#define ADDRESS_MAX  512 /* longer than any kernel symbol's name */

/* --- arguments -------------------------------------------------------------- */

/* Parse NUMBER or SYMBOL, and +NUMBER; *at moves past these. */
static int take_address(struct session *s, const char **at, va_t *ret,
			FILE *out)
{
	size_t n = strcspn(*at, " \t,+");
	char word[ADDRESS_MAX];
	uint64_t plus = 0;
	int err;

	if (!n || n >= sizeof(word)) {
		fprintf(out, n ? "the address is too long\n"
			       : "an address is missing\n");
		return -EINVAL;
	}
	memcpy(word, *at, n);
	word[n] = '\0';
	err = session_address(s, word, ret, out);
	*at += n;
	if (!err && **at == '+') {
		if (!number_parse(*at + 1, at, &plus)) {
			fprintf(out, "no number after the +\n");
			return -EINVAL;
		}
	}
	*ret += plus;
	return err;
}

/* Parse " NUMBER" or ",NUMBER". It may be missing. */
static int take_length(const char **s, uint64_t *ret, FILE *out)
{
	const char *at = *s + strspn(*s, " \t,");
	const char *end;

	if (*at < '0' || *at > '9')
		return 0;
	if (!number_parse(at, &end, ret) || (*end && !strchr(" \t", *end))) {
		fprintf(out, "%s is no length\n", at);
		return -EINVAL;
	}
	*s = end;
	return 0;
}

static int spec_parse(struct session *s, const char **args,
		      struct watch_spec *spec, FILE *out)
{
	int err = take_address(s, args, &spec->va, out);

	spec->kind = GUEST_WATCH_WRITE;
	spec->len = sizeof(uint64_t);
	if (!err)
		err = take_length(args, &spec->len, out);
	if (!err)
		err = debug_space(monitor_debug(s), spec->va, &spec->space);
	*args += strspn(*args, " \t");
	return err;
}

static int spec_set(struct session *s, const struct watch_spec *spec, FILE *out)
{
	struct watch_engine *e = monitor_vm(s)->watch;
	char why[WATCH_WHY] = "";
	int err;

	debug_watch_tasks(monitor_debug(s));
	err = watch_set(e, spec, why);
	if (err)
		fprintf(out, "%s\n", why[0] ? why : strerror(-err));
	else
		fprintf(out, "%" PRIu64 " bytes at 0x%" PRIx64 " are %s\n",
			spec->len, spec->va,
			spec->owner == WATCH_LOG ? "logged: whowrote show"
						 : "watched");
	return err;
}

/* --- what has hit ----------------------------------------------------------- */

double monitor_seconds(uint64_t counter)
{
	uint64_t hz = host_counter_hz();

	return hz ? (double)counter / (double)hz : 0;
}

static void print_value(uint64_t value, unsigned int size, FILE *out)
{
	fprintf(out, "0x%0*" PRIx64, (int)size * 2, value);
}

/*
 * Print the instruction only for a kernel address, which is the same in every
 * process. At a user address other code may be mapped now.
 */
static void print_insn(struct session *s, va_t pc, FILE *out)
{
	if (!(pc & VA_UPPER_HALF))
		return;
	fputs(": ", out);
	if (session_insn(s, pc, out))
		fputs("the code is not mapped any more", out);
}

static void print_hit(struct session *s, const struct watch_hit *hit, FILE *out)
{
	fprintf(out, "%12.6f ", monitor_seconds(hit->time));
	if (hit->device)
		fprintf(out, "%s queue %u", hit->device, hit->vcpu);
	else
		fprintf(out, "CPU %u", hit->vcpu);
	fprintf(out, " 0x%016" PRIx64 " ", hit->va);
	print_value(hit->old, hit->size, out);
	if (hit->access & GUEST_WRITE) {
		fprintf(out, hit->same ? " = " : " -> ");
		print_value(hit->new, hit->size, out);
	} else {
		fprintf(out, " read");
	}
	if (!hit->device) {
		fprintf(out, " at ");
		session_symbol(s, hit->pc, out);
		if (!hit->late)
			print_insn(s, hit->pc, out);
	}
	if (hit->comm[0])
		fprintf(out, ", %s pid %d", hit->comm, hit->pid);
	fprintf(out, hit->late ? " (before this)\n" : "\n");
}

int monitor_lastwatch(struct session *s, const char *args, FILE *out)
{
	const struct watch_hit *hit = debug_last_hit(monitor_debug(s));

	if (!hit) {
		fprintf(out, "no watchpoint has stopped the guest yet\n");
		return -ENOENT;
	}
	print_hit(s, hit, out);
	return 0;
}

int monitor_watchpoints(struct session *s, const char *args, FILE *out)
{
	watch_print(monitor_vm(s)->watch, out);
	return 0;
}

/* --- watch, unwatch ---------------------------------------------------------- */

int monitor_watch(struct session *s, const char *args, FILE *out)
{
	struct watch_spec spec = { .owner = WATCH_MONITOR };
	int err;

	if (!*args) {
		fprintf(out, "usage: monitor watch ADDRESS[+OFFSET] [LENGTH] "
			     "[if CONDITION], CONDITION as in \"new == 0 && "
			     "old > 0x100\"; see also: monitor watchpoints, "
			     "monitor unwatch\n");
		return -EINVAL;
	}
	err = spec_parse(s, &args, &spec, out);
	if (err)
		return err;
	if (!strncmp(args, "if ", 3)) {
		err = watchcond_parse(args + 3, &spec.cond);
		if (err)
			fprintf(out,
				err == -E2BIG
					? "more than %d comparisons\n"
					: "a condition compares new, old, "
					  "cpu or numbers by == != < <= > "
					  ">= or &, joined by && and || "
					  "(%d of them at most)\n",
				WATCHCOND_MAX);
	} else if (*args) {
		fprintf(out, "\"%s\" is neither a length nor \"if\"\n", args);
		err = -EINVAL;
	}
	return err ? err : spec_set(s, &spec, out);
}

int monitor_unwatch(struct session *s, const char *args, FILE *out)
{
	struct watch_engine *e = monitor_vm(s)->watch;
	uint64_t id;

	if (!strcmp(args, "all")) {
		watch_delete_all(e, WATCH_MONITOR);
		watch_delete_all(e, WATCH_LOG);
		return 0;
	}
	if (!number_in(args, 0, UINT_MAX, &id) ||
	    watch_delete(e, (unsigned int)id)) {
		fprintf(out,
			"no watchpoint of the monitor has the number %s: "
			"see monitor watchpoints\n",
			args);
		return -ENOENT;
	}
	return 0;
}

/* --- whowrote ---------------------------------------------------------------- */

static void log_print(struct session *s, unsigned int max, FILE *out)
{
	const struct watchlog *log = watch_log(monitor_vm(s)->watch);
	unsigned int nr = watchlog_count(log);

	for (unsigned int i = nr > max ? nr - max : 0; i < nr; i++)
		print_hit(s, watchlog_get(log, i), out);
}

void monitor_whowrote_all(struct session *s, FILE *out)
{
	log_print(s, WATCHLOG_SIZE, out);
}

static int whowrote_show(struct session *s, const char *args, FILE *out)
{
	const struct watchlog *log = watch_log(monitor_vm(s)->watch);
	uint64_t max = SHOW_DEFAULT;

	if (!strcmp(args, "all")) {
		max = WATCHLOG_SIZE;
	} else if (*args && !number_in(args, 1, UINT_MAX, &max)) {
		fprintf(out,
			"%s: give how many of the last hits to show, or "
			"all\n",
			args);
		return -EINVAL;
	}
	log_print(s, (unsigned int)max, out);
	fprintf(out, "%" PRIu64 " hits, %u of them kept\n", log->nr,
		watchlog_count(log));
	return 0;
}

static int whowrote_save(struct session *s, const char *args, FILE *out)
{
	char line[512], *text = NULL;
	size_t len = 0;
	FILE *log = open_memstream(&text, &len);
	int err = -ENOMEM;

	snprintf(line, sizeof(line), "%s: %s", args, strerror(ENOMEM));
	if (log) {
		log_print(s, WATCHLOG_SIZE, log);
		if (!(ferror(log) | fclose(log)))
			err = savefile_put(monitor_vm(s)->config->save_dir,
					   args, text, len, line, sizeof(line));
	}
	if (err)
		fprintf(out, "%s\n", line);
	else
		fprintf(out, "saved to %s\n", args);
	free(text);
	return err;
}

static int whowrote_clear(struct session *s, const char *args, FILE *out)
{
	watchlog_clear(watch_log(monitor_vm(s)->watch));
	return 0;
}

static int whowrote_off(struct session *s, const char *args, FILE *out)
{
	watch_delete_all(monitor_vm(s)->watch, WATCH_LOG);
	return 0;
}

int monitor_whowrote(struct session *s, const char *args, FILE *out)
{
	static const struct {
		const char *word;
		int (*fn)(struct session *s, const char *args, FILE *out);
	} words[] = {
		{ "show", whowrote_show },
		{ "save", whowrote_save },
		{ "clear", whowrote_clear },
		{ "off", whowrote_off },
	};
	struct watch_spec spec = { .owner = WATCH_LOG };
	size_t n = strcspn(args, " \t");
	int err;

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].word) == n &&
		    !strncmp(args, words[i].word, n))
			return words[i].fn(
				s, args + n + strspn(args + n, " \t"), out);
	if (!n) {
		fprintf(out, "usage: monitor whowrote ADDRESS[+OFFSET][,LENGTH]"
			     " | show [N|all] | save FILE | clear | off\n");
		return -EINVAL;
	}
	err = spec_parse(s, &args, &spec, out);
	if (!err && *args) {
		fprintf(out, "\"%s\" is no length\n", args);
		err = -EINVAL;
	}
	return err ? err : spec_set(s, &spec, out);
}
