/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - one debugging session over any guest, live or a dump
 *
 * Purpose
 *	A session adds what every kind of debugger needs beyond struct guest:
 *	virtual memory and the fault view (session/view.h), the commands of
 *	"monitor" and of a shell, and the files of kernel and modules that gdb
 *	loads. It hands out the two interfaces of the gdb stub:
 *
 *		session_create(guest, introspect, &owner, opaque, &session);
 *		session_commands_add(session, rows, nr);
 *		gdbstub_create(session_target(session), &session_services,
 *			       session, spec, ...);
 *		for each stop that guest_ops.stop_get() returns:
 *			session_stopped(session);
 *			gdbstub_stopped(stub, &stop);
 *
 * Ownership and locking
 *	The session belongs to its creator, which is the owner of the guest.
 *	guest, introspect, owner, opaque and rows must outlive it. Only one
 *	thread at a time calls the functions here, as with guest.h.
 *
 * Errors
 *	Those of guest.h and introspect.h.
 */
#ifndef TRAPLINE_SESSION_H
#define TRAPLINE_SESSION_H

#include <stdio.h>
#include <trapline/gdbstub.h>
#include <trapline/introspect.h>

struct session;
struct session_report;

/* What a session needs of the guest's owner. Functions may be NULL. */
struct session_owner {
	bool live; /* the guest can run; false: a dump */
	/* Print more lines for the command "status". */
	void (*status)(void *opaque, FILE *out);
	/* Is there a kernel that GUEST_STOP_EXEC will report as relocated? */
	bool (*exec_pending)(void *opaque);
	/*
	 * Add the texts that the owner has recorded to a report
	 * (session_report_add()). Returns 0 or its error.
	 */
	int (*report)(struct session *s, struct session_report *r);
	/* A debugger attached (true) or left (false). */
	void (*attached)(void *opaque, bool attached);
	/* One line for the user: a connection was refused. */
	void (*refused)(void *opaque, const char *line);
};

/*
 * modules is the folder with the user's .ko files, or NULL. -ENOMEM.
 */
int session_create(struct guest *g, struct introspect *in,
		   const struct session_owner *owner, void *opaque,
		   const char *modules, struct session **ret);
/* s may be NULL. */
void session_destroy(struct session *s);

struct guest *session_guest(struct session *s);
struct introspect *session_introspect(struct session *s);
void *session_opaque(struct session *s);

/* For gdbstub_create(); the services' opaque is the session. */
struct gdbstub_target *session_target(struct session *s);
extern const struct gdbstub_services session_services;

/*
 * Call this after a stop was fetched and before the stop is shown. The function
 * adds the instruction that crashed, or the title of a hang's report, to the
 * text of guest.last, which is then shown.
 */
void session_stopped(struct session *s);

/*
 * Commands: one table for gdb's "monitor", the shell, and their help and
 * completion. It begins with the commands that work with every guest
 * (session/commands.c); others add rows.
 *
 * To add a command: write a function with the type of run, and add a row to the
 * table in the folder of that function.
 */
enum session_needs {
	SESSION_ANY, /* every guest */
	SESSION_LINUX, /* a Linux kernel that was found */
	SESSION_LIVE, /* a guest that can run */
};

struct session_command {
	const char *name; /* one word */
	/*
	 * The arguments, for help and completion: "[CPU]". session/complete.c
	 * has the words in capitals that completion knows. If "--json" is among
	 * the arguments, the command can print JSON: session_run() removes this
	 * word from the line (session/record.h).
	 */
	const char *args;
	const char *help; /* one line; more lines: examples, for help NAME */
	enum session_needs needs; /* session_run() checks it */
	/*
	 * Runs the command on a stopped guest; its text goes to out. args has
	 * no blanks around it. Returns 0, or a negative errno after a text that
	 * says what was wrong.
	 */
	int (*run)(struct session *s, const char *args, FILE *out);
};

/* Add nr rows after those that exist. -ENOSPC: too many tables. */
int session_commands_add(struct session *s, const struct session_command *rows,
			 unsigned int nr);
/* Return the row with this index in the whole table. NULL: there is none. */
const struct session_command *session_command(const struct session *s,
					      unsigned int index);
/*
 * Run one line. Returns the result of the command. If the command was not run,
 * returns -ENOTSUP or -ENOENT after a text if the guest lacks what the command
 * needs, -ENOENT after a hint if there is no such command, or -ENOMEM.
 */
int session_run(struct session *s, const char *line, FILE *out);

/*
 * Print the words that can stand in place of the last word of line. Each word
 * is on a line of its own. The words are in no order, and some are printed more
 * than once. The last word is empty if line ends with a blank. Nothing is
 * printed if there are too many words. Returns 0 or -ENOMEM.
 */
int session_complete(struct session *s, const char *line, FILE *out);

/*
 * Reports: one page that says what has happened to a stopped guest. A report is
 * a copy, and remains valid after the end of the session. Strings of the guest
 * are printable in all formats, and escaped as the format needs.
 */
enum session_report_format {
	SESSION_REPORT_TEXT,
	SESSION_REPORT_JSON, /* docs/report.md */
	SESSION_REPORT_HTML, /* one file, without script */
};

/*
 * Returns 0 or -ENOMEM. The function also makes a report if the guest has no
 * Linux, or if the guest's memory cannot be read. Such a report names the parts
 * that could not be read. The report has the texts of session_owner.report.
 */
int session_report_create(struct session *s, struct session_report **ret);
/* r may be NULL. */
void session_report_destroy(struct session_report *r);
/*
 * Add lines of text from the caller, such as the console's output. If size is
 * 0, nothing is added. id and title must remain valid as long as the report.
 * Returns 0, -ENOSPC or -ENOMEM.
 */
int session_report_add(struct session_report *r, const char *id,
		       const char *title, const char *text, size_t size);
/* One line: what crashed, and where. */
const char *session_report_title(const struct session_report *r);
/* -ENOMEM: the report is not complete; -EIO: out has an error. */
int session_report_write(const struct session_report *r,
			 enum session_report_format format, FILE *out);

/* --- for commands -------------------------------------------------------- */

/* The vCPU that commands refer to: the one that stopped. */
unsigned int session_vcpu(struct session *s);
/*
 * Parse a whole word: a number or a kernel symbol. -EINVAL, after a message on
 * out.
 */
int session_address(struct session *s, const char *args, va_t *ret, FILE *out);
/* Print "0x... name+0x1/0x2 [module]". */
void session_symbol(struct session *s, va_t va, FILE *out);
/*
 * Print the instruction at va, as "bl 0xffff800080010000 <name+0x10>". Returns
 * 0, or -EFAULT after printing nothing: va is not mapped.
 */
int session_insn(struct session *s, va_t va, FILE *out);

#endif
