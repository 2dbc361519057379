// SPDX-License-Identifier: GPL-2.0-only
/*
 * Denied pages are ranges of a maple tree. One store replaces all ranges that
 * it overlaps, and a denial of the whole IPA space costs one entry. This file
 * only unmaps from stage 2; the fault path (fault.c) maps what is allowed.
 *
 * The list of watched ranges is replaced as a whole, so that a look-up is a
 * binary search in an array.
 */
#include "deny.h"

#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <trapline/abi.h>
#include "quick.h"
#include "vm.h"

struct deny_range {
	u64 first, last;
};

void deny_init(struct deny *deny)
{
	mt_init(&deny->pages);
	deny->changes = 1;
}

void deny_deinit(struct deny *deny)
{
	mtree_destroy(&deny->pages);
	kvfree(deny->read.range);
	kvfree(deny->write.range);
}

long deny_set_attributes(struct vm *vm, unsigned long arg)
{
	struct kvm_memory_attributes attr;
	void *entry = NULL;
	int ret;

	if (copy_from_user(&attr, (void __user *)arg, sizeof(attr)))
		return -EFAULT;
	if (attr.flags || (attr.attributes & ~TRAPLINE_MEMORY_DENY_ALL))
		return -EINVAL;
	if (!attr.size || !PAGE_ALIGNED(attr.address | attr.size) ||
	    attr.address >= BIT_ULL(vm->ipa_bits) ||
	    attr.size > BIT_ULL(vm->ipa_bits) - attr.address)
		return -EINVAL;
	if (attr.attributes)
		entry = xa_mk_value(attr.attributes);
	down_write(&vm->slots_lock);
	ret = mtree_store_range(&vm->deny.pages, attr.address >> PAGE_SHIFT,
				(attr.address + attr.size - 1) >> PAGE_SHIFT,
				entry, GFP_KERNEL_ACCOUNT);
	if (!ret) {
		quick_forget(vm);
		spin_lock(&vm->stage2.lock);
		stage2_unmap(&vm->stage2, attr.address, attr.size, true);
		spin_unlock(&vm->stage2.lock);
	}
	up_write(&vm->slots_lock);
	return ret;
}

unsigned int deny_page(struct deny *deny, u64 ipa)
{
	void *entry;

	if (mtree_empty(&deny->pages))
		return 0;
	entry = mtree_load(&deny->pages, ipa >> PAGE_SHIFT);
	return entry ? xa_to_value(entry) : 0;
}

bool deny_none(struct deny *deny, u64 ipa, u64 size)
{
	unsigned long index = ipa >> PAGE_SHIFT;

	return mtree_empty(&deny->pages) ||
	       !mt_find(&deny->pages, &index, (ipa + size - 1) >> PAGE_SHIFT);
}

/* Index of the first range that ends at ipa or after it; list->nr: none. */
static unsigned int list_find(const struct deny_list *list, u64 ipa)
{
	unsigned int low = 0, high = list->nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (list->range[mid].last < ipa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct deny_list *list_of(const struct deny *deny, bool write)
{
	return write ? &deny->write : &deny->read;
}

bool deny_watched(const struct deny *deny, bool write, u64 ipa, u64 size)
{
	const struct deny_list *list = list_of(deny, write);
	unsigned int next = list_find(list, ipa);

	return next < list->nr && list->range[next].first <= ipa + size - 1;
}

bool deny_gap(const struct deny *deny, bool write, u64 ipa, u64 *first,
	      u64 *last)
{
	const struct deny_list *list = list_of(deny, write);
	unsigned int next = list_find(list, ipa);

	if (next < list->nr && list->range[next].first <= ipa)
		return false;
	if (next < list->nr)
		*last = min(*last, list->range[next].first - 1);
	if (next)
		*first = max(*first, list->range[next - 1].last + 1);
	return true;
}

static int range_compare(const void *a, const void *b)
{
	const struct deny_range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static void list_merge(struct deny_list *list)
{
	struct deny_range *range = list->range;
	unsigned int nr = 0;

	sort(range, list->nr, sizeof(*range), range_compare, NULL);
	for (unsigned int i = 0; i < list->nr; i++) {
		if (nr && range[i].first <= range[nr - 1].last)
			range[nr - 1].last =
				max(range[nr - 1].last, range[i].last);
		else
			range[nr++] = range[i];
	}
	list->nr = nr;
}

/* Fill the list with those of user's ranges that have this kind. */
static int list_fill(struct deny_list *list,
		     const struct trapline_watch_range *user, unsigned int nr,
		     u32 kind)
{
	list->range =
		kvmalloc_array(nr, sizeof(*list->range), GFP_KERNEL_ACCOUNT);
	if (!list->range)
		return -ENOMEM;
	list->nr = 0;
	for (unsigned int i = 0; i < nr; i++)
		if (user[i].kinds & kind)
			list->range[list->nr++] = (struct deny_range){
				user[i].ipa, user[i].ipa + user[i].size - 1
			};
	list_merge(list);
	return 0;
}

static int watch_check(const struct trapline_watch_range *range,
		       unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!range[i].size || range[i].reserved || !range[i].kinds ||
		    range[i].ipa + (range[i].size - 1) < range[i].ipa ||
		    (range[i].kinds &
		     ~(TRAPLINE_WATCH_READ | TRAPLINE_WATCH_WRITE)))
			return -EINVAL;
	return 0;
}

/* Takes over user, and frees it. */
static int watch_replace(struct vm *vm, struct trapline_watch_range *user,
			 const struct trapline_watch *watch)
{
	struct deny_list read = {}, write = {};
	int ret = watch_check(user, watch->nr);

	if (!ret && watch->nr)
		ret = list_fill(&read, user, watch->nr, TRAPLINE_WATCH_READ);
	if (!ret && watch->nr)
		ret = list_fill(&write, user, watch->nr, TRAPLINE_WATCH_WRITE);
	kvfree(user);
	if (!ret) {
		down_write(&vm->slots_lock);
		swap(vm->deny.read, read);
		swap(vm->deny.write, write);
		vm->deny.finish = watch->flags & TRAPLINE_WATCH_FINISH;
		quick_forget(vm);
		up_write(&vm->slots_lock);
	}
	kvfree(read.range);
	kvfree(write.range);
	return ret;
}

long deny_set_watch(struct vm *vm, unsigned long arg)
{
	struct trapline_watch_range *user = NULL;
	struct trapline_watch watch;
	size_t size;

	if (copy_from_user(&watch, (void __user *)arg, sizeof(watch)))
		return -EFAULT;
	if (watch.flags & ~TRAPLINE_WATCH_FINISH)
		return -EINVAL;
	if (watch.nr > DENY_MAX_RANGES)
		return -E2BIG;
	size = watch.nr * sizeof(*user);
	if (size) {
		user = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!user)
			return -ENOMEM;
		if (copy_from_user(user, u64_to_user_ptr(watch.ranges), size)) {
			kvfree(user);
			return -EFAULT;
		}
	}
	return watch_replace(vm, user, &watch);
}
