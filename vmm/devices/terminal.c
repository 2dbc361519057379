// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * terminal.c - standard input and output as the guest's console
 *
 * There are two rings and one timer. Output: the first byte of a burst arms the
 * timer, and the device thread writes the burst when the timer fires. Input:
 * the device thread reads bytes as they come and takes out the escape keys. The
 * ring keeps the rest until the device asks for it, so the UART's receive FIFO
 * is simply the head of that ring.
 *
 * The device thread must not block on output that no reader takes. O_NONBLOCK
 * on the inherited descriptor would also affect the user's shell, so a terminal
 * is opened again with O_NONBLOCK. On a pipe, a write of at most PIPE_BUF bytes
 * does not block after poll(2) has reported POLLOUT.
 *
 * Raw mode and its restoration are in ttymode.c.
 */
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include "ioloop.h"
#include "ttymode.h"

#define OUT_SIZE     0x10000U /* powers of two */
#define IN_SIZE      0x1000U
#define MAX_CONSOLES 2
#define BURST_NS     4000000L
#define STALL_MS     1000
#define UNHEARD_MS   1000

#define CTRL_A 0x01
#define CTRL_C 0x03

/* Positions only grow; the slot is the position modulo the size. */
struct ring {
	uint8_t *data;
	unsigned int size;
	unsigned int head; /* position of the next byte to take */
	unsigned int tail; /* position of the next byte to fill */
};

struct console {
	struct device *dev;
	void (*wake)(struct device *dev);
	int wake_fd;
	bool short_write; /* wake it when there is room */
};

struct terminal {
	struct ioloop *loop;
	struct bus *bus;
	int in_fd;
	int out_fd;
	bool own_out; /* out_fd was opened here */
	int burst_fd; /* timerfd */
	bool tty; /* raw mode is on, escape keys count */
	bool lent; /* to the shell; atomic */
	bool escaped; /* Ctrl-A was the last key; device thread only */

	pthread_mutex_t write_lock; /* for out_fd; taken before lock */
	int error; /* the first one of out_fd, as -errno; under write_lock */
	pthread_mutex_t lock;
	struct ring out;
	struct ring in;
	bool armed; /* burst_fd will fire */
	bool in_closed; /* the watch on in_fd is removed: the ring is full */
	struct console console[MAX_CONSOLES];
	unsigned int nr_consoles;
	unsigned int owner;
	bool used; /* the guest has taken input: the owner stays */
	uint64_t taken_ms; /* when the guest last took input or had none left */
	unsigned int unheard;
};

static unsigned int ring_used(const struct ring *r)
{
	return __atomic_load_n(&r->tail, __ATOMIC_RELAXED) -
	       __atomic_load_n(&r->head, __ATOMIC_RELAXED);
}

static unsigned int ring_put(struct ring *r, const uint8_t *buf, size_t len)
{
	unsigned int room = r->size - ring_used(r);
	unsigned int nr = (unsigned int)min(len, room);

	for (unsigned int i = 0; i < nr; i++)
		r->data[(r->tail + i) & (r->size - 1)] = buf[i];
	__atomic_store_n(&r->tail, r->tail + nr, __ATOMIC_RELAXED);
	return nr;
}

/* Copy from the head without taking the bytes. */
static unsigned int ring_peek(const struct ring *r, uint8_t *buf, size_t len)
{
	unsigned int used = ring_used(r);
	unsigned int nr = (unsigned int)min(len, used);

	for (unsigned int i = 0; i < nr; i++)
		buf[i] = r->data[(r->head + i) & (r->size - 1)];
	return nr;
}

static void ring_take(struct ring *r, unsigned int nr)
{
	__atomic_store_n(&r->head, r->head + nr, __ATOMIC_RELAXED);
}

/* ---- output ------------------------------------------------------------- */

static void burst_arm_locked(struct terminal *t)
{
	struct itimerspec when = { .it_value = { .tv_nsec = BURST_NS } };

	if (t->armed)
		return;
	t->armed = true;
	timerfd_settime(t->burst_fd, 0, &when, NULL);
}

size_t terminal_write(struct terminal *t, const void *buf, size_t len)
{
	unsigned int done;

	pthread_mutex_lock(&t->lock);
	done = ring_put(&t->out, buf, len);
	burst_arm_locked(t);
	if (done < len)
		for (unsigned int i = 0; i < t->nr_consoles; i++)
			t->console[i].short_write = true;
	pthread_mutex_unlock(&t->lock);
	return done;
}

/* Bytes that were taken stay in the ring until they are overwritten. */
void terminal_tail(struct terminal *t, FILE *out)
{
	struct ring *r = &t->out;
	unsigned int nr;

	pthread_mutex_lock(&t->lock);
	nr = min(r->tail, r->size);
	for (unsigned int i = r->tail - nr; i != r->tail; i++)
		putc(r->data[i & (r->size - 1)], out);
	pthread_mutex_unlock(&t->lock);
}

size_t terminal_room(struct terminal *t)
{
	return OUT_SIZE - ring_used(&t->out);
}

static void tell_room_locked(struct terminal *t)
{
	if (terminal_room(t) < OUT_SIZE / 2)
		return;
	for (unsigned int i = 0; i < t->nr_consoles; i++) {
		if (!t->console[i].short_write)
			continue;
		t->console[i].short_write = false;
		eventfd_write(t->console[i].wake_fd, 1);
	}
}

static void out_failed(struct terminal *t, int error)
{
	if (error != EPIPE && !t->error)
		report(REPORT_ERROR,
		       "cannot write to standard output: %s: output of the "
		       "guest is lost",
		       strerror(error));
	t->error = t->error ?: -error;
}

/*
 * Write one piece. Returns 1: there may be more; 0: nothing is left; -EAGAIN:
 * the reader was not ready within timeout_ms.
 */
static int out_write_some(struct terminal *t, int timeout_ms)
{
	struct pollfd p = { .fd = t->out_fd, .events = POLLOUT };
	uint8_t piece[PIPE_BUF];
	unsigned int len;
	ssize_t done;

	pthread_mutex_lock(&t->lock);
	len = ring_peek(&t->out, piece, sizeof(piece));
	pthread_mutex_unlock(&t->lock);
	if (!len)
		return 0;
	if (poll(&p, 1, timeout_ms) == 0)
		return -EAGAIN;
	done = write(t->out_fd, piece, len);
	if (done < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR ? 1 : -EAGAIN;
	/* No reader will ever read a closed output: drop the bytes. */
	if (done < 0) {
		out_failed(t, errno);
		done = len;
	}
	pthread_mutex_lock(&t->lock);
	ring_take(&t->out, (unsigned int)done);
	tell_room_locked(t);
	pthread_mutex_unlock(&t->lock);
	return 1;
}

static bool is_lent(const struct terminal *t)
{
	return __atomic_load_n(&t->lent, __ATOMIC_RELAXED);
}

static int out_drain(struct terminal *t, int timeout_ms)
{
	int more;

	pthread_mutex_lock(&t->write_lock);
	do {
		more = is_lent(t) ? 0 : out_write_some(t, timeout_ms);
	} while (more > 0);
	pthread_mutex_unlock(&t->write_lock);
	return more;
}

void terminal_flush(struct terminal *t)
{
	out_drain(t, STALL_MS);
}

static void on_writable(void *opaque, int fd, short revents)
{
	struct terminal *t = opaque;

	(void)revents;
	if (out_drain(t, 0) == 0)
		ioloop_watch_host(t->loop, fd, 0, NULL, NULL);
}

static void on_burst(void *opaque, int fd, short revents)
{
	struct terminal *t = opaque;
	uint64_t ticks;

	(void)revents;
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
	pthread_mutex_lock(&t->lock);
	t->armed = false;
	pthread_mutex_unlock(&t->lock);
	if (out_drain(t, 0) == -EAGAIN)
		ioloop_watch_host(t->loop, t->out_fd, POLLOUT, on_writable, t);
}

bool terminal_size(struct terminal *t, uint16_t *ret_columns,
		   uint16_t *ret_rows)
{
	struct winsize ws;

	if (ioctl(t->out_fd, TIOCGWINSZ, &ws) < 0 || !ws.ws_col || !ws.ws_row)
		return false;
	*ret_columns = ws.ws_col;
	*ret_rows = ws.ws_row;
	return true;
}

/* ---- input ---- */

static void on_input(void *opaque, int fd, short revents);

size_t terminal_pending(struct terminal *t, const struct device *dev)
{
	unsigned int owner = __atomic_load_n(&t->owner, __ATOMIC_RELAXED);

	return t->console[owner].dev == dev ? ring_used(&t->in) : 0;
}

size_t terminal_read(struct terminal *t, const struct device *dev, void *buf,
		     size_t len)
{
	unsigned int nr = 0;
	bool reopen = false;

	pthread_mutex_lock(&t->lock);
	if (t->console[t->owner].dev == dev) {
		nr = ring_peek(&t->in, buf, len);
		ring_take(&t->in, nr);
	}
	if (nr) {
		t->taken_ms = now_ms();
		t->unheard = 0;
		t->used = true;
		reopen = t->in_closed && ring_used(&t->in) < IN_SIZE / 2;
		if (reopen)
			t->in_closed = false;
	}
	pthread_mutex_unlock(&t->lock);
	if (reopen)
		ioloop_watch_host(t->loop, t->in_fd, POLLIN, on_input, t);
	return nr;
}

static void wake_owner(struct terminal *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->nr_consoles)
		eventfd_write(t->console[t->owner].wake_fd, 1);
	pthread_mutex_unlock(&t->lock);
}

static void owner_set(struct terminal *t, unsigned int owner)
{
	pthread_mutex_lock(&t->lock);
	__atomic_store_n(&t->owner, owner, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&t->lock);
	wake_owner(t);
}

void terminal_claim(struct terminal *t, struct device *dev)
{
	for (unsigned int i = 0; i < t->nr_consoles; i++)
		if (t->console[i].dev == dev && i != t->owner && !t->used)
			owner_set(t, i);
}

static void request(struct terminal *t, enum bus_request what)
{
	t->bus->ops->request(t->bus, what);
}

static void next_console(struct terminal *t)
{
	const char *name;

	if (!t->nr_consoles)
		return;
	owner_set(t, (t->owner + 1) % t->nr_consoles);
	name = t->console[t->owner].dev->ops->name;
	terminal_flush(t);
	report(REPORT_KEY, "keys go to %s", name);
}

static void help(void)
{
	report(REPORT_KEY,
	       "Ctrl-A and then\n"
	       "  x       end the guest\n"
	       "  c       stop the guest for the debugger, or continue\n"
	       "  s       a shell: look into the guest\n"
	       "  w       show where each vCPU is\n"
	       "  r       reset the guest\n"
	       "  t       send keys to the other console\n"
	       "  Ctrl-A  send Ctrl-A to the guest\n"
	       "  h       show this list");
}

/*
 * This thread does not read the input again, so the shell gets every key from
 * now on.
 */
static void lend(struct terminal *t)
{
	terminal_flush(t);
	__atomic_store_n(&t->lent, true, __ATOMIC_RELAXED);
	ioloop_watch_host(t->loop, t->in_fd, 0, NULL, NULL);
	ttymode_restore();
	request(t, BUS_REQUEST_SHELL);
}

void terminal_take_back(struct terminal *t)
{
	ttymode_raw(t->in_fd);
	__atomic_store_n(&t->lent, false, __ATOMIC_RELAXED);
	ioloop_watch_host(t->loop, t->in_fd, POLLIN, on_input, t);
	pthread_mutex_lock(&t->lock);
	t->armed = false;
	burst_arm_locked(t);
	pthread_mutex_unlock(&t->lock);
}

/* Handle the key after Ctrl-A. */
static void escape_key(struct terminal *t, uint8_t key)
{
	switch (key) {
	case 'x':
		request(t, BUS_REQUEST_QUIT);
		break;
	case 'c':
		request(t, BUS_REQUEST_TOGGLE);
		break;
	case 's':
		lend(t);
		break;
	case 'w':
		request(t, BUS_REQUEST_STATUS);
		break;
	case 'r':
		request(t, BUS_REQUEST_RESET);
		break;
	case 't':
		next_console(t);
		break;
	default:
		terminal_flush(t);
		help();
		break;
	}
}

/*
 * Ctrl-C belongs to the guest unless the guest cannot take it. The device
 * thread does not know whether the guest is stopped, because devices are also
 * paused for short moments that are not reported. So the control thread
 * decides.
 */
static void interrupt_key(struct terminal *t)
{
	pthread_mutex_lock(&t->lock);
	if (ring_used(&t->in) && now_ms() - t->taken_ms > UNHEARD_MS)
		t->unheard++;
	pthread_mutex_unlock(&t->lock);
	request(t, BUS_REQUEST_INTERRUPT);
}

unsigned int terminal_unheard(struct terminal *t)
{
	unsigned int unheard;

	pthread_mutex_lock(&t->lock);
	unheard = t->unheard;
	pthread_mutex_unlock(&t->lock);
	return unheard;
}

enum ctrl_c terminal_ctrl_c(struct terminal *t, bool attached, bool running)
{
	unsigned int unheard = terminal_unheard(t);

	if (attached)
		return running ? CTRL_C_NOTHING : CTRL_C_WARNS_STOPPED;
	if (!running || unheard > 1)
		return CTRL_C_QUITS;
	return unheard ? CTRL_C_WARNS_DEAF : CTRL_C_NOTHING;
}

/* Take the escape keys out of buf. Returns how many bytes are left. */
static size_t filter_keys(struct terminal *t, uint8_t *buf, size_t len)
{
	size_t left = 0;

	for (size_t i = 0; i < len; i++) {
		bool was_escaped = t->escaped;

		t->escaped = !was_escaped && buf[i] == CTRL_A;
		if (t->escaped)
			continue;
		if (was_escaped && buf[i] != CTRL_A) {
			escape_key(t, buf[i]);
			continue;
		}
		if (buf[i] == CTRL_C)
			interrupt_key(t);
		buf[left++] = buf[i];
	}
	return left;
}

static void input_store(struct terminal *t, const uint8_t *buf, size_t len)
{
	bool full;

	pthread_mutex_lock(&t->lock);
	if (!ring_used(&t->in))
		t->taken_ms = now_ms();
	ring_put(&t->in, buf, len);
	/*
	 * A pipe waits when the ring is full. A terminal is always read, and
	 * bytes without room are dropped: otherwise an escape key would wait
	 * behind them.
	 */
	full = !t->tty && ring_used(&t->in) == IN_SIZE;
	if (full)
		t->in_closed = true;
	pthread_mutex_unlock(&t->lock);
	if (full)
		ioloop_watch_host(t->loop, t->in_fd, 0, NULL, NULL);
	wake_owner(t);
}

static void on_input(void *opaque, int fd, short revents)
{
	struct terminal *t = opaque;
	uint8_t buf[256];
	size_t room = IN_SIZE - ring_used(&t->in);
	ssize_t len;

	(void)revents;
	if (t->tty || room > sizeof(buf))
		room = sizeof(buf);
	len = read(fd, buf, room);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		ioloop_watch_host(t->loop, fd, 0, NULL, NULL);
		return;
	}
	if (t->tty)
		len = (ssize_t)filter_keys(t, buf, (size_t)len);
	if (len)
		input_store(t, buf, (size_t)len);
}

/* ---- create and destroy ---- */

static void console_wake(struct device *dev, int fd, short revents);

/* The terminal of this process; console_wake() gets only the device. */
static struct terminal *the_terminal;

static void console_wake(struct device *dev, int fd, short revents)
{
	struct terminal *t = the_terminal;
	eventfd_t ignored;

	(void)revents;
	eventfd_read(fd, &ignored);
	for (unsigned int i = 0; t && i < t->nr_consoles; i++)
		if (t->console[i].dev == dev)
			t->console[i].wake(dev);
}

int terminal_add(struct terminal *t, struct device *dev,
		 void (*wake)(struct device *dev))
{
	struct console *c = &t->console[t->nr_consoles];

	if (t->nr_consoles == MAX_CONSOLES)
		return -ENOSPC;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0)
		return -errno;
	c->dev = dev;
	c->wake = wake;
	t->nr_consoles++;
	return ioloop_watch(t->loop, dev, c->wake_fd, POLLIN, console_wake);
}

/* Open the same terminal again, to set O_NONBLOCK on our descriptor only. */
static void out_open(struct terminal *t, int out)
{
	char name[PATH_MAX];
	int fd;

	t->out_fd = out;
	if (!isatty(out) || ttyname_r(out, name, sizeof(name)) != 0)
		return;
	fd = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	t->out_fd = fd;
	t->own_out = true;
}

int terminal_create(struct ioloop *loop, struct bus *bus, int in, int out,
		    struct terminal **ret)
{
	struct terminal *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (!t)
		return err;
	t->loop = loop;
	t->bus = bus;
	t->in_fd = in;
	out_open(t, out);
	t->out = (struct ring){ .data = malloc(OUT_SIZE), .size = OUT_SIZE };
	t->in = (struct ring){ .data = malloc(IN_SIZE), .size = IN_SIZE };
	if (!t->out.data || !t->in.data)
		goto free_rings;
	t->burst_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->burst_fd < 0) {
		err = -errno;
		goto free_rings;
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->write_lock, NULL);
	signal(SIGPIPE, SIG_IGN);
	ioloop_watch_host(loop, t->burst_fd, POLLIN, on_burst, t);
	the_terminal = t;
	switch (ttymode_raw(in)) {
	case TTYMODE_BACKGROUND: /* reading would stop the whole job */
		break;
	case TTYMODE_RAW:
		t->tty = true;
		/* fallthrough */
	case TTYMODE_NO_TTY:
		ioloop_watch_host(loop, in, POLLIN, on_input, t);
		break;
	}
	*ret = t;
	return 0;

free_rings:
	if (t->own_out)
		close(t->out_fd);
	free(t->out.data);
	free(t->in.data);
	free(t);
	return err;
}

int terminal_destroy(struct terminal *t)
{
	int err;

	if (!t)
		return 0;
	ttymode_restore();
	ttymode_let_signals_kill();
	while (out_drain(t, -1) < 0)
		;
	ioloop_watch_host(t->loop, t->in_fd, 0, NULL, NULL);
	ioloop_watch_host(t->loop, t->out_fd, 0, NULL, NULL);
	ioloop_watch_host(t->loop, t->burst_fd, 0, NULL, NULL);
	the_terminal = NULL;
	for (unsigned int i = 0; i < t->nr_consoles; i++) {
		ioloop_watch(t->loop, NULL, t->console[i].wake_fd, 0, NULL);
		close(t->console[i].wake_fd);
	}
	close(t->burst_fd);
	if (t->own_out)
		close(t->out_fd);
	pthread_mutex_destroy(&t->write_lock);
	pthread_mutex_destroy(&t->lock);
	free(t->out.data);
	free(t->in.data);
	err = t->error == -EPIPE ? 0 : t->error;
	free(t);
	return err;
}
