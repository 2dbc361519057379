// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * terminal.c on a pseudo-terminal, with a PL011 and a virtio console: raw mode
 * and its restoration, the escape keys, the console that gets the input, and
 * output that no reader takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <trapline/report.h>
#include <unistd.h>
#include "fake_virtio.h"
#include "vmm/devices/terminal.h"

#define PL011_DR MAP_PL011
#define PL011_FR (MAP_PL011 + 0x18)
#define FR_RXFE  0x10
#define RX       0
#define TX       1

static struct fake_bus f;
static struct fake_driver d;
static struct terminal *term;
static int master, slave;

static bool is_raw(void)
{
	struct termios t;

	assert_int_equal(tcgetattr(slave, &t), 0);
	return !(t.c_lflag & (ICANON | ISIG | ECHO));
}

static int setup(void **state)
{
	struct device *dev;

	fake_bus_init(&f);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	fcntl(master, F_SETFL, O_NONBLOCK);
	assert_false(is_raw());
	assert_int_equal(terminal_create(f.loop, &f.bus, slave, slave, &term),
			 0);
	assert_int_equal(pl011_create(&f.bus, MAP_PL011, IRQ_PL011, term, &dev),
			 0);
	assert_int_equal(virtio_console_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO,
					       term, &dev),
			 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 2, 8));
	return 0;
}

static int teardown(void **state)
{
	bus_destroy(&f.bus);
	terminal_destroy(term);
	assert_false(is_raw());
	fake_bus_deinit(&f);
	close(master);
	close(slave);
	return 0;
}

static void type(const char *keys)
{
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
	fake_bus_turn(&f, 1000);
}

static int uart_get(void)
{
	if (fake_read(&f, PL011_FR) & FR_RXFE)
		return -1;
	return (int)fake_read(&f, PL011_DR);
}

static void console_say(const char *text)
{
	const struct fake_seg seg = { FAKE_DATA, (uint32_t)strlen(text),
				      false };

	memcpy(drv_mem(&d, FAKE_DATA), text, strlen(text));
	drv_add(&d, TX, &seg, 1);
	drv_kick(&d, TX);
}

static void test_raw(void **state)
{
	assert_true(is_raw());
	type("a\r\x03\x1a\x11");
	assert_int_equal(f.last_request, BUS_REQUEST_INTERRUPT);
	assert_int_equal(uart_get(), 'a');
	assert_int_equal(uart_get(), '\r');
	assert_int_equal(uart_get(), 3);
	assert_int_equal(uart_get(), 0x1a);
	assert_int_equal(uart_get(), 0x11);
	assert_int_equal(uart_get(), -1);
}

static void test_keys(void **state)
{
	static const struct {
		const char *keys;
		int request;
	} table[] = {
		{ "\001x", BUS_REQUEST_QUIT },
		{ "\001c", BUS_REQUEST_TOGGLE },
		{ "\001r", BUS_REQUEST_RESET },
		{ "\001w", BUS_REQUEST_STATUS },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		type(table[i].keys);
		assert_int_equal(f.last_request, table[i].request);
		assert_int_equal(uart_get(), -1);
	}
	f.last_request = -1;
	type("\001\001c\001h!");
	assert_int_equal(uart_get(), 1);
	assert_int_equal(uart_get(), 'c');
	assert_int_equal(uart_get(), '!');
	assert_int_equal(f.last_request, -1);
	/* Ctrl-A and its key may arrive separately. */
	type("\001");
	type("x");
	assert_int_equal(f.last_request, BUS_REQUEST_QUIT);
}

/* Ctrl-A s: the shell has the terminal until it gives it back. */
static void test_lent(void **state)
{
	char buf[64] = "";

	terminal_write(term, "before", 6);
	type("\001sx");
	assert_int_equal(f.last_request, BUS_REQUEST_SHELL);
	assert_false(is_raw());
	assert_int_equal(uart_get(), 'x');
	assert_int_equal(read(master, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "before", 6);
	f.last_request = -1;
	type("\001cy\n");
	terminal_write(term, "meanwhile", 9);
	fake_bus_turn(&f, 50);
	terminal_flush(term);
	assert_int_equal(f.last_request, -1);
	assert_int_equal(uart_get(), -1);
	/* Only the echo of the keys, by the terminal itself. */
	assert_true(read(master, buf, sizeof(buf)) > 0);
	assert_null(strstr(buf, "meanwhile"));
	terminal_take_back(term);
	assert_true(is_raw());
	fake_bus_turn(&f, 1000);
	fake_bus_turn(&f, 1000);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(read(master, buf, sizeof(buf)), 9);
	assert_memory_equal(buf, "meanwhile", 9);
	assert_int_equal(f.last_request, BUS_REQUEST_TOGGLE);
}

/*
 * While devices are held, the escape keys work as usual: the terminal does not
 * know whether the guest is stopped.
 */
static void test_held(void **state)
{
	ioloop_pause(f.loop);
	type("\001c");
	assert_int_equal(f.last_request, BUS_REQUEST_TOGGLE);
	type("\003");
	assert_int_equal(f.last_request, BUS_REQUEST_INTERRUPT);
	assert_int_equal(terminal_unheard(term), 0);
	ioloop_resume(f.loop);
	fake_bus_turn(&f, 1000);
	assert_int_equal(uart_get(), 3);
}

static void test_deaf_guest(void **state)
{
	type("help");
	usleep(1100 * 1000);
	type("\003");
	assert_int_equal(terminal_unheard(term), 1);
	type("\003");
	assert_int_equal(f.last_request, BUS_REQUEST_INTERRUPT);
	assert_int_equal(terminal_unheard(term), 2);
	assert_int_equal(uart_get(), 'h');
	assert_int_equal(terminal_unheard(term), 0);
}

/* Ctrl-C ends a guest only if no debugger is attached. */
static void test_ctrl_c(void **state)
{
	assert_int_equal(terminal_ctrl_c(term, false, true), CTRL_C_NOTHING);
	assert_int_equal(terminal_ctrl_c(term, false, false), CTRL_C_QUITS);
	type("help");
	usleep(1100 * 1000);
	type("\003");
	assert_int_equal(terminal_ctrl_c(term, false, true), CTRL_C_WARNS_DEAF);
	type("\003");
	assert_int_equal(terminal_ctrl_c(term, false, true), CTRL_C_QUITS);
	assert_int_equal(terminal_ctrl_c(term, true, true), CTRL_C_NOTHING);
	assert_int_equal(terminal_ctrl_c(term, true, false),
			 CTRL_C_WARNS_STOPPED);
}

static void test_console_input(void **state)
{
	const struct fake_seg bufs[] = { { FAKE_DATA + 0x1000, 2, true } };
	const char *got = drv_mem(&d, FAKE_DATA + 0x1000);

	/* Keys that are not read yet go to the console that the guest uses. */
	console_say("login: ");
	assert_int_equal(drv_used(&d, TX), 0);
	type("abc");
	assert_int_equal(uart_get(), -1);
	assert_int_equal(drv_used(&d, RX),
			 -1); /* the guest has offered no buffer yet */
	drv_add(&d, RX, bufs, 1);
	drv_kick(&d, RX);
	assert_int_equal(drv_used(&d, RX), 2);
	assert_memory_equal(got, "ab", 2);
	drv_add(&d, RX, bufs, 1);
	drv_kick(&d, RX);
	assert_int_equal(drv_used(&d, RX), 1);
	assert_int_equal(got[0], 'c');
	/* A waiting buffer is filled as soon as a key comes. */
	drv_add(&d, RX, bufs, 1);
	drv_kick(&d, RX);
	assert_int_equal(drv_used(&d, RX), -1);
	type("d");
	assert_int_equal(drv_used(&d, RX), 1);
	/* Ctrl-A t switches the input to the UART for good. */
	type("\001tv");
	assert_int_equal(uart_get(), 'v');
	console_say("more");
	type("w");
	assert_int_equal(uart_get(), 'w');
}

/*
 * Output that nobody reads: the chain waits, is not lost, and the loop does not
 * spin.
 */
static void test_console_backpressure(void **state)
{
	static char text[30001];
	char buf[4096];
	size_t sent = 0, got = 0;
	ssize_t len;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 25);
	for (int i = 0; i < 6; i++) {
		console_say(text);
		sent += sizeof(text) - 1;
	}
	while (got < sent) {
		while ((len = read(master, buf, sizeof(buf))) > 0)
			for (ssize_t i = 0; i < len; i++, got++)
				assert_int_equal(buf[i],
						 'a' + got % 30000 % 25);
		fake_bus_turn(&f, 100);
	}
	for (int i = 0; i < 6; i++)
		assert_int_equal(drv_used(&d, TX), 0);
	assert_false(drv_broken(&d));
}

static unsigned int nr_reports;

static void reported(enum report_kind kind, const char *text)
{
	assert_int_equal(kind, REPORT_ERROR);
	assert_non_null(strstr(text, "No space left on device"));
	nr_reports++;
}

/*
 * A full disk takes no output: this is reported once, and the guest runs on. The
 * end says it, too.
 */
static void test_full_disk(void **state)
{
	struct terminal *full;
	int out = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	report_set(reported);
	assert_int_equal(terminal_create(f.loop, &f.bus, in, out, &full), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(terminal_write(full, "lost", 4), 4);
		terminal_flush(full);
	}
	assert_int_equal(terminal_room(full), terminal_room(term));
	assert_int_equal(nr_reports, 1);
	report_set(NULL);
	assert_int_equal(terminal_destroy(full), -ENOSPC);
	close(in);
	close(out);
}

/* A signal that kills the process restores the terminal, too. */
static void test_killed(void **state)
{
	const int signals[] = {
		SIGTERM, SIGUSR1,   SIGUSR2, SIGALRM, SIGPROF,  SIGVTALRM,
		SIGIO,   SIGSTKFLT, SIGPWR,  SIGTRAP, SIGRTMIN, SIGRTMAX,
	};
	const struct rlimit no_core = { 0 };
	struct termios raw;
	int status;
	pid_t pid;

	tcgetattr(slave, &raw);
	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++) {
		tcsetattr(slave, TCSANOW, &raw);
		assert_true(is_raw());
		pid = fork();
		if (!pid) {
			setrlimit(RLIMIT_CORE, &no_core);
			raise(signals[i]);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_false(is_raw());
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_raw),
		TEST(test_keys),
		TEST(test_lent),
		TEST(test_held),
		TEST(test_deaf_guest),
		TEST(test_console_input),
		TEST(test_console_backpressure),
		TEST(test_killed),
		TEST(test_ctrl_c),
		TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
