/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reply.h - one packet to the debugger, built in place
 *
 * reply_begin() opens it, the reply_ functions append to the body,
 * reply_end() adds the sum; data and length are then what goes out in a
 * single write, and stay so until the next reply_begin(), for when the
 * debugger asks for it again. What does not fit is cut and remembered in
 * overflow: the dispatcher sends an error instead.
 *
 * Replies are not run-length encoded: the encoder would run on the emulated
 * side of the lab, and gdb takes in the plain form at the speed of the wire.
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
	bool complete; /* has its sum: may be sent, and sent again */
	uint8_t data[REPLY_SIZE];
};

void reply_begin(struct reply *reply);
void reply_end(struct reply *reply);
/* Bytes that still fit the body. */
size_t reply_room(const struct reply *reply);

/* As it is: the caller knows that nothing in it needs an escape. */
void reply_text(struct reply *reply, const char *text);
void reply_char(struct reply *reply, char c);
__attribute__((format(printf, 2, 3))) void
reply_printf(struct reply *reply, const char *format, ...);
/* A number as the protocol has them, "%llx"; a byte, "%02x". */
void reply_number(struct reply *reply, uint64_t value);
void reply_byte(struct reply *reply, uint8_t byte);
/* Pairs of digits. */
void reply_hex(struct reply *reply, const void *data, size_t size);
/*
 * Escaped binary data, as much as fits into room bytes of the body; returns
 * how many bytes of data that was.
 */
size_t reply_binary(struct reply *reply, const void *data, size_t size,
		    size_t room);

#endif
