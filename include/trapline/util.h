/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util.h - small helpers that belong to no subsystem
 *
 * Every folder of user space may include this header. Bit fields, ARRAY_SIZE
 * and ALIGN_UP are in types.h, fields of system registers in arm64.h.
 */
#ifndef TRAPLINE_UTIL_H
#define TRAPLINE_UTIL_H

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <trapline/types.h>

/* The struct of this type whose member ptr points to. */
#define container_of(ptr, type, member)                             \
	({                                                          \
		__typeof__(((type *)0)->member) *member_ = ptr;     \
		(type *)((char *)member_ - offsetof(type, member)); \
	})

/* The smaller of two numbers, in the type that both have in common. */
#define min(a, b)                                             \
	({                                                    \
		__typeof__(1 ? (a) : (b)) a_ = (a), b_ = (b); \
		a_ < b_ ? a_ : b_;                            \
	})

/* Milliseconds since some moment before the program's start. */
static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* A timeout for poll(2) that ends at this time of now_ms(). */
static inline int ms_until(uint64_t time)
{
	uint64_t now = now_ms();

	return now < time ? (int)(time - now) : 0;
}

/* The sooner of two timeouts for poll(2); a negative one never ends. */
static inline int timeout_min(int a, int b)
{
	return b < 0 || (a >= 0 && a < b) ? a : b;
}

/*
 * Read a number from the start of text: decimal digits, or 0x and hexadecimal
 * digits. *end is set to the first character after the number; when end is
 * NULL, the number must be the whole text. Returns false, and changes nothing,
 * if text has no number or one of more than 64 bits.
 */
static inline bool number_parse(const char *text, const char **end,
				uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned long long value;
	char *stop;

	if (hex ? !isxdigit((unsigned char)text[2])
		: !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &stop, hex ? 16 : 10);
	if (errno || (!end && *stop))
		return false;
	if (end)
		*end = stop;
	*ret = value;
	return true;
}

#define PORT_MAX 65535 /* of TCP and UDP */

/* Read the whole text as a number from low to high. */
static inline bool number_in(const char *text, uint64_t low, uint64_t high,
			     uint64_t *ret)
{
	uint64_t value;

	if (!number_parse(text, NULL, &value) || value < low || value > high)
		return false;
	*ret = value;
	return true;
}

/*
 * Read or write all size bytes. Returns 0 or -errno: -EIO if the file ends
 * before that.
 */
static inline int read_all(int fd, void *data, size_t size)
{
	uint8_t *at = data;

	while (size) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static inline int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

#endif
