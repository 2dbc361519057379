/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stub.h - the state of the stub, and what a packet's handler may do
 *
 * A connection and a session are two things. The connection is transport.h's;
 * the session begins with the first packet on it (so that somebody who only
 * looks whether the port is open disturbs nothing) and ends with 'D' or with
 * the connection.
 *
 *	           first packet                 vCont, c, s
 *	  NOBODY ---------------> HALTED ----------------------> WAITING
 *	    ^    stop_request()    |  ^   answered by the stop      |
 *	    |                      |  +-----------------------------+
 *	    +--- D, connection lost, from either --------------------+
 *
 * HALTED begins before the guest has really stopped: a packet that needs it
 * to be (needs in command.h) is parked until gdbstub_stopped(), and no
 * further input is taken meanwhile. In WAITING only 0x03, vCont;t, k and D
 * are accepted.
 *
 * A device may change its debugger without a sign: there a session also ends
 * with what only a new one says, and what stands before that in the input is
 * the old one's. Nothing depends on a hang-up being seen.
 *
 * A session that ends while the guest runs with its break points planted or
 * some vCPUs held sets cleanup: the guest is stopped once more, tidied up and
 * set running, all inside gdbstub_stopped().
 */
#ifndef GDBSTUB_STUB_H
#define GDBSTUB_STUB_H

#include <errno.h>
#include <trapline/gdbstub.h>

#include "args.h"
#include "reply.h"
#include "rsp.h"
#include "transport.h"

/* Sessions' points; watch points are "as many as you like", not endless. */
#define STUB_MAX_POINTS           65536
#define STUB_POINT_CHAINS         4096
#define STUB_MAX_FILES            16
#define STUB_INPUT_SIZE           0x10000
/* Packets handled per gdbstub_dispatch(): the VMM has other things to do. */
#define STUB_PACKETS_PER_DISPATCH 64

/* GDB's numbers of signals ("enum gdb_signal"), as far as they are sent. */
enum stub_signal {
	STUB_SIGINT = 2,
	STUB_SIGTRAP = 5,
	STUB_SIGABRT = 6,
	STUB_SIGEMT = 7,
	STUB_SIGSEGV = 11,
};

/*
 * What a handler returns, besides a negative errno for an error reply. The
 * dispatcher sends; handlers only fill the reply.
 */
enum stub_result {
	STUB_BUILT = 0, /* the reply is in stub->reply */
	STUB_OK, /* send "OK" */
	STUB_EMPTY, /* send the empty reply: not supported */
	STUB_SILENT, /* nothing now: later, or never */
};

/* condition.c: bytecode, or size 0. */
struct stub_conditions {
	uint8_t *data;
	size_t size;
};

struct stub_point {
	enum guest_break_kind kind;
	unsigned int vcpu;
	va_t va;
	uint64_t len;
	bool pending; /* not mapped yet: set by points_retry() */
	struct stub_conditions conditions;
	unsigned int next; /* in its chain: number of a point, as below */
};

struct stub_file {
	bool open;
	struct gdbstub_file file;
};

/* A document being read by qXfer; made anew when it is read from offset 0. */
struct stub_document {
	const void *object; /* which one: its table entry */
	char *text;
	size_t length;
};

struct gdbstub {
	struct guest *g;
	const struct gdbstub_services *services;
	void *opaque;

	/* The wire. */
	struct transport transport;
	uint8_t input[STUB_INPUT_SIZE];
	size_t input_at;
	size_t input_length;
	struct rsp rsp;
	struct reply reply;
	uint8_t scratch[RSP_PACKET_SIZE];
	const char *error_text; /* of the handler's negative errno, or NULL */

	/* The session. */
	bool attached;
	bool waiting; /* a resume is not answered yet */
	bool parked; /* the packet in rsp waits for the guest to stop */
	bool talked; /* more than QStartNoAckMode has been said */
	bool no_ack;
	bool has_swbreak, has_hwbreak, has_error_message, has_exec;
	bool is_lldb; /* qHostInfo has been asked */
	/* Whose symbols? See trapline/gdbstub.h. */
	bool asked_offsets; /* qOffsets: it has a symbol file */
	bool own_symbols; /* exec_file has been opened: ours */
	unsigned int general; /* vCPU of g, m, ... */
	int resume_thread; /* Hc: THREAD_ALL, THREAD_ANY or a thread */
	struct stub_point *points;
	unsigned int nr_points;
	/* By address. A point's number is its index + 1; 0: the end. */
	unsigned int point_chain[STUB_POINT_CHAINS];
	size_t conditions_size; /* of all points together */
	struct stub_file files[STUB_MAX_FILES];
	struct stub_document document;

	/* The guest, as this stub knows it. */
	bool cleanup; /* see above */
	bool stop_asked; /* stop_request() is not answered yet */
	bool interrupted; /* ... and the debugger asked for it */
	bool exited;
	struct guest_stop stop; /* the last; kind NONE once resumed */
	enum stub_signal stop_signal;
	enum guest_action actions[GUEST_MAX_VCPUS]; /* of the last resume */
	struct guest_range range[GUEST_MAX_VCPUS];

	char note[256]; /* gdbstub_say(), to be told yet */
	char *target_xml;
	size_t target_xml_length;
};

/* Return this from a handler: error, with words for those who want them. */
static inline int stub_fail(struct gdbstub *stub, int error, const char *text)
{
	stub->error_text = text;
	return error;
}

/* vCPU of a positive thread number; -EINVAL when there is none. */
static inline int stub_vcpu(const struct gdbstub *stub, int thread,
			    unsigned int *ret)
{
	if (thread <= 0 || (unsigned int)thread > stub->g->nr_vcpus)
		return -EINVAL;
	*ret = (unsigned int)thread - 1;
	return 0;
}

static inline unsigned int stub_thread(unsigned int vcpu)
{
	return vcpu + 1;
}

static inline bool stub_is_running(const struct gdbstub *stub)
{
	return stub->g->ops->is_running(stub->g);
}

/*
 * session.c: begin and end. Begin asks for a stop; end does what the drawing
 * says and leaves the connection alone.
 */
void session_begin(struct gdbstub *stub);
void session_end(struct gdbstub *stub);

/* packet.c: the packet in stub->rsp has arrived, or was parked before. */
void packet_handle(struct gdbstub *stub);
/* Text to the debugger's console, in as many 'O' packets as it takes. */
void packet_console(struct gdbstub *stub, const char *text, size_t length);
/* The same of stub->note, if there is one. The debugger waits. */
void packet_note(struct gdbstub *stub);
/* Send stub->reply, which has been begun. */
void packet_send_reply(struct gdbstub *stub);
void packet_send_error(struct gdbstub *stub, int error);

/* stop.c: the stop reply for stub->stop, into stub->reply. */
void stop_reply(struct gdbstub *stub);
/* Remember a stop; asked: this stub has asked for one. */
void stop_store(struct gdbstub *stub, const struct guest_stop *stop,
		bool asked);

/* stop.c: shall GUEST_STOP_EXEC be told? */
bool stop_tells_exec(struct gdbstub *stub);

/* resume.c: all vCPUs run. */
int resume_all(struct gdbstub *stub);
/* Again, as last time: a range step goes on, a stop was nobody's business. */
int resume_again(struct gdbstub *stub);
/* The same, vcpu beginning with the instruction under its break point. */
int resume_over(struct gdbstub *stub, unsigned int vcpu);
/* Ask the guest to stop, for the session's own ends or by 0x03. */
void resume_interrupt(struct gdbstub *stub);

/* break.c: remove all of the session's points. */
void points_clear(struct gdbstub *stub);
/* The kernel is mapped now: set what could not be set. */
void points_retry(struct gdbstub *stub);
/*
 * At a break point of the session's, and none of those there has a condition
 * that holds?
 */
bool points_pass(struct gdbstub *stub, const struct guest_stop *stop);
/* vfile.c: close all of the session's files. */
void files_close(struct gdbstub *stub);
/* xfer.c: forget the document being read. */
void document_free(struct gdbstub *stub);

#endif
