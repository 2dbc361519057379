// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_gdbclient.c - a client of a stub, and an other end of any kind
 *
 * Most tests write all that the other end sends into a socket before the client
 * reads it. One talks to the real stub, which another process runs.
 */
#include <trapline/gdbclient.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_stub.h"

struct peer {
	int fd; /* the other end's */
	int client_fd;
	struct gdbclient *c;
	int status; /* of the last command */
	char *text;
	size_t size;
};

/* Send a packet as the other end: body, with its sum. */
static void say(struct peer *p, const char *body)
{
	uint8_t sum = 0;

	for (const char *at = body; *at; at++)
		sum = (uint8_t)(sum + (uint8_t)*at);
	assert_true(dprintf(p->fd, "$%s#%02x", body, sum) > 0);
}

static void raw(struct peer *p, const char *bytes)
{
	assert_int_equal(write(p->fd, bytes, strlen(bytes)), strlen(bytes));
}

/*
 * Begin a session with an other end that sends only these bytes. NULL: the
 * other end greets as a stub does. Returns the client's result.
 */
static int begin(struct peer *p, const char *bytes, char *err, size_t size)
{
	int fds[2], ret;

	memset(p, 0, sizeof(*p));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	p->fd = fds[0];
	p->client_fd = fds[1];
	if (bytes) {
		raw(p, bytes);
		shutdown(p->fd, SHUT_WR);
	} else {
		raw(p, "+");
		say(p, "PacketSize=20000");
		raw(p, "+");
		say(p, "OK");
	}
	ret = gdbclient_begin(fds[1], "there", err, size, &p->c);
	if (ret)
		close(p->fd);
	return ret;
}

static void greeted(struct peer *p)
{
	char err[256];

	assert_int_equal(begin(p, NULL, err, sizeof(err)), 0);
}

static const char *run(struct peer *p, const char *command)
{
	FILE *out;

	free(p->text);
	p->text = NULL;
	out = open_memstream(&p->text, &p->size);
	p->status = gdbclient_monitor(p->c, command, out);
	fclose(out);
	return p->text;
}

static void end(struct peer *p)
{
	close(p->fd);
	gdbclient_close(p->c);
	free(p->text);
}

/* --- commands -------------------------------------------------------------- */

static void commands(void **state)
{
	char sent[512] = "";
	struct peer p;

	greeted(&p);
	say(&p, "O68690a");
	say(&p, "O");
	say(&p, "O00ff");
	say(&p, "OK");
	run(&p, "echo hi");
	assert_int_equal(p.status, 0);
	assert_int_equal(p.size, 5);
	assert_memory_equal(p.text, "hi\n\0\xff", 5);
	assert_true(read(p.fd, sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent,
			    "$qSupported:error-message+;trapline.look+#80+"
			    "$QStartNoAckMode#b0+"
			    "$qRcmd,6563686f206869#40");
	/* An error after a text, and one without. */
	say(&p, "O6e6f");
	say(&p, "E.No such file or directory");
	assert_string_equal(run(&p, "x"), "no");
	assert_int_equal(p.status, -EIO);
	say(&p, "E.the guest is running");
	assert_string_equal(run(&p, "x"), "error: the guest is running\n");
	say(&p, "E16");
	assert_string_equal(run(&p, "x"), "error: 16\n");
	say(&p, "");
	assert_string_equal(run(&p, "x"),
			    "the other end has no monitor commands\n");
	assert_int_equal(p.status, -ENOTSUP);
	/* The session ends with the shell. */
	say(&p, "OK");
	gdbclient_close(p.c);
	memset(sent, 0, sizeof(sent));
	assert_true(read(p.fd, sent, sizeof(sent) - 1) > 0);
	assert_non_null(strstr(sent, "$Qtrapline.leave#"));
	close(p.fd);
	free(p.text);
}

/* A command of any length, up to what a packet can hold. */
static void long_command(void **state)
{
	char *line = calloc(1, 0x20000);
	struct peer p;

	memset(line, 'a', 0x1ffff);
	greeted(&p);
	assert_string_equal(run(&p, line), "the command is too long\n");
	assert_int_equal(p.status, -EMSGSIZE);
	say(&p, "OK");
	line[1000] = '\0';
	run(&p, line);
	assert_int_equal(p.status, 0);
	end(&p);
	free(line);
}

/* --- a hostile other end --------------------------------------------------- */

/* No answer of this kind is taken, and the connection is closed. */
static void hostile(void **state)
{
	static const char *const packets[] = {
		"O6", /* half a byte */
		"O6g",          "O 68", "O68}\00469", /* an escaped '$' */
		"6869", /* no answer to a command */
		"T05thread:1;", "W00",
	};
	static const char *const bytes[] = { "$OK#00", "$OK#zz", "-" };

	for (unsigned int i = 0; i < ARRAY_SIZE(packets) + ARRAY_SIZE(bytes);
	     i++) {
		struct peer p;

		greeted(&p);
		if (i < ARRAY_SIZE(packets))
			say(&p, packets[i]);
		else
			raw(&p, bytes[i - ARRAY_SIZE(packets)]);
		assert_non_null(strstr(run(&p, "x"), "does not keep to"));
		assert_int_equal(p.status, -EPROTO);
		assert_non_null(strstr(run(&p, "x"), "no connection"));
		assert_int_equal(p.status, -ENOTCONN);
		end(&p);
	}
}

static void hang_ups(void **state)
{
	struct peer p;

	greeted(&p);
	raw(&p, "$O6869#0");
	close(p.fd);
	assert_string_equal(run(&p, "x"), "there is no connection any more\n");
	assert_int_equal(p.status, -ENOTCONN);
	p.fd = -1;
	end(&p);
}

/* The text of a command is bounded, also if it never ends. */
static void endless(void **state)
{
	struct peer p;
	pid_t pid;

	greeted(&p);
	pid = fork();
	if (!pid) {
		close(p.client_fd);
		for (;;) {
			char packet[8192] = "$O", *at = packet + 2;

			memset(at, '4', 8000);
			sprintf(at + 8000, "#%02x", ('O' + 8000 * '4') & 0xff);
			if (write(p.fd, packet, strlen(packet)) < 0)
				_exit(0);
		}
	}
	run(&p, "x");
	assert_int_equal(p.status, -EPROTO);
	assert_true(p.size < 32 * SZ_1M);
	end(&p);
	waitpid(pid, NULL, 0);
}

/* With SIGINT blocked, Ctrl-C ends the wait for an answer. */
static void interrupted(void **state)
{
	sigset_t set, old;
	struct peer p;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &old);
	greeted(&p);
	raise(SIGINT);
	assert_non_null(strstr(run(&p, "x"), "interrupted"));
	assert_int_equal(p.status, -EINTR);
	end(&p);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The same while the other end reads nothing, and the command does not fit. */
static void not_read(void **state)
{
	char *line = calloc(1, SZ_64K);
	int size = SZ_4K;
	sigset_t set, old;
	struct peer p;

	memset(line, 'a', SZ_64K - 64);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &old);
	greeted(&p);
	assert_int_equal(setsockopt(p.client_fd, SOL_SOCKET, SO_SNDBUF, &size,
				    sizeof(size)),
			 0);
	raise(SIGINT);
	assert_non_null(strstr(run(&p, line), "interrupted"));
	assert_int_equal(p.status, -EINTR);
	end(&p);
	sigprocmask(SIG_SETMASK, &old, NULL);
	free(line);
}

static void greetings(void **state)
{
	char err[256] = "";
	struct peer p;

	/* The stub closes the second connection at once. */
	assert_int_equal(begin(&p, "", err, sizeof(err)), -ENOTCONN);
	assert_non_null(strstr(err, "there: "));
	assert_non_null(strstr(err, "A debugger may be connected already"));
	assert_int_equal(begin(&p, "+$#00+$#00", err, sizeof(err)), -EPROTO);
	assert_int_equal(begin(&p, "+$x#00", err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, "remote protocol"));
}

/* --- addresses, and the real stub ------------------------------------------ */

static void addresses(void **state)
{
	static const char *const good[] = { "1234", ":1234", "localhost:1",
					    "[::1]:1234", "unix:x" };
	static const char *const bad[] = { "",      "oops.vmcore", "a:b",
					   "70000", "::1:1",       "./1234" };
	struct gdbclient *c;
	char err[256] = "";

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(gdbclient_is_address(good[i]));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(gdbclient_is_address(bad[i]));
	assert_int_equal(gdbclient_open("unix:/no/such/socket", err,
					sizeof(err), &c),
			 -ENOENT);
	assert_non_null(strstr(err, "cannot connect to unix:/no/such/socket"));
}

static void real_stub_at(const char *spec)
{
	struct fake_stub *fs = fake_stub_create(spec);
	char err[256] = "";
	struct gdbclient *second;
	struct peer p = { .fd = -1 };
	pid_t pid;

	/* "target remote :PORT" */
	if (strncmp(spec, "unix:", 5))
		spec = strrchr(gdbstub_target(fs->stub), ' ') + 1;
	pid = fork();
	if (!pid)
		for (;;)
			fake_stub_pump(fs, -1, 1000);
	assert_int_equal(gdbclient_open(spec, err, sizeof(err), &p.c), 0);
	assert_string_equal(run(&p, "echo hello"), "hello\n");
	assert_int_equal(p.status, 0);
	run(&p, "lines 50000");
	assert_int_equal(p.status, 0);
	assert_true(p.size > 100000);
	run(&p, "fail");
	assert_int_equal(p.status, -EIO);
	/* One debugger at a time. */
	assert_int_equal(gdbclient_open(spec, err, sizeof(err), &second),
			 -ENOTCONN);
	assert_non_null(strstr(err, "A debugger may be connected already"));
	gdbclient_close(p.c);
	free(p.text);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fake_stub_destroy(fs);
}

static void real_stub(void **state)
{
	char dir[] = "/tmp/trapline-client-XXXXXX", spec[64];

	assert_non_null(mkdtemp(dir));
	snprintf(spec, sizeof(spec), "unix:%s/stub", dir);
	real_stub_at(spec);
	rmdir(dir);
	real_stub_at("0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),  cmocka_unit_test(long_command),
		cmocka_unit_test(hostile),   cmocka_unit_test(hang_ups),
		cmocka_unit_test(endless),   cmocka_unit_test(interrupted),
		cmocka_unit_test(not_read),  cmocka_unit_test(greetings),
		cmocka_unit_test(addresses), cmocka_unit_test(real_stub),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
