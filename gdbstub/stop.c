/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stop replies. Source: the GDB manual, "Stop Reply Packets".
 *
 * Each reply carries the registers that gdb reads after any stop to unwind a
 * frame: PC, SP, frame pointer, link register and PSTATE. Sending all registers
 * would save a round trip when gdb reads another one, but would cost each step
 * 30 calls into the hypervisor.
 */
#include <string.h>
#include <trapline/text.h>

#include "command.h"
#include "regs.h"

#define EXPEDITED                                                          \
	(GUEST_REG_X(29) | GUEST_REG_X(30) | GUEST_REG_SP | GUEST_REG_PC | \
	 GUEST_REG_PSTATE)

static enum stub_signal signal_of(const struct guest_stop *stop, bool asked,
				  bool interrupted)
{
	switch (stop->kind) {
	case GUEST_STOP_CRASH:
		return stop->code == 2 ? STUB_SIGABRT : STUB_SIGSEGV;
	case GUEST_STOP_HANG:
		return STUB_SIGABRT;
	case GUEST_STOP_FAILURE:
		return STUB_SIGEMT;
	case GUEST_STOP_REQUESTED:
		/*
		 * A new session asks for a stop; that stop is not an interrupt.
		 */
		return asked && !interrupted ? STUB_SIGTRAP : STUB_SIGINT;
	default:
		return STUB_SIGTRAP;
	}
}

void stop_store(struct gdbstub *stub, const struct guest_stop *stop, bool asked)
{
	stub->stop = *stop;
	/* Keep one clean line, whatever the guest has put into the text. */
	stub->stop.text[sizeof(stub->stop.text) - 1] = '\0';
	text_clean(stub->stop.text, strlen(stub->stop.text));
	if (stub->stop.vcpu >= stub->target->nr_vcpus)
		stub->stop.vcpu = 0;
	stub->stop_signal = signal_of(stop, asked, stub->interrupted);
	stub->interrupted = false;
	stub->general = stub->stop.vcpu;
	stub->exited = stop->kind == GUEST_STOP_EXITED;
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++)
		stub->range[i] = (struct guest_range){ 0 };
}

static const char *watch_name(enum guest_access access)
{
	switch (access) {
	case GUEST_READ:
		return "rwatch";
	case GUEST_READ_WRITE:
		return "awatch";
	default:
		return "watch";
	}
}

bool stop_tells_exec(struct gdbstub *stub)
{
	return stub->waiting && stub->has_exec &&
	       (stub->own_symbols || !stub->asked_offsets) &&
	       stub->services->exec_file(stub->opaque);
}

static void exec_path(struct gdbstub *stub)
{
	const char *path = stub->services->exec_file(stub->opaque);

	if (!path)
		return;
	reply_text(&stub->reply, "exec:");
	reply_hex(&stub->reply, path, strlen(path));
	reply_char(&stub->reply, ';');
}

static void reason(struct gdbstub *stub, const struct guest_stop *stop)
{
	struct reply *reply = &stub->reply;

	switch (stop->kind) {
	case GUEST_STOP_SW_BREAK:
		if (stub->has_swbreak)
			reply_text(reply, "swbreak:;");
		break;
	case GUEST_STOP_HW_BREAK:
		if (stub->has_hwbreak)
			reply_text(reply, "hwbreak:;");
		break;
	case GUEST_STOP_WATCH:
		if (stop->access == GUEST_NO_ACCESS)
			break;
		reply_text(reply, watch_name(stop->access));
		reply_char(reply, ':');
		reply_number(reply, stop->addr);
		reply_char(reply, ';');
		break;
	case GUEST_STOP_MODULE:
		if (stub->services->libraries)
			reply_text(reply, "library:;");
		break;
	case GUEST_STOP_EXEC:
		exec_path(stub);
		break;
	default:
		break;
	}
}

static void expedite(struct gdbstub *stub, unsigned int vcpu)
{
	struct guest_regs regs;

	if (regs_fetch(stub, vcpu, EXPEDITED, &regs))
		return;
	for (unsigned int i = REG_X0; i <= REG_CPSR; i++) {
		if (!(EXPEDITED & BIT_ULL(i)))
			continue;
		reply_byte(&stub->reply, (uint8_t)i);
		reply_char(&stub->reply, ':');
		regs_core_put(&stub->reply, &regs, i);
		reply_char(&stub->reply, ';');
	}
}

void stop_reply(struct gdbstub *stub)
{
	struct reply *reply = &stub->reply;
	const struct guest_stop *stop = &stub->stop;

	if (stub->exited) {
		reply_char(reply, 'W');
		reply_byte(reply, (uint8_t)stop->code);
		return;
	}
	reply_char(reply, 'T');
	reply_byte(reply, (uint8_t)stub->stop_signal);
	reply_text(reply, "thread:");
	reply_number(reply, stub_thread(stop->vcpu));
	reply_text(reply, ";core:");
	reply_number(reply, stop->vcpu);
	reply_char(reply, ';');
	reason(stub, stop);
	expedite(stub, stop->vcpu);
}

/* '?' */
int handle_stop_reason(struct gdbstub *stub, struct args *args)
{
	if (stub->stop.kind == GUEST_STOP_NONE)
		stub->stop_signal = STUB_SIGTRAP;
	/* An exec event is reported once, to the debugger that waited. */
	if (stub->stop.kind == GUEST_STOP_EXEC)
		stub->stop.kind = GUEST_STOP_REQUESTED;
	/* gdb selects the thread of this reply. */
	stub->general = stub->stop.vcpu;
	stop_reply(stub);
	return STUB_BUILT;
}
