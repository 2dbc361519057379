// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of the VGIC's frames. Source:
 * Documentation/virt/kvm/devices/arm-vgic-v3.rst, KVM_DEV_ARM_VGIC_GRP_ADDR.
 * The redistributors are in one region with room for all vCPUs
 * (ADDR_TYPE_REDIST), or in numbered regions of given length
 * (ADDR_TYPE_REDIST_REGION). vCPUs get their places in the order of creation.
 * If frames overlap or are missing, the first KVM_RUN fails.
 */
#include "vgic.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include "vcpu.h"
#include "vgic_state.h"
#include "vm.h"

#define REGION_INDEX GENMASK_ULL(11, 0)
#define REGION_FLAGS GENMASK_ULL(15, 12)
#define REGION_BASE  GENMASK_ULL(51, 16)
#define REGION_COUNT GENMASK_ULL(63, 52)
#define BASE_ALIGN   SZ_64K

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static u64 region_size(struct vm *vm, const struct vgic_region *region)
{
	u64 nr = region->count;

	if (!nr)
		nr = smp_load_acquire(&vm->nr_vcpus); /* see vcpu_create_fd() */
	return VGIC_REDIST_SIZE * nr;
}

static int range_check(struct vm *vm, u64 base, u64 size)
{
	if (base % BASE_ALIGN || base + size < base)
		return -EINVAL;
	if (base + size > BIT_ULL(vm->ipa_bits))
		return -E2BIG;
	return 0;
}

/* The nth vCPU in order of creation. There are few, so a search is cheap. */
static struct vcpu *vcpu_nth(struct vm *vm, unsigned int n)
{
	vm_each_vcpu(vm, vcpu)
		if (vcpu->nth == n)
			return vcpu;
	return NULL;
}

static void place(struct vgic *vgic, struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < vgic->nr_regions; i++) {
		struct vgic_region *region = &vgic->regions[i];

		if (region->count && region->used == region->count)
			continue;
		vcpu->vgic.redist =
			region->base + region->used++ * VGIC_REDIST_SIZE;
		return;
	}
}

void vgic_redist_place(struct vm *vm)
{
	struct vcpu *vcpu;

	lockdep_assert_held(&vm->lock);
	for (unsigned int n = 0; (vcpu = vcpu_nth(vm, n)); n++)
		if (vcpu->vgic.redist == VGIC_UNSET)
			place(vm->vgic, vcpu);
}

static int region_add(struct vm *vm, const struct vgic_region *add)
{
	struct vgic *vgic = vm->vgic;
	int ret = range_check(vm, add->base, region_size(vm, add));

	if (ret)
		return ret;
	if (vgic->nr_regions == ARRAY_SIZE(vgic->regions))
		return -ENOSPC;
	for (unsigned int i = 0; i < vgic->nr_regions; i++)
		if (overlap(add->base, region_size(vm, add),
			    vgic->regions[i].base,
			    region_size(vm, &vgic->regions[i])))
			return -EINVAL;
	vgic->regions[vgic->nr_regions] = *add;
	/* Running vCPUs read nr_regions without a lock. */
	smp_store_release(&vgic->nr_regions, vgic->nr_regions + 1);
	vgic_redist_place(vm);
	return 0;
}

static int redist_set(struct vm *vm, u64 base)
{
	const struct vgic_region region = { .base = base };
	struct vgic *vgic = vm->vgic;

	if (vgic->nr_regions)
		return vgic->regions[0].count ? -EINVAL : -EEXIST;
	return region_add(vm, &region);
}

static int region_set(struct vm *vm, u64 value)
{
	const struct vgic_region region = {
		.base = value & REGION_BASE,
		.count = FIELD_GET(REGION_COUNT, value),
	};
	struct vgic *vgic = vm->vgic;

	if (FIELD_GET(REGION_FLAGS, value) || !region.count ||
	    FIELD_GET(REGION_INDEX, value) != vgic->nr_regions ||
	    (vgic->nr_regions && !vgic->regions[0].count))
		return -EINVAL;
	if (vgic->dist_base != VGIC_UNSET &&
	    overlap(region.base, region_size(vm, &region), vgic->dist_base,
		    VGIC_DIST_SIZE))
		return -EINVAL;
	return region_add(vm, &region);
}

int vgic_addr_set(struct vm *vm, u64 attr, u64 value)
{
	struct vgic *vgic = vm->vgic;
	int ret;

	lockdep_assert_held(&vm->lock);
	switch (attr) {
	case KVM_VGIC_V3_ADDR_TYPE_DIST:
		if (vgic->dist_base != VGIC_UNSET)
			return -EEXIST;
		ret = range_check(vm, value, VGIC_DIST_SIZE);
		if (!ret)
			vgic->dist_base = value;
		return ret;
	case KVM_VGIC_V3_ADDR_TYPE_REDIST:
		return redist_set(vm, value);
	case KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		return region_set(vm, value);
	default:
		return -ENXIO;
	}
}

int vgic_addr_get(struct vm *vm, u64 attr, u64 *value)
{
	struct vgic *vgic = vm->vgic;
	unsigned int i = FIELD_GET(REGION_INDEX, *value);

	switch (attr) {
	case KVM_VGIC_V3_ADDR_TYPE_DIST:
		*value = vgic->dist_base;
		return 0;
	case KVM_VGIC_V3_ADDR_TYPE_REDIST:
		if (vgic->nr_regions && vgic->regions[0].count)
			return -EINVAL;
		*value = vgic->nr_regions ? vgic->regions[0].base : VGIC_UNSET;
		return 0;
	case KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		if (vgic->nr_regions && !vgic->regions[0].count)
			return -EINVAL;
		if (i >= vgic->nr_regions)
			return -ENOENT;
		*value = vgic->regions[i].base | i |
			 FIELD_PREP(REGION_COUNT, vgic->regions[i].count);
		return 0;
	default:
		return -ENXIO;
	}
}

static int places_check(struct vm *vm)
{
	struct vgic *vgic = vm->vgic;

	vm_each_vcpu(vm, vcpu)
		if (vcpu->vgic.redist == VGIC_UNSET)
			return -ENXIO;
	if (vgic->dist_base == VGIC_UNSET)
		return -ENXIO;
	for (unsigned int i = 0; i < vgic->nr_regions; i++) {
		struct vgic_region *region = &vgic->regions[i];
		u64 size = region_size(vm, region);

		if (range_check(vm, region->base, size) ||
		    overlap(region->base, size, vgic->dist_base,
			    VGIC_DIST_SIZE))
			return -EINVAL;
	}
	return vgic->ready ? 0 : -EBUSY;
}

int vgic_run_check(struct vm *vm)
{
	/* Pairs with the release in vgic_create_device(). */
	struct vgic *vgic = smp_load_acquire(&vm->vgic);
	int ret;

	if (!vgic || READ_ONCE(vgic->placed))
		return 0;
	mutex_lock(&vm->lock);
	ret = places_check(vm);
	if (!ret)
		WRITE_ONCE(vgic->placed, true);
	mutex_unlock(&vm->lock);
	return ret;
}

struct vcpu *vgic_redist_find(struct vm *vm, u64 ipa, u64 *ret_offset)
{
	struct vgic *vgic = vm->vgic;
	/* Pairs with the release at the end of region_add(). */
	unsigned int nr = smp_load_acquire(&vgic->nr_regions);

	for (unsigned int i = 0; i < nr; i++) {
		if (ipa - vgic->regions[i].base >=
		    region_size(vm, &vgic->regions[i]))
			continue;
		vm_each_vcpu(vm, vcpu) {
			if (ipa - vcpu->vgic.redist >= VGIC_REDIST_SIZE)
				continue;
			*ret_offset = ipa - vcpu->vgic.redist;
			return vcpu;
		}
	}
	return NULL;
}

/*
 * True: this redistributor is the last of its region, and no other region
 * continues at its end.
 */
bool vgic_redist_last(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	u64 end = vcpu->vgic.redist + VGIC_REDIST_SIZE;
	bool last = false;

	if (vcpu->vgic.redist == VGIC_UNSET)
		return false;
	for (unsigned int i = 0; i < vgic->nr_regions; i++) {
		struct vgic_region *region = &vgic->regions[i];

		if (region->base == end && region->used)
			return false;
		last |= region->base + region->used * VGIC_REDIST_SIZE == end;
	}
	return last;
}
