/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of QEMU's own stub: qqemu. and Qqemu., which QEMU takes alike.
 * Source: QEMU's manual, "GDB usage", "Advanced debugging options".
 *
 * gef and pwndbg enable their commands for kernels only if a stub answers
 * these packets. gef also wants the empty reply to qOffsets, as QEMU gives it
 * (handle_offsets()).
 *
 * Steps of this stub always withhold interrupts and the guest's timer, so the
 * mask of sstep is fixed.
 */
#include "command.h"

#define SSTEP_MASK  7 /* ENABLE | NOIRQ | NOTIMER */
#define EINVAL_QEMU "E22"

static void supported(struct gdbstub *stub)
{
	reply_text(&stub->reply, "sstepbits;sstep");
	if (stub->target->ops->phys_set)
		reply_text(&stub->reply, ";PhyMemMode");
}

/* A number after '=' or ':', with or without 0x. */
static bool value(struct args *args, uint64_t *ret)
{
	if (!args_char(args, '=') && !args_char(args, ':'))
		return false;
	if (args_left(args) > 2 && args->at[0] == '0' && args->at[1] == 'x')
		args->at += 2;
	return args_hex(args, ret) && args_at_end(args);
}

static void sstep(struct gdbstub *stub, struct args *args)
{
	uint64_t mask;

	if (args_at_end(args))
		reply_printf(&stub->reply, "0x%x", SSTEP_MASK);
	else if (value(args, &mask) && mask == SSTEP_MASK)
		reply_text(&stub->reply, "OK");
	else
		reply_text(&stub->reply, EINVAL_QEMU);
}

static void phys(struct gdbstub *stub, struct args *args)
{
	const struct gdbstub_target_ops *ops = stub->target->ops;
	uint64_t on;

	if (args_at_end(args)) {
		reply_char(&stub->reply,
			   ops->phys_get(stub->target) ? '1' : '0');
	} else if (value(args, &on)) {
		ops->phys_set(stub->target, on);
		reply_text(&stub->reply, "OK");
	} else {
		reply_text(&stub->reply, EINVAL_QEMU);
	}
}

/* The next characters are name, and its value or nothing follows. */
static bool takes(struct args *args, const char *name)
{
	struct args at = *args;

	while (*name)
		if (!args_char(&at, *name++))
			return false;
	if (!args_at_end(&at) && *at.at != '=' && *at.at != ':')
		return false;
	*args = at;
	return true;
}

int handle_qemu(struct gdbstub *stub, struct args *args)
{
	stub->wants_qemu = true;
	if (args_is(args, "Supported"))
		supported(stub);
	else if (args_is(args, "sstepbits"))
		reply_text(&stub->reply, "ENABLE=1,NOIRQ=2,NOTIMER=4");
	else if (takes(args, "sstep"))
		sstep(stub, args);
	else if (stub->target->ops->phys_set && takes(args, "PhyMemMode"))
		phys(stub, args);
	else
		return STUB_EMPTY;
	return STUB_BUILT;
}
