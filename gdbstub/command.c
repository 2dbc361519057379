/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of packets. Names are compared whole, up to their separator: the
 * entry qC cannot match the packet qCRC:. So the order of the table does not
 * matter.
 */
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "?", MATCH_WHOLE, NEEDS_STOPPED, handle_stop_reason },
	{ "g", MATCH_WHOLE, NEEDS_STOPPED, handle_regs_read },
	{ "G", MATCH_PREFIX, NEEDS_STOPPED, handle_regs_write },
	{ "p", MATCH_PREFIX, NEEDS_STOPPED, handle_reg_read },
	{ "P", MATCH_PREFIX, NEEDS_STOPPED, handle_reg_write },
	{ "m", MATCH_PREFIX, NEEDS_STOPPED, handle_read_hex },
	{ "x", MATCH_PREFIX, NEEDS_STOPPED, handle_read_binary },
	{ "M", MATCH_PREFIX, NEEDS_STOPPED, handle_write_hex },
	{ "X", MATCH_PREFIX, NEEDS_STOPPED, handle_write_binary },
	{ "z", MATCH_PREFIX, NEEDS_STOPPED, handle_point_remove },
	{ "Z", MATCH_PREFIX, NEEDS_STOPPED, handle_point_insert },
	{ "H", MATCH_PREFIX, NEEDS_NOTHING, handle_set_thread },
	{ "T", MATCH_PREFIX, NEEDS_NOTHING, handle_thread_alive },

	{ "c", MATCH_PREFIX, NEEDS_STOPPED, handle_continue },
	{ "C", MATCH_PREFIX, NEEDS_STOPPED, handle_continue_signal },
	{ "s", MATCH_PREFIX, NEEDS_STOPPED, handle_step },
	{ "S", MATCH_PREFIX, NEEDS_STOPPED, handle_step_signal },
	{ "vCont?", MATCH_WHOLE, NEEDS_NOTHING, handle_vcont_query },
	{ "vCont", MATCH_NAME, NEEDS_SETTLED, handle_vcont },
	{ "D", MATCH_NAME, NEEDS_NOTHING, handle_detach },
	{ "Qtrapline.leave", MATCH_WHOLE, NEEDS_NOTHING, handle_leave },
	{ "k", MATCH_WHOLE, NEEDS_NOTHING, handle_kill },
	{ "vKill", MATCH_NAME, NEEDS_NOTHING, handle_vkill },

	{ "qSupported", MATCH_NAME, NEEDS_NOTHING, handle_q_supported },
	{ "QStartNoAckMode", MATCH_WHOLE, NEEDS_NOTHING, handle_start_no_ack },
	{ "qC", MATCH_WHOLE, NEEDS_NOTHING, handle_current_thread },
	{ "qfThreadInfo", MATCH_WHOLE, NEEDS_NOTHING, handle_first_threads },
	{ "qsThreadInfo", MATCH_WHOLE, NEEDS_NOTHING, handle_more_threads },
	{ "qThreadExtraInfo", MATCH_NAME, NEEDS_STOPPED, handle_thread_info },
	{ "qAttached", MATCH_NAME, NEEDS_NOTHING, handle_q_attached },
	{ "qOffsets", MATCH_WHOLE, NEEDS_STOPPED, handle_offsets },
	{ "qRcmd", MATCH_NAME, NEEDS_SETTLED, handle_monitor },
	{ "qqemu.", MATCH_PREFIX, NEEDS_NOTHING, handle_qemu },
	{ "Qqemu.", MATCH_PREFIX, NEEDS_NOTHING, handle_qemu },
	{ "qHostInfo", MATCH_WHOLE, NEEDS_NOTHING, handle_host_info },
	{ "qProcessInfo", MATCH_WHOLE, NEEDS_NOTHING, handle_process_info },

	{ "qSearch:memory", MATCH_NAME, NEEDS_STOPPED, handle_search },
	{ "qCRC", MATCH_NAME, NEEDS_STOPPED, handle_crc },

	{ "qXfer", MATCH_NAME, NEEDS_STOPPED, handle_xfer },

	{ "vFile:setfs:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_setfs },
	{ "vFile:open:", MATCH_PREFIX, NEEDS_STOPPED, handle_file_open },
	{ "vFile:pread:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_pread },
	{ "vFile:fstat:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_fstat },
	{ "vFile:stat:", MATCH_PREFIX, NEEDS_STOPPED, handle_file_stat },
	/* None of the files is a symbolic link. */
	{ "vFile:lstat:", MATCH_PREFIX, NEEDS_STOPPED, handle_file_stat },
	{ "vFile:close:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_close },
	{ "vFile:pwrite:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_read_only },
	{ "vFile:unlink:", MATCH_PREFIX, NEEDS_NOTHING, handle_file_read_only },
	{ "vFile:readlink:", MATCH_PREFIX, NEEDS_NOTHING,
	  handle_file_readlink },
};

static bool matches(const struct command *command, const char *packet,
		    size_t length)
{
	size_t name = strlen(command->name);

	if (length < name || memcmp(packet, command->name, name))
		return false;
	if (command->match == MATCH_PREFIX || length == name)
		return true;
	return command->match == MATCH_NAME &&
	       (packet[name] == ':' || packet[name] == ';' ||
		packet[name] == ',');
}

const struct command *command_find(const char *packet, size_t length,
				   struct args *args)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (matches(&commands[i], packet, length)) {
			args->at = packet + strlen(commands[i].name);
			args->end = packet + length;
			return &commands[i];
		}
	}
	return NULL;
}
