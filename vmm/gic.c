// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gic.c - the guest's interrupt controller: KVM's own, of the host's kind
 *
 * Source: Documentation/virt/kvm/devices/arm-vgic.rst and arm-vgic-v3.rst.
 * GICv3 is tried first. A host offers only its own kind if it has a GICv2, or a
 * GICv3 without GICv2 compatibility. There is no ITS: nothing here needs MSIs.
 */
#include "gic.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>
#include "map.h"
#include "vm.h"

#define GICV2_MAX_VCPUS 8
#define FIRST_SPI       32

/* value points to a u32 or a u64, depending on the attribute. */
static int gic_attr(struct vm *vm, uint32_t group, uint64_t attr, void *value)
{
	struct kvm_device_attr a = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	return vm->kvm->device_attr(vm->gic_fd, &a);
}

static int gic_device(struct vm *vm, uint32_t type)
{
	struct kvm_create_device dev = { .type = type };
	int err = vm->kvm->device_create(vm->fd, &dev);

	if (!err)
		vm->gic_fd = (int)dev.fd;
	return err;
}

static int gic_addresses(struct vm *vm)
{
	uint64_t dist = MAP_GICD, redist = MAP_GICR, cpu = MAP_GICC;
	int err;

	if (vm->gic_version == 3) {
		err = gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
			       KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
		if (err)
			return err;
		return gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
				KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	}
	err = gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
		       KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);
	if (err)
		return err;
	return gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_ADDR,
			KVM_VGIC_V2_ADDR_TYPE_CPU, &cpu);
}

int gic_create(struct vm *vm)
{
	uint32_t nr_irqs = FIRST_SPI + NR_SPIS;
	int err;

	vm->gic_version = 3;
	err = gic_device(vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	if (err) {
		vm->gic_version = 2;
		err = gic_device(vm, KVM_DEV_TYPE_ARM_VGIC_V2);
	}
	if (err) {
		report(REPORT_ERROR,
		       "no GICv3 or GICv2 for guests on this machine: "
		       "%s",
		       strerror(-err));
		return err;
	}
	if (vm->gic_version == 2 && vm->nr_vcpus > GICV2_MAX_VCPUS) {
		report(REPORT_ERROR,
		       "--cpus %u: guests of this host get a GICv2, which "
		       "has at most %d CPUs",
		       vm->nr_vcpus, GICV2_MAX_VCPUS);
		return -E2BIG;
	}
	err = gic_addresses(vm);
	if (!err)
		err = gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	if (err)
		report(REPORT_ERROR, "cannot set up the GICv%u: %s",
		       vm->gic_version, strerror(-err));
	return err;
}

int gic_init(struct vm *vm)
{
	int err = gic_attr(vm, KVM_DEV_ARM_VGIC_GRP_CTRL,
			   KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);

	if (err)
		report(REPORT_ERROR, "cannot start the GICv%u: %s",
		       vm->gic_version, strerror(-err));
	return err;
}

void gic_irq_set(struct vm *vm, unsigned int spi, bool level)
{
	struct kvm_irq_level line = {
		.irq = (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) |
		       (FIRST_SPI + spi),
		.level = level,
	};

	/* Fails only while a reset replaces the GIC; devices are reset too. */
	if (spi < NR_SPIS)
		vm->kvm->irq_line(vm->fd, &line);
}
