// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hits - the cost of stage-2 watchpoints, in instructions
 *
 *	hits ACCEL TRAPLINE GUEST ROUNDS [WATCHES BREAKPOINTS]
 *
 * Runs tests/guest/hits.S under trapline with three bytes watched. Runs the
 * same guest under a minimal VMM, the peer, which works as other stubs would:
 * open the page, step, close the page. Prints lines "name value" or, if the
 * peer has a figure, "name value peer value". A figure is the best of ROUNDS,
 * in nanoseconds of the counters. Under -icount shift=0 these are the
 * instructions that guest and host execute.
 *
 * A real hit is measured from the store to the debugger's return from read()
 * with the stop reply. The last part of this time is a write() to a socket
 * until a sleeping process has read the data. This part is measured between two
 * bare processes and subtracted: "real_hit" ends at the stub's send().
 *
 * With WATCHES and BREAKPOINTS, so many more are set beside the watched bytes,
 * and there is no peer: the rows show how the cost grows with their number.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <trapline/abi.h>
#include "../kmod/machine.h"
#include "rsp_client.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ENTRY         0x40080000ULL
#define RESULTS       "40081000"
#define HOT           0x40082000ULL
#define WATCH         "Z2,40082801,3"
#define PAGE          0x1000ULL
#define MAX_IMAGE     0x10000
#define SOCKET        "/tmp/hits.socket"
#define STEPPED       200
#define WARM_UP       20
#define BUSY_NS       20000000
/* More watches, one in 64 bytes, and breakpoints, one in 4 bytes. */
#define MORE_WATCHES  0x41000000U
#define MORE_BREAKS   0x42000000U

/* The guest's file is part of this program. */
asm("	.pushsection .rodata\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

/* The number of stores of each of the guest's rows. */
static const unsigned int counts[] = { 1000, 1000, 1000, 1000, 100000 };
enum {
	ROW_PLAIN,
	ROW_PAIR,
	ROW_WRITEBACK,
	ROW_SIMD,
	ROW_HOT, /* only in the first round */
	ROW_HIT,
	ROW_SET_WATCH,
	ROW_SET_BREAK,
	NR_ROWS
};

static struct rsp_client client;
static size_t reply_size; /* size of a stop reply, as sent */

static uint64_t now(void)
{
	uint64_t count;

	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count)::"memory");
	return count;
}

static uint64_t ns(uint64_t ticks, unsigned int count)
{
	uint64_t freq;

	asm volatile("mrs %0, cntfrq_el0" : "=r"(freq));
	return ticks * 1000000000 / freq / count;
}

/* --- trapline ----------------------------------------------------------------- */

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open("/dev/null", O_RDWR), 0);
	execl(argv[2], "trapline", "run", "--accel", argv[1], "-q", "-c", "1",
	      "-m", "64M", "--wait", "--load-address", "0x40080000", "--gdb",
	      "unix:" SOCKET, argv[3], NULL);
	_exit(127);
}

/* The i-th word of a reply: 16 digits, lowest byte first. */
static uint64_t word(const char *reply, unsigned int i)
{
	uint64_t value = 0;
	unsigned int byte;

	for (unsigned int n = 0; n < 8; n++) {
		if (sscanf(reply + (size_t)i * 16 + (size_t)n * 2, "%2x",
			   &byte) != 1)
			die(reply);
		value |= (uint64_t)byte << (8 * n);
	}
	return value;
}

static void best_of(uint64_t *best, uint64_t value)
{
	if (!*best || value < *best)
		*best = value;
}

static void round_trip(uint64_t *best)
{
	char ask[32];
	uint64_t hit;

	if (rsp_ask(&client, "c"))
		die("no stop");
	hit = now();
	if (!strstr(client.packet, "watch:"))
		die(client.packet);
	reply_size = client.len + 4;
	if (rsp_ask(&client, "p13"))
		die("x19");
	best_of(&best[ROW_HIT], ns(hit - word(client.packet, 0), 1));
	snprintf(ask, sizeof(ask), "m" RESULTS ",%x",
		 (unsigned int)sizeof(uint64_t) * ROW_HIT);
	if (rsp_ask(&client, ask))
		die("results");
	for (unsigned int i = 0; i < ROW_HIT; i++)
		best_of(&best[i], ns(word(client.packet, i), counts[i]));
}

/* Set points of this kind; return the instructions for one. */
static uint64_t set_more(const char *kind, unsigned int base,
			 unsigned int stride, const char *count)
{
	unsigned int nr = (unsigned int)atoi(count);
	uint64_t begin = now();
	char ask[32];

	for (unsigned int i = 0; i < nr; i++) {
		snprintf(ask, sizeof(ask), "%s,%x,4", kind, base + i * stride);
		if (rsp_ask(&client, ask) || !rsp_is(&client, "OK"))
			die(client.packet);
	}
	return nr ? ns(now() - begin, nr) : 0;
}

static void measure(char **argv, uint64_t *best, bool more)
{
	pid_t pid = start(argv);

	if (pid < 0 || rsp_open_unix(&client, SOCKET))
		die("no stub");
	if (rsp_ask(&client, WATCH) || !rsp_is(&client, "OK"))
		die(client.packet);
	if (more) {
		best[ROW_SET_WATCH] = set_more("Z2", MORE_WATCHES, 64, argv[5]);
		best[ROW_SET_BREAK] = set_more("Z0", MORE_BREAKS, 4, argv[6]);
	}
	for (int rounds = atoi(argv[4]); rounds; rounds--)
		round_trip(best);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	rsp_close(&client);
}

/*
 * --- a write, a wakeup, a read
 * ----------------------------------------------------
 */

/*
 * Answer each request with as many bytes as a stop reply has. *sent is the time
 * just before the answer is sent.
 */
static void deliver(int fd, volatile uint64_t *sent)
{
	struct rsp_client peer = { .fd = fd };
	char reply[1024] = "$";

	if (reply_size > sizeof(reply))
		die("a long stop reply");
	memset(reply + 1, '0', reply_size - 1);
	reply[reply_size - 3] = '#';
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!rsp_recv_any(&peer)) {
		/*
		 * Be busy like a guest. Meanwhile the other process falls
		 * asleep.
		 */
		for (uint64_t begin = now(); ns(now() - begin, 1) < BUSY_NS;)
			;
		*sent = now();
		if (send(fd, reply, reply_size, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static uint64_t measure_delivery(int rounds)
{
	volatile uint64_t *sent = mmap(NULL, sizeof(*sent),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t best = 0;
	int fd[2];
	pid_t pid;

	if (sent == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	pid = fork();
	if (!pid)
		deliver(fd[1], sent);
	client = (struct rsp_client){ .fd = fd[0] };
	for (int i = 0; i <= rounds; i++) {
		if (rsp_ask(&client, "c"))
			die("no delivery");
		/* Skip the first round, whose pages are new. */
		if (i)
			best_of(&best, ns(now() - *sent, 1));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	rsp_close(&client);
	return best;
}

/* --- open, step, close --------------------------------------------------------- */

static void slot(struct machine *m, unsigned int nr, uint64_t ipa,
		 uint64_t size, unsigned int flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = nr,
		.guest_phys_addr = ipa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)m->ram + (ipa - RAM),
		.flags = flags,
	};

	if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

/*
 * KVM cannot change the flag of a slot, so delete the slot and make it again.
 */
static void page_slot(struct machine *m, bool open)
{
	slot(m, 1, HOT, 0, 0);
	slot(m, 1, HOT, PAGE, open ? 0 : KVM_MEM_READONLY);
}

static void page_attr(struct machine *m, bool open)
{
	struct kvm_memory_attributes attr = {
		.address = HOT,
		.size = PAGE,
		.attributes = open ? 0 : TRAPLINE_MEMORY_DENY_WRITE,
	};

	if (ioctl(m->vm, KVM_SET_MEMORY_ATTRIBUTES, &attr))
		die("KVM_SET_MEMORY_ATTRIBUTES");
}

static void debug(struct machine *m, uint32_t control)
{
	struct kvm_guest_debug dbg = { .control = control };

	if (ioctl(m->vcpu, KVM_SET_GUEST_DEBUG, &dbg))
		die("KVM_SET_GUEST_DEBUG");
}

/* KVM finishes a store by advancing the PC, so move the PC back. */
static void store_undo(struct machine *m)
{
	uint64_t pc = reg_get(m, PC);

	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	reg_set(m, PC, pc);
}

static void step_over(struct machine *m, bool kvm)
{
	uint32_t want = kvm ? KVM_EXIT_MMIO : KVM_EXIT_MEMORY_FAULT;
	void (*page)(struct machine *, bool) = kvm ? page_slot : page_attr;

	if (go(m) != want)
		die("no store");
	if (kvm)
		store_undo(m);
	page(m, true);
	debug(m, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	if (go(m) != KVM_EXIT_DEBUG)
		die("no step");
	debug(m, 0);
	page(m, false);
}

static uint64_t measure_stepped(char **argv)
{
	bool kvm = !strcmp(argv[1], "kvm");
	struct machine m;
	uint64_t begin;
	int fd;

	device = kvm ? "/dev/kvm" : "/dev/trapline";
	machine_create(&m, guest_end);
	alarm(0);
	fd = open(argv[3], O_RDONLY);
	if (fd < 0 || read(fd, m.ram + (ENTRY - RAM), MAX_IMAGE) <= 0)
		die(argv[3]);
	close(fd);
	if (kvm) {
		slot(&m, 0, RAM, 0, 0);
		slot(&m, 0, RAM, HOT - RAM, 0);
		slot(&m, 2, HOT + PAGE, RAM + RAM_SIZE - HOT - PAGE, 0);
		slot(&m, 1, HOT, PAGE, KVM_MEM_READONLY);
	} else {
		page_attr(&m, false);
	}
	reg_set(&m, PC, ENTRY);
	for (int i = 0; i < WARM_UP; i++)
		step_over(&m, kvm);
	begin = now();
	for (int i = 0; i < STEPPED; i++)
		step_over(&m, kvm);
	begin = now() - begin;
	machine_destroy(&m);
	return ns(begin, STEPPED);
}

static void growth(char **argv)
{
	static const struct {
		const char *name;
		unsigned int row;
	} rows[] = {
		{ "false_hit_plain", ROW_PLAIN },
		{ "false_hit_pair", ROW_PAIR },
		{ "real_hit_read", ROW_HIT },
		{ "set_watch", ROW_SET_WATCH },
		{ "set_break", ROW_SET_BREAK },
	};
	uint64_t best[NR_ROWS] = { 0 };

	measure(argv, best, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (best[rows[i].row])
			printf("%s %llu\n", rows[i].name,
			       (unsigned long long)best[rows[i].row]);
}

int main(int argc, char **argv)
{
	uint64_t best[NR_ROWS] = { 0 }, decoded = 0, delivery;

	if (argc != 5 && argc != 7) {
		fprintf(stderr, "usage: hits ACCEL TRAPLINE GUEST ROUNDS "
				"[WATCHES BREAKPOINTS]\n");
		return 2;
	}
	if (argc == 7) {
		growth(argv);
		return 0;
	}
	measure(argv, best, false);
	delivery = measure_delivery(2 * atoi(argv[4]));
	for (int i = ROW_PAIR; i <= ROW_SIMD; i++)
		if (best[i] > decoded)
			decoded = best[i];
	printf("false_hit_plain %llu\n", (unsigned long long)best[ROW_PLAIN]);
	printf("false_hit_decoded %llu\n", (unsigned long long)decoded);
	printf("real_hit %llu\n",
	       (unsigned long long)(best[ROW_HIT] - delivery));
	printf("real_hit_read %llu socket %llu\n",
	       (unsigned long long)best[ROW_HIT], (unsigned long long)delivery);
	printf("hot_page %llu step %llu\n", (unsigned long long)best[ROW_HOT],
	       (unsigned long long)measure_stepped(argv));
	fprintf(stderr, "pair %llu writeback %llu simd %llu\n",
		(unsigned long long)best[ROW_PAIR],
		(unsigned long long)best[ROW_WRITEBACK],
		(unsigned long long)best[ROW_SIMD]);
	return 0;
}
