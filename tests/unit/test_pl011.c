// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dev_pl011.c over terminal.c with pipes for standard input and output:
 * identification, transmission in bursts, flow control both ways, the receive
 * interrupts as Linux's amba-pl011 uses them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "fake_bus.h"
#include "vmm/devices/terminal.h"

#define DR      (MAP_PL011 + 0x00)
#define FR      (MAP_PL011 + 0x18)
#define LCR_H   (MAP_PL011 + 0x2c)
#define CR      (MAP_PL011 + 0x30)
#define IFLS    (MAP_PL011 + 0x34)
#define IMSC    (MAP_PL011 + 0x38)
#define RIS     (MAP_PL011 + 0x3c)
#define MIS     (MAP_PL011 + 0x40)
#define ICR     (MAP_PL011 + 0x44)
#define FR_RXFE 0x10
#define FR_TXFF 0x20
#define FR_TXFE 0x80
#define INT_RX  0x10
#define INT_TX  0x20
#define INT_RT  0x40

struct rig {
	struct fake_bus f;
	struct terminal *term;
	int in[2], out[2];
};

static int setup(void **state)
{
	static struct rig r;
	struct device *dev;

	fake_bus_init(&r.f);
	assert_int_equal(pipe(r.in), 0);
	assert_int_equal(pipe2(r.out, O_NONBLOCK), 0);
	assert_int_equal(terminal_create(r.f.loop, &r.f.bus, r.in[0], r.out[1],
					 &r.term),
			 0);
	assert_int_equal(
		pl011_create(&r.f.bus, MAP_PL011, IRQ_PL011, r.term, &dev), 0);
	*state = &r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	bus_destroy(&r->f.bus);
	terminal_destroy(r->term);
	fake_bus_deinit(&r->f);
	for (int i = 0; i < 2; i++) {
		close(r->in[i]);
		close(r->out[i]);
	}
	return 0;
}

static void type(struct rig *r, const char *text)
{
	assert_int_equal(write(r->in[1], text, strlen(text)), strlen(text));
	fake_bus_turn(&r->f, 1000);
}

static void test_ids(void **state)
{
	struct rig *r = *state;
	uint32_t periph = 0, cell = 0;

	for (int i = 0; i < 4; i++) {
		periph |= fake_read(&r->f, MAP_PL011 + 0xfe0 + i * 4) << i * 8;
		cell |= fake_read(&r->f, MAP_PL011 + 0xff0 + i * 4) << i * 8;
	}
	assert_int_equal(periph & 0xfffff, 0x41011);
	assert_int_equal(cell, 0xb105f00d);
	assert_int_equal(fake_read(&r->f, CR), 0x300);
	assert_int_equal(fake_read(&r->f, IFLS), 0x12);
	assert_int_equal(fake_read(&r->f, FR) & 0xf8, FR_TXFE | FR_RXFE);
	assert_int_equal(fake_read(&r->f, MAP_PL011 + 0x800), 0);
}

static void test_burst(void **state)
{
	struct rig *r = *state;
	char buf[16];

	for (const char *c = "hello\n"; *c; c++)
		fake_write(&r->f, DR, (uint8_t)*c | 0xff00);
	assert_true(read(r->out[0], buf, sizeof(buf)) <
		    0); /* nothing is written yet */
	fake_bus_turn(&r->f, 1000);
	assert_int_equal(read(r->out[0], buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "hello\n", 6);
	fake_write(&r->f, DR, 'x');
	terminal_flush(r->term);
	assert_int_equal(read(r->out[0], buf, sizeof(buf)), 1);
}

static void test_tx_interrupt(void **state)
{
	struct rig *r = *state;

	fake_write(&r->f, DR, 'x');
	assert_int_equal(fake_read(&r->f, RIS), INT_TX);
	assert_false(r->f.level[IRQ_PL011]);
	fake_write(&r->f, IMSC, INT_TX);
	assert_true(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, MIS), INT_TX);
	fake_write(&r->f, ICR, INT_TX);
	assert_false(r->f.level[IRQ_PL011]);
	fake_write(&r->f, DR, 'y');
	assert_true(r->f.level[IRQ_PL011]);
}

/* If the reader stops, the guest waits, and nothing is lost. */
static void test_tx_backpressure(void **state)
{
	struct rig *r = *state;
	size_t sent = 0, got = 0;
	char buf[4096];
	ssize_t len;

	while (!(fake_read(&r->f, FR) & FR_TXFF)) {
		fake_write(&r->f, DR, (uint8_t)(sent % 251));
		if (++sent % 1000 == 0)
			fake_bus_turn(&r->f, 0);
		assert_true(sent < 1000000);
	}
	while (got < sent) {
		while ((len = read(r->out[0], buf, sizeof(buf))) > 0)
			for (ssize_t i = 0; i < len; i++, got++)
				assert_int_equal((uint8_t)buf[i], got % 251);
		fake_bus_turn(&r->f, 100);
	}
	assert_int_equal(got, sent);
	assert_false(fake_read(&r->f, FR) & FR_TXFF);
}

static void test_rx(void **state)
{
	struct rig *r = *state;

	fake_write(&r->f, LCR_H, 0x70); /* 8 bits, FIFOs on */
	fake_write(&r->f, CR, 0x301);
	fake_write(&r->f, IMSC, INT_RX | INT_RT);
	assert_false(r->f.level[IRQ_PL011]);
	type(r, "ab");
	assert_true(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, MIS), INT_RT);
	assert_int_equal(fake_read(&r->f, FR) & FR_RXFE, 0);
	assert_int_equal(fake_read(&r->f, DR), 'a');
	assert_true(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, DR), 'b');
	assert_false(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, FR) & FR_RXFE, FR_RXFE);
	assert_int_equal(fake_read(&r->f, DR), 0);
	type(r, "0123456789abcdef"); /* half of the FIFO: reset value of IFLS */
	assert_int_equal(fake_read(&r->f, MIS), INT_RX | INT_RT);
	fake_read(&r->f, DR);
	assert_int_equal(fake_read(&r->f, MIS), INT_RT);
}

/*
 * Input that came while the port was closed raises an interrupt when the guest
 * opens the port.
 */
static void test_rx_before_open(void **state)
{
	struct rig *r = *state;

	type(r, "early");
	assert_false(r->f.level[IRQ_PL011]);
	fake_write(&r->f, ICR, 0x7ff);
	fake_write(&r->f, IMSC, INT_RX | INT_RT);
	assert_true(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, DR), 'e');
}

/* The device reads no more from a pipe than the guest can take. */
static void test_rx_flood(void **state)
{
	struct rig *r = *state;
	char chunk[1024];
	size_t sent = 0;

	fcntl(r->in[1], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 16; i++) {
		ssize_t len;

		for (size_t j = 0; j < sizeof(chunk); j++)
			chunk[j] = (char)((sent + j) % 251);
		len = write(r->in[1], chunk, sizeof(chunk));
		if (len > 0)
			sent += (size_t)len;
		fake_bus_turn(&r->f, 10);
	}
	for (size_t i = 0; i < sent; i++) {
		if (fake_read(&r->f, FR) & FR_RXFE)
			fake_bus_turn(&r->f, 1000);
		assert_int_equal(fake_read(&r->f, DR), i % 251);
	}
	assert_int_equal(fake_read(&r->f, FR) & FR_RXFE, FR_RXFE);
}

static void test_eof(void **state)
{
	struct rig *r = *state;

	close(r->in[1]);
	r->in[1] = -1;
	fake_bus_turn(
		&r->f,
		100); /* aborts if the device polls a closed input for ever */
	assert_int_equal(fake_read(&r->f, FR) & FR_RXFE, FR_RXFE);
}

static void test_reset(void **state)
{
	struct rig *r = *state;

	fake_write(&r->f, IMSC, INT_TX);
	fake_write(&r->f, DR, 'x');
	assert_true(r->f.level[IRQ_PL011]);
	bus_reset(&r->f.bus);
	assert_false(r->f.level[IRQ_PL011]);
	assert_int_equal(fake_read(&r->f, IMSC), 0);
	assert_int_equal(fake_read(&r->f, CR), 0x300);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids),          TEST(test_burst),
		TEST(test_tx_interrupt), TEST(test_tx_backpressure),
		TEST(test_rx),           TEST(test_rx_before_open),
		TEST(test_rx_flood),     TEST(test_eof),
		TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
