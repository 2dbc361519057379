// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * door.c - accept connections, even when no descriptor is left
 *
 * When accept(2) fails with EMFILE, ENFILE, ENOBUFS or ENOMEM, the connection
 * stays in the queue, so poll(2) would report it again at once.
 */
#include <trapline/peer.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <trapline/util.h>

#define SHUT_MIN_MS 50U
#define SHUT_MAX_MS 1600U

/* The reserve could be any file. A copy of fd needs no right to open a file. */
static void spare_take(struct peer_door *door)
{
	if (door->spare < 0)
		door->spare = fcntl(door->fd, F_DUPFD_CLOEXEC, 0);
}

static void spare_give(struct peer_door *door)
{
	if (door->spare >= 0)
		close(door->spare);
	door->spare = -1;
}

void peer_door_init(struct peer_door *door, int fd)
{
	*door = (struct peer_door){ .fd = fd,
				    .spare = -1,
				    .shut_ms = SHUT_MIN_MS };
	if (fd >= 0)
		spare_take(door);
}

void peer_door_deinit(struct peer_door *door)
{
	spare_give(door);
	if (door->fd >= 0)
		close(door->fd);
	door->fd = -1;
}

bool peer_door_is_open(struct peer_door *door)
{
	if (door->shut_until_ms && now_ms() >= door->shut_until_ms)
		door->shut_until_ms = 0;
	return door->fd >= 0 && !door->shut_until_ms;
}

int peer_door_timeout(const struct peer_door *door)
{
	if (door->fd < 0 || !door->shut_until_ms)
		return -1;
	return ms_until(door->shut_until_ms);
}

static int connection_take(const struct peer_door *door)
{
	int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* These errors concern one connection, not this process. */
static bool is_passing(int error)
{
	return error == -EAGAIN || error == -EINTR || error == -ECONNABORTED;
}

static void door_shut(struct peer_door *door)
{
	door->shut_until_ms = now_ms() + door->shut_ms;
	if (door->shut_ms < SHUT_MAX_MS)
		door->shut_ms *= 2;
}

int peer_door_accept(struct peer_door *door)
{
	int fd = connection_take(door);

	if ((fd == -EMFILE || fd == -ENFILE) && door->spare >= 0) {
		spare_give(door);
		fd = connection_take(door);
	}
	if (fd >= 0) {
		door->shut_until_ms = 0;
		door->shut_ms = SHUT_MIN_MS;
		spare_take(door);
		return fd;
	}
	spare_take(door);
	if (is_passing(fd))
		door->shut_until_ms = 0;
	else
		door_shut(door);
	return -EAGAIN;
}
