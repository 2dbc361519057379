// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec.c - leave this kernel while trapline.ko owns EL2
 *
 *	kexec [crash]
 *
 * Loads the smallest possible kernel with kexec_load() and enters it with
 * reboot(), or with "crash" (needs crashkernel=) by a panic. On a host with EL2
 * it must be entered at EL2, with the MMU and the caches off
 * (Documentation/arch/arm64/booting.rst). If it is, it turns the machine off.
 * Otherwise it loops for ever.
 */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <linux/reboot.h>

#define PLACE 0x50000000UL /* RAM of QEMU's machine with 512 MiB or more */

extern const char kernel[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global kernel\n"
    "kernel:\n"
    "	mrs x0, CurrentEL\n"
    "	cmp x0, #8\n"
    "1:	b.ne 1b\n"
    "	mrs x0, sctlr_el2\n"
    "	mov x1, #(1 << 0 | 1 << 2)\n"
    "	tst x0, x1\n"
    "2:	b.ne 2b\n"
    "	movz x0, #0x8400, lsl #16\n" /* SYSTEM_OFF */
    "	movk x0, #8\n"
    "	smc #0\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static unsigned long crash_place(void)
{
	FILE *file = fopen("/proc/iomem", "re");
	unsigned long place = 0, start;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "Crash kernel") &&
		    sscanf(line, " %lx", &start) == 1)
			place = start;
	if (file)
		fclose(file);
	return place;
}

int main(int argc, char **argv)
{
	int crash = argc > 1 && !strcmp(argv[1], "crash"), fd;
	struct kexec_segment segment = {
		.buf = (void *)(uintptr_t)kernel,
		.bufsz = (size_t)(guest_end - kernel),
		.mem = (void *)(crash ? crash_place() : PLACE),
		.memsz = (size_t)getpagesize(),
	};
	unsigned long flags = KEXEC_ARCH_AARCH64;

	if (crash)
		flags |= KEXEC_ON_CRASH;
	if (syscall(SYS_kexec_load, segment.mem, 1UL, &segment, flags))
		die("kexec_load");
	if (!crash)
		reboot(LINUX_REBOOT_CMD_KEXEC);
	fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (crash && write(fd, "c", 1) == 1)
		pause();
	die("still here");
}
