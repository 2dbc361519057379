// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * errors.c - hardware errors while a guest runs
 *
 *	errors [DEVICE]
 *
 * Source: Documentation/virt/kvm/api.rst; Arm ARM, "ISS encoding for an SError
 * interrupt" (AET). Emulation raises no physical SError, so the module
 * simulates one (kmod/knobs.h). An uncontainable error would stop the host; it
 * is not tested.
 */
#include "machine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define VECTORS       (RAM + 0x2000)
#define PAGE          (RAM + 0x10000) /* a multiple of each page size */
#define VBAR          ARM64_SYS_REG(3, 0, 12, 0, 0)
/* The knob's values: AET plus 1. */
#define UNRECOVERABLE "2"
#define RESTARTABLE   "3"
#define RECOVERABLE   "4"
#define CORRECTED     "7"

#define ISS     0x1ffffffULL /* of ESR_EL1 */
#define ISS_IDS (1ULL << 24) /* the syndrome is the CPU's own */

extern const char guest_stores[], guest_loads[], guest_serror[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_stores\n"
    "guest_stores:\n"
    "	msr daifclr, #4\n"
    "1:	str x0, [x19]\n"
    "	b 1b\n"
    "	.global guest_loads\n"
    "guest_loads:\n"
    "	ldr x1, [x20]\n"
    "	str x1, [x19]\n"
    "	b guest_loads\n"
    "	.global guest_serror\n"
    "guest_serror:\n"
    "	str x0, [x19, #8]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static uint64_t syndrome; /* the ESR_EL1 of the guest's last SError */

/* The address that the guest stores to after an SError of this severity. */
static uint64_t after_serror(const char *aet)
{
	struct machine m;
	uint64_t ipa;

	machine_create(&m, guest_stores);
	memcpy(m.ram + (VECTORS - RAM) + 0x380, guest_serror, 8);
	reg_set(&m, VBAR, VECTORS);
	if (go(&m) != KVM_EXIT_MMIO)
		die("no store");
	knob_set("serror", aet);
	ipa = go(&m) == KVM_EXIT_MMIO ? m.run->mmio.phys_addr : 0;
	syndrome = reg_get(&m, ESR);
	machine_destroy(&m);
	return ipa;
}

static void test_serror(void)
{
	uint64_t corrected, restartable;

	if (knob_set("serror", "0")) {
		printf("# no SErrors without test_knobs=1\n");
		return;
	}
	corrected = after_serror(CORRECTED);
	restartable = after_serror(RESTARTABLE);
	/*
	 * Without RAS (which the kernel hides from programs) the syndrome has
	 * no information, and each error stops the guest.
	 */
	printf("# the CPU has %sRAS\n", corrected == DEVICE ? "" : "no ");
	ok("a corrected error does not stop the guest, if the CPU has RAS",
	   corrected == DEVICE || corrected == DEVICE + 8);
	ok("a restartable error is handled like a corrected one",
	   restartable == corrected);
	ok("a recoverable error is the guest's SError",
	   after_serror(RECOVERABLE) == DEVICE + 8);
	ok("an unrecoverable error is the guest's SError",
	   after_serror(UNRECOVERABLE) == DEVICE + 8);
	/* The CPU takes the syndrome from VSESR_EL2 only if it has RAS. */
	ok("the syndrome is only IDS, if the CPU has RAS",
	   (syndrome & ISS) == (corrected == DEVICE ? ISS_IDS : 0));
}

static volatile sig_atomic_t bus_code;
static void *volatile bus_addr;
static volatile int bus_lsb;

static void bus(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	bus_code = info->si_code;
	bus_addr = info->si_addr;
	bus_lsb = info->si_addr_lsb;
}

static void test_poison(void)
{
	struct sigaction action = { .sa_sigaction = bus,
				    .sa_flags = SA_SIGINFO };
	size_t size = (size_t)getpagesize();
	struct machine m;
	uint8_t *page;
	int ret;

	sigaction(SIGBUS, &action, NULL);
	machine_create(&m, guest_loads);
	page = m.ram + (PAGE - RAM);
	*(volatile uint64_t *)page = 5;
	reg_set(&m, X(20), PAGE);
	ok("a load", wrote(&m, DEVICE, 8, 5));
	if (madvise(page, size, MADV_HWPOISON)) {
		printf("# no poisoned memory: %s\n", strerror(errno));
		machine_destroy(&m);
		return;
	}
	bus_code = 0;
	ret = ioctl(m.vcpu, KVM_RUN, 0);
	ok("a load from poisoned memory ends KVM_RUN with EINTR",
	   ret < 0 && errno == EINTR);
	printf("# si_code %d, si_addr %p of %p, lsb %d\n", (int)bus_code,
	       bus_addr, (void *)page, bus_lsb);
	ok("the SIGBUS names the poisoned page",
	   bus_code == BUS_MCEERR_AR && bus_addr == page &&
		   1 << bus_lsb == (int)size);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_serror();
	test_poison();
	return tap_end();
}
