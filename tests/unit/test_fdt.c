// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_fdt.c - the VMM's own device tree, and the user's with additions
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/boot/fdt.h"

#define RAM_IPA 0x40000000ULL

static struct guest_ram ram = { .ipa = RAM_IPA, .size = 5 * SZ_1G };
static const uint64_t mpidr[] = { 0x80000000, 0x80000001, 0x80000100 };
static uint8_t buf[VMM_FDT_SIZE];
static char err[256];

static struct vmm_fdt_params usual(void)
{
	return (struct vmm_fdt_params){ .ram = &ram,
					.initrd = RAM_IPA + SZ_1G,
					.initrd_size = 0x1234,
					.append = "panic=-1",
					.nr_cpus = ARRAY_SIZE(mpidr),
					.mpidr = mpidr,
					.gic_version = 3 };
}

static void build(const struct vmm_fdt_params *p)
{
	err[0] = 0;
	assert_int_equal(vmm_fdt_build(p, buf, sizeof(buf), err, sizeof(err)),
			 0);
	assert_string_equal(err, "");
	assert_int_equal(fdt_check_full(buf, sizeof(buf)), 0);
}

static const void *prop(const char *path, const char *name, int *ret_len)
{
	int node = fdt_path_offset(buf, path);
	const void *p;

	if (node < 0)
		fail_msg("no node %s", path);
	p = fdt_getprop(buf, node, name, ret_len);
	if (!p)
		fail_msg("no property %s in %s", name, path);
	return p;
}

static uint32_t cell(const char *path, const char *name, unsigned int i)
{
	int len;
	const fdt32_t *p = prop(path, name, &len);

	assert_true((i + 1) * sizeof(*p) <= (unsigned int)len);
	return fdt32_to_cpu(p[i]);
}

static uint64_t wide(const char *path, const char *name, unsigned int i)
{
	return (uint64_t)cell(path, name, 2 * i) << 32 |
	       cell(path, name, 2 * i + 1);
}

static const char *text(const char *path, const char *name)
{
	int len;

	return prop(path, name, &len);
}

static void test_complete(void **state)
{
	struct vmm_fdt_params p = usual();
	const char *psci = "/psci", *gic = "/interrupt-controller@8000000";
	int len;

	build(&p);
	assert_int_equal(wide("/memory@40000000", "reg", 0), RAM_IPA);
	assert_int_equal(wide("/memory@40000000", "reg", 1), 5 * SZ_1G);
	assert_string_equal(text("/cpus/cpu@100", "enable-method"), "psci");
	assert_int_equal(wide("/cpus/cpu@100", "reg", 0), 0x100);
	assert_int_equal(wide("/cpus/cpu@0", "reg", 0), 0);
	assert_string_equal(text(psci, "method"), "hvc");
	assert_string_equal(text(psci, "compatible"), "arm,psci-1.0");
	assert_string_equal(text(gic, "compatible"), "arm,gic-v3");
	assert_int_equal(cell(gic, "phandle", 0), FDT_PHANDLE_GIC);
	assert_int_equal(wide(gic, "reg", 3), 3 * 0x20000);
	assert_int_equal(cell("/", "interrupt-parent", 0), FDT_PHANDLE_GIC);
	assert_int_equal(cell("/apb-pclk", "phandle", 0), FDT_PHANDLE_CLOCK);
	/* The third timer is the virtual one: PPI 11, level-sensitive. */
	assert_int_equal(cell("/timer", "interrupts", 6), FDT_IRQ_PPI);
	assert_int_equal(cell("/timer", "interrupts", 7), 11);
	assert_int_equal(cell("/timer", "interrupts", 8), FDT_IRQ_LEVEL);
	prop("/chosen", "kaslr-seed", &len);
	assert_int_equal(len, 8);
	prop("/chosen", "rng-seed", &len);
	assert_true(len >= 32);
	assert_int_equal(wide("/chosen", "linux,initrd-start", 0),
			 RAM_IPA + SZ_1G);
	assert_int_equal(wide("/chosen", "linux,initrd-end", 0),
			 RAM_IPA + SZ_1G + 0x1234);
	assert_string_equal(text("/chosen", "stdout-path"), "/pl011@9000000");
	assert_non_null(strstr(text("/chosen", "bootargs"), "console="));
	assert_non_null(strstr(text("/chosen", "bootargs"), " panic=-1"));
}

static void test_seeds_differ(void **state)
{
	struct vmm_fdt_params p = usual();
	uint64_t first;

	build(&p);
	first = wide("/chosen", "kaslr-seed", 0);
	build(&p);
	assert_true(first != wide("/chosen", "kaslr-seed", 0));
}

static void test_gicv2(void **state)
{
	struct vmm_fdt_params p = usual();
	const char *gic = "/interrupt-controller@8000000";

	p.gic_version = 2;
	p.initrd_size = 0;
	p.append = NULL;
	build(&p);
	assert_string_equal(text(gic, "compatible"), "arm,cortex-a15-gic");
	assert_int_equal(wide(gic, "reg", 3), 0x2000);
	assert_int_equal(cell("/timer", "interrupts", 2),
			 0x700 | FDT_IRQ_LEVEL);
	assert_null(fdt_getprop(buf, fdt_path_offset(buf, "/chosen"),
				"linux,initrd-start", NULL));
}

static int device_add(void *opaque, void *fdt)
{
	int rc = fdt_begin_node(fdt, "device@1000");

	if (!rc)
		rc = fdt_property_u32(fdt, "reg", *(uint32_t *)opaque);
	return rc ? rc : fdt_end_node(fdt);
}

static int device_too_big(void *opaque, void *fdt)
{
	static uint8_t block[VMM_FDT_SIZE];

	return fdt_property(fdt, "block", block, sizeof(block));
}

static void test_devices(void **state)
{
	struct vmm_fdt_params p = usual();
	uint32_t value = 0x1000;

	p.devices = device_add;
	p.opaque = &value;
	build(&p);
	assert_int_equal(cell("/device@1000", "reg", 0), 0x1000);
	p.devices = device_too_big;
	assert_int_equal(vmm_fdt_build(&p, buf, sizeof(buf), err, sizeof(err)),
			 -ENOSPC);
	assert_non_null(strstr(err, "does not fit"));
}

static void test_long_append(void **state)
{
	struct vmm_fdt_params p = usual();
	char args[3000];

	memset(args, 'a', sizeof(args));
	args[sizeof(args) - 1] = 0;
	p.append = args;
	assert_int_equal(vmm_fdt_build(&p, buf, sizeof(buf), err, sizeof(err)),
			 -EINVAL);
	assert_non_null(strstr(err, "--append"));
}

/* A user's tree: cells as given, two memory nodes, bootargs, and a device. */
static void user_tree(uint8_t *tree, size_t size, uint32_t cells)
{
	assert_int_equal(fdt_create(tree, size), 0);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_u32(tree, "#address-cells", cells);
	fdt_property_u32(tree, "#size-cells", cells);
	fdt_begin_node(tree, "memory");
	fdt_property_string(tree, "device_type", "memory");
	fdt_end_node(tree);
	fdt_begin_node(tree, "memory@80000000");
	fdt_property_string(tree, "device_type", "memory");
	fdt_end_node(tree);
	fdt_begin_node(tree, "chosen");
	fdt_property_string(tree, "bootargs", "console=ttyS9");
	fdt_property_u32(tree, "linux,initrd-start", 1);
	fdt_property_u32(tree, "linux,initrd-end", 2);
	fdt_end_node(tree);
	fdt_begin_node(tree, "serial@9000000");
	fdt_property_string(tree, "compatible", "mine");
	fdt_end_node(tree);
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
}

static void test_user_tree(void **state)
{
	struct vmm_fdt_params p = usual();
	uint8_t tree[4096];

	user_tree(tree, sizeof(tree), 2);
	p.base = tree;
	p.devices = device_too_big; /* must not be called */
	assert_int_equal(vmm_fdt_build(&p, buf, vmm_fdt_room(tree), err,
				       sizeof(err)),
			 0);
	assert_int_equal(fdt_check_full(buf, sizeof(buf)), 0);
	assert_string_equal(text("/serial@9000000", "compatible"), "mine");
	assert_string_equal(text("/chosen", "bootargs"),
			    "console=ttyS9 panic=-1");
	assert_int_equal(wide("/memory@40000000", "reg", 1), 5 * SZ_1G);
	assert_true(fdt_path_offset(buf, "/memory@80000000") < 0);
	assert_int_equal(wide("/chosen", "linux,initrd-start", 0),
			 RAM_IPA + SZ_1G);
	/*
	 * Without an initrd, the initrd of the user's tree must be gone, too.
	 */
	p.initrd_size = 0;
	build(&p);
	assert_null(fdt_getprop(buf, fdt_path_offset(buf, "/chosen"),
				"linux,initrd-end", NULL));
}

static void test_user_cells(void **state)
{
	struct vmm_fdt_params p = usual();
	struct guest_ram small = { .ipa = RAM_IPA, .size = SZ_1G };
	uint8_t tree[4096];

	user_tree(tree, sizeof(tree), 1);
	p.base = tree;
	assert_int_equal(vmm_fdt_build(&p, buf, sizeof(buf), err, sizeof(err)),
			 -EINVAL);
	assert_non_null(strstr(err, "#address-cells"));
	p.ram = &small;
	build(&p);
	assert_int_equal(cell("/memory@40000000", "reg", 0), RAM_IPA);
	assert_int_equal(cell("/memory@40000000", "reg", 1), SZ_1G);
}

static void file_make(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void read_refused(const char *path, int error, const char *say)
{
	void *tree = NULL;
	size_t size;

	assert_int_equal(vmm_fdt_read(path, &tree, &size, err, sizeof(err)),
			 error);
	assert_null(tree);
	if (!strstr(err, say))
		fail_msg("'%s' does not say '%s'", err, say);
}

static void test_read(void **state)
{
	char path[] = "/tmp/test_fdt.XXXXXX";
	uint8_t tree[4096];
	size_t size;
	void *read_tree;
	int fd = mkstemp(path);

	close(fd);
	user_tree(tree, sizeof(tree), 2);
	file_make(path, tree, fdt_totalsize(tree));
	assert_int_equal(
		vmm_fdt_read(path, &read_tree, &size, err, sizeof(err)), 0);
	assert_int_equal(size, fdt_totalsize(tree));
	free(read_tree);
	/*
	 * The file must be refused if it is cut at any length, or if any byte
	 * of its header is wrong.
	 */
	for (size_t n = 0; n < fdt_totalsize(tree); n += 13) {
		file_make(path, tree, n);
		read_refused(path, -EBADMSG, "no ");
	}
	for (size_t i = 0; i < 4; i++) {
		tree[i] ^= 0x80;
		file_make(path, tree, fdt_totalsize(tree));
		read_refused(path, -EBADMSG, "dtc");
		tree[i] ^= 0x80;
	}
	file_make(path, "/dts-v1/; / { };", 16);
	read_refused(path, -EBADMSG, "dtc");
	unlink(path);
	read_refused(path, -ENOENT, "No such file");
	read_refused("/tmp", -EBADMSG, "dtc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_seeds_differ),
		cmocka_unit_test(test_gicv2),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_long_append),
		cmocka_unit_test(test_user_tree),
		cmocka_unit_test(test_user_cells),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
