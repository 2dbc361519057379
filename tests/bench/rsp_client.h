/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rsp_client.h - the debugger's side of the GDB remote protocol, for timing
 *
 * A small client that can time any stub from outside: blocking, no acks, one
 * packet at a time. Every wait ends after RSP_TIMEOUT_MS. Errors are -1 with
 * errno; ETIMEDOUT when the stub does not answer.
 */
#ifndef TRAPLINE_BENCH_RSP_CLIENT_H
#define TRAPLINE_BENCH_RSP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#define RSP_TIMEOUT_MS 60000
#define RSP_MAX_PACKET (1u << 20)

struct rsp_client {
	int fd;
	size_t packet_size; /* the stub's own PacketSize */
	size_t in_len, in_pos;
	unsigned char in[65536];
	char packet[RSP_MAX_PACKET]; /* the last received packet, a string */
	size_t len;
};

/* Connect to 127.0.0.1:port (tries until the stub listens), no-ack mode. */
int rsp_open(struct rsp_client *c, int port);
/* The same, by a Unix socket. */
int rsp_open_unix(struct rsp_client *c, const char *path);
void rsp_close(struct rsp_client *c);
int rsp_send(struct rsp_client *c, const char *packet, size_t len);
/* Receive the next packet; console output ('O' packets) is skipped. */
int rsp_recv(struct rsp_client *c);
/* The same, without skipping console output. */
int rsp_recv_any(struct rsp_client *c);
/* Send, then receive one reply into c->packet. */
int rsp_ask(struct rsp_client *c, const char *packet);
int rsp_interrupt(struct rsp_client *c);
/* True if the reply starts with prefix. */
bool rsp_is(const struct rsp_client *c, const char *prefix);

#endif
