// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_agent.c - hostile break point conditions
 *
 * The input is bytecode. The value of a register or of memory is computed from
 * its number or address, so that jumps can depend on it. The evaluation must
 * end, give the same result twice, and cause no sanitizer report.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int get_reg(void *opaque, unsigned int number, uint64_t *ret)
{
	if (number > 100)
		return -EINVAL;
	*ret = number * 0x9e3779b97f4a7c15ULL;
	return 0;
}

static int get_ram(void *opaque, va_t va, void *buf, size_t size)
{
	if (va % 5 == 4)
		return -EFAULT;
	memset(buf, (int)(va >> 3), size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct agent_ops ops = { get_reg, get_ram };
	uint64_t first = 0, second = 0;
	int error = agent_run(data, size, &ops, NULL, &first);

	if (agent_run(data, size, &ops, NULL, &second) != error ||
	    first != second)
		abort();
	return 0;
}
