/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reply.h - one packet to the debugger, built in place
 *
 * reply_begin() opens the packet, the reply_ functions append to the body, and
 * reply_end() adds the checksum. After reply_end(), data and length are the
 * bytes to send in a single write. They stay valid until the next
 * reply_begin(), because the debugger may ask for the packet again. Text that
 * does not fit is cut off and sets overflow; the dispatcher then sends an error
 * instead.
 *
 * Replies are not run-length encoded: in the lab the encoder would run on the
 * emulated machine, and gdb reads the plain form as fast as the wire delivers
 * it.
 */
#ifndef GDBSTUB_REPLY_H
#define GDBSTUB_REPLY_H

#include <trapline/types.h>
#include "rsp.h"

/* '$', body, '#', two digits. */
#define REPLY_SIZE (RSP_PACKET_SIZE + 4)

struct reply {
	size_t length;
	bool overflow;
	bool complete; /* has its checksum: may be sent, and sent again */
	uint8_t data[REPLY_SIZE];
};

void reply_begin(struct reply *reply);
void reply_end(struct reply *reply);
/* Number of bytes that still fit the body. */
size_t reply_room(const struct reply *reply);

/*
 * Append text unchanged: the caller knows that nothing in it needs an escape.
 */
void reply_text(struct reply *reply, const char *text);
void reply_char(struct reply *reply, char c);
__attribute__((format(printf, 2, 3))) void
reply_printf(struct reply *reply, const char *format, ...);
/* A number in the protocol's form, "%llx"; a byte, "%02x". */
void reply_number(struct reply *reply, uint64_t value);
void reply_byte(struct reply *reply, uint8_t byte);
/* The data as pairs of digits. */
void reply_hex(struct reply *reply, const void *data, size_t size);
/*
 * Append escaped binary data, as much as fits into room bytes of the body.
 * Returns how many bytes of data were appended.
 */
size_t reply_binary(struct reply *reply, const void *data, size_t size,
		    size_t room);

#endif
