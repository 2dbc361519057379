// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * relay.c - run the command of the lab, and carry its input and output
 *
 * One loop handles the control port, the command's pipes (or its terminal) and
 * the death of children. It reads no data that it cannot pass on at once, so a
 * slow reader on one side makes the other side wait, and no memory fills up.
 * Writes to the control port block the loop.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../wire.h"

struct relay {
	pid_t pid;
	int in; /* the command's standard input; -1: closed */
	int out; /* its standard output; -1: at its end */
	int err;
	int children; /* signalfd */
	bool tty;
	bool dead;
	unsigned int status;

	/* Bytes from the control port that are not handled yet. */
	unsigned char frame[sizeof(struct wire_header) + WIRE_MAX];
	unsigned int have;
	unsigned int sent; /* of an IN frame: payload bytes written */
};

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	poll(&p, 1, -1);
}

static void send_all(const void *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(control, data, size);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n < 0) {
			wait_for(control, POLLOUT);
			continue;
		}
		data = (const char *)data + n;
		size -= n;
	}
}

void send_frame(unsigned int type, const void *data, unsigned int len)
{
	unsigned char frame[sizeof(struct wire_header) + WIRE_MAX];
	struct wire_header header = { type, len };

	memcpy(frame, &header, sizeof(header));
	memcpy(frame + sizeof(header), data, len);
	send_all(frame, sizeof(header) + len);
}

/* Runs in the child. @fds become descriptors 0, 1 and 2. */
static _Noreturn void run_child(const struct config *config, const int *fds,
				bool tty)
{
	sigset_t none;
	int i;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (tty)
		ioctl(fds[0], TIOCSCTTY, 0);
	for (i = 0; i < 3; i++)
		dup2(fds[i], i);
	if (config->dir && chdir(config->dir) < 0)
		chdir("/");
	execvp(config->args[0], config->args);
	fprintf(stderr, "lab: %s: %s\n", config->args[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void start_with_pipes(struct relay *r, const struct config *config)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		fail("pipe: %s", strerror(errno));
	r->pid = fork();
	if (!r->pid)
		run_child(config, (int[]){ in[0], out[1], err[1] }, false);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
	fcntl(r->err, F_SETFL, O_NONBLOCK);
}

static void start_with_tty(struct relay *r, const struct config *config)
{
	struct winsize size = { .ws_row = config->rows,
				.ws_col = config->columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	if (master < 0 || unlockpt(master) < 0 ||
	    (slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		fail("terminal: %s", strerror(errno));
	ioctl(master, TIOCSWINSZ, &size);
	r->pid = fork();
	if (!r->pid)
		run_child(config, (int[]){ slave, slave, slave }, true);
	close(slave);
	r->in = master;
	r->out = fcntl(master, F_DUPFD_CLOEXEC, 0);
	r->err = -1;
	r->tty = true;
}

static void reap(struct relay *r)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(r->children, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != r->pid)
			continue;
		r->dead = true;
		r->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						: WEXITSTATUS(status);
	}
}

/* Pass on the available output. At the end of file, close *fd. */
static bool pass_output(int *fd, unsigned int type)
{
	unsigned char data[WIRE_MAX];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, data, sizeof(data));
	if (n > 0) {
		send_frame(type, data, n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* read() gives EIO when no process has the terminal open any more. */
	close(*fd);
	*fd = -1;
	return false;
}

static void close_input(struct relay *r)
{
	unsigned char eof = 4;

	if (r->in < 0)
		return;
	if (r->tty) {
		(void)!write(r->in, &eof, 1);
		return;
	}
	close(r->in);
	r->in = -1;
}

static bool have_frame(const struct relay *r, struct wire_header *header)
{
	if (r->have < sizeof(*header))
		return false;
	memcpy(header, r->frame, sizeof(*header));
	if (header->len > WIRE_MAX)
		fail("the host sent a frame of %u bytes", header->len);
	return r->have >= sizeof(*header) + header->len;
}

/* Handle the frame. Returns false if the command does not take it yet. */
static bool handle_frame(struct relay *r, const struct wire_header *header)
{
	const unsigned char *data = r->frame + sizeof(*header);
	struct winsize size = { 0 };
	ssize_t n;

	switch (header->type) {
	case WIRE_SIZE:
		memcpy(&size, data, 4); /* ws_row, ws_col */
		if (r->tty && r->in >= 0)
			ioctl(r->in, TIOCSWINSZ, &size);
		return true;
	case WIRE_IN:
		if (!header->len)
			close_input(r);
		if (r->in < 0)
			return true;
		while (r->sent < header->len) {
			n = write(r->in, data + r->sent, header->len - r->sent);
			if (n < 0 && errno == EAGAIN)
				return false;
			if (n < 0) {
				close_input(r);
				return true;
			}
			r->sent += n;
		}
		return true;
	default:
		return true;
	}
}

static void handle_frames(struct relay *r)
{
	struct wire_header header;
	unsigned int size;

	while (have_frame(r, &header) && handle_frame(r, &header)) {
		size = sizeof(header) + header.len;
		memmove(r->frame, r->frame + size, r->have - size);
		r->have -= size;
		r->sent = 0;
	}
}

static void read_control(struct relay *r)
{
	ssize_t n =
		read(control, r->frame + r->have, sizeof(r->frame) - r->have);

	if (n > 0)
		r->have += n;
	handle_frames(r);
}

/* If a whole frame waits, the command's input is full. */
static void wait_and_relay(struct relay *r)
{
	struct wire_header header;
	bool full = have_frame(r, &header);
	struct pollfd p[] = {
		{ .fd = r->children, .events = POLLIN },
		{ .fd = full ? -1 : control, .events = POLLIN },
		{ .fd = full ? r->in : -1, .events = POLLOUT },
		{ .fd = r->out, .events = POLLIN },
		{ .fd = r->err, .events = POLLIN },
	};

	if (poll(p, 5, -1) < 0)
		return;
	if (p[3].revents)
		pass_output(&r->out, WIRE_OUT);
	if (p[4].revents)
		pass_output(&r->err, WIRE_ERR);
	if (p[1].revents & POLLIN)
		read_control(r);
	if (p[2].revents)
		handle_frames(r);
	if (p[0].revents)
		reap(r);
}

unsigned int relay_command(const struct config *config)
{
	static struct relay relay;
	struct relay *r = &relay;
	sigset_t set;

	r->in = r->out = r->err = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->children < 0)
		fail("signalfd: %s", strerror(errno));
	if (config->tty)
		start_with_tty(r, config);
	else
		start_with_pipes(r, config);
	if (r->pid < 0)
		fail("fork: %s", strerror(errno));
	fcntl(r->in, F_SETFL, O_NONBLOCK);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	send_frame(WIRE_READY, "", 0);
	while (!r->dead)
		wait_and_relay(r);
	/*
	 * Send the last output, without waiting for the end of file: a child
	 * that the command left behind may hold the pipe.
	 */
	while (pass_output(&r->out, WIRE_OUT) || pass_output(&r->err, WIRE_ERR))
		;
	return r->status;
}
