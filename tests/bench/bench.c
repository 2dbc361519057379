// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench - trapline and its peer side by side, in one run, on one machine
 *
 * Runs inside the lab (or on any arm64 machine with KVM): starts each VMM with
 * the same kernel, initramfs, vCPUs and memory, in turn, and times what a user
 * waits for. Both stubs are driven by the same client over loopback TCP.
 *
 *	bench CONFIG ROUNDS KERNEL INITRD OUT TRAPLINE QEMU [ROW...]
 *
 * Writes one JSON object a line to OUT: name, config, value, unit, peer,
 * peer_value, ratio (value / peer_value). Wall time, median of ROUNDS; inside
 * the lab that is wall time under emulation, good for the ratio only.
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
#define MARKER        "crash_null: probing"
#define READY         "tl: ready"

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

/* run: what the guest's init does (scripts/mkguest); gdb: with a stub. */
static void exec_vmm(const struct options *o, const char *name, const char *run,
		     bool gdb)
{
	char append[128], port[32];

	snprintf(append, sizeof(append), "console=ttyAMA0 quiet tl.run=%s",
		 run);
	if (!strcmp(name, "trapline")) {
		snprintf(port, sizeof(port), "127.0.0.1:%d", PORT);
		execl(o->trapline, "trapline", "run", "-q", "-c", "2", "-m",
		      "512M", "-i", o->initrd, "-a", append, "--gdb",
		      gdb ? port : "none", o->kernel, NULL);
	} else {
		snprintf(port, sizeof(port), "tcp:127.0.0.1:%d", PORT);
		execl(o->qemu, o->qemu, "-M", "virt,gic-version=host", "-accel",
		      "kvm", "-cpu", "host", "-smp", "2", "-m", "512M",
		      "-nographic", "-nodefaults", "-serial", "stdio", "-nic",
		      "none", "-no-reboot", "-initrd", o->initrd, "-append",
		      append, "-kernel", o->kernel, gdb ? "-gdb" : NULL, port,
		      NULL);
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

/* Read the console until text stands in it; -1 at its end. */
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
		       const char *name, const char *run)
{
	vmm_start(vmm, o, name, run, true);
	if (vmm_expect(vmm, READY))
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

/* From the module's last message before the fault to the stop reply. */
static double oops_to_stop(const struct options *o, const char *name)
{
	struct vmm vmm;
	double t;

	vmm_start(&vmm, o, name, "crash_null_wait", true);
	if (vmm_expect(&vmm, READY) || rsp_open(&client, PORT))
		die("%s: no stub", name);
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

/* Kernel symbols, from the question to the last byte of the ELF file. */
static double symbols(const struct options *o, const char *name)
{
	struct vmm vmm;
	char packet[256];
	size_t got = 0;
	double t;
	unsigned long fd;

	vmm_attach(&vmm, o, name, "loop");
	t = now();
	ask(&vmm, "qXfer:exec-file:read:1:0,fff", "l");
	snprintf(packet, sizeof(packet), "vFile:open:");
	for (const char *p = client.packet + 1; *p && got < 100; p++, got++)
		snprintf(packet + strlen(packet), 3, "%02x", *p);
	strcat(packet, ",0,0");
	ask(&vmm, packet, "F");
	fd = strtoul(client.packet + 1, NULL, 16);
	for (got = 0;;) {
		unsigned long n;

		snprintf(packet, sizeof(packet), "vFile:pread:%lx,ffff,%zx", fd,
			 got);
		ask(&vmm, packet, "F");
		n = strtoul(client.packet + 1, NULL, 16);
		if (!n)
			break;
		got += n;
	}
	t = now() - t;
	vmm_end(&vmm);
	return t;
}

static double step_wire(const struct options *o, const char *name)
{
	const int steps = 200;
	struct vmm vmm;
	double t;

	vmm_attach(&vmm, o, name, "loop");
	t = now();
	for (int i = 0; i < steps; i++)
		ask(&vmm, "vCont;s:1", "T05");
	t = now() - t;
	vmm_end(&vmm);
	return steps / t;
}

/* 8 MiB of the kernel's text, by the largest packets the stub takes. */
static double mem_read(const struct options *o, const char *name)
{
	size_t total = 8 << 20, got = 0;
	struct vmm vmm;
	uint64_t base;
	size_t chunk;
	char packet[64];
	double t;

	vmm_attach(&vmm, o, name, "loop");
	chunk = (client.packet_size - 8) / 2;
	if (chunk > RSP_MAX_PACKET / 4)
		chunk = RSP_MAX_PACKET / 4;
	/* nokaslr is not given: take an address the CPU stands at. */
	ask(&vmm, "p20", "");
	base = __builtin_bswap64(strtoull(client.packet, NULL, 16)) & ~0xfffULL;
	t = now();
	while (got < total) {
		snprintf(packet, sizeof(packet), "m%llx,%zx",
			 (unsigned long long)base, chunk < 4096 ? chunk : 4096);
		ask(&vmm, packet, "");
		if (client.len < 2 * 512 || client.packet[0] == 'E')
			die("%s: cannot read %s: %.20s", name, packet,
			    client.packet);
		got += client.len / 2;
	}
	t = now() - t;
	vmm_end(&vmm);
	return (double)total / (1 << 20) / t;
}

static double interrupt_latency(const struct options *o, const char *name)
{
	double sample[20];
	struct vmm vmm;

	vmm_attach(&vmm, o, name, "loop");
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
	bool peer; /* false: the peer's stub has no such thing */
} rows[] = {
	{ "boot", "s", boot, true },
	{ "oops_to_stop", "s", oops_to_stop, false },
	{ "symbols", "s", symbols, false },
	{ "step_wire", "steps/s", step_wire, true },
	{ "mem_read", "MiB/s", mem_read, true },
	{ "interrupt_latency", "ms", interrupt_latency, true },
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

/* Ours and the peer's in turn, so that drift of the machine hits both. */
static void measure(const struct options *o, const struct row *row, FILE *out)
{
	double ours[MAX_ROUNDS], peers[MAX_ROUNDS], value, peer;

	for (int i = 0; i < o->rounds; i++) {
		ours[i] = row->measure(o, "trapline");
		if (row->peer)
			peers[i] = row->measure(o, "qemu");
	}
	value = median(ours, o->rounds);
	fprintf(out,
		"{\"name\":\"%s\",\"config\":\"%s\",\"value\":%.4g,"
		"\"unit\":\"%s\",",
		row->name, o->config, value, row->unit);
	if (row->peer) {
		peer = median(peers, o->rounds);
		fprintf(out,
			"\"peer\":\"qemu\",\"peer_value\":%.4g,"
			"\"ratio\":%.3g}\n",
			peer, value / peer);
	} else {
		fprintf(out, "\"peer\":null,\"peer_value\":null,"
			     "\"ratio\":null}\n");
	}
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
