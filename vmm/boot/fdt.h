/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdt.h - the guest's device tree
 *
 * Purpose
 *	Describes the guest's machine to its kernel. The tree is either made
 *	here completely, or is the user's (--dtb). In the user's tree only the
 *	values of this run are replaced: /chosen (bootargs, initrd, seeds) and
 *	/memory.
 *
 * Source: the Devicetree Specification, and the kernel's own bindings,
 * Documentation/devicetree/bindings/ (arm/cpus, arm/psci, timer/arm,arch_timer,
 * interrupt-controller/arm,gic and arm,gic-v3, chosen of dt-schema).
 *
 * Ownership and locking
 *	Buffers belong to the caller. The code has no state, may run on any
 *	thread and does not use KVM.
 */
#ifndef TRAPLINE_VMM_FDT_H
#define TRAPLINE_VMM_FDT_H

#include <trapline/guest.h>

/* Devices refer to these: interrupt-parent and clocks. */
#define FDT_PHANDLE_GIC   1
#define FDT_PHANDLE_CLOCK 2

/* "interrupts" cells: arm,gic-v3 binding. */
#define FDT_IRQ_SPI   0
#define FDT_IRQ_PPI   1
#define FDT_IRQ_EDGE  1
#define FDT_IRQ_LEVEL 4
#define FDT_IRQ_CPUS  GENMASK_ULL(15, 8) /* a GICv2's PPIs */

/* Enough room for the tree made here, with every device in it. */
#define VMM_FDT_SIZE SZ_64K

struct vmm_fdt_params {
	/*
	 * Start from this tree (vmm_fdt_read()) instead of making one. In that
	 * case only ram, initrd, append and the seeds are used.
	 */
	const void *base;
	const struct guest_ram *ram;
	ipa_t initrd;
	uint64_t initrd_size; /* 0: none */
	/* Kernel arguments after the default ones; NULL: none. */
	const char *append;
	unsigned int nr_cpus;
	const uint64_t *mpidr; /* MPIDR_EL1 of each vCPU */
	unsigned int gic_version; /* 2 or 3 */
	/*
	 * Append the devices' nodes to the root (libfdt sequential write). In
	 * the VMM this is bus_fdt(). Returns 0 or a negative libfdt error.
	 * NULL: there are no devices.
	 */
	int (*devices)(void *opaque, void *fdt);
	void *opaque;
};

/*
 * Write the tree to buf, which has size bytes. The seeds are new random numbers
 * on each call. Returns 0, or a negative errno with one line in err:
 *	-ENOSPC	 the tree does not fit
 *	-EINVAL	 the user's tree cannot hold a value, because its cells are
 *		 too narrow for the memory
 */
int vmm_fdt_build(const struct vmm_fdt_params *params, void *buf, size_t size,
		  char *err, size_t err_size);

/*
 * Read and check the user's device tree. *ret is from malloc(3). Returns 0, or
 * a negative errno with one line in err: -EBADMSG when the tree does not parse,
 * an error of open(2) or read(2), or -ENOMEM.
 */
int vmm_fdt_read(const char *path, void **ret, size_t *ret_size, char *err,
		 size_t err_size);

/*
 * The size that vmm_fdt_build() needs, for struct image_request.dtb_size. base
 * may be NULL.
 */
size_t vmm_fdt_room(const void *base);

#endif
