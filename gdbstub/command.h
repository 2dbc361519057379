/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the packets there are
 *
 * To add a packet
 *	1. write its handler in the file it belongs to, named after it, with
 *	   the syntax and the GDB manual's words for it in a comment;
 *	2. declare it below and add its line to the table in command.c;
 *	3. add a session to tests/rsp/ that sends it well and badly formed.
 */
#ifndef GDBSTUB_COMMAND_H
#define GDBSTUB_COMMAND_H

#include "stub.h"

enum command_match {
	/* The arguments follow the name at once: m, H, vFile:open: */
	MATCH_PREFIX,
	/* The packet ends here, or one of ':' ';' ',' follows. */
	MATCH_NAME,
	/* The packet ends here. */
	MATCH_WHOLE,
};

enum command_needs {
	NEEDS_NOTHING,
	NEEDS_STOPPED, /* the guest stands still */
	NEEDS_SETTLED, /* it stands still or runs, but is not about to stop */
};

struct command {
	const char *name;
	enum command_match match;
	enum command_needs needs;
	/* args begin behind the name: at the separator, if there is one. */
	int (*handle)(struct gdbstub *stub, struct args *args);
};

/* NULL: no such packet. *args is set to what follows the name. */
const struct command *command_find(const char *packet, size_t length,
				   struct args *args);

/* query.c */
int handle_q_supported(struct gdbstub *stub, struct args *args);
int handle_start_no_ack(struct gdbstub *stub, struct args *args);
int handle_current_thread(struct gdbstub *stub, struct args *args);
int handle_first_threads(struct gdbstub *stub, struct args *args);
int handle_more_threads(struct gdbstub *stub, struct args *args);
int handle_thread_info(struct gdbstub *stub, struct args *args);
int handle_q_attached(struct gdbstub *stub, struct args *args);
int handle_offsets(struct gdbstub *stub, struct args *args);
int handle_monitor(struct gdbstub *stub, struct args *args);
int handle_host_info(struct gdbstub *stub, struct args *args);
int handle_process_info(struct gdbstub *stub, struct args *args);
/* One line about a vCPU: what runs there, or that it is off. */
void thread_describe(struct gdbstub *stub, unsigned int vcpu, char *buf,
		     size_t size);

/* xfer.c */
int handle_xfer(struct gdbstub *stub, struct args *args);
/* Which objects qXfer can read now, for qSupported. */
void xfer_supported(struct gdbstub *stub);

/* vfile.c */
int handle_file_setfs(struct gdbstub *stub, struct args *args);
int handle_file_open(struct gdbstub *stub, struct args *args);
int handle_file_pread(struct gdbstub *stub, struct args *args);
int handle_file_fstat(struct gdbstub *stub, struct args *args);
int handle_file_stat(struct gdbstub *stub, struct args *args);
int handle_file_close(struct gdbstub *stub, struct args *args);
int handle_file_read_only(struct gdbstub *stub, struct args *args);
int handle_file_readlink(struct gdbstub *stub, struct args *args);

/* resume.c */
int handle_vcont_query(struct gdbstub *stub, struct args *args);
int handle_vcont(struct gdbstub *stub, struct args *args);
int handle_continue(struct gdbstub *stub, struct args *args);
int handle_continue_signal(struct gdbstub *stub, struct args *args);
int handle_step(struct gdbstub *stub, struct args *args);
int handle_step_signal(struct gdbstub *stub, struct args *args);
int handle_detach(struct gdbstub *stub, struct args *args);
int handle_kill(struct gdbstub *stub, struct args *args);
int handle_vkill(struct gdbstub *stub, struct args *args);

/* stop.c */
int handle_stop_reason(struct gdbstub *stub, struct args *args);

/* mem.c */
int handle_read_hex(struct gdbstub *stub, struct args *args);
int handle_read_binary(struct gdbstub *stub, struct args *args);
int handle_write_hex(struct gdbstub *stub, struct args *args);
int handle_write_binary(struct gdbstub *stub, struct args *args);

/* regs.c */
int handle_regs_read(struct gdbstub *stub, struct args *args);
int handle_regs_write(struct gdbstub *stub, struct args *args);
int handle_reg_read(struct gdbstub *stub, struct args *args);
int handle_reg_write(struct gdbstub *stub, struct args *args);
int handle_set_thread(struct gdbstub *stub, struct args *args);
int handle_thread_alive(struct gdbstub *stub, struct args *args);

/* break.c */
int handle_point_insert(struct gdbstub *stub, struct args *args);
int handle_point_remove(struct gdbstub *stub, struct args *args);

#endif
