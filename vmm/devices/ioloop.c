// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ioloop.c - the device thread: poll(2) over watched descriptors
 *
 * The loop uses poll(2) and not epoll(7), because stdin may be a regular file
 * or /dev/null, which epoll refuses, and because there are few descriptors.
 * Each round collects the set of descriptors anew. Another thread that changes
 * the set wakes the loop through an eventfd.
 *
 * While the loop is paused, device watches are left out of the set: a ready
 * descriptor stays ready and is served after ioloop_resume(). A debugger that
 * steps pauses and resumes the loop thousands of times, so neither call wakes
 * the thread without need. Pausing leaves device watches in the present set,
 * where they are ignored. Resuming wakes the thread only when a round has left
 * them out meanwhile.
 */
#include "ioloop.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_WATCHES  64
#define POLL_NAP_US  10000
#define POLL_TROUBLE (POLLERR | POLLHUP | POLLNVAL)

struct watch {
	int fd;
	short events; /* 0: the slot is free */
	struct device *dev; /* NULL: a host watch */
	ioloop_device_fn *dev_fn;
	ioloop_host_fn *host_fn;
	void *opaque;
};

struct ioloop {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct watch watch[MAX_WATCHES];
	pthread_t thread;
	void (*begin)(void *opaque);
	void *begin_opaque;
	bool started;
	bool quit;
	bool paused;
	bool left_out; /* the thread polls without device watches */
	bool in_device; /* a device callback is running */
	int wake_fd;
};

/* The loop that the current thread runs; NULL on other threads. */
static __thread const struct ioloop *own_loop;

int ioloop_create(struct ioloop **ret)
{
	struct ioloop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0) {
		int err = -errno;

		free(loop);
		return err;
	}
	pthread_mutex_init(&loop->lock, NULL);
	pthread_cond_init(&loop->idle, NULL);
	*ret = loop;
	return 0;
}

static void ioloop_wake(struct ioloop *loop)
{
	/* The next round sees a callback's own changes without a wake-up. */
	if (own_loop == loop)
		return;
	/* Ignore an error: a full eventfd wakes the loop, too. */
	eventfd_write(loop->wake_fd, 1);
}

static struct watch *watch_find(struct ioloop *loop, int fd)
{
	for (unsigned int i = 0; i < MAX_WATCHES; i++)
		if (loop->watch[i].events && loop->watch[i].fd == fd)
			return &loop->watch[i];
	return NULL;
}

static struct watch *watch_free_slot(struct ioloop *loop)
{
	for (unsigned int i = 0; i < MAX_WATCHES; i++)
		if (!loop->watch[i].events)
			return &loop->watch[i];
	return NULL;
}

static int watch_set(struct ioloop *loop, const struct watch *want)
{
	struct watch *w;
	int err = 0;

	pthread_mutex_lock(&loop->lock);
	w = watch_find(loop, want->fd);
	if (!w && want->events) {
		w = watch_free_slot(loop);
		if (!w)
			err = -ENOSPC;
	}
	if (w)
		*w = *want;
	pthread_mutex_unlock(&loop->lock);
	ioloop_wake(loop);
	return err;
}

int ioloop_watch(struct ioloop *loop, struct device *dev, int fd, short events,
		 ioloop_device_fn *fn)
{
	struct watch want = {
		.fd = fd,
		.events = events,
		.dev = dev,
		.dev_fn = fn,
	};

	return watch_set(loop, &want);
}

int ioloop_watch_host(struct ioloop *loop, int fd, short events,
		      ioloop_host_fn *fn, void *opaque)
{
	struct watch want = {
		.fd = fd,
		.events = events,
		.host_fn = fn,
		.opaque = opaque,
	};

	return watch_set(loop, &want);
}

/* fds has MAX_WATCHES + 1 entries. Returns how many are filled. */
static nfds_t ioloop_collect(struct ioloop *loop, struct pollfd *fds)
{
	nfds_t nr = 0;

	fds[nr++] = (struct pollfd){ .fd = loop->wake_fd, .events = POLLIN };
	pthread_mutex_lock(&loop->lock);
	loop->left_out = loop->paused;
	for (unsigned int i = 0; i < MAX_WATCHES; i++) {
		const struct watch *w = &loop->watch[i];

		if (!w->events || (w->dev && loop->paused))
			continue;
		fds[nr++] = (struct pollfd){ .fd = w->fd, .events = w->events };
	}
	pthread_mutex_unlock(&loop->lock);
	return nr;
}

/*
 * Is the watch still wanted? Another thread may have changed it after poll().
 */
static bool watch_take(struct ioloop *loop, const struct pollfd *p,
		       struct watch *ret)
{
	struct watch *w = watch_find(loop, p->fd);

	if (!w || !(p->revents & (w->events | POLL_TROUBLE)))
		return false;
	if (w->dev && loop->paused)
		return false;
	*ret = *w;
	/*
	 * A descriptor that was closed while watched would wake the loop for
	 * ever.
	 */
	if (p->revents & POLLNVAL)
		w->events = 0;
	return true;
}

static bool call_device(struct ioloop *loop, const struct pollfd *p,
			struct device *dev)
{
	struct watch w;
	bool called = false;

	pthread_mutex_lock(&dev->lock);
	pthread_mutex_lock(&loop->lock);
	called = watch_take(loop, p, &w) && w.dev == dev;
	loop->in_device = called;
	pthread_mutex_unlock(&loop->lock);
	if (called)
		w.dev_fn(dev, p->fd, p->revents);
	pthread_mutex_unlock(&dev->lock);

	pthread_mutex_lock(&loop->lock);
	loop->in_device = false;
	pthread_cond_broadcast(&loop->idle);
	pthread_mutex_unlock(&loop->lock);
	return called;
}

static bool ioloop_dispatch(struct ioloop *loop, const struct pollfd *p)
{
	struct watch w;
	bool wanted;

	pthread_mutex_lock(&loop->lock);
	wanted = watch_take(loop, p, &w);
	pthread_mutex_unlock(&loop->lock);
	if (!wanted)
		return false;
	if (w.dev)
		return call_device(loop, p, w.dev);
	w.host_fn(w.opaque, p->fd, p->revents);
	return true;
}

int ioloop_run_once(struct ioloop *loop, int timeout_ms)
{
	struct pollfd fds[MAX_WATCHES + 1];
	nfds_t nr = ioloop_collect(loop, fds);
	int calls = 0, ready = poll(fds, nr, timeout_ms);

	/* Out of memory: the next poll(2) may succeed. */
	if (ready < 0 && errno != EINTR)
		usleep(POLL_NAP_US);
	if (ready <= 0)
		return 0;
	if (fds[0].revents) {
		eventfd_t ignored;

		eventfd_read(loop->wake_fd, &ignored);
	}
	for (nfds_t i = 1; i < nr; i++)
		if (fds[i].revents)
			calls += ioloop_dispatch(loop, &fds[i]);
	return calls;
}

static void *ioloop_main(void *arg)
{
	struct ioloop *loop = arg;

	own_loop = loop;
	if (loop->begin)
		loop->begin(loop->begin_opaque);
	while (!__atomic_load_n(&loop->quit, __ATOMIC_ACQUIRE))
		ioloop_run_once(loop, -1);
	return NULL;
}

int ioloop_start(struct ioloop *loop, void (*begin)(void *opaque), void *opaque)
{
	sigset_t all, old;
	int err;

	loop->begin = begin;
	loop->begin_opaque = opaque;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&loop->thread, NULL, ioloop_main, loop);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	loop->started = !err;
	return -err;
}

void ioloop_stop(struct ioloop *loop)
{
	if (!loop->started)
		return;
	__atomic_store_n(&loop->quit, true, __ATOMIC_RELEASE);
	ioloop_wake(loop);
	pthread_join(loop->thread, NULL);
	loop->started = false;
	loop->quit = false;
}

void ioloop_destroy(struct ioloop *loop)
{
	if (!loop)
		return;
	ioloop_stop(loop);
	close(loop->wake_fd);
	pthread_cond_destroy(&loop->idle);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void ioloop_pause(struct ioloop *loop)
{
	pthread_mutex_lock(&loop->lock);
	loop->paused = true;
	while (loop->in_device)
		pthread_cond_wait(&loop->idle, &loop->lock);
	pthread_mutex_unlock(&loop->lock);
}

void ioloop_resume(struct ioloop *loop)
{
	bool wake;

	pthread_mutex_lock(&loop->lock);
	loop->paused = false;
	wake = loop->left_out;
	pthread_mutex_unlock(&loop->lock);
	if (wake)
		ioloop_wake(loop);
}
