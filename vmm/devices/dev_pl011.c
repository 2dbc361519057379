// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dev_pl011.c - the console UART
 *
 * Source: PrimeCell UART (PL011) Technical Reference Manual, DDI 0183, r1p5
 * (FIFOs of 32). There is no DMA and no loop-back, modem lines never change,
 * and the baud rate slows nothing down.
 *
 * Transmission is instant, except when the terminal's buffer is full: then
 * FR.TXFF makes the guest wait. The receive FIFO is the head of the terminal's
 * input: a byte leaves the input when the guest reads DR. The receive time-out
 * interrupt is raised at once instead of 32 bit periods later.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <trapline/util.h>
#include "device.h"
#include "vmm/map.h"
#include "terminal.h"

#define UARTDR        0x000
#define UARTFR        0x018
#define UARTILPR      0x020
#define UARTIBRD      0x024
#define UARTFBRD      0x028
#define UARTLCR_H     0x02c
#define UARTCR        0x030
#define UARTIFLS      0x034
#define UARTIMSC      0x038
#define UARTRIS       0x03c
#define UARTMIS       0x040
#define UARTICR       0x044
#define UARTDMACR     0x048
#define UARTPERIPHID0 0xfe0

#define FR_CTS  BIT_ULL(0)
#define FR_DSR  BIT_ULL(1)
#define FR_DCD  BIT_ULL(2)
#define FR_RXFE BIT_ULL(4)
#define FR_TXFF BIT_ULL(5)
#define FR_RXFF BIT_ULL(6)
#define FR_TXFE BIT_ULL(7)

#define LCR_H_FEN  BIT_ULL(4)
#define CR_TXE     BIT_ULL(8)
#define CR_RXE     BIT_ULL(9)
#define IFLS_RX    GENMASK_ULL(5, 3)
#define IFLS_RESET 0x12U

#define INT_RX  BIT_ULL(4)
#define INT_TX  BIT_ULL(5)
#define INT_RT  BIT_ULL(6)
#define INT_ALL GENMASK_ULL(10, 0)

#define FIFO_SIZE     32U
#define CLOCK_PHANDLE 2U

/* UARTPeriphID0-3 and UARTPCellID0-3: part 011, Arm, r1p5. */
static const uint8_t ids[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

struct pl011_regs {
	uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr;
};

struct pl011 {
	struct device dev;
	struct terminal *term;
	struct pl011_regs r;
};

static struct pl011 *to_pl011(struct device *dev)
{
	return container_of(dev, struct pl011, dev);
}

static void pl011_irq_update(struct pl011 *u)
{
	device_irq_set(&u->dev, u->r.ris & u->r.imsc);
}

static unsigned int fifo_size(const struct pl011 *u)
{
	return u->r.lcr_h & LCR_H_FEN ? FIFO_SIZE : 1;
}

/* UARTIFLS: 1/8, 1/4, 1/2, 3/4, 7/8 of the FIFO; other values are reserved. */
static unsigned int rx_trigger(const struct pl011 *u)
{
	static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 4, 4, 4 };
	unsigned int size = fifo_size(u);

	if (size == 1)
		return 1;
	return size * eighths[FIELD_GET(IFLS_RX, u->r.ifls)] / 8;
}

/*
 * UARTCR does not disable receiving: small firmware that only ever ran on
 * lenient emulators does not set UARTEN.
 */
static size_t rx_level(struct pl011 *u)
{
	return terminal_pending(u->term, &u->dev);
}

/* Call after new input, and after the guest has changed its interrupt setup. */
static void rx_raise(struct pl011 *u)
{
	size_t level = rx_level(u);

	if (level)
		u->r.ris |= INT_RT;
	if (level >= rx_trigger(u))
		u->r.ris |= INT_RX;
	pl011_irq_update(u);
}

static void pl011_wake(struct device *dev)
{
	rx_raise(to_pl011(dev));
}

static uint32_t rx_take(struct pl011 *u)
{
	uint8_t byte = 0;
	size_t level;

	if (!rx_level(u))
		return 0;
	terminal_read(u->term, &u->dev, &byte, 1);
	level = rx_level(u);
	if (level < rx_trigger(u))
		u->r.ris &= ~(uint32_t)INT_RX;
	if (!level)
		u->r.ris &= ~(uint32_t)INT_RT;
	pl011_irq_update(u);
	return byte;
}

static void tx_put(struct pl011 *u, uint8_t byte)
{
	terminal_write(u->term, &byte, 1);
	if (u->r.ris & INT_TX)
		return;
	u->r.ris |= INT_TX; /* sent: the FIFO is below its trigger level */
	pl011_irq_update(u);
}

static uint32_t fr_read(struct pl011 *u)
{
	uint32_t fr = FR_CTS | FR_DSR | FR_DCD;
	size_t level = rx_level(u);

	if (!level)
		fr |= FR_RXFE;
	else if (level >= fifo_size(u))
		fr |= FR_RXFF;
	return fr | (terminal_room(u->term) ? FR_TXFE : FR_TXFF);
}

static uint64_t pl011_read(struct device *dev, uint64_t offset,
			   unsigned int size)
{
	struct pl011 *u = to_pl011(dev);

	(void)size;
	switch (offset) {
	case UARTDR:
		return rx_take(u);
	case UARTFR:
		return fr_read(u);
	case UARTILPR:
		return u->r.ilpr;
	case UARTIBRD:
		return u->r.ibrd;
	case UARTFBRD:
		return u->r.fbrd;
	case UARTLCR_H:
		return u->r.lcr_h;
	case UARTCR:
		return u->r.cr;
	case UARTIFLS:
		return u->r.ifls;
	case UARTIMSC:
		return u->r.imsc;
	case UARTRIS:
		return u->r.ris;
	case UARTMIS:
		return u->r.ris & u->r.imsc;
	case UARTDMACR:
		return u->r.dmacr;
	}
	if (offset >= UARTPERIPHID0 && !(offset & 3))
		return ids[(offset - UARTPERIPHID0) / 4];
	return 0;
}

static void pl011_write(struct device *dev, uint64_t offset, uint64_t value,
			unsigned int size)
{
	struct pl011 *u = to_pl011(dev);
	uint32_t v = (uint32_t)value;

	(void)size;
	switch (offset) {
	case UARTDR:
		tx_put(u, (uint8_t)v);
		return;
	case UARTILPR:
		u->r.ilpr = v & 0xff;
		return;
	case UARTIBRD:
		u->r.ibrd = v & 0xffff;
		return;
	case UARTFBRD:
		u->r.fbrd = v & 0x3f;
		return;
	case UARTDMACR:
		u->r.dmacr = v & 7;
		return;
	case UARTICR:
		u->r.ris &= ~v;
		pl011_irq_update(u);
		return;
	case UARTLCR_H:
		u->r.lcr_h = v & 0xff;
		break;
	case UARTCR:
		u->r.cr = v & 0xffff;
		break;
	case UARTIFLS:
		u->r.ifls = v & 0x3f;
		break;
	case UARTIMSC:
		u->r.imsc = v & INT_ALL;
		break;
	default:
		return;
	}
	rx_raise(u);
}

static void pl011_reset(struct device *dev)
{
	struct pl011 *u = to_pl011(dev);

	u->r = (struct pl011_regs){ .cr = CR_TXE | CR_RXE, .ifls = IFLS_RESET };
}

static int pl011_fdt(struct device *dev, void *fdt)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clock_names[] = "uartclk\0apb_pclk";
	fdt32_t clocks[2] = { cpu_to_fdt32(CLOCK_PHANDLE),
			      cpu_to_fdt32(CLOCK_PHANDLE) };
	int err = device_fdt_begin(dev, fdt, "pl011");

	if (!err)
		err = fdt_property(fdt, "compatible", compatible,
				   sizeof(compatible));
	if (!err)
		err = fdt_property(fdt, "clocks", clocks, sizeof(clocks));
	if (!err)
		err = fdt_property(fdt, "clock-names", clock_names,
				   sizeof(clock_names));
	return err ? err : fdt_end_node(fdt);
}

static void pl011_destroy(struct device *dev)
{
	free(to_pl011(dev));
}

static const struct device_ops pl011_ops = {
	.name = "ttyAMA0 (PL011)",
	.read = pl011_read,
	.write = pl011_write,
	.reset = pl011_reset,
	.fdt = pl011_fdt,
	.destroy = pl011_destroy,
};

int pl011_create(struct bus *bus, ipa_t base, unsigned int irq,
		 struct terminal *term, struct device **ret)
{
	struct pl011 *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	u->dev = (struct device){ .ops = &pl011_ops,
				  .base = base,
				  .size = MAP_PL011_SIZE,
				  .irq = irq };
	u->term = term;
	pl011_reset(&u->dev);
	bus_add(bus, &u->dev);
	err = terminal_add(term, &u->dev, pl011_wake);
	if (err)
		return err; /* the bus frees the device */
	*ret = &u->dev;
	return 0;
}
