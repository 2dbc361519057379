/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about the stub, the target and its threads. Source: the GDB manual,
 * "General Query Packets"; for qHostInfo and qProcessInfo the LLDB manual, "GDB
 * Remote Protocol Extensions". lldb gives up without an answer to these two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

#include "command.h"

/* Each byte becomes two digits, and all must fit the transport's queue. */
#define MONITOR_OUTPUT_MAX  (6 * SZ_1M)
#define MONITOR_COMMAND_MAX 4096
/* Threads in one packet: each takes at most 9 characters. */
#define THREADS_MAX         (RSP_PACKET_SIZE / 9)
#define TRIPLE              "aarch64-unknown-unknown"

/* One feature that the debugger lists in qSupported. */
static void feature(struct gdbstub *stub, const struct args *args)
{
	if (args_is(args, "swbreak+"))
		stub->has_swbreak = true;
	else if (args_is(args, "hwbreak+"))
		stub->has_hwbreak = true;
	else if (args_is(args, "error-message+"))
		stub->has_error_message = true;
	else if (args_is(args, "vfork-events+"))
		stub->is_gdb = true;
	else if (args_is(args, "trapline.look+"))
		stub->only_looks = true;
	else if (args_is(args, "exec-events+"))
		stub->has_exec = stub->services->exec_file;
}

/* qSupported[:feature;...] */
int handle_q_supported(struct gdbstub *stub, struct args *args)
{
	struct reply *reply = &stub->reply;

	if (!args_at_end(args) && !args_char(args, ':'))
		return -EINVAL;
	while (!args_at_end(args)) {
		struct args one = args_until(args, ';');

		feature(stub, &one);
	}
	reply_printf(reply,
		     "PacketSize=%x;QStartNoAckMode+;vContSupported+;"
		     "swbreak+;hwbreak+;binary-upload+;"
		     "ConditionalBreakpoints+",
		     RSP_PACKET_SIZE);
	if (stub->has_error_message)
		reply_text(reply, ";error-message+");
	if (stub->has_exec)
		reply_text(reply, ";exec-events+");
	xfer_supported(stub);
	return STUB_BUILT;
}

int handle_start_no_ack(struct gdbstub *stub, struct args *args)
{
	stub->no_ack = true;
	return STUB_OK;
}

int handle_current_thread(struct gdbstub *stub, struct args *args)
{
	reply_printf(&stub->reply, "QC%x", stub_thread(stub->general));
	return STUB_BUILT;
}

unsigned int threads_other(struct gdbstub *stub, const unsigned int **ret)
{
	struct gdbstub_target *t = stub->target;

	return t->ops->threads ? t->ops->threads(t, ret) : 0;
}

static int index_compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

int thread_find(struct gdbstub *stub, int thread, unsigned int *ret)
{
	const unsigned int *list;
	unsigned int index, nr;

	if (!stub_vcpu(stub, thread, ret))
		return 0;
	if (thread <= 0)
		return -EINVAL;
	index = (unsigned int)thread - 1;
	nr = threads_other(stub, &list);
	if (!nr || !bsearch(&index, list, nr, sizeof(*list), index_compare))
		return -EINVAL;
	*ret = index;
	return 0;
}

int handle_first_threads(struct gdbstub *stub, struct args *args)
{
	stub->next_thread = 0;
	return handle_more_threads(stub, args);
}

int handle_more_threads(struct gdbstub *stub, struct args *args)
{
	const unsigned int *list;
	unsigned int vcpus = stub->target->nr_vcpus;
	unsigned int nr = vcpus + threads_other(stub, &list), i = 0;

	for (; i < THREADS_MAX && stub->next_thread < nr; i++) {
		unsigned int at = stub->next_thread++;

		reply_printf(&stub->reply, "%c%x", i ? ',' : 'm',
			     stub_thread(at < vcpus ? at : list[at - vcpus]));
	}
	if (!i)
		reply_char(&stub->reply, 'l');
	return STUB_BUILT;
}

void thread_describe(struct gdbstub *stub, unsigned int index, char *buf,
		     size_t size)
{
	const struct gdbstub_services *services = stub->services;

	buf[0] = '\0';
	if (stub_is_off(stub, index))
		snprintf(buf, size, "off");
	else if (services->thread_info &&
		 services->thread_info(stub->opaque, index, buf, size))
		buf[0] = '\0';
	if (!buf[0])
		snprintf(buf, size, "%s %u",
			 stub_is_vcpu(stub, index) ? "CPU" : "thread", index);
	/* The text may come from the guest. */
	text_clean(buf, strlen(buf));
}

/* qThreadExtraInfo,thread-id */
int handle_thread_info(struct gdbstub *stub, struct args *args)
{
	unsigned int index;
	char buf[128];
	int thread;

	if (!args_char(args, ',') || !args_thread(args, &thread) ||
	    !args_at_end(args) || thread_find(stub, thread, &index))
		return -EINVAL;
	thread_describe(stub, index, buf, sizeof(buf));
	reply_hex(&stub->reply, buf, strlen(buf));
	return STUB_BUILT;
}

/*
 * Reply '1': the stub did not start the guest, so gdb detaches when it quits,
 * instead of killing.
 */
int handle_q_attached(struct gdbstub *stub, struct args *args)
{
	reply_char(&stub->reply, '1');
	return STUB_BUILT;
}

/*
 * gdb asks once, while it attaches, if it has a symbol file. A client of QEMU's
 * packets asks later, to tell QEMU's machine (no offsets) from QEMU's Linux
 * process.
 */
int handle_offsets(struct gdbstub *stub, struct args *args)
{
	va_t text;

	if (stub->wants_qemu)
		return STUB_EMPTY;
	stub->asked_offsets = true;
	if (!stub->services->text_address ||
	    stub->services->text_address(stub->opaque, &text))
		return STUB_EMPTY;
	reply_printf(&stub->reply, "TextSeg=%llx", (unsigned long long)text);
	return STUB_BUILT;
}

static void console_clipped(struct gdbstub *stub, const char *text,
			    size_t length)
{
	static const char note[] = "\n(more was cut off here)\n";

	if (length <= MONITOR_OUTPUT_MAX) {
		packet_console(stub, text, length);
		return;
	}
	packet_console(stub, text, MONITOR_OUTPUT_MAX);
	packet_console(stub, note, sizeof(note) - 1);
}

/* qRcmd,digits: gdb's "monitor" command */
int handle_monitor(struct gdbstub *stub, struct args *args)
{
	char command[MONITOR_COMMAND_MAX];
	char *text = NULL;
	size_t length;
	FILE *out;
	int error;

	if (!stub->services->monitor)
		return STUB_EMPTY;
	if (stub->waiting)
		return -EBUSY;
	if (!args_char(args, ','))
		return -EINVAL;
	if (args_left(args) / 2 >= sizeof(command))
		return stub_fail(stub, -EMSGSIZE,
				 "a monitor command has at most 4095 "
				 "characters");
	if (!args_hex_string(args, command, sizeof(command)) ||
	    !args_at_end(args))
		return -EINVAL;
	out = open_memstream(&text, &length);
	if (!out)
		return -ENOMEM;
	error = stub->services->monitor(stub->opaque, command, out);
	if (fclose(out)) {
		free(text);
		return -ENOMEM;
	}
	console_clipped(stub, text, length);
	free(text);
	/*
	 * gdb adds "Protocol error with Rcmd" to an error. The command's text
	 * says more, so only a program gets the error as well.
	 */
	return error < 0 && (!length || stub->only_looks) ? error : STUB_OK;
}

/* Append "key:text;", with the text as pairs of digits. */
static void hex_value(struct gdbstub *stub, const char *key, const char *text)
{
	reply_printf(&stub->reply, "%s:", key);
	reply_hex(&stub->reply, text, strlen(text));
	reply_char(&stub->reply, ';');
}

int handle_host_info(struct gdbstub *stub, struct args *args)
{
	stub->is_lldb = true;
	hex_value(stub, "triple", TRIPLE);
	reply_text(&stub->reply, "endian:little;ptrsize:8;"
				 "watchpoint_exceptions_received:before;");
	return STUB_BUILT;
}

int handle_process_info(struct gdbstub *stub, struct args *args)
{
	reply_text(&stub->reply, "pid:1;");
	hex_value(stub, "triple", TRIPLE);
	reply_text(&stub->reply, "endian:little;ptrsize:8;ostype:unknown;");
	return STUB_BUILT;
}
