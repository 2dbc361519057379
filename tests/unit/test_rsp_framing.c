// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Framing in both directions: packets in any pieces, with every byte value, too
 * long, incomplete; replies that are full, escaped, or too long.
 * tests/rsp/framing.session has sessions of text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gdbstub/args.h"
#include "gdbstub/reply.h"
#include "gdbstub/rsp.h"

static struct rsp rsp;
static struct reply reply;

/* Frame a packet as a sender does, with every byte escaped that may be. */
static size_t frame(const uint8_t *body, size_t length, uint8_t *ret)
{
	uint8_t sum = 0;
	size_t at = 0;

	ret[at++] = '$';
	for (size_t i = 0; i < length; i++) {
		if (strchr("$#}*", body[i]) && body[i]) {
			ret[at++] = '}';
			ret[at++] = body[i] ^ 0x20;
		} else {
			ret[at++] = body[i];
		}
	}
	for (size_t i = 1; i < at; i++)
		sum = (uint8_t)(sum + ret[i]);
	return at + (size_t)sprintf((char *)ret + at, "#%02x", sum);
}

static void every_byte_in_every_piece(void **state)
{
	uint8_t body[256], wire[1024];
	enum rsp_event event;
	size_t length;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)i;
	length = frame(body, sizeof(body), wire);
	for (size_t cut = 0; cut < length; cut++) {
		rsp_reset(&rsp);
		assert_int_equal(rsp_feed(&rsp, wire, cut, &event), cut);
		assert_int_equal(event, RSP_NONE);
		assert_int_equal(rsp_feed(&rsp, wire + cut, length - cut,
					  &event),
				 length - cut);
		assert_int_equal(event, RSP_PACKET);
		assert_int_equal(rsp.length, sizeof(body));
		assert_memory_equal(rsp.packet, body, sizeof(body));
	}
}

static void every_bit_flipped(void **state)
{
	static const uint8_t body[] = "m40080000,4";
	uint8_t wire[64], bad[64];
	size_t length = frame(body, sizeof(body) - 1, wire);
	enum rsp_event event;

	for (size_t bit = 0; bit < length * 8; bit++) {
		size_t at = 0;

		memcpy(bad, wire, length);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		rsp_reset(&rsp);
		while (at < length) {
			at += rsp_feed(&rsp, bad + at, length - at, &event);
			/* A checksum with upper-case digits is valid, too. */
			if (event == RSP_PACKET)
				assert_string_equal(rsp.packet,
						    (const char *)body);
		}
		/* After any bytes, the next packet is understood. */
		assert_int_equal(rsp_feed(&rsp, (const uint8_t *)"##", 2,
					  &event) > 0,
				 true);
		at = 0;
		do {
			at += rsp_feed(&rsp, wire + at, length - at, &event);
		} while (event != RSP_PACKET && at < length);
		assert_int_equal(event, RSP_PACKET);
	}
}

static void torn_anywhere(void **state)
{
	static const uint8_t torn[] = "$X0,1:}#", whole[] = "$g#67";
	enum rsp_event event;

	for (size_t cut = 0; cut < sizeof(torn); cut++) {
		rsp_reset(&rsp);
		rsp_feed(&rsp, torn, cut, &event);
		rsp_feed(&rsp, whole, sizeof(whole) - 1, &event);
		assert_int_equal(event, RSP_PACKET);
		assert_string_equal(rsp.packet, "g");
	}
}

static void longest_and_too_long(void **state)
{
	size_t size = RSP_PACKET_SIZE + 1;
	uint8_t *body = malloc(size), *wire = malloc(size + 8);
	enum rsp_event event;
	size_t length;

	memset(body, 'a', size);
	rsp_reset(&rsp);
	length = frame(body, RSP_PACKET_SIZE, wire);
	rsp_feed(&rsp, wire, length, &event);
	assert_int_equal(event, RSP_PACKET);
	assert_int_equal(rsp.length, RSP_PACKET_SIZE);
	length = frame(body, size, wire);
	rsp_feed(&rsp, wire, length, &event);
	assert_int_equal(event, RSP_OVERSIZE);
	length = frame(body, 4, wire);
	rsp_feed(&rsp, wire, length, &event);
	assert_int_equal(event, RSP_PACKET);
	assert_int_equal(rsp.length, 4);
	free(body);
	free(wire);
}

static void reply_is_understood(void **state)
{
	uint8_t data[256];
	enum rsp_event event;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	reply_begin(&reply);
	assert_false(reply.complete);
	assert_int_equal(reply_binary(&reply, data, sizeof(data), 10000),
			 sizeof(data));
	reply_end(&reply);
	assert_true(reply.complete);
	rsp_reset(&rsp);
	rsp_feed(&rsp, reply.data, reply.length, &event);
	assert_int_equal(event, RSP_PACKET);
	assert_int_equal(rsp.length, sizeof(data));
	assert_memory_equal(rsp.packet, data, sizeof(data));
}

static void reply_binary_keeps_to_room(void **state)
{
	static const uint8_t hashes[RSP_PACKET_SIZE] = {
		[0] = '#', [1] = '#', [2] = '#'
	};

	reply_begin(&reply);
	/* There is room for one and a half escaped bytes. */
	assert_int_equal(reply_binary(&reply, hashes, 3, 3), 1);
	assert_int_equal(reply.length, 3);
	reply_begin(&reply);
	assert_int_equal(reply_binary(&reply, hashes + 3, RSP_PACKET_SIZE - 3,
				      SIZE_MAX),
			 RSP_PACKET_SIZE - 3);
	assert_int_equal(reply_room(&reply), 3);
	assert_int_equal(reply_binary(&reply, hashes, 3, SIZE_MAX), 1);
	assert_int_equal(reply_binary(&reply, hashes + 3, 3, SIZE_MAX), 1);
	assert_int_equal(reply_room(&reply), 0);
	reply_end(&reply);
	assert_int_equal(reply.length, REPLY_SIZE);
}

static void reply_overflow_is_remembered(void **state)
{
	static const uint8_t data[RSP_PACKET_SIZE / 2 + 1];

	reply_begin(&reply);
	reply_hex(&reply, data, RSP_PACKET_SIZE / 2);
	assert_false(reply.overflow);
	assert_int_equal(reply_room(&reply), 0);
	reply_char(&reply, 'x');
	assert_true(reply.overflow);
	reply_begin(&reply);
	assert_false(reply.overflow);
	reply_hex(&reply, data, RSP_PACKET_SIZE / 2 + 1);
	assert_true(reply.overflow);
}

static struct args args_of(const char *text)
{
	return (struct args){ .at = text, .end = text + strlen(text) };
}

static void numbers_are_never_guessed(void **state)
{
	static const char *const bad[] = { "",   "g",  "-1",
					   " 1", "0x", "12345678123456789",
					   "," };
	uint64_t value = 42;
	struct args args;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		args = args_of(bad[i]);
		if (!strcmp(bad[i], "0x"))
			continue;
		assert_false(args_hex(&args, &value));
		assert_ptr_equal(args.at, bad[i]);
		assert_int_equal(value, 42);
	}
	args = args_of("ffffFFFFffffFFFF,");
	assert_true(args_hex(&args, &value));
	assert_true(value == UINT64_MAX);
	assert_int_equal(args_left(&args), 1);
	args = args_of("100");
	assert_false(args_hex_max(&args, 0xff, &value));
	assert_int_equal(args_left(&args), 3);
}

static void threads_and_bytes(void **state)
{
	uint8_t bytes[2] = { 1, 2 };
	char text[4] = "old";
	struct args args;
	int thread = 7;

	args = args_of("-2");
	assert_false(args_thread(&args, &thread));
	args = args_of("80000000");
	assert_false(args_thread(&args, &thread));
	args = args_of("p1.1");
	assert_false(args_thread(&args, &thread));
	assert_int_equal(thread, 7);
	args = args_of("-1");
	assert_true(args_thread(&args, &thread));
	assert_int_equal(thread, THREAD_ALL);
	args = args_of("012g");
	assert_false(args_bytes(&args, bytes, 2));
	assert_int_equal(bytes[0], 1);
	args = args_of("012");
	assert_false(args_bytes(&args, bytes, 2));
	args = args_of("61626364");
	assert_false(args_hex_string(&args, text, sizeof(text)));
	args = args_of("6100");
	assert_false(args_hex_string(&args, text, sizeof(text)));
	args = args_of("616263");
	assert_true(args_hex_string(&args, text, sizeof(text)));
	assert_string_equal(text, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_in_every_piece),
		cmocka_unit_test(every_bit_flipped),
		cmocka_unit_test(torn_anywhere),
		cmocka_unit_test(longest_and_too_long),
		cmocka_unit_test(reply_is_understood),
		cmocka_unit_test(reply_binary_keeps_to_room),
		cmocka_unit_test(reply_overflow_is_remembered),
		cmocka_unit_test(numbers_are_never_guessed),
		cmocka_unit_test(threads_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
