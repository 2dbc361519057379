/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inet_sum.h - the checksum of IPv4, TCP, UDP and ICMP: RFC 1071
 */
#ifndef TRAPLINE_TESTS_INET_SUM_H
#define TRAPLINE_TESTS_INET_SUM_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

/* Add the big-endian half words of data to sum. */
static inline uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

/* The checksum, in network byte order. */
static inline uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

#endif
