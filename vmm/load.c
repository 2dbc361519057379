// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - fill guest RAM and point the first vCPU at it
 *
 * image.h loads the image and the initrd, fdt.h builds the device tree. Then
 * the registers are set as the kernel's boot protocol says
 * (Documentation/arch/arm64/booting.rst): x0 is the address of the tree, x1 to
 * x3 are 0, PC is the entry point, the MMU is off and DAIF is masked.
 * KVM_ARM_VCPU_INIT has set the last two. Each reset runs this again.
 */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <trapline/report.h>
#include "confine.h"
#include "regs.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/boot/fdt.h"
#include "vmm/boot/image.h"

static int devices_fdt(void *opaque, void *fdt)
{
	struct vm *vm = opaque;

	return bus_fdt(&vm->bus, fdt);
}

static int build_fdt(struct vm *vm, const void *base, char *err,
		     size_t err_size)
{
	uint64_t mpidr[GUEST_MAX_VCPUS];
	struct vmm_fdt_params params = {
		.base = base,
		.ram = vm->ram,
		.initrd = vm->image.initrd,
		.initrd_size = vm->image.initrd_size,
		.append = vm->config->append,
		.nr_cpus = vm->nr_vcpus,
		.mpidr = mpidr,
		.gic_version = vm->gic_version,
		.devices = devices_fdt,
		.opaque = vm,
	};
	void *dtb = vm_ram_at(vm, vm->image.dtb, vm->image.dtb_size);

	if (!dtb)
		return -EFAULT;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		int ret = vcpu_sysreg_get(&vm->vcpu[i], GUEST_MPIDR_EL1,
					  &mpidr[i]);

		if (ret) {
			snprintf(err, err_size, "CPU %u has no MPIDR_EL1", i);
			return ret;
		}
	}
	return vmm_fdt_build(&params, dtb, vm->image.dtb_size, err, err_size);
}

static int set_entry(struct vm *vm)
{
	struct vcpu *boot = &vm->vcpu[0];
	int err = vcpu_pc_set(boot, vm->image.entry);

	if (!err)
		err = vcpu_x_set(boot, 0, vm->image.x0);
	return err;
}

int vm_load(struct vm *vm)
{
	struct image_request request = {
		.kernel = vm_image_name(vm, VM_KERNEL, vm->config->kernel),
		.initrd = vm_image_name(vm, VM_INITRD, vm->config->initrd),
		.load_address = vm->config->load_address,
	};
	char line[256] = "";
	size_t base_size;
	void *base = NULL;
	int err = 0;

	if (vm->config->dtb)
		err = vmm_fdt_read(vm_image_name(vm, VM_DTB, vm->config->dtb),
				   &base, &base_size, line, sizeof(line));
	if (!err) {
		request.dtb_size = vmm_fdt_room(base);
		err = image_load(&request, vm->ram, &vm->image, line,
				 sizeof(line));
	}
	if (!err)
		err = build_fdt(vm, base, line, sizeof(line));
	free(base);
	if (!err)
		err = set_entry(vm);
	if (err)
		report(REPORT_ERROR, "%s",
		       line[0] ? line : "cannot start the first CPU");
	return err;
}
