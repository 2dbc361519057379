// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * qemu.c - the QEMU process of the lab
 *
 * QEMU inherits socket pairs for its virtual devices, and a memfd, so there are
 * no file names that could collide or need a clean-up. The command line works
 * with QEMU 7.2 and 10.
 */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <trapline/report.h>
#include <trapline/types.h>
#include <trapline/util.h>
#include <unistd.h>

#include "wire.h"

#define MAX_ARGS 256

struct args {
	char *v[MAX_ARGS + 1];
	unsigned int n;
};

static void arg(struct args *args, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void arg(struct args *args, const char *fmt, ...)
{
	va_list ap;

	if (args->n == MAX_ARGS)
		return;
	va_start(ap, fmt);
	if (vasprintf(&args->v[args->n], fmt, ap) >= 0)
		args->n++;
	va_end(ap);
	args->v[args->n] = NULL;
}

/* QEMU splits its option lists at commas; a doubled comma stands for one. */
static char *escape_commas(const char *text)
{
	char *copy = malloc(2 * strlen(text) + 1), *p = copy;

	for (; copy && *text; text++) {
		*p++ = *text;
		if (*text == ',')
			*p++ = ',';
	}
	if (copy)
		*p = '\0';
	return copy;
}

static void machine_args(struct args *a, const struct lab_options *o)
{
	arg(a, "-nodefaults");
	arg(a, "-no-user-config");
	arg(a, "-no-reboot");
	arg(a, "-display");
	arg(a, "none");
	arg(a, "-machine");
	arg(a, "virt,virtualization=on,gic-version=%u", o->gic);
	arg(a, "-cpu");
	arg(a, "%s", o->cpu);
	arg(a, "-smp");
	arg(a, "%u", o->smp);
	arg(a, "-m");
	arg(a, "%" PRIu64 "M", o->mem >> 20);
	if (o->icount) {
		arg(a, "-icount");
		arg(a, "shift=0,sleep=off");
	}
}

static void boot_args(struct args *a, const struct lab_plan *plan, int image)
{
	const struct lab_options *o = plan->options;

	arg(a, "-kernel");
	arg(a, "%s", plan->paths->kernel);
	arg(a, "-initrd");
	arg(a, "/proc/self/fd/%d", image);
	arg(a, "-append");
	/* A crash must end QEMU; the crypto self tests take much CPU time. */
	arg(a, "console=ttyAMA0 loglevel=%d panic=-1 cryptomgr.notests %s %s%s",
	    o->verbose ? 7 : 4, o->cpu_append,
	    o->el2_core ? "kvm-arm.mode=none " : "", o->append);
}

/* QEMU's ends of the socket pairs; gdb may be -1. */
struct ends {
	int control, console, errors, gdb;
};

static void port_args(struct args *a, const struct ends *theirs)
{
	arg(a, "-chardev");
	arg(a, "socket,id=console,fd=%d", theirs->console);
	arg(a, "-serial");
	arg(a, "chardev:console");
	arg(a, "-object");
	arg(a, "rng-random,id=rng,filename=/dev/urandom");
	arg(a, "-device");
	arg(a, "virtio-rng-pci,rng=rng");
	arg(a, "-device");
	arg(a, "virtio-serial-pci");
	if (theirs->gdb >= 0) {
		arg(a, "-chardev");
		arg(a, "socket,id=gdb,fd=%d", theirs->gdb);
		arg(a, "-device");
		arg(a, "virtserialport,chardev=gdb,name=" WIRE_GDB_PORT);
	}
	arg(a, "-chardev");
	arg(a, "socket,id=control,fd=%d", theirs->control);
	arg(a, "-device");
	arg(a, "virtserialport,chardev=control,name=" WIRE_PORT);
}

static void share_args(struct args *a, const struct lab_plan *plan)
{
	unsigned int i;
	char *path;

	for (i = 0; i < plan->nshares; i++) {
		path = escape_commas(plan->shares[i].dir);
		arg(a, "-fsdev");
		arg(a,
		    "local,id=s%u,security_model=none,multidevs=remap%s,path=%s",
		    i, plan->shares[i].read_only ? ",readonly=on" : "",
		    path ? path : "");
		arg(a, "-device");
		arg(a, "virtio-9p-pci,fsdev=s%u,mount_tag=s%u", i, i);
		free(path);
	}
}

static void disk_args(struct args *a, const struct lab_options *o)
{
	unsigned int i;

	for (i = 0; i < o->disks.n; i++) {
		struct lab_disk d;
		size_t n = lab_disk_suffixes(o->disks.item[i], &d);
		char *path = strndup(o->disks.item[i], n);
		char *file = path ? escape_commas(path) : NULL;

		arg(a, "-drive");
		arg(a, "if=none,id=d%u,format=raw,discard=unmap,file=%s%s%s%s",
		    i, file ? file : "", d.read_only ? ",readonly=on" : "",
		    d.snapshot ? ",snapshot=on" : "",
		    d.locked ? ",file.locking=off" : "");
		arg(a, "-device");
		arg(a, "virtio-blk-pci,drive=d%u", i);
		free(path);
		free(file);
	}
}

static void net_args(struct args *a, const struct lab_options *o)
{
	char forwards[LAB_MAX_LIST * 48] = "";
	size_t used = 0;

	if (!o->net) {
		arg(a, "-nic");
		arg(a, "none");
		return;
	}
	for (unsigned int i = 0; i < o->forwards.n; i++) {
		uint64_t host = 0, lab = 0;
		const char *at;

		if (number_parse(o->forwards.item[i], &at, &host) && *at)
			number_parse(at + 1, NULL, &lab);
		used += snprintf(forwards + used, sizeof(forwards) - used,
				 ",hostfwd=tcp:127.0.0.1:%u-:%u",
				 (unsigned int)host, (unsigned int)lab);
	}
	arg(a, "-netdev");
	arg(a, "user,id=net%s", forwards);
	arg(a, "-device");
	/* Without romfile=, QEMU needs a boot ROM that may not be installed. */
	arg(a, "virtio-net-pci,netdev=net,romfile=");
}

static void print_args(const struct args *args)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	for (unsigned int i = 0; i < args->n; i++)
		fprintf(out, strpbrk(args->v[i], " ") ? " '%s'" : " %s",
			args->v[i]);
	if (!fclose(out))
		report(REPORT_NOTE, "QEMU's command line:%s", text);
	free(text);
}

/* Runs in the child. The descriptors in @keep stay open across exec. */
static void __attribute__((noreturn))
run_qemu(const struct args *args, pid_t parent, const int *keep, int errors)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* QEMU gets no descriptor that a shell has left open here. */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	for (; *keep >= 0; keep++)
		fcntl(*keep, F_SETFD, 0);
	if (null < 0)
		dprintf(errors, "/dev/null: %s\n", strerror(errno));
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(errors, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
		_exit(127);
	execv(args->v[0], args->v);
	dprintf(STDERR_FILENO, "%s: %s\n", args->v[0], strerror(errno));
	_exit(127);
}

static int spawn(struct lab_qemu *qemu, const struct lab_plan *plan, int image,
		 const struct ends *theirs)
{
	int keep[] = { image, theirs->control, theirs->console, theirs->gdb,
		       -1 };
	const struct lab_options *o = plan->options;
	struct args args = { 0 };
	pid_t parent = getpid();
	unsigned int i;

	arg(&args, "%s", plan->paths->qemu);
	machine_args(&args, o);
	boot_args(&args, plan, image);
	port_args(&args, theirs);
	share_args(&args, plan);
	disk_args(&args, o);
	net_args(&args, o);
	if (o->verbose)
		print_args(&args);
	qemu->pid = fork();
	if (!qemu->pid)
		run_qemu(&args, parent, keep, theirs->errors);
	for (i = 0; i < args.n; i++)
		free(args.v[i]);
	if (qemu->pid > 0)
		return 0;
	qemu->pid = 0;
	return -errno;
}

static int make_pair(int *x_ours, int *x_theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*x_ours = fds[0];
	*x_theirs = fds[1];
	return 0;
}

static int make_pairs(struct lab_qemu *qemu, bool gdb, struct ends *theirs)
{
	int err = make_pair(&qemu->control, &theirs->control);

	if (!err)
		err = make_pair(&qemu->console, &theirs->console);
	if (!err)
		err = make_pair(&qemu->errors, &theirs->errors);
	if (!err && gdb)
		err = make_pair(&qemu->gdb, &theirs->gdb);
	return err;
}

int lab_qemu_start(struct lab_qemu *qemu, const struct lab_plan *plan,
		   int image)
{
	struct ends theirs = { -1, -1, -1, -1 };
	const int *fds[] = { &theirs.control, &theirs.console, &theirs.errors,
			     &theirs.gdb };
	int err;

	*qemu = (struct lab_qemu){
		.control = -1, .console = -1, .errors = -1, .gdb = -1
	};
	err = make_pairs(qemu, plan->options->gdb_port, &theirs);
	if (!err)
		err = spawn(qemu, plan, image, &theirs);
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	if (!err)
		return 0;
	report(REPORT_ERROR, "cannot start QEMU: %s", strerror(-err));
	lab_qemu_stop(qemu);
	return err;
}

void lab_qemu_stop(struct lab_qemu *qemu)
{
	int *fds[] = { &qemu->control, &qemu->console, &qemu->errors,
		       &qemu->gdb };
	unsigned int i;

	if (qemu->pid > 0) {
		kill(qemu->pid, SIGKILL);
		while (waitpid(qemu->pid, NULL, 0) < 0 && errno == EINTR)
			;
		qemu->pid = 0;
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
