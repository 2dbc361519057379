// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - from a started QEMU to the command's exit status
 *
 * One poll loop and two frame buffers (wire.h). The loop reads input only after
 * the last piece went into the control port, and takes a frame from the lab
 * only after the previous one was written out. So no data accumulates here.
 *
 *	stdin --> tx --> control port --> the lab's init --> the command
 *	stdout, stderr <-- rx <-- control port <--'
 */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/util.h>

#include "wire.h"

#define BOOT_SECONDS        300
#define BOOT_SECONDS_ICOUNT 600
#define TAIL_LINES          30

struct tail {
	char text[16384]; /* the last bytes, oldest first */
	size_t n;
};

struct session {
	struct lab_qemu *qemu;
	const struct lab_plan *plan;
	struct lab_gdb_port *gdb;
	int signals;
	int status;
	bool done;
	bool ready; /* the command runs */
	bool input_open; /* standard input has not reached its end */
	bool size_due; /* a WIRE_SIZE must be sent */
	bool escape_seen;
	bool raw;
	struct termios saved;
	time_t deadline;

	uint8_t tx[sizeof(struct wire_header) + WIRE_MAX];
	size_t tx_len, tx_pos;
	uint8_t rx[sizeof(struct wire_header) + WIRE_MAX];
	size_t rx_len, rx_pos; /* rx_pos: payload bytes already written out */

	struct tail console, errors;
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void finish(struct session *s, int status)
{
	if (!s->done)
		s->status = status;
	s->done = true;
}

/* ---- the last output of QEMU and of the lab's kernel ---- */

static void tail_add(struct tail *tail, const char *data, size_t n)
{
	size_t drop = 0;

	if (tail->n + n > sizeof(tail->text))
		drop = tail->n + n - sizeof(tail->text);
	memmove(tail->text, tail->text + drop, tail->n - drop);
	tail->n -= drop;
	memcpy(tail->text + tail->n, data, n);
	tail->n += n;
}

static void tail_report(const struct tail *tail, const char *whose)
{
	char text[sizeof(tail->text) + 1];
	size_t i = tail->n, n = 0;
	unsigned int lines = 0;

	while (i && lines <= TAIL_LINES)
		lines += tail->text[--i] == '\n';
	if (i || lines > TAIL_LINES)
		i++;
	for (; i < tail->n; i++)
		if (tail->text[i] != '\r')
			text[n++] = tail->text[i];
	while (n && text[n - 1] == '\n')
		n--;
	if (n)
		report(REPORT_ERROR, "the last lines %s:\n%.*s", whose, (int)n,
		       text);
}

static bool tail_read(struct session *s, struct tail *tail, int fd)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n <= 0)
		return false;
	tail_add(tail, data, n);
	if (s->plan->options->verbose)
		(void)!write(STDERR_FILENO, data, n);
	return true;
}

static void tty_raw(struct session *s)
{
	struct termios raw;

	if (!s->plan->tty || tcgetattr(STDIN_FILENO, &s->saved) < 0)
		return;
	raw = s->saved;
	cfmakeraw(&raw);
	s->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void tty_restore(struct session *s)
{
	if (s->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &s->saved);
	s->raw = false;
}

static void __attribute__((format(printf, 2, 3)))
lab_failed(struct session *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (s->done)
		return;
	tty_restore(s);
	while (tail_read(s, &s->errors, s->qemu->errors))
		;
	while (tail_read(s, &s->console, s->qemu->console))
		;
	if (!s->plan->options->verbose) {
		tail_report(&s->console, "of the lab's console");
		tail_report(&s->errors, "of QEMU");
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(REPORT_ERROR, "%s", text);
	finish(s, 1);
}

/* ---- from here into the lab ---- */

static void tx_frame(struct session *s, uint32_t type, uint32_t len)
{
	struct wire_header header = { .type = type, .len = len };

	memcpy(s->tx, &header, sizeof(header));
	s->tx_len = sizeof(header) + len;
	s->tx_pos = 0;
}

static void tx_push(struct session *s)
{
	ssize_t n;

	if (s->tx_pos == s->tx_len)
		return;
	n = write(s->qemu->control, s->tx + s->tx_pos, s->tx_len - s->tx_pos);
	if (n > 0)
		s->tx_pos += n;
}

static void tx_size(struct session *s)
{
	struct winsize size;
	uint16_t both[2];

	s->size_due = false;
	if (!s->plan->tty || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	both[0] = size.ws_row;
	both[1] = size.ws_col;
	memcpy(s->tx + sizeof(struct wire_header), both, sizeof(both));
	tx_frame(s, WIRE_SIZE, sizeof(both));
	tx_push(s);
}

/*
 * Take the escape key out of @n typed bytes, in place. KEY x ends the lab. KEY
 * KEY sends one KEY. KEY and any other key are sent unchanged.
 */
static size_t filter_escape(struct session *s, uint8_t *data, size_t n)
{
	int key = s->plan->options->escape;
	static uint8_t out[WIRE_MAX];
	size_t i, kept = 0;

	if (!s->plan->tty || key < 0)
		return n;
	for (i = 0; i < n; i++) {
		if (!s->escape_seen) {
			s->escape_seen = data[i] == key;
			if (!s->escape_seen)
				out[kept++] = data[i];
			continue;
		}
		s->escape_seen = false;
		if (data[i] == 'x') {
			tty_restore(s);
			report(REPORT_KEY, "ended from the terminal");
			finish(s, 128 + SIGINT);
			return 0;
		}
		out[kept++] = key;
		if (data[i] != key)
			out[kept++] = data[i];
	}
	memcpy(data, out, kept);
	return kept;
}

static void read_input(struct session *s)
{
	uint8_t *data = s->tx + sizeof(struct wire_header);
	/* The escape filter may return one extra byte that it held back. */
	ssize_t n = read(STDIN_FILENO, data, WIRE_MAX / 2);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->input_open = false;
		tx_frame(s, WIRE_IN, 0);
	} else {
		n = filter_escape(s, data, n);
		if (!n)
			return;
		tx_frame(s, WIRE_IN, n);
	}
	tx_push(s);
}

/* ---- from the lab to here ---- */

static bool rx_have(const struct session *s, struct wire_header *header)
{
	if (s->rx_len < sizeof(*header))
		return false;
	memcpy(header, s->rx, sizeof(*header));
	return header->len <= WIRE_MAX &&
	       s->rx_len >= sizeof(*header) + header->len;
}

/* The descriptor for the payload of the current frame; -1: none. */
static int rx_sink(const struct session *s)
{
	struct wire_header header;

	if (!rx_have(s, &header))
		return -1;
	if (header.type == WIRE_OUT)
		return STDOUT_FILENO;
	return header.type == WIRE_ERR ? STDERR_FILENO : -1;
}

static void rx_drop(struct session *s, size_t size)
{
	memmove(s->rx, s->rx + size, s->rx_len - size);
	s->rx_len -= size;
	s->rx_pos = 0;
}

/*
 * Write as much of the current frame as a writable pipe takes without blocking.
 * If the reader has gone, the lab ends as SIGPIPE would end a program.
 */
static void rx_write(struct session *s, int fd)
{
	const uint8_t *data = s->rx + sizeof(struct wire_header);
	struct wire_header header;
	size_t size;
	ssize_t n;

	rx_have(s, &header);
	size = header.len - s->rx_pos;
	n = write(fd, data + s->rx_pos, min(size, 4096));
	if (n > 0)
		s->rx_pos += n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		finish(s, 128 + SIGPIPE);
	if (s->rx_pos == header.len)
		rx_drop(s, sizeof(header) + header.len);
}

static void rx_handle(struct session *s, const struct wire_header *header)
{
	const uint8_t *data = s->rx + sizeof(*header);
	uint32_t status;

	switch (header->type) {
	case WIRE_READY:
		s->ready = true;
		/*
		 * The size may have changed before SIGWINCH was handled here.
		 */
		s->size_due = true;
		s->deadline = 0;
		tty_raw(s);
		break;
	case WIRE_EXIT:
		memcpy(&status, data, sizeof(status));
		finish(s, status & 0xff);
		break;
	case WIRE_FAIL:
		lab_failed(s, "%.*s", (int)header->len, (const char *)data);
		break;
	default:
		lab_failed(s, "the lab sent a frame of type %u", header->type);
	}
}

/* Handle all received frames except output, which waits for its reader. */
static void rx_process(struct session *s)
{
	struct wire_header header;

	while (!s->done && rx_have(s, &header)) {
		if (rx_sink(s) >= 0 && header.len)
			return;
		if (rx_sink(s) < 0)
			rx_handle(s, &header);
		rx_drop(s, sizeof(header) + header.len);
	}
	if (s->rx_len >= sizeof(header) && header.len > WIRE_MAX)
		lab_failed(s, "the lab sent a frame of %u bytes", header.len);
}

static bool rx_read(struct session *s)
{
	ssize_t n = read(s->qemu->control, s->rx + s->rx_len,
			 sizeof(s->rx) - s->rx_len);

	if (n <= 0)
		return false;
	s->rx_len += n;
	rx_process(s);
	return true;
}

/* ---- the loop ---- */

/* QEMU has ended; the lab's last frames may still be in the socket. */
static void qemu_ended(struct session *s)
{
	struct wire_header header;

	s->qemu->pid = 0;
	do {
		while (!s->done && rx_sink(s) >= 0)
			rx_write(s, rx_sink(s));
		rx_process(s);
	} while (!s->done && (rx_have(s, &header) || rx_read(s)));
	while (tail_read(s, &s->console, s->qemu->console))
		;
	if (memmem(s->console.text, s->console.n, "Kernel panic", 12))
		lab_failed(s, "the lab's kernel crashed");
	else
		lab_failed(s, s->ready ? "the lab's machine stopped by itself"
				       : "the lab did not boot");
}

static void handle_signal(struct session *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGCHLD:
		if (waitpid(s->qemu->pid, NULL, WNOHANG) == s->qemu->pid)
			qemu_ended(s);
		break;
	case SIGWINCH:
		s->size_due = true;
		break;
	default:
		finish(s, 128 + info.ssi_signo);
	}
}

enum {
	P_SIGNALS,
	P_CONTROL,
	P_CONSOLE,
	P_ERRORS,
	P_INPUT,
	P_SINK,
	P_MAX
};

static void prepare_poll(const struct session *s, struct pollfd *p)
{
	bool tx_busy = s->tx_pos < s->tx_len;
	int sink = rx_sink(s);

	p[P_SIGNALS] = (struct pollfd){ s->signals, POLLIN, 0 };
	p[P_CONTROL] = (struct pollfd){ s->qemu->control, 0, 0 };
	if (sink < 0)
		p[P_CONTROL].events |= POLLIN;
	if (tx_busy)
		p[P_CONTROL].events |= POLLOUT;
	p[P_CONSOLE] = (struct pollfd){ s->qemu->console, POLLIN, 0 };
	p[P_ERRORS] = (struct pollfd){ s->qemu->errors, POLLIN, 0 };
	p[P_INPUT] = (struct pollfd){ s->ready && s->input_open && !tx_busy
					      ? STDIN_FILENO
					      : -1,
				      POLLIN, 0 };
	p[P_SINK] = (struct pollfd){ sink, POLLOUT, 0 };
}

static void drop_ended(struct pollfd *p, struct tail *tail, int *fd,
		       struct session *s)
{
	if (!(p->revents & (POLLIN | POLLHUP)))
		return;
	if (!tail_read(s, tail, *fd) && p->revents & POLLHUP) {
		close(*fd);
		*fd = -1;
	}
}

/* No descriptor reports that the lab is late to boot, so look each second. */
static int poll_timeout(const struct session *s)
{
	return timeout_min(lab_gdb_port_timeout(s->gdb),
			   s->deadline ? 1000 : -1);
}

static void step(struct session *s)
{
	struct pollfd p[P_MAX + LAB_GDB_PORT_POLLFDS];
	unsigned int nr_gdb = lab_gdb_port_pollfds(s->gdb, p + P_MAX);

	prepare_poll(s, p);
	if (poll(p, P_MAX + nr_gdb, poll_timeout(s)) < 0) {
		if (errno != EINTR)
			usleep(10000); /* out of memory */
		return;
	}
	lab_gdb_port_dispatch(s->gdb, p + P_MAX, nr_gdb);
	if (p[P_SINK].revents)
		rx_write(s, p[P_SINK].fd);
	if (p[P_CONTROL].revents & POLLOUT)
		tx_push(s);
	if (p[P_CONTROL].revents & POLLIN)
		rx_read(s);
	else
		rx_process(s);
	drop_ended(&p[P_CONSOLE], &s->console, &s->qemu->console, s);
	drop_ended(&p[P_ERRORS], &s->errors, &s->qemu->errors, s);
	if (p[P_INPUT].revents && !s->done)
		read_input(s);
	if (s->size_due && s->ready && s->tx_pos == s->tx_len)
		tx_size(s);
	if (p[P_SIGNALS].revents)
		handle_signal(s);
	else if (p[P_CONTROL].revents & POLLHUP)
		usleep(1000); /* until SIGCHLD tells the reason */
	if (!s->done && s->deadline && now() > s->deadline)
		lab_failed(s, "the lab did not boot in time");
}

int lab_session_run(struct lab_qemu *qemu, const struct lab_plan *plan,
		    struct lab_gdb_port *gdb)
{
	struct session *s = calloc(1, sizeof(*s));
	sigset_t set;
	int status;

	if (!s)
		return 1;
	s->qemu = qemu;
	s->plan = plan;
	s->gdb = gdb;
	s->input_open = true;
	s->deadline = now() + (plan->options->icount ? BOOT_SECONDS_ICOUNT
						     : BOOT_SECONDS);
	sigprocmask(SIG_BLOCK, NULL, &set);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/*
	 * Without the signalfd, neither a signal nor QEMU's end would end the
	 * loop.
	 */
	if (s->signals < 0) {
		report(REPORT_ERROR, "cannot create a signalfd: %s",
		       strerror(errno));
		finish(s, 1);
	}
	while (!s->done)
		step(s);
	tty_restore(s);
	if (s->signals >= 0)
		close(s->signals);
	status = s->status;
	free(s);
	return status;
}
