// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bus.c and ioloop.c: which device is called for an IPA, the result of an
 * access that crosses a device's end, and that no device is called while the
 * loop is paused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <libfdt.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <trapline/util.h>
#include "fake_bus.h"

struct probe {
	struct device dev;
	uint64_t last_offset, last_value;
	unsigned int reads, writes, resets, events;
	bool destroyed;
};

static struct probe *to_probe(struct device *dev)
{
	return container_of(dev, struct probe, dev);
}

static uint64_t probe_read(struct device *dev, uint64_t offset,
			   unsigned int size)
{
	to_probe(dev)->reads++;
	to_probe(dev)->last_offset = offset;
	return 0x100 + size;
}

static void probe_write(struct device *dev, uint64_t offset, uint64_t value,
			unsigned int size)
{
	to_probe(dev)->writes++;
	to_probe(dev)->last_offset = offset;
	to_probe(dev)->last_value = value;
}

static void probe_reset(struct device *dev)
{
	to_probe(dev)->resets++;
}

static int probe_fdt(struct device *dev, void *fdt)
{
	int err = device_fdt_begin(dev, fdt, "probe");

	return err ? err : fdt_end_node(fdt);
}

static void probe_destroy(struct device *dev)
{
	to_probe(dev)->destroyed = true;
}

static const struct device_ops probe_ops = {
	.name = "probe",
	.read = probe_read,
	.write = probe_write,
	.reset = probe_reset,
	.fdt = probe_fdt,
	.destroy = probe_destroy,
};

static void probe_add(struct fake_bus *f, struct probe *p, ipa_t base,
		      unsigned int irq)
{
	*p = (struct probe){ .dev = { .ops = &probe_ops,
				      .base = base,
				      .size = 0x100,
				      .irq = irq } };
	bus_add(&f->bus, &p->dev);
}

static void test_find(void **state)
{
	struct fake_bus f;
	struct probe a, b;
	uint64_t v = 1;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	probe_add(&f, &b, 0x1100, 2);
	assert_true(bus_read(&f.bus, 0x1004, 4, &v));
	assert_int_equal(v, 0x104);
	assert_int_equal(a.last_offset, 4);
	assert_true(bus_write(&f.bus, 0x11ff, 1, 0x55));
	assert_int_equal(b.last_offset, 0xff);
	assert_int_equal(b.last_value, 0x55);
	assert_int_equal(a.writes, 0);
	assert_false(bus_read(&f.bus, 0xfff, 4, &v));
	assert_false(bus_write(&f.bus, 0x1200, 4, 0));
	assert_false(bus_read(&f.bus, ~0ULL, 8, &v));
	fake_bus_deinit(&f);
	assert_true(a.destroyed && b.destroyed);
}

/* An access that crosses a device's end is answered, but not by the device. */
static void test_crossing(void **state)
{
	struct fake_bus f;
	struct probe a;
	uint64_t v = 1;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	assert_true(bus_read(&f.bus, 0x10fd, 4, &v));
	assert_int_equal(v, 0);
	assert_true(bus_write(&f.bus, 0x10fc, 8, 1));
	assert_int_equal(a.reads + a.writes, 0);
	assert_true(bus_read(&f.bus, 0x10fc, 4, &v));
	assert_int_equal(a.reads, 1);
	fake_bus_deinit(&f);
}

static void test_irq_and_reset(void **state)
{
	struct fake_bus f;
	struct probe a;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 5);
	device_irq_set(&a.dev, true);
	device_irq_set(&a.dev,
		       true); /* fake_bus aborts if the level does not change */
	assert_true(f.level[5]);
	bus_reset(&f.bus);
	assert_false(f.level[5]);
	assert_int_equal(a.resets, 1);
	assert_int_equal(f.raised[5], 1);
	fake_bus_deinit(&f);
}

static void test_fdt(void **state)
{
	uint8_t blob[2048];
	struct fake_bus f;
	const void *prop;
	struct probe a;
	int len, node;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x9000000, 5);
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	assert_int_equal(bus_fdt(&f.bus, blob), 0);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	node = fdt_path_offset(blob, "/probe@9000000");
	assert_true(node >= 0);
	prop = fdt_getprop(blob, node, "reg", &len);
	assert_int_equal(len, 16);
	assert_memory_equal(prop, "\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\1\0", 16);
	prop = fdt_getprop(blob, node, "interrupts", &len);
	assert_int_equal(len, 12);
	assert_memory_equal(prop, "\0\0\0\0\0\0\0\5\0\0\0\4", 12);
	fake_bus_deinit(&f);
}

static void on_event(struct device *dev, int fd, short revents)
{
	eventfd_t v;

	eventfd_read(fd, &v);
	to_probe(dev)->events++;
}

static void on_host(void *opaque, int fd, short revents)
{
	eventfd_t v;

	eventfd_read(fd, &v);
	++*(unsigned int *)opaque;
}

/* In a pause, host callbacks are called; device callbacks wait for its end. */
static void test_pause(void **state)
{
	int dev_fd = eventfd(1, EFD_NONBLOCK), host_fd = eventfd(1, 0);
	unsigned int host_calls = 0;
	struct fake_bus f;
	struct probe a;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	ioloop_watch(f.loop, &a.dev, dev_fd, POLLIN, on_event);
	ioloop_watch_host(f.loop, host_fd, POLLIN, on_host, &host_calls);
	ioloop_pause(f.loop);
	fake_bus_turn(&f, 20);
	assert_int_equal(host_calls, 1);
	assert_int_equal(a.events, 0);
	ioloop_resume(f.loop);
	fake_bus_turn(&f, 1000);
	assert_int_equal(a.events, 1);
	/* After the watch is removed, no callback is called. */
	ioloop_watch(f.loop, &a.dev, dev_fd, 0, NULL);
	eventfd_write(dev_fd, 1);
	fake_bus_turn(&f, 20);
	assert_int_equal(a.events, 1);
	fake_bus_deinit(&f);
	close(dev_fd);
	close(host_fd);
}

/* The same with the loop's thread, which must wake up for each change. */
static void test_thread(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct fake_bus f;
	struct probe a;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	assert_int_equal(ioloop_start(f.loop, NULL, NULL), 0);
	ioloop_watch(f.loop, &a.dev, fd, POLLIN, on_event);
	for (unsigned int i = 1; i <= 100; i++) {
		ioloop_pause(f.loop);
		eventfd_write(fd, 1);
		assert_int_equal(__atomic_load_n(&a.events, __ATOMIC_SEQ_CST),
				 i - 1);
		ioloop_resume(f.loop);
		while (__atomic_load_n(&a.events, __ATOMIC_SEQ_CST) != i)
			usleep(10);
	}
	ioloop_stop(f.loop);
	fake_bus_deinit(&f);
	close(fd);
}

static void test_watch_limit(void **state)
{
	struct fake_bus f;
	struct probe a;
	int err = 0;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	for (int fd = 1000; fd < 2000 && !err; fd++)
		err = ioloop_watch(f.loop, &a.dev, fd, POLLIN, on_event);
	assert_int_equal(err, -ENOSPC);
	/*
	 * The loop must stop polling a descriptor that is closed. Otherwise
	 * each of these turns would report it.
	 */
	fake_bus_turn(&f, 20);
	fake_bus_deinit(&f);
}

static long nr_naps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/*
 * If poll(2) fails, the loop must not spin. Here a limit below the number of
 * descriptors makes it fail.
 */
static void test_poll_fails(void **state)
{
	struct rlimit old, none;
	struct probe a;
	struct fake_bus f;
	long before;
	int fd;

	fake_bus_init(&f);
	probe_add(&f, &a, 0x1000, 1);
	fd = eventfd(1, EFD_NONBLOCK);
	ioloop_watch(f.loop, &a.dev, fd, POLLIN, on_event);
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &none);
	before = nr_naps();
	for (int i = 0; i < 10; i++)
		assert_int_equal(ioloop_run_once(f.loop, -1), 0);
	assert_true(nr_naps() - before >= 10);
	setrlimit(RLIMIT_NOFILE, &old);
	fake_bus_turn(&f, 100);
	assert_int_equal(a.events, 1);
	ioloop_watch(f.loop, &a.dev, fd, 0, NULL);
	close(fd);
	fake_bus_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_crossing),
		cmocka_unit_test(test_irq_and_reset),
		cmocka_unit_test(test_fdt),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_watch_limit),
		cmocka_unit_test(test_poll_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
