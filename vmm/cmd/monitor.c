// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor.c - commands that need the live VM, and the session they belong to
 *
 * The commands only call debug.h, introspect.h and guest.h, on a stopped guest.
 * See trapline/session.h for the table.
 */
#include "monitor.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include "dump.h"
#include "monitor_kmod.h"
#include "monitor_watch.h"
#include "oopsreport.h"
#include "session/line.h"
#include "vmm/catch/pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/vm.h"

static const struct {
	const char *word;
	unsigned int catches;
} catch_words[] = {
	{ "none", 0 },
	{ "oops", VMM_CATCH_OOPS },
	{ "panic", VMM_CATCH_PANIC },
	{ "oops,panic", VMM_CATCH_OOPS | VMM_CATCH_PANIC },
	{ "panic,oops", VMM_CATCH_OOPS | VMM_CATCH_PANIC },
};

static void catches_print(struct debug *d, FILE *out)
{
	/* Skip the last row: it is another spelling of the row before. */
	for (unsigned int i = 0; i < ARRAY_SIZE(catch_words) - 1; i++)
		if (catch_words[i].catches == debug_catch_get(d))
			fprintf(out, "catch %s\n", catch_words[i].word);
}

static int cmd_catch(struct session *s, const char *args, FILE *out)
{
	int err = *args ? -EINVAL : 0;

	for (unsigned int i = 0; *args && i < ARRAY_SIZE(catch_words); i++)
		if (!strcmp(args, catch_words[i].word))
			err = debug_catch_set(monitor_debug(s),
					      catch_words[i].catches);
	if (err == -EINVAL) {
		fprintf(out, "usage: monitor catch oops,panic|none\n");
		return err;
	}
	catches_print(monitor_debug(s), out);
	return err;
}

static int pbreak_said(int err, const char *args, FILE *out)
{
	switch (err) {
	case 1:
		fprintf(out,
			"%s is not in any kernel found so far: waiting "
			"for one that has it\n",
			args);
		return 0;
	case -EEXIST:
		fprintf(out, "there is a breakpoint at %s already\n", args);
		break;
	case -EINVAL:
		fprintf(out, "%s is no multiple of 4\n", args);
		break;
	case -EFAULT:
		fprintf(out, "there is no RAM at IPA %s\n", args);
		break;
	case -ENOSPC:
		fprintf(out,
			"there can be %d breakpoints at most: delete one first\n",
			PBREAK_MAX);
		break;
	}
	return err;
}

/* "delete N", or nothing to list all. -ENOENT: neither. */
static int pbreak_common(struct session *s, const char *args, FILE *out)
{
	static const char word[] = "delete ";
	uint64_t n = 0;

	if (!*args) {
		pbreak_print(debug_pbreaks(monitor_debug(s)), out);
		return 0;
	}
	if (strncmp(args, word, sizeof(word) - 1))
		return -ENOENT;
	if (number_parse(args + sizeof(word) - 1, NULL, &n) &&
	    n <= PBREAK_MAX &&
	    !pbreak_del(debug_pbreaks(monitor_debug(s)), (unsigned int)n))
		return 0;
	fprintf(out, "no breakpoint of the monitor has that number\n");
	return -EINVAL;
}

static int cmd_pbreak(struct session *s, const char *args, FILE *out)
{
	int err = pbreak_common(s, args, out);
	uint64_t ipa;

	if (err != -ENOENT)
		return err;
	if (!number_parse(args, NULL, &ipa)) {
		fprintf(out, "usage: monitor pbreak IPA|delete N\n");
		return -EINVAL;
	}
	return pbreak_said(pbreak_add(debug_pbreaks(monitor_debug(s)), ipa, ""),
			   args, out);
}

static int cmd_break(struct session *s, const char *args, FILE *out)
{
	int err = pbreak_common(s, args, out);

	if (err != -ENOENT)
		return err;
	if (strlen(args) >= PBREAK_NAME) {
		fprintf(out, "the name is too long: at most %d characters\n",
			PBREAK_NAME - 1);
		return -EINVAL;
	}
	if (strpbrk(args, " \t")) {
		fprintf(out, "usage: monitor break FUNCTION|delete N\n");
		return -EINVAL;
	}
	return pbreak_said(pbreak_add(debug_pbreaks(monitor_debug(s)), 0, args),
			   args, out);
}

static int cmd_devices(struct session *s, const char *args, FILE *out)
{
	bus_print(&monitor_vm(s)->bus, out);
	return 0;
}

static int cmd_quit(struct session *s, const char *args, FILE *out)
{
	vm_request(monitor_vm(s), BUS_REQUEST_QUIT);
	return 0;
}

static int cmd_reset(struct session *s, const char *args, FILE *out)
{
	vm_request(monitor_vm(s), BUS_REQUEST_RESET);
	fprintf(out, "the guest starts again; before \"continue\" tell gdb so: "
		     "maintenance flush register-cache, thread 1\n");
	return 0;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "catch", "[oops,panic|none]", "which crashes stop the guest",
	  SESSION_LIVE, cmd_catch },
	{ "watch", "ADDR [LEN] [if COND]", "stop at writes, of any length",
	  SESSION_LIVE, monitor_watch },
	{ "unwatch", "NUMBER|all", "delete a watchpoint", SESSION_LIVE,
	  monitor_unwatch },
	{ "whowrote", "ADDR[,LEN]|show|...", "log writes without stopping",
	  SESSION_LIVE, monitor_whowrote },
	{ "watchpoints", "", "all watchpoints, and how they work",
	  SESSION_LIVE, monitor_watchpoints },
	{ "lastwatch", "", "the last hit: code, old and new value",
	  SESSION_LIVE, monitor_lastwatch },
	{ "flight", "[CPU [N]]|on [N]|off", "the last exits of a CPU",
	  SESSION_LIVE, monitor_flight },
	{ "catch-sysreg", "[NAME[,NAME]...|none]",
	  "stop at writes to system registers", SESSION_LIVE,
	  monitor_catch_sysreg },
	{ "pbreak", "[IPA|delete N]", "break at a physical address",
	  SESSION_LIVE, cmd_pbreak },
	{ "break", "[FUNCTION|delete N]",
	  "break in the kernel, even before it is loaded", SESSION_LIVE,
	  cmd_break },
	{ "dump", "[--compress] FILE",
	  "write a vmcore below the folder of --save-dir", SESSION_LIVE,
	  monitor_dump },
	{ "devices", "", "addresses, interrupts and queues", SESSION_LIVE,
	  cmd_devices },
	{ "reset", "", "start the guest again", SESSION_LIVE, cmd_reset },
	{ "quit", "", "end trapline", SESSION_LIVE, cmd_quit },
};
/* clang-format on */

/* --- the session --------------------------------------------------------- */

static void owner_status(void *opaque, FILE *out)
{
	struct debug *d = opaque;

	breakpoints_print(debug_vm(d)->breakpoints, out);
	pbreak_print(debug_pbreaks(d), out);
	catches_print(d, out);
}

static bool owner_exec_pending(void *opaque)
{
	return debug_exec_pending(opaque);
}

static void owner_attached(void *opaque, bool attached)
{
	struct debug *d = opaque;

	debug_modules_want(d, attached);
	report(REPORT_NOTE, "debugger %s", attached ? "attached" : "detached");
}

static void owner_refused(void *opaque, const char *line)
{
	report(REPORT_ERROR, "%s", line);
}

static const struct session_owner owner = {
	.live = true,
	.status = owner_status,
	.exec_pending = owner_exec_pending,
	.report = oopsreport_texts,
	.attached = owner_attached,
	.refused = owner_refused,
};

int monitor_session(struct debug *d, struct session **ret)
{
	int err = session_create(debug_guest(d), debug_introspect(d), &owner, d,
				 debug_vm(d)->config->modules, ret);

	return err ? err : session_commands_add(*ret, rows, ARRAY_SIZE(rows));
}
