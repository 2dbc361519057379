/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet framing: see rsp.h. A state machine takes byte by byte, so a packet
 * may arrive in any number of pieces. The body is unescaped as it arrives: the
 * checksum is over the raw bytes, and no later code needs them.
 */
#include "rsp.h"
#include "args.h"

#define ESCAPE_XOR 0x20

void rsp_reset(struct rsp *rsp)
{
	rsp->state = RSP_IDLE;
	rsp->length = 0;
	rsp->packet[0] = '\0';
}

static void packet_begin(struct rsp *rsp)
{
	rsp->state = RSP_BODY;
	rsp->sum = 0;
	rsp->sent_sum = 0;
	rsp->sum_bad = false;
	rsp->oversize = false;
	rsp->length = 0;
}

static void body_put(struct rsp *rsp, uint8_t byte)
{
	if (rsp->length < RSP_PACKET_SIZE)
		rsp->packet[rsp->length++] = (char)byte;
	else
		rsp->oversize = true;
}

static void sum_digit(struct rsp *rsp, uint8_t byte)
{
	int digit = hex_digit((char)byte);

	if (digit < 0)
		rsp->sum_bad = true;
	else
		rsp->sent_sum = (uint8_t)(rsp->sent_sum << 4 | digit);
}

static enum rsp_event packet_end(struct rsp *rsp)
{
	rsp->state = RSP_IDLE;
	rsp->packet[rsp->length] = '\0';
	if (rsp->sum_bad || rsp->sum != rsp->sent_sum)
		return RSP_CORRUPT;
	return rsp->oversize ? RSP_OVERSIZE : RSP_PACKET;
}

static enum rsp_event feed_idle(struct rsp *rsp, uint8_t byte)
{
	switch (byte) {
	case '+':
		return RSP_ACK;
	case '-':
		return RSP_NAK;
	case 0x03:
		return RSP_INTERRUPT;
	default:
		return RSP_NONE;
	}
}

static void feed_body(struct rsp *rsp, uint8_t byte)
{
	switch (byte) {
	case '#':
		rsp->state = RSP_SUM_HIGH;
		return;
	case '}':
		rsp->state = RSP_ESCAPED;
		break;
	default:
		body_put(rsp, byte);
		break;
	}
	rsp->sum = (uint8_t)(rsp->sum + byte);
}

static enum rsp_event feed_byte(struct rsp *rsp, uint8_t byte)
{
	/* A '$' always begins a packet, even inside an unfinished one. */
	if (byte == '$') {
		packet_begin(rsp);
		return RSP_NONE;
	}
	switch (rsp->state) {
	case RSP_IDLE:
		return feed_idle(rsp, byte);
	case RSP_BODY:
		feed_body(rsp, byte);
		return RSP_NONE;
	case RSP_ESCAPED:
		rsp->sum = (uint8_t)(rsp->sum + byte);
		body_put(rsp, byte ^ ESCAPE_XOR);
		rsp->state = RSP_BODY;
		return RSP_NONE;
	case RSP_SUM_HIGH:
		sum_digit(rsp, byte);
		rsp->state = RSP_SUM_LOW;
		return RSP_NONE;
	case RSP_SUM_LOW:
		sum_digit(rsp, byte);
		return packet_end(rsp);
	}
	return RSP_NONE;
}

size_t rsp_feed(struct rsp *rsp, const uint8_t *data, size_t size,
		enum rsp_event *ret)
{
	for (size_t i = 0; i < size; i++) {
		enum rsp_event event = feed_byte(rsp, data[i]);

		if (event != RSP_NONE) {
			*ret = event;
			return i + 1;
		}
	}
	*ret = RSP_NONE;
	return size;
}
