// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_packets.c - a debugger that sends well-formed packets in any order
 *
 * fuzz_rsp.c sends bytes; most of them do not get beyond the framing. Here the
 * input is a list of steps. Most steps send one packet, made from a template
 * whose fields have values that are on or near a limit. Other steps stop the
 * guest, interrupt it, connect again, or damage the next packet. So the stub is
 * driven through its states: attached, running, a stop that waits, no guest.
 *
 * These must hold, besides what the sanitizers check:
 *	each reply has a correct checksum
 *	there are at most as many replies as packets (console output aside)
 *	when the last debugger has left, no file is open, and a guest that is
 *	stopped has no break points
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "input.h"
#include "gdbstub/rsp.h"
#include "tests/unit/fake_stub.h"

#define MAX_STEPS  256
#define PACKET_MAX 4096

/*
 * Fields, each replaced by a value that the next byte of the input chooses:
 *	%a address	%n number	%t thread	%r register
 *	%d hexadecimal digits		%b binary bytes	%k kind of point
 *	%c action of vCont		%s signal	%o operation of H
 *	%h a monitor command, in digits	%p a path, in digits
 *	%f features of qSupported	%x object of qXfer
 *	%q condition of a break point
 */
static const char *const templates[] = {
	"?",
	"g",
	"G%d",
	"p%r",
	"P%r=%d",
	"m%a,%n",
	"x%a,%n",
	"M%a,%n:%d",
	"X%a,%n:%b",
	"Z%k,%a,%n",
	"Z%k,%a,%n%q",
	"z%k,%a,%n",
	"H%o%t",
	"T%t",
	"c",
	"c%a",
	"C%s",
	"C%s;%a",
	"s",
	"s%a",
	"S%s;%a",
	"vCont?",
	"vCont;%c",
	"vCont;%c:%t;%c",
	"vCont;%c:%t;%c:%t;%c:%t",
	"vCont;r%a,%a:%t;%c",
	"vCont;t:%t",
	"D",
	"D;%t",
	"k",
	"vKill;%t",
	"qSupported",
	"qSupported:%f;%f;%f",
	"QStartNoAckMode",
	"qC",
	"qfThreadInfo",
	"qsThreadInfo",
	"qThreadExtraInfo,%t",
	"qAttached",
	"qAttached:%t",
	"qOffsets",
	"qRcmd,%h",
	"qHostInfo",
	"qProcessInfo",
	"qXfer:%x:read::%n,%n",
	"qXfer:%x:read:%p:%n,%n",
	"qXfer:%x:write:%p:%n:%b",
	"vFile:setfs:%n",
	"vFile:open:%p,%n,%n",
	"vFile:open:%p,0,0",
	"vFile:pread:%n,%n,%n",
	"vFile:fstat:%n",
	"vFile:stat:%p",
	"vFile:close:%n",
	"vFile:pwrite:%n,%n,%b",
	"vFile:readlink:%p",
	"QThreadSuffixSupported",
	"jThreadsInfo",
	"qMemoryRegionInfo:%a",
	"qRegisterInfo%n",
	"vMustReplyEmpty",
	"qTStatus",
	"!",
};

/* clang-format off */
static const char *const addresses[] = {
	"40000000", "40080000", "40080004", "40080001", "400ffffc",
	"403ffff8", "403fffff", "40400000", "0",	"1",
	"3ffffff8", "ffffffff", "100000000", "ffff800008000000",
	"fffffffffffffff8", "ffffffffffffffff", "10000000000000000", "",
};
static const char *const numbers[] = {
	"0", "1", "2", "3", "4", "8", "10", "100", "7ff", "1000", "4000",
	"10000", "7fffffff", "80000000", "ffffffff", "7fffffffffffffff",
	"ffffffffffffffff", "10000000000000000", "-1", "",
};
static const char *const threads[] = {
	"1", "2", "3", "4", "5", "0", "-1", "ffffffff", "p1.1", "p-1.-1", "",
};
static const char *const registers[] = {
	"0", "1", "1e", "1f", "20", "21", "22", "41", "42", "43", "44", "50",
	"58", "59", "7f", "ffffffff", "",
};
static const char *const digits[] = {
	"", "0", "00", "0000000000000000", "ffffffffffffffff", "0000084000000000",
	"5500000000000000", "c003000000000000", "0000", "xx", "00000000",
};
static const char *const binaries[] = {
	"", "a", "abcd", "abcdefgh", "}\x03}\x04}]}\n", "}", "*", "\x7f\x80\xff",
};
static const char *const kinds[] = { "0", "1", "2", "3", "4", "5", "" };
static const char *const actions[] = { "c", "s", "C05", "S05", "t", "r0,0", "" };
static const char *const signals[] = { "00", "05", "0b", "ff", "1", "" };
static const char *const operations[] = { "g", "c", "x", "" };
static const char *const commands[] = {
	"", "help", "echo a", "lines 3", "lines 5000", "fail", "oops text",
	"panic text", "failure text", "module", "exec", "exit 1", "count 5",
	"no such command", "echo \x1b[31m",
};
static const char *const paths[] = {
	"", "/trapline/kernel", "/etc/passwd", "/trapline/../etc/passwd",
	"trapline", "/trapline/module.ko", "target.xml", "%",
};
static const char *const features[] = {
	"swbreak+", "hwbreak+", "error-message+", "exec-events+", "xmlRegisters=",
	"multiprocess+", "swbreak-", "",
};
static const char *const objects[] = {
	"features", "threads", "exec-file", "libraries", "auxv", "",
};
static const char *const conditions[] = {
	";X1,27", ";X3,220127", ";X6,26001f220127", ";X4,2120ff", ";X", ";X0,",
	";Xffffffff,27", ";cmds:1,X1,27", ";X2,27;X1,27",
};

/* clang-format on */

struct field {
	char letter;
	bool in_hex;
	const char *const *values;
	size_t nr;
};

#define FIELD(letter, values)                             \
	{                                                 \
		letter, false, values, ARRAY_SIZE(values) \
	}
#define HEX_FIELD(letter, values)                        \
	{                                                \
		letter, true, values, ARRAY_SIZE(values) \
	}
static const struct field fields[] = {
	FIELD('a', addresses),    FIELD('n', numbers),
	FIELD('t', threads),      FIELD('r', registers),
	FIELD('d', digits),       FIELD('b', binaries),
	FIELD('k', kinds),        FIELD('c', actions),
	FIELD('s', signals),      FIELD('o', operations),
	HEX_FIELD('h', commands), HEX_FIELD('p', paths),
	FIELD('f', features),     FIELD('x', objects),
	FIELD('q', conditions),
};

/* The state of one connection. */
struct peer {
	struct fake_stub *fs;
	int fd;
	char got[2 * RSP_PACKET_SIZE]; /* the reply so far, without its '$' */
	size_t length;
	enum {
		BETWEEN,
		BODY,
		SUM_HIGH,
		SUM_LOW
	} state;
	char sum[3];
	unsigned int sent, replies;
};

static char path[64];

static void dial(struct peer *p)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	memcpy(to.sun_path, path, strlen(path) + 1);
	must(p->fd >= 0 && !connect(p->fd, (struct sockaddr *)&to, sizeof(to)),
	     "no connection");
	p->state = BETWEEN;
	p->sent = p->replies = 0;
}

/* Console output: 'O' and digits, but not "OK". */
static void reply_ends(struct peer *p)
{
	uint8_t sum = 0;
	char want[3];

	for (size_t i = 0; i < p->length; i++)
		sum = (uint8_t)(sum + (uint8_t)p->got[i]);
	snprintf(want, sizeof(want), "%02x", sum);
	must(!strcmp(want, p->sum), "a reply with a wrong checksum");
	if (p->got[0] == 'O' && p->length != 2)
		return;
	p->replies++;
	must(p->replies <= p->sent, "more replies than packets");
}

static void hear(struct peer *p, char c)
{
	switch (p->state) {
	case BETWEEN:
		if (c == '$')
			p->state = BODY;
		p->length = 0;
		return;
	case BODY:
		if (c == '#')
			p->state = SUM_HIGH;
		else if (p->length < sizeof(p->got))
			p->got[p->length++] = c;
		return;
	case SUM_HIGH:
		p->sum[0] = c;
		p->state = SUM_LOW;
		return;
	case SUM_LOW:
		p->sum[1] = c;
		p->state = BETWEEN;
		reply_ends(p);
		return;
	}
}

/*
 * Run until nothing happens. False: the stub has closed the connection, as it
 * may after a damaged packet.
 */
static bool settle(struct peer *p)
{
	static char data[0x40000];
	ssize_t done = 1;

	for (int i = 0; i < 50 && done; i++) {
		if (fake_stub_pump(p->fs, p->fd, 0) <= 0 &&
		    gdbstub_timeout(p->fs->stub) != 0)
			break;
		while ((done = recv(p->fd, data, sizeof(data), 0)) > 0)
			for (ssize_t j = 0; j < done; j++)
				hear(p, data[j]);
	}
	return done;
}

static void again(struct peer *p)
{
	close(p->fd);
	for (int i = 0; i < 5; i++)
		fake_stub_pump(p->fs, -1, 0);
	dial(p);
}

static size_t put(char *out, size_t at, const struct field *f, uint8_t choice)
{
	const char *value = f->values[choice % f->nr];

	for (; *value && at < PACKET_MAX - 4; value++)
		if (f->in_hex)
			at += (size_t)sprintf(out + at, "%02x",
					      (uint8_t)*value);
		else
			out[at++] = *value;
	return at;
}

static size_t fill(const char *text, char *out, struct input *in)
{
	size_t at = 0;

	for (; *text && at < PACKET_MAX - 4; text++) {
		if (*text != '%') {
			out[at++] = *text;
			continue;
		}
		text++;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
			if (fields[i].letter == *text)
				at = put(out, at, &fields[i], input_next(in));
	}
	return at;
}

/* Change, remove or double one character. */
static size_t damage(char *packet, size_t length, struct input *in)
{
	uint8_t how = input_next(in);
	size_t where = length ? input_next(in) % length : 0;

	if (!length)
		return 0;
	switch (how & 3) {
	case 0:
		packet[where] = (char)input_next(in);
		return length;
	case 1:
		memmove(packet + where, packet + where + 1, length - where - 1);
		return length - 1;
	case 2:
		memmove(packet + where + 1, packet + where, length - where);
		return length + 1;
	default:
		return where;
	}
}

static void send_packet(struct peer *p, const char *packet, size_t length)
{
	char out[PACKET_MAX + 16];
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + (uint8_t)packet[i]);
	out[0] = '+';
	out[1] = '$';
	memcpy(out + 2, packet, length);
	length += 2;
	length += (size_t)sprintf(out + length, "#%02x", sum);
	if (send(p->fd, out, length, MSG_NOSIGNAL) > 0)
		p->sent++;
}

static void guest_stops(struct fake_stub *fs, uint8_t kind)
{
	struct guest_stop stop = {
		.kind = (enum guest_stop_kind)(kind % GUEST_STOP_EXITED + 1),
		.vcpu = kind % FAKE_STUB_CPUS,
		.addr = FAKE_STUB_RAM + 0x1000,
		.access = GUEST_READ,
		.text = "text",
	};

	if (fs->fake->running && !fs->fake->stop_waits && !fs->fake->exited)
		fake_guest_raise(fs->fake, &stop);
}

static void step(struct peer *p, struct input *in)
{
	char packet[PACKET_MAX + 1];
	uint8_t what = input_next(in);
	size_t length;

	switch (what) {
	case 0xff:
		again(p);
		return;
	case 0xfe:
		guest_stops(p->fs, input_next(in));
		break;
	case 0xfd:
		(void)send(p->fd, "\x03", 1, MSG_NOSIGNAL);
		break;
	default:
		length = fill(templates[(what & 0x7f) % ARRAY_SIZE(templates)],
			      packet, in);
		if (what >= 0xf0)
			length = damage(packet, length, in);
		send_packet(p, packet, length);
		/* Bit 7: the next packet comes before this one is answered. */
		if ((what & 0x80) && what < 0xf0)
			return;
		break;
	}
	if (!settle(p))
		again(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kernel[] = "\177ELF";
	struct input in = { data, data + size };
	static struct peer p;
	char spec[80];

	snprintf(path, sizeof(path), "/tmp/fuzz-packets-%d", (int)getpid());
	snprintf(spec, sizeof(spec), "unix:%s", path);
	p.fs = fake_stub_create(spec);
	p.fs->kernel = (struct gdbstub_file){ kernel, sizeof(kernel) };
	dial(&p);
	for (int i = 0; i < MAX_STEPS && in.at < in.end && !p.fs->fake->exited;
	     i++)
		step(&p, &in);
	close(p.fd);
	for (int i = 0; i < 20; i++)
		fake_stub_pump(p.fs, -1, 0);
	must(!gdbstub_is_attached(p.fs->stub), "still attached");
	must(!p.fs->nr_opens, "a file is still open");
	must(p.fs->fake->running || !p.fs->fake->nr_breaks,
	     "points of the last debugger are left");
	fake_stub_destroy(p.fs);
	return 0;
}
