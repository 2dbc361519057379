// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots, the MMU notifier, the dirty log. Source:
 * Documentation/virt/kvm/api.rst, KVM_SET_USER_MEMORY_REGION and
 * KVM_GET_DIRTY_LOG.
 *
 * A slot with a dirty log is mapped by pages, each read-only until it is
 * written to (fault.c). Reading the log makes the pages read-only again.
 */
#include "slots.h"

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm.h>
#include "compat.h"
#include "quick.h"
#include "vm.h"

#define SLOT_FLAGS (KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES)

struct vm_slot *slots_find(struct vm *vm, u64 ipa)
{
	unsigned int low = 0, high = vm->nr_sorted;

	lockdep_assert_held(&vm->slots_lock);
	/* Find the last slot that does not begin above ipa. */
	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (vm->sorted[mid]->ipa <= ipa)
			low = mid;
		else
			high = mid;
	}
	if (low < high && ipa - vm->sorted[low]->ipa < vm->sorted[low]->size)
		return vm->sorted[low];
	return NULL;
}

/*
 * The part of the slot that lies in these addresses of the process. False:
 * there is no such part.
 */
static bool overlap(const struct vm_slot *slot, unsigned long start,
		    unsigned long end, u64 *ret_ipa, u64 *ret_size)
{
	u64 first = max_t(u64, start, slot->hva);
	u64 last = min_t(u64, end, slot->hva + slot->size);

	*ret_ipa = slot->ipa + (first - slot->hva);
	*ret_size = last - first;
	return first < last;
}

static int invalidate_start(struct mmu_notifier *mn,
			    const struct mmu_notifier_range *range)
{
	struct vm *vm = container_of(mn, struct vm, notifier);
	bool yields = mmu_notifier_range_blockable(range);
	unsigned long changes;
	u64 ipa, size;

	spin_lock(&vm->stage2.lock);
	vm->stage2.inv_count++;
	changes = vm->slots_changes;
	for (unsigned int i = 0; i < vm->nr_sorted; i++) {
		if (!overlap(vm->sorted[i], range->start, range->end, &ipa,
			     &size))
			continue;
		stage2_unmap(&vm->stage2, ipa, size, yields);
		/*
		 * The lock may have been released, and slots may have changed:
		 * restart.
		 */
		if (changes != vm->slots_changes)
			i = -1;
		changes = vm->slots_changes;
	}
	spin_unlock(&vm->stage2.lock);
	return 0;
}

static bool young(struct mmu_notifier *mn, unsigned long start,
		  unsigned long end, bool clear)
{
	struct vm *vm = container_of(mn, struct vm, notifier);
	bool ret = false;
	u64 ipa, size;

	spin_lock(&vm->stage2.lock);
	for (unsigned int i = 0; i < vm->nr_sorted; i++)
		if (overlap(vm->sorted[i], start, end, &ipa, &size))
			ret |= stage2_young(&vm->stage2, ipa, size, clear);
	spin_unlock(&vm->stage2.lock);
	return ret;
}

static compat_young clear_young(struct mmu_notifier *mn, struct mm_struct *mm,
				unsigned long start, unsigned long end)
{
	return young(mn, start, end, true);
}

static compat_young test_young(struct mmu_notifier *mn, struct mm_struct *mm,
			       unsigned long address)
{
	return young(mn, address, address + PAGE_SIZE, false);
}

static void invalidate_end(struct mmu_notifier *mn,
			   const struct mmu_notifier_range *range)
{
	struct vm *vm = container_of(mn, struct vm, notifier);

	spin_lock(&vm->stage2.lock);
	vm->stage2.inv_seq++;
	vm->stage2.inv_count--;
	spin_unlock(&vm->stage2.lock);
}

/* The process exits, and its pages go with it. */
static void notifier_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct vm *vm = container_of(mn, struct vm, notifier);

	spin_lock(&vm->stage2.lock);
	stage2_unmap(&vm->stage2, 0, BIT_ULL(vm->stage2.ipa_bits), true);
	vm->stage2.inv_seq++;
	spin_unlock(&vm->stage2.lock);
}

const struct mmu_notifier_ops slots_notifier_ops = {
	.invalidate_range_start = invalidate_start,
	.invalidate_range_end = invalidate_end,
	.clear_flush_young = clear_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.release = notifier_release,
};

static int region_check(struct vm *vm,
			const struct kvm_userspace_memory_region *region)
{
	u64 ipa = region->guest_phys_addr, size = region->memory_size;

	if (region->slot >= VM_MAX_SLOTS || (region->flags & ~SLOT_FLAGS))
		return -EINVAL;
	if (!PAGE_ALIGNED(ipa | size | region->userspace_addr) ||
	    size >> PAGE_SHIFT > INT_MAX)
		return -EINVAL;
	/*
	 * The notifier's ranges have no tag, so a tagged slot would not match
	 * them.
	 */
	if (region->userspace_addr != untagged_addr(region->userspace_addr))
		return -EINVAL;
	if (ipa + size < ipa ||
	    !access_ok((void __user *)region->userspace_addr, size))
		return -EINVAL;
	if (ipa + size > BIT_ULL(vm->ipa_bits))
		return -EFAULT;
	for (unsigned int i = 0; i < vm->nr_sorted && size; i++) {
		const struct vm_slot *slot = vm->sorted[i];

		if (slot != &vm->slots[region->slot] &&
		    ipa < slot->ipa + slot->size && slot->ipa < ipa + size)
			return -EEXIST;
	}
	return 0;
}

/* An existing slot may change only its IPA and its dirty log. */
static int change_check(const struct vm_slot *slot,
			const struct kvm_userspace_memory_region *region)
{
	if (!slot->size)
		return region->memory_size ? 0 : -EINVAL;
	if (region->memory_size &&
	    (region->memory_size != slot->size ||
	     region->userspace_addr != slot->hva ||
	     ((region->flags ^ slot->flags) & KVM_MEM_READONLY)))
		return -EINVAL;
	return 0;
}

static size_t dirty_bytes(u64 size)
{
	return BITS_TO_LONGS(size >> PAGE_SHIFT) * sizeof(long);
}

static void sort_slots(struct vm *vm)
{
	unsigned int nr = 0, i;

	for (struct vm_slot *slot = vm->slots; slot < vm->slots + VM_MAX_SLOTS;
	     slot++) {
		if (!slot->size)
			continue;
		for (i = nr++; i && vm->sorted[i - 1]->ipa > slot->ipa; i--)
			vm->sorted[i] = vm->sorted[i - 1];
		vm->sorted[i] = slot;
	}
	vm->nr_sorted = nr;
	vm->slots_changes++;
}

/*
 * dirty is the new log, if the slot gets one. Frees the log that is not used
 * any more.
 */
static void slot_change(struct vm *vm, struct vm_slot *slot,
			const struct kvm_userspace_memory_region *region,
			unsigned long *dirty)
{
	spin_lock(&vm->stage2.lock);
	/*
	 * Unmap the whole slot: with a log it is mapped by pages, without one
	 * by blocks if possible.
	 */
	if (slot->size)
		stage2_unmap(&vm->stage2, slot->ipa, slot->size, true);
	slot->ipa = region->guest_phys_addr;
	slot->size = region->memory_size;
	slot->hva = region->userspace_addr;
	slot->flags = region->flags;
	if (!slot->dirty == !!dirty)
		swap(slot->dirty, dirty);
	sort_slots(vm);
	vm->stage2.inv_seq++;
	quick_forget(vm);
	spin_unlock(&vm->stage2.lock);
	kvfree(dirty);
}

static int slots_set(struct vm *vm,
		     const struct kvm_userspace_memory_region *region)
{
	unsigned long *dirty = NULL;
	struct vm_slot *slot;
	int ret;

	down_write(&vm->slots_lock);
	ret = region_check(vm, region);
	if (ret)
		goto unlock;
	slot = &vm->slots[region->slot];
	ret = change_check(slot, region);
	if (ret || (slot->size && region->memory_size &&
		    slot->ipa == region->guest_phys_addr &&
		    slot->flags == region->flags))
		goto unlock;
	if (region->memory_size && (region->flags & KVM_MEM_LOG_DIRTY_PAGES)) {
		dirty = kvzalloc(dirty_bytes(region->memory_size),
				 GFP_KERNEL_ACCOUNT);
		if (!dirty) {
			ret = -ENOMEM;
			goto unlock;
		}
	}
	slot_change(vm, slot, region, dirty);
unlock:
	up_write(&vm->slots_lock);
	return ret;
}

long slots_set_memory(struct vm *vm, unsigned long arg)
{
	struct kvm_userspace_memory_region region;

	if (copy_from_user(&region, (void __user *)arg, sizeof(region)))
		return -EFAULT;
	return slots_set(vm, &region);
}

/*
 * Guest memory by descriptor is not supported. Without it this call is the same
 * as KVM_SET_USER_MEMORY_REGION.
 */
long slots_set_memory2(struct vm *vm, unsigned long arg)
{
	struct kvm_userspace_memory_region2 args;
	struct kvm_userspace_memory_region region;

	if (copy_from_user(&args, (void __user *)arg, sizeof(args)))
		return -EFAULT;
	region.slot = args.slot;
	region.flags = args.flags;
	region.guest_phys_addr = args.guest_phys_addr;
	region.memory_size = args.memory_size;
	region.userspace_addr = args.userspace_addr;
	return slots_set(vm, &region);
}

void slots_mark_dirty(struct vm_slot *slot, u64 ipa)
{
	if (slot->dirty)
		set_bit((ipa - slot->ipa) >> PAGE_SHIFT, slot->dirty);
}

/* Copy the log and clear it. The caller frees the copy. */
static int dirty_take(struct vm *vm, struct vm_slot *slot,
		      unsigned long **ret_copy, size_t *ret_bytes)
{
	size_t bytes = dirty_bytes(slot->size);
	unsigned long *copy;

	if (!slot->dirty)
		return -ENOENT;
	copy = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, slot->dirty, bytes);
	memset(slot->dirty, 0, bytes);
	spin_lock(&vm->stage2.lock);
	stage2_protect(&vm->stage2, slot->ipa, copy, slot->size >> PAGE_SHIFT);
	spin_unlock(&vm->stage2.lock);
	*ret_copy = copy;
	*ret_bytes = bytes;
	return 0;
}

long slots_get_dirty(struct vm *vm, unsigned long arg)
{
	struct kvm_dirty_log log;
	unsigned long *copy;
	size_t bytes;
	int ret;

	if (copy_from_user(&log, (void __user *)arg, sizeof(log)))
		return -EFAULT;
	if (log.slot >= VM_MAX_SLOTS)
		return -EINVAL;
	down_write(&vm->slots_lock);
	ret = dirty_take(vm, &vm->slots[log.slot], &copy, &bytes);
	up_write(&vm->slots_lock);
	if (ret)
		return ret;
	if (copy_to_user(log.dirty_bitmap, copy, bytes))
		ret = -EFAULT;
	kvfree(copy);
	return ret;
}

void slots_deinit(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_sorted; i++)
		kvfree(vm->sorted[i]->dirty);
}
