/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_debugger.h - a debugger's end of a connection, in a unit test
 *
 * Sends and expects raw bytes: it makes no packets and sends no acks.
 */
#ifndef TRAPLINE_TESTS_FAKE_DEBUGGER_H
#define TRAPLINE_TESTS_FAKE_DEBUGGER_H

#include "fake_stub.h"

/* A connection to the stub's port. */
int dial(struct fake_stub *fs);
void send_text(int fd, const char *text);
/* Run the stub until strlen(text) bytes have come. The bytes must be text. */
void expect_text(struct fake_stub *fs, int fd, const char *text);
/* The number of poll rounds that return at once although nothing happened. */
unsigned int spins(struct fake_stub *fs);

#endif
