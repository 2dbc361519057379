// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_image.c - hostile kernels and device trees
 *
 * The first byte of the input has two flags. If bit 0 is set, the rest is a
 * device tree for --dtb; otherwise it is a kernel. If bit 1 is set, the kernel
 * gets a load address. Guest RAM lies between guard pages.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/boot/fdt.h"
#include "vmm/boot/image.h"

#define RAM_IPA  0x40000000ULL
#define RAM_SIZE (8 * SZ_1M)
#define GUARD    SZ_64K

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct guest_ram ram;
static char path[64];
static int fd;

static void setup(void)
{
	uint8_t *map = mmap(NULL, RAM_SIZE + 2 * GUARD, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fd = memfd_create("kernel", MFD_CLOEXEC);
	if (map == MAP_FAILED || fd < 0 ||
	    mprotect(map + GUARD, RAM_SIZE, PROT_READ | PROT_WRITE))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ram.ipa = RAM_IPA;
	ram.size = RAM_SIZE;
	ram.host = map + GUARD;
}

static void tree(void)
{
	static uint8_t buf[SZ_64K];
	struct vmm_fdt_params p = { .ram = &ram,
				    .append = "quiet",
				    .initrd = RAM_IPA + SZ_1M,
				    .initrd_size = SZ_1M };
	char err[256];
	size_t size;
	void *base;

	if (vmm_fdt_read(path, &base, &size, err, sizeof(err)))
		return;
	p.base = base;
	if (vmm_fdt_room(base) <= sizeof(buf))
		vmm_fdt_build(&p, buf, vmm_fdt_room(base), err, sizeof(err));
	free(base);
}

static void kernel(bool load_address)
{
	struct image_request req = { .kernel = path, .dtb_size = SZ_64K };
	struct image image;
	char err[256];

	if (load_address)
		req.load_address = RAM_IPA + 0x1000;
	if (image_load(&req, &ram, &image, err, sizeof(err)))
		return;
	/* Check the properties that the VMM relies on. */
	if (!guest_ram_at(&(struct guest){ .ram = &ram, .nr_ram = 1 },
			  image.text, image.text_size) ||
	    image.dtb % 8 || image.dtb - RAM_IPA > RAM_SIZE - SZ_64K)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!ram.host)
		setup();
	if (ftruncate(fd, 0) ||
	    pwrite(fd, data + 1, size - 1, 0) != (ssize_t)(size - 1))
		abort();
	if (data[0] & 1)
		tree();
	else
		kernel(data[0] & 2);
	return 0;
}
