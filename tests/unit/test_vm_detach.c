// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_detach.c - a debugger that leaves, in each state of the VM
 *
 * The real stub on a whole VM, with a client that speaks the protocol. The
 * debugger leaves by D, or its connection is lost. Either way no BRK, no debug
 * register and no protected page of the debugger's remains. A guest that runs
 * goes on running, and D sets a stopped guest running; after a lost connection
 * a stopped guest stays stopped, for the next debugger.
 *
 * TSan: yes
 */
#include "fake_vm.h"

#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "gdbstub/stub.h"
#include "vmm/catch/pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/run.h"
#include "vmm/watch/watch.h"

#define LIMIT_MS 600000
#define NR_CPUS  2
#define WATCHED  FAKE_VM_DATA
#define OUR_BRK  A64_BRK(0x544cU)
/* The first ADD of the loop, the second one, and the store. */
#define ADD_AT   (FAKE_VM_CODE + 4)
#define AGAIN_AT (FAKE_VM_CODE + 8)
#define STORE_AT (FAKE_VM_CODE + 12)
/* No vCPU ever executes this. */
#define UNUSED   (FAKE_VM_CODE + 0x400)

static const va_t at = FAKE_VM_CODE;

/* x5 and x6 count rounds; each vCPU stores x5 to a word of its own. */
static const uint32_t loop[] = {
	A64_NOP, A64_ADD(5, 5, 1), A64_ADD(6, 6, 1), A64_STR(5, 1), A64_B(-4),
};

struct remote {
	struct fake_vm *fv;
	struct gdbstub *stub;
	char path[64];
	int fd; /* -1: no connection */
	char input[8192]; /* bytes from the stub that are not read yet */
	size_t length;
	char reply[4096];
};

static void handle_stop(struct remote *s)
{
	struct guest_stop stop;

	if (s->fv->g->ops->stop_get(s->fv->g, &stop))
		return;
	session_stopped(s->fv->session);
	gdbstub_stopped(s->stub, &stop);
}

/* The session for stop_here() below, which stands for that of vmm.c. */
static struct remote *the_session;

static void stop_here(struct fake_vm *fv)
{
	if (!gdbstub_is_waiting(the_session->stub))
		return;
	handle_stop(the_session);
	vm_control_wake(&fv->vm);
}

/*
 * One round of the control loop; it also ends when fd, if it is not -1, has
 * something to read. The test fails if nothing happens for a minute.
 */
static void pump(struct remote *s, int fd)
{
	struct pollfd fds[3 + GDBSTUB_MAX_POLLFDS] = {
		{ .fd = s->fv->g->stop_fd, .events = POLLIN },
		{ .fd = s->fv->vm.request_fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	unsigned int nr = gdbstub_pollfds(s->stub, fds + 3);
	int timeout = gdbstub_timeout(s->stub);
	int ready;

	pthread_mutex_unlock(&s->fv->vm.control);
	ready = poll(fds, 3 + nr, timeout < 0 ? LIMIT_MS : timeout);
	pthread_mutex_lock(&s->fv->vm.control);
	if (!ready && timeout < 0)
		fail_msg("nothing happens any more");
	handle_stop(s);
	if (fds[1].revents)
		vm_requests_take(&s->fv->vm);
	gdbstub_dispatch(s->stub, fds + 3, nr);
	handle_stop(s);
	vm_stop_tell(&s->fv->vm);
}

/* *state: use /dev/trapline's extensions? */
static struct remote *start(void **state)
{
	struct fake_vm_options o = {
		.cpus = NR_CPUS,
		.trapline = *(bool *)*state,
		.code = loop,
		.nr_code = ARRAY_SIZE(loop),
	};
	struct remote *s = calloc(1, sizeof(*s));
	char err[256] = "", spec[80];

	assert_non_null(s);
	the_session = s;
	s->fd = -1;
	fake_vm_start(&o, &s->fv);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		fake_vm_set_x(s->fv, i, 1, WATCHED + 8 * i);
	s->fv->stop_here = stop_here;
	snprintf(s->path, sizeof(s->path), "/tmp/test_vm_detach.%d", getpid());
	snprintf(spec, sizeof(spec), "unix:%s", s->path);
	unlink(s->path);
	if (gdbstub_create(session_target(s->fv->session), &session_services,
			   s->fv->session, spec, err, sizeof(err), &s->stub))
		fail_msg("%s", err);
	return s;
}

static void finish(struct remote *s)
{
	gdbstub_destroy(s->stub);
	if (s->fd >= 0)
		close(s->fd);
	unlink(s->path);
	fake_vm_finish(s->fv);
	free(s);
}

/* --- the client ---------------------------------------------------------------- */

static void send_packet(struct remote *s, const char *packet)
{
	unsigned char sum = 0;
	char frame[512];
	int n;

	for (const char *p = packet; *p; p++)
		sum += (unsigned char)*p;
	n = snprintf(frame, sizeof(frame), "+$%s#%02x", packet, sum);
	assert_int_equal(send(s->fd, frame, (size_t)n, MSG_NOSIGNAL), n);
}

/* Move the first packet of s->input to s->reply; false: no complete packet. */
static bool take_packet(struct remote *s)
{
	char *begin = strchr(s->input, '$');
	char *end = begin ? strchr(begin, '#') : NULL;
	size_t used;

	if (!end || strlen(end) < 3)
		return false;
	*end = '\0';
	snprintf(s->reply, sizeof(s->reply), "%s", begin + 1);
	used = (size_t)(end + 3 - s->input);
	s->length -= used;
	memmove(s->input, s->input + used, s->length + 1);
	return true;
}

static void receive(struct remote *s)
{
	ssize_t n = recv(s->fd, s->input + s->length,
			 sizeof(s->input) - 1 - s->length, MSG_DONTWAIT);

	if (!n)
		fail_msg("the stub has closed the connection");
	if (n > 0)
		s->length += (size_t)n;
	s->input[s->length] = '\0';
}

/* Get the next packet that is no text for gdb's console. */
static const char *get_reply(struct remote *s)
{
	do {
		while (!take_packet(s)) {
			pump(s, s->fd);
			receive(s);
		}
	} while (s->reply[0] == 'O' && s->reply[1] != 'K');
	return s->reply;
}

static const char *ask(struct remote *s, const char *packet)
{
	send_packet(s, packet);
	return get_reply(s);
}

static void expect_ok(struct remote *s, const char *packet)
{
	const char *reply = ask(s, packet);

	if (strcmp(reply, "OK"))
		fail_msg("%s: %s", packet, reply);
}

/* Connect and send the first packets, which ask for a stop of the guest. */
static void greet(struct remote *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->length = 0;
	s->input[0] = '\0';
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
	assert_int_equal(connect(s->fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	send_packet(s, "qSupported:swbreak+;hwbreak+");
}

/* Attach; afterwards the guest is stopped. */
static void attach(struct remote *s)
{
	greet(s);
	get_reply(s);
	assert_int_equal(ask(s, "?")[0], 'T');
	assert_false(s->fv->g->ops->is_running(s->fv->g));
}

/* Resume the guest, which hits no point. */
static void go(struct remote *s, const char *packet)
{
	send_packet(s, packet);
	while (!s->fv->g->ops->is_running(s->fv->g))
		pump(s, -1);
}

static void point(struct remote *s, const char *op, va_t va, unsigned int len)
{
	char packet[64];

	snprintf(packet, sizeof(packet), "%s,%llx,%x", op,
		 (unsigned long long)va, len);
	expect_ok(s, packet);
}

static void hang_up(struct remote *s)
{
	close(s->fd);
	s->fd = -1;
	while (gdbstub_is_attached(s->stub))
		pump(s, -1);
}

/* Leave, by D or by closing the connection only. */
static void leave(struct remote *s, bool politely)
{
	if (politely)
		expect_ok(s, "D");
	hang_up(s);
}

/* --- the state after a debugger has left ---------------------------------- */

/* The value that the vCPU stored last. The vCPU may be running. */
static uint64_t stored(struct fake_vm *fv, unsigned int vcpu)
{
	const uint64_t *host =
		vm_ram_at(&fv->vm, WATCHED + 8 * vcpu, sizeof(*host));

	return __atomic_load_n(host, __ATOMIC_RELAXED);
}

/* Wait until the vCPU has stored another value. */
static void wait_store(struct fake_vm *fv, unsigned int vcpu, uint64_t before)
{
	for (unsigned int ms = 0; stored(fv, vcpu) == before; ms++) {
		if (ms == LIMIT_MS)
			fail_msg("CPU %u does not run", vcpu);
		poll(NULL, 0, 1);
	}
}

/* The VM runs: wait until each vCPU has made progress, and stop the VM. */
static void wait_all_run(struct fake_vm *fv, const uint64_t *before)
{
	for (unsigned int i = 0; i < NR_CPUS; i++)
		wait_store(fv, i, before[i]);
	/* A stop that a vCPU's thread has handled may have left a request. */
	vm_requests_take(&fv->vm);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
}

/*
 * Wait until the stub has removed the debugger's points. For that it may stop
 * the guest once more.
 */
static void wait_tidy(struct remote *s)
{
	while (s->stub->cleanup || s->stub->stop_asked)
		pump(s, -1);
}

/* Check whether the debugger has left the guest running. Stop the guest. */
static void settle(struct remote *s, bool running)
{
	struct fake_vm *fv = s->fv;
	uint64_t before[NR_CPUS];

	wait_tidy(s);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		before[i] = stored(fv, i);
	assert_int_equal(fv->g->ops->is_running(fv->g), running);
	if (running)
		wait_all_run(fv, before);
}

/* VM stopped: no instruction was skipped, and none was executed twice. */
static void check_counts(struct fake_vm *fv)
{
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		va_t pc = fake_vm_pc(fv, i);
		uint64_t x5 = fake_vm_x(fv, i, 5);
		bool unstored = pc == AGAIN_AT || pc == STORE_AT;

		assert_int_equal(fake_vm_x(fv, i, 6), x5 - (pc == AGAIN_AT));
		assert_int_equal(stored(fv, i), x5 - unstored);
	}
}

/*
 * VM stopped: check that no point of the debugger is left, and that every vCPU
 * can run.
 */
static void check_clean(struct remote *s)
{
	struct fake_vm *fv = s->fv;
	uint64_t before[NR_CPUS];

	for (size_t i = 0; i < ARRAY_SIZE(loop); i++)
		assert_int_equal(fake_vm_word(fv, at + 4 * i), loop[i]);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		before[i] = stored(fv, i);
	fake_vm_run(fv);
	/* A vCPU loads its debug registers only when it runs. */
	wait_all_run(fv, before);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		assert_int_equal(fake_kvm_cpu(i)->debug.control &
					 (KVM_GUESTDBG_USE_HW |
					  KVM_GUESTDBG_SINGLESTEP),
				 0);
	assert_true(fake_kvm_allows(WATCHED, GUEST_WRITE));
	assert_true(fake_kvm_allows(at, GUEST_READ));
	check_counts(fv);
}

/* --- the states ------------------------------------------------------------------ */

/* Try both ways of leaving. */
#define EACH_WAY(politely) for (int politely = 1; politely >= 0; politely--)

static void no_points(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		fake_vm_run(s->fv);
		attach(s);
		leave(s, politely);
		settle(s, politely);
		check_clean(s);
		finish(s);
	}
}

static sem_t may_leave;

static void wait_may_leave(void *opaque)
{
	sem_wait(&may_leave);
}

/* The stop that attaching asks for comes after the debugger has gone. */
static void while_attaching(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		sem_init(&may_leave, 0, 0);
		fake_vm_run(s->fv);
		wait_store(s->fv, 0, 0);
		fake_kvm_on_leave(0, wait_may_leave, NULL);
		greet(s);
		get_reply(s);
		leave(s, politely);
		fake_kvm_on_leave(0, NULL, NULL);
		sem_post(&may_leave);
		settle(s, true);
		check_clean(s);
		finish(s);
		sem_destroy(&may_leave);
	}
}

static void all_points(struct remote *s, va_t code)
{
	point(s, "Z0", code + 4, 4);
	point(s, "Z1", code, 4);
	point(s, "Z2", WATCHED + 0x80, 8);
	point(s, "Z4", WATCHED + 0x100, 8);
	assert_int_equal(fake_vm_word(s->fv, code + 4), OUR_BRK);
}

static void stopped_with_points(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		all_points(s, at);
		leave(s, politely);
		settle(s, politely);
		check_clean(s);
		finish(s);
	}
}

static void stopped_at_breakpoint(void **state)
{
	static const char *const kinds[] = { "Z0", "Z1" };

	for (unsigned int i = 0; i < 2; i++) {
		EACH_WAY(politely)
		{
			struct remote *s = start(state);

			attach(s);
			point(s, kinds[i], ADD_AT, 4);
			assert_int_equal(ask(s, "vCont;c")[0], 'T');
			leave(s, politely);
			settle(s, politely);
			check_clean(s);
			finish(s);
		}
	}
}

/* At the stop the guest has not stored yet; it stores when it continues. */
static void stopped_at_watchpoint(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		point(s, "Z2", WATCHED, 8);
		assert_non_null(strstr(ask(s, "vCont;c"), "watch:"));
		assert_int_equal(stored(s->fv, 0), 0);
		leave(s, politely);
		settle(s, politely);
		check_clean(s);
		finish(s);
	}
}

/* The stub must stop a running guest in order to remove the points. */
static void running_with_points(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		all_points(s, UNUSED);
		go(s, "vCont;c");
		leave(s, politely);
		settle(s, true);
		assert_int_equal(fake_vm_word(s->fv, UNUSED + 4), 0);
		check_clean(s);
		finish(s);
	}
}

/* The debugger leaves while a vCPU hits something. */
static void leaving_at_a_hit(void **state)
{
	for (unsigned int i = 0; i < 20; i++) {
		struct remote *s = start(state);

		attach(s);
		if (i % 2)
			point(s, "Z2", WATCHED, 8);
		else
			point(s, "Z0", ADD_AT, 4);
		send_packet(s, "vCont;c");
		/* The stub sees the stop before the hang-up, or after it. */
		if (i % 3)
			pump(s, s->fd);
		hang_up(s);
		wait_tidy(s);
		settle(s, s->fv->g->ops->is_running(s->fv->g));
		check_clean(s);
		finish(s);
	}
}

static void device_writes(struct fake_vm *fv, ipa_t ipa)
{
	uint64_t *host = vm_ram_at(&fv->vm, ipa, sizeof(*host));
	const struct iovec iov = { .iov_base = host, .iov_len = sizeof(*host) };
	struct device *dev = fv->vm.bus.devices;

	pthread_mutex_lock(&dev->lock);
	watch_dma(fv->vm.watch, dev, 0, &iov, 1, false);
	__atomic_fetch_add(host, 1, __ATOMIC_RELAXED);
	watch_dma(fv->vm.watch, dev, 0, &iov, 1, true);
	pthread_mutex_unlock(&dev->lock);
}

/*
 * The guest stops because the debugger has left, and a device hits the
 * debugger's watchpoint before all vCPUs have parked. The hit is not reported,
 * and the guest runs on.
 */
static void leaving_at_a_devices_hit(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		sem_init(&may_leave, 0, 0);
		attach(s);
		point(s, "Z2", WATCHED + 0x80, 8);
		go(s, "vCont;c");
		wait_store(s->fv, 0, 0);
		fake_kvm_on_leave(0, wait_may_leave, NULL);
		leave(s, politely);
		device_writes(s->fv, WATCHED + 0x80);
		fake_kvm_on_leave(0, NULL, NULL);
		sem_post(&may_leave);
		settle(s, true);
		check_clean(s);
		finish(s);
		sem_destroy(&may_leave);
	}
}

/* During a step that does not end. Then vCPU 0 continues without the step. */
static void during_a_step(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		point(s, "Z0", ADD_AT, 4);
		fake_kvm_execute(0, false);
		go(s, "vCont;s:1");
		fake_kvm_wait_idle(0);
		leave(s, politely);
		fake_kvm_execute(0, true);
		settle(s, true);
		check_clean(s);
		finish(s);
	}
}

/* The same for a range step that does not end, with the other vCPU running. */
static void during_a_range(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);
		char packet[80];

		attach(s);
		snprintf(packet, sizeof(packet), "vCont;r%llx,%llx:1;c",
			 (unsigned long long)at,
			 (unsigned long long)at + sizeof(loop));
		go(s, packet);
		leave(s, politely);
		settle(s, true);
		check_clean(s);
		finish(s);
	}
}

/* A vCPU that the debugger held runs again. */
static void with_held_vcpus(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		go(s, "vCont;c:1");
		wait_store(s->fv, 0, 0);
		assert_int_equal(stored(s->fv, 1), 0);
		leave(s, politely);
		settle(s, true);
		check_clean(s);
		finish(s);
	}
}

/* A breakpoint of "monitor pbreak" is not the debugger's own, and stays. */
static void at_the_monitors_breakpoint(void **state)
{
	struct remote *s = start(state);
	struct fake_vm *fv = s->fv;

	attach(s);
	assert_int_equal(pbreak_add(debug_pbreaks(fv->debug), ADD_AT, ""), 0);
	assert_int_equal(ask(s, "vCont;c")[0], 'T');
	leave(s, true);
	/* With no debugger attached, a vCPU stops at the breakpoint again. */
	while (fv->g->ops->is_running(fv->g))
		pump(s, -1);
	assert_int_equal(fake_vm_word(fv, ADD_AT), OUR_BRK);
	assert_true(fake_vm_x(fv, 0, 5) > 0 || fake_vm_x(fv, 1, 5) > 0);
	check_counts(fv);
	finish(s);
}

/* After the guest has ended nothing can be resumed, but points are removed. */
static void after_the_end(void **state)
{
	EACH_WAY(politely)
	{
		struct remote *s = start(state);

		attach(s);
		all_points(s, UNUSED);
		go(s, "vCont;c");
		vm_exit(&s->fv->vm, 0);
		assert_int_equal(get_reply(s)[0], 'W');
		leave(s, politely);
		assert_int_equal(fake_vm_word(s->fv, UNUSED + 4), 0);
		finish(s);
	}
}

/* Each debugger finds the guest as the one before left it. */
static void one_after_the_other(void **state)
{
	struct remote *s = start(state);

	fake_vm_run(s->fv);
	for (unsigned int i = 0; i < 10; i++) {
		attach(s);
		point(s, "Z0", ADD_AT, 4);
		assert_int_equal(ask(s, "vCont;c")[0], 'T');
		leave(s, i % 2);
	}
	settle(s, true);
	check_clean(s);
	finish(s);
}

#define ON_BOTH(test)                            \
	cmocka_unit_test_prestate(test, &on[0]), \
		cmocka_unit_test_prestate(test, &on[1])

int main(void)
{
	static bool on[] = { false, true };
	const struct CMUnitTest tests[] = {
		ON_BOTH(no_points),
		ON_BOTH(while_attaching),
		ON_BOTH(stopped_with_points),
		ON_BOTH(stopped_at_breakpoint),
		ON_BOTH(stopped_at_watchpoint),
		ON_BOTH(running_with_points),
		ON_BOTH(leaving_at_a_hit),
		ON_BOTH(leaving_at_a_devices_hit),
		ON_BOTH(during_a_step),
		ON_BOTH(during_a_range),
		ON_BOTH(with_held_vcpus),
		ON_BOTH(at_the_monitors_breakpoint),
		ON_BOTH(after_the_end),
		ON_BOTH(one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
