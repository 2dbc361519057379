// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench - trapline and its peer side by side, in one run, on one machine
 *
 * Runs inside the lab (or on any arm64 machine with KVM). Starts each VMM in
 * turn with the same kernel, initramfs, vCPUs and memory, and times the
 * operations that a user waits for. The same client drives both stubs over
 * loopback TCP.
 *
 *	bench CONFIG ROUNDS KERNEL INITRD OUT TRAPLINE QEMU [ROW...]
 *
 * Writes one JSON object a line to OUT: name, config, value, unit, peer,
 * peer_value, ratio (value / peer_value). The figure is the median wall time of
 * ROUNDS. Inside the lab the machine is emulated, so only the ratio is
 * meaningful.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "rsp_client.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_ROUNDS    64
#define PORT          1234
#define PC_AT         (32 * 16) /* position of PC in the reply to 'g' */
#define MARKER        "crash_null: probing"
#define COUNTER       "build/guest/count.elf"
/*
 * Kernel text is mapped contiguously, so an aligned span of this size is
 * mapped.
 */
#define READ_SPAN     0x10000ULL

struct options {
	const char *config, *kernel, *initrd, *out, *trapline, *qemu;
	int rounds;
	char **rows;
};

/* A running VMM: console output comes through a pipe. */
struct vmm {
	const char *name;
	pid_t pid;
	int console;
	char line[4096];
	size_t len;
};

static struct rsp_client client;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return (d > 0) - (d < 0);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return values[n / 2];
}

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

/*
 * Execute a VMM. run: the words for the guest's init (scripts/guest-init). gdb:
 * with a stub.
 */
static void exec_vmm(const struct options *o, const char *name, const char *run,
		     bool gdb)
{
	/*
	 * Debian's QEMU needs a device with an ITS, which /dev/trapline lacks.
	 */
	bool kvm = strncmp(o->config, "trapline", 8) != 0;
	char append[128], port[32];

	snprintf(append, sizeof(append),
		 "console=ttyAMA0 quiet nokaslr tl.run=%s", run);
	if (!strcmp(name, "trapline")) {
		snprintf(port, sizeof(port), "127.0.0.1:%d", PORT);
		execl(o->trapline, "trapline", "run", "-q", "-c", "2", "-m",
		      "512M", "-a", append, "--gdb", gdb ? port : "none",
		      o->kernel, o->initrd ? "-i" : NULL, o->initrd, NULL);
	} else {
		snprintf(port, sizeof(port), "tcp:127.0.0.1:%d", PORT);
		execl(o->qemu, o->qemu, "-M",
		      kvm ? "virt,gic-version=host"
			  : "virt,gic-version=host,its=off",
		      "-accel", "kvm", "-cpu", "host", "-smp", "2", "-m",
		      "512M", "-nographic", "-nodefaults", "-serial", "stdio",
		      "-nic", "none", "-no-reboot", "-append", append,
		      "-kernel", o->kernel, "-gdb", gdb ? port : "none",
		      o->initrd ? "-initrd" : NULL, o->initrd, NULL);
	}
	fprintf(stderr, "bench: cannot run %s: %s\n", name, strerror(errno));
	_exit(127);
}

static void vmm_start(struct vmm *vmm, const struct options *o,
		      const char *name, const char *run, bool gdb)
{
	int pipefd[2];

	*vmm = (struct vmm){ .name = name };
	if (pipe2(pipefd, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	vmm->pid = fork();
	if (vmm->pid < 0)
		die("fork: %s", strerror(errno));
	if (!vmm->pid) {
		int null = open("/dev/null", O_RDONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(pipefd[1], 1);
		exec_vmm(o, name, run, gdb);
	}
	close(pipefd[1]);
	vmm->console = pipefd[0];
}

/* Read the console until it contains text; -1 at the end of the console. */
static int vmm_expect(struct vmm *vmm, const char *text)
{
	struct pollfd pfd = { .fd = vmm->console, .events = POLLIN };

	for (;;) {
		size_t room = sizeof(vmm->line) - 1 - vmm->len;
		ssize_t n;

		if (poll(&pfd, 1, RSP_TIMEOUT_MS) <= 0)
			return -1;
		n = read(vmm->console, vmm->line + vmm->len, room);
		if (n <= 0)
			return -1;
		vmm->len += (size_t)n;
		vmm->line[vmm->len] = '\0';
		if (text && strstr(vmm->line, text))
			return 0;
		if (vmm->len > sizeof(vmm->line) / 2) {
			size_t keep = 128;

			memmove(vmm->line, vmm->line + vmm->len - keep, keep);
			vmm->len = keep;
		}
	}
}

static int vmm_wait(struct vmm *vmm)
{
	int status = 0;

	while (vmm_expect(vmm, NULL) == 0)
		;
	waitpid(vmm->pid, &status, 0);
	close(vmm->console);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void vmm_end(struct vmm *vmm)
{
	rsp_close(&client);
	kill(vmm->pid, SIGKILL);
	waitpid(vmm->pid, NULL, 0);
	close(vmm->console);
}

/* Boot to user space, then attach: the guest is stopped. */
static void vmm_attach(struct vmm *vmm, const struct options *o,
		       const char *name, const char *run, const char *said)
{
	vmm_start(vmm, o, name, run, true);
	if (vmm_expect(vmm, said))
		die("%s: the guest did not get to user space: %s", name,
		    vmm->line);
	if (rsp_open(&client, PORT))
		die("%s: no stub: %s", name, strerror(errno));
}

static void ask(const struct vmm *vmm, const char *packet, const char *want)
{
	if (rsp_ask(&client, packet) || !rsp_is(&client, want))
		die("%s: %s answered %.60s", vmm->name, packet, client.packet);
}

static double boot(const struct options *o, const char *name)
{
	struct vmm vmm;
	double t = now();

	vmm_start(&vmm, o, name, "poweroff", false);
	if (vmm_wait(&vmm))
		die("%s: the guest did not power off: %s", name, vmm.line);
	return now() - t;
}

/* Send "monitor COMMAND". reply gets the decoded text. */
static void monitor(const struct vmm *vmm, const char *command, char *reply,
		    size_t size)
{
	char packet[128] = "qRcmd,";
	size_t n = 0;

	for (const char *p = command; *p; p++)
		snprintf(packet + strlen(packet), 3, "%02x", *p);
	if (rsp_send(&client, packet, strlen(packet)))
		die("%s: monitor %s", vmm->name, command);
	while (!rsp_recv_any(&client) && client.packet[0] == 'O' &&
	       client.packet[1] != 'K') {
		unsigned int byte;

		for (const char *p = client.packet + 1;
		     n + 1 < size && sscanf(p, "%2x", &byte) == 1; p += 2)
			reply[n++] = (char)byte;
	}
	reply[n] = '\0';
}

/* The address of die() with nokaslr, which is the same for every VMM. */
static unsigned long long die_address(const struct options *o)
{
	unsigned long long address;
	char text[256];
	struct vmm vmm;
	const char *hex;

	vmm_attach(&vmm, o, "trapline", "loop", "looping");
	monitor(&vmm, "sym die", text, sizeof(text));
	hex = strstr(text, "0xffff");
	if (!hex)
		die("monitor sym die: %s", text);
	address = strtoull(hex, NULL, 16);
	vmm_end(&vmm);
	return address;
}

/*
 * Time from the module's last message before the fault to the stop reply.
 * trapline's stub stops there by itself. The peer's stub needs a breakpoint on
 * die(), at an address that its user has to know.
 */
static double oops_to_stop(const struct options *o, const char *name)
{
	static unsigned long long address;
	char packet[64];
	struct vmm vmm;
	double t;

	if (!address)
		address = die_address(o);
	vmm_attach(&vmm, o, name, "delay,crash_null", "waiting");
	snprintf(packet, sizeof(packet), "Z1,%llx,4", address);
	if (strcmp(name, "trapline"))
		ask(&vmm, packet, "OK");
	else
		/*
		 * trapline reports the loaded module, and the debugger
		 * continues.
		 */
		ask(&vmm, "vCont;c", "T05");
	rsp_send(&client, "vCont;c", 7);
	if (vmm_expect(&vmm, MARKER))
		die("%s: the guest did not crash: %s", name, vmm.line);
	t = now();
	if (rsp_recv(&client) || client.packet[0] != 'T')
		die("%s: no stop at the oops", name);
	t = now() - t;
	vmm_end(&vmm);
	return t;
}

/*
 * Read the kernel text at the PC of a CPU that idles in the kernel, repeatedly,
 * by 'm' packets of the stub's maximum size. The peer's stub reads with the
 * page tables and the privilege of the current CPU.
 */
static double read_memory(struct vmm *vmm, size_t total)
{
	size_t chunk = (client.packet_size - 8) / 2, got = 0;
	uint64_t base;
	char packet[64];
	double t;

	ask(vmm, "g", "");
	if (client.len < PC_AT + 16)
		die("%s: g answered %.60s", vmm->name, client.packet);
	client.packet[PC_AT + 16] = '\0';
	base = __builtin_bswap64(strtoull(client.packet + PC_AT, NULL, 16)) &
	       ~(READ_SPAN - 1);
	if (chunk > READ_SPAN)
		chunk = READ_SPAN;
	t = now();
	while (got < total) {
		snprintf(packet, sizeof(packet), "m%llx,%zx",
			 (unsigned long long)base, chunk);
		ask(vmm, packet, "");
		if (client.len < 2 * 512)
			die("%s: cannot read %s: %.20s", vmm->name, packet,
			    client.packet);
		got += client.len / 2;
	}
	return now() - t;
}

static void hex_path(char *packet, size_t size)
{
	snprintf(packet, size, "vFile:open:");
	for (const char *p = client.packet + 1; *p; p++) {
		size_t len = strlen(packet);

		if (len + 8 > size)
			die("exec-file: %.60s", client.packet);
		snprintf(packet + len, 3, "%02x", *p);
	}
	strcat(packet, ",0,0");
}

/*
 * Time to get the kernel's symbols without a file, from the request to the last
 * byte of an ELF file. The peer's stub has no symbols. There a tool would have
 * to read kallsyms' tables through the stub (3 MiB in 6.12), and then decode
 * them.
 */
static double symbols(const struct options *o, const char *name)
{
	char packet[512];
	struct vmm vmm;
	size_t got = 0;
	double t;
	unsigned long fd, n;

	vmm_attach(&vmm, o, name, "delay", "waiting");
	if (strcmp(name, "trapline")) {
		t = read_memory(&vmm, 3 << 20);
		vmm_end(&vmm);
		return t;
	}
	t = now();
	ask(&vmm, "qXfer:exec-file:read::0,fff", "l");
	hex_path(packet, sizeof(packet));
	ask(&vmm, packet, "F");
	fd = strtoul(client.packet + 1, NULL, 16);
	do {
		snprintf(packet, sizeof(packet), "vFile:pread:%lx,ffff,%zx", fd,
			 got);
		ask(&vmm, packet, "F");
		n = strtoul(client.packet + 1, NULL, 16);
		got += n;
	} while (n);
	t = now() - t;
	vmm_end(&vmm);
	return t;
}

/* Steps per second, with one packet in each direction for each step. */
static double step_packets(const struct vmm *vmm)
{
	const int steps = 200;
	double t = now();

	for (int i = 0; i < steps; i++)
		ask(vmm, "vCont;s:1", "T05");
	return steps / (now() - t);
}

static double step_wire(const struct options *o, const char *name)
{
	struct vmm vmm;
	double rate;

	vmm_attach(&vmm, o, name, "loop", "looping");
	rate = step_packets(&vmm);
	vmm_end(&vmm);
	return rate;
}

/* Read X19, which is little-endian in the reply. */
static uint64_t counter(const struct vmm *vmm)
{
	ask(vmm, "p13", "");
	return __builtin_bswap64(strtoull(client.packet, NULL, 16));
}

/*
 * Steps per second inside one vCont;r, measured by the progress of a counting
 * loop of two instructions. The peer's stub has no range steps, so its debugger
 * sends each step.
 */
static double step_range(const struct options *o, const char *name)
{
	struct options counting = *o;
	struct vmm vmm;
	uint64_t from;
	double rate, t;

	counting.kernel = COUNTER;
	counting.initrd = NULL;
	vmm_attach(&vmm, &counting, name, "", "count: now");
	if (strcmp(name, "trapline")) {
		rate = step_packets(&vmm);
	} else {
		from = counter(&vmm);
		t = now();
		rsp_send(&client, "vCont;r40000000,50000000:1", 26);
		usleep(2000000);
		rsp_interrupt(&client);
		if (rsp_recv(&client) || client.packet[0] != 'T')
			die("%s: no stop on Ctrl-C", name);
		t = now() - t;
		rate = 2 * (double)(counter(&vmm) - from) / t;
	}
	vmm_end(&vmm);
	return rate;
}

/* Read the same memory repeatedly: this times the connection and the stub. */
static double mem_read(const struct options *o, const char *name)
{
	const size_t total = 8 << 20;
	struct vmm vmm;
	double t;

	vmm_attach(&vmm, o, name, "delay", "waiting");
	t = read_memory(&vmm, total);
	vmm_end(&vmm);
	return (double)total / (1 << 20) / t;
}

static double interrupt_latency(const struct options *o, const char *name)
{
	double sample[20];
	struct vmm vmm;

	vmm_attach(&vmm, o, name, "loop", "looping");
	for (size_t i = 0; i < ARRAY_SIZE(sample); i++) {
		double t;

		rsp_send(&client, "vCont;c", 7);
		usleep(20000);
		t = now();
		rsp_interrupt(&client);
		if (rsp_recv(&client) || client.packet[0] != 'T')
			die("%s: no stop on Ctrl-C", name);
		sample[i] = (now() - t) * 1e3;
	}
	vmm_end(&vmm);
	return median(sample, ARRAY_SIZE(sample));
}

static const struct row {
	const char *name;
	const char *unit;
	double (*measure)(const struct options *o, const char *vmm);
} rows[] = {
	{ "boot", "s", boot },
	{ "oops_to_stop", "s", oops_to_stop },
	{ "symbols", "s", symbols },
	{ "step_wire", "steps/s", step_wire },
	{ "step_range", "steps/s", step_range },
	{ "mem_read", "MiB/s", mem_read },
	{ "interrupt_latency", "ms", interrupt_latency },
};

static bool wanted(const struct options *o, const char *name)
{
	if (!o->rows[0])
		return true;
	for (char **row = o->rows; *row; row++)
		if (!strcmp(*row, name))
			return true;
	return false;
}

/*
 * Measure trapline and the peer alternately, so that a change in the machine's
 * load affects both.
 */
static void measure(const struct options *o, const struct row *row, FILE *out)
{
	double ours[MAX_ROUNDS], peers[MAX_ROUNDS], value, peer;

	for (int i = 0; i < o->rounds; i++) {
		ours[i] = row->measure(o, "trapline");
		peers[i] = row->measure(o, "qemu");
	}
	value = median(ours, o->rounds);
	peer = median(peers, o->rounds);
	fprintf(out,
		"{\"name\":\"%s\",\"config\":\"%s\",\"value\":%.4g,"
		"\"unit\":\"%s\",\"peer\":\"qemu\",\"peer_value\":%.4g,"
		"\"ratio\":%.3g}\n",
		row->name, o->config, value, row->unit, peer, value / peer);
	fflush(out);
}

int main(int argc, char **argv)
{
	struct options o;
	FILE *out;

	if (argc < 8) {
		fprintf(stderr, "usage: bench CONFIG ROUNDS KERNEL INITRD OUT "
				"TRAPLINE QEMU [ROW...]\n");
		return 2;
	}
	o = (struct options){ argv[1], argv[3], argv[4],       argv[5],
			      argv[6], argv[7], atoi(argv[2]), argv + 8 };
	if (o.rounds < 1 || o.rounds > MAX_ROUNDS)
		die("ROUNDS is %d: give 1 to %d", o.rounds, MAX_ROUNDS);
	client.fd = -1;
	out = fopen(o.out, "w");
	if (!out)
		die("%s: %s", o.out, strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (wanted(&o, rows[i].name))
			measure(&o, &rows[i], out);
	fclose(out);
	return 0;
}
