// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * micro - the cost of an exit on a KVM device, in instructions
 *
 *	micro DEVICE GUEST ROUNDS
 *
 * The smallest possible VMM for tests/guest/micro.S: one vCPU, a GICv3. Prints
 * "name value" lines, each the best of ROUNDS. A value is in nanoseconds of the
 * guest's counter. Under -icount shift=0 these are the instructions that the
 * whole machine executed between two iterations. The row mmio_confined is
 * mmio_user once more, in the sandbox of a vCPU's thread (trapline/sandbox.h).
 */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/sandbox_requests.h"

#define ENTRY     0x40080000ULL
#define REPORT    0x0b001000ULL
#define COUNT     1000 /* same value as in micro.S */
#define MAX_IMAGE 0x10000
#define SECONDS   100

/* The guest comes from a file, so there is no code here. */
asm("	.pushsection .rodata\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static const char *const rows[] = { "hypercall", "mmio_user", "gicd_read",
				    "sgi",       "eoi",       "gicd_ctlr" };
#define MMIO_USER 1
static uint64_t best[ARRAY_SIZE(rows)];

/* The guest has finished a row. True: this was the last row. */
static int report(const struct kvm_run *run)
{
	uint64_t row = (run->mmio.phys_addr - REPORT) / 8, ticks, freq;

	if (row >= ARRAY_SIZE(rows))
		return 0;
	memcpy(&ticks, run->mmio.data, sizeof(ticks));
	asm volatile("mrs %0, cntfrq_el0" : "=r"(freq));
	ticks = ticks * (1000000000 / COUNT) / freq;
	if (!best[row] || ticks < best[row])
		best[row] = ticks;
	return row + 1 == ARRAY_SIZE(rows);
}

static void measure(struct machine *m, int rounds)
{
	while (rounds) {
		if (go(m) != KVM_EXIT_MMIO)
			die("not an MMIO exit");
		if (m->run->mmio.is_write)
			rounds -= report(m->run);
	}
}

static void confine(void)
{
	const struct sandbox_config config = {
		.requests = sandbox_requests,
		.nr_requests = sandbox_nr_requests,
	};
	struct sandbox *s;
	char err[256];

	if (sandbox_create(&config, err, sizeof(err), &s) ||
	    sandbox_process(s, err, sizeof(err)) ||
	    sandbox_thread(s, SANDBOX_VCPU))
		die("the sandbox");
}

int main(int argc, char **argv)
{
	struct machine m;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: micro DEVICE GUEST ROUNDS\n");
		return 2;
	}
	device = argv[1];
	machine_create(&m, guest_end);
	/*
	 * Under -icount, time passes fast while the program waits for a file.
	 */
	alarm(0);
	fd = open(argv[2], O_RDONLY);
	if (fd < 0 || read(fd, m.ram + (ENTRY - RAM), MAX_IMAGE) <= 0)
		die(argv[2]);
	close(fd);
	alarm(SECONDS);
	reg_set(&m, PC, ENTRY);
	machine_gic(&m);
	measure(&m, atoi(argv[3]));
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		printf("%s %llu\n", rows[i], (unsigned long long)best[i]);
	best[MMIO_USER] = 0;
	confine();
	measure(&m, atoi(argv[3]));
	printf("mmio_confined %llu\n", (unsigned long long)best[MMIO_USER]);
	return 0; /* without machine_destroy(), whose alarm(2) is refused */
}
