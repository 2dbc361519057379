/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - the table of packets, and their handlers
 *
 * To add a packet
 *	1. write its handler in the file of its subject, named after the
 *	   packet, with the syntax and the GDB manual's words in a comment;
 *	2. declare the handler below and add a line to the table in command.c;
 *	3. add a session to tests/rsp/ that sends the packet well formed and
 *	   badly formed.
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
	NEEDS_STOPPED, /* the guest is stopped */
	NEEDS_SETTLED, /* stopped or running, but no stop is pending */
};

struct command {
	const char *name;
	enum command_match match;
	enum command_needs needs;
	/*
	 * args begin after the name: at the separator, if the packet has one.
	 */
	int (*handle)(struct gdbstub *stub, struct args *args);
};

/*
 * Returns NULL when no packet has this name. *args is set to the text after the
 * name.
 */
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
/* Describe a thread in one line: its task, or that the vCPU is off. */
void thread_describe(struct gdbstub *stub, unsigned int index, char *buf,
		     size_t size);

/* qemu.c */
int handle_qemu(struct gdbstub *stub, struct args *args);

/* xfer.c */
int handle_xfer(struct gdbstub *stub, struct args *args);
/* Append the objects that qXfer can read now to the reply of qSupported. */
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
int handle_leave(struct gdbstub *stub, struct args *args);
int handle_kill(struct gdbstub *stub, struct args *args);
int handle_vkill(struct gdbstub *stub, struct args *args);

/* stop.c */
int handle_stop_reason(struct gdbstub *stub, struct args *args);

/* mem.c */
int handle_read_hex(struct gdbstub *stub, struct args *args);
int handle_read_binary(struct gdbstub *stub, struct args *args);
int handle_write_hex(struct gdbstub *stub, struct args *args);
int handle_write_binary(struct gdbstub *stub, struct args *args);

/* search.c */
int handle_search(struct gdbstub *stub, struct args *args);
int handle_crc(struct gdbstub *stub, struct args *args);

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
