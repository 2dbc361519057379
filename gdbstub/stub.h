/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stub.h - the state of the stub, and what a packet's handler may do
 *
 * A session is not the same as a connection, which belongs to transport.h. The
 * session begins with the first packet on the connection. So a program that
 * only tests whether the port is open does not disturb the guest. The session
 * ends with 'D' or with the connection.
 *
 *	           first packet                 vCont, c, s
 *	  NOBODY ---------------> HALTED ----------------------> WAITING
 *	    ^    stop_request()    |  ^   answered by the stop      |
 *	    |                      |  +-----------------------------+
 *	    +--- D, connection lost, from either --------------------+
 *
 * HALTED begins before the guest has really stopped. A packet that needs a
 * stopped guest (needs in command.h) is parked until gdbstub_stopped(), and the
 * stub takes no further input meanwhile. In WAITING the stub accepts only 0x03,
 * vCont;t, k and D.
 *
 * On a device, one debugger may follow another without any hang-up. There a
 * session also ends when a packet arrives that only a new debugger sends; the
 * input before that packet belongs to the old debugger. The stub never depends
 * on seeing a hang-up.
 *
 * When a session ends while the guest runs with its break points set, or while
 * some vCPUs are held, the stub sets cleanup. The guest is then stopped once
 * more, its break points are removed and the guest is resumed, all inside
 * gdbstub_stopped().
 */
#ifndef GDBSTUB_STUB_H
#define GDBSTUB_STUB_H

#include <errno.h>
#include <trapline/gdbstub.h>

#include "args.h"
#include "reply.h"
#include "rsp.h"
#include "transport.h"

/*
 * Limit for a session's points. gdb may set any number of watch points, but the
 * stub's memory is finite.
 */
#define STUB_MAX_POINTS           262144
#define STUB_POINT_CHAINS         4096
#define STUB_MAX_FILES            16
#define STUB_INPUT_SIZE           0x10000
/* Packets handled per gdbstub_dispatch(), so that the VMM can do other work. */
#define STUB_PACKETS_PER_DISPATCH 64

/* The signal numbers of "enum gdb_signal" that the stub sends. */
enum stub_signal {
	STUB_SIGINT = 2,
	STUB_SIGTRAP = 5,
	STUB_SIGABRT = 6,
	STUB_SIGEMT = 7,
	STUB_SIGSEGV = 11,
};

/*
 * What a handler returns, besides a negative errno for an error reply. The
 * dispatcher sends the reply; handlers only fill it in.
 */
enum stub_result {
	STUB_BUILT = 0, /* the reply is in stub->reply */
	STUB_OK, /* send "OK" */
	STUB_EMPTY, /* send the empty reply: not supported */
	STUB_SILENT, /* send nothing now: the reply comes later, or never */
};

/* The conditions of a point (condition.c): bytecode, or size 0. */
struct stub_conditions {
	uint8_t *data;
	size_t size;
};

struct stub_point {
	struct gdbstub_point at;
	unsigned int vcpu;
	bool pending; /* at.va is not mapped yet; points_retry() tries again */
	struct stub_conditions conditions;
	unsigned int next; /* the next point in its chain: index + 1 */
};

struct stub_file {
	bool open;
	struct gdbstub_file file;
};

/* A document being read by qXfer. It is made anew when offset 0 is read. */
struct stub_document {
	const void *object; /* its table entry in xfer.c */
	char *text;
	size_t length;
};

struct gdbstub {
	struct gdbstub_target *target;
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
	const char *error_text; /* for the negative errno, or NULL */

	/* The session. */
	bool attached;
	bool waiting; /* a resume packet is not answered yet */
	bool parked; /* the packet in rsp waits for the guest to stop */
	bool found_running; /* the guest ran when the session began */
	bool talked; /* a packet other than QStartNoAckMode has come */
	bool asked; /* a packet that is no greeting has come */
	bool no_ack;
	bool has_swbreak, has_hwbreak, has_error_message, has_exec;
	bool is_gdb; /* the debugger says what only gdb says */
	bool only_looks; /* see trapline/gdbstub.h */
	bool is_lldb; /* the debugger has asked qHostInfo */
	bool wants_qemu; /* the debugger has sent a packet of QEMU's */
	/* Whose symbols does the debugger use? See trapline/gdbstub.h. */
	bool asked_offsets; /* asked qOffsets: has its own symbol file */
	bool own_symbols; /* opened exec_file: uses the stub's symbols */
	unsigned int general; /* the thread's index, for g, m, ... */
	unsigned int next_thread; /* for qsThreadInfo: position in the list */
	int resume_thread; /* Hc: THREAD_ALL, THREAD_ANY or a thread */
	struct stub_point *points;
	unsigned int nr_points;
	/*
	 * Chains by address. A point's number is its index + 1; 0 ends a chain.
	 */
	unsigned int point_chain[STUB_POINT_CHAINS];
	size_t conditions_size; /* of all points together */
	struct stub_file files[STUB_MAX_FILES];
	struct stub_document document;

	/* The guest, as this stub knows it. */
	bool cleanup; /* see the drawing at the top of this file */
	bool stop_asked; /* stop_request() is not answered yet */
	bool interrupted; /* the debugger asked for that stop */
	bool exited;
	struct guest_stop stop; /* the last stop; kind NONE after a resume */
	enum stub_signal stop_signal;
	enum guest_action actions[GUEST_MAX_VCPUS]; /* of the last resume */
	struct guest_range range[GUEST_MAX_VCPUS];

	char note[256]; /* text of gdbstub_say(), not sent yet */
	char *target_xml;
	size_t target_xml_length;
};

/*
 * A handler returns the result of this function: the error, with a text for
 * debuggers that take error messages.
 */
static inline int stub_fail(struct gdbstub *stub, int error, const char *text)
{
	stub->error_text = text;
	return error;
}

/* The vCPU of a positive thread number; -EINVAL: there is no such thread. */
static inline int stub_vcpu(const struct gdbstub *stub, int thread,
			    unsigned int *ret)
{
	if (thread <= 0 || (unsigned int)thread > stub->target->nr_vcpus)
		return -EINVAL;
	*ret = (unsigned int)thread - 1;
	return 0;
}

/* The thread number of a vCPU, or of another thread's index. */
static inline unsigned int stub_thread(unsigned int index)
{
	return index + 1;
}

static inline bool stub_is_running(const struct gdbstub *stub)
{
	return stub->target->ops->state(stub->target, 0) == GDBSTUB_RUNNING;
}

static inline bool stub_is_vcpu(const struct gdbstub *stub, unsigned int index)
{
	return index < stub->target->nr_vcpus;
}

static inline bool stub_is_off(const struct gdbstub *stub, unsigned int index)
{
	return stub_is_vcpu(stub, index) &&
	       stub->target->ops->state(stub->target, index) == GDBSTUB_OFF;
}

/*
 * session.c: the begin and the end of a session. session_begin() asks the guest
 * to stop. session_end() does what the comment at the top of this file says and
 * leaves the connection alone.
 */
void session_begin(struct gdbstub *stub);
void session_end(struct gdbstub *stub);
/*
 * resume.c: end the session, and let the guest run if it ran before and has not
 * stopped by itself.
 */
void session_leave(struct gdbstub *stub);
/* session.c: end the session of a debugger that has gone. */
void session_lost(struct gdbstub *stub);

/*
 * packet.c: handle the packet in stub->rsp, which has just arrived or was
 * parked.
 */
void packet_handle(struct gdbstub *stub);
/* Send text to the debugger's console, in as many 'O' packets as needed. */
void packet_console(struct gdbstub *stub, const char *text, size_t length);
/*
 * Send stub->note to the console, if it is not empty. The debugger must be
 * waiting for a stop.
 */
void packet_note(struct gdbstub *stub);
/* Send stub->reply, which reply_begin() has opened. */
void packet_send_reply(struct gdbstub *stub);
void packet_send_error(struct gdbstub *stub, int error);

/* query.c: the indices of the threads that are no vCPUs. */
unsigned int threads_other(struct gdbstub *stub, const unsigned int **ret);
/*
 * query.c: the index of a thread, a vCPU or not; -EINVAL: there is no such
 * thread.
 */
int thread_find(struct gdbstub *stub, int thread, unsigned int *ret);

/* stop.c: write the stop reply for stub->stop into stub->reply. */
void stop_reply(struct gdbstub *stub);
/* Remember a stop. asked: this stub has requested the stop. */
void stop_store(struct gdbstub *stub, const struct guest_stop *stop,
		bool asked);

/* stop.c: is GUEST_STOP_EXEC to be reported to the debugger? */
bool stop_tells_exec(struct gdbstub *stub);

/* resume.c: let all vCPUs run. */
int resume_all(struct gdbstub *stub);
/*
 * Resume with the actions of the last resume, after a stop that no debugger has
 * to see: for example, a range step continues.
 */
int resume_again(struct gdbstub *stub);
/* The same, but vcpu first executes the instruction at its break point. */
int resume_over(struct gdbstub *stub, unsigned int vcpu);
/* Ask the guest to stop because of 0x03 or vCont;t. */
void resume_interrupt(struct gdbstub *stub);

/* break.c: remove all of the session's points. */
void points_clear(struct gdbstub *stub);
/* The kernel is mapped now: set the points that could not be set before. */
void points_retry(struct gdbstub *stub);
/*
 * True when the stop is at a break point of the session and no break point at
 * that address has a condition that holds.
 */
bool points_pass(struct gdbstub *stub, const struct guest_stop *stop);
/* vfile.c: close all of the session's files. */
void files_close(struct gdbstub *stub);
/* xfer.c: forget the document being read. */
void document_free(struct gdbstub *stub);

#endif
