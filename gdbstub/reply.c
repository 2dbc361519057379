/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building replies: see reply.h. Memory contents are what gdb asks for most,
 * so hexadecimal goes by a table of pairs; the sum is taken once at the end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"

#define ESCAPE_XOR 0x20

static const char digits[16] = "0123456789abcdef";

void reply_begin(struct reply *reply)
{
	reply->data[0] = '$';
	reply->length = 1;
	reply->overflow = false;
	reply->complete = false;
}

void reply_end(struct reply *reply)
{
	uint8_t sum = 0;

	for (size_t i = 1; i < reply->length; i++)
		sum = (uint8_t)(sum + reply->data[i]);
	reply->data[reply->length++] = '#';
	reply->data[reply->length++] = (uint8_t)digits[sum >> 4];
	reply->data[reply->length++] = (uint8_t)digits[sum & 15];
	reply->complete = true;
}

size_t reply_room(const struct reply *reply)
{
	return RSP_PACKET_SIZE + 1 - reply->length;
}

static void put(struct reply *reply, const char *data, size_t size)
{
	if (size > reply_room(reply)) {
		reply->overflow = true;
		return;
	}
	memcpy(reply->data + reply->length, data, size);
	reply->length += size;
}

void reply_text(struct reply *reply, const char *text)
{
	put(reply, text, strlen(text));
}

void reply_char(struct reply *reply, char c)
{
	put(reply, &c, 1);
}

void reply_printf(struct reply *reply, const char *format, ...)
{
	char text[512];
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (length < 0 || (size_t)length >= sizeof(text))
		reply->overflow = true;
	else
		put(reply, text, (size_t)length);
}

void reply_hex(struct reply *reply, const void *data, size_t size)
{
	const uint8_t *in = data;
	uint8_t *out = reply->data + reply->length;

	if (size > reply_room(reply) / 2) {
		reply->overflow = true;
		return;
	}
	for (size_t i = 0; i < size; i++) {
		*out++ = (uint8_t)digits[in[i] >> 4];
		*out++ = (uint8_t)digits[in[i] & 15];
	}
	reply->length += size * 2;
}

static bool needs_escape(uint8_t byte)
{
	return byte == '$' || byte == '#' || byte == '}' || byte == '*';
}

size_t reply_binary(struct reply *reply, const void *data, size_t size,
		    size_t room)
{
	const uint8_t *in = data;
	uint8_t *out = reply->data + reply->length;
	uint8_t *end;
	size_t i;

	if (room > reply_room(reply))
		room = reply_room(reply);
	end = out + room;
	for (i = 0; i < size && out < end; i++) {
		if (!needs_escape(in[i])) {
			*out++ = in[i];
		} else if (end - out >= 2) {
			*out++ = '}';
			*out++ = in[i] ^ ESCAPE_XOR;
		} else {
			break;
		}
	}
	reply->length = (size_t)(out - reply->data);
	return i;
}
