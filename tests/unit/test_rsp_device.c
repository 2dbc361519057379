// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The transport over a character device: no event separates one debugger from
 * the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "fake_debugger.h"
#include "gdbstub/stub.h"

static int stop_request_unheard(struct guest *g)
{
	return 0;
}

static void device(void **state)
{
	int host = posix_openpt(O_RDWR | O_NOCTTY);
	struct fake_stub *fs;
	struct termios tio;
	char spec[64];

	assert_int_equal(grantpt(host), 0);
	assert_int_equal(unlockpt(host), 0);
	assert_int_equal(tcgetattr(host, &tio), 0);
	snprintf(spec, sizeof(spec), "dev:%s", ptsname(host));
	fs = fake_stub_create(spec);
	assert_int_equal(spins(fs), 0);
	send_text(host, "+$qSupported#37");
	fake_stub_settle(fs);
	assert_true(gdbstub_is_attached(fs->stub));
	send_text(host, "$QStartNoAckMode#b0$Z0,40080000,4#a2");
	fake_stub_settle(fs);
	assert_int_equal(fs->fake->nr_breaks, 1);
	/* Another debugger comes, without a hang-up in between. */
	send_text(host, "+$qSupported#37");
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_attaches, 2);
	assert_int_equal(fs->fake->nr_breaks, 0);
	/* This debugger leaves in the middle of a packet. */
	send_text(host, "$m400");
	fake_stub_settle(fs);
	close(host);
	fake_stub_settle(fs);
	assert_int_equal(spins(fs), 0);
	for (int i = 0; i < 50; i++)
		fake_stub_pump(fs, -1, 100);
	assert_false(gdbstub_is_attached(fs->stub));
	assert_int_equal(spins(fs), 0);
	assert_in_range(gdbstub_timeout(fs->stub), 20, 100);
	fake_stub_destroy(fs);
}

/*
 * A port that comes and goes like a virtio port. The stub is on a pty; for each
 * debugger the test replaces the pty's descriptor by a socket.
 */
static struct fake_stub *port_create(int *pty)
{
	struct fake_stub *fs;
	char spec[64];

	*pty = posix_openpt(O_RDWR | O_NOCTTY);
	assert_int_equal(grantpt(*pty), 0);
	assert_int_equal(unlockpt(*pty), 0);
	snprintf(spec, sizeof(spec), "dev:%s", ptsname(*pty));
	fs = fake_stub_create(spec);
	fake_stub_pump(fs, -1, 50);
	return fs;
}

/* Open the next debugger's end, which has already sent text. */
static int port_open(struct fake_stub *fs, const char *text)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	send_text(pair[0], text);
	dup2(pair[1], fs->stub->transport.fd);
	close(pair[1]);
	return pair[0];
}

#define GREETING "+$qSupported#37"

static void answered(struct fake_stub *fs, int host)
{
	expect_text(fs, host, "+$PacketSize=");
	send_text(host, "+$QStartNoAckMode#b0");
	fake_stub_settle(fs);
	assert_true(fs->stub->no_ack);
}

/* A hang-up as a virtio port may show it: never, too late, or in time. */
static void handed_over(void **state)
{
	int pty, host, next;
	struct fake_stub *fs = port_create(&pty);

	host = port_open(fs, GREETING);
	answered(fs, host);
	send_text(host, "$Z0,40080000,4#a2$m400");
	fake_stub_settle(fs);
	assert_int_equal(fs->fake->nr_breaks, 1);
	/*
	 * No hang-up: only the greeting shows that another debugger has come.
	 */
	send_text(host, GREETING);
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_attaches, 2);
	assert_int_equal(fs->fake->nr_breaks, 0);
	/*
	 * The hang-up comes too late, in the new session: the session
	 * continues.
	 */
	close(host);
	fake_stub_settle(fs);
	assert_int_equal(spins(fs), 0);
	next = port_open(fs, "+$QStartNoAckMode#b0");
	expect_text(fs, next, "+$OK#9a");
	assert_int_equal(fs->nr_attaches, 2);
	assert_int_equal(fs->nr_detaches, 1);
	/*
	 * The hang-up comes in time. The greeting of the next debugger is there
	 * before the stub opens the port again.
	 */
	fs->stub->transport.grace_ms = 0;
	close(next);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	host = port_open(fs, GREETING);
	fake_stub_pump(fs, -1, 50);
	answered(fs, host);
	assert_int_equal(fs->nr_attaches, 3);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/* The next debugger gets no answers to requests of the one before. */
static void left_behind(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);

	host = port_open(fs, "$g#67$m400");
	fake_stub_settle(fs);
	close(host);
	host = port_open(fs, "$g#67$?#3f$X0,1:}" GREETING);
	answered(fs, host);
	assert_int_equal(fs->nr_attaches, 2);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/* The same, with a stub that was not reading when the port hung up. */
static void left_unread(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);
	struct guest_ops ops = *fs->fake->guest.ops;
	struct guest_stop stop = { .kind = GUEST_STOP_REQUESTED };

	ops.stop_request = stop_request_unheard;
	fs->fake->guest.ops = &ops;
	fs->fake->running = true;
	host = port_open(fs, "$?#3f");
	fake_stub_settle(fs);
	assert_true(fs->stub->parked);
	send_text(host, "$g#67$g#67$Z0,40080000,4#a2$m400");
	fs->stub->transport.grace_ms = 0;
	close(host);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	host = port_open(fs, "");
	fake_guest_raise(fs->fake, &stop);
	fake_stub_pump(fs, -1, 50);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	assert_true(fs->fake->running);
	send_text(host, GREETING);
	answered(fs, host);
	assert_int_equal(fs->fake->nr_breaks, 0);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/*
 * A debugger waits for a stop and disappears without a hang-up. The stop that
 * follows is not reported to the next debugger.
 */
static void followed_while_waiting(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);
	struct guest_stop stop = { .kind = GUEST_STOP_CRASH, .code = 1 };

	fs->no_model = true;
	host = port_open(fs, GREETING);
	answered(fs, host);
	send_text(host, "$vCont;c#a8");
	expect_text(fs, host, "+$OK#9a");
	fake_stub_settle(fs);
	assert_true(gdbstub_is_waiting(fs->stub));
	send_text(host, GREETING);
	fake_guest_raise(fs->fake, &stop);
	/* In this test the stub sees the stop before the greeting. */
	expect_text(fs, host, "+$PacketSize=");
	assert_int_equal(fs->nr_attaches, 2);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/*
 * The same, with a stop after the next debugger has connected and before its
 * first byte. The stub cannot know that this is another debugger, so the report
 * goes to it. docs/security.md says what is promised: this is one whole packet,
 * and it comes before the first acknowledgement, where a debugger skips it.
 * Nothing else of the previous session is left.
 */
static void followed_before_a_byte(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);
	struct guest_stop stop = { .kind = GUEST_STOP_CRASH, .code = 1 };
	char got[1024] = "";
	char *ack = NULL;

	fs->no_model = true;
	host = port_open(fs, GREETING);
	answered(fs, host);
	expect_text(fs, host, "+$OK#9a");
	send_text(host, "$Z0,40080000,4#a2$vCont;c#a8");
	expect_text(fs, host, "$OK#9a");
	fake_stub_settle(fs);
	assert_true(gdbstub_is_waiting(fs->stub));
	fake_guest_raise(fs->fake, &stop);
	fake_stub_settle(fs);
	send_text(host, GREETING);
	for (size_t n = 0; !ack && n < sizeof(got) - 1;) {
		ssize_t done;

		fake_stub_pump(fs, host, 10);
		done = recv(host, got + n, sizeof(got) - 1 - n, MSG_DONTWAIT);
		n += done > 0 ? (size_t)done : 0;
		ack = strstr(got, "+$PacketSize=");
	}
	assert_memory_equal(got, "$T", 2);
	assert_ptr_equal(strchr(got, '#') + 3, ack);
	assert_null(memchr(got + 1, '$', (size_t)(ack - got - 1)));
	assert_int_equal(fs->nr_attaches, 2);
	assert_int_equal(fs->fake->nr_breaks, 0);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/* The same, with a stop before the next debugger has come. */
static void gone_while_waiting(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);
	struct guest_stop stop = { .kind = GUEST_STOP_CRASH, .code = 1 };

	fs->no_model = true;
	host = port_open(fs, GREETING);
	answered(fs, host);
	send_text(host, "$vCont;c#a8");
	fake_stub_settle(fs);
	fs->stub->transport.grace_ms = 0;
	close(host);
	fake_guest_raise(fs->fake, &stop);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	assert_false(fs->fake->running);
	close(pty);
	fake_stub_destroy(fs);
}

/* The lab, which carries the connections, reports the end of one. */
static void farewell(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);
	struct guest_stop stop = { .kind = GUEST_STOP_CRASH, .code = 1 };

	fs->no_model = true;
	host = port_open(fs, GREETING);
	answered(fs, host);
	expect_text(fs, host, "+$OK#9a");
	/*
	 * The debugger leaves in the middle of a packet, with requests before
	 * it that are not answered yet.
	 */
	send_text(host, "$Z0,40080000,4#a2$vCont;c#a8$m400"
			"$Qtrapline.left:1f#5a");
	expect_text(fs, host, "$OK#9a$left:1f#7c");
	assert_false(gdbstub_is_attached(fs->stub));
	assert_int_equal(fs->nr_detaches, 1);
	fake_stub_settle(fs);
	assert_int_equal(fs->fake->nr_breaks, 0);
	assert_true(fs->fake->running);
	/* A stop now is not reported; another farewell is answered. */
	fake_guest_raise(fs->fake, &stop);
	send_text(host, "$Qtrapline.left:20#25");
	expect_text(fs, host, "$left:20#47");
	send_text(host, GREETING);
	answered(fs, host);
	assert_int_equal(fs->nr_attaches, 2);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/*
 * A debugger has greeted and gone before the guest started, so nobody answered
 * it. The guest continues to run, whether the stop for that debugger has come by
 * the farewell or not. A debugger that has asked more leaves a stopped guest.
 */
static void greeted_too_early(void **state)
{
	int pty, host;
	struct fake_stub *fs = port_create(&pty);

	fs->no_model = true;
	fs->fake->running = true;
	gdbstub_resumed(fs->stub);
	host = port_open(fs, GREETING "$Qtrapline.left:1#f4");
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_detaches, 1);
	assert_true(fs->fake->running);
	send_text(host, GREETING);
	fake_stub_settle(fs);
	assert_false(fs->fake->running);
	send_text(host, "$Qtrapline.left:2#f5");
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_detaches, 2);
	assert_true(fs->fake->running);
	send_text(host, GREETING);
	fake_stub_settle(fs);
	send_text(host, "+$?#3f");
	fake_stub_settle(fs);
	send_text(host, "$Qtrapline.left:3#f6");
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_detaches, 3);
	assert_false(fs->fake->running);
	close(host);
	close(pty);
	fake_stub_destroy(fs);
}

/* On a socket, or malformed, the farewell is a packet like any other. */
static void farewell_of_nobody(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int pty, fd = dial(fs);

	send_text(fd, "$Qtrapline.left:1#f4");
	expect_text(fs, fd, "+$#00");
	assert_true(gdbstub_is_attached(fs->stub));
	close(fd);
	fake_stub_destroy(fs);
	fs = port_create(&pty);
	fd = port_open(fs, GREETING);
	answered(fs, fd);
	expect_text(fs, fd, "+$OK#9a");
	send_text(fd, "$Qtrapline.left:zz#b7");
	expect_text(fs, fd, "$#00");
	assert_true(gdbstub_is_attached(fs->stub));
	close(fd);
	close(pty);
	fake_stub_destroy(fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device),
		cmocka_unit_test(handed_over),
		cmocka_unit_test(left_behind),
		cmocka_unit_test(left_unread),
		cmocka_unit_test(followed_while_waiting),
		cmocka_unit_test(followed_before_a_byte),
		cmocka_unit_test(gone_while_waiting),
		cmocka_unit_test(farewell),
		cmocka_unit_test(greeted_too_early),
		cmocka_unit_test(farewell_of_nobody),
	};

	/* The VMM ignores SIGPIPE, too. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
