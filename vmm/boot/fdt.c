// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdt.c - the guest's device tree
 *
 * Without --dtb, libfdt's sequential interface writes the tree front to back:
 * cells, psci, clock, cpus, timer, GIC, memory, then the devices (each writes
 * its own node). The code that puts /chosen and /memory into a user's tree then
 * also puts them into this one. Sources: see fdt.h.
 */
#include "fdt.h"
#include "vmm/map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The PL011 needs no module and works from the first message of any kernel to
 * its panic. If the user's tree has bootargs, they are kept instead.
 */
#define DEFAULT_BOOTARGS "console=ttyAMA0"

#define MPIDR_AFFINITY 0xff00ffffffULL
#define MAX_BOOTARGS   2048 /* COMMAND_LINE_SIZE of arm64 */
#define APB_CLOCK_HZ   24000000
#define RNG_SEED_SIZE  64
/* Extra room in a user's tree for /chosen and /memory. */
#define EDIT_ROOM      0x2000

/* The first error stays set, so a sequence of calls is checked once. */
struct writer {
	void *fdt;
	int error;
};

static void check(struct writer *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void begin(struct writer *w, const char *name)
{
	check(w, fdt_begin_node(w->fdt, name));
}

static void end(struct writer *w)
{
	check(w, fdt_end_node(w->fdt));
}

static void u32(struct writer *w, const char *name, uint32_t value)
{
	check(w, fdt_property_u32(w->fdt, name, value));
}

static void string(struct writer *w, const char *name, const char *value)
{
	check(w, fdt_property_string(w->fdt, name, value));
}

static void flag(struct writer *w, const char *name)
{
	check(w, fdt_property(w->fdt, name, NULL, 0));
}

static void cells(struct writer *w, const char *name, const uint32_t *cell,
		  unsigned int nr)
{
	fdt32_t be[16];

	for (unsigned int i = 0; i < nr; i++)
		be[i] = cpu_to_fdt32(cell[i]);
	check(w, fdt_property(w->fdt, name, be, nr * sizeof(*be)));
}

/* (address, size) pairs, two cells each. */
static void reg(struct writer *w, const uint64_t *pairs, unsigned int nr)
{
	fdt64_t be[4];

	for (unsigned int i = 0; i < nr; i++)
		be[i] = cpu_to_fdt64(pairs[i]);
	check(w, fdt_property(w->fdt, "reg", be, nr * sizeof(*be)));
}

static void cpus_write(struct writer *w, const struct vmm_fdt_params *p)
{
	char name[32];

	begin(w, "cpus");
	u32(w, "#address-cells", 2);
	u32(w, "#size-cells", 0);
	for (unsigned int i = 0; i < p->nr_cpus; i++) {
		uint64_t affinity = p->mpidr[i] & MPIDR_AFFINITY;

		snprintf(name, sizeof(name), "cpu@%" PRIx64, affinity);
		begin(w, name);
		string(w, "device_type", "cpu");
		string(w, "compatible", "arm,armv8");
		string(w, "enable-method", "psci");
		check(w, fdt_property_u64(w->fdt, "reg", affinity));
		end(w);
	}
	end(w);
}

static void psci_write(struct writer *w)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(w, "psci");
	check(w, fdt_property(w->fdt, "compatible", compatible,
			      sizeof(compatible)));
	string(w, "method", "hvc");
	end(w);
}

/* arm,arch_timer: secure, non-secure, virtual, hypervisor; active low level. */
static void timer_write(struct writer *w, const struct vmm_fdt_params *p)
{
	static const uint32_t ppi[] = { PPI_TIMER_SECURE, PPI_TIMER_PHYS,
					PPI_TIMER_VIRT, PPI_TIMER_HYP };
	/* GICv2 PPIs carry a mask of CPUs. */
	uint32_t cpus = p->gic_version == 2 ? (1U << p->nr_cpus) - 1 : 0;
	uint32_t mask = (uint32_t)FIELD_PREP(FDT_IRQ_CPUS, cpus);
	uint32_t irq[3 * ARRAY_SIZE(ppi)];

	for (unsigned int i = 0; i < ARRAY_SIZE(ppi); i++) {
		irq[3 * i] = FDT_IRQ_PPI;
		irq[3 * i + 1] = ppi[i];
		irq[3 * i + 2] = mask | FDT_IRQ_LEVEL;
	}
	begin(w, "timer");
	string(w, "compatible", "arm,armv8-timer");
	cells(w, "interrupts", irq, ARRAY_SIZE(irq));
	flag(w, "always-on");
	end(w);
}

static void gic_write(struct writer *w, const struct vmm_fdt_params *p)
{
	const uint64_t v2[] = { MAP_GICD, MAP_GICD_SIZE_V2, MAP_GICC,
				MAP_GICC_SIZE };
	const uint64_t v3[] = { MAP_GICD, MAP_GICD_SIZE_V3, MAP_GICR,
				MAP_GICR_SIZE * p->nr_cpus };
	bool is_v2 = p->gic_version == 2;

	begin(w, "interrupt-controller@8000000");
	string(w, "compatible", is_v2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
	flag(w, "interrupt-controller");
	u32(w, "#interrupt-cells", 3);
	u32(w, "#address-cells", 2);
	u32(w, "#size-cells", 2);
	flag(w, "ranges");
	reg(w, is_v2 ? v2 : v3, 4);
	u32(w, "phandle", FDT_PHANDLE_GIC);
	end(w);
}

static void clock_write(struct writer *w)
{
	begin(w, "apb-pclk");
	string(w, "compatible", "fixed-clock");
	u32(w, "#clock-cells", 0);
	u32(w, "clock-frequency", APB_CLOCK_HZ);
	string(w, "clock-output-names", "clk24mhz");
	u32(w, "phandle", FDT_PHANDLE_CLOCK);
	end(w);
}

static void chosen_write(struct writer *w)
{
	char path[32];

	snprintf(path, sizeof(path), "/pl011@%llx", MAP_PL011);
	begin(w, "chosen");
	string(w, "stdout-path", path);
	end(w);
}

/* Make our own tree, except /memory and the values of /chosen. */
static int tree_create(const struct vmm_fdt_params *p, void *buf, size_t size)
{
	struct writer w = { .fdt = buf };

	check(&w, fdt_create(buf, size));
	check(&w, fdt_finish_reservemap(buf));
	begin(&w, "");
	string(&w, "model", "trapline");
	string(&w, "compatible", "linux,dummy-virt");
	u32(&w, "#address-cells", 2);
	u32(&w, "#size-cells", 2);
	u32(&w, "interrupt-parent", FDT_PHANDLE_GIC);
	chosen_write(&w);
	cpus_write(&w, p);
	psci_write(&w);
	timer_write(&w, p);
	gic_write(&w, p);
	clock_write(&w);
	if (!w.error && p->devices)
		check(&w, p->devices(p->opaque, buf));
	end(&w);
	check(&w, fdt_finish(buf));
	/* Extend the tree to the whole buffer, so that it can be edited. */
	if (!w.error)
		check(&w, fdt_open_into(buf, buf, size));
	return w.error;
}

/* Our /memory replaces every memory node of the tree. */
static int memory_set(const struct vmm_fdt_params *p, void *fdt)
{
	int addr = fdt_address_cells(fdt, 0), cell = fdt_size_cells(fdt, 0);
	uint64_t end = p->ram->ipa + p->ram->size - 1;
	char name[32];
	int node, err;

	if (addr < 0 || cell < 0)
		return -FDT_ERR_BADNCELLS;
	if ((addr < 2 && end > UINT32_MAX) ||
	    (cell < 2 && p->ram->size > UINT32_MAX))
		return -FDT_ERR_BADNCELLS;
	while ((node = fdt_node_offset_by_prop_value(fdt, -1, "device_type",
						     "memory", 7)) >= 0) {
		err = fdt_del_node(fdt, node);
		if (err)
			return err;
	}
	snprintf(name, sizeof(name), "memory@%" PRIx64, p->ram->ipa);
	node = fdt_add_subnode(fdt, 0, name);
	if (node < 0)
		return node;
	err = fdt_setprop_string(fdt, node, "device_type", "memory");
	return err ? err
		   : fdt_appendprop_addrrange(fdt, 0, node, "reg", p->ram->ipa,
					      p->ram->size);
}

static int bootargs_set(const struct vmm_fdt_params *p, void *fdt, int chosen)
{
	char args[MAX_BOOTARGS];
	const char *old;
	int len, n;

	old = fdt_getprop(fdt, chosen, "bootargs", &len);
	if (!old || len <= 0 || old[len - 1] || !*old)
		old = DEFAULT_BOOTARGS;
	n = snprintf(args, sizeof(args), "%s%s%s", old, p->append ? " " : "",
		     p->append ? p->append : "");
	if (n < 0 || (size_t)n >= sizeof(args))
		return -FDT_ERR_BADVALUE;
	return fdt_setprop_string(fdt, chosen, "bootargs", args);
}

static int seeds_set(void *fdt, int chosen)
{
	uint8_t seed[RNG_SEED_SIZE];
	uint64_t kaslr;
	int err;

	if (getrandom(&kaslr, sizeof(kaslr), 0) != sizeof(kaslr) ||
	    getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -FDT_ERR_INTERNAL;
	err = fdt_setprop_u64(fdt, chosen, "kaslr-seed", kaslr);
	return err ? err
		   : fdt_setprop(fdt, chosen, "rng-seed", seed, sizeof(seed));
}

static int chosen_set(const struct vmm_fdt_params *p, void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	int err;

	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	if (chosen < 0)
		return chosen;
	err = bootargs_set(p, fdt, chosen);
	if (!err)
		err = seeds_set(fdt, chosen);
	if (err)
		return err;
	if (!p->initrd_size) {
		fdt_delprop(fdt, chosen, "linux,initrd-start");
		fdt_delprop(fdt, chosen, "linux,initrd-end");
		return 0;
	}
	err = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", p->initrd);
	return err ? err
		   : fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
				     p->initrd + p->initrd_size);
}

static int build_error(const struct vmm_fdt_params *p, int error, char *err,
		       size_t err_size)
{
	switch (error) {
	case -FDT_ERR_NOSPACE:
		snprintf(err, err_size,
			 "the device tree does not fit: give fewer devices "
			 "or a shorter --append");
		return -ENOSPC;
	case -FDT_ERR_BADVALUE:
		snprintf(err, err_size,
			 "the kernel command line has more than %d bytes: "
			 "give a shorter --append",
			 MAX_BOOTARGS - 1);
		return -EINVAL;
	case -FDT_ERR_BADNCELLS:
		snprintf(err, err_size,
			 "--dtb: its #address-cells and #size-cells are too "
			 "small for the address of memory: make them 2");
		return -EINVAL;
	default:
		snprintf(err, err_size, "%s: libfdt: %s",
			 p->base ? "--dtb" : "device tree",
			 fdt_strerror(error));
		return -EINVAL;
	}
}

int vmm_fdt_build(const struct vmm_fdt_params *params, void *buf, size_t size,
		  char *err, size_t err_size)
{
	int error;

	if (params->base)
		error = fdt_open_into(params->base, buf, size);
	else
		error = tree_create(params, buf, size);
	if (!error)
		error = memory_set(params, buf);
	if (!error)
		error = chosen_set(params, buf);
	if (!error)
		error = fdt_pack(buf);
	return error ? build_error(params, error, err, err_size) : 0;
}

size_t vmm_fdt_room(const void *base)
{
	return base ? fdt_totalsize(base) + EDIT_ROOM : VMM_FDT_SIZE;
}

static int tree_read(int fd, size_t size, void *buf)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = read(fd, (char *)buf + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

static int tree_open(const char *path, size_t *ret_size, char *err,
		     size_t err_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int error;

	if (fd < 0 || fstat(fd, &st)) {
		error = -errno;
		snprintf(err, err_size, "%s: %s", path, strerror(-error));
	} else if (!S_ISREG(st.st_mode) || !st.st_size ||
		   st.st_size > (off_t)SZ_2M) {
		error = -EBADMSG;
		snprintf(err, err_size,
			 "%s: no device tree blob: make one "
			 "with dtc -O dtb",
			 path);
	} else {
		*ret_size = st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

int vmm_fdt_read(const char *path, void **ret, size_t *ret_size, char *err,
		 size_t err_size)
{
	size_t size = 0;
	void *buf;
	int error, fd = tree_open(path, &size, err, err_size);

	if (fd < 0)
		return fd;
	buf = malloc(size);
	error = buf ? tree_read(fd, size, buf) : -ENOMEM;
	close(fd);
	if (error) {
		snprintf(err, err_size, "%s: %s", path, strerror(-error));
		goto free_buf;
	}
	error = size < sizeof(fdt32_t) || fdt_magic(buf) != FDT_MAGIC
			? -FDT_ERR_BADMAGIC
			: fdt_check_full(buf, size);
	if (error) {
		snprintf(err, err_size,
			 "%s: no valid device tree blob (%s): "
			 "make one with dtc -O dtb",
			 path, fdt_strerror(error));
		error = -EBADMSG;
		goto free_buf;
	}
	*ret = buf;
	*ret_size = size;
	return 0;

free_buf:
	free(buf);
	return error;
}
