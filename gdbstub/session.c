/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The beginning and the end of a session: see the drawing in stub.h.
 *
 * The guest must be left usable whatever the debugger did: no point of the
 * session stays set, and a guest that ran continues to run.
 */
#include <stdlib.h>
#include <string.h>

#include "stub.h"

void session_begin(struct gdbstub *stub)
{
	stub->attached = true;
	stub->waiting = false;
	stub->parked = false;
	stub->talked = false;
	stub->asked = false;
	stub->no_ack = false;
	stub->has_swbreak = false;
	stub->has_hwbreak = false;
	stub->has_error_message = false;
	stub->has_exec = false;
	stub->only_looks = false;
	stub->is_gdb = false;
	stub->is_lldb = false;
	stub->wants_qemu = false;
	if (stub->target->ops->phys_set)
		stub->target->ops->phys_set(stub->target, false);
	stub->asked_offsets = false;
	stub->own_symbols = false;
	stub->general = stub->stop.vcpu;
	stub->resume_thread = THREAD_ANY;
	stub->interrupted = false;
	stub->found_running = stub_is_running(stub);
	transport_begun(&stub->transport);
	if (stub_is_running(stub) && !stub->target->ops->stop(stub->target))
		stub->stop_asked = true;
	if (stub->services->attached)
		stub->services->attached(stub->opaque, true);
}

static bool all_run(const struct gdbstub *stub)
{
	for (unsigned int i = 0; i < stub->target->nr_vcpus; i++) {
		if (stub->actions[i] != GUEST_RUN)
			return false;
	}
	return true;
}

void session_end(struct gdbstub *stub)
{
	if (!stub->attached)
		return;
	stub->attached = false;
	stub->waiting = false;
	stub->parked = false;
	stub->interrupted = false;
	files_close(stub);
	document_free(stub);
	memset(stub->range, 0, sizeof(stub->range));
	if (!stub_is_running(stub)) {
		points_clear(stub);
	} else if (stub->nr_points || stub->stop_asked || !all_run(stub)) {
		stub->cleanup = true;
		if (!stub->target->ops->stop(stub->target))
			stub->stop_asked = true;
	}
	if (stub->services->attached)
		stub->services->attached(stub->opaque, false);
}

/*
 * A debugger may have sent nothing but its greeting (qSupported and
 * QStartNoAckMode). On a serial line the greeting can be older than this guest:
 * the line keeps the bytes of a debugger that has gone. Such a greeting must not
 * leave the guest stopped.
 */
void session_lost(struct gdbstub *stub)
{
	if (stub->only_looks || !stub->asked)
		session_leave(stub);
	else
		session_end(stub);
}
