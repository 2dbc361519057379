// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_console.c - one console port, hvc0 in a Linux guest
 *
 * Source: VIRTIO 1.2, "Console Device". There is one port and no control queue.
 * The first output claims the keyboard: a guest that only has the driver loaded
 * keeps the keyboard at its UART.
 *
 * When the terminal has no room, the half-written chain is held until the
 * terminal reports room.
 */
#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <trapline/util.h>
#include "terminal.h"
#include "virtio.h"

#define RX    0
#define TX    1
#define PIECE SZ_4K /* bytes of a chain written at a time */

struct virtio_console {
	struct virtio v;
	struct terminal *term;
	struct virtio_console_config config;
	bool held; /* chain is not completely written */
	size_t written;
	struct virtq_chain chain;
};

static struct virtio_console *to_console(struct virtio *v)
{
	return container_of(v, struct virtio_console, v);
}

static bool rx_fill(struct virtio_console *c)
{
	unsigned int left = VIRTIO_KICK_CHAINS;
	struct virtq_chain chain;

	while (left && terminal_pending(c->term, &c->v.dev) &&
	       virtio_pop(&c->v, RX, &chain)) {
		uint32_t done = 0;

		left--;
		for (unsigned int i = 0; i < chain.nr_in; i++) {
			const struct iovec *seg = &chain.iov[chain.nr_out + i];

			virtq_dma(chain.q, seg, 1, false);
			done += (uint32_t)terminal_read(c->term, &c->v.dev,
							seg->iov_base,
							seg->iov_len);
			virtq_dma(chain.q, seg, 1, true);
		}
		virtq_push(&c->v.queue[RX], &chain, done);
	}
	virtio_notify(&c->v, RX);
	return !left;
}

/* Write at most PIECE bytes of the chain. False: the terminal is full. */
static bool chain_write(struct virtio_console *c)
{
	struct iovec iov[VIRTQ_MAX_SEGS];
	size_t len = c->chain.out_len - c->written;
	unsigned int nr;

	nr = virtq_slice(&c->chain, false, c->written, min(len, PIECE), iov);
	for (unsigned int i = 0; i < nr; i++) {
		size_t done = terminal_write(c->term, iov[i].iov_base,
					     iov[i].iov_len);

		c->written += done;
		if (done < iov[i].iov_len)
			return false;
	}
	return true;
}

/* Returns true when there is more output and the terminal has room. */
static bool tx_drain(struct virtio_console *c)
{
	unsigned int left = VIRTIO_KICK_CHAINS;
	bool room = true;

	while (room && left && (c->held || virtio_pop(&c->v, TX, &c->chain))) {
		left--;
		if (!c->held) {
			terminal_claim(c->term, &c->v.dev);
			c->written = 0;
		}
		room = chain_write(c);
		c->held = c->written < c->chain.out_len;
		if (!c->held)
			virtq_push(&c->v.queue[TX], &c->chain, 0);
	}
	virtio_notify(&c->v, TX);
	return room && !left;
}

static bool console_kick(struct virtio *v, unsigned int queue)
{
	return queue == TX ? tx_drain(to_console(v)) : rx_fill(to_console(v));
}

static void console_reset(struct virtio *v)
{
	to_console(v)->held = false;
}

/* On the device thread: there is new input, or room for output. */
static void console_wake(struct device *dev)
{
	struct virtio *v = container_of(dev, struct virtio, dev);

	if (!virtio_is_live(v))
		return;
	if (v->queue[TX].ready && tx_drain(to_console(v)))
		virtio_kick_soon(v, TX);
	if (v->queue[RX].ready && rx_fill(to_console(v)))
		virtio_kick_soon(v, RX);
}

/* Emergency write: a guest's last output, without a queue. */
static void console_config_write(struct virtio *v, unsigned int offset,
				 uint64_t value, unsigned int size)
{
	uint8_t byte = (uint8_t)value;

	(void)size;
	if (offset == offsetof(struct virtio_console_config, emerg_wr))
		terminal_write(to_console(v)->term, &byte, 1);
}

static void console_destroy(struct virtio *v)
{
	free(to_console(v));
}

static const struct virtio_ops console_ops = {
	.device_id = VIRTIO_ID_CONSOLE,
	.nr_queues = 2,
	.kick = console_kick,
	.reset = console_reset,
	.config_write = console_config_write,
	.destroy = console_destroy,
};

int virtio_console_create(struct bus *bus, ipa_t base, unsigned int irq,
			  struct terminal *term, struct device **ret)
{
	struct virtio_console *c = calloc(1, sizeof(*c));
	uint16_t columns, rows;
	int err;

	if (!c)
		return -ENOMEM;
	c->term = term;
	c->v.ops = &console_ops;
	c->v.config = &c->config;
	c->v.config_size = sizeof(c->config);
	c->v.features = BIT_ULL(VIRTIO_CONSOLE_F_EMERG_WRITE);
	if (terminal_size(term, &columns, &rows)) {
		c->config.cols = columns;
		c->config.rows = rows;
		c->v.features |= BIT_ULL(VIRTIO_CONSOLE_F_SIZE);
	}
	err = virtio_add(&c->v, bus, base, irq);
	if (!err)
		err = terminal_add(term, &c->v.dev, console_wake);
	if (err)
		return err; /* the bus frees the device */
	*ret = &c->v.dev;
	return 0;
}
