/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_bus.h - a bus without a VM, for device tests
 *
 * It has RAM of FAKE_RAM_SIZE at FAKE_RAM, and interrupt levels in an array. It
 * records the requests of the escape keys. Its ioloop is real; a test runs each
 * turn of the loop itself (fake_bus_turn).
 */
#ifndef TRAPLINE_TESTS_FAKE_BUS_H
#define TRAPLINE_TESTS_FAKE_BUS_H

#include "vmm/devices/device.h"
#include "vmm/devices/ioloop.h"
#include "vmm/map.h"

#define FAKE_RAM      MAP_RAM
#define FAKE_RAM_SIZE 0x100000ULL

struct fake_bus {
	struct bus bus;
	struct ioloop *loop;
	uint8_t *ram;
	bool level[NR_SPIS];
	unsigned int raised[NR_SPIS]; /* number of rising edges */
	int last_request; /* -1: no request yet */
};

void fake_bus_init(struct fake_bus *f);
/* Destroys the devices, then the loop. */
void fake_bus_deinit(struct fake_bus *f);
/* Serve descriptors until none is ready; wait up to ms for the first. */
void fake_bus_turn(struct fake_bus *f, int ms);

/* 32 bits at an IPA of a device; the test fails if there is no device. */
uint32_t fake_read(struct fake_bus *f, ipa_t ipa);
void fake_write(struct fake_bus *f, ipa_t ipa, uint32_t value);

#endif
