// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay - play the debugger's part of recorded sessions: rsp_replay FILE...
 *
 * Each file runs against a stub and a guest of its own (tests/unit/fake_stub.h)
 * over a TCP connection. A line is one of
 *
 *	# anything		a comment; so is an empty line
 *	> BODY			send a packet
 *	< BODY			this packet comes; '*' stands for any bytes
 *	>raw BYTES		send bytes as they are
 *	<raw BYTES		exactly these bytes come
 *	<silence		nothing comes
 *	<closed			nothing comes, and the stub hangs up
 *	!connect !close		the connection
 *	!refused		another connection is closed at once
 *	!run			the guest runs without a debugger
 *	!resumed		another caller resumes it, unknown to gdb
 *	!stop KIND [CPU [ADDR|CODE [TEXT]]]	the guest stops by itself; at
 *				a break point ADDR is the PC
 *	!next KIND ...		the guest stops in this way at the next resume
 *	!no-model		resumes do not hit points by themselves
 *	!kernel			there is an exec file: the 8 bytes \177ELF#$}*
 *	!kernel-size N		the exec file claims N MiB (do not read it)
 *	!early !late		the kernel has not relocated itself yet, or has
 *	!read-only		the register view is read-only
 *	=running =halted =attached =detached
 *	=points N =resumes N =files N =actions RHS...	must be true now
 *
 * BYTES and BODY have \xHH for bytes that cannot be typed. '+' is sent and
 * expected as the protocol requires, until QStartNoAckMode; !manual stops that.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gdbstub/args.h"
#include "tests/unit/fake_stub.h"

#define BUFFER_SIZE     0x80000
#define PATIENCE_ROUNDS 3000 /* rounds of 10 ms */

/* Each of these bytes needs an escape in a reply. */
static const uint8_t kernel[] = "\177ELF#$}*";

struct play {
	const char *file;
	unsigned int line;
	struct fake_stub *fs;
	int fd;
	bool manual; /* do not expect an acknowledgement of each packet */
	uint8_t in[BUFFER_SIZE];
	size_t in_length;
};

static void fail(const struct play *p, const char *what, const char *detail)
{
	fprintf(stderr, "%s:%u: %s%s%.400s\n", p->file, p->line, what,
		detail ? ": " : "", detail ? detail : "");
	exit(1);
}

/* \xHH and \\ to bytes; returns the length. */
static size_t unescape(const char *text, uint8_t *ret)
{
	size_t length = 0;

	while (*text) {
		if (text[0] == '\\' && text[1] == 'x' &&
		    hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
			ret[length++] = (uint8_t)(hex_digit(text[2]) << 4 |
						  hex_digit(text[3]));
			text += 4;
		} else if (text[0] == '\\' && text[1] == '\\') {
			ret[length++] = '\\';
			text += 2;
		} else {
			ret[length++] = (uint8_t)*text++;
		}
	}
	return length;
}

static void escape(const uint8_t *data, size_t length, char *ret, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < length && at + 5 < size; i++) {
		if (data[i] >= ' ' && data[i] < 0x7f && data[i] != '\\')
			ret[at++] = (char)data[i];
		else
			at += (size_t)snprintf(ret + at, 5, "\\x%02x", data[i]);
	}
	ret[at] = '\0';
}

static int dial(const struct play *p)
{
	const char *port = strrchr(gdbstub_target(p->fs->stub), ':');
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port + 1)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		fail(p, "connect", strerror(errno));
	return fd;
}

static void send_bytes(struct play *p, const uint8_t *data, size_t length)
{
	while (length) {
		ssize_t done =
			send(p->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done < 0 && errno != EAGAIN)
			fail(p, "send", strerror(errno));
		if (done < 0) {
			fake_stub_pump(p->fs, -1, 10);
			continue;
		}
		data += done;
		length -= (size_t)done;
	}
}

static void send_packet(struct play *p, const char *text)
{
	uint8_t *out = malloc(strlen(text) + 8);
	size_t length = unescape(text, out + 1);
	uint8_t sum = 0;

	out[0] = '$';
	for (size_t i = 1; i <= length; i++)
		sum = (uint8_t)(sum + out[i]);
	length += 1 + (size_t)sprintf((char *)out + 1 + length, "#%02x", sum);
	send_bytes(p, out, length);
	free(out);
}

/* Run one round; false when no bytes have come for a while. */
static bool receive(struct play *p)
{
	for (int i = 0; i < PATIENCE_ROUNDS; i++) {
		ssize_t done;

		fake_stub_pump(p->fs, p->fd, 10);
		done = recv(p->fd, p->in + p->in_length,
			    sizeof(p->in) - p->in_length, MSG_DONTWAIT);
		if (!done)
			fail(p, "the stub has closed the connection", NULL);
		if (done > 0) {
			p->in_length += (size_t)done;
			return true;
		}
	}
	return false;
}

static void consume(struct play *p, size_t length)
{
	p->in_length -= length;
	memmove(p->in, p->in + length, p->in_length);
}

static void expect_raw(struct play *p, const char *text)
{
	uint8_t want[256];
	size_t length = unescape(text, want);

	while (p->in_length < length) {
		if (!receive(p))
			fail(p, "the expected bytes did not come", text);
	}
	if (memcmp(p->in, want, length)) {
		char got[256];

		escape(p->in, p->in_length, got, sizeof(got));
		fail(p, "came instead", got);
	}
	consume(p, length);
}

/* The length of the first packet in p->in, 0 while it is incomplete. */
static size_t packet_length(const struct play *p)
{
	const uint8_t *hash = memchr(p->in, '#', p->in_length);
	size_t length;

	if (!hash)
		return 0;
	length = (size_t)(hash - p->in) + 3;
	return length <= p->in_length ? length : 0;
}

static bool matches(const char *pattern, const char *text)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == '*') {
			do {
				if (matches(pattern + 1, text))
					return true;
			} while (*text++);
			return false;
		}
		if (*pattern != *text)
			return false;
	}
	return !*text;
}

static void expect_packet(struct play *p, const char *pattern)
{
	uint8_t sum = 0, sent = 0;
	size_t length;
	char *got;

	while (!(length = packet_length(p))) {
		if (!receive(p))
			fail(p, "the expected packet did not come", pattern);
	}
	if (p->in[0] != '$')
		fail(p, "these bytes are not a packet", NULL);
	for (size_t i = 1; i < length - 3; i++)
		sum = (uint8_t)(sum + p->in[i]);
	sent = (uint8_t)(hex_digit((char)p->in[length - 2]) << 4 |
			 hex_digit((char)p->in[length - 1]));
	if (sum != sent)
		fail(p, "the sum is wrong", NULL);
	got = malloc(length * 4 + 8);
	escape(p->in + 1, length - 4, got, length * 4 + 8);
	if (!matches(pattern, got))
		fail(p, "came instead", got);
	free(got);
	consume(p, length);
	if (!p->manual)
		send_bytes(p, (const uint8_t *)"+", 1);
}

static const struct {
	const char *name;
	enum guest_stop_kind kind;
} stop_names[] = {
	{ "requested", GUEST_STOP_REQUESTED },
	{ "step", GUEST_STOP_STEP },
	{ "break", GUEST_STOP_SW_BREAK },
	{ "hwbreak", GUEST_STOP_HW_BREAK },
	{ "watch", GUEST_STOP_WATCH },
	{ "crash", GUEST_STOP_CRASH },
	{ "failure", GUEST_STOP_FAILURE },
	{ "hang", GUEST_STOP_HANG },
	{ "module", GUEST_STOP_MODULE },
	{ "exec", GUEST_STOP_EXEC },
	{ "exited", GUEST_STOP_EXITED },
};

static struct guest_stop parse_stop(const struct play *p, const char *text)
{
	struct guest_stop stop = { .access = GUEST_WRITE };
	unsigned long long number = 0;
	char name[32] = "";

	sscanf(text, "%31s %u %lli %255[^\n]", name, &stop.vcpu,
	       (long long *)&number, stop.text);
	stop.addr = number;
	stop.code = (int)number;
	for (size_t i = 0; i < ARRAY_SIZE(stop_names); i++) {
		if (!strcmp(name, stop_names[i].name))
			stop.kind = stop_names[i].kind;
	}
	if (stop.kind == GUEST_STOP_NONE)
		fail(p, "no such kind of stop", text);
	return stop;
}

static void run_all(struct play *p)
{
	enum guest_action actions[GUEST_MAX_VCPUS];

	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++)
		actions[i] = GUEST_RUN;
	if (p->fs->fake->guest.ops->resume(&p->fs->fake->guest, actions, NULL))
		fail(p, "resume failed", NULL);
	gdbstub_resumed(p->fs->stub);
}

static void expect_refusal(struct play *p)
{
	int fd = dial(p);
	char byte;

	for (int i = 0; i < 5; i++)
		fake_stub_pump(p->fs, -1, 10);
	if (recv(fd, &byte, 1, MSG_DONTWAIT) != 0)
		fail(p, "a second connection was not closed", NULL);
	close(fd);
}

static void act(struct play *p, const char *text)
{
	struct guest_stop stop;

	if (!strcmp(text, "connect")) {
		p->fd = dial(p);
		p->manual = false;
		p->in_length = 0;
	} else if (!strcmp(text, "close")) {
		fake_stub_settle(p->fs);
		close(p->fd);
		p->fd = -1;
	} else if (!strcmp(text, "manual")) {
		p->manual = true;
	} else if (!strcmp(text, "refused")) {
		expect_refusal(p);
	} else if (!strcmp(text, "run") || !strcmp(text, "resumed")) {
		run_all(p);
	} else if (!strcmp(text, "no-model")) {
		p->fs->no_model = true;
	} else if (!strcmp(text, "kernel")) {
		p->fs->kernel.data = kernel;
		p->fs->kernel.size = sizeof(kernel) - 1;
	} else if (!strncmp(text, "kernel-size ", 12)) {
		p->fs->kernel.size = strtoul(text + 12, NULL, 10) * SZ_1M;
	} else if (!strcmp(text, "early") || !strcmp(text, "late")) {
		p->fs->early = !strcmp(text, "early");
	} else if (!strcmp(text, "read-only")) {
		p->fs->fake->read_only_view = true;
	} else if (!strncmp(text, "stop ", 5)) {
		fake_stub_settle(p->fs);
		stop = parse_stop(p, text + 5);
		if (stop.addr && (stop.kind == GUEST_STOP_SW_BREAK ||
				  stop.kind == GUEST_STOP_HW_BREAK))
			p->fs->fake->regs[stop.vcpu].pc = stop.addr;
		fake_guest_raise(p->fs->fake, &stop);
	} else if (!strncmp(text, "next ", 5)) {
		stop = parse_stop(p, text + 5);
		fake_guest_queue_stop(p->fs->fake, &stop);
	} else {
		fail(p, "unknown command", text);
	}
	fake_stub_settle(p->fs);
}

static void expect_number(const struct play *p, const char *what,
			  unsigned int is, const char *text)
{
	char detail[64];

	if (is == (unsigned int)atoi(text))
		return;
	snprintf(detail, sizeof(detail), "%u", is);
	fail(p, what, detail);
}

static void expect_actions(const struct play *p, const char *text)
{
	static const char letters[] = {
		[GUEST_HOLD] = 'h', [GUEST_RUN] = 'r', [GUEST_STEP] = 's'
	};
	char is[FAKE_STUB_CPUS + 1] = "";

	for (unsigned int i = 0; i < FAKE_STUB_CPUS; i++)
		is[i] = letters[p->fs->fake->last_actions[i]];
	if (strcmp(is, text))
		fail(p, "the actions are", is);
}

static void check(struct play *p, const char *text)
{
	const struct fake_guest *fake = p->fs->fake;

	fake_stub_settle(p->fs);
	if (!strcmp(text, "running") || !strcmp(text, "halted")) {
		if (fake->running != !strcmp(text, "running"))
			fail(p, "the guest is not", text);
	} else if (!strcmp(text, "attached") || !strcmp(text, "detached")) {
		if (gdbstub_is_attached(p->fs->stub) !=
		    !strcmp(text, "attached"))
			fail(p, "the stub is not", text);
	} else if (!strncmp(text, "points ", 7)) {
		expect_number(p, "points", fake->nr_breaks, text + 7);
	} else if (!strncmp(text, "resumes ", 8)) {
		expect_number(p, "resumes", fake->nr_resumes, text + 8);
	} else if (!strncmp(text, "files ", 6)) {
		expect_number(p, "open files", p->fs->nr_opens, text + 6);
	} else if (!strncmp(text, "actions ", 8)) {
		expect_actions(p, text + 8);
	} else {
		fail(p, "unknown check", text);
	}
}

static void expect_silence(struct play *p)
{
	fake_stub_settle(p->fs);
	fake_stub_pump(p->fs, p->fd, 20);
	if (p->in_length || recv(p->fd, p->in, 1, MSG_DONTWAIT) >= 0)
		fail(p, "something came, or the connection is gone", NULL);
}

static void expect_close(struct play *p)
{
	ssize_t done = -1;

	for (int i = 0; i < PATIENCE_ROUNDS && done < 0; i++) {
		fake_stub_pump(p->fs, p->fd, 10);
		done = recv(p->fd, p->in, 1, MSG_DONTWAIT);
		if (done < 0 && errno == ECONNRESET)
			done = 0;
	}
	if (p->in_length || done > 0)
		fail(p, "something came before the end", NULL);
	if (done < 0)
		fail(p, "the connection was not closed", NULL);
	close(p->fd);
	p->fd = -1;
}

static void play_packet(struct play *p, const char *body)
{
	send_packet(p, body);
	if (!p->manual)
		expect_raw(p, "+");
	/* From this OK on no packet is acknowledged, not even the OK. */
	if (!strcmp(body, "QStartNoAckMode"))
		p->manual = true;
}

static void play_line(struct play *p, const char *line)
{
	uint8_t bytes[4096];

	if (!*line || *line == '#')
		return;
	if (!strncmp(line, "> ", 2))
		play_packet(p, line + 2);
	else if (!strncmp(line, ">raw ", 5))
		send_bytes(p, bytes, unescape(line + 5, bytes));
	else if (!strncmp(line, "<raw ", 5))
		expect_raw(p, line + 5);
	else if (!strcmp(line, "<silence"))
		expect_silence(p);
	else if (!strcmp(line, "<closed"))
		expect_close(p);
	else if (!strcmp(line, "<") || !strncmp(line, "< ", 2))
		expect_packet(p, line[1] ? line + 2 : "");
	else if (*line == '!')
		act(p, line + 1);
	else if (*line == '=')
		check(p, line + 1);
	else
		fail(p, "unknown line", line);
}

static void play_file(const char *path)
{
	struct play *p = calloc(1, sizeof(*p));
	char line[16384];
	FILE *in = fopen(path, "r");

	if (!in || !p) {
		perror(path);
		exit(1);
	}
	p->file = path;
	p->fd = -1;
	p->fs = fake_stub_create("0");
	while (fgets(line, sizeof(line), in)) {
		p->line++;
		line[strcspn(line, "\n")] = '\0';
		play_line(p, line);
	}
	fclose(in);
	if (p->fd >= 0)
		close(p->fd);
	fake_stub_destroy(p->fs);
	free(p);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		play_file(argv[i]);
		printf("ok %s\n", argv[i]);
	}
	printf("%d passed, 0 failed\n", argc - 1);
	return argc > 1 ? 0 : 2;
}
