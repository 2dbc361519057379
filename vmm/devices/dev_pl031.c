// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dev_pl031.c - the real-time clock
 *
 * Source: PrimeCell Real Time Clock (PL031) Technical Reference Manual, DDI
 * 0224. The clock counts host seconds (UTC) plus the offset that the guest has
 * set. It shows wall-clock time, not guest time, so it also counts while the
 * guest is stopped. The alarm is a timer on the device thread.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <poll.h>
#include <trapline/util.h>
#include "device.h"
#include "vmm/map.h"

#define RTCDR        0x000
#define RTCMR        0x004
#define RTCLR        0x008
#define RTCCR        0x00c
#define RTCIMSC      0x010
#define RTCRIS       0x014
#define RTCMIS       0x018
#define RTCICR       0x01c
#define RTCPERIPHID0 0xfe0

#define CLOCK_PHANDLE 2U

/* RTCPeriphID0-3 and RTCPCellID0-3: part 031, Arm, r1p0. */
static const uint8_t ids[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl031 {
	struct device dev;
	uint32_t offset; /* guest seconds minus host seconds */
	uint32_t match, load;
	bool unmasked, raised;
	int timer_fd;
};

static struct pl031 *to_pl031(struct device *dev)
{
	return container_of(dev, struct pl031, dev);
}

static uint32_t rtc_now(const struct pl031 *r)
{
	return (uint32_t)time(NULL) + r->offset;
}

static void rtc_irq_update(struct pl031 *r)
{
	device_irq_set(&r->dev, r->raised && r->unmasked);
}

/* The match is exact: a value in the past matches after a wrap of 2^32 s. */
static void alarm_set(struct pl031 *r)
{
	struct itimerspec when = { 0 };

	when.it_value.tv_sec = (uint32_t)(r->match - rtc_now(r));
	if (!when.it_value.tv_sec)
		when.it_value.tv_nsec = 1;
	timerfd_settime(r->timer_fd, 0, &when, NULL);
}

static void on_alarm(struct device *dev, int fd, short revents)
{
	struct pl031 *r = to_pl031(dev);
	uint64_t ticks;

	(void)revents;
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
	r->raised = true;
	rtc_irq_update(r);
}

static uint64_t pl031_read(struct device *dev, uint64_t offset,
			   unsigned int size)
{
	struct pl031 *r = to_pl031(dev);

	(void)size;
	switch (offset) {
	case RTCDR:
		return rtc_now(r);
	case RTCMR:
		return r->match;
	case RTCLR:
		return r->load;
	case RTCCR:
		return 1; /* once started, the clock never stops */
	case RTCIMSC:
		return r->unmasked;
	case RTCRIS:
		return r->raised;
	case RTCMIS:
		return r->raised && r->unmasked;
	}
	if (offset >= RTCPERIPHID0 && !(offset & 3))
		return ids[(offset - RTCPERIPHID0) / 4];
	return 0;
}

static void pl031_write(struct device *dev, uint64_t offset, uint64_t value,
			unsigned int size)
{
	struct pl031 *r = to_pl031(dev);

	(void)size;
	switch (offset) {
	case RTCMR:
		r->match = (uint32_t)value;
		alarm_set(r);
		break;
	case RTCLR:
		r->load = (uint32_t)value;
		r->offset = r->load - (uint32_t)time(NULL);
		alarm_set(r);
		break;
	case RTCIMSC:
		r->unmasked = value & 1;
		break;
	case RTCICR:
		if (value & 1)
			r->raised = false;
		break;
	default:
		return;
	}
	rtc_irq_update(r);
}

static void pl031_reset(struct device *dev)
{
	struct pl031 *r = to_pl031(dev);
	struct itimerspec never = { 0 };

	/* The time of day survives a reset, as if a battery kept it. */
	r->match = 0;
	r->load = 0;
	r->unmasked = false;
	r->raised = false;
	timerfd_settime(r->timer_fd, 0, &never, NULL);
}

static int pl031_fdt(struct device *dev, void *fdt)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";
	int err = device_fdt_begin(dev, fdt, "pl031");

	if (!err)
		err = fdt_property(fdt, "compatible", compatible,
				   sizeof(compatible));
	if (!err)
		err = fdt_property_u32(fdt, "clocks", CLOCK_PHANDLE);
	if (!err)
		err = fdt_property_string(fdt, "clock-names", "apb_pclk");
	return err ? err : fdt_end_node(fdt);
}

static void pl031_destroy(struct device *dev)
{
	struct pl031 *r = to_pl031(dev);

	dev->bus->ops->fd_watch(dev->bus, dev, r->timer_fd, 0, NULL);
	close(r->timer_fd);
	free(r);
}

static const struct device_ops pl031_ops = {
	.name = "PL031",
	.read = pl031_read,
	.write = pl031_write,
	.reset = pl031_reset,
	.fdt = pl031_fdt,
	.destroy = pl031_destroy,
};

int pl031_create(struct bus *bus, ipa_t base, unsigned int irq,
		 struct device **ret)
{
	struct pl031 *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->timer_fd =
		timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->timer_fd < 0) {
		err = -errno;
		free(r);
		return err;
	}
	r->dev = (struct device){ .ops = &pl031_ops,
				  .base = base,
				  .size = MAP_PL031_SIZE,
				  .irq = irq };
	bus_add(bus, &r->dev);
	err = bus->ops->fd_watch(bus, &r->dev, r->timer_fd, POLLIN, on_alarm);
	if (err)
		return err; /* the bus frees the device */
	*ret = &r->dev;
	return 0;
}
