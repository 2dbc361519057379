// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * speech.c - does the peer send what a debugger sends?
 *
 * Other programs can also reach a port of the loopback address. They begin like
 * this:
 *
 *	a browser	"GET /", "POST /", "OPTIONS /"; 0x16 for TLS; 0x00 for
 *			WebRTC's STUN over TCP
 *	a page whose	as a browser, but with any method that is a token of
 *	host name now	HTTP (RFC 9110, "Tokens"). '$', '+' and '#' may stand in
 *	resolves to	tokens: fetch(url, { method: "$k#6b" }) begins like a
 *	127.0.0.1	debugger, and continues with a space
 *
 * So a check of the first byte is not enough. A method contains no ',' and no
 * ':', so it can form few packets, but the HTTP body after it may contain any
 * bytes. Therefore the first packet must contain no line end, no byte may stand
 * outside packets at any time, and no packet is handled before all received
 * bytes are checked.
 *
 * Source: the GDB manual, "Overview" of "GDB Remote Serial Protocol".
 */
#include <trapline/peer.h>

#define INTERRUPT 0x03

void peer_speech_reset(struct peer_speech *speech)
{
	*speech = (struct peer_speech){ .state = PEER_BETWEEN };
}

static bool is_hex(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
	       (byte >= 'A' && byte <= 'F');
}

static bool feed_between(struct peer_speech *speech, uint8_t byte)
{
	if (byte == '$')
		speech->state = PEER_BODY;
	return byte == '$' || byte == '+' || byte == INTERRUPT ||
	       (byte == '-' && speech->has_packet);
}

/* Check the framing only. A '$' begins a new packet, even after a '}'. */
static bool feed_body(struct peer_speech *speech, uint8_t byte)
{
	if (byte == '#')
		speech->state = PEER_SUM_HIGH;
	return speech->has_packet ||
	       (byte >= ' ' && byte <= '~' && byte != '$');
}

static bool feed_sum(struct peer_speech *speech, uint8_t byte)
{
	bool good = speech->has_packet || is_hex(byte);

	if (byte == '$') {
		speech->state = PEER_BODY;
	} else if (speech->state == PEER_SUM_HIGH) {
		speech->state = PEER_SUM_LOW;
	} else {
		speech->state = PEER_BETWEEN;
		speech->has_packet = true;
	}
	return good;
}

static bool feed_byte(struct peer_speech *speech, uint8_t byte)
{
	switch (speech->state) {
	case PEER_BETWEEN:
		return feed_between(speech, byte);
	case PEER_BODY:
		return feed_body(speech, byte);
	case PEER_SUM_HIGH:
	case PEER_SUM_LOW:
		return feed_sum(speech, byte);
	}
	return false;
}

bool peer_speech_feed(struct peer_speech *speech, const uint8_t *data,
		      size_t size)
{
	if (!speech->answered) {
		if (size > PEER_FIRST_MAX - speech->said)
			return false;
		speech->said += (uint32_t)size;
	}
	for (size_t i = 0; i < size; i++)
		if (!feed_byte(speech, data[i]))
			return false;
	return true;
}
