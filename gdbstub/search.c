/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the stub reads by itself, so that it need not cross the wire:
 * qSearch:memory (gdb's "find") and qCRC (gdb's "compare-sections"). Source:
 * the GDB manual, "General Query Packets".
 *
 * One packet reads SEARCH_MAX bytes at most, because the guest and the console
 * wait meanwhile.
 */
#include <errno.h>
#include <string.h>
#include <trapline/util.h>

#include "command.h"

#define SEARCH_MAX  (256 * SZ_1M)
#define PATTERN_MAX 4096
#define CHUNK       (RSP_PACKET_SIZE - PATTERN_MAX)

static const char too_long[] =
	"at most 256 MiB can be read by one command: give smaller ranges";

/* Read to scratch at offset. Fewer bytes than length are no error. */
static long chunk_read(struct gdbstub *stub, size_t offset, va_t va,
		       uint64_t length)
{
	return stub->target->ops->read(stub->target, stub->general, va,
				       stub->scratch + offset, length);
}

/*
 * Search [va, va + length). 1 and *ret: found; 0: not found; -EFAULT: a part
 * cannot be read.
 *
 * scratch begins with the last bytes of the chunk before, of which the pattern
 * may need up to size - 1.
 */
static int search(struct gdbstub *stub, va_t va, uint64_t length,
		  const void *pattern, size_t size, va_t *ret)
{
	size_t kept = 0;

	while (length) {
		long n = chunk_read(stub, kept, va, min(length, CHUNK));
		size_t have;
		uint8_t *at;

		if (n <= 0)
			return -EFAULT;
		have = kept + (size_t)n;
		at = memmem(stub->scratch, have, pattern, size);
		if (at) {
			*ret = va - kept + (va_t)(at - stub->scratch);
			return 1;
		}
		va += (va_t)n;
		length -= (uint64_t)n;
		kept = min(have, size - 1);
		memmove(stub->scratch, stub->scratch + have - kept, kept);
	}
	return 0;
}

/* qSearch:memory:address;length;pattern, the pattern in binary */
int handle_search(struct gdbstub *stub, struct args *args)
{
	uint8_t pattern[PATTERN_MAX];
	uint64_t length;
	va_t va, found;
	size_t size;
	int result;

	if (!args_char(args, ':') || !args_hex(args, &va) ||
	    !args_char(args, ';') || !args_hex(args, &length) ||
	    !args_char(args, ';') || args_at_end(args))
		return -EINVAL;
	size = args_left(args);
	if (size > sizeof(pattern))
		return stub_fail(stub, -EMSGSIZE,
				 "a pattern has at most 4096 bytes");
	if (length > SEARCH_MAX)
		return stub_fail(stub, -E2BIG, too_long);
	memcpy(pattern, args->at, size);
	result = search(stub, va, length, pattern, size, &found);
	if (result < 0)
		return result;
	if (result)
		reply_printf(&stub->reply, "1,%llx", (unsigned long long)found);
	else
		reply_char(&stub->reply, '0');
	return STUB_BUILT;
}

/* The CRC of the GDB manual, "qCRC": from the most significant bit. */
#define CRC_POLYNOMIAL 0x04c11db7U

static uint32_t crc_add(uint32_t crc, const uint8_t *data, size_t size)
{
	static uint32_t table[256];

	for (uint32_t i = 0; !table[255] && i < ARRAY_SIZE(table); i++) {
		uint32_t c = i << 24;

		for (unsigned int bit = 0; bit < 8; bit++)
			c = c & BIT_ULL(31) ? c << 1 ^ CRC_POLYNOMIAL : c << 1;
		table[i] = c;
	}
	while (size--)
		crc = crc << 8 ^ table[(crc >> 24 ^ *data++) & 0xff];
	return crc;
}

/* qCRC:address,length */
int handle_crc(struct gdbstub *stub, struct args *args)
{
	uint32_t crc = UINT32_MAX;
	uint64_t length;
	va_t va;

	if (!args_char(args, ':') || !args_hex(args, &va) ||
	    !args_char(args, ',') || !args_hex(args, &length) ||
	    !args_at_end(args))
		return -EINVAL;
	if (length > SEARCH_MAX)
		return stub_fail(stub, -E2BIG, too_long);
	while (length) {
		long n = chunk_read(stub, 0, va, min(length, CHUNK));

		if (n <= 0)
			return -EFAULT;
		crc = crc_add(crc, stub->scratch, (size_t)n);
		va += (va_t)n;
		length -= (uint64_t)n;
	}
	reply_printf(&stub->reply, "C%x", crc);
	return STUB_BUILT;
}
