/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a packet's arguments: see args.h. Numbers in the protocol are
 * hexadecimal without a prefix, most significant digit first; bytes are
 * pairs of digits.
 */
#include <limits.h>
#include <string.h>

#include "args.h"

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool args_char(struct args *args, char c)
{
	if (args_at_end(args) || *args->at != c)
		return false;
	args->at++;
	return true;
}

bool args_hex(struct args *args, uint64_t *ret)
{
	const char *at = args->at;
	uint64_t value = 0;

	while (at < args->end && hex_digit(*at) >= 0) {
		if (value >> 60)
			return false;
		value = value << 4 | (uint64_t)hex_digit(*at);
		at++;
	}
	if (at == args->at)
		return false;
	args->at = at;
	*ret = value;
	return true;
}

bool args_hex_max(struct args *args, uint64_t max, uint64_t *ret)
{
	struct args copy = *args;
	uint64_t value;

	if (!args_hex(&copy, &value) || value > max)
		return false;
	*args = copy;
	*ret = value;
	return true;
}

bool args_thread(struct args *args, int *ret)
{
	struct args copy = *args;
	uint64_t value;

	if (args_char(&copy, '-')) {
		if (!args_hex_max(&copy, 1, &value) || value != 1)
			return false;
		*ret = THREAD_ALL;
	} else {
		if (!args_hex_max(&copy, INT_MAX, &value))
			return false;
		*ret = (int)value;
	}
	*args = copy;
	return true;
}

bool args_bytes(struct args *args, void *ret, size_t size)
{
	uint8_t *out = ret;

	if (args_left(args) / 2 < size)
		return false;
	/*
	 * Check every digit first: *ret must stay as it is if one is invalid.
	 */
	for (size_t i = 0; i < size * 2; i++) {
		if (hex_digit(args->at[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < size; i++) {
		out[i] = (uint8_t)(hex_digit(args->at[0]) << 4 |
				   hex_digit(args->at[1]));
		args->at += 2;
	}
	return true;
}

bool args_hex_string(struct args *args, char *ret, size_t size)
{
	struct args copy = *args;
	size_t digits = 0;

	while (digits < args_left(&copy) && hex_digit(copy.at[digits]) >= 0)
		digits++;
	if (digits % 2 || digits / 2 >= size)
		return false;
	if (!args_bytes(&copy, ret, digits / 2) ||
	    memchr(ret, '\0', digits / 2))
		return false;
	ret[digits / 2] = '\0';
	*args = copy;
	return true;
}

struct args args_until(struct args *args, char stop)
{
	const char *found = memchr(args->at, stop, args_left(args));
	struct args part = { .at = args->at, .end = found };

	if (found) {
		args->at = found + 1;
	} else {
		part.end = args->end;
		args->at = args->end;
	}
	return part;
}

bool args_is(const struct args *args, const char *text)
{
	size_t length = strlen(text);

	return args_left(args) == length && !memcmp(args->at, text, length);
}
