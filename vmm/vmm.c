// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm.c - vmm_run(): one guest, from its files to its end
 *
 * The control loop waits in poll(2) for signals (signalfd), the stop
 * descriptor, requests of the console's escape keys and of the guest (PSCI
 * reset), and the debugger's connection. Nothing here waits for a vCPU, so
 * Ctrl-C and the debugger are answered whatever the guest does. While the loop
 * polls, a vCPU's thread may answer a debugger that waits for a stop ("The
 * control lock", run.h).
 *
 * Signals: SIGINT (status 130), SIGTERM (143) and SIGHUP (129) end the VM like
 * a pulled plug. A raw terminal sends no SIGINT: there Ctrl-C goes to the
 * guest.
 */
#include <trapline/vmm.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <trapline/gdbstub.h>
#include <trapline/report.h>
#include <trapline/sandbox.h>
#include <trapline/util.h>
#include "confine.h"
#include "load.h"
#include "prompt.h"
#include "regs.h"
#include "run.h"
#include "vm.h"
#include "watchdog.h"
#include "session/savefile.h"
#include "vmm/catch/debug.h"
#include "vmm/cmd/dump.h"
#include "vmm/cmd/hangwatch.h"
#include "vmm/cmd/monitor.h"
#include "vmm/cmd/monitor_kmod.h"
#include "vmm/cmd/oopsreport.h"
#include "vmm/devices/terminal.h"

#define STATUS_FAILED  1
#define STATUS_CRASHED 3
#define STATUS_SIGNAL  128

/* Pause after a poll(2) that failed for lack of memory, before the next. */
#define POLL_NAP_US 10000

enum {
	POLL_SIGNAL,
	POLL_STOP,
	POLL_REQUEST,
	POLL_PROMPT,
	NR_POLL
};

struct control {
	struct vm vm;
	struct debug *debug;
	struct guest *guest;
	struct session *session;
	struct gdbstub *stub;
	struct watchdog watchdog;
	struct hangwatch *hangwatch; /* NULL: no --watchdog */
	struct prompt prompt;
	int signal_fd;
	/* The stub's descriptors in the last poll(2). */
	struct pollfd polled[GDBSTUB_MAX_POLLFDS];
	unsigned int nr_polled;
	bool written[VMM_NR_EVENTS]; /* config.files are written */
	/* vm.nr_resumes at the last crash stop. */
	unsigned int crash_resumes;
	int status; /* what main() returns, once over is set */
	bool over;
};

static void say(struct control *c, const char *text)
{
	terminal_flush(c->vm.terminal);
	report(REPORT_ERROR, "%s", text);
}

static bool is_attached(const struct control *c)
{
	return c->stub && gdbstub_is_attached(c->stub);
}

static int signals_create(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a dump gets EFBIG instead */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run_all(struct control *c)
{
	enum guest_action actions[GUEST_MAX_VCPUS];
	int err;

	for (unsigned int i = 0; i < c->vm.nr_vcpus; i++)
		actions[i] = GUEST_RUN;
	err = c->guest->ops->resume(c->guest, actions, NULL);
	if (!err && c->stub)
		gdbstub_resumed(c->stub);
	return err;
}

/* End the guest. The loop ends once it has fetched the resulting stop. */
static void end(struct control *c, int status)
{
	if (!c->over)
		c->status = status;
	c->over = true;
	vm_exit(&c->vm, status);
}

/* The command to type in gdb. In a lab the port here is not the user's. */
static const char *target(const struct control *c)
{
	const char *outer = c->vm.config->gdb_target;

	return outer ? outer : gdbstub_target(c->stub);
}

/* The last exits of each vCPU, if they were recorded. */
static void report_flight(struct control *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	monitor_flight_report(c->session, out);
	if (!fclose(out) && size)
		report(REPORT_ERROR, "the last exits of each CPU:\n%.*s",
		       (int)size - 1, text);
	free(text);
}

/*
 * Write the files of the options --dump-on-... and --report-on-... when the
 * event happens for the first time. A second time would need other names.
 */
static void files_write(struct control *c, enum vmm_event event)
{
	const struct vm_config *config = c->vm.config;
	const struct vmm_files *files = &config->files[event];
	bool compress = config->compress;
	char line[512];

	if (c->written[event])
		return;
	c->written[event] = true;
	if (files->dump_dir) {
		dump_write(c->session, files->dump_dir, files->dump_name,
			   compress, c->signal_fd, line, sizeof(line));
		say(c, line);
	}
	if (files->report_dir) {
		oopsreport_write(c->session, files->report_dir, compress,
				 c->signal_fd, line, sizeof(line));
		say(c, line);
	}
}

/* ends: the guest has to end, unless a debugger is connected. */
static void report_stop(struct control *c, const struct guest_stop *stop,
			bool ends)
{
	say(c, stop->text[0] ? stop->text : "the guest has crashed");
	if (!c->stub) {
		report_flight(c);
		end(c, STATUS_CRASHED);
		return;
	}
	if (is_attached(c))
		return;
	if (ends) {
		end(c, STATUS_CRASHED);
		return;
	}
	report(REPORT_ERROR, "attach with: gdb-multiarch -ex '%s'", target(c));
}

/* Has the guest not been resumed since it crashed? */
static bool at_crash(const struct control *c)
{
	return c->crash_resumes && c->crash_resumes == c->vm.nr_resumes;
}

static void tell_notice(struct control *c)
{
	const char *text = debug_notice(c->debug);

	if (!text)
		return;
	say(c, text);
	if (c->stub)
		gdbstub_say(c->stub, text);
}

static void handle_event(struct control *c, enum vmm_event event,
			 const struct guest_stop *stop)
{
	c->crash_resumes = c->vm.nr_resumes;
	files_write(c, event);
	report_stop(c, stop, c->vm.config->files[event].report_dir);
}

static void handle_stop(struct control *c)
{
	struct guest_stop stop;
	int err = c->guest->ops->stop_get(c->guest, &stop);

	tell_notice(c);
	if (err)
		return;
	session_stopped(c->session);
	stop = c->guest->last;
	terminal_flush(c->vm.terminal);
	if (stop.kind == GUEST_STOP_EXITED && !c->over) {
		c->status = at_crash(c) ? STATUS_CRASHED : stop.code;
		c->over = true;
	}
	if (stop.kind == GUEST_STOP_CRASH || stop.kind == GUEST_STOP_FAILURE)
		handle_event(c, VMM_OOPS, &stop);
	if (stop.kind == GUEST_STOP_HANG)
		handle_event(c, VMM_HANG, &stop);
	if (stop.kind == GUEST_STOP_BREAK)
		report_stop(c, &stop, false);
	if (c->stub)
		gdbstub_stopped(c->stub, &stop);
	else if (stop.kind == GUEST_STOP_REQUESTED)
		say(c, "stopped; Ctrl-A c continues");
}

/* Should poll(2) now wait for other events than in its last call? */
static bool poll_has_changed(const struct control *c)
{
	struct pollfd fds[GDBSTUB_MAX_POLLFDS];
	unsigned int nr = gdbstub_pollfds(c->stub, fds);

	return nr != c->nr_polled ||
	       memcmp(fds, c->polled, nr * sizeof(*fds)) ||
	       gdbstub_timeout(c->stub) >= 0;
}

/* Only the control thread may make files: sandbox/lists.c. */
static bool wants_files(const struct control *c)
{
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		const struct vmm_files *files = &c->vm.config->files[i];

		if (!c->written[i] && (files->dump_dir || files->report_dir))
			return true;
	}
	return false;
}

/*
 * vm.stop_here: handle the stop only if a debugger waits for it. A crash whose
 * files are still to be made is left to the control thread.
 */
static void stop_here(void *opaque)
{
	struct control *c = opaque;

	if (!c->stub || !gdbstub_is_waiting(c->stub) || wants_files(c))
		return;
	handle_stop(c);
	if (poll_has_changed(c))
		vm_control_wake(&c->vm);
}

static void handle_signal(struct control *c)
{
	struct signalfd_siginfo info;

	if (read(c->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGINT && prompt_fd(&c->prompt) >= 0)
		shell_prompt_interrupt();
	else
		end(c, STATUS_SIGNAL + (int)info.ssi_signo);
}

static void request_status(struct control *c)
{
	bool running = c->guest->ops->is_running(c->guest);

	if (running)
		vm_stop_wait(&c->vm);
	for (unsigned int i = 0; i < c->vm.nr_vcpus; i++) {
		struct vcpu *vcpu = &c->vm.vcpu[i];
		char line[64];
		va_t pc = 0;

		vcpu_pc_get(vcpu, &pc);
		snprintf(line, sizeof(line),
			 vcpu_online(vcpu) ? "CPU %u at 0x%" PRIx64 "%s"
					   : "CPU %u off",
			 i, pc, running ? "" : " (stopped)");
		say(c, line);
	}
	if (running)
		vm_continue(&c->vm);
}

static void request_shell(struct control *c)
{
	prompt_open(&c->prompt);
}

static void request_reset(struct control *c)
{
	bool running = c->guest->ops->is_running(c->guest);

	vm_stop_wait(&c->vm);
	/*
	 * The task of the last hit can be found only while its registers exist.
	 */
	debug_last_hit(c->debug);
	if (vm_reset(&c->vm)) {
		end(c, STATUS_FAILED);
		return;
	}
	debug_reset(c->debug);
	hangwatch_forget(c->hangwatch);
	if (running)
		vm_continue(&c->vm);
}

static void request_toggle(struct control *c)
{
	if (c->guest->ops->is_running(c->guest))
		c->guest->ops->stop_request(c->guest);
	else if (is_attached(c))
		say(c, "a debugger is attached: continue there");
	else
		run_all(c);
}

static void request_quit(struct control *c)
{
	end(c, at_crash(c) ? STATUS_CRASHED : 0);
}

/* The user has typed Ctrl-C on the guest's console. */
static void request_interrupt(struct control *c)
{
	bool running = c->guest->ops->is_running(c->guest);

	switch (terminal_ctrl_c(c->vm.terminal, is_attached(c), running)) {
	case CTRL_C_NOTHING:
		break;
	case CTRL_C_QUITS:
		request_quit(c);
		break;
	case CTRL_C_WARNS_DEAF:
		say(c, "the guest does not read its console: Ctrl-C again "
		       "quits, Ctrl-A c stops it for the debugger");
		break;
	case CTRL_C_WARNS_STOPPED:
		say(c, "the debugger has stopped the guest: Ctrl-A x ends it");
		break;
	}
}

static void (*const request_table[])(struct control *c) = {
	[BUS_REQUEST_TOGGLE] = request_toggle,
	[BUS_REQUEST_QUIT] = request_quit,
	[BUS_REQUEST_RESET] = request_reset,
	[BUS_REQUEST_STATUS] = request_status,
	[BUS_REQUEST_SHELL] = request_shell,
	[BUS_REQUEST_INTERRUPT] = request_interrupt,
};

static void handle_requests(struct control *c)
{
	unsigned int requests = vm_requests_take(&c->vm);

	for (size_t i = 0; i < ARRAY_SIZE(request_table) && !c->over; i++)
		if (requests & (1U << i) && request_table[i])
			request_table[i](c);
}

static void loop_once(struct control *c)
{
	struct pollfd fds[NR_POLL + GDBSTUB_MAX_POLLFDS] = {
		[POLL_SIGNAL] = { .fd = c->signal_fd, .events = POLLIN },
		[POLL_STOP] = { .fd = c->guest->stop_fd, .events = POLLIN },
		[POLL_REQUEST] = { .fd = c->vm.request_fd, .events = POLLIN },
		[POLL_PROMPT] = { .fd = prompt_fd(&c->prompt),
				  .events = POLLIN },
	};
	unsigned int nr = 0;
	int timeout, ready;

	timeout = timeout_min(debug_timeout(c->debug),
			      watchdog_timeout(&c->watchdog));
	timeout = timeout_min(timeout, hangwatch_timeout(c->hangwatch));
	if (c->stub) {
		nr = gdbstub_pollfds(c->stub, fds + NR_POLL);
		timeout = timeout_min(timeout, gdbstub_timeout(c->stub));
	}
	memcpy(c->polled, fds + NR_POLL, sizeof(c->polled));
	c->nr_polled = nr;
	pthread_mutex_unlock(&c->vm.control);
	ready = poll(fds, NR_POLL + nr, timeout);
	if (ready < 0 && errno != EINTR)
		usleep(POLL_NAP_US);
	pthread_mutex_lock(&c->vm.control);
	if (ready < 0)
		return;
	if (fds[POLL_SIGNAL].revents)
		handle_signal(c);
	if (fds[POLL_STOP].revents)
		handle_stop(c);
	if (fds[POLL_REQUEST].revents)
		handle_requests(c);
	if (fds[POLL_PROMPT].revents && prompt_fd(&c->prompt) >= 0)
		prompt_input(&c->prompt);
	if (c->stub)
		gdbstub_dispatch(c->stub, fds + NR_POLL, nr);
	debug_tick(c->debug);
	watchdog_tick(&c->watchdog);
	hangwatch_tick(c->hangwatch);
	/*
	 * Handle the stop of a step that this thread has taken. A stop that
	 * comes later can wait.
	 */
	handle_stop(c);
	vm_stop_tell(&c->vm);
}

/* Run until the guest has ended and its last stop has been reported. */
static void loop(struct control *c)
{
	const struct guest_stop *last = guest_last_stop(c->guest);

	while (!last || last->kind != GUEST_STOP_EXITED) {
		loop_once(c);
		last = guest_last_stop(c->guest);
	}
}

static int stub_create(struct control *c)
{
	const char *spec = c->vm.config->gdb;
	char line[256] = "";
	int err;

	if (!spec)
		return 0;
	err = gdbstub_create(session_target(c->session), &session_services,
			     c->session, spec, line, sizeof(line), &c->stub);
	if (err && !line[0])
		snprintf(line, sizeof(line), "cannot serve debuggers: %s",
			 strerror(-err));
	if (err)
		report(REPORT_ERROR, "%s", line);
	return err;
}

static int files_check(const struct vmm_files *files, char *line, size_t size)
{
	struct savefile dump;
	int err = 0;

	if (files->dump_dir)
		err = savefile_begin(files->dump_dir, files->dump_name, &dump,
				     line, size);
	if (!err && files->dump_dir)
		savefile_abort(&dump);
	if (!err && files->report_dir && files->dump_dir &&
	    !strcmp(files->report_dir, files->dump_dir) &&
	    !strcmp(files->dump_name, "vmcore")) {
		snprintf(line, size,
			 "a report makes a dump vmcore in its folder, too: "
			 "give the other dump another name, or leave it out");
		err = -EEXIST;
	}
	if (!err && files->report_dir)
		err = oopsreport_check(files->report_dir, line, size);
	return err;
}

/* Check the folders at the start, not when a file is to be written. */
static int save_dir_check(const struct vm_config *config)
{
	char line[512];
	int err = 0;

	if (config->save_dir)
		err = savefile_check(config->save_dir, line, sizeof(line));
	for (unsigned int i = 0; !err && i < VMM_NR_EVENTS; i++)
		err = files_check(&config->files[i], line, sizeof(line));
	if (err)
		report(REPORT_ERROR, "%s", line);
	return err;
}

static int start(struct control *c)
{
	struct vm *vm = &c->vm;
	int err = save_dir_check(vm->config);

	if (!err)
		err = vm_load(vm);
	if (!err)
		err = debug_create(vm,
				   vm->image.linux_kernel ? vm->image.text : 0,
				   &c->debug);
	if (err)
		return err;
	c->guest = debug_guest(c->debug);
	err = monitor_session(c->debug, &c->session);
	if (!err)
		err = hangwatch_create(c->session, vm->config->watchdog,
				       &c->hangwatch);
	if (!err)
		err = stub_create(c);
	if (!err)
		prompt_init(&c->prompt, vm, c->debug, c->session);
	vm->stop_here = stop_here;
	vm->stop_opaque = c;
	if (!err)
		err = vm_confine(vm);
	if (!err)
		err = vm_start_threads(vm);
	if (!err)
		vm_thread_confine(vm, SANDBOX_CONTROL);
	if (!err && !vm->config->wait)
		err = run_all(c);
	if (!err && vm->config->wait && c->stub)
		report(REPORT_NOTE, "waiting for: gdb-multiarch -ex '%s'",
		       target(c));
	return err;
}

int vmm_run(const struct vm_config *config)
{
	struct control c = { .status = STATUS_FAILED };

	c.signal_fd = signals_create();
	if (c.signal_fd < 0) {
		report(REPORT_ERROR, "cannot create a signalfd: %s",
		       strerror(errno));
		return STATUS_FAILED;
	}
	if (!vm_create(config, &kvm_device_ops, &c.vm)) {
		c.vm.signal_fd = c.signal_fd;
		pthread_mutex_lock(&c.vm.control);
		watchdog_init(&c.watchdog, &c.vm);
		if (!start(&c))
			loop(&c);
		prompt_deinit(&c.prompt);
		gdbstub_destroy(c.stub);
		hangwatch_destroy(c.hangwatch);
		session_destroy(c.session);
		debug_destroy(c.debug);
		if (vm_destroy(&c.vm) && !c.status)
			c.status = STATUS_FAILED;
	}
	close(c.signal_fd);
	return c.status;
}
