// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * endian.c - data accesses of a big-endian guest
 *
 *	endian [DEVICE]
 *
 * Source: Documentation/virt/kvm/api.rst, "KVM_RUN": mmio.data has the bytes as
 * they would be in memory. If the kernel performs an access for the guest
 * (include/trapline/abi.h, "TRAPLINE_WATCH_FINISH"), memory itself has these
 * bytes. On /dev/kvm that part is skipped. KVM extends the sign of a load
 * before it orders the bytes, so two of the loads give other results there.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <trapline/abi.h>

#define SCTLR ARM64_SYS_REG(3, 0, 1, 0, 0)
#define EE    (1ULL << 25)
#define E0E   (1ULL << 24)
#define EL0T  0x3c0ULL
#define DATA  (RAM + 0x10000)
#define PAGE  0x1000ULL
#define PLACE (DATA + 16) /* user space uses the first bytes of the page */
#define BYTES 0x1122334455667788ULL

extern const char guest_stores[], guest_loads[], guest_memory[];
/* clang-format off */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_stores\n"
    "guest_stores:\n"
    "	str x1, [x19]\n"
    "	str w1, [x19]\n"
    "	strh w1, [x19]\n"
    "	strb w1, [x19]\n"
    "	b .\n"
    "	.global guest_loads\n"
    "guest_loads:\n"
    "	ldr x2, [x19]\n"
    "	ldr w3, [x19]\n"
    "	ldrh w4, [x19]\n"
    "	ldrb w5, [x19]\n"
    "	ldrsw x6, [x19]\n"
    "	ldrsh w7, [x19]\n"
    "	str xzr, [x19]\n"
    "	b .\n"
    "	.global guest_memory\n"
    "guest_memory:\n" /* x20 in a denied page */
    "	str x1, [x20]\n"
    "	str w1, [x20, #8]\n"
    "	strh w1, [x20, #12]\n"
    "	ldr x2, [x20]\n"
    "	ldr w3, [x20, #8]\n"
    "	ldrsh x4, [x20, #12]\n"
    "	str xzr, [x19]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

static void machine_begin(struct machine *m, const char *code, uint64_t sctlr)
{
	machine_create(m, code);
	reg_set(m, SCTLR, reg_get(m, SCTLR) | sctlr);
	reg_set(m, X(1), BYTES);
}

static int stores_swapped(struct machine *m)
{
	return wrote(m, DEVICE, 8, 0x8877665544332211) &&
	       wrote(m, DEVICE, 4, 0x88776655) && wrote(m, DEVICE, 2, 0x8877) &&
	       wrote(m, DEVICE, 1, 0x88);
}

static void test_stores(void)
{
	struct machine m;

	machine_begin(&m, guest_stores, EE);
	ok("MMIO stores with SCTLR_EL1.EE", stores_swapped(&m));
	machine_destroy(&m);
	machine_begin(&m, guest_stores, E0E);
	ok("E0E has no effect on EL1", wrote(&m, DEVICE, 8, BYTES));
	machine_destroy(&m);
	machine_begin(&m, guest_stores, E0E);
	reg_set(&m, PSTATE, EL0T);
	ok("MMIO stores at EL0 with E0E", stores_swapped(&m));
	machine_destroy(&m);
}

static void test_loads(void)
{
	struct machine m;
	int came;

	machine_begin(&m, guest_loads, EE);
	came = reads(&m, DEVICE, 8, BYTES) &&
	       reads(&m, DEVICE, 4, 0x11223384) &&
	       reads(&m, DEVICE, 2, 0x1182) && reads(&m, DEVICE, 1, 0x81) &&
	       reads(&m, DEVICE, 4, 0x112233f4) &&
	       reads(&m, DEVICE, 2, 0x11f2) && wrote(&m, DEVICE, 8, 0);
	ok("MMIO loads with SCTLR_EL1.EE",
	   came && reg_get(&m, X(2)) == 0x8877665544332211 &&
		   reg_get(&m, X(3)) == 0x84332211 &&
		   reg_get(&m, X(4)) == 0x8211 && reg_get(&m, X(5)) == 0x81);
	ok("the sign is in the first byte in memory",
	   reg_get(&m, X(6)) == 0xfffffffff4332211 &&
		   reg_get(&m, X(7)) == 0xfffff211);
	machine_destroy(&m);
}

static void test_ioeventfd(void)
{
	struct kvm_ioeventfd args = {
		.datamatch = 0x88776655,
		.addr = DEVICE,
		.len = 4,
		.fd = eventfd(0, EFD_NONBLOCK),
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};
	struct machine m;
	uint64_t n = 0;

	machine_begin(&m, guest_stores, EE);
	if (ioctl(m.vm, KVM_IOEVENTFD, &args))
		die("KVM_IOEVENTFD");
	ok("an ioeventfd matches the bytes in memory",
	   wrote(&m, DEVICE, 8, 0x8877665544332211) &&
		   wrote(&m, DEVICE, 2, 0x8877) &&
		   read(args.fd, &n, sizeof(n)) == sizeof(n) && n == 1);
	close(args.fd);
	machine_destroy(&m);
}

/* Accesses next to watched bytes, performed by the kernel. */
static void test_memory(void)
{
	struct kvm_memory_attributes deny = {
		DATA, PAGE,
		TRAPLINE_MEMORY_DENY_READ | TRAPLINE_MEMORY_DENY_WRITE, 0
	};
	struct trapline_watch_range range = {
		DATA + 64, 8, TRAPLINE_WATCH_WRITE | TRAPLINE_WATCH_READ, 0
	};
	struct trapline_watch watch = {
		.nr = 1,
		.flags = TRAPLINE_WATCH_FINISH,
		.ranges = (uintptr_t)&range,
	};
	static const uint8_t bytes[] = { 0x11, 0x22, 0x33, 0x44, 0x55,
					 0x66, 0x77, 0x88, 0x55, 0x66,
					 0x77, 0x88, 0x77, 0x88 };
	struct machine m;

	machine_begin(&m, guest_memory, EE);
	reg_set(&m, X(20), PLACE);
	if (!ioctl(m.vm, KVM_SET_MEMORY_ATTRIBUTES, &deny) &&
	    !ioctl(m.vm, TRAPLINE_SET_WATCH, &watch)) {
		ok("accesses finished for the guest",
		   wrote(&m, DEVICE, 8, 0) && !memcmp(m.ram + (PLACE - RAM),
						      bytes, sizeof(bytes)));
		ok("values that finished accesses load",
		   reg_get(&m, X(2)) == BYTES &&
			   reg_get(&m, X(3)) == 0x55667788 &&
			   reg_get(&m, X(4)) == 0x7788);
	}
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_stores();
	test_loads();
	test_ioeventfd();
	test_memory();
	return tap_end();
}
