// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_rsp_killed.c - a debugger is killed in each state of the protocol
 *
 * The packets of all recorded sessions (tests/rsp) are sent to the stub. The
 * debugger is killed after each packet, before it has read the answer, and in
 * the middle of each packet. Afterwards no point and no file of the debugger
 * may be left, and the stub must serve the next debugger.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_debugger.h"

#define SESSIONS    "tests/rsp"
#define MAX_PACKETS 512

static char *packets[MAX_PACKETS]; /* of one session, framed */
static unsigned int nr_packets, nr_tries;

static void packet_add(const char *text)
{
	unsigned int sum = 0;

	for (const char *p = text; *p; p++)
		sum += (uint8_t)*p;
	assert_true(nr_packets < MAX_PACKETS);
	assert_true(asprintf(&packets[nr_packets++], "+$%s#%02x", text,
			     sum & 0xff) > 0);
}

static void packets_read(const char *name)
{
	char *line = NULL, file[256];
	size_t size = 0;
	ssize_t length;
	FILE *in;

	snprintf(file, sizeof(file), SESSIONS "/%s", name);
	in = fopen(file, "r");
	assert_non_null(in);
	while ((length = getline(&line, &size, in)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "> ", 2))
			packet_add(line + 2);
	}
	free(line);
	fclose(in);
}

static void packets_free(void)
{
	while (nr_packets)
		free(packets[--nr_packets]);
}

static void turns(struct fake_stub *fs, unsigned int nr)
{
	while (nr--)
		fake_stub_pump(fs, -1, 0);
}

/* The debugger reads the answers to all packets but the last. */
static void kill_after(unsigned int last, bool cut)
{
	struct fake_stub *fs = fake_stub_create("127.0.0.1:0");
	char waste[4096];
	int fd = dial(fs);
	size_t length;

	for (unsigned int i = 0; i <= last && !fs->fake->exited; i++) {
		length = strlen(packets[i]);
		if (i == last && cut)
			length /= 2;
		send(fd, packets[i], length, MSG_NOSIGNAL);
		turns(fs, i == last ? 1 : 3);
		while (i < last &&
		       recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0)
			;
	}
	close(fd);
	turns(fs, 20);
	nr_tries++;
	if (gdbstub_is_attached(fs->stub) || fs->nr_opens ||
	    (!fs->fake->running && fs->fake->nr_breaks))
		fail_msg("something is left of a debugger killed at %s",
			 packets[last]);
	if (!fs->fake->exited) {
		fd = dial(fs);
		send_text(fd, "+$qfThreadInfo#bb");
		/* Threads that are no vCPUs may follow (threads.session). */
		expect_text(fs, fd, "+$m1,2,3,4");
		close(fd);
	}
	fake_stub_destroy(fs);
}

static void killed_in_each_state(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(SESSIONS);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".session"))
			continue;
		packets_read(entry->d_name);
		for (unsigned int i = 0; i < nr_packets; i++) {
			kill_after(i, true);
			kill_after(i, false);
		}
		packets_free();
	}
	closedir(dir);
	print_message("%u debuggers killed\n", nr_tries);
	assert_true(nr_tries > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_in_each_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
