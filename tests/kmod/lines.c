// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lines.c - lines of level-sensitive SPIs, as user space drives them
 *
 *	lines [DEVICE]
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_IRQ_LINE". The guests poll:
 * interrupts stay masked by PSTATE. On /dev/kvm the first test fails: KVM leaves
 * a vCPU that is in the guest what it has pending.
 */
#include "machine.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define SPI     40U
#define NONE    1023U
/* Words in the guest's RAM by which the two sides see each other. */
#define FLAGS   (RAM + 0x80000)
#define PENDING 0 /* the guest has it pending */
#define LOWERED 1 /* KVM_IRQ_LINE has returned */

extern const char guest_withdrawn[];
/* clang-format off */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.macro gic_begin\n" /* x21 GICD: SPI 40 on, a level, to this vCPU */
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
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

/* The guest's caches are off: it reads and writes memory itself. */
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

/* Up until the guest has seen it, then down. */
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
	/* The alarm is for the thread that is in KVM_RUN. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	if (pthread_create(&thread, NULL, line_up_and_down, &m))
		die("pthread_create");
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	ok("a line that has gone low interrupts nobody any more",
	   wrote(&m, DEVICE, 8, NONE));
	/* If the guest came to nothing, so that this thread ends. */
	flag_set(&m, PENDING);
	pthread_join(thread, NULL);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_withdrawn();
	return tap_end();
}
