/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening the transport: PORT, HOST:PORT, [V6]:PORT, unix:PATH, dev:PATH.
 *
 * A user who can connect to the stub controls the guest. The default is
 * therefore the IPv4 loopback address, and the stub checks which user is at the
 * other end. "PORT,any-user" switches this check off. A Unix socket is
 * accessible to its owner only. A socket file on which nobody listens any more
 * is replaced; any other file is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <trapline/util.h>
#include <unistd.h>

#include "listen.h"

#define LOOPBACK "127.0.0.1"
#define BACKLOG  4

static int port_parse(const char *text, char *ret, size_t size)
{
	uint64_t port;

	if (!number_in(text, 0, PORT_MAX, &port))
		return -EINVAL;
	snprintf(ret, size, "%u", (unsigned int)port);
	return 0;
}

/* The text before the last ':' is the host; brackets are for IPv6. */
static int address_parse(const char *spec, struct endpoint *ret)
{
	const char *colon = strrchr(spec, ':');
	const char *host = spec;
	size_t length;

	if (!colon || colon == spec) {
		strcpy(ret->host, LOOPBACK);
		return port_parse(colon ? spec + 1 : spec, ret->port,
				  sizeof(ret->port));
	}
	length = (size_t)(colon - spec);
	if (spec[0] == '[') {
		if (length < 3 || colon[-1] != ']')
			return -EINVAL;
		host = spec + 1;
		length -= 2;
	} else if (memchr(spec, ':', length)) {
		return -EINVAL;
	}
	if (length >= sizeof(ret->host))
		return -EINVAL;
	memcpy(ret->host, host, length);
	ret->host[length] = '\0';
	return port_parse(colon + 1, ret->port, sizeof(ret->port));
}

int endpoint_parse(const char *spec, struct endpoint *ret, bool *ret_any_user)
{
	char address[sizeof(ret->host) + sizeof(ret->port) + 4];
	size_t length = strcspn(spec, ",");

	*ret_any_user = !strcmp(spec + length, ",any-user");
	if (length >= sizeof(address) || (spec[length] && !*ret_any_user))
		return -EINVAL;
	memcpy(address, spec, length);
	address[length] = '\0';
	return address_parse(address, ret);
}

static int socket_listen(const struct sockaddr *address, socklen_t size,
			 int *ret)
{
	int one = 1, error, fd;

	fd = socket(address->sa_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/*
	 * bind(2) creates the file with the mode of the socket (Linux,
	 * unix_bind()), so no other user can ever open the file.
	 */
	if (address->sa_family == AF_UNIX)
		error = fchmod(fd, 0600);
	else
		error = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
				   sizeof(one));
	if (error || bind(fd, address, size) || listen(fd, BACKLOG)) {
		error = -errno;
		close(fd);
		return error;
	}
	*ret = fd;
	return 0;
}

static unsigned int bound_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static int tcp_fail(int error, const struct endpoint *to, char *err,
		    size_t err_size)
{
	const char *hint = "";

	if (error == -EADDRINUSE)
		hint = "; stop the other program or choose another --gdb PORT";
	else if (error == -EACCES)
		hint = "; choose a port above 1023";
	else if (error == -EADDRNOTAVAIL)
		hint = "; this machine does not have that address";
	snprintf(err, err_size, "gdb stub: cannot listen on %s:%s: %s%s",
		 to->host, to->port, strerror(-error), hint);
	return error;
}

static int tcp_open(struct transport *t, const char *spec, char *err,
		    size_t err_size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	struct endpoint to;
	struct addrinfo *found;
	bool is_default, any_user;
	int error, fd;

	if (endpoint_parse(spec, &to, &any_user)) {
		snprintf(err, err_size,
			 "gdb stub: '%s' is no PORT[,any-user], "
			 "HOST:PORT[,any-user], unix:PATH or dev:PATH",
			 spec);
		return -EINVAL;
	}
	error = getaddrinfo(to.host, to.port, &hints, &found);
	if (error) {
		snprintf(err, err_size, "gdb stub: address '%s': %s", to.host,
			 gai_strerror(error));
		return -EINVAL;
	}
	error = socket_listen(found->ai_addr, found->ai_addrlen, &fd);
	freeaddrinfo(found);
	if (error)
		return tcp_fail(error, &to, err, err_size);
	peer_door_init(&t->door, fd);
	peer_check_init(&t->peers, any_user);
	is_default = !strcmp(to.host, LOOPBACK);
	snprintf(t->target, sizeof(t->target),
		 strchr(to.host, ':') ? "target remote [%.100s]:%u"
				      : "target remote %.100s:%u",
		 is_default ? "" : to.host, bound_port(fd));
	return 0;
}

/* Remove a socket file on which nobody listens any more. */
static void stale_remove(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int unix_open(struct transport *t, const char *path, char *err,
		     size_t err_size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error, fd;

	if (!*path || strlen(path) >= sizeof(address.sun_path)) {
		snprintf(err, err_size,
			 "gdb stub: the path of a Unix socket has 1 to %zu "
			 "characters",
			 sizeof(address.sun_path) - 1);
		return -EINVAL;
	}
	strcpy(address.sun_path, path);
	stale_remove(&address);
	error = socket_listen((struct sockaddr *)&address, sizeof(address),
			      &fd);
	if (error) {
		snprintf(err, err_size, "gdb stub: cannot listen on %s: %s%s",
			 path, strerror(-error),
			 error == -EADDRINUSE
				 ? "; remove the file or choose another path"
				 : "");
		return error;
	}
	peer_door_init(&t->door, fd);
	strcpy(t->path, path);
	snprintf(t->target, sizeof(t->target), "target remote %s", path);
	return 0;
}

static int dev_open(struct transport *t, const char *path, char *err,
		    size_t err_size)
{
	struct termios tio;
	struct stat st;
	int error;

	t->fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (t->fd >= 0 && !fstat(t->fd, &st) && !S_ISCHR(st.st_mode)) {
		close(t->fd);
		t->fd = -1;
		errno = ENOTTY;
	}
	if (t->fd < 0) {
		error = errno == ENOTTY ? -EINVAL : -errno;
		snprintf(err, err_size, "gdb stub: cannot open %s: %s", path,
			 error == -EINVAL ? "not a character device"
					  : strerror(-error));
		return error;
	}
	if (!tcgetattr(t->fd, &tio)) {
		cfmakeraw(&tio);
		tcsetattr(t->fd, TCSANOW, &tio);
	}
	snprintf(t->target, sizeof(t->target),
		 "target remote (the other end of %.100s)", path);
	return 0;
}

int listen_open(struct transport *t, const char *spec, char *err,
		size_t err_size)
{
	if (!strncmp(spec, "unix:", 5)) {
		t->kind = TRANSPORT_UNIX;
		return unix_open(t, spec + 5, err, err_size);
	}
	if (!strncmp(spec, "dev:", 4)) {
		t->kind = TRANSPORT_DEV;
		return dev_open(t, spec + 4, err, err_size);
	}
	t->kind = TRANSPORT_TCP;
	return tcp_open(t, spec, err, err_size);
}
