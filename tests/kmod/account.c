// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * account.c - the host's kernel knows when a guest runs
 *
 *	account [DEVICE]
 *
 * Three things are tested: guest time in /proc; RCU's quiescent states, which a
 * trace event of the kernel counts; and work that waits until a thread goes to
 * user space, which shows in the CPU number in the thread's rseq area. No test
 * measures time: each waits for CPU time of the thread or for the event.
 */
#include "machine.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define TRACING   "/sys/kernel/tracing/"
#define TICKS     10 /* of guest time */
/*
 * Most ticks of CPU time that TICKS, or one move of the thread, may take. A busy
 * lab loses many ticks.
 */
#define TICKS_MAX 1000
#define ADVANCES  100
#define MOVES     10

extern const char guest_spin[], guest_fp[], guest_exits[], guest_slow[];
/* clang-format off */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_spin\n"
    "guest_spin:\n"
    "	b .\n"
    "	.global guest_fp\n"
    "guest_fp:\n"
    "	mov x0, #(3 << 20)\n"
    "	msr cpacr_el1, x0\n"
    "	isb\n"
    "	fmov d0, x0\n"
    "	b .\n"
    "	.global guest_exits\n"
    "guest_exits:\n"
    "	str x0, [x19]\n"
    "	b guest_exits\n"
    "	.global guest_slow\n"
    "guest_slow:\n"
    "	mov x1, #(1 << 18)\n"
    "1:	subs x1, x1, #1\n"
    "	b.ne 1b\n"
    "	str x0, [x19]\n"
    "	b guest_slow\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

struct runner {
	struct machine m;
	pthread_t thread;
	pid_t tid; /* 0: not started yet */
	const volatile uint32_t *cpu; /* in the rseq area; NULL: there is none */
	/* Used by run_and_look(): */
	unsigned int now; /* the CPU after the last exit */
	unsigned int wrong; /* times that the rseq area had another CPU */
	bool end;
};

static void runner_begin(struct runner *r)
{
	if (__rseq_size)
		r->cpu =
			&((const struct rseq
				   *)(const void
					      *)((char *)__builtin_thread_pointer() +
						 __rseq_offset))
				 ->cpu_id;
	__atomic_store_n(&r->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void *run(void *arg)
{
	struct runner *r = arg;

	runner_begin(r);
	go(&r->m);
	return NULL;
}

static void *run_and_look(void *arg)
{
	struct runner *r = arg;

	runner_begin(r);
	while (!__atomic_load_n(&r->end, __ATOMIC_ACQUIRE) &&
	       go(&r->m) == KVM_EXIT_MMIO) {
		unsigned int now, before = *r->cpu;

		syscall(SYS_getcpu, &now, NULL, NULL);
		/* If they differ, the thread was moved just now. */
		if (*r->cpu == before)
			r->wrong += before != now;
		__atomic_store_n(&r->now, now, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void runner_start(struct runner *r, const char *guest,
			 void *(*function)(void *))
{
	memset(r, 0, sizeof(*r));
	machine_create(&r->m, guest);
	/* The guest spins until runner_stop(). */
	alarm(0);
	if (pthread_create(&r->thread, NULL, function, r))
		die("pthread_create");
	while (!__atomic_load_n(&r->tid, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static void runner_stop(struct runner *r)
{
	r->m.run->immediate_exit = 1;
	pthread_kill(r->thread, SIGUSR1);
	pthread_join(r->thread, NULL);
	machine_destroy(&r->m);
}

/* Fields of /proc/.../stat. */
struct times {
	unsigned long user, system, guest;
};

static struct times times_of(pid_t tid)
{
	char path[64], text[1024] = "", *at;
	struct times t = { 0 };
	int fd, n = 2;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	/* The second field is in parentheses and may have any character. */
	at = strrchr(text, ')');
	for (at = at ? strtok(at + 1, " ") : NULL; at; at = strtok(NULL, " ")) {
		n++;
		if (n == 14)
			t.user = strtoul(at, NULL, 10);
		else if (n == 15)
			t.system = strtoul(at, NULL, 10);
		else if (n == 43)
			t.guest = strtoul(at, NULL, 10);
	}
	return t;
}

/* The CPU time that the thread has had. */
static unsigned long ticks_of(pid_t tid)
{
	struct times t = times_of(tid);

	return t.user + t.system;
}

static void test_time(const char *what, const char *guest)
{
	struct runner r;
	struct times t;

	runner_start(&r, guest, run);
	do {
		usleep(10000);
		t = times_of(r.tid);
	} while (t.guest < TICKS && t.user + t.system < TICKS_MAX);
	runner_stop(&r);
	printf("# %lu user, %lu of that the guest's, %lu system\n", t.user,
	       t.guest, t.system);
	ok(what, t.guest >= TICKS);
}

static void pin(pid_t tid, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Since 6.19 the kernel writes the CPU's number only for user space. */
static bool written_for_guests(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 19);
}

/*
 * The kernel writes the CPU's number when the thread goes to user space or to a
 * guest.
 */
static void test_work(void)
{
	unsigned long end;
	struct runner r;
	int came = 0;

	runner_start(&r, guest_spin, run);
	for (unsigned int i = 0; i < MOVES; i++) {
		unsigned int cpu = i % 2;

		pin(r.tid, cpu);
		end = ticks_of(r.tid) + TICKS_MAX;
		while (*r.cpu != cpu && ticks_of(r.tid) < end)
			usleep(10000);
		came += *r.cpu == cpu;
		if (came <= (int)i)
			break;
	}
	ok("a moved thread that runs its guest gets the new CPU number",
	   came == MOVES);
	runner_stop(&r);
}

static void test_back(void)
{
	struct runner r;

	runner_start(&r, guest_slow, run_and_look);
	for (unsigned int i = 0; i < MOVES; i++) {
		pin(r.tid, i % 2);
		while (__atomic_load_n(&r.now, __ATOMIC_ACQUIRE) != i % 2)
			usleep(1000);
	}
	__atomic_store_n(&r.end, true, __ATOMIC_RELEASE);
	pthread_join(r.thread, NULL);
	printf("# %u times the wrong CPU\n", r.wrong);
	ok("a moved thread that leaves its guest gets the new CPU number",
	   !r.wrong);
	machine_destroy(&r.m);
}

static int put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC), good;

	if (fd < 0)
		return 0;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

/* Count the lines of the trace with these words. */
static int traced(const char *words)
{
	FILE *f = fopen(TRACING "trace", "r");
	char line[512];
	int n = 0;

	if (!f)
		die(TRACING "trace");
	while (fgets(line, sizeof(line), f))
		n += strstr(line, words) != NULL;
	fclose(f);
	return n;
}

/* The clock that each tick of the kernel advances. */
static int64_t tick_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/*
 * The first entry after each tick tells RCU. Several ticks may come between the
 * same two entries: a lab on a busy machine has shown 41 for 100 ticks.
 */
static void test_rcu(void)
{
	int64_t now, before = tick_clock();
	int good = 1, advances = 0;
	struct machine m;
	char pid[16];

	mount("tracefs", TRACING, "tracefs", 0, NULL);
	machine_create(&m, guest_exits);
	good &= go(&m) == KVM_EXIT_MMIO;
	snprintf(pid, sizeof(pid), "%d", (int)syscall(SYS_gettid));
	if (!put(TRACING "trace", "") || !put(TRACING "set_event_pid", pid) ||
	    !put(TRACING "events/rcu/rcu_utilization/enable", "1"))
		die(TRACING);
	while (good && advances < ADVANCES) {
		good &= go(&m) == KVM_EXIT_MMIO;
		now = tick_clock();
		advances += now != before;
		before = now;
	}
	put(TRACING "events/rcu/rcu_utilization/enable", "0");
	put(TRACING "set_event_pid", " ");
	printf("# %d ticks, %d quiescent states\n", advances,
	       traced("Start context switch"));
	ok("RCU is told that the guest is entered",
	   good && traced("Start context switch") >= ADVANCES / 4);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };

	tap_begin(argc, argv);
	sigaction(SIGUSR1, &action, NULL);
	test_time("a guest's time is guest time", guest_spin);
	test_time("a guest's time with FP registers in the CPU is guest time",
		  guest_fp);
	if (__rseq_size && sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		if (written_for_guests())
			test_work();
		test_back();
	}
	test_rcu();
	return tap_end();
}
