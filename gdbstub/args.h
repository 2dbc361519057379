/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args.h - the arguments of a packet, read from left to right
 *
 * Every function that returns bool checks the text at the current position. If
 * the text has the right form, the function moves past the text and returns
 * true. Otherwise it returns false and leaves *ret as it was. A missing or
 * wrong digit never counts as 0. The text need not be NUL-terminated and may
 * hold any byte.
 */
#ifndef GDBSTUB_ARGS_H
#define GDBSTUB_ARGS_H

#include <trapline/types.h>

struct args {
	const char *at;
	const char *end;
};

/* Special thread numbers of the GDB manual's "thread-id syntax". */
#define THREAD_ALL (-1)
#define THREAD_ANY 0

/* The value of the digit, 0-15; -1: c is no hexadecimal digit. */
int hex_digit(char c);

static inline size_t args_left(const struct args *args)
{
	return (size_t)(args->end - args->at);
}

static inline bool args_at_end(const struct args *args)
{
	return args->at == args->end;
}

/* The next character is c. */
bool args_char(struct args *args, char c);
/* 1-16 hexadecimal digits. */
bool args_hex(struct args *args, uint64_t *ret);
/* As above, and no larger than max. */
bool args_hex_max(struct args *args, uint64_t max, uint64_t *ret);
/* "-1", "0" or a positive number that fits an int: THREAD_ALL, _ANY, n. */
bool args_thread(struct args *args, int *ret);
/* Exactly size bytes as pairs of digits. */
bool args_bytes(struct args *args, void *ret, size_t size);
/*
 * Pairs of digits up to the next character that is no digit. The result is a
 * string of at most size - 1 bytes without a NUL in it.
 */
bool args_hex_string(struct args *args, char *ret, size_t size);
/* The text up to the character stop, which is skipped, or to the end. */
struct args args_until(struct args *args, char stop);
/* All of the remaining text equals text. */
bool args_is(const struct args *args, const char *text);

#endif
