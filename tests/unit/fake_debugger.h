/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_debugger.h - a debugger's end of a connection, in a unit test
 *
 * Bytes as they are written here: no packet is made, no ack is sent.
 */
#ifndef TRAPLINE_TESTS_FAKE_DEBUGGER_H
#define TRAPLINE_TESTS_FAKE_DEBUGGER_H

#include "fake_stub.h"

/* A connection to the stub's port. */
int dial(struct fake_stub *fs);
void send_text(int fd, const char *text);
/* Turn the stub until that many bytes have come: they are text. */
void expect_text(struct fake_stub *fs, int fd, const char *text);
/* Rounds that come back at once although nothing has happened. */
unsigned int spins(struct fake_stub *fs);

#endif
