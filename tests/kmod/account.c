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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACING   "/sys/kernel/tracing/"
#define TICKS     10 /* of guest time */
/* Most ticks of CPU time that TICKS may take. A busy lab loses many ticks. */
#define TICKS_MAX 1000
#define EXITS     500
#define MOVES     10
#define WAITS     1000 /* of 10 ms: generous */

extern const char guest_spin[], guest_fp[], guest_exits[];
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
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

struct runner {
	struct machine m;
	pthread_t thread;
	pid_t tid; /* 0: not started yet */
	const volatile uint32_t *cpu; /* in the rseq area; NULL: there is none */
};

static void *run(void *arg)
{
	struct runner *r = arg;

	if (__rseq_size)
		r->cpu =
			&((const struct rseq
				   *)(const void
					      *)((char *)__builtin_thread_pointer() +
						 __rseq_offset))
				 ->cpu_id;
	__atomic_store_n(&r->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	go(&r->m);
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void runner_start(struct runner *r, const char *guest)
{
	memset(r, 0, sizeof(*r));
	machine_create(&r->m, guest);
	/* The guest spins until runner_stop(). */
	alarm(0);
	if (pthread_create(&r->thread, NULL, run, r))
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

static void test_time(const char *what, const char *guest)
{
	struct runner r;
	struct times t;

	runner_start(&r, guest);
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

/*
 * The kernel writes the CPU's number when the thread goes to user space or to a
 * guest.
 */
static void test_work(void)
{
	struct runner r;
	int came = 0;

	runner_start(&r, guest_spin);
	for (unsigned int i = 0; i < MOVES; i++) {
		unsigned int cpu = i % 2;

		pin(r.tid, cpu);
		for (int n = 0; n < WAITS && *r.cpu != cpu; n++)
			usleep(10000);
		came += *r.cpu == cpu;
		if (came <= (int)i)
			break;
	}
	ok("a thread that is in its guest knows that it was moved",
	   came == MOVES);
	runner_stop(&r);
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

static void test_rcu(void)
{
	struct machine m;
	char pid[16];
	int good = 1;

	mount("tracefs", TRACING, "tracefs", 0, NULL);
	machine_create(&m, guest_exits);
	good &= go(&m) == KVM_EXIT_MMIO;
	snprintf(pid, sizeof(pid), "%d", (int)syscall(SYS_gettid));
	if (!put(TRACING "trace", "") || !put(TRACING "set_event_pid", pid) ||
	    !put(TRACING "events/rcu/rcu_utilization/enable", "1"))
		die(TRACING);
	for (int i = 0; i < EXITS; i++)
		good &= go(&m) == KVM_EXIT_MMIO;
	put(TRACING "events/rcu/rcu_utilization/enable", "0");
	put(TRACING "set_event_pid", " ");
	printf("# %d exits, %d quiescent states\n", EXITS,
	       traced("Start context switch"));
	ok("RCU is told of each time that the guest is entered",
	   good && traced("Start context switch") >= EXITS);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };

	tap_begin(argc, argv);
	sigaction(SIGUSR1, &action, NULL);
	test_time("a guest's time is guest time", guest_spin);
	test_time("with its FP registers in the CPU, too", guest_fp);
	if (__rseq_size && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		test_work();
	test_rcu();
	return tap_end();
}
