// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The transport: the values of --gdb and the messages for wrong ones, Unix
 * sockets, debuggers that do not read, and the check of connections.
 * test_rsp_device.c tests devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gdbstub/stub.h"
#include "fake_debugger.h"

static char directory[] = "/tmp/test-rsp-XXXXXX";

static const char *in_directory(const char *prefix, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s%s/%s", prefix, directory, name);
	return path;
}

static int setup(void **state)
{
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	return rmdir(directory);
}

static int create(const char *spec, char *err, size_t size,
		  struct gdbstub **ret)
{
	static struct gdbstub_target target;

	return gdbstub_create(&target, NULL, NULL, spec, err, size, ret);
}

static void bad_specs_say_so(void **state)
{
	static const struct {
		const char *spec;
		int error;
	} bad[] = {
		{ "", -EINVAL },
		{ "x", -EINVAL },
		{ "65536", -EINVAL },
		{ "-1", -EINVAL },
		{ "+1", -EINVAL },
		{ "123456", -EINVAL },
		{ "localhost:", -EINVAL },
		{ "::1:1234", -EINVAL },
		{ "[::1:1234", -EINVAL },
		{ "[]:1234", -EINVAL },
		{ "no.such.host.invalid:0", -EINVAL },
		{ "0,", -EINVAL },
		{ "0,any", -EINVAL },
		{ "0,any-user,", -EINVAL },
		{ "0,any-user:1", -EINVAL },
		{ ",any-user", -EINVAL },
		{ "unix:/nonexistent/x,any-user", -ENOENT },
		{ "192.0.2.1:0", -EADDRNOTAVAIL },
		{ "unix:", -EINVAL },
		{ "unix:/nonexistent/socket", -ENOENT },
		{ "dev:/nonexistent", -ENOENT },
		{ "dev:/tmp", -EISDIR },
	};
	struct gdbstub *stub = NULL;
	char err[256], path[200];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		strcpy(err, "");
		assert_int_equal(create(bad[i].spec, err, sizeof(err), &stub),
				 bad[i].error);
		assert_null(stub);
		assert_non_null(strstr(err, "gdb stub: "));
		assert_null(strchr(err, '\n'));
	}
	memset(path, 'a', sizeof(path));
	memcpy(path, "unix:/", 6);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(create(path, err, sizeof(err), &stub), -EINVAL);
	gdbstub_destroy(NULL);
}

static void busy_port(void **state)
{
	struct gdbstub *first, *second;
	char err[256], port[16];

	assert_int_equal(create("0", err, sizeof(err), &first), 0);
	assert_non_null(strstr(gdbstub_target(first), "target remote :"));
	snprintf(port, sizeof(port), "%s",
		 strchr(gdbstub_target(first), ':') + 1);
	assert_int_equal(create(port, err, sizeof(err), &second), -EADDRINUSE);
	assert_non_null(strstr(err, port));
	assert_non_null(strstr(err, "choose another"));
	gdbstub_destroy(first);
	/* The same port can be opened again at once, in spite of TIME_WAIT. */
	assert_int_equal(create(port, err, sizeof(err), &first), 0);
	gdbstub_destroy(first);
}

static void addresses(void **state)
{
	struct gdbstub *stub;
	char err[256];

	assert_int_equal(create("0.0.0.0:0", err, sizeof(err), &stub), 0);
	assert_non_null(strstr(gdbstub_target(stub), "remote 0.0.0.0:"));
	gdbstub_destroy(stub);
	assert_int_equal(create(":0", err, sizeof(err), &stub), 0);
	gdbstub_destroy(stub);
}

static void spec_of_any_user(void **state)
{
	struct gdbstub *stub;
	char err[256];

	assert_int_equal(create("0", err, sizeof(err), &stub), 0);
	assert_false(stub->transport.peers.any_user);
	gdbstub_destroy(stub);
	assert_int_equal(create(":0,any-user", err, sizeof(err), &stub), 0);
	assert_true(stub->transport.peers.any_user);
	assert_null(strchr(gdbstub_target(stub), ','));
	gdbstub_destroy(stub);
	assert_int_equal(
		create("localhost:0,any-user", err, sizeof(err), &stub), 0);
	gdbstub_destroy(stub);
}

static void unix_socket(void **state)
{
	const char *spec = in_directory("unix:", "gdb");
	const char *path = spec + 5;
	struct gdbstub *stub, *second;
	struct stat st;
	char err[256];

	assert_int_equal(create(spec, err, sizeof(err), &stub), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_non_null(strstr(gdbstub_target(stub), path));
	assert_int_equal(create(spec, err, sizeof(err), &second), -EADDRINUSE);
	gdbstub_destroy(stub);
	assert_int_equal(stat(path, &st), -1);
}

static void unix_leftovers(void **state)
{
	const char *spec = in_directory("unix:", "gdb");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct gdbstub *stub;
	char err[256];

	strcpy(address.sun_path, spec + 5);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	/* A socket that nobody listens on is replaced. */
	assert_int_equal(create(spec, err, sizeof(err), &stub), 0);
	gdbstub_destroy(stub);
	/* A file is not replaced. */
	fd = open(spec + 5, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(create(spec, err, sizeof(err), &stub), -EADDRINUSE);
	assert_int_equal(unlink(spec + 5), 0);
}

static void peer_that_does_not_read(void **state)
{
	static const char packet[] = "$m40000000,10000#0e";
	struct fake_stub *fs = fake_stub_create("0");
	int fd = dial(fs);
	size_t length = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	/* Ask for far more than the buffers hold. */
	for (int i = 0; i < 2000; i++) {
		ssize_t done =
			write(fd, packet + length, sizeof(packet) - 1 - length);

		if (done > 0)
			length = (length + (size_t)done) % (sizeof(packet) - 1);
		fake_stub_pump(fs, -1, 0);
	}
	assert_true(gdbstub_is_attached(fs->stub));
	fake_stub_settle(fs);
	/* The stub reads nothing more from this debugger, and does not spin. */
	assert_in_range(spins(fs), 0, 3); /* TCP grows its buffers */
	assert_in_range(gdbstub_timeout(fs->stub), 1, TRANSPORT_PATIENCE_MS);
	close(fd);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	fake_stub_destroy(fs);
}

static void killed_and_followed_at_once(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int fd = dial(fs);

	send_text(fd, "$Z0,40080000,4#a2");
	expect_text(fs, fd, "+$OK#9a");
	assert_int_equal(fs->fake->nr_breaks, 1);
	close(fd);
	fd = dial(fs);
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	assert_int_equal(fs->nr_attaches, 2);
	assert_int_equal(fs->fake->nr_breaks, 0);
	close(fd);
	fake_stub_destroy(fs);
}

static void port_scan(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int silent = dial(fs), fd;

	fake_stub_settle(fs);
	/* A client that sends nothing keeps no debugger out. */
	fd = dial(fs);
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	assert_int_equal(fs->nr_attaches, 1);
	close(silent);
	close(fd);
	fake_stub_settle(fs);
	fake_stub_destroy(fs);
}

/*
 * A connection of another user, made by a process that lives until the test
 * kills it.
 */
static pid_t dial_as_nobody(struct fake_stub *fs)
{
	int done[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		send_text(dial(fs), "+$k#6b");
		(void)!write(done[1], "", 1);
		pause();
	}
	close(done[1]);
	assert_int_equal(read(done[0], &byte, 1), 1);
	close(done[0]);
	return pid;
}

static void another_user(void **state)
{
	struct fake_stub *fs;
	pid_t pid;
	int fd;

	if (geteuid()) {
		skip();
		return;
	}
	fs = fake_stub_create("0");
	fd = dial(fs);
	fake_stub_settle(fs);
	pid = dial_as_nobody(fs);
	fake_stub_settle(fs);
	assert_int_equal(fs->nr_attaches, 0);
	assert_int_equal(fs->nr_refusals, 1);
	assert_non_null(strstr(fs->refusal, "user 65534"));
	assert_non_null(strstr(fs->refusal, "any-user"));
	/* The refused connection has not taken the place of the waiting one. */
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
	fake_stub_destroy(fs);
}

/* A client that is no debugger is reported, and blocks no debugger for long. */
static void strangers(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int fd;

	for (int i = 0; i < 5; i++) {
		fd = dial(fs);
		send_text(fd, "GET / HTTP/1.1\r\n\r\n");
		fake_stub_settle(fs);
		close(fd);
	}
	/* The first, the second and the fourth refusal are reported. */
	assert_int_equal(fs->nr_refusals, 3);
	assert_null(strchr(fs->refusal, '\n'));
	fd = dial(fs);
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	close(fd);
	fake_stub_destroy(fs);
}

static struct rlimit old_limit;

static int another_descriptor(void)
{
	return open("/dev/null", O_RDONLY);
}

/* Use up all descriptors but spare ones. Returns the first used number. */
static int descriptors_use_up(int spare)
{
	int first = another_descriptor(), last = first, fd;
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &old_limit);
	limit = old_limit;
	limit.rlim_cur = (rlim_t)first + 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	while ((fd = another_descriptor()) >= 0)
		last = fd;
	while (spare--)
		close(last--);
	return first;
}

static void descriptors_free(int first)
{
	for (int fd = first; fd < first + 64; fd++) {
		struct stat st;

		/* Keep sockets: they belong to the stub or the test. */
		if (!fstat(fd, &st) && !S_ISSOCK(st.st_mode))
			close(fd);
	}
	setrlimit(RLIMIT_NOFILE, &old_limit);
}

/* With all descriptors used up, a debugger can still connect. */
static void no_descriptors(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int first = descriptors_use_up(1);
	int fd = dial(fs);

	assert_int_equal(another_descriptor(), -1);
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	close(fd);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	descriptors_free(first);
	fake_stub_destroy(fs);
}

/* With even the stub's reserved descriptor used up, the stub does not spin. */
static void no_descriptors_at_all(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int first = descriptors_use_up(1);
	int held = dial(fs), fd;

	send_text(held, "+$qC#b4");
	expect_text(fs, held, "+$QC1#c5");
	close(first);
	fd = dial(fs);
	assert_int_equal(another_descriptor(), -1);
	assert_in_range(spins(fs), 0, 19);
	assert_true(gdbstub_timeout(fs->stub) >= 0);
	/* The attached debugger is still served. */
	send_text(held, "+$qC#b4");
	expect_text(fs, held, "+$QC1#c5");
	/*
	 * Once descriptors are free, the stub accepts the waiting debugger by
	 * itself.
	 */
	close(held);
	descriptors_free(first);
	send_text(fd, "+$qC#b4");
	expect_text(fs, fd, "+$QC1#c5");
	close(fd);
	fake_stub_destroy(fs);
}

/* When the waiting client gives up, the stub stops looking for it. */
static void gives_up_waiting(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int first = descriptors_use_up(1);
	int held = dial(fs), fd;

	send_text(held, "+$qC#b4");
	expect_text(fs, held, "+$QC1#c5");
	close(first);
	fd = dial(fs);
	assert_int_equal(another_descriptor(), -1);
	while (gdbstub_timeout(fs->stub) < 0)
		fake_stub_pump(fs, -1, 10);
	/*
	 * Make the listener look as if the waiting connection had gone: replace
	 * it by a descriptor that is never ready.
	 */
	assert_int_equal(close(fs->stub->transport.door.fd), 0);
	fs->stub->transport.door.fd = epoll_create1(EPOLL_CLOEXEC);
	assert_true(fs->stub->transport.door.fd >= 0);
	for (int i = 0; i < 200 && gdbstub_timeout(fs->stub) >= 0; i++)
		fake_stub_pump(fs, -1, 100);
	assert_int_equal(gdbstub_timeout(fs->stub), -1);
	assert_int_equal(spins(fs), 0);
	close(fd);
	close(held);
	descriptors_free(first);
	fake_stub_destroy(fs);
}

static int stop_request_unheard(struct guest *g)
{
	return 0;
}

static void vanishes_while_parked(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	struct guest_ops ops = *fs->fake->guest.ops;
	struct guest_stop stop = { .kind = GUEST_STOP_REQUESTED };
	int fd = dial(fs);

	ops.stop_request = stop_request_unheard;
	fs->fake->guest.ops = &ops;
	fs->fake->running = true;
	send_text(fd, "$?#3f$qC#b4");
	expect_text(fs, fd, "+");
	assert_true(gdbstub_is_attached(fs->stub));
	assert_int_equal(spins(fs), 0);
	close(fd);
	fake_stub_settle(fs);
	assert_false(gdbstub_is_attached(fs->stub));
	/* When the stop comes at last, the guest continues. */
	fake_guest_raise(fs->fake, &stop);
	fake_stub_settle(fs);
	assert_true(fs->fake->running);
	assert_int_equal(fs->fake->nr_resumes, 1);
	fake_stub_destroy(fs);
}

static void destroyed_while_waiting(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int fd = dial(fs);
	char got[64] = "";

	send_text(fd, "$QStartNoAckMode#b0$vCont;c#a8");
	expect_text(fs, fd, "+$OK#9a");
	fake_stub_settle(fs);
	fake_stub_destroy(fs);
	assert_int_equal(read(fd, got, sizeof(got) - 1), 7);
	assert_string_equal(got, "$W00#b7");
	close(fd);
}

/*
 * The VMM's own messages go to a debugger in 'O' packets, only while it waits
 * for a stop. At any other time gdb would take them for replies.
 */
static void says_while_it_waits(void **state)
{
	struct fake_stub *fs = fake_stub_create("0");
	int fd = dial(fs);

	gdbstub_say(fs->stub, "lost");
	gdbstub_say(fs->stub, "a");
	send_text(fd, "$QStartNoAckMode#b0$vCont;c#a8");
	expect_text(fs, fd, "+$OK#9a$O61#b6$O0a#e0");
	gdbstub_say(fs->stub, "b");
	expect_text(fs, fd, "$O62#b7$O0a#e0");
	send_text(fd, "\x03");
	expect_text(fs, fd, "$T02thread:1;");
	fake_stub_destroy(fs);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_specs_say_so),
		cmocka_unit_test(busy_port),
		cmocka_unit_test(addresses),
		cmocka_unit_test(spec_of_any_user),
		cmocka_unit_test(unix_socket),
		cmocka_unit_test(unix_leftovers),
		cmocka_unit_test(peer_that_does_not_read),
		cmocka_unit_test(killed_and_followed_at_once),
		cmocka_unit_test(port_scan),
		cmocka_unit_test(another_user),
		cmocka_unit_test(strangers),
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(no_descriptors_at_all),
		cmocka_unit_test(gives_up_waiting),
		cmocka_unit_test(vanishes_while_parked),
		cmocka_unit_test(destroyed_while_waiting),
		cmocka_unit_test(says_while_it_waits),
	};

	/* The VMM ignores SIGPIPE, too. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
