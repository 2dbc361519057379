// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab/gdbport.c: debuggers' connections to the lab. No debugger may receive
 * bytes that were meant for another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <trapline/types.h>
#include <unistd.h>

#include "lab/gdbport.h"

#define GREETING "+$qSupported#37"

static struct lab_gdb_port *port;
static unsigned int number;
static int stub; /* the other end of the lab's device */

static void port_start(void)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	struct pollfd fds[LAB_GDB_PORT_POLLFDS];
	int pair[2];

	assert_int_equal(lab_gdb_port_open(0, false, &port), 0);
	assert_int_equal(lab_gdb_port_pollfds(port, fds), 1);
	assert_int_equal(
		getsockname(fds[0].fd, (struct sockaddr *)&address, &size), 0);
	number = ntohs(address.sin_port);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	lab_gdb_port_connect(port, pair[0]);
	stub = pair[1];
}

static int setup(void **state)
{
	port_start();
	return 0;
}

static int teardown(void **state)
{
	lab_gdb_port_close(port);
	close(stub);
	return 0;
}

/* One round of the lab's loop, which also waits for fd. */
static int turn(int fd, short events, int timeout_ms)
{
	struct pollfd fds[LAB_GDB_PORT_POLLFDS + 1];
	unsigned int nr = lab_gdb_port_pollfds(port, fds);
	int timeout = lab_gdb_port_timeout(port), ready;

	fds[nr] = (struct pollfd){ .fd = fd, .events = events };
	if (timeout < 0 || timeout_ms < timeout)
		timeout = timeout_ms;
	ready = poll(fds, nr + 1, timeout);
	lab_gdb_port_dispatch(port, fds, nr);
	return ready;
}

static void settle(void)
{
	for (int i = 0; i < 1000 && turn(-1, 0, 2) > 0; i++)
		;
}

static int dial(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)number),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* Check that the next bytes that fd receives are text. */
static void hears(int fd, const char *text)
{
	char got[256] = "";
	size_t length = 0;

	for (int i = 0; i < 1000 && length < strlen(text); i++) {
		ssize_t done = recv(fd, got + length, strlen(text) - length,
				    MSG_DONTWAIT);

		if (done > 0)
			length += (size_t)done;
		else
			turn(fd, POLLIN, 10);
	}
	assert_string_equal(got, text);
}

static void hears_nothing(int fd)
{
	char byte;

	settle();
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void is_hung_up_on(int fd)
{
	char byte;

	for (int i = 0;
	     i < 200 && recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
	     i++)
		turn(fd, POLLIN, 10);
	assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) <= 0);
	close(fd);
}

static void both_ways(void **state)
{
	int fd = dial();

	say(fd, GREETING);
	hears(stub, GREETING);
	say(stub, "+$PacketSize=1#00");
	hears(fd, "+$PacketSize=1#00");
	say(fd, "\003");
	hears(stub, "\003");
	close(fd);
}

/* The next debugger does not get replies to one that has left. */
static void next_one_is_clean(void **state)
{
	int fd = dial(), next;

	say(fd, GREETING);
	hears(stub, GREETING);
	say(fd, "+$vCont;c#a8");
	hears(stub, "+$vCont;c#a8");
	say(fd, "$m400");
	settle();
	close(fd);
	hears(stub, "$m400$Qtrapline.left:1#f4");
	/* The stub reports a stop before it reads the lab's question. */
	say(stub, "$T05thread:1;#00");
	next = dial();
	say(next, GREETING);
	/* The lab asks again, because the first question may be lost. */
	hears(stub, "$Qtrapline.left:2#f5");
	hears_nothing(next);
	hears_nothing(stub);
	/* Other answers, and the beginning of the right one, do not count. */
	say(stub, "+$OK#9a$left:0#15$left:1#16$left:2$left:20#47");
	hears_nothing(next);
	say(stub, "$le");
	hears_nothing(stub);
	say(stub, "ft:2#17");
	hears(stub, GREETING);
	say(stub, "+$PacketSize=2#00");
	hears(next, "+$PacketSize=2#00");
	close(next);
	hears(stub, "$Qtrapline.left:3#f6");
}

/* The lab repeats its question while a debugger waits for an answer. */
static void asks_again(void **state)
{
	int fd = dial();

	say(fd, GREETING);
	hears(stub, GREETING);
	close(fd);
	hears(stub, "$Qtrapline.left:1#f4");
	assert_int_equal(lab_gdb_port_timeout(port), -1);
	fd = dial();
	say(fd, GREETING);
	hears(stub, "$Qtrapline.left:2#f5$Qtrapline.left:3#f6");
	/*
	 * The answer to the second question is late; only the third one counts.
	 */
	say(stub, "$left:2#17");
	hears_nothing(fd);
	say(stub, "$left:3#18");
	hears(stub, GREETING);
	close(fd);
}

/* A debugger that leaves before the lab has read from it has sent nothing. */
static void gone_before_heard(void **state)
{
	int fd = dial();

	say(fd, "$?#3f");
	hears(stub, "$?#3f");
	close(fd);
	hears(stub, "$Qtrapline.left:1#f4");
	fd = dial();
	settle();
	close(fd);
	fd = dial();
	say(fd, "$g#67");
	hears(stub, "$Qtrapline.left:2#f5$Qtrapline.left:3#f6");
	say(stub, "$left:3#18");
	hears(stub, "$g#67");
	close(fd);
}

/* Packets of a debugger that leaves at once still reach the stub. */
static void said_and_gone(void **state)
{
	int fd = dial();

	/* The kernel knows the owner only while the connection exists. */
	settle();
	say(fd, "$k#6b");
	close(fd);
	hears(stub, "$k#6b$Qtrapline.left:1#f4");
}

static void strangers(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"POST / HTTP/1.1\r\n\r\n$k#6b",
		"$k#6b / HTTP/1.1\r\n\r\n",
		"+$x / HTTP/1.1\r\n\r\n$k#6b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		int fd = dial();

		say(fd, requests[i]);
		is_hung_up_on(fd);
	}
	hears_nothing(stub);
}

static void one_at_a_time(void **state)
{
	int silent = dial(), fd;

	settle();
	fd = dial();
	say(fd, "$?#3f");
	is_hung_up_on(silent);
	hears(stub, "$?#3f");
	is_hung_up_on(dial());
	say(stub, "+");
	hears(fd, "+");
	close(fd);
}

static void another_user(void **state)
{
	char byte;
	int status;
	pid_t pid;

	if (geteuid()) {
		skip();
		return;
	}
	pid = fork();
	if (!pid) {
		int fd = setuid(65534) ? -1 : dial();

		say(fd, "$k#6b");
		/* The lab closes the connection of another user. */
		_exit(recv(fd, &byte, 1, 0) > 0);
	}
	do {
		turn(-1, 0, 10);
	} while (!waitpid(pid, &status, WNOHANG));
	assert_int_equal(status, 0);
	hears_nothing(stub);
}

/* Send more than all buffers hold while nobody reads: nothing is lost. */
static void full_pipes(void **state)
{
	static char block[4096], got[4096];
	int fd = dial();
	size_t sent = 0, seen = 0;
	ssize_t n;

	say(fd, "$?#3f");
	hears(stub, "$?#3f");
	memset(block, 'x', sizeof(block));
	while ((n = send(stub, block, sizeof(block), MSG_DONTWAIT)) > 0 ||
	       turn(stub, POLLOUT, 20) > 0)
		sent += n > 0 ? (size_t)n : 0;
	assert_true(sent > 65536);
	while (seen < sent) {
		n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
		if (n <= 0) {
			assert_true(turn(fd, POLLIN, 1000) > 0);
			continue;
		}
		assert_memory_equal(got, block, (size_t)n);
		seen += (size_t)n;
	}
	assert_int_equal(seen, sent);
	close(fd);
}

/*
 * Read the stub's input up to the lab's question, and answer as the stub does.
 */
static void answer_mark(void)
{
	static const char mark[] = "$Qtrapline.left:";
	char got[4096], answer[32], *at = NULL;
	unsigned int id, sum = 0;
	size_t kept = 0;
	ssize_t n;

	for (int i = 0; i < 20000 && (!at || !strchr(at, '#')); i++) {
		turn(stub, POLLIN, 10);
		n = recv(stub, got + kept, sizeof(got) - kept - 1,
			 MSG_DONTWAIT);
		if (n <= 0)
			continue;
		kept += (size_t)n;
		got[kept] = '\0';
		at = strstr(got, mark);
		/* A question may come in two pieces. */
		if (!at && kept > sizeof(mark)) {
			memmove(got, got + kept - sizeof(mark), sizeof(mark));
			kept = sizeof(mark);
		}
	}
	assert_non_null(at);
	id = (unsigned int)strtoul(at + strlen(mark), NULL, 16);
	snprintf(answer, sizeof(answer), "left:%x", id);
	for (const char *c = answer; *c; c++)
		sum += (uint8_t)*c;
	snprintf(got, sizeof(got), "$%s#%02x", answer, sum & 0xff);
	say(stub, got);
}

/*
 * A debugger closes its connection with much data unread. The kernel keeps that
 * connection until all of the data is read. The lab must still accept the next
 * debugger.
 */
static void much_and_gone(void **state)
{
	static char much[65536];
	int fd = dial(), next;

	say(fd, "$?#3f");
	hears(stub, "$?#3f");
	memset(much, '0', sizeof(much));
	much[0] = '$';
	while (send(fd, much, sizeof(much), MSG_DONTWAIT) > 0)
		much[0] = '0';
	close(fd);
	settle();
	next = dial();
	say(next, GREETING);
	answer_mark();
	hears(stub, GREETING);
	close(next);
}

/* The same, with a debugger that never sent a complete packet. */
static void much_before_a_packet(void **state)
{
	static char much[65536];
	int fd = dial(), next;

	memset(much, '0', sizeof(much));
	memcpy(much, "$m", 2);
	while (send(fd, much, sizeof(much), MSG_DONTWAIT) > 0)
		memset(much, '0', 2);
	close(fd);
	next = dial();
	say(next, GREETING);
	hears(stub, GREETING);
	close(next);
}

/*
 * A debugger sends half a packet and leaves before the lab reads it. None of it
 * may become part of the next debugger's input.
 */
static void half_a_packet(void **state)
{
	int fd = dial(), next;

	say(fd, "$m000");
	settle();
	say(fd, "111");
	close(fd);
	next = dial();
	say(next, GREETING);
	hears(stub, GREETING);
	close(next);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_ways),
		TEST(next_one_is_clean),
		TEST(asks_again),
		TEST(gone_before_heard),
		TEST(said_and_gone),
		TEST(strangers),
		TEST(one_at_a_time),
		TEST(another_user),
		TEST(full_pipes),
		TEST(much_and_gone),
		TEST(much_before_a_packet),
		TEST(half_a_packet),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
