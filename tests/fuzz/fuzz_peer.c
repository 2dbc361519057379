// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_peer.c - bytes from a peer that may not be a debugger
 *
 * The first byte of the input is the length of the pieces in which the rest is
 * fed. The verdict must not depend on the pieces: bytes that are accepted in
 * small pieces are accepted at once. Bytes that are accepted never contain an
 * unprintable character before the end of the first packet.
 */
#include <trapline/peer.h>

#include "input.h"

static bool feed(const uint8_t *data, size_t size, size_t piece,
		 struct peer_speech *speech)
{
	peer_speech_reset(speech);
	for (size_t at = 0; at < size; at += piece)
		if (!peer_speech_feed(speech, data + at,
				      size - at < piece ? size - at : piece))
			return false;
	return true;
}

/* Nothing but acknowledgements, an interrupt and printable characters. */
static void check_first(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		must(data[i] == 3 || (data[i] >= ' ' && data[i] < 0x7f),
		     "a control character was accepted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_speech parts, whole;
	bool accepted;

	if (!size)
		return 0;
	accepted = feed(data + 1, size - 1, data[0] + 1U, &parts);
	must(feed(data + 1, size - 1, size, &whole) == accepted,
	     "the verdict depends on the pieces");
	if (!accepted)
		return 0;
	must(parts.state == whole.state && parts.said == whole.said &&
		     parts.has_packet == whole.has_packet,
	     "the state depends on the pieces");
	if (!whole.has_packet)
		check_first(data + 1, size - 1);
	return 0;
}
