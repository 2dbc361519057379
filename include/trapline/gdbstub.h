/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbstub.h - the GDB remote serial protocol over a small target interface
 *
 * Source: the GDB manual, "GDB Remote Serial Protocol". The stub knows packets,
 * target descriptions and thread ids. It accesses the guest through struct
 * gdbstub_target, with the types of guest.h, and gets what is specific to Linux
 * through struct gdbstub_services. session/ has both for any struct guest.
 *
 * Ownership and locking
 *	The stub belongs to the caller of gdbstub_create(). target, services and
 *	opaque must outlive the stub.
 *
 *	The stub has no thread of its own. The control thread polls the stub's
 *	descriptors (gdbstub_pollfds), hands the events back
 *	(gdbstub_dispatch) and reports every stop (gdbstub_stopped). No
 *	function here blocks for longer than one reply takes to send. If the
 *	peer does not read, the stub closes the connection.
 *
 *	Only one function may run at a time. Another thread may report a stop
 *	while the control thread is in poll(2). If gdbstub_pollfds() or
 *	gdbstub_timeout() then give a different result, that thread must wake
 *	the control thread.
 *
 * Threads
 *	vCPU n is thread n + 1, also while it is powered off. The target may
 *	have other threads: contexts that the guest has saved, such as tasks
 *	that sleep. Their index is their thread number minus 1; it is not a
 *	vCPU's number. The debugger sees the registers GDBSTUB_SAVED_REGS of
 *	such a thread, read-only, and its memory. The debugger cannot run or
 *	step such a thread. A point that is set while such a thread is selected
 *	is set for the vCPU that stopped.
 *
 * Sessions
 *	The stub serves one debugger at a time and closes a second connection
 *	at once. A session begins with the debugger's first packet, and the
 *	guest stops then. A connection without a packet, such as a port scan,
 *	changes nothing. A session ends in one of three ways:
 *
 *	packet 'D'	the guest runs
 *	packet 'k'	the guest is powered off
 *	lost connection	(in mid-packet or not) the guest stays stopped or
 *			running, as it was; a guest in a step then runs
 *
 *	A client that only looks (trapline/gdbclient.h) says so by the feature
 *	"trapline.look+" in qSupported. When its connection is lost, a guest
 *	that ran before the session runs again, unless it has stopped by itself.
 *	The same holds for a debugger that has sent nothing but a greeting
 *	(qSupported or QStartNoAckMode).
 *
 *	The stub then removes all breakpoints and watchpoints of the session.
 *	If the guest stops while no debugger is attached, the stub remembers
 *	the stop and reports it to the next debugger, in the reply to '?'.
 *	GUEST_STOP_MODULE and GUEST_STOP_EXEC are exceptions: only a debugger
 *	can use them, so the stub resumes the guest at once.
 *
 * A device (dev:PATH)
 *	A device has one byte stream in each direction. Debuggers use the
 *	streams one after the other, and the streams do not show where one
 *	debugger ends. If the stub sees a hang-up late, the next debugger may
 *	read data that the stub sent to the previous one. So before the stub
 *	reports a stop to a waiting debugger, it checks whether a new debugger
 *	has sent its greeting (qSupported). The stub can still be wrong between
 *	the next debugger's connection and its first byte.
 *
 *	The program that connects debuggers to the other end can close this
 *	gap. After the last byte of a debugger it sends the packet
 *	"Qtrapline.left:N", where N is a hexadecimal number. It then drops all
 *	bytes up to and including the packet "left:N", without
 *	acknowledgements. Everything that the stub sent to the old debugger is
 *	in front of "left:N". The session ends as by a lost connection. The lab
 *	does this (docs/lab.md).
 *
 * A kernel that has yet to relocate itself
 *	A debugger may attach before the guest's kernel has relocated itself
 *	(text_address returns -ENOENT), or may reset the guest. Its symbols are
 *	then missing or stale. When GUEST_STOP_EXEC comes and text_address is
 *	known, the stub sends the exec event of the protocol. gdb then loads
 *	exec_file again, regards all of its breakpoints and watchpoints as lost
 *	(the stub removes them), sets them again by name, and continues by
 *	itself.
 *
 *	The exec event would also replace the user's own symbol file. A debugger
 *	that has such a file asks qOffsets and does not open exec_file. So the
 *	stub sends the event only to a debugger that knows exec-events and has
 *	no symbol file of its own: in this session, the debugger has opened
 *	exec_file, or has never asked qOffsets (it has no symbols at all). For
 *	any other debugger the stub resumes the guest and prints a line on the
 *	debugger's console. The stub cannot see a symbol file that the command
 *	"file" loads after attaching; the event replaces that file.
 *
 *	While exec_pending() returns true, the stub accepts software
 *	breakpoints at kernel addresses that are not mapped yet (a reset leaves
 *	such breakpoints behind), and sets them at GUEST_STOP_EXEC.
 *
 * What the caller has to do
 *	poll(2)		gdbstub_pollfds() and guest.stop_fd, with
 *			gdbstub_timeout()
 *	stop_fd readable	guest_ops.stop_get(), then gdbstub_stopped(),
 *			for every stop, regardless of its cause. The guest may
 *			be running again when gdbstub_stopped() returns.
 *	always		gdbstub_dispatch() after each poll
 */
#ifndef TRAPLINE_GDBSTUB_H
#define TRAPLINE_GDBSTUB_H

#include <poll.h>
#include <stdio.h>
#include <trapline/guest.h>

#define GDBSTUB_MAX_POLLFDS 4

enum gdbstub_state {
	GDBSTUB_STOPPED,
	GDBSTUB_RUNNING, /* the guest runs: all vCPUs have this state */
	GDBSTUB_OFF, /* the vCPU is powered off */
};

/* A breakpoint or watchpoint. */
struct gdbstub_point {
	enum guest_break_kind kind;
	va_t va;
	uint64_t len; /* of a watchpoint; 4 for a breakpoint */
};

/* A field of a system register: its first and its last bit. */
struct gdbstub_field {
	const char *name;
	unsigned int start, end;
};

/*
 * How the debugger sees a system register. A union has the members v (the
 * value), f (flags, which gdb prints by name) and s (a struct of the fields).
 * gef and pwndbg read some registers as numbers, which a union is not: these
 * have the type of f.
 */
enum gdbstub_sysreg_type {
	GDBSTUB_UINT64,
	GDBSTUB_DATA_PTR,
	GDBSTUB_CODE_PTR,
	GDBSTUB_FLAGS,
	GDBSTUB_UNION,
};

struct gdbstub_sysreg {
	const char *name;
	enum gdbstub_sysreg_type type;
	const struct gdbstub_field *fields;
	size_t nr_fields;
	const char *read_only; /* why; NULL: can be written */
};

extern const struct gdbstub_sysreg gdbstub_sysregs[GUEST_NR_SYSREGS];
/* PSTATE, as the debugger's register "pstate". */
extern const struct gdbstub_sysreg gdbstub_pstate;

struct gdbstub_target;

/* The registers of a thread that is not a vCPU. */
#define GDBSTUB_SAVED_REGS ((GENMASK_ULL(29, 19)) | GUEST_REG_SP | GUEST_REG_PC)

/*
 * The guest, as the debugger sees it. All members but threads, phys_set and
 * phys_get are needed. Errors are those of guest.h; -EROFS: the register cannot
 * be written. In the members for registers and memory, vcpu may also be the
 * index of another thread. -EINVAL: there is no such thread (any more).
 *
 * To add an implementation, follow session/view.c, which implements the members
 * over struct guest.
 */
struct gdbstub_target_ops {
	/*
	 * General registers of a stopped vCPU. which is a mask (GUEST_REG_*):
	 * regs_get() may return 0 for the other registers, because each
	 * register may cost a call into the hypervisor.
	 */
	int (*regs_get)(struct gdbstub_target *t, unsigned int vcpu,
			uint64_t which, struct guest_regs *ret);
	int (*regs_set)(struct gdbstub_target *t, unsigned int vcpu,
			const struct guest_regs *regs);
	int (*fpregs_get)(struct gdbstub_target *t, unsigned int vcpu,
			  struct guest_fpregs *ret);
	int (*fpregs_set)(struct gdbstub_target *t, unsigned int vcpu,
			  const struct guest_fpregs *regs);
	int (*sysreg_get)(struct gdbstub_target *t, unsigned int vcpu,
			  enum guest_sysreg reg, uint64_t *ret);
	/* If the write is refused, *why may get a text that says why. */
	int (*sysreg_set)(struct gdbstub_target *t, unsigned int vcpu,
			  enum guest_sysreg reg, uint64_t value,
			  const char **why);
	/*
	 * Memory by virtual address of a vCPU. Planted breakpoints are not
	 * seen. Returns the number of bytes transferred, which may be less than
	 * len. -EFAULT: no byte could be transferred.
	 */
	long (*read)(struct gdbstub_target *t, unsigned int vcpu, va_t va,
		     void *buf, size_t len);
	long (*write)(struct gdbstub_target *t, unsigned int vcpu, va_t va,
		      const void *buf, size_t len);
	/*
	 * While phys is set, read() and write() take addresses of guest RAM
	 * (IPAs) instead of virtual addresses. A session begins with virtual
	 * addresses. NULL: the target has virtual addresses only.
	 */
	void (*phys_set)(struct gdbstub_target *t, bool phys);
	bool (*phys_get)(struct gdbstub_target *t);
	enum gdbstub_state (*state)(struct gdbstub_target *t,
				    unsigned int vcpu);
	/*
	 * List the threads that are not vCPUs. *ret gets their indices, in
	 * ascending order; the array is valid until the next call. Returns the
	 * number of these threads; 0 while the guest runs. The member is NULL
	 * if the target has no such threads.
	 */
	unsigned int (*threads)(struct gdbstub_target *t,
				const unsigned int **ret);
	/*
	 * actions, and ranges if not NULL, have one element per vCPU
	 * (guest_ops.resume). over is the number of a vCPU, or negative. If it
	 * is not negative, actions and ranges are those of the last resume, and
	 * this vCPU first executes the instruction under the breakpoint at
	 * which it has stopped.
	 */
	int (*resume)(struct gdbstub_target *t,
		      const enum guest_action *actions,
		      const struct guest_range *ranges, int over);
	/* Request a stop, which gdbstub_stopped() will report. */
	int (*stop)(struct gdbstub_target *t);
	/* Power off at once; gdbstub_stopped() reports GUEST_STOP_EXITED. */
	int (*kill)(struct gdbstub_target *t);
	/*
	 * Set or clear a point at an address of this vCPU. Setting a point
	 * twice is no error: the point moves if its address now translates to
	 * another place. -ENOENT: there is no such point to clear. If a text
	 * says more than the error, *why points to the text until the next
	 * call.
	 */
	int (*point)(struct gdbstub_target *t, unsigned int vcpu,
		     const struct gdbstub_point *point, bool set,
		     const char **why);
};

struct gdbstub_target {
	const struct gdbstub_target_ops *ops;
	unsigned int nr_vcpus;
};

/* A file that the stub serves by vFile. The whole file is in memory. */
struct gdbstub_file {
	const uint8_t *data;
	size_t size;
};

/*
 * The part that is specific to a Linux guest. If a member is NULL, the stub
 * does not offer its feature in qSupported. The guest is stopped during each
 * call. Exceptions: file_close, attached, refused, and monitor once it has
 * called gdbstub_resumed().
 */
struct gdbstub_services {
	/*
	 * qXfer:exec-file:read: returns the path of the guest's program, which
	 * the debugger opens with vFile:open. NULL: there is none (yet).
	 */
	const char *(*exec_file)(void *opaque);
	/*
	 * vFile:open, read only. Returns 0 and a file that stays valid until
	 * file_close(), or -ENOENT.
	 */
	int (*file_open)(void *opaque, const char *path,
			 struct gdbstub_file *ret);
	void (*file_close)(void *opaque, struct gdbstub_file *file);
	/*
	 * qXfer:libraries:read: writes the whole XML document (library-list)
	 * to out.
	 */
	int (*libraries)(void *opaque, FILE *out);
	/*
	 * qXfer:vmcoreinfo:read, a proposal of drgn's developers: writes the
	 * text of VMCOREINFO to out. -ENOENT: there is none (yet).
	 */
	int (*vmcoreinfo)(void *opaque, FILE *out);
	/* Is there a kernel that GUEST_STOP_EXEC will report as relocated? */
	bool (*exec_pending)(void *opaque);
	/* qOffsets: the run-time address of _text; -ENOENT: not known. */
	int (*text_address)(void *opaque, va_t *ret);
	/*
	 * Thread lists: writes one line that names the task on that vCPU.
	 * The vCPU is powered on. index may be that of another thread, too.
	 * Returns 0, or another value if the task is not known.
	 */
	int (*thread_info)(void *opaque, unsigned int index, char *buf,
			   size_t size);
	/*
	 * qRcmd: runs a "monitor" command and writes its text to out. The
	 * debugger is shown 6 MiB at most. The return value is 0 or a negative
	 * errno. The stub sends the errno as an error reply only if there is no
	 * text, or if the client only looks. For an unknown command the member
	 * writes a text, too. The command may resume the guest
	 * (gdbstub_resumed()), but must not destroy the stub.
	 */
	int (*monitor)(void *opaque, const char *command, FILE *out);
	/* A debugger attached (true) or left (false). For messages only. */
	void (*attached)(void *opaque, bool attached);
	/*
	 * The stub closed a connection: the peer may not debug, or sent bytes
	 * that no debugger sends. line says which. For messages only.
	 */
	void (*refused)(void *opaque, const char *line);
};

struct gdbstub;

/*
 * Open the transport. spec is one of
 *	PORT, :PORT		127.0.0.1:PORT; PORT 0 is any free port
 *	HOST:PORT, [V6]:PORT	that address; only this form listens on
 *				addresses other than loopback
 *	...,any-user		one of the forms above, open to every user of
 *				this machine; without it a connection from this
 *				machine must belong to root or to this user
 *				(trapline/peer.h)
 *	unix:PATH		a Unix socket, mode 0600, removed at the end
 *	dev:PATH		a character device (a virtio-serial port);
 *				POLLHUP: the other end is not open
 * The stub closes a connection to a socket at the first bytes that no debugger
 * sends (peer_speech_feed()).
 *
 * Returns 0 and *ret, or -EINVAL (spec), -EADDRINUSE, -EACCES, -ENOENT, or the
 * error of socket(2), bind(2) or open(2). On an error, err gets one line that
 * says what was wrong and what to do.
 */
int gdbstub_create(struct gdbstub_target *target,
		   const struct gdbstub_services *services, void *opaque,
		   const char *spec, char *err, size_t err_size,
		   struct gdbstub **ret);
/*
 * Remove the session's breakpoints and watchpoints and close the connection. If
 * the debugger waits for a stop, the stub first reports that the guest has
 * exited. stub may be NULL.
 */
void gdbstub_destroy(struct gdbstub *stub);

/* Fill fds; returns how many (at most GDBSTUB_MAX_POLLFDS). */
unsigned int gdbstub_pollfds(struct gdbstub *stub, struct pollfd *fds);
/*
 * The longest time in ms that the control thread may sleep before it calls
 * gdbstub_dispatch() again; -1: no limit. This is poll(2)'s timeout.
 */
int gdbstub_timeout(struct gdbstub *stub);
/* Hand back what poll(2) reported. */
void gdbstub_dispatch(struct gdbstub *stub, const struct pollfd *fds,
		      unsigned int nr_fds);
/* The guest has stopped; the control thread has fetched the stop. */
void gdbstub_stopped(struct gdbstub *stub, const struct guest_stop *stop);
/*
 * Tell the stub that something other than the debugger (the VMM's menu, a
 * reset) has resumed the guest. The stub forgets the last stop. Call this
 * function after guest_ops.resume, also from a monitor command. If a debugger
 * is attached, "continue" makes it wait for the next stop; the reply to
 * anything else says that the guest is running.
 */
void gdbstub_resumed(struct gdbstub *stub);
/*
 * Print one line on the debugger's console. text has no newline. If a debugger
 * waits for a stop, the line appears at once; otherwise, when this or the next
 * debugger begins to wait. A second line before then replaces the first.
 */
void gdbstub_say(struct gdbstub *stub, const char *text);
/* Is a debugger attached: has it sent its first packet and not left yet? */
bool gdbstub_is_attached(const struct gdbstub *stub);
/* Does the debugger wait for a stop, with no other work due at that stop? */
bool gdbstub_is_waiting(const struct gdbstub *stub);
/*
 * The gdb command that connects: "target remote :1234". For dev: the stub does
 * not know the address of the other end, and the text says so.
 */
const char *gdbstub_target(const struct gdbstub *stub);

#endif
