// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_guest.c - a struct guest without a CPU, for unit tests
 *
 * Implements every member of struct guest_ops over RAM with a page behind it
 * that cannot be accessed, and over the arrays of struct fake_guest. Error codes are those of guest.h, so that the
 * code under test meets all of them.
 */
#include "fake_guest.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_SIZE SZ_64K

bool fake_guest_pieces;

/* struct guest is the first member. */
static struct fake_guest *fake_of(struct guest *g)
{
	return (struct fake_guest *)(void *)g;
}

static void die(const char *what)
{
	fprintf(stderr, "fake_guest: %s\n", what);
	abort();
}

static int check_vcpu(struct fake_guest *fake, unsigned int vcpu)
{
	if (vcpu >= fake->guest.nr_vcpus)
		return -EINVAL;
	if (fake->exited)
		return -ESRCH;
	return fake->running ? -EBUSY : 0;
}

static int fake_regs_get(struct guest *g, unsigned int vcpu,
			 struct guest_regs *ret)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err)
		*ret = fake->regs[vcpu];
	return err;
}

static int fake_regs_get_some(struct guest *g, unsigned int vcpu,
			      uint64_t which, struct guest_regs *ret)
{
	struct guest_regs regs;
	int err = fake_regs_get(g, vcpu, &regs);

	if (err)
		return err;
	for (unsigned int i = 0; i < ARRAY_SIZE(regs.x); i++)
		if (!(which & GUEST_REG_X(i)))
			regs.x[i] = 0;
	if (!(which & GUEST_REG_SP))
		regs.sp = 0;
	if (!(which & GUEST_REG_PC))
		regs.pc = 0;
	if (!(which & GUEST_REG_PSTATE))
		regs.pstate = 0;
	*ret = regs;
	return 0;
}

static int fake_regs_set(struct guest *g, unsigned int vcpu,
			 const struct guest_regs *regs)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err && fake->read_only_view)
		err = -EROFS;
	if (!err)
		fake->regs[vcpu] = *regs;
	return err;
}

static int fake_fpregs_get(struct guest *g, unsigned int vcpu,
			   struct guest_fpregs *ret)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err)
		*ret = fake->fpregs[vcpu];
	return err;
}

static int fake_fpregs_set(struct guest *g, unsigned int vcpu,
			   const struct guest_fpregs *regs)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err && fake->read_only_view)
		err = -EROFS;
	if (!err)
		fake->fpregs[vcpu] = *regs;
	return err;
}

static int fake_sysreg_get(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t *ret)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err && (unsigned int)reg >= GUEST_NR_SYSREGS)
		err = -EINVAL;
	if (!err)
		*ret = fake->sysregs[vcpu][reg];
	return err;
}

static int fake_sysreg_set(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t value)
{
	struct fake_guest *fake = fake_of(g);
	int err = check_vcpu(fake, vcpu);

	if (!err && (unsigned int)reg >= GUEST_NR_SYSREGS)
		err = -EINVAL;
	if (!err && fake->read_only_view)
		err = -EROFS;
	if (!err)
		fake->sysregs[vcpu][reg] = value;
	return err;
}

static bool fake_vcpu_online(struct guest *g, unsigned int vcpu)
{
	return vcpu < g->nr_vcpus && !fake_of(g)->offline[vcpu];
}

static const uint8_t *fake_ram_map(const struct guest *g, ipa_t ipa,
				   uint64_t *len)
{
	struct fake_guest *fake = fake_of((struct guest *)(uintptr_t)g);
	ipa_t at = ALIGN_DOWN(ipa, FAKE_PIECE);
	uint64_t left = FAKE_PIECE - (ipa - at);

	if (at == fake->lost)
		return NULL;
	if (!fake->piece || fake->piece_ipa != at) {
		free(fake->piece);
		fake->piece = malloc(FAKE_PIECE);
		if (!fake->piece)
			die("no memory for a piece");
	}
	memcpy(fake->piece, fake_guest_at(fake, at, FAKE_PIECE), FAKE_PIECE);
	fake->piece_ipa = at;
	if (*len > left)
		*len = left;
	return fake->piece + (ipa - at);
}

/* Copies at most up to the end of the range; 0 when there is no RAM. */
static size_t ipa_copy(struct guest *g, ipa_t ipa, void *buf, size_t len,
		       bool write)
{
	const struct guest_ram *r = guest_ram_range(g, ipa, 1);
	uint64_t left;
	uint8_t *host;

	if (!r)
		return 0;
	left = r->size - (ipa - r->ipa);
	if (len > left)
		len = left;
	host = fake_guest_at(fake_of(g), ipa, len);
	memcpy(write ? host : buf, write ? buf : host, len);
	return len;
}

static long fake_ipa_read(struct guest *g, ipa_t ipa, void *buf, size_t len)
{
	size_t n = ipa_copy(g, ipa, buf, len, false);

	return n || !len ? (long)n : -EFAULT;
}

static long fake_ipa_write(struct guest *g, ipa_t ipa, const void *buf,
			   size_t len)
{
	size_t n = ipa_copy(g, ipa, (void *)(uintptr_t)buf, len, true);

	return n || !len ? (long)n : -EFAULT;
}

/* Make a stop wait: stop_fd polls readable until it is fetched. */
static void set_stop(struct fake_guest *fake, const struct guest_stop *stop)
{
	uint64_t one = 1;

	if (fake->stop_waits)
		die("a stop waits already");
	fake->stop = *stop;
	fake->stop_waits = true;
	if (write(fake->guest.stop_fd, &one, sizeof(one)) != sizeof(one))
		die("eventfd");
}

void fake_guest_raise(struct fake_guest *fake, const struct guest_stop *stop)
{
	if (!fake->running)
		die("raise: not running");
	set_stop(fake, stop);
}

void fake_guest_queue_stop(struct fake_guest *fake,
			   const struct guest_stop *stop)
{
	if (fake->nr_queue == FAKE_MAX_STOPS)
		die("too many stops queued");
	fake->queue[fake->nr_queue++] = *stop;
}

/* One step, or all of a range. */
static void fake_step(struct fake_guest *fake, unsigned int vcpu)
{
	const struct guest_range *range = &fake->last_ranges[vcpu];
	struct guest_regs *regs = &fake->regs[vcpu];

	regs->pc += 4;
	if (regs->pc >= range->start && regs->pc < range->end)
		regs->pc += ALIGN_UP(range->end - regs->pc, 4ULL);
}

static int fake_resume(struct guest *g, const enum guest_action *actions,
		       const struct guest_range *ranges)
{
	struct fake_guest *fake = fake_of(g);
	struct guest_stop stop = { .kind = GUEST_STOP_STEP };
	bool any = false, step = false;

	if (fake->exited)
		return -ESRCH;
	if (fake->running)
		return -EBUSY;
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		any = any || actions[i] != GUEST_HOLD;
	if (!any)
		return -EINVAL;
	for (unsigned int i = g->nr_vcpus; i-- > 0;) {
		fake->last_actions[i] = actions[i];
		fake->last_ranges[i] = ranges ? ranges[i]
					      : (struct guest_range){ 0 };
		if (actions[i] == GUEST_STEP) {
			stop.vcpu = i;
			step = true;
		}
	}
	fake->nr_resumes++;
	fake->running = true;
	if (fake->nr_queue) {
		stop = fake->queue[0];
		fake->nr_queue--;
		memmove(fake->queue, fake->queue + 1,
			fake->nr_queue * sizeof(fake->queue[0]));
		set_stop(fake, &stop);
	} else if (step) {
		fake_step(fake, stop.vcpu);
		set_stop(fake, &stop);
	}
	return 0;
}

static int fake_resume_over(struct guest *g, unsigned int vcpu)
{
	struct fake_guest *fake = fake_of(g);
	enum guest_action actions[GUEST_MAX_VCPUS];
	struct guest_range ranges[GUEST_MAX_VCPUS];

	if (vcpu >= g->nr_vcpus)
		return -EINVAL;
	memcpy(actions, fake->last_actions, sizeof(actions));
	memcpy(ranges, fake->last_ranges, sizeof(ranges));
	fake->regs[vcpu].pc += 4;
	return fake_resume(g, actions, ranges);
}

static int fake_stop_request(struct guest *g)
{
	struct fake_guest *fake = fake_of(g);
	struct guest_stop stop = { .kind = GUEST_STOP_REQUESTED };

	fake->nr_stop_requests++;
	if (fake->running && !fake->stop_waits)
		set_stop(fake, &stop);
	return 0;
}

static int fake_stop_get(struct guest *g, struct guest_stop *ret)
{
	struct fake_guest *fake = fake_of(g);
	uint64_t count;

	if (!fake->stop_waits)
		return -EAGAIN;
	if (read(g->stop_fd, &count, sizeof(count)) != sizeof(count))
		die("eventfd");
	*ret = fake->stop;
	g->last = *ret;
	fake->stop_waits = false;
	fake->running = false;
	if (ret->kind == GUEST_STOP_EXITED)
		fake->exited = true;
	return 0;
}

static bool fake_is_running(struct guest *g)
{
	return fake_of(g)->running;
}

static int fake_kill(struct guest *g)
{
	struct fake_guest *fake = fake_of(g);
	struct guest_stop stop = { .kind = GUEST_STOP_EXITED };

	if (!fake->exited && !fake->stop_waits)
		set_stop(fake, &stop);
	return 0;
}

static struct fake_break *find_break(struct fake_guest *fake,
				     const struct fake_break *want)
{
	for (unsigned int i = 0; i < fake->nr_breaks; i++) {
		struct fake_break *b = &fake->breaks[i];

		if (b->kind == want->kind && b->va == want->va &&
		    (want->kind < GUEST_WATCH_WRITE || b->len == want->len))
			return b;
	}
	return NULL;
}

static int fake_break_set(struct guest *g, unsigned int vcpu,
			  enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct fake_guest *fake = fake_of(g);
	const struct fake_break want = { kind, va, len };
	unsigned int nr_hw = 0;

	if (vcpu >= g->nr_vcpus || (kind >= GUEST_WATCH_WRITE && !len))
		return -EINVAL;
	if (find_break(fake, &want))
		return 0;
	if (kind == GUEST_BREAK_SW && !guest_ram_range(g, va, 4))
		return -EFAULT;
	for (unsigned int i = 0; i < fake->nr_breaks; i++)
		nr_hw += fake->breaks[i].kind != GUEST_BREAK_SW;
	if (fake->nr_breaks == FAKE_MAX_BREAKS ||
	    (kind != GUEST_BREAK_SW && nr_hw >= fake->max_breaks))
		return -ENOSPC;
	fake->breaks[fake->nr_breaks++] = want;
	return 0;
}

static int fake_break_clear(struct guest *g, unsigned int vcpu,
			    enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct fake_guest *fake = fake_of(g);
	const struct fake_break want = { kind, va, len };
	struct fake_break *b;

	if (vcpu >= g->nr_vcpus)
		return -EINVAL;
	b = find_break(fake, &want);
	if (!b)
		return -ENOENT;
	*b = fake->breaks[--fake->nr_breaks];
	return 0;
}

static void fake_break_forget(struct guest *g, va_t va, uint64_t size)
{
	struct fake_guest *fake = fake_of(g);

	for (unsigned int i = fake->nr_breaks; i-- > 0;)
		if (fake->breaks[i].kind == GUEST_BREAK_SW &&
		    fake->breaks[i].va >= va && fake->breaks[i].va - va < size)
			fake->breaks[i] = fake->breaks[--fake->nr_breaks];
}

static const struct guest_ops fake_ops = {
	.regs_get = fake_regs_get,
	.regs_get_some = fake_regs_get_some,
	.regs_set = fake_regs_set,
	.fpregs_get = fake_fpregs_get,
	.fpregs_set = fake_fpregs_set,
	.sysreg_get = fake_sysreg_get,
	.sysreg_set = fake_sysreg_set,
	.vcpu_online = fake_vcpu_online,
	.ram_map = fake_ram_map,
	.ipa_read = fake_ipa_read,
	.ipa_write = fake_ipa_write,
	.resume = fake_resume,
	.resume_over = fake_resume_over,
	.stop_request = fake_stop_request,
	.stop_get = fake_stop_get,
	.is_running = fake_is_running,
	.kill = fake_kill,
	.break_set = fake_break_set,
	.break_clear = fake_break_clear,
	.break_forget = fake_break_forget,
};

void fake_guest_add_ram(struct fake_guest *fake, ipa_t ipa, uint64_t size)
{
	struct guest_ram *r;

	if (fake->guest.nr_ram == FAKE_MAX_RAM)
		die("too many ranges of RAM");
	if (size % FAKE_PIECE)
		die("no whole pieces of RAM");
	r = &fake->ram[fake->guest.nr_ram];
	r->ipa = ipa;
	r->size = size;
	fake->pieces[fake->guest.nr_ram++] = *r;
	/* Not from malloc: ASan would fill the shadow of all of it. */
	r->host = mmap(NULL, size + GUARD_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->host == MAP_FAILED ||
	    mprotect(r->host + size, GUARD_SIZE, PROT_NONE))
		die("no memory for RAM");
}

struct fake_guest *fake_guest_create(unsigned int nr_vcpus, ipa_t ipa,
				     uint64_t size)
{
	struct fake_guest *fake = calloc(1, sizeof(*fake));

	if (!fake || !nr_vcpus || nr_vcpus > GUEST_MAX_VCPUS)
		die("create");
	fake->guest.ops = &fake_ops;
	fake->guest.nr_vcpus = nr_vcpus;
	fake->guest.ram = fake_guest_pieces ? fake->pieces : fake->ram;
	fake->guest.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fake->guest.stop_fd < 0)
		die("eventfd");
	fake->max_breaks = 4;
	fake_guest_add_ram(fake, ipa, size);
	return fake;
}

void fake_guest_destroy(struct fake_guest *fake)
{
	if (!fake)
		return;
	for (unsigned int i = 0; i < fake->guest.nr_ram; i++)
		munmap(fake->ram[i].host, fake->ram[i].size + GUARD_SIZE);
	free(fake->piece);
	close(fake->guest.stop_fd);
	free(fake);
}

uint8_t *fake_guest_at(struct fake_guest *fake, ipa_t ipa, uint64_t size)
{
	const struct guest whole = { .ram = fake->ram,
				     .nr_ram = fake->guest.nr_ram };

	return guest_ram_at(&whole, ipa, size);
}

void fake_guest_map(struct fake_guest *fake, ipa_t ipa, int fd, size_t size)
{
	uint8_t *host = fake_guest_at(fake, ipa, size);

	if (!host || mmap(host, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		die("map: no RAM there");
}

void fake_guest_load(struct fake_guest *fake, ipa_t ipa, const void *data,
		     size_t size)
{
	uint8_t *host = fake_guest_at(fake, ipa, size);

	if (!host)
		die("load: no RAM there");
	memcpy(host, data, size);
}
