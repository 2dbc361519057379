/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outside of the stub: see trapline/gdbstub.h. This file takes events from
 * the transport and from the guest, has packets handled and stops reported. The
 * other files know what a packet means.
 *
 * Input is handled in order. The stub takes no input while a packet is parked,
 * and none while the debugger has not taken all earlier replies.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stub.h"
#include "target_xml.h"

static const struct gdbstub_services no_services;

int gdbstub_create(struct gdbstub_target *target,
		   const struct gdbstub_services *services, void *opaque,
		   const char *spec, char *err, size_t err_size,
		   struct gdbstub **ret)
{
	struct gdbstub *stub = calloc(1, sizeof(*stub));
	int error;

	if (!stub) {
		snprintf(err, err_size, "gdb stub: out of memory");
		return -ENOMEM;
	}
	stub->target = target;
	stub->services = services ? services : &no_services;
	stub->opaque = opaque;
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++)
		stub->actions[i] = GUEST_RUN;
	error = target_xml_create(&stub->target_xml, &stub->target_xml_length);
	if (error) {
		snprintf(err, err_size, "gdb stub: out of memory");
		goto free_stub;
	}
	error = transport_open(&stub->transport, spec, err, err_size);
	if (error)
		goto free_xml;
	*ret = stub;
	return 0;

free_xml:
	free(stub->target_xml);
free_stub:
	free(stub);
	return error;
}

void gdbstub_destroy(struct gdbstub *stub)
{
	if (!stub)
		return;
	if (stub->attached && stub->waiting) {
		reply_begin(&stub->reply);
		reply_printf(&stub->reply, "W%02x", stub->stop.code & 0xff);
		packet_send_reply(stub);
	}
	transport_drain(&stub->transport, 200);
	points_clear(stub);
	files_close(stub);
	document_free(stub);
	transport_close(&stub->transport);
	free(stub->points);
	free(stub->target_xml);
	free(stub);
}

static bool has_input(const struct gdbstub *stub)
{
	return stub->input_at < stub->input_length;
}

static bool takes_input(const struct gdbstub *stub)
{
	return !stub->parked && transport_is_connected(&stub->transport) &&
	       !transport_is_queued(&stub->transport) && !stub->transport.lost;
}

unsigned int gdbstub_pollfds(struct gdbstub *stub, struct pollfd *fds)
{
	return transport_pollfds(&stub->transport, fds,
				 takes_input(stub) && !has_input(stub));
}

int gdbstub_timeout(struct gdbstub *stub)
{
	if (takes_input(stub) && has_input(stub))
		return 0;
	return transport_timeout(&stub->transport);
}

static void acknowledge(struct gdbstub *stub, char c)
{
	if (!stub->no_ack)
		transport_send(&stub->transport, &c, 1);
}

/*
 * On a device: is this packet the first packet of another debugger? lldb sends
 * no_ack only as its first packet, and gdb sends supported only as its first.
 */
static const char supported[] = "qSupported";
static const char no_ack[] = "QStartNoAckMode";

static bool is_greeting(const struct gdbstub *stub)
{
	if (stub->transport.kind != TRANSPORT_DEV)
		return false;
	if (!strncmp(stub->rsp.packet, supported, sizeof(supported) - 1))
		return stub->talked;
	return stub->no_ack && !strcmp(stub->rsp.packet, no_ack);
}

static bool greets(const char *packet)
{
	return !strncmp(packet, supported, sizeof(supported) - 1) ||
	       !strcmp(packet, no_ack);
}

/*
 * A serial line keeps the bytes that a debugger sends while no stub answers.
 * The debugger repeats its packet every two seconds; only the last copy counts.
 */
static void skip_copies(struct gdbstub *stub)
{
	size_t length = stub->rsp.length + 4; /* "$...#xx" */

	while (stub->input_length - stub->input_at >= length) {
		const uint8_t *next = stub->input + stub->input_at;

		if (next[0] != '$' || next[length - 3] != '#' ||
		    memcmp(next + 1, stub->rsp.packet, stub->rsp.length))
			return;
		stub->input_at += length;
	}
}

/*
 * "Qtrapline.left:N", N hexadecimal. The program that forwards debuggers'
 * connections to this device sends this packet when a connection has ended,
 * after all bytes of that connection. The stub's answer follows all its replies
 * to that connection, so the program knows which bytes to keep from the next
 * debugger (trapline/gdbstub.h). This packet begins no session.
 */
static bool is_farewell(struct gdbstub *stub, uint64_t *ret)
{
	static const char left[] = "Qtrapline.left:";
	size_t length = sizeof(left) - 1;
	struct args args = { .at = stub->rsp.packet + length,
			     .end = stub->rsp.packet + stub->rsp.length };

	return stub->transport.kind == TRANSPORT_DEV &&
	       !strncmp(stub->rsp.packet, left, length) &&
	       args_hex(&args, ret) && args_at_end(&args);
}

static void farewell_answer(struct gdbstub *stub, uint64_t number)
{
	session_lost(stub);
	reply_begin(&stub->reply);
	reply_text(&stub->reply, "left:");
	reply_printf(&stub->reply, "%llx", (unsigned long long)number);
	packet_send_reply(stub);
}

static void packet_arrived(struct gdbstub *stub, enum rsp_event event)
{
	uint64_t number;

	if (event == RSP_PACKET && is_farewell(stub, &number)) {
		farewell_answer(stub, number);
		return;
	}
	if (stub->attached && event == RSP_PACKET && is_greeting(stub))
		session_lost(stub);
	if (!stub->attached) {
		session_begin(stub);
		skip_copies(stub);
	}
	stub->talked |= event != RSP_PACKET || strcmp(stub->rsp.packet, no_ack);
	switch (event) {
	case RSP_PACKET:
		stub->asked |= !greets(stub->rsp.packet);
		acknowledge(stub, '+');
		packet_handle(stub);
		break;
	case RSP_OVERSIZE:
		/*
		 * The debugger would send the same packet again, so acknowledge
		 * it.
		 */
		acknowledge(stub, '+');
		packet_send_error(stub, -EMSGSIZE);
		break;
	default:
		acknowledge(stub, '-');
		if (stub->no_ack)
			packet_send_error(stub, -EBADMSG);
		break;
	}
}

static void event_handle(struct gdbstub *stub, enum rsp_event event)
{
	switch (event) {
	case RSP_PACKET:
	case RSP_CORRUPT:
	case RSP_OVERSIZE:
		packet_arrived(stub, event);
		break;
	case RSP_NAK:
		if (stub->attached && !stub->no_ack && stub->reply.complete)
			transport_send(&stub->transport, stub->reply.data,
				       stub->reply.length);
		break;
	case RSP_INTERRUPT:
		/*
		 * While halted, 0x03 is too late: the stop has been reported.
		 */
		if (stub->attached && stub->waiting)
			resume_interrupt(stub);
		break;
	case RSP_NONE:
	case RSP_ACK:
		break;
	}
}

static bool greets_at(const struct gdbstub *stub, size_t at)
{
	return stub->input_length - at > sizeof(supported) - 1 &&
	       stub->input[at] == '$' &&
	       !memcmp(stub->input + at + 1, supported, sizeof(supported) - 1);
}

/*
 * If the input has the first packet of the next debugger, skip the input before
 * this packet: the old debugger sent it, so the next one must not get the
 * replies. A packet never contains a '$'.
 */
static void skip_to_greeting(struct gdbstub *stub)
{
	for (size_t at = stub->input_length; at-- > stub->input_at;) {
		if (greets_at(stub, at)) {
			stub->input_at = at;
			return;
		}
	}
}

/*
 * Append input after the unread bytes. Read one piece only, because poll(2)
 * reports further input. On a device, and before a session, read all available
 * input, so that the stub recognises a debugger's first packet and copies of
 * it.
 */
static ssize_t input_fill(struct gdbstub *stub)
{
	bool is_dev = stub->transport.kind == TRANSPORT_DEV;
	ssize_t size = 0;

	stub->input_length -= stub->input_at;
	memmove(stub->input, stub->input + stub->input_at, stub->input_length);
	stub->input_at = 0;
	while (stub->input_length < sizeof(stub->input)) {
		size = transport_read(&stub->transport,
				      stub->input + stub->input_length,
				      sizeof(stub->input) - stub->input_length);
		if (size <= 0)
			break;
		stub->input_length += (size_t)size;
		if (stub->attached && !is_dev)
			break;
	}
	if (size < 0 && stub->transport.lost)
		return size;
	if (is_dev)
		skip_to_greeting(stub);
	return has_input(stub) ? 0 : size;
}

static void connection_reset(struct gdbstub *stub)
{
	session_lost(stub);
	rsp_reset(&stub->rsp);
	stub->input_at = 0;
	stub->input_length = 0;
}

/*
 * Closing a socket discards unread input. A device keeps it, and the stub would
 * send the answers to the next debugger. So read and drop the input, but keep
 * input that the next debugger has already sent.
 */
static void leftovers_drop(struct gdbstub *stub)
{
	/*
	 * 16 buffers exceed the 512 KiB that virtio keeps; bytes after them are
	 * no leftovers.
	 */
	for (unsigned int i = 0; i < 16; i++) {
		bool full;

		input_fill(stub);
		if (greets_at(stub, stub->input_at))
			return;
		full = stub->input_length == sizeof(stub->input);
		stub->input_length = 0;
		if (!full)
			return;
	}
}

static void connection_lost(struct gdbstub *stub)
{
	bool unread = stub->transport.kind == TRANSPORT_DEV &&
		      !takes_input(stub);

	connection_reset(stub);
	if (unread)
		leftovers_drop(stub);
	transport_hang_up(&stub->transport);
}

static void input_run(struct gdbstub *stub)
{
	unsigned int budget = STUB_PACKETS_PER_DISPATCH;

	while (budget-- && has_input(stub) && takes_input(stub)) {
		enum rsp_event event;

		stub->input_at +=
			rsp_feed(&stub->rsp, stub->input + stub->input_at,
				 stub->input_length - stub->input_at, &event);
		event_handle(stub, event);
	}
}

static void input_read(struct gdbstub *stub)
{
	if (takes_input(stub)) {
		if (input_fill(stub) < 0) {
			connection_lost(stub);
			return;
		}
		input_run(stub);
	}
	if (stub->transport.lost)
		connection_lost(stub);
}

/* A connection was refused: report that once. */
static void refusal_tell(struct gdbstub *stub)
{
	char *refusal = stub->transport.refusal;

	if (*refusal && stub->services->refused)
		stub->services->refused(stub->opaque, refusal);
	*refusal = '\0';
}

void gdbstub_dispatch(struct gdbstub *stub, const struct pollfd *fds,
		      unsigned int nr_fds)
{
	/*
	 * Check this before sending anything, and before accepting a
	 * connection.
	 */
	bool gone = !takes_input(stub) &&
		    transport_peer_gone(&stub->transport, fds, nr_fds);

	if (gone)
		connection_lost(stub);
	/* Handle the end of a session before the beginning of the next one. */
	input_read(stub);
	switch (transport_dispatch(&stub->transport, fds, nr_fds,
				   !stub->attached)) {
	case TRANSPORT_NEW:
		/*
		 * A device may have delivered input since the reset: keep that.
		 */
		if (stub->transport.kind != TRANSPORT_DEV)
			connection_reset(stub);
		break;
	case TRANSPORT_LOST:
		connection_lost(stub);
		break;
	case TRANSPORT_NOTHING:
		break;
	}
	refusal_tell(stub);
}

/* Stops that a debugger or a request caused, not the guest by itself. */
static bool is_passing(const struct guest_stop *stop)
{
	switch (stop->kind) {
	case GUEST_STOP_REQUESTED:
	case GUEST_STOP_STEP:
	case GUEST_STOP_SW_BREAK:
	case GUEST_STOP_HW_BREAK:
	case GUEST_STOP_BREAK:
	case GUEST_STOP_WATCH:
	case GUEST_STOP_MODULE:
	case GUEST_STOP_EXEC:
		return true;
	default:
		return false;
	}
}

/*
 * Do not report the exec event: the debugger has its own symbols, or no
 * debugger is waiting. Returns true when the guest runs again.
 */
static bool exec_swallow(struct gdbstub *stub)
{
	static const char note[] =
		"The kernel has relocated itself: connect again to have your "
		"symbol file moved.\n";

	if (stop_tells_exec(stub))
		return false;
	points_retry(stub);
	if (stub->waiting && stub->asked_offsets)
		packet_console(stub, note, sizeof(note) - 1);
	return stub->waiting ? !resume_again(stub) : !resume_all(stub);
}

/*
 * Handle a stop that no debugger needs to see. Returns true when the guest runs
 * again. asked: this stub waits for the guest to stop, for whatever reason.
 */
static bool stop_swallow(struct gdbstub *stub, const struct guest_stop *stop,
			 bool asked)
{
	if (stub->cleanup) {
		points_clear(stub);
		if (!stub->attached && is_passing(stop))
			return !resume_all(stub);
	}
	if (asked)
		return false;
	if (stop->kind == GUEST_STOP_EXEC)
		return exec_swallow(stub);
	if (stop->kind == GUEST_STOP_MODULE && !stub->waiting)
		return !resume_all(stub);
	if (stop->kind == GUEST_STOP_MODULE && !stub->services->libraries)
		return !resume_again(stub);
	return points_pass(stub, stop) && !resume_over(stub, stop->vcpu);
}

/*
 * On a device: has the debugger that waits for a stop gone, or has another
 * debugger already sent its greeting? Then no debugger waits for the stop.
 */
static bool waits_no_more(struct gdbstub *stub)
{
	ssize_t error;

	if (stub->transport.kind != TRANSPORT_DEV || !takes_input(stub))
		return false;
	error = input_fill(stub);
	if (greets_at(stub, stub->input_at))
		session_end(stub);
	else if (error < 0)
		connection_lost(stub);
	return !stub->attached;
}

static void stop_report(struct gdbstub *stub)
{
	const struct guest_stop *stop = &stub->stop;

	stub->waiting = false;
	if (stop->text[0]) {
		packet_console(stub, stop->text,
			       strnlen(stop->text, sizeof(stop->text)));
		packet_console(stub, "\n", 1);
	}
	reply_begin(&stub->reply);
	stop_reply(stub);
	packet_send_reply(stub);
}

void gdbstub_stopped(struct gdbstub *stub, const struct guest_stop *stop)
{
	struct guest_stop seen = *stop;
	bool asked = stub->stop_asked;
	bool cleanup = stub->cleanup;

	stub->stop_asked = false;
	if (stop_swallow(stub, stop, asked)) {
		stub->cleanup = false;
		return;
	}
	stub->cleanup = false;
	/*
	 * Report these stops as requested ones: a stop at a point of an earlier
	 * session, and a requested stop at a break point whose condition does
	 * not hold.
	 */
	if ((cleanup && is_passing(stop)) || points_pass(stub, stop) ||
	    (stop->kind == GUEST_STOP_EXEC && !stop_tells_exec(stub)))
		seen.kind = GUEST_STOP_REQUESTED;
	/* gdb has dropped its points together with the old program. */
	if (seen.kind == GUEST_STOP_EXEC)
		points_clear(stub);
	stop_store(stub, &seen, asked);
	if (stub->waiting && !waits_no_more(stub))
		stop_report(stub);
	if (stub->parked) {
		stub->parked = false;
		packet_handle(stub);
	}
	if (stub->transport.lost)
		connection_lost(stub);
}

void gdbstub_resumed(struct gdbstub *stub)
{
	stub->stop.kind = GUEST_STOP_NONE;
	for (unsigned int i = 0; i < stub->target->nr_vcpus; i++)
		stub->actions[i] = GUEST_RUN;
	memset(stub->range, 0, sizeof(stub->range));
}

void gdbstub_say(struct gdbstub *stub, const char *text)
{
	snprintf(stub->note, sizeof(stub->note), "%s", text);
	if (stub->waiting)
		packet_note(stub);
}

bool gdbstub_is_attached(const struct gdbstub *stub)
{
	return stub->attached;
}

bool gdbstub_is_waiting(const struct gdbstub *stub)
{
	return stub->attached && stub->waiting && !stub->parked &&
	       !stub->stop_asked && !stub->cleanup;
}

const char *gdbstub_target(const struct gdbstub *stub)
{
	return stub->transport.target;
}
