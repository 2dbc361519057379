// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_blk.c and blk_image.c: requests on real files, the ends of the disk,
 * the refusals of a read-only disk, locks, and files that are no images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <trapline/report.h>
#include <trapline/vmm.h>
#include <unistd.h>
#include "fake_virtio.h"

#define SECTORS 64
#define HEADER  FAKE_DATA
#define STATUS  (FAKE_DATA + 0x100)
#define BUFFER  (FAKE_DATA + 0x1000)

/* One request for much more data than the device moves at a time. */
#define BIG_SEGS  64
#define BIG_LEN   0x80000U
#define BIG_IMAGE (BIG_SEGS * (size_t)BIG_LEN)

/*
 * For the fdatasync() below, which replaces libc's: the number of its calls,
 * and whether it fails.
 */
static unsigned int nr_syncs;
static bool sync_fails;

static struct fake_bus f;
static struct fake_driver d;
static char path[] = "/tmp/trapline-test-blk-XXXXXX";
static char err[256];

int fdatasync(int fd) /* NOLINT: libc calls it __fildes */
{
	nr_syncs++;
	errno = EIO;
	return sync_fails ? -1 : 0;
}

static void image_fill(size_t size)
{
	FILE *image = fopen(path, "w");

	assert_non_null(image);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i / 512 + 1), image);
	fclose(image);
}

static int disk_open(bool ro)
{
	const struct vmm_disk disk = { .path = path, .read_only = ro };
	struct device *dev;

	return virtio_blk_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO, &disk, err,
				 sizeof(err), &dev);
}

static int setup(void **state)
{
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	close(fd);
	image_fill(SECTORS * 512);
	fake_bus_init(&f);
	return 0;
}

static int teardown(void **state)
{
	fake_bus_deinit(&f);
	unlink(path);
	return 0;
}

static void start(bool ro)
{
	nr_syncs = 0;
	sync_fails = false;
	assert_int_equal(disk_open(ro), 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(VIRTIO_BLK_F_FLUSH),
			      1, 8));
}

/* One request; returns its status. */
static int request(uint32_t type, uint64_t sector, uint32_t len, bool in)
{
	const struct fake_seg segs[] = {
		{ HEADER, 16, false },
		{ BUFFER, len, in },
		{ STATUS, 1, true },
	};
	const struct fake_seg bare[] = { segs[0], segs[2] };

	*(struct virtio_blk_outhdr *)drv_mem(&d, HEADER) =
		(struct virtio_blk_outhdr){ .type = type, .sector = sector };
	*(uint8_t *)drv_mem(&d, STATUS) = 0xff;
	drv_add(&d, 0, len ? segs : bare, len ? 3 : 2);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), in && len ? len + 1 : 1);
	return *(uint8_t *)drv_mem(&d, STATUS);
}

static uint8_t *buffer(void)
{
	return drv_mem(&d, BUFFER);
}

static int range(uint32_t type, uint64_t sector, uint32_t sectors,
		 uint32_t flags)
{
	*(struct virtio_blk_discard_write_zeroes *)(void *)buffer() =
		(struct virtio_blk_discard_write_zeroes){
			.sector = sector,
			.num_sectors = sectors,
			.flags = flags,
		};
	return request(type, 0, 16, false);
}

static void test_config(void **state)
{
	uint64_t capacity;

	start(false);
	assert_true(bus_read(&f.bus, MAP_VIRTIO + 0x100, 8, &capacity));
	assert_int_equal(capacity, SECTORS);
	drv_write(&d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	assert_false(drv_read(&d, VIRTIO_MMIO_DEVICE_FEATURES) &
		     BIT_ULL(VIRTIO_BLK_F_RO));
}

static void test_read(void **state)
{
	start(false);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 3, 1024, true),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(buffer()[0], 4);
	assert_int_equal(buffer()[511], 4);
	assert_int_equal(buffer()[512], 5);
}

static void test_write(void **state)
{
	uint8_t sector[512];
	int fd;

	start(false);
	memset(buffer(), 0xaa, 512);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, SECTORS - 1, 512, false),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(nr_syncs, 0);
	assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, 0, false),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(nr_syncs, 1);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, sector, 512, (SECTORS - 1) * 512), 512);
	close(fd);
	assert_memory_equal(sector, buffer(), 512);
}

/* For a driver without FLUSH every write is made stable at once. */
static void test_write_through(void **state)
{
	start(false);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 1, 8));
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, 512, false),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(nr_syncs, 1);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, 512, true),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(nr_syncs, 1);
	sync_fails = true;
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, 512, false),
			 VIRTIO_BLK_S_IOERR);
}

static unsigned int nr_reports;

static void reported(enum report_kind kind, const char *text)
{
	assert_int_equal(kind, REPORT_ERROR);
	assert_non_null(strstr(text, "File too large: the guest gets"));
	nr_reports++;
}

/* No room for the image: the guest gets errors, the user one line. */
static void test_full_disk(void **state)
{
	struct rlimit old, less;

	start(false);
	report_set(reported);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	less = (struct rlimit){ 8 * 512ULL, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 7, 512, false),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(nr_reports, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(request(VIRTIO_BLK_T_OUT, 8, 512, false),
				 VIRTIO_BLK_S_IOERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(nr_reports, 1);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 8, 512, false),
			 VIRTIO_BLK_S_OK);
	report_set(NULL);
}

/*
 * A request for 32 MiB in a guest of 1 MiB: all segments use the same memory.
 */
static void big_request(uint32_t type)
{
	struct fake_seg segs[BIG_SEGS + 2] = { { HEADER, 16, false } };

	truncate(path, (off_t)BIG_IMAGE);
	nr_syncs = 0;
	sync_fails = false;
	assert_int_equal(disk_open(false), 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(VIRTIO_BLK_F_FLUSH),
			      1, 128));
	for (unsigned int i = 1; i <= BIG_SEGS; i++)
		segs[i] = (struct fake_seg){ BUFFER, BIG_LEN,
					     type == VIRTIO_BLK_T_IN };
	segs[BIG_SEGS + 1] = (struct fake_seg){ STATUS, 1, true };
	*(struct virtio_blk_outhdr *)drv_mem(&d, HEADER) =
		(struct virtio_blk_outhdr){ .type = type };
	drv_add(&d, 0, segs, BIG_SEGS + 2);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

/* The device thread pauses in between, so that a stop need not wait. */
static void test_big(void **state)
{
	uint32_t len = BIG_IMAGE + 1;

	big_request(VIRTIO_BLK_T_IN);
	assert_int_equal(ioloop_run_once(f.loop, 0), 1);
	assert_int_equal(drv_used(&d, 0), -1);
	ioloop_pause(f.loop);
	assert_int_equal(ioloop_run_once(f.loop, 0), 0);
	ioloop_resume(f.loop);
	fake_bus_turn(&f, 0);
	assert_int_equal(drv_used(&d, 0), len);
	assert_int_equal(*(uint8_t *)drv_mem(&d, STATUS), VIRTIO_BLK_S_OK);
}

/* The guest resets the device while a request is under way. */
static void test_big_reset(void **state)
{
	big_request(VIRTIO_BLK_T_OUT);
	assert_int_equal(ioloop_run_once(f.loop, 0), 1);
	drv_write(&d, VIRTIO_MMIO_STATUS, 0);
	fake_bus_turn(&f, 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(VIRTIO_BLK_F_FLUSH),
			      1, 8));
	fake_bus_turn(&f, 0);
	assert_int_equal(drv_used(&d, 0), -1);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, 512, true),
			 VIRTIO_BLK_S_OK);
}

/* A large flush is also done in pieces, and only once. */
static void test_big_flush(void **state)
{
	const struct fake_seg segs[] = { { HEADER, 16, false },
					 { STATUS, 1, true } };

	big_request(VIRTIO_BLK_T_OUT);
	fake_bus_turn(&f, 0);
	assert_int_equal(drv_used(&d, 0), 1);
	assert_int_equal(range(VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, BIG_LEN, false),
			 VIRTIO_BLK_S_OK);
	((struct virtio_blk_outhdr *)drv_mem(&d, HEADER))->type =
		VIRTIO_BLK_T_FLUSH;
	drv_add(&d, 0, segs, 2);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 1);
	assert_int_equal(*(uint8_t *)drv_mem(&d, STATUS), VIRTIO_BLK_S_OK);
	assert_int_equal(nr_syncs, 1);
}

/* Header, data and status may be split into segments anywhere. */
static void test_odd_segments(void **state)
{
	const struct fake_seg segs[] = {
		{ HEADER, 5, false },      { HEADER + 5, 11, false },
		{ BUFFER, 100, true },     { BUFFER + 100, 411, true },
		{ BUFFER + 511, 2, true }, /* last byte of data, status */
	};

	start(false);
	*(struct virtio_blk_outhdr *)drv_mem(&d, HEADER) =
		(struct virtio_blk_outhdr){ .sector = 7 };
	buffer()[512] = 0xff;
	drv_add(&d, 0, segs, 5);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), 513);
	assert_int_equal(buffer()[0], 8);
	assert_int_equal(buffer()[511], 8);
	assert_int_equal(buffer()[512], VIRTIO_BLK_S_OK);
}

static void test_bounds(void **state)
{
	static const uint64_t past[] = { SECTORS, SECTORS - 1, ~0ULL,
					 ~0ULL / 512, 1ULL << 55 };

	start(false);
	for (unsigned int i = 0; i < ARRAY_SIZE(past); i++) {
		assert_int_equal(request(VIRTIO_BLK_T_IN, past[i], 1024, true),
				 VIRTIO_BLK_S_IOERR);
		assert_int_equal(request(VIRTIO_BLK_T_OUT, past[i], 1024,
					 false),
				 VIRTIO_BLK_S_IOERR);
	}
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, 513, true),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(0x1234, 0, 512, false), VIRTIO_BLK_S_UNSUPP);
}

static void test_ranges(void **state)
{
	start(false);
	assert_int_equal(range(VIRTIO_BLK_T_WRITE_ZEROES, 2, 2, 1),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(range(VIRTIO_BLK_T_DISCARD, 8, 8, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(range(VIRTIO_BLK_T_DISCARD, 8, 8, 1),
			 VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(range(VIRTIO_BLK_T_WRITE_ZEROES, SECTORS, 1, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(range(VIRTIO_BLK_T_WRITE_ZEROES, 1, 0xffffffff, 0),
			 VIRTIO_BLK_S_IOERR);
	request(VIRTIO_BLK_T_IN, 1, 4 * 512, true);
	assert_int_equal(buffer()[0], 2);
	assert_int_equal(buffer()[512], 0);
	assert_int_equal(buffer()[1024], 0);
	assert_int_equal(buffer()[1536], 5);
}

static void test_id(void **state)
{
	start(false);
	assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, 20, true),
			 VIRTIO_BLK_S_OK);
	assert_memory_equal(buffer(), "trapline-test-blk-XX", 18);
	assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, 8, true),
			 VIRTIO_BLK_S_IOERR);
}

static void test_read_only(void **state)
{
	chmod(path, 0400);
	start(true);
	drv_write(&d, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	assert_true(drv_read(&d, VIRTIO_MMIO_DEVICE_FEATURES) &
		    BIT_ULL(VIRTIO_BLK_F_RO));
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, 512, false),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(range(VIRTIO_BLK_T_DISCARD, 0, 1, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, 512, true),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, 0, false),
			 VIRTIO_BLK_S_OK);
}

/* In a file that ends inside a sector, the rest of the sector reads as 0. */
static void test_odd_size(void **state)
{
	image_fill(SECTORS * 512 + 100);
	start(false);
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS, 512, true),
			 VIRTIO_BLK_S_OK);
	assert_int_equal(buffer()[99], SECTORS + 1);
	assert_int_equal(buffer()[100], 0);
	assert_int_equal(buffer()[511], 0);
}

static void test_malformed(void **state)
{
	const struct fake_seg short_header[] = { { HEADER, 15, false },
						 { STATUS, 1, true } };
	const struct fake_seg no_status = { HEADER, 16, false };

	start(false);
	drv_add(&d, 0, short_header, 2);
	drv_kick(&d, 0);
	assert_true(drv_broken(&d));
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 1, 8));
	drv_add(&d, 0, &no_status, 1);
	drv_kick(&d, 0);
	assert_true(drv_broken(&d));
}

/* While the VM is stopped, the device writes nothing to guest memory. */
static void test_paused(void **state)
{
	const struct fake_seg segs[] = { { HEADER, 16, false },
					 { BUFFER, 512, true },
					 { STATUS, 1, true } };

	start(false);
	memset(drv_mem(&d, HEADER), 0, 16);
	drv_add(&d, 0, segs, 3);
	ioloop_pause(f.loop);
	drv_kick(&d, 0);
	assert_int_equal(drv_used(&d, 0), -1);
	assert_int_equal(buffer()[0], 0);
	ioloop_resume(f.loop);
	fake_bus_turn(&f, 100);
	assert_int_equal(drv_used(&d, 0), 513);
	assert_int_equal(buffer()[0], 1);
}

static void test_locks(void **state)
{
	struct fake_bus other;
	struct device *dev;
	struct vmm_disk disk = { .path = path };

	start(false);
	fake_bus_init(&other);
	assert_int_equal(virtio_blk_create(&other.bus, MAP_VIRTIO, 16, &disk,
					   err, sizeof(err), &dev),
			 -EBUSY);
	assert_non_null(strstr(err, "another VM uses it"));
	disk.read_only = true;
	assert_int_equal(virtio_blk_create(&other.bus, MAP_VIRTIO, 16, &disk,
					   err, sizeof(err), &dev),
			 -EBUSY);
	bus_destroy(&f.bus);
	assert_int_equal(virtio_blk_create(&other.bus, MAP_VIRTIO, 16, &disk,
					   err, sizeof(err), &dev),
			 0);
	assert_int_equal(disk_open(true), 0);
	fake_bus_deinit(&other);
}

static void refuse(const char *what)
{
	assert_true(disk_open(false) < 0);
	if (!strstr(err, what) || strchr(err, '\n'))
		fail_msg("%s", err);
}

static void test_refused(void **state)
{
	FILE *image = fopen(path, "w");

	fputs("QFI\xfb and more", image);
	fclose(image);
	refuse("qcow2");
	truncate(path, 0);
	refuse("empty");
	unlink(path);
	refuse("no such file");
	mkdir(path, 0700);
	refuse("irectory");
	rmdir(path);
	mkfifo(path, 0600);
	refuse("neither");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_config),
		TEST(test_read),
		TEST(test_write),
		TEST(test_odd_segments),
		TEST(test_bounds),
		TEST(test_ranges),
		TEST(test_id),
		TEST(test_read_only),
		TEST(test_odd_size),
		TEST(test_malformed),
		TEST(test_paused),
		TEST(test_locks),
		TEST(test_refused),
		TEST(test_big),
		TEST(test_big_reset),
		TEST(test_big_flush),
		TEST(test_write_through),
		TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
