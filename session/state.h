/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.h - the state of a session; see trapline/session.h */
#ifndef TRAPLINE_SESSION_STATE_H
#define TRAPLINE_SESSION_STATE_H

#include <trapline/decoder.h>
#include <trapline/session.h>
#include "view.h"

#define SESSION_MAX_TABLES 16
/*
 * The most reads of kernel memory for one command or report. So many reads take
 * some seconds; a large guest needs only a small part of them.
 */
#define SESSION_MAX_READS  (1U << 26)

struct session {
	struct view view; /* with the guest and introspection */
	const struct session_owner *owner;
	void *opaque; /* the owner's */
	struct decoder_second *second; /* for the text of instructions */
	const char *modules; /* folder of the user's .ko files, or NULL */
	struct {
		const struct session_command *rows;
		unsigned int nr;
	} tables[SESSION_MAX_TABLES];
	unsigned int nr_tables;
	unsigned int gone; /* freed text: see forget_points() */
	bool json; /* the command that runs was given --json */
};

/* commands.c: the commands that work with every guest. */
int session_commands_own(struct session *s);
/* cmd_*.c: the commands that read Linux. */
int session_commands_linux(struct session *s);
int session_commands_sched(struct session *s);
int session_commands_proc(struct session *s);
int session_commands_kmem(struct session *s);
int session_commands_mem(struct session *s);
int session_commands_irq(struct session *s);
int session_commands_wait(struct session *s);
int session_commands_net(struct session *s);
int session_commands_crash(struct session *s);
int session_commands_types(struct session *s);
int session_commands_memory(struct session *s);
/* cmd_qemu.c: the commands of QEMU's monitor. */
int session_commands_qemu(struct session *s);
/*
 * cmd_mem.c: call each() for the ranges that the kernel maps with one set of
 * permissions, in ascending order, until each() returns false. 0, or why the
 * page tables cannot be read.
 */
struct session_range {
	va_t va;
	ipa_t ipa; /* of the first byte */
	uint64_t size, attr;
	bool writable, exec, el0;
};
int session_ranges_each(struct session *s,
			bool (*each)(void *opaque,
				     const struct session_range *range),
			void *opaque);
/*
 * cmd_memory.c: the fields of a descriptor as text; the caller frees
 * it. NULL: no memory.
 */
struct stage1_step;
char *session_descriptor(const struct stage1_step *step, bool leaf,
			 uint64_t mair);
/*
 * cmd_types.c: the type of a variable for which BTF has no type. name has len
 * bytes. NULL: not known.
 */
const char *session_variable_type(const char *name, size_t len);
/* complete.c: the command "complete". */
int session_complete_command(struct session *s, const char *args, FILE *out);
/* disas.c: the command "disas". */
int session_disas(struct session *s, const char *args, FILE *out);

#endif
