// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_virtio.c - a driver of random actions, with all virtio device types at
 * once
 *
 * The input is a program of four-byte steps: write to a register, write to
 * memory, notify, or set up a well-formed queue. The devices share 1 MiB of
 * RAM, so rings, descriptors and data may overlap. There must be no access
 * outside RAM, no hang and no undefined behaviour, as the sanitizers check.
 *
 * Built with -fsanitize=fuzzer, or with any main() that passes files to
 * LLVMFuzzerTestOneInput().
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/vmm.h>
#include <unistd.h>
#include "tests/unit/fake_virtio.h"
#include "vmm/devices/terminal.h"

#define NR_DEVICES 4
#define MAX_STEPS  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_bus f;
static struct terminal *term;
static char image[] = "/tmp/trapline-fuzz-blk-XXXXXX";

static ipa_t base_of(unsigned int n)
{
	return MAP_VIRTIO + n * MAP_VIRTIO_SIZE;
}

static void must(int err)
{
	if (err < 0)
		abort();
}

/* A disk of 64 KiB without a name, a null console, the user network. */
static void set_up(void)
{
	const struct vmm_disk disk = { .path = image };
	const struct vmm_net net = { 0 };
	int fd = mkstemp(image), null = open("/dev/null", O_RDWR);
	struct device *dev;
	char err[256];

	must(fd);
	must(ftruncate(fd, 0x10000));
	fake_bus_init(&f);
	must(terminal_create(f.loop, &f.bus, null, null, &term));
	must(virtio_blk_create(&f.bus, base_of(0), 16, &disk, err, sizeof(err),
			       &dev));
	must(virtio_console_create(&f.bus, base_of(1), 17, term, &dev));
	must(virtio_net_create(&f.bus, base_of(2), 18, &net, err, sizeof(err),
			       &dev));
	must(virtio_rng_create(&f.bus, base_of(3), 19, &dev));
	close(fd);
	unlink(image);
}

/* The offsets of registers worth writing to, and configuration space. */
static uint32_t register_at(uint8_t n)
{
	return n & 0x80 ? 0x100U + (n & 0x7f) : (n & 0x3fU) * 4;
}

static void memory_write(uint8_t where, uint16_t value)
{
	/* Write mostly near the rings, where errors are likely. */
	uint32_t offset = (where & 0x80 ? 0x10000U : 0) +
			  (where & 0x60) * 0x80U + (where & 0x1f) * 2U;

	memcpy(f.ram + offset, &value, sizeof(value));
}

static void step(struct fake_driver *d, const uint8_t *s)
{
	struct fake_driver *drv = &d[s[0] >> 6];
	uint16_t value = (uint16_t)(s[2] | s[3] << 8);
	struct fake_seg seg = { FAKE_RAM + value * 16U, s[1] * 64U, s[1] & 1 };

	drv->f = &f;
	drv->base = base_of(s[0] >> 6);
	switch (s[0] & 7) {
	case 0:
		drv_start(drv, &f, drv->base, (uint64_t)(value & 3) << 28, 2,
			  (uint16_t)(1 << (s[1] & 7)));
		break;
	case 1:
		drv_write(drv, register_at(s[1]), value);
		break;
	case 2:
		drv_write(drv, register_at(s[1]), FAKE_RAM + value * 16U);
		break;
	case 3:
		memory_write(s[1], value);
		break;
	case 4:
		drv_read(drv, register_at(s[1]));
		break;
	case 5:
		if (drv->q[s[0] >> 3 & 1].size)
			drv_add(drv, s[0] >> 3 & 1, &seg, 1);
		break;
	default:
		drv_write(drv, VIRTIO_MMIO_QUEUE_NOTIFY, s[1] & 3);
		ioloop_run_once(f.loop, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_driver drivers[NR_DEVICES] = { 0 };

	if (!term)
		set_up();
	memset(f.ram, 0, FAKE_RAM_SIZE);
	for (size_t i = 0; i + 4 <= size && i < MAX_STEPS * 4; i += 4)
		step(drivers, data + i);
	bus_reset(&f.bus);
	return 0;
}
