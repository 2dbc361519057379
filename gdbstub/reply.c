/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building replies: see reply.h. gdb asks for memory contents most often.
 * Hexadecimal is therefore made from four bytes at a time, and the checksum is
 * computed once, at the end, over eight bytes at a time.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reply.h"

#define ESCAPE_XOR 0x20

/* Repeat the same byte, or the same 16-bit value, over a 64-bit word. */
#define EACH_BYTE(b)  (0x0101010101010101ULL * (b))
#define EACH_16BIT(h) (0x0001000100010001ULL * (h))

static const char digits[16] = "0123456789abcdef";

void reply_begin(struct reply *reply)
{
	reply->data[0] = '$';
	reply->length = 1;
	reply->overflow = false;
	reply->complete = false;
}

static uint8_t sum_of(const uint8_t *p, size_t size)
{
	uint64_t sum = 0, word;

	for (; size >= sizeof(word); p += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word = (word & EACH_16BIT(0xff)) +
		       (word >> 8 & EACH_16BIT(0xff));
		/*
		 * The multiplication adds all four 16-bit sums into the
		 * topmost.
		 */
		sum += word * EACH_16BIT(1) >> 48;
	}
	while (size--)
		sum += *p++;
	return (uint8_t)sum;
}

void reply_end(struct reply *reply)
{
	uint8_t sum = sum_of(reply->data + 1, reply->length - 1);

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

void reply_number(struct reply *reply, uint64_t value)
{
	char text[16];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value & 15];
		value >>= 4;
	} while (value);
	put(reply, text + at, sizeof(text) - at);
}

void reply_byte(struct reply *reply, uint8_t byte)
{
	reply_hex(reply, &byte, sizeof(byte));
}

/*
 * Four bytes, the first in the lowest bits. Move each hexadecimal digit into a
 * byte of its own, then turn it into its character.
 */
static uint64_t digits_of(uint64_t bytes)
{
	uint64_t v = (bytes | bytes << 16) & 0x0000ffff0000ffffULL;

	v = (v | v << 8) & EACH_16BIT(0xff);
	v = (v >> 4 & EACH_16BIT(0x0f)) | (v & EACH_16BIT(0x0f)) << 8;
	return v + EACH_BYTE('0') +
	       ((v + EACH_BYTE(6)) >> 4 & EACH_BYTE(1)) * ('a' - '0' - 10);
}

void reply_hex(struct reply *reply, const void *data, size_t size)
{
	const uint8_t *in = data;
	uint8_t *out = reply->data + reply->length;
	size_t i = 0;

	if (size > reply_room(reply) / 2) {
		reply->overflow = true;
		return;
	}
	for (; size - i >= 4; i += 4, out += 8) {
		uint32_t four;
		uint64_t eight;

		memcpy(&four, in + i, sizeof(four));
		eight = digits_of(four);
		memcpy(out, &eight, sizeof(eight));
	}
	for (; i < size; i++) {
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
