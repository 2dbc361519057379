/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rsp.h - framing of the remote serial protocol
 *
 * The framing takes bytes and returns packets. It uses no descriptor, no guest
 * and no allocation. Source: the GDB manual, "Overview" and "Packet
 * Acknowledgment" of "GDB Remote Serial Protocol".
 *
 *	$ body # two hex digits		a packet; the sum is over raw bytes
 *	+ -				acknowledgements, between packets
 *	0x03				interrupt, between packets only: inside
 *					a packet it is data
 *	} byte				byte ^ 0x20, inside a packet
 *
 * Any other byte between packets is skipped. Every sender escapes a '$' inside
 * a packet, and the escaped byte after '}' is no '$' either. So a '$' inside a
 * packet always starts a new packet; this is how the stub recovers after a torn
 * packet. Run-length encoding exists in replies only, so '*' is an ordinary
 * byte here.
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
	uint8_t sent_sum; /* as the sender wrote it; high digit first */
	bool sum_bad; /* one of its two digits is not hexadecimal */
	bool oversize;
	size_t length;
	char packet[RSP_PACKET_SIZE + 1];
};

/* Forget a packet that has begun but is not complete. */
void rsp_reset(struct rsp *rsp);

/*
 * Feed bytes until they are used up or an event is complete. Returns how many
 * bytes were used; *ret is the event. packet and length stay valid until the
 * next call.
 */
size_t rsp_feed(struct rsp *rsp, const uint8_t *data, size_t size,
		enum rsp_event *ret);

#endif
