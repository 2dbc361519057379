// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lines.c - lines of level-sensitive SPIs, driven by user space
 *
 *	lines [DEVICE]
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_IRQ_LINE", "KVM_IRQFD". The
 * guests poll: interrupts stay masked by PSTATE. On /dev/kvm the first test
 * fails, because KVM does not take a pending interrupt away from a vCPU that is
 * in the guest.
 */
#include "machine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SPI     40U
#define GSI     (SPI - 32)
#define BIT     (1U << GSI)
#define NONE    1023U
/* Flags in the guest's RAM, through which guest and test synchronise. */
#define FLAGS   (RAM + 0x80000)
#define PENDING 0 /* the guest has the interrupt pending */
#define LOWERED 1 /* KVM_IRQ_LINE has returned */

extern const char guest_withdrawn[], guest_acks[], guest_looks[];
/* clang-format off */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    /* x21 GICD: SPI 40 enabled, level-sensitive, routed to this vCPU. */
    "	.macro gic_begin\n"
    "	mov w2, #0x12\n"
    "	str w2, [x21]\n"
    "	mov w2, #-1\n"
    "	str w2, [x21, #0x84]\n"
    "	str wzr, [x21, #0xc08]\n"
    "	mov w2, #0x100\n"
    "	str w2, [x21, #0x104]\n"
    "	mov x2, #1\n"
    "	msr s3_0_c12_c12_5, x2\n"
    "	isb\n"
    "	mov x2, #0xff\n"
    "	msr s3_0_c4_c6_0, x2\n"
    "	mov x2, #1\n"
    "	msr s3_0_c12_c12_7, x2\n"
    "	isb\n"
    "	.endm\n"
    "	.global guest_withdrawn\n"
    "guest_withdrawn:\n" /* x20 FLAGS */
    "	gic_begin\n"
    "1:	mrs x0, s3_0_c12_c12_2\n" /* ICC_HPPIR1_EL1 */
    "	cmp x0, #40\n"
    "	b.ne 1b\n"
    "	mov w0, #1\n"
    "	str w0, [x20]\n"
    "2:	ldr w0, [x20, #4]\n"
    "	cbz w0, 2b\n"
    "	mrs x0, s3_0_c12_c12_0\n" /* ICC_IAR1_EL1 */
    "	str x0, [x19]\n"
    "	b .\n"
    "	.global guest_acks\n"
    "guest_acks:\n" /* acknowledge and end each interrupt, and report it */
    "	gic_begin\n"
    "1:	mrs x0, s3_0_c12_c12_0\n" /* ICC_IAR1_EL1 */
    "	cmp x0, #40\n"
    "	b.ne 1b\n"
    "	msr s3_0_c12_c12_1, x0\n" /* ICC_EOIR1_EL1 */
    "	isb\n"
    "	str x0, [x19]\n"
    "	b 1b\n"
    "	.global guest_looks\n"
    "guest_looks:\n" /* report GICD_ISPENDR1 */
    "	gic_begin\n"
    "1:	ldr w0, [x21, #0x204]\n"
    "	str w0, [x19]\n"
    "	b 1b\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

/* The guest's caches are off, so it accesses memory directly. */
static uint32_t flag(struct machine *m, unsigned int n)
{
	volatile uint32_t *at = (uint32_t *)(m->ram + (FLAGS - RAM)) + n;

	asm volatile("dc civac, %0\n\tdsb sy" : : "r"(at) : "memory");
	return *at;
}

static void flag_set(struct machine *m, unsigned int n)
{
	volatile uint32_t *at = (uint32_t *)(m->ram + (FLAGS - RAM)) + n;

	*at = 1;
	asm volatile("dc civac, %0\n\tdsb sy" : : "r"(at) : "memory");
}

static void line(struct machine *m, uint32_t level)
{
	struct kvm_irq_level args = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | SPI,
		.level = level,
	};

	if (ioctl(m->vm, KVM_IRQ_LINE, &args))
		die("KVM_IRQ_LINE");
}

/* Keep the line high until the guest has seen it, then lower it. */
static void *line_up_and_down(void *arg)
{
	struct machine *m = arg;

	line(m, 1);
	while (!flag(m, PENDING))
		;
	line(m, 0);
	flag_set(m, LOWERED);
	return NULL;
}

static void test_withdrawn(void)
{
	struct machine m;
	pthread_t thread;
	sigset_t alarms;

	machine_create(&m, guest_withdrawn);
	machine_gic(&m);
	reg_set(&m, X(20), FLAGS);
	reg_set(&m, X(21), GICD);
	/* The alarm must go to the thread that is in KVM_RUN. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	if (pthread_create(&thread, NULL, line_up_and_down, &m))
		die("pthread_create");
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	ok("a line that has gone low causes no interrupt",
	   wrote(&m, DEVICE, 8, NONE));
	/* End the other thread if the guest has failed. */
	flag_set(&m, PENDING);
	pthread_join(thread, NULL);
	machine_destroy(&m);
}

static int event(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd");
	return fd;
}

static void event_signal(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		die("write to an eventfd");
}

/* Number of signals since the last call. */
static uint64_t event_take(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static int irqfd(struct machine *m, int fd, int resample, uint32_t flags)
{
	struct kvm_irqfd args = {
		.fd = (uint32_t)fd,
		.gsi = GSI,
		.resamplefd = (uint32_t)resample,
		.flags = flags,
	};

	return ioctl(m->vm, KVM_IRQFD, &args) ? -errno : 0;
}

/* Route GSI to this SPI. */
static int route(struct machine *m, uint32_t spi)
{
	struct {
		struct kvm_irq_routing table;
		struct kvm_irq_routing_entry entry;
	} routing = {
		{ .nr = 1 },
		{ .gsi = GSI, .type = KVM_IRQ_ROUTING_IRQCHIP },
	};

	routing.entry.u.irqchip.pin = spi - 32;
	return ioctl(m->vm, KVM_SET_GSI_ROUTING, &routing) ? -errno : 0;
}

/* The lines of SPIs 32 to 63. */
static uint32_t levels(int vgic)
{
	uint32_t value = 0;
	struct kvm_device_attr attr = {
		.group = KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO,
		.attr = 32,
		.addr = (uintptr_t)&value,
	};

	if (ioctl(vgic, KVM_GET_DEVICE_ATTR, &attr))
		die("KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO");
	return value;
}

static int machine_start(struct machine *m, const char *guest)
{
	int vgic;

	machine_create(m, guest);
	vgic = machine_vgic(m);
	reg_set(m, X(21), GICD);
	return vgic;
}

/*
 * Without resampling a signal raises the line, and only KVM_IRQ_LINE lowers the
 * line.
 */
static void test_raised(void)
{
	struct machine m;
	int fd = event(), vgic = machine_start(&m, guest_looks);

	ok("an irqfd on a level-sensitive SPI", !irqfd(&m, fd, 0, 0));
	/*
	 * The guest has configured the SPI before it reports for the first
	 * time.
	 */
	ok("the SPI is not pending at first", wrote(&m, DEVICE, 4, 0));
	event_signal(fd);
	ok("the line is high after a signal", levels(vgic) == BIT);
	ok("the SPI is pending after a signal", wrote(&m, DEVICE, 4, BIT));
	line(&m, 0);
	ok("KVM_IRQ_LINE lowers the line", wrote(&m, DEVICE, 4, 0));
	close(fd);
	close(vgic);
	machine_destroy(&m);
}

/* A signal interrupts the guest. Its end of interrupt is reported once. */
static int comes_back(struct machine *m, int fd, int again)
{
	event_signal(fd);
	alarm(ALARM);
	return wrote(m, DEVICE, 8, SPI) && event_take(again) == 1;
}

static void test_resample(void)
{
	int fd = event(), other = event(), again = event(), too = event();
	const uint32_t on = KVM_IRQFD_FLAG_RESAMPLE;
	struct machine m;
	int vgic = machine_start(&m, guest_acks);

	ok("the device has resampling",
	   ioctl(m.vm, KVM_CHECK_EXTENSION, KVM_CAP_IRQFD_RESAMPLE) == 1);
	ok("resampling to no descriptor: EBADF",
	   irqfd(&m, fd, -1, on) == -EBADF);
	ok("resampling to a descriptor that is not an eventfd: EINVAL",
	   irqfd(&m, fd, m.vm, on) == -EINVAL);
	if (irqfd(&m, fd, again, on))
		die("an irqfd with resampling");
	ok("the resample eventfd gets the guest's end of the interrupt",
	   comes_back(&m, fd, again));
	ok("the line is low", !levels(vgic));
	ok("a second signal gives a second interrupt",
	   comes_back(&m, fd, again));
	ok("a second irqfd shares the line", !irqfd(&m, other, too, on));
	ok("both resample eventfds get the end of the interrupt",
	   comes_back(&m, other, again) && event_take(too) == 1);
	ok("the GSI is routed to SPI 41, and back",
	   !route(&m, SPI + 1) && !route(&m, SPI));
	ok("the signal is not lost when the route changes",
	   comes_back(&m, fd, again) && event_take(too) == 1);
	ok("one irqfd is removed",
	   !irqfd(&m, other, 0, KVM_IRQFD_FLAG_DEASSIGN));
	ok("the other irqfd still works",
	   comes_back(&m, fd, again) && !event_take(too));
	event_signal(fd);
	ok("the removal of the last irqfd lowers the line",
	   !irqfd(&m, fd, 0, KVM_IRQFD_FLAG_DEASSIGN) && !levels(vgic));
	close(fd);
	close(other);
	close(again);
	close(too);
	close(vgic);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_withdrawn();
	test_raised();
	test_resample();
	return tap_end();
}
