/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdt.h - the guest's device tree
 *
 * Purpose
 *	Says to the guest what machine it runs on: a complete tree made here,
 *	or the user's own (--dtb) with only what depends on this run put in:
 *	/chosen (bootargs, initrd, seeds) and /memory.
 *
 * Source: the Devicetree Specification, and the kernel's own bindings,
 * Documentation/devicetree/bindings/ (arm/cpus, arm/psci, timer/arm,arch_timer,
 * interrupt-controller/arm,gic and arm,gic-v3, chosen of dt-schema).
 *
 * Ownership and locking
 *	Buffers belong to the caller. No state, any thread, no KVM.
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

/* Room that is enough for the tree made here with every device in it. */
#define VMM_FDT_SIZE SZ_64K

struct vmm_fdt_params {
	/*
	 * Start from this tree (vmm_fdt_read()) instead of making one; then
	 * only ram, initrd, append and the seeds below are used.
	 */
	const void *base;
	const struct guest_ram *ram;
	ipa_t initrd;
	uint64_t initrd_size; /* 0: none */
	/* Kernel arguments after the default ones; NULL: none. */
	const char *append;
	unsigned int nr_cpus;
	const uint64_t *mpidr; /* of each vCPU, as MPIDR_EL1 reads */
	unsigned int gic_version; /* 2 or 3 */
	/*
	 * Append the devices' nodes to the root (libfdt sequential write):
	 * bus_fdt() in the VMM. 0 or a negative libfdt error. NULL: none.
	 */
	int (*devices)(void *opaque, void *fdt);
	void *opaque;
};

/*
 * Write the tree to buf, size bytes in all. Seeds are fresh random numbers
 * each time. Returns 0, or a negative errno with one line in err:
 *	-ENOSPC	 does not fit
 *	-EINVAL	 the user's tree cannot say what has to be said in it (cells too
 *		 narrow for the memory)
 */
int vmm_fdt_build(const struct vmm_fdt_params *params, void *buf, size_t size,
		  char *err, size_t err_size);

/*
 * Read and check the user's device tree. *ret is from malloc(3). Returns 0, or
 * a negative errno with one line in err: -EBADMSG when it does not parse, what
 * open(2), read(2) said, -ENOMEM.
 */
int vmm_fdt_read(const char *path, void **ret, size_t *ret_size, char *err,
		 size_t err_size);

/*
 * How much room vmm_fdt_build() needs: for struct image_request.dtb_size.
 * base may be NULL.
 */
size_t vmm_fdt_room(const void *base);

#endif
