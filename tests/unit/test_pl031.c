// SPDX-License-Identifier: GPL-2.0-or-later
/* dev_pl031.c: time of day, setting it, the alarm and its interrupt */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include "fake_bus.h"

#define DR   (MAP_PL031 + 0x00)
#define MR   (MAP_PL031 + 0x04)
#define LR   (MAP_PL031 + 0x08)
#define CR   (MAP_PL031 + 0x0c)
#define IMSC (MAP_PL031 + 0x10)
#define RIS  (MAP_PL031 + 0x14)
#define MIS  (MAP_PL031 + 0x18)
#define ICR  (MAP_PL031 + 0x1c)

static struct fake_bus f;

static int setup(void **state)
{
	struct device *dev;

	fake_bus_init(&f);
	return pl031_create(&f.bus, MAP_PL031, IRQ_PL031, &dev);
}

static int teardown(void **state)
{
	fake_bus_deinit(&f);
	return 0;
}

static void test_ids(void **state)
{
	uint32_t periph = 0;

	for (int i = 0; i < 4; i++)
		periph |= fake_read(&f, MAP_PL031 + 0xfe0 + i * 4) << i * 8;
	assert_int_equal(periph & 0xfffff, 0x41031);
	assert_int_equal(fake_read(&f, CR), 1);
}

static void test_time(void **state)
{
	uint32_t before = (uint32_t)time(NULL);
	uint32_t now = fake_read(&f, DR);

	assert_in_range(now, before, before + 1);
	fake_write(&f, LR, 1000);
	assert_in_range(fake_read(&f, DR), 1000, 1001);
	assert_int_equal(fake_read(&f, LR), 1000);
	bus_reset(&f.bus);
	assert_in_range(fake_read(&f, DR), 1000, 1001);
}

static void test_alarm(void **state)
{
	fake_write(&f, IMSC, 1);
	fake_write(&f, MR, fake_read(&f, DR));
	fake_bus_turn(&f, 2000);
	assert_true(f.level[IRQ_PL031]);
	assert_int_equal(fake_read(&f, MIS), 1);
	fake_write(&f, IMSC, 0);
	assert_false(f.level[IRQ_PL031]);
	assert_int_equal(fake_read(&f, RIS), 1);
	fake_write(&f, ICR, 1);
	assert_int_equal(fake_read(&f, RIS), 0);
	/* An alarm that is far away does not ring. */
	fake_write(&f, MR, fake_read(&f, DR) - 1);
	fake_bus_turn(&f, 20);
	assert_int_equal(fake_read(&f, RIS), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids),
		TEST(test_time),
		TEST(test_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
