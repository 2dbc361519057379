/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet: find its handler, check that the guest is in the state that the
 * packet needs, and reply exactly once. Source: the GDB manual, "Standard
 * Replies". An unknown packet gets the empty reply. An error is E and two
 * digits, or "E." and text when the debugger has said that it takes text
 * (error-message in qSupported).
 */
#include <errno.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#include "command.h"

/* Console text per 'O' packet; each byte becomes two digits. */
#define CONSOLE_CHUNK (RSP_PACKET_SIZE / 4)

void packet_send_reply(struct gdbstub *stub)
{
	struct reply *reply = &stub->reply;

	if (reply->overflow) {
		reply_begin(reply);
		reply_printf(reply, "E%02x", EMSGSIZE);
	}
	reply_end(reply);
	transport_send(&stub->transport, reply->data, reply->length);
}

static const char *error_words(int error)
{
	switch (-error) {
	case EFAULT:
		return "no memory at that address";
	case EINVAL:
		return "malformed packet, or no such thread or register";
	case EBUSY:
		return "the guest is running";
	case EROFS:
		return "this view of the registers is read-only "
		       "(monitor context real shows the real ones)";
	case ENOSPC:
		return "no debug register is left";
	case ENOTSUP:
		return "this guest cannot do that";
	case ESRCH:
		return "the guest has powered off";
	case EBADMSG:
		return "the packet was corrupt";
	case EMSGSIZE:
		return "the packet was too long";
	default:
		return strerror(-error);
	}
}

/*
 * What begins an error with a text; NULL: the debugger takes numbers only. A
 * gdb before 14 does not ask for texts (error-message), but shows what it gets
 * for a write of a register, and for a hardware breakpoint or a watchpoint what
 * follows a second '.'.
 */
static const char *error_prefix(const struct gdbstub *stub)
{
	if (stub->has_error_message)
		return "E.";
	if (!stub->is_gdb)
		return NULL;
	switch (stub->rsp.packet[0]) {
	case 'P':
	case 'G':
		return "E.";
	case 'Z':
		return "E.trapline.";
	default:
		return NULL;
	}
}

void packet_send_error(struct gdbstub *stub, int error)
{
	struct reply *reply = &stub->reply;
	const char *text = stub->error_text;
	const char *prefix = error_prefix(stub);

	stub->error_text = NULL;
	reply_begin(reply);
	if (prefix)
		reply_printf(reply, "%s%s", prefix,
			     text ? text : error_words(error));
	else
		reply_printf(reply, "E%02x", -error & 0xff);
	packet_send_reply(stub);
}

/*
 * Replace control characters: the console is a terminal, and the text may come
 * from the guest. Newlines and tabs stay.
 */
static void console_clean(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!text_is_printable(text[i]) && text[i] != '\n' &&
		    text[i] != '\t')
			text[i] = '?';
}

void packet_console(struct gdbstub *stub, const char *text, size_t length)
{
	struct reply *reply = &stub->reply;
	char *clean = (char *)stub->scratch;

	while (length) {
		size_t size = min(length, CONSOLE_CHUNK);

		memcpy(clean, text, size);
		console_clean(clean, size);
		reply_begin(reply);
		reply_char(reply, 'O');
		reply_hex(reply, clean, size);
		packet_send_reply(stub);
		text += size;
		length -= size;
	}
}

void packet_note(struct gdbstub *stub)
{
	size_t length = strlen(stub->note);

	if (!length)
		return;
	packet_console(stub, stub->note, length);
	packet_console(stub, "\n", 1);
	stub->note[0] = '\0';
}

/*
 * The guest runs, and the packet needs it stopped or settled. Park the packet
 * only when a stop is pending because the session has just begun. A guest that
 * the debugger has not resumed itself may run for ever.
 */
static bool park(struct gdbstub *stub)
{
	stub->parked = !stub->waiting && stub->stop_asked;
	return stub->parked;
}

static void send_result(struct gdbstub *stub, int result)
{
	switch (result) {
	case STUB_BUILT:
		break;
	case STUB_OK:
		reply_begin(&stub->reply);
		reply_text(&stub->reply, "OK");
		break;
	case STUB_EMPTY:
		reply_begin(&stub->reply);
		break;
	case STUB_SILENT:
		return;
	default:
		packet_send_error(stub, result);
		return;
	}
	packet_send_reply(stub);
}

void packet_handle(struct gdbstub *stub)
{
	const struct command *command;
	struct args args;
	int result;

	stub->error_text = NULL;
	command = command_find(stub->rsp.packet, stub->rsp.length, &args);
	if (!command) {
		send_result(stub, STUB_EMPTY);
		return;
	}
	if (command->needs != NEEDS_NOTHING && stub_is_running(stub)) {
		if (park(stub))
			return;
		if (command->needs == NEEDS_STOPPED) {
			send_result(stub, -EBUSY);
			return;
		}
	}
	reply_begin(&stub->reply);
	result = command->handle(stub, &args);
	send_result(stub, result);
}
