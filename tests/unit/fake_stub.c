// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_stub.c - a stub over the fake guest, with services, in one thread
 *
 * See fake_stub.h. This is also the shortest example of what a caller of
 * trapline/gdbstub.h has to do.
 */
#include "fake_stub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *exec_file(void *opaque)
{
	struct fake_stub *fs = opaque;

	return fs->kernel.data ? FAKE_STUB_KERNEL : NULL;
}

static int file_open(void *opaque, const char *path, struct gdbstub_file *ret)
{
	struct fake_stub *fs = opaque;

	if (strcmp(path, FAKE_STUB_KERNEL) || !fs->kernel.data)
		return -ENOENT;
	fs->nr_opens++;
	*ret = fs->kernel;
	return 0;
}

static void file_close(void *opaque, struct gdbstub_file *file)
{
	struct fake_stub *fs = opaque;

	fs->nr_opens--;
}

static int libraries(void *opaque, FILE *out)
{
	fputs("<library-list version=\"1.0\"></library-list>\n", out);
	return 0;
}

static int vmcoreinfo(void *opaque, FILE *out)
{
	struct fake_stub *fs = opaque;

	if (fs->early)
		return -ENOENT;
	fputs("OSRELEASE=6.12\n", out);
	return 0;
}

static bool exec_pending(void *opaque)
{
	struct fake_stub *fs = opaque;

	return fs->early;
}

static int text_address(void *opaque, va_t *ret)
{
	struct fake_stub *fs = opaque;

	if (fs->early)
		return -ENOENT;
	*ret = FAKE_STUB_PC;
	return 0;
}

static int thread_info(void *opaque, unsigned int vcpu, char *buf, size_t size)
{
	if (vcpu >= FAKE_STUB_SLEEPER) {
		snprintf(buf, size, "sleeper %u", vcpu - FAKE_STUB_SLEEPER);
		return 0;
	}
	/* A guest may give its tasks any name. */
	snprintf(buf, size, "<swapper/%u> & \"co\001mpany\"", vcpu);
	return 0;
}

/* --- threads besides the vCPUs --------------------------------------------- */

static struct fake_stub *of_target(struct gdbstub_target *t)
{
	return (struct fake_stub *)(void *)((char *)t -
					    offsetof(struct fake_stub, view));
}

static unsigned int threads(struct gdbstub_target *t, const unsigned int **ret)
{
	struct fake_stub *fs = of_target(t);

	*ret = fs->sleepers;
	return fs->fake->running ? 0 : fs->nr_sleepers;
}

static int regs_get(struct gdbstub_target *t, unsigned int index,
		    uint64_t which, struct guest_regs *ret)
{
	struct fake_stub *fs = of_target(t);

	if (index < FAKE_STUB_CPUS)
		return view_regs_get(&fs->view, index, which, ret);
	if (index - FAKE_STUB_SLEEPER >= fs->nr_sleepers)
		return -EINVAL;
	*ret = (struct guest_regs){ .sp = FAKE_STUB_SP, .pc = FAKE_STUB_PC };
	for (unsigned int i = 0; i < 31; i++)
		ret->x[i] = (uint64_t)index << 32 | i;
	return 0;
}

static int regs_set(struct gdbstub_target *t, unsigned int index,
		    const struct guest_regs *regs)
{
	struct guest *g = of_target(t)->view.g;

	return index < FAKE_STUB_CPUS ? g->ops->regs_set(g, index, regs)
				      : -EROFS;
}

static void sleepers_set(struct fake_stub *fs, int nr)
{
	fs->nr_sleepers = nr < 0 || nr > FAKE_STUB_SLEEPERS ? 0
							    : (unsigned int)nr;
	for (unsigned int i = 0; i < fs->nr_sleepers; i++)
		fs->sleepers[i] = FAKE_STUB_SLEEPER + i;
}

static void target_wrap(struct fake_stub *fs)
{
	fs->ops = *fs->view.target.ops;
	fs->ops.threads = threads;
	fs->ops.regs_get = regs_get;
	fs->ops.regs_set = regs_set;
	fs->view.target.ops = &fs->ops;
}

/* --- monitor -------------------------------------------------------------------- */

static void next_stop(struct fake_stub *fs, enum guest_stop_kind kind, int code,
		      const char *text)
{
	struct guest_stop stop = { .kind = kind, .vcpu = 1, .code = code };

	snprintf(stop.text, sizeof(stop.text), "%s", text);
	fake_guest_queue_stop(fs->fake, &stop);
}

static void count_from(struct fake_stub *fs, uint64_t first)
{
	fs->counts = true;
	fs->fake->regs[0].x[0] = first;
}

static int monitor(void *opaque, const char *command, FILE *out)
{
	struct fake_stub *fs = opaque;
	const char *rest = strchr(command, ' ');
	size_t word = rest ? (size_t)(rest - command) : strlen(command);

	rest = rest ? rest + 1 : "";
	if (!strncmp(command, "echo", word))
		fprintf(out, "%s\n", rest);
	else if (!strncmp(command, "lines", word))
		for (int i = 0; i < atoi(rest); i++)
			fprintf(out, "line %d of a long output\n", i);
	else if (!strncmp(command, "sleepers", word))
		sleepers_set(fs, atoi(rest));
	else if (!strncmp(command, "fail", word))
		return -EBUSY;
	else if (!strncmp(command, "oops", word))
		next_stop(fs, GUEST_STOP_CRASH, 1, rest);
	else if (!strncmp(command, "panic", word))
		next_stop(fs, GUEST_STOP_CRASH, 2, rest);
	else if (!strncmp(command, "failure", word))
		next_stop(fs, GUEST_STOP_FAILURE, 0, rest);
	else if (!strncmp(command, "module", word))
		next_stop(fs, GUEST_STOP_MODULE, 0, "");
	else if (!strncmp(command, "exec", word))
		next_stop(fs, GUEST_STOP_EXEC, 0, "");
	else if (!strncmp(command, "exit", word))
		next_stop(fs, GUEST_STOP_EXITED, atoi(rest), "");
	else if (!strncmp(command, "count", word))
		count_from(fs, strtoull(rest, NULL, 0));
	else
		fprintf(out, "help echo lines fail oops panic failure module "
			     "exec exit count\n");
	return 0;
}

static void attached(void *opaque, bool is_attached)
{
	struct fake_stub *fs = opaque;

	if (is_attached)
		fs->nr_attaches++;
	else
		fs->nr_detaches++;
}

static void refused(void *opaque, const char *line)
{
	struct fake_stub *fs = opaque;

	fs->nr_refusals++;
	snprintf(fs->refusal, sizeof(fs->refusal), "%s", line);
}

static const struct gdbstub_services all_services = {
	.exec_file = exec_file,
	.file_open = file_open,
	.file_close = file_close,
	.libraries = libraries,
	.vmcoreinfo = vmcoreinfo,
	.exec_pending = exec_pending,
	.text_address = text_address,
	.thread_info = thread_info,
	.monitor = monitor,
	.attached = attached,
	.refused = refused,
};

static void machine_fill(struct fake_guest *fake)
{
	static uint8_t pattern[0x10000];

	for (unsigned int v = 0; v < FAKE_STUB_CPUS; v++) {
		struct guest_regs *regs = &fake->regs[v];

		for (unsigned int i = 0; i < 31; i++)
			regs->x[i] = (uint64_t)v << 32 | i;
		regs->sp = FAKE_STUB_SP + 0x1000 * v;
		regs->pc = FAKE_STUB_PC + 0x1000 * v;
		regs->pstate = PSTATE_DAIF | 5;
		for (unsigned int i = 0; i < 32; i++)
			fake->fpregs[v].v[i] = (unsigned __int128)i << 64 | v;
		for (unsigned int i = 0; i < GUEST_NR_SYSREGS; i++)
			fake->sysregs[v][i] = 0xe1000000 + i;
	}
	fake->offline[FAKE_STUB_CPUS - 1] = true;
	for (unsigned int i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)i;
	fake_guest_load(fake, FAKE_STUB_RAM, pattern, sizeof(pattern));
}

struct fake_stub *fake_stub_create_with(const char *spec,
					const struct gdbstub_services *services)
{
	struct fake_stub *fs = calloc(1, sizeof(*fs));
	char err[256];

	if (!fs)
		abort();
	fs->services = *services;
	fs->fake = fake_guest_create(FAKE_STUB_CPUS, FAKE_STUB_RAM,
				     FAKE_STUB_RAM_SIZE);
	machine_fill(fs->fake);
	if (introspect_create(&fs->fake->guest, &fs->in))
		abort();
	view_init(&fs->view, &fs->fake->guest, fs->in);
	target_wrap(fs);
	if (gdbstub_create(&fs->view.target, &fs->services, fs, spec, err,
			   sizeof(err), &fs->stub)) {
		fprintf(stderr, "fake_stub: %s\n", err);
		abort();
	}
	return fs;
}

struct fake_stub *fake_stub_create(const char *spec)
{
	return fake_stub_create_with(spec, &all_services);
}

void fake_stub_destroy(struct fake_stub *fs)
{
	gdbstub_destroy(fs->stub);
	introspect_destroy(fs->in);
	fake_guest_destroy(fs->fake);
	free(fs);
}

/* The next break point at or after pc, then from address 0 on; NULL: none. */
static const struct fake_break *next_break(const struct fake_guest *fake,
					   va_t pc)
{
	const struct fake_break *best = NULL;

	for (unsigned int i = 0; i < fake->nr_breaks; i++) {
		const struct fake_break *b = &fake->breaks[i];

		if (b->kind > GUEST_BREAK_HW)
			continue;
		/*
		 * Distances wrap around, so that the first point follows the
		 * last one.
		 */
		if (!best || b->va - pc < best->va - pc)
			best = b;
	}
	return best;
}

static const struct fake_break *next_watch(struct fake_stub *fs)
{
	const struct fake_guest *fake = fs->fake;

	for (unsigned int i = 0; i < fake->nr_breaks; i++) {
		unsigned int n = fs->next_watch++ % fake->nr_breaks;

		if (fake->breaks[n].kind >= GUEST_WATCH_WRITE)
			return &fake->breaks[n];
	}
	return NULL;
}

static enum guest_access watch_access(enum guest_break_kind kind)
{
	switch (kind) {
	case GUEST_WATCH_WRITE:
		return GUEST_WRITE;
	case GUEST_WATCH_READ:
		return GUEST_READ;
	default:
		return GUEST_READ_WRITE;
	}
}

/* Do the store that the watch point has held up. */
static void do_pending_write(struct fake_stub *fs)
{
	uint8_t *at = fake_guest_at(fs->fake, fs->pending_write, 1);

	if (at)
		++*at;
	fs->pending_write = 0;
}

static void run_model(struct fake_stub *fs)
{
	struct fake_guest *fake = fs->fake;
	struct guest_stop stop = { .vcpu = 0 };
	const struct fake_break *b;

	if (fake->nr_resumes == fs->seen_resumes)
		return;
	fs->seen_resumes = fake->nr_resumes;
	if (fs->pending_write)
		do_pending_write(fs);
	if (fs->no_model || fake->stop_waits ||
	    fake->last_actions[0] != GUEST_RUN)
		return;
	b = next_break(fake, fake->regs[0].pc);
	if (b) {
		stop.kind = b->kind == GUEST_BREAK_SW ? GUEST_STOP_SW_BREAK
						      : GUEST_STOP_HW_BREAK;
		fake->regs[0].pc = b->va;
		fake->regs[0].x[0] += fs->counts;
	} else {
		b = next_watch(fs);
		if (!b)
			return;
		stop.kind = GUEST_STOP_WATCH;
		stop.addr = b->va;
		stop.access = watch_access(b->kind);
		fs->pending_write = b->va;
	}
	fake_guest_raise(fake, &stop);
}

int fake_stub_pump(struct fake_stub *fs, int fd, int timeout_ms)
{
	struct pollfd fds[GDBSTUB_MAX_POLLFDS + 2];
	unsigned int nr = gdbstub_pollfds(fs->stub, fds);
	int timeout = gdbstub_timeout(fs->stub);
	struct guest_stop stop;
	int ready;

	fds[nr] = (struct pollfd){ .fd = fs->fake->guest.stop_fd,
				   .events = POLLIN };
	fds[nr + 1] = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (timeout < 0 || (timeout_ms >= 0 && timeout_ms < timeout))
		timeout = timeout_ms;
	ready = poll(fds, nr + 2, timeout);
	if (!fs->fake->guest.ops->stop_get(&fs->fake->guest, &stop))
		gdbstub_stopped(fs->stub, &stop);
	gdbstub_dispatch(fs->stub, fds, nr);
	run_model(fs);
	return ready;
}

void fake_stub_settle(struct fake_stub *fs)
{
	for (int i = 0; i < 1000 && fake_stub_pump(fs, -1, 2) > 0; i++)
		;
}
