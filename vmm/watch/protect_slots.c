// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * protect_slots.c - guest RAM in KVM's memory slots, some of them read-only
 *
 * The back end of protect.h for an unmodified kernel. KVM_MEM_READONLY cannot
 * be changed on an existing slot. So a change deletes slots and makes new ones;
 * slots.c plans which.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, KVM_SET_USER_MEMORY_REGION,
 * "KVM_MEM_READONLY".
 */
#include "protect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "slots.h"
#include "vmm/vm.h"

#define DEFAULT_MAX_SLOTS 32

struct vm_slots {
	struct slots slots;
};

uint64_t protect_page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int slot_set(struct vm *vm, const struct slot *slot, bool exists)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot->id,
		.guest_phys_addr = slot->ipa,
		.memory_size = exists ? slot->size : 0,
		.userspace_addr =
			(uintptr_t)vm_ram_at(vm, slot->ipa, slot->size),
		.flags = slot->deny & GUEST_WRITE ? KVM_MEM_READONLY : 0,
	};

	if (slot->id == SLOT_NONE)
		return 0;
	return vm->kvm->region_set(vm->fd, &region);
}

/* Make or delete these slots in order. On an error, undo the changes. */
static int apply(struct vm *vm, const struct slot *slot, unsigned int nr,
		 bool exist)
{
	int err = 0;
	unsigned int i;

	for (i = 0; i < nr && !err; i++)
		err = slot_set(vm, &slot[i], exist);
	if (!err)
		return 0;
	while (--i)
		(void)slot_set(vm, &slot[i - 1], !exist);
	return err;
}

static int slots_set(struct vm *vm, ipa_t ipa, uint64_t size, unsigned int deny)
{
	struct slots *s = &vm->slots->slots;
	struct slots_plan plan;
	int err = slots_plan(s, ipa, size, deny, &plan);

	if (!err && plan.nr_add)
		err = slots_number(s, &plan);
	if (err || !plan.nr_add)
		return err;
	err = apply(vm, &s->slot[plan.first], plan.nr_old, false);
	if (!err) {
		err = apply(vm, plan.add, plan.nr_add, true);
		if (err)
			(void)apply(vm, &s->slot[plan.first], plan.nr_old,
				    true);
	}
	if (err)
		slots_abandon(s, &plan);
	else
		slots_commit(s, &plan);
	return err;
}

static int slots_restore(struct vm *vm)
{
	const struct slots *s = &vm->slots->slots;

	return apply(vm, s->slot, s->nr, true);
}

static int slots_create(struct vm *vm)
{
	int max = vm->kvm->check(vm->kvm_fd, KVM_CAP_NR_MEMSLOTS);
	int err;

	vm->slots = calloc(1, sizeof(*vm->slots));
	if (!vm->slots)
		return -ENOMEM;
	err = slots_init(&vm->slots->slots, vm->ram[0].ipa, vm->ram[0].size,
			 max > 0 ? (unsigned int)max : DEFAULT_MAX_SLOTS);
	return err ? err : slots_restore(vm);
}

static void slots_destroy(struct vm *vm)
{
	if (vm->slots)
		slots_deinit(&vm->slots->slots);
	free(vm->slots);
	vm->slots = NULL;
}

static void slots_print(struct vm *vm, FILE *out)
{
	const struct slots *s = &vm->slots->slots;

	fprintf(out, "memory slots: %u of %u\n", s->nr, s->max_ids);
}

const struct protect_ops protect_slots = {
	.name = "memory slots",
	.create = slots_create,
	.restore = slots_restore,
	.destroy = slots_destroy,
	.set = slots_set,
	.breaks_tables = true,
	.print = slots_print,
};
