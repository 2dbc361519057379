// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_liar.c - a virtio driver that knows the rules and breaks them
 *
 * fuzz_virtio.c does random actions; few of its chains reach a device. Here the
 * input is a list of steps of a driver that is correct most of the time: it
 * starts devices, makes chains with the headers that the device expects, and
 * notifies. Other steps make loops, lengths and indexes that are on or near a
 * limit, and indirect tables that contain themselves. If the first byte of the
 * input is odd, a second thread changes fields back and forth while the device
 * reads them.
 *
 * No access may leave RAM (1 MiB), every notification must come to an end, and
 * there must be no undefined behaviour.
 */
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <trapline/vmm.h>

#include "input.h"
#include "isolate.h"
#include "tests/unit/fake_virtio.h"
#include "vmm/devices/terminal.h"

#define NR_DEVICES 4
#define MAX_STEPS  512
#define NR_RACES   4
#define NETWORK    2 /* the index of this device */

static struct fake_bus f;
static struct terminal *term;
static char image[] = "/tmp/trapline-fuzz-liar-XXXXXX";
static bool isolated;

/* A field that the second thread changes. */
static struct {
	uint16_t *at; /* NULL: none */
	uint16_t value;
} races[NR_RACES];
static sem_t race_begins, race_ends;
static bool racing;

static void race_all(void)
{
	for (unsigned int i = 0; i < NR_RACES; i++) {
		uint16_t *at = __atomic_load_n(&races[i].at, __ATOMIC_ACQUIRE);
		uint16_t old;

		if (!at)
			continue;
		old = __atomic_exchange_n(at, races[i].value, __ATOMIC_RELAXED);
		sched_yield();
		__atomic_store_n(at, old, __ATOMIC_RELAXED);
	}
	sched_yield();
}

static void *race(void *unused)
{
	for (;;) {
		sem_wait(&race_begins);
		while (__atomic_load_n(&racing, __ATOMIC_ACQUIRE))
			race_all();
		sem_post(&race_ends);
	}
	return unused;
}

static ipa_t base_of(unsigned int n)
{
	return MAP_VIRTIO + n * MAP_VIRTIO_SIZE;
}

static void set_up(void)
{
	const struct vmm_disk disk = { .path = image };
	const struct vmm_net net = { 0 };
	int fd = mkstemp(image), null = open("/dev/null", O_RDWR);
	struct device *dev;
	pthread_t thread;
	char err[256];

	isolated = isolate_network();
	must(fd >= 0 && !ftruncate(fd, 0x10000), "no disk");
	fake_bus_init(&f);
	must(!terminal_create(f.loop, &f.bus, null, null, &term) &&
		     !virtio_blk_create(&f.bus, base_of(0), 16, &disk, err,
					sizeof(err), &dev) &&
		     !virtio_console_create(&f.bus, base_of(1), 17, term,
					    &dev) &&
		     !virtio_net_create(&f.bus, base_of(NETWORK), 18, &net, err,
					sizeof(err), &dev) &&
		     !virtio_rng_create(&f.bus, base_of(3), 19, &dev),
	     "no devices");
	close(fd);
	unlink(image);
	sem_init(&race_begins, 0, 0);
	sem_init(&race_ends, 0, 0);
	must(!pthread_create(&thread, NULL, race, NULL), "no thread");
	pthread_detach(thread);
}

static uint64_t address(struct input *in)
{
	static const uint64_t limits[] = {
		FAKE_RAM,
		FAKE_RAM + 0x2000,
		FAKE_RAM + 0x3000,
		FAKE_RAM + FAKE_RAM_SIZE - 1,
		FAKE_RAM + FAKE_RAM_SIZE - 16,
		FAKE_RAM + FAKE_RAM_SIZE,
		FAKE_RAM - 1,
		0,
		~0ULL,
		~0ULL - 15,
		BIT_ULL(63),
		MAP_VIRTIO,
	};
	uint8_t n = input_next(in);

	if (n < ARRAY_SIZE(limits))
		return limits[n];
	return FAKE_DATA + n * 64ULL;
}

static uint32_t length(struct input *in)
{
	static const uint32_t limits[] = {
		0,        1,          2,          4,          12,
		15,       16,         17,         20,         31,
		511,      512,        513,        1024,       0x1000,
		0x10000,  0xc0000,    0x100000,   0xffff,     0x7fffffff,
		1U << 31, 0xffffffff, 0xfffffff0, 0xfffffe00,
	};
	uint8_t n = input_next(in);

	return n < ARRAY_SIZE(limits) ? limits[n] : n;
}

/* Write a request to the disk at the beginning of the data. */
static void header(struct input *in)
{
	static const uint32_t types[] = {
		VIRTIO_BLK_T_IN,      VIRTIO_BLK_T_OUT,
		VIRTIO_BLK_T_FLUSH,   VIRTIO_BLK_T_GET_ID,
		VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES,
		0xffffffff,
	};
	static const uint64_t sectors[] = { 0,     1,           127,        128,
					    ~0ULL, BIT_ULL(55), BIT_ULL(63) };
	struct {
		struct virtio_blk_outhdr hdr;
		struct virtio_blk_discard_write_zeroes range;
	} request = {
		.hdr.type = types[input_next(in) % ARRAY_SIZE(types)],
		.hdr.sector = sectors[input_next(in) % ARRAY_SIZE(sectors)],
	};

	request.range.sector = sectors[input_next(in) % ARRAY_SIZE(sectors)];
	request.range.num_sectors = length(in);
	request.range.flags = input_next(in);
	memcpy(f.ram + (FAKE_DATA - FAKE_RAM), &request, sizeof(request));
}

/* A chain that begins with the header; the rest is the input's. */
static void chain(struct fake_driver *d, unsigned int queue, struct input *in)
{
	struct fake_seg segs[8] = {
		{ FAKE_DATA, sizeof(struct virtio_blk_outhdr), false }
	};
	uint8_t shape = input_next(in);
	unsigned int nr = 1 + (shape & 7);

	if (shape & 0x80)
		segs[0].len = 32; /* with the range of a discard */
	if (shape & 0x40)
		segs[0].write = true; /* a receive buffer */
	for (unsigned int i = 1; i < nr; i++)
		segs[i] = (struct fake_seg){ address(in), length(in),
					     i + 1 == nr || (shape & 0x20) };
	drv_add(d, queue, segs, nr);
}

/* A field of the queue: the driver lies about it now, or later in the race. */
static uint16_t *field(struct fake_driver *d, unsigned int queue,
		       struct input *in)
{
	struct fake_queue *q = &d->q[queue];
	uint8_t n = input_next(in);
	struct vring_desc *desc = &q->desc[(n & 15) % q->size];

	switch (n >> 4) {
	case 0:
		return &q->avail->idx;
	case 1:
		return &q->avail->flags;
	case 2:
		return &q->avail->ring[(n & 15) % q->size];
	case 3:
		return &q->used->idx;
	case 4:
		return &q->avail->ring[q->size]; /* used_event */
	case 5:
	case 6:
		return &desc->next;
	case 7:
	case 8:
		return &desc->flags;
	case 9:
	case 10:
		return (uint16_t *)(void *)&desc->len + (n >> 4 & 1);
	default:
		return (uint16_t *)(void *)&desc->addr + (n >> 4 & 3);
	}
}

static uint16_t lie(struct input *in)
{
	static const uint16_t values[] = {
		0,  1,  2,  3,   4,   5,      6,      7,      8,
		15, 16, 17, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff,
	};
	uint8_t n = input_next(in);

	return n < ARRAY_SIZE(values) ? values[n] : (uint16_t)(n << 8 | n);
}

/* An indirect table in the data, whose entries may be indirect, or loop. */
static void indirect(struct fake_driver *d, unsigned int queue,
		     struct input *in)
{
	struct fake_queue *q = &d->q[queue];
	const uint64_t at = FAKE_DATA + 0x1000 + (input_next(in) & 15);
	struct vring_desc table[8];
	unsigned int head = q->next_desc;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		table[i] = (struct vring_desc){ address(in), length(in),
						input_next(in) & 7,
						input_next(in) & 15 };
	table[0] = (struct vring_desc){ FAKE_DATA, 16, table[0].flags | 1,
					table[0].next };
	memcpy(f.ram + (at - FAKE_RAM), table, sizeof(table));
	q->desc[head] = (struct vring_desc){ at, length(in), 4, lie(in) };
	q->next_desc = (uint16_t)((head + 1) % q->size);
	drv_offer(d, queue, (uint16_t)head);
}

static void start(struct fake_driver *d, unsigned int n, struct input *in)
{
	uint8_t how = input_next(in);
	uint64_t features = 0;

	if (how & 1)
		features |= BIT_ULL(28) | BIT_ULL(29); /* indirect, event_idx */
	if (how & 2)
		features |= BIT_ULL(VIRTIO_BLK_F_FLUSH);
	drv_start(d, &f, base_of(n), features, n == 1 || n == 2 ? 2 : 1,
		  (uint16_t)(1 << (how >> 2 & 7)));
}

static void register_write(struct fake_driver *d, struct input *in)
{
	static const uint32_t registers[] = {
		VIRTIO_MMIO_STATUS,          VIRTIO_MMIO_QUEUE_SEL,
		VIRTIO_MMIO_QUEUE_NUM,       VIRTIO_MMIO_QUEUE_READY,
		VIRTIO_MMIO_QUEUE_NOTIFY,    VIRTIO_MMIO_QUEUE_DESC_LOW,
		VIRTIO_MMIO_QUEUE_AVAIL_LOW, VIRTIO_MMIO_QUEUE_USED_LOW,
		VIRTIO_MMIO_QUEUE_USED_HIGH, VIRTIO_MMIO_INTERRUPT_ACK,
		VIRTIO_MMIO_DRIVER_FEATURES, VIRTIO_MMIO_DRIVER_FEATURES_SEL,
	};
	uint32_t offset = registers[input_next(in) % ARRAY_SIZE(registers)];

	drv_write(d, offset,
		  input_next(in) & 1 ? (uint32_t)address(in) : length(in));
}

static void race_add(struct fake_driver *d, unsigned int queue,
		     struct input *in)
{
	unsigned int i = input_next(in) % NR_RACES;

	__atomic_store_n(&races[i].at, NULL, __ATOMIC_RELEASE);
	races[i].value = lie(in);
	__atomic_store_n(&races[i].at, field(d, queue, in), __ATOMIC_RELEASE);
}

static void step(struct fake_driver *drivers, struct input *in)
{
	uint8_t what = input_next(in);
	unsigned int n = what & 3, queue = what >> 2 & 1;
	struct fake_driver *d = &drivers[n];

	if (n == NETWORK && !isolated)
		return;
	if (!d->f || !d->q[queue].size) {
		start(d, n, in);
		queue = 0;
	}
	if (!d->q[queue].size)
		return; /* the device has refused the features */
	switch (what >> 4) {
	case 0:
		start(d, n, in);
		break;
	case 1:
		register_write(d, in);
		break;
	case 2:
	case 3:
		header(in);
		break;
	case 4:
	case 5:
		*field(d, queue, in) = lie(in);
		break;
	case 6:
	case 7:
		indirect(d, queue, in);
		drv_kick(d, queue);
		break;
	case 8:
		race_add(d, queue, in);
		break;
	case 9:
	case 10:
		drv_kick(d, queue);
		break;
	default:
		header(in);
		chain(d, queue, in);
		drv_kick(d, queue);
		break;
	}
}

static void race_set(bool on)
{
	if (on == racing)
		return;
	__atomic_store_n(&racing, on, __ATOMIC_RELEASE);
	if (on)
		sem_post(&race_begins);
	else
		sem_wait(&race_ends);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_driver drivers[NR_DEVICES] = { 0 };
	struct input in = { data, data + size };

	if (!term)
		set_up();
	memset(f.ram, 0, FAKE_RAM_SIZE);
	race_set(input_next(&in) & 1);
	for (int i = 0; i < MAX_STEPS && in.at < in.end; i++)
		step(drivers, &in);
	race_set(false);
	memset(races, 0, sizeof(races));
	bus_reset(&f.bus);
	return 0;
}
