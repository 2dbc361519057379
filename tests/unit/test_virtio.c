// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio.c and virtq.c by way of the rng device: negotiation, interrupts,
 * event indices, and every kind of malformed queue. A malformed queue must not
 * cause an access outside RAM (ASan) or a hang. It ends in DEVICE_NEEDS_RESET,
 * and after a reset the device works again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "fake_virtio.h"

#define INDIRECT  BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)
#define EVENT_IDX BIT_ULL(VIRTIO_RING_F_EVENT_IDX)

static struct fake_bus f;
static struct fake_driver d;

static int setup(void **state)
{
	struct device *dev;

	fake_bus_init(&f);
	return virtio_rng_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO, &dev);
}

static int teardown(void **state)
{
	fake_bus_deinit(&f);
	return 0;
}

static void start(uint64_t features, uint16_t size)
{
	assert_true(drv_start(&d, &f, MAP_VIRTIO, features, 1, size));
}

static const struct fake_seg good = { FAKE_DATA, 64, true };

/* After a reset an honest driver must be served. */
static void expect_works(void)
{
	start(INDIRECT | EVENT_IDX, 8);
	assert_false(drv_broken(&d));
	drv_add(&d, 0, &good, 1);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 64);
}

static void expect_broken(void)
{
	drv_kick(&d, 0);
	assert_true(drv_broken(&d));
	assert_true(drv_read(&d, VIRTIO_MMIO_INTERRUPT_STATUS) &
		    VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(drv_used(&d, 0), -1);
	drv_kick(&d, 0); /* stays broken, touches nothing */
	expect_works();
}

/*
 * If another vCPU fills the queue as fast as it is emptied, this vCPU must not
 * work for ever. It leaves the rest to the device thread.
 */
static void test_bounded(void **state)
{
	unsigned int done = 0;

	start(0, 256);
	for (unsigned int i = 0; i < 200; i++)
		drv_add(&d, 0, &good, 1);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	while (drv_used(&d, 0) >= 0)
		done++;
	assert_true(done && done < 100);
	ioloop_pause(f.loop);
	assert_int_equal(ioloop_run_once(f.loop, 0), 0);
	ioloop_resume(f.loop);
	fake_bus_turn(&f, 0);
	while (drv_used(&d, 0) >= 0)
		done++;
	assert_int_equal(done, 200);
}

/* A reset before the device thread takes over: no work is left. */
static void test_bounded_reset(void **state)
{
	start(0, 256);
	for (unsigned int i = 0; i < 200; i++)
		drv_add(&d, 0, &good, 1);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	drv_write(&d, VIRTIO_MMIO_STATUS, 0);
	fake_bus_turn(&f, 0);
	expect_works();
}

static void test_registers(void **state)
{
	uint64_t v;

	d = (struct fake_driver){ .f = &f, .base = MAP_VIRTIO };
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_DEVICE_ID), 4);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_SHM_LEN_HIGH), 0xffffffff);
	drv_write(&d, VIRTIO_MMIO_QUEUE_SEL, 1);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	drv_write(&d, VIRTIO_MMIO_QUEUE_SEL, 0);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_QUEUE_NUM_MAX), 256);
	drv_write(&d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_DEVICE_FEATURES) & 1, 1);
	drv_write(&d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 7);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	/*
	 * Accesses of other widths read 0. So does configuration space that
	 * does not exist.
	 */
	assert_true(bus_read(&f.bus, MAP_VIRTIO, 2, &v));
	assert_int_equal(v, 0);
	assert_true(bus_read(&f.bus, MAP_VIRTIO + 0x1f8, 8, &v));
	assert_int_equal(v, 0);
}

static void test_negotiation(void **state)
{
	assert_false(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(40), 1, 8));
	/* A driver without VERSION_1 is a legacy driver. */
	drv_write(&d, VIRTIO_MMIO_STATUS, 0);
	drv_write(&d, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	drv_write(&d, VIRTIO_MMIO_DRIVER_FEATURES, 0);
	drv_write(&d, VIRTIO_MMIO_STATUS, 0xf);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_STATUS), 3);
	expect_works();
}

static void test_interrupt(void **state)
{
	start(0, 8);
	drv_add(&d, 0, &good, 1);
	assert_false(f.level[IRQ_VIRTIO]);
	drv_kick(&d, 0);
	assert_true(f.level[IRQ_VIRTIO]);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	drv_write(&d, VIRTIO_MMIO_INTERRUPT_ACK, 1);
	assert_false(f.level[IRQ_VIRTIO]);
	d.q[0].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	drv_add(&d, 0, &good, 1);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 64);
	assert_false(f.level[IRQ_VIRTIO]);
}

static void test_event_idx(void **state)
{
	uint16_t *used_event, *avail_event;

	start(EVENT_IDX, 4);
	used_event = &d.q[0].avail->ring[4];
	avail_event = (uint16_t *)&d.q[0].used->ring[4];
	*used_event = 2; /* interrupt once the third buffer is used */
	for (int i = 0; i < 3; i++) {
		assert_false(f.level[IRQ_VIRTIO]);
		drv_add(&d, 0, &good, 1);
		drv_kick(&d, 0);
		assert_int_equal(*avail_event, i + 1);
	}
	assert_true(f.level[IRQ_VIRTIO]);
}

/* Indices wrap at 65,536, and go around the ring many times. */
static void test_wrap(void **state)
{
	start(EVENT_IDX, 4);
	for (unsigned int i = 0; i < 70000; i++) {
		drv_add(&d, 0, &good, 1);
		drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
		if (drv_used(&d, 0) != 64)
			fail_msg("entry %u was not used", i);
	}
	assert_false(drv_broken(&d));
}

static void test_chain(void **state)
{
	const struct fake_seg segs[] = {
		{ FAKE_DATA, 16, false },
		{ FAKE_DATA + 0x1000, 1, true },
		{ FAKE_RAM + FAKE_RAM_SIZE - 7, 7, true },
	};

	start(0, 4);
	drv_add(&d, 0, segs, 3);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 8);
}

static void test_indirect(void **state)
{
	struct vring_desc *table;

	start(INDIRECT, 4);
	/* The table is at an odd address: tables need no alignment. */
	table = drv_mem(&d, FAKE_DATA + 0x101);
	for (uint16_t i = 0; i < 64; i++) {
		struct vring_desc e = {
			.addr = FAKE_DATA + 0x1000 + i,
			.len = 1,
			.flags = VRING_DESC_F_WRITE |
				 (i < 63 ? VRING_DESC_F_NEXT : 0),
			.next = i + 1,
		};

		memcpy((char *)table + i * sizeof(e), &e, sizeof(e));
	}
	d.q[0].desc[0] = (struct vring_desc){
		.addr = FAKE_DATA + 0x101,
		.len = 64 * 16,
		.flags = VRING_DESC_F_INDIRECT,
	};
	drv_offer(&d, 0, 0);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 64);
}

static void test_hostile_direct(void **state)
{
	static const struct vring_desc bad[] = {
		{ FAKE_RAM - 8, 16, VRING_DESC_F_WRITE, 0 },
		{ FAKE_RAM + FAKE_RAM_SIZE - 8, 16, VRING_DESC_F_WRITE, 0 },
		{ FAKE_RAM + FAKE_RAM_SIZE, 1, VRING_DESC_F_WRITE, 0 },
		{ ~0ULL - 3, 8, VRING_DESC_F_WRITE, 0 },
		{ 0, 0xffffffff, VRING_DESC_F_WRITE, 0 },
		{ FAKE_RAM, 0xffffffff, VRING_DESC_F_WRITE, 0 },
		{ FAKE_DATA, 0, VRING_DESC_F_WRITE, 0 },
		/* links to itself for ever; links past the table's end */
		{ FAKE_DATA, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 0 },
		{ FAKE_DATA, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 8 },
		{ FAKE_DATA, 1, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT,
		  0xffff },
		/* indirect, without negotiation of the feature */
		{ FAKE_DATA, 16, VRING_DESC_F_INDIRECT, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		start(0, 8);
		d.q[0].desc[0] = bad[i];
		drv_offer(&d, 0, 0);
		expect_broken();
	}
}

static void test_hostile_heads(void **state)
{
	start(0, 8);
	drv_offer(&d, 0, 8);
	expect_broken();
	start(0, 8);
	drv_offer(&d, 0, 0xffff);
	expect_broken();
	/* More chains are available than the queue holds. */
	start(0, 8);
	d.q[0].avail->idx = 9;
	expect_broken();
	/* The index goes backwards. */
	start(0, 8);
	d.q[0].avail->idx = 0xffff;
	expect_broken();
	/* A readable segment after a writable one. */
	start(0, 8);
	drv_add(&d, 0, (struct fake_seg[]){ good, { FAKE_DATA, 1, false } }, 2);
	expect_broken();
}

/* A loop of two descriptors that only the limit on a chain ends. */
static void test_hostile_loop(void **state)
{
	start(0, 256);
	for (uint16_t i = 0; i < 256; i++)
		d.q[0].desc[i] = (struct vring_desc){ FAKE_DATA, 1,
						      VRING_DESC_F_WRITE |
							      VRING_DESC_F_NEXT,
						      i ^ 1 };
	drv_offer(&d, 0, 0);
	expect_broken();
}

static void test_hostile_indirect(void **state)
{
	static const struct vring_desc bad[] = {
		{ FAKE_DATA, 0, VRING_DESC_F_INDIRECT, 0 },
		{ FAKE_DATA, 17, VRING_DESC_F_INDIRECT, 0 },
		{ FAKE_DATA, 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1 },
		{ FAKE_RAM + FAKE_RAM_SIZE - 8, 16, VRING_DESC_F_INDIRECT, 0 },
		{ 0, 16, VRING_DESC_F_INDIRECT, 0 },
		{ FAKE_RAM, 0xfffffff0, VRING_DESC_F_INDIRECT, 0 },
		/* more entries than a chain may have */
		{ FAKE_DATA, 257 * 16, VRING_DESC_F_INDIRECT, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		start(INDIRECT, 8);
		d.q[0].desc[0] = bad[i];
		drv_offer(&d, 0, 0);
		expect_broken();
	}
	/* A table in a table. */
	start(INDIRECT, 8);
	*(struct vring_desc *)drv_mem(&d, FAKE_DATA) =
		(struct vring_desc){ FAKE_DATA, 16, VRING_DESC_F_INDIRECT, 0 };
	d.q[0].desc[0] =
		(struct vring_desc){ FAKE_DATA, 16, VRING_DESC_F_INDIRECT, 0 };
	drv_offer(&d, 0, 0);
	expect_broken();
}

static void set_up_badly(uint32_t size, uint64_t desc, uint64_t avail,
			 uint64_t used)
{
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 0, 0));
	drv_write(&d, VIRTIO_MMIO_QUEUE_SEL, 0);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NUM, size);
	drv_write(&d, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)desc);
	drv_write(&d, VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(desc >> 32));
	drv_write(&d, VIRTIO_MMIO_QUEUE_AVAIL_LOW, (uint32_t)avail);
	drv_write(&d, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, (uint32_t)(avail >> 32));
	drv_write(&d, VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)used);
	drv_write(&d, VIRTIO_MMIO_QUEUE_USED_HIGH, (uint32_t)(used >> 32));
	drv_write(&d, VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_QUEUE_READY), 0);
	assert_true(drv_broken(&d));
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	expect_works();
}

static void test_hostile_setup(void **state)
{
	const ipa_t end = FAKE_RAM + FAKE_RAM_SIZE;

	set_up_badly(0, FAKE_RAM, FAKE_RAM, FAKE_RAM);
	set_up_badly(3, FAKE_RAM, FAKE_RAM, FAKE_RAM);
	set_up_badly(512, FAKE_RAM, FAKE_RAM, FAKE_RAM);
	set_up_badly(0x80000000, FAKE_RAM, FAKE_RAM, FAKE_RAM);
	set_up_badly(8, FAKE_RAM + 8, FAKE_RAM, FAKE_RAM);
	set_up_badly(8, FAKE_RAM, FAKE_RAM + 1, FAKE_RAM);
	set_up_badly(8, FAKE_RAM, FAKE_RAM, FAKE_RAM + 2);
	set_up_badly(8, end - 112, FAKE_RAM, FAKE_RAM);
	set_up_badly(8, FAKE_RAM, end - 20, FAKE_RAM);
	set_up_badly(8, FAKE_RAM, FAKE_RAM, end - 68);
	set_up_badly(8, FAKE_RAM, FAKE_RAM, ~0ULL - 3);
}

/* A reset clears interrupts, queues and features. */
static void test_reset(void **state)
{
	start(0, 8);
	drv_add(&d, 0, &good, 1);
	drv_kick(&d, 0);
	assert_true(f.level[IRQ_VIRTIO]);
	bus_reset(&f.bus);
	assert_false(f.level[IRQ_VIRTIO]);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_STATUS), 0);
	assert_int_equal(drv_read(&d, VIRTIO_MMIO_QUEUE_READY), 0);
	drv_offer(&d, 0, 0);
	drv_kick(&d, 0);
	assert_int_equal(f.raised[IRQ_VIRTIO], 1);
	expect_works();
}

/* The length of a request is bounded; the bytes are random. */
static void test_rng(void **state)
{
	const struct fake_seg big = { FAKE_DATA, 0x10000, true };
	const uint8_t zero[64] = { 0 };

	start(0, 8);
	drv_add(&d, 0, &big, 1);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 4096);
	assert_memory_not_equal(drv_mem(&d, FAKE_DATA), zero, 64);
	assert_memory_equal(drv_mem(&d, FAKE_DATA + 4096), zero, 64);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bounded),
		TEST(test_bounded_reset),
		TEST(test_registers),
		TEST(test_negotiation),
		TEST(test_interrupt),
		TEST(test_event_idx),
		TEST(test_wrap),
		TEST(test_chain),
		TEST(test_indirect),
		TEST(test_hostile_direct),
		TEST(test_hostile_heads),
		TEST(test_hostile_loop),
		TEST(test_hostile_indirect),
		TEST(test_hostile_setup),
		TEST(test_reset),
		TEST(test_rng),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
