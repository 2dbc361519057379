/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rsp.h - framing of the remote serial protocol, pure
 *
 * Bytes in, packets out; no descriptor, no guest, no allocation. Source: the
 * GDB manual, "Overview" and "Packet Acknowledgment" of "GDB Remote Serial
 * Protocol".
 *
 *	$ body # two hex digits		a packet; the sum is over raw bytes
 *	+ -				acknowledgements, between packets
 *	0x03				interrupt, between packets only: inside
 *					a packet it is data
 *	} byte				byte ^ 0x20, inside a packet
 *
 * Anything else between packets is skipped. A '$' inside a packet, which no
 * sender leaves as it is, not even behind '}', starts a new one: that is how the stub finds
 * its feet again after a torn packet. Run-length encoding exists in replies
 * only, so '*' is an ordinary byte here.
 */
#ifndef GDBSTUB_RSP_H
#define GDBSTUB_RSP_H

#include <trapline/types.h>

/* PacketSize: longest body of a packet, in both directions. */
#define RSP_PACKET_SIZE 0x20000

enum rsp_event {
	RSP_NONE, /* all bytes are used up and nothing is complete */
	RSP_PACKET, /* packet, length: unescaped, NUL-terminated */
	RSP_CORRUPT, /* the sum is wrong or not hexadecimal */
	RSP_OVERSIZE, /* the sum is right, the body was too long to keep */
	RSP_ACK, /* '+' */
	RSP_NAK, /* '-' */
	RSP_INTERRUPT, /* 0x03 */
};

enum rsp_state {
	RSP_IDLE,
	RSP_BODY,
	RSP_ESCAPED,
	RSP_SUM_HIGH,
	RSP_SUM_LOW,
};

struct rsp {
	enum rsp_state state;
	uint8_t sum; /* of the raw bytes so far */
	uint8_t sent_sum; /* as the sender has it; high digit first */
	bool sum_bad; /* a digit of it was none */
	bool oversize;
	size_t length;
	char packet[RSP_PACKET_SIZE + 1];
};

/* Forget a packet that has begun. */
void rsp_reset(struct rsp *rsp);

/*
 * Feed bytes until they are used up or something is complete. Returns how
 * many were used; *ret says what was found. packet and length stay valid
 * until the next call.
 */
size_t rsp_feed(struct rsp *rsp, const uint8_t *data, size_t size,
		enum rsp_event *ret);

#endif
