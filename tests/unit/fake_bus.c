// SPDX-License-Identifier: GPL-2.0-or-later
/* fake_bus.c - a bus without a VM, for device tests; see fake_bus.h */
#include "fake_bus.h"
#include <assert.h>
#include <stdlib.h>
#include <trapline/util.h>

static struct fake_bus *to_fake(struct bus *bus)
{
	return container_of(bus, struct fake_bus, bus);
}

static void fake_irq_set(struct bus *bus, unsigned int spi, bool level)
{
	struct fake_bus *f = to_fake(bus);

	assert(spi < NR_SPIS && f->level[spi] != level);
	f->raised[spi] += level;
	f->level[spi] = level;
}

static void *fake_ram_at(struct bus *bus, ipa_t ipa, uint64_t len)
{
	if (ipa < FAKE_RAM || ipa - FAKE_RAM >= FAKE_RAM_SIZE ||
	    len > FAKE_RAM_SIZE - (ipa - FAKE_RAM))
		return NULL;
	return to_fake(bus)->ram + (ipa - FAKE_RAM);
}

static int fake_fd_watch(struct bus *bus, struct device *dev, int fd,
			 short events,
			 void (*fn)(struct device *dev, int fd, short revents))
{
	return ioloop_watch(to_fake(bus)->loop, dev, fd, events, fn);
}

static void fake_request(struct bus *bus, int request)
{
	to_fake(bus)->last_request = request;
}

static const struct bus_ops fake_ops = {
	.irq_set = fake_irq_set,
	.ram_at = fake_ram_at,
	.fd_watch = fake_fd_watch,
	.request = fake_request,
};

void fake_bus_init(struct fake_bus *f)
{
	*f = (struct fake_bus){ .bus.ops = &fake_ops, .last_request = -1 };
	f->ram = calloc(1, FAKE_RAM_SIZE);
	if (!f->ram || ioloop_create(&f->loop) < 0)
		abort();
}

void fake_bus_deinit(struct fake_bus *f)
{
	bus_destroy(&f->bus);
	ioloop_destroy(f->loop);
	free(f->ram);
}

void fake_bus_turn(struct fake_bus *f, int ms)
{
	for (int rounds = 0; rounds < 1000; rounds++) {
		bool busy = ioloop_run_once(f->loop, ms);

		if (!busy && !ioloop_run_once(f->loop, ms))
			return;
		ms = 0;
	}
	abort(); /* a descriptor stays ready for ever */
}

uint32_t fake_read(struct fake_bus *f, ipa_t ipa)
{
	uint64_t value = 0;
	bool there = bus_read(&f->bus, ipa, 4, &value);

	if (!there)
		abort();
	return (uint32_t)value;
}

void fake_write(struct fake_bus *f, ipa_t ipa, uint32_t value)
{
	if (!bus_write(&f->bus, ipa, 4, value))
		abort();
}
