// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bus.c - find the device at an IPA and call it with its lock held
 *
 * A guest accesses the UART some ten thousand times while it boots, so the
 * device of the last access is tried first. Otherwise a short list is searched.
 * The list is built before the vCPUs start and never changes afterwards. Only
 * the hint is shared between threads, and a stale hint only costs a search.
 */
#include "device.h"
#include <libfdt.h>
#include <stdio.h>

/* Cell values of "interrupts" in the device tree: see vmm/boot/fdt.h. */
#define FDT_SPI        0
#define FDT_LEVEL_HIGH 4

static bool device_has(const struct device *dev, ipa_t ipa)
{
	return ipa >= dev->base && ipa - dev->base < dev->size;
}

static struct device *bus_find(struct bus *bus, ipa_t ipa)
{
	struct device *dev;

	dev = __atomic_load_n(&bus->last_hit, __ATOMIC_RELAXED);
	if (dev && device_has(dev, ipa))
		return dev;
	for (dev = bus->devices; dev; dev = dev->next) {
		if (device_has(dev, ipa)) {
			__atomic_store_n(&bus->last_hit, dev, __ATOMIC_RELAXED);
			return dev;
		}
	}
	return NULL;
}

/* True when the access ends inside the device, too. */
static bool access_fits(const struct device *dev, ipa_t ipa, unsigned int size)
{
	return size <= dev->size - (ipa - dev->base);
}

void bus_add(struct bus *bus, struct device *dev)
{
	struct device **link = &bus->devices;

	while (*link)
		link = &(*link)->next;
	pthread_mutex_init(&dev->lock, NULL);
	dev->bus = bus;
	dev->level = false;
	dev->next = NULL;
	*link = dev;
}

bool bus_read(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t *ret)
{
	struct device *dev = bus_find(bus, ipa);

	if (!dev)
		return false;
	if (!access_fits(dev, ipa, size)) {
		*ret = 0;
		return true;
	}
	pthread_mutex_lock(&dev->lock);
	*ret = dev->ops->read(dev, ipa - dev->base, size);
	pthread_mutex_unlock(&dev->lock);
	return true;
}

bool bus_write(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t value)
{
	struct device *dev = bus_find(bus, ipa);

	if (!dev)
		return false;
	if (!access_fits(dev, ipa, size))
		return true;
	pthread_mutex_lock(&dev->lock);
	dev->ops->write(dev, ipa - dev->base, value, size);
	pthread_mutex_unlock(&dev->lock);
	return true;
}

void bus_reset(struct bus *bus)
{
	for (struct device *dev = bus->devices; dev; dev = dev->next) {
		pthread_mutex_lock(&dev->lock);
		if (dev->ops->reset)
			dev->ops->reset(dev);
		device_irq_set(dev, false);
		pthread_mutex_unlock(&dev->lock);
	}
}

int bus_fdt(struct bus *bus, void *fdt)
{
	for (struct device *dev = bus->devices; dev; dev = dev->next) {
		int err = dev->ops->fdt ? dev->ops->fdt(dev, fdt) : 0;

		if (err)
			return err;
	}
	return 0;
}

void bus_print(struct bus *bus, FILE *out)
{
	for (struct device *dev = bus->devices; dev; dev = dev->next) {
		fprintf(out, "0x%08llx %s, SPI %u\n",
			(unsigned long long)dev->base, dev->ops->name,
			dev->irq);
		if (!dev->ops->print)
			continue;
		pthread_mutex_lock(&dev->lock);
		dev->ops->print(dev, out);
		pthread_mutex_unlock(&dev->lock);
	}
}

void bus_destroy(struct bus *bus)
{
	struct device *dev = bus->devices;

	while (dev) {
		struct device *next = dev->next;

		pthread_mutex_destroy(&dev->lock);
		if (dev->ops->destroy)
			dev->ops->destroy(dev);
		dev = next;
	}
	bus->devices = NULL;
	bus->last_hit = NULL;
}

int device_fdt_begin(struct device *dev, void *fdt, const char *node)
{
	fdt32_t irq[3] = { cpu_to_fdt32(FDT_SPI), cpu_to_fdt32(dev->irq),
			   cpu_to_fdt32(FDT_LEVEL_HIGH) };
	fdt64_t reg[2] = { cpu_to_fdt64(dev->base), cpu_to_fdt64(dev->size) };
	char name[64];
	int err;

	snprintf(name, sizeof(name), "%s@%llx", node,
		 (unsigned long long)dev->base);
	err = fdt_begin_node(fdt, name);
	if (!err)
		err = fdt_property(fdt, "reg", reg, sizeof(reg));
	if (!err)
		err = fdt_property(fdt, "interrupts", irq, sizeof(irq));
	return err;
}
