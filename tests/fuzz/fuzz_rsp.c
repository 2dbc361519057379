// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz the stub from a debugger's side: bytes go through a socket into framing,
 * packets and sessions, over the fake guest. The input is a sequence of pieces.
 * The first byte of a piece gives its kind:
 *
 *	0x00-0x7f	send that many bytes as they are
 *	0x80-0xbf	the guest stops by itself; the low bits are the kind
 *	0xc0-0xdf	kill the debugger, and connect another one (this also
 *			happens after bytes that no debugger sends)
 *	0xe0-0xff	send the next (low bits + 1) * 4 bytes as a packet with
 *			a correct checksum, so that the fuzzer need not find it
 *
 * After the last debugger has gone, no point and no open file may be left, and
 * the stub must answer a well-formed packet. No sanitizer may report an error.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/fake_stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static int dial(struct fake_stub *fs)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		abort();
	return fd;
}

/*
 * Run until nothing happens; ignore the stub's output. False: the stub has
 * closed the connection, because the bytes were no debugger's.
 */
static bool settle(struct fake_stub *fs, int fd)
{
	static char waste[0x40000];
	ssize_t done = 1;

	for (int i = 0; i < 50 && done; i++) {
		if (fake_stub_pump(fs, fd, 0) <= 0 &&
		    gdbstub_timeout(fs->stub) != 0)
			break;
		do {
			done = recv(fd, waste, sizeof(waste), 0);
		} while (done > 0);
	}
	return done;
}

static void send_all(struct fake_stub *fs, int fd, const void *data,
		     size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		return;
	settle(fs, fd);
}

static void send_packet(struct fake_stub *fs, int fd, const uint8_t *data,
			size_t size)
{
	char out[256];
	uint8_t sum = 0;

	out[0] = '$';
	memcpy(out + 1, data, size);
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + data[i]);
	size += (size_t)sprintf(out + 1 + size, "#%02x", sum) + 1;
	send_all(fs, fd, out, size);
}

static void guest_stops(struct fake_stub *fs, unsigned int kind)
{
	struct guest_stop stop = {
		.kind = (enum guest_stop_kind)(kind % GUEST_STOP_EXITED + 1),
		.vcpu = kind % 5,
		.addr = 0x40001000,
		.access = GUEST_READ,
		.text = "text",
	};

	if (fs->fake->running && !fs->fake->stop_waits && !fs->fake->exited)
		fake_guest_raise(fs->fake, &stop);
}

static void answers(struct fake_stub *fs)
{
	static const char question[] = "+$qfThreadInfo#bb";
	static const char answer[] = "+$m1,2,3,4#";
	char got[64] = "";
	int fd = dial(fs);

	if (write(fd, question, sizeof(question) - 1) < 0)
		abort();
	for (int i = 0; i < 50; i++)
		fake_stub_pump(fs, -1, 0);
	if (recv(fd, got, sizeof(got) - 1, 0) < 0 ||
	    strncmp(got, answer, sizeof(answer) - 1)) {
		fprintf(stderr, "the stub says '%s'\n", got);
		abort();
	}
	close(fd);
	for (int i = 0; i < 10; i++)
		fake_stub_pump(fs, -1, 0);
}

static int piece(struct fake_stub *fs, int fd, const uint8_t **at,
		 const uint8_t *end)
{
	uint8_t what = *(*at)++;
	size_t left = (size_t)(end - *at), length = 0;

	if (what < 0x80) {
		length = what < left ? what : left;
		send_all(fs, fd, *at, length);
	} else if (what < 0xc0) {
		guest_stops(fs, what & 0x3f);
	} else if (what < 0xe0) {
		close(fd);
		fd = dial(fs);
	} else {
		length = ((what & 0x1fU) + 1) * 4;
		if (length > left)
			length = left;
		send_packet(fs, fd, *at, length);
	}
	*at += length;
	if (settle(fs, fd))
		return fd;
	close(fd);
	return dial(fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kernel[] = "\177ELF";
	const uint8_t *at = data, *end = data + size;
	struct fake_stub *fs;
	char spec[80];
	int fd;

	snprintf(path, sizeof(path), "/tmp/fuzz-rsp-%d", (int)getpid());
	snprintf(spec, sizeof(spec), "unix:%s", path);
	fs = fake_stub_create(spec);
	fs->kernel = (struct gdbstub_file){ kernel, sizeof(kernel) };
	fd = dial(fs);
	while (at < end && !fs->fake->exited)
		fd = piece(fs, fd, &at, end);
	close(fd);
	for (int i = 0; i < 20; i++)
		fake_stub_pump(fs, -1, 0);
	if (gdbstub_is_attached(fs->stub) || fs->nr_opens ||
	    (!fs->fake->running && fs->fake->nr_breaks))
		abort();
	answers(fs);
	fake_stub_destroy(fs);
	return 0;
}
