/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: m and M in hexadecimal, x and X in binary. Source: the GDB manual,
 * "Packets". Addresses are virtual addresses of the general thread.
 *
 * A read that reaches unmapped memory returns fewer bytes, without an error. A
 * write that could not be done as a whole is an error.
 */
#include <errno.h>

#include "command.h"

/* addr,length */
static bool parse(struct args *args, va_t *va_ret, uint64_t *length_ret)
{
	return args_hex(args, va_ret) && args_char(args, ',') &&
	       args_hex(args, length_ret);
}

static long read_scratch(struct gdbstub *stub, va_t va, uint64_t length,
			 uint64_t max)
{
	if (length > max)
		length = max;
	return stub->target->ops->read(stub->target, stub->general, va,
				       stub->scratch, length);
}

int handle_read_hex(struct gdbstub *stub, struct args *args)
{
	uint64_t length;
	long done;
	va_t va;

	/* length 0 is an error: an empty reply means an unknown packet. */
	if (!parse(args, &va, &length) || !args_at_end(args) || !length)
		return -EINVAL;
	done = read_scratch(stub, va, length, RSP_PACKET_SIZE / 2);
	if (done < 0)
		return (int)done;
	if (!done)
		return -EFAULT;
	reply_hex(&stub->reply, stub->scratch, (size_t)done);
	return STUB_BUILT;
}

int handle_read_binary(struct gdbstub *stub, struct args *args)
{
	uint64_t length;
	long done = 0;
	va_t va;

	if (!parse(args, &va, &length) || !args_at_end(args))
		return -EINVAL;
	/* With length 0 the debugger tests whether the stub knows x. */
	if (length) {
		done = read_scratch(stub, va, length, RSP_PACKET_SIZE - 1);
		if (done < 0)
			return (int)done;
		if (!done)
			return -EFAULT;
	}
	reply_char(&stub->reply, 'b');
	reply_binary(&stub->reply, stub->scratch, (size_t)done,
		     RSP_PACKET_SIZE);
	return STUB_BUILT;
}

static int write_all(struct gdbstub *stub, va_t va, const void *data,
		     size_t length)
{
	long done;

	if (!length)
		return STUB_OK;
	done = stub->target->ops->write(stub->target, stub->general, va, data,
					length);
	if (done < 0)
		return (int)done;
	return (size_t)done == length ? STUB_OK : -EFAULT;
}

/* M addr,length:digits */
int handle_write_hex(struct gdbstub *stub, struct args *args)
{
	uint64_t length;
	va_t va;

	if (!parse(args, &va, &length) || !args_char(args, ':') ||
	    length > sizeof(stub->scratch) ||
	    !args_bytes(args, stub->scratch, length) || !args_at_end(args))
		return -EINVAL;
	return write_all(stub, va, stub->scratch, length);
}

/* X addr,length:bytes. The framing has already unescaped the bytes. */
int handle_write_binary(struct gdbstub *stub, struct args *args)
{
	uint64_t length;
	va_t va;

	if (!parse(args, &va, &length) || !args_char(args, ':') ||
	    args_left(args) != length)
		return -EINVAL;
	return write_all(stub, va, args->at, length);
}
