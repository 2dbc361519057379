// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_debugger.c - see fake_debugger.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_debugger.h"

int dial(struct fake_stub *fs)
{
	const char *port = strrchr(gdbstub_target(fs->stub), ':');
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port + 1)),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void send_text(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

void expect_text(struct fake_stub *fs, int fd, const char *text)
{
	char got[256] = "";
	size_t length = 0;

	for (int i = 0; i < 100 && length < strlen(text); i++) {
		ssize_t done;

		fake_stub_pump(fs, fd, 10);
		done = recv(fd, got + length, sizeof(got) - 1 - length,
			    MSG_DONTWAIT);
		if (done > 0)
			length += (size_t)done;
	}
	got[length < strlen(text) ? length : strlen(text)] = '\0';
	assert_string_equal(got, text);
}

unsigned int spins(struct fake_stub *fs)
{
	unsigned int nr = 0;

	for (int i = 0; i < 20; i++)
		nr += fake_stub_pump(fs, -1, 20) > 0 ||
		      gdbstub_timeout(fs->stub) == 0;
	return nr;
}
