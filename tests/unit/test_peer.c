// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer/: the user who owns a connection, and whether a debugger speaks on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <trapline/peer.h>
#include <unistd.h>

#include "peer/uid.h"

/* ---- the bytes ------------------------------------------------------------ */

/* The answer is the same for the text in one piece and byte by byte. */
static bool speaks(const char *text, size_t size)
{
	struct peer_speech whole, parts;
	bool good = true, fed;

	peer_speech_reset(&whole);
	peer_speech_reset(&parts);
	fed = peer_speech_feed(&whole, (const uint8_t *)text, size);
	for (size_t i = 0; i < size && good; i++)
		good = peer_speech_feed(&parts, (const uint8_t *)text + i, 1);
	assert_int_equal(fed, good);
	return fed;
}

#define SPEAKS(text) speaks(text, sizeof(text) - 1)

static void debuggers_speak(void **state)
{
	/*
	 * First packets of gdb, of lldb, and of a debugger that interrupts
	 * first.
	 */
	assert_true(SPEAKS("+$qSupported:multiprocess+;swbreak+#c6"));
	assert_true(SPEAKS("+$QStartNoAckMode#b0"));
	assert_true(SPEAKS("\003+$?#3f"));
	/*
	 * The first packet is repeated without an answer; the last copy is
	 * incomplete.
	 */
	assert_true(SPEAKS("+$qSupported#37$qSupported#37$qSupp"));
	/*
	 * After the first packet, a packet may hold any bytes and be
	 * incomplete.
	 */
	assert_true(SPEAKS("+$?#3f-+$X0,4:\r\n\000\377#00$m4$g#67+"));
	assert_true(SPEAKS("$?#3f$g#$g#6$g#67"));
	assert_true(SPEAKS("$}]#00"));
}

static void nobody_else_does(void **state)
{
	static const char *const requests[] = {
		/* Requests of web pages and their forms. */
		"GET / HTTP/1.1\r\nHost: localhost:1234\r\n\r\n",
		"POST / HTTP/1.1\r\n\r\n$k#6b",
		"OPTIONS / HTTP/1.1\r\n\r\n$k#6b",
		/* HTTP methods that begin like a debugger's packets. */
		"$k#6b / HTTP/1.1\r\n\r\n",
		"+$k#6b / HTTP/1.1\r\n\r\n",
		"$qSupported#37$k#6b / HTTP/1.1\r\n\r\n$k#6b",
		"$x / HTTP/1.1\r\n\r\n$k#6b",
		"$ / HTTP/1.1\r\nX: #00\r\n\r\n",
		"+ / HTTP/1.1\r\n\r\n$k#6b",
		"$k#6 / HTTP/1.1",
		/* The first packet begins twice. */
		"$a$k#6b",
		/* Other protocols. */
		"SSH-2.0-OpenSSH\r\n",
		"EHLO localhost\r\n",
		"-$k#6b",
		" $k#6b",
		"\n$k#6b",
		"++\n$k#6b",
		"\026\003\001",
	};

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (speaks(requests[i], strlen(requests[i])))
			fail_msg("'%s' is taken for a debugger's", requests[i]);
	assert_false(SPEAKS("\000\001\000\000"));
	assert_false(SPEAKS("$?#3f+\n"));
	assert_false(SPEAKS("$?#3f$g#67 "));
}

/* The bytes before the first answer have a maximum length. */
static void first_is_short(void **state)
{
	static uint8_t acks[PEER_FIRST_MAX + 1];
	struct peer_speech speech;

	memset(acks, '+', sizeof(acks));
	peer_speech_reset(&speech);
	assert_false(peer_speech_feed(&speech, acks, sizeof(acks)));
	peer_speech_reset(&speech);
	assert_true(peer_speech_feed(&speech, acks, PEER_FIRST_MAX));
	assert_false(peer_speech_feed(&speech, acks, 1));
	speech.answered = true;
	assert_true(peer_speech_feed(&speech, acks, sizeof(acks)));
}

/* ---- the user ------------------------------------------------------------- */

static int table_of(const char *text)
{
	int fd = memfd_create("tcp", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

#define HEADER                                                                \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when " \
	"retrnsmt   uid  timeout inode\n"
#define LINE(sl, addresses, uid, inode)                                     \
	sl ": " addresses " 01 00000000:00000000 00:00000000 00000000 " uid \
	   "        0 " inode " 1 0000000000000000 20 4 30 10 -1\n"

static void tables_are_read(void **state)
{
	static char text[40000];
	uid_t uid = 7;
	int fd;

	/* The wanted line is split over two reads. */
	strcpy(text, HEADER);
	for (int i = 0; i < 200; i++)
		strcat(text, LINE("   1", "0100007F:8EE1 0100007F:CC84", "  33",
				  "44"));
	strcat(text,
	       LINE("   2", "0100007F:04D2 0100007F:BEEF", "    0", "77"));
	strcat(text,
	       LINE("   3", "0100007F:BEEF 0100007F:04D2", " 1001", "78"));
	strcat(text, LINE("   4", "0100007F:BEF0 0100007F:04D2", "    0", "0"));
	fd = table_of(text);
	assert_int_equal(
		peer_table_find(fd, "0100007F:BEEF 0100007F:04D2", &uid), 0);
	assert_int_equal(uid, 1001);
	assert_int_equal(peer_table_find(fd, "0100007F:BEEF 0100007F:04D",
					 &uid),
			 -ENOENT);
	assert_int_equal(peer_table_find(fd, "0100007F:BEEE 0100007F:04D2",
					 &uid),
			 -ENOENT);
	/* The socket is closed already: the UID 0 in its line is not root. */
	assert_int_equal(peer_table_find(fd, "0100007F:BEF0 0100007F:04D2",
					 &uid),
			 -EACCES);
	assert_int_equal(uid, 1001);
	close(fd);
}

struct pair {
	int listener, dialled, accepted;
};

static struct sockaddr_in6 address_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size),
			 0);
	return address;
}

static void listen_on(struct pair *p, int family)
{
	struct sockaddr_in6 any = { .sin6_family = (sa_family_t)family };

	p->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&any,
			      family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(any)),
			 0);
	assert_int_equal(listen(p->listener, 4), 0);
}

/* Connect to p's listener by the loopback address of that family. */
static int dial(const struct pair *p, int family)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = address_of(p->listener).sin6_port;
	to6.sin6_port = to.sin_port;
	if (family == AF_INET)
		return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -1
								       : fd;
	return connect(fd, (struct sockaddr *)&to6, sizeof(to6)) ? -1 : fd;
}

static int verdict(struct pair *p, bool any_user)
{
	struct peer_check check;
	char why[128] = "";
	int error;

	p->accepted = accept(p->listener, NULL, NULL);
	assert_true(p->accepted >= 0);
	peer_check_init(&check, any_user);
	error = peer_check_fd(&check, p->accepted, why, sizeof(why));
	assert_int_equal(!*why, !error);
	peer_check_deinit(&check);
	close(p->accepted);
	return error;
}

static void own_connections(void **state)
{
	static const struct {
		int listener, dialler;
	} families[] = {
		{ AF_INET, AF_INET },
		{ AF_INET6, AF_INET6 },
		{ AF_INET6, AF_INET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct pair p;

		listen_on(&p, families[i].listener);
		p.dialled = dial(&p, families[i].dialler);
		/* A machine without IPv6 cannot run the rest for IPv6. */
		if (p.dialled >= 0) {
			assert_int_equal(verdict(&p, false), 0);
			close(p.dialled);
		}
		close(p.listener);
	}
}

/* The other end has closed before its user could be looked up. */
static void gone_at_once(void **state)
{
	struct pair p;

	listen_on(&p, AF_INET);
	p.dialled = dial(&p, AF_INET);
	assert_int_equal(write(p.dialled, "$k#6b", 5), 5);
	close(p.dialled);
	assert_int_equal(verdict(&p, false), -EACCES);
	close(p.listener);
}

/* A connection of another user. Only root can become another user. */
static void another_user(void **state)
{
	struct pair p;
	int status;
	pid_t pid;

	if (geteuid()) {
		skip();
		return;
	}
	listen_on(&p, AF_INET);
	/*
	 * SUDO_UID in round i: 0 another user; 2 the user who connects; 3 and
	 * 4 malformed. In round 1 all users are allowed.
	 */
	for (int i = 0; i < 5; i++) {
		static const char *const sudo[] = { "1000", NULL, "65534",
						    "65534x", "" };

		setenv("SUDO_UID", sudo[i] ?: "0", 1);
		pid = fork();
		if (!pid) {
			if (setuid(65534) || dial(&p, AF_INET) < 0)
				_exit(1);
			pause();
		}
		assert_int_equal(verdict(&p, !sudo[i]),
				 i == 1 || i == 2 ? 0 : -EACCES);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	unsetenv("SUDO_UID");
	close(p.listener);
}

static void refusals_are_counted(void **state)
{
	struct peer_check check = { 0 };
	unsigned int said = 0;

	for (int i = 0; i < 1000; i++)
		said += peer_refusal_count(&check);
	assert_int_equal(check.refusals, 1000);
	assert_int_equal(said, 10); /* number 1, 2, 4, ... 512 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debuggers_speak),
		cmocka_unit_test(nobody_else_does),
		cmocka_unit_test(first_is_short),
		cmocka_unit_test(tables_are_read),
		cmocka_unit_test(own_connections),
		cmocka_unit_test(gone_at_once),
		cmocka_unit_test(another_user),
		cmocka_unit_test(refusals_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
