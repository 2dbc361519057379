// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * uid.c - which user owns the other end of a TCP connection?
 *
 * /proc/net/tcp has a line for each socket of this network namespace, with both
 * addresses, the user who created the socket, and its inode. For a connection
 * from this machine, the line of the other end has the two addresses exchanged.
 *
 * A socket that was closed while its last bytes were still unread stays in the
 * table for a while, without an inode. Its user then reads 0, which does not
 * mean root: the owner is unknown.
 */
#include <trapline/peer.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <trapline/util.h>

#include "uid.h"

#define ADDRESS_SIZE 40 /* 32 digits, a colon, 4 digits, NUL */
/* The kernel may skip a line while other lines disappear. */
#define TRIES        3

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* SUDO_UID is trusted only when this process runs as root. */
static uid_t user_find(void)
{
	const char *text = geteuid() ? NULL : getenv("SUDO_UID");
	uint64_t uid;

	return text && number_in(text, 0, INT_MAX, &uid) ? (uid_t)uid
							 : geteuid();
}

void peer_check_init(struct peer_check *check, bool any_user)
{
	*check = (struct peer_check){
		.any_user = any_user, .tcp = -1, .tcp6 = -1, .user = user_find()
	};
	if (any_user)
		return;
	check->tcp = open("/proc/self/net/tcp", O_RDONLY | O_CLOEXEC);
	check->tcp6 = open("/proc/self/net/tcp6", O_RDONLY | O_CLOEXEC);
}

void peer_check_deinit(struct peer_check *check)
{
	if (check->tcp >= 0)
		close(check->tcp);
	if (check->tcp6 >= 0)
		close(check->tcp6);
	check->tcp = -1;
	check->tcp6 = -1;
}

/* ---- one table ---- */

/*
 * Parse "sl: local remote st tx:rx tr:when retrnsmt uid timeout inode ...".
 * Returns 0 and *ret, -ENOENT: the line of another connection, or -EACCES: a
 * socket without an owner.
 */
static int line_match(const char *line, const char *addresses, uid_t *ret)
{
	size_t length = strlen(addresses);
	const char *at = strchr(line, ':');
	unsigned long inode;
	unsigned int uid;

	at = at ? at + 1 + strspn(at + 1, " ") : "";
	if (strncmp(at, addresses, length) || at[length] != ' ')
		return -ENOENT;
	if (sscanf(at + length, "%*x %*x:%*x %*x:%*x %*x %u %*d %lu", &uid,
		   &inode) != 2 ||
	    !inode)
		return -EACCES;
	*ret = uid;
	return 0;
}

/* Check the whole lines at the beginning of text. *ret_used is their length. */
static int lines_match(char *text, const char *addresses, uid_t *ret,
		       size_t *ret_used)
{
	char *line = text, *end;
	int error = -ENOENT;

	while (error == -ENOENT && (end = strchr(line, '\n'))) {
		*end = '\0';
		error = line_match(line, addresses, ret);
		line = end + 1;
	}
	*ret_used = (size_t)(line - text);
	return error;
}

int peer_table_find(int table, const char *addresses, uid_t *ret)
{
	char text[8192];
	size_t length = 0, used;
	off_t at = 0;

	for (;;) {
		ssize_t done = pread(table, text + length,
				     sizeof(text) - 1 - length, at);
		int error;

		if (done <= 0)
			return done ? -errno : -ENOENT;
		at += done;
		length += (size_t)done;
		text[length] = '\0';
		error = lines_match(text, addresses, ret, &used);
		if (error != -ENOENT)
			return error;
		/* No line of that table is this long. */
		if (!used && length == sizeof(text) - 1)
			return -EBADMSG;
		length -= used;
		memmove(text, text + used, length);
	}
}

/* ---- both tables ---- */

static bool is_mapped(const union address *a)
{
	return a->any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr);
}

static uint32_t ipv4_of(const union address *a)
{
	uint32_t address;

	if (a->any.sa_family == AF_INET)
		return a->in.sin_addr.s_addr;
	memcpy(&address, a->in6.sin6_addr.s6_addr + 12, sizeof(address));
	return address;
}

/*
 * Write an address as the tables do: 32-bit words in the machine's byte order,
 * then the port's number.
 */
static void address_print(const union address *a, bool as_ipv6, char *ret)
{
	uint32_t words[4] = { 0, 0, htonl(0xffff), ipv4_of(a) };
	/* sin_port and sin6_port are at the same offset. */
	unsigned int port = ntohs(a->in.sin_port);

	if (!as_ipv6) {
		snprintf(ret, ADDRESS_SIZE, "%08X:%04X", words[3], port);
		return;
	}
	if (a->any.sa_family == AF_INET6)
		memcpy(words, &a->in6.sin6_addr, sizeof(words));
	snprintf(ret, ADDRESS_SIZE, "%08X%08X%08X%08X:%04X", words[0], words[1],
		 words[2], words[3], port);
}

static int table_lookup(int table, bool as_ipv6, const union address *local,
			const union address *remote, uid_t *ret)
{
	char first[ADDRESS_SIZE], second[ADDRESS_SIZE];
	char both[2 * ADDRESS_SIZE];

	if (table < 0)
		return -ENOENT;
	address_print(local, as_ipv6, first);
	address_print(remote, as_ipv6, second);
	snprintf(both, sizeof(both), "%s %s", first, second);
	return peer_table_find(table, both, ret);
}

/*
 * Find the user of the other end: its local address is our remote one. An IPv6
 * socket may speak IPv4, and is then in the IPv6 table with a mapped address.
 */
static int uid_find(const struct peer_check *check, const union address *ours,
		    const union address *theirs, uid_t *ret)
{
	bool is_ipv4 = ours->any.sa_family == AF_INET || is_mapped(ours);
	int error = -ENOENT;

	for (int i = 0; i < TRIES && error == -ENOENT; i++) {
		if (is_ipv4)
			error = table_lookup(check->tcp, false, theirs, ours,
					     ret);
		if (error == -ENOENT)
			error = table_lookup(check->tcp6, true, theirs, ours,
					     ret);
	}
	return error;
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET || is_mapped(a))
		return ntohl(ipv4_of(a)) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

int peer_check_fd(const struct peer_check *check, int fd, char *why,
		  size_t why_size)
{
	union address ours = { 0 }, theirs = { 0 };
	socklen_t size = sizeof(ours);
	uid_t uid;
	int error = 0;

	if (check->any_user)
		return 0;
	if (getsockname(fd, &ours.any, &size))
		error = -errno;
	size = sizeof(theirs);
	if (getpeername(fd, &theirs.any, &size))
		error = -errno;
	if (!error)
		error = uid_find(check, &ours, &theirs, &uid);
	/*
	 * The socket belongs to no user of this machine. On loopback that is
	 * impossible, so refuse the peer there.
	 */
	if (error == -ENOENT && !is_loopback(&ours))
		return 0;
	if (error)
		snprintf(why, why_size, "its user cannot be determined");
	else if (uid && uid != check->user)
		snprintf(why, why_size, "it belongs to user %u", uid);
	else
		return 0;
	return -EACCES;
}

bool peer_refusal_count(struct peer_check *check)
{
	unsigned int nr = ++check->refusals;

	return !(nr & (nr - 1));
}
