/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.h - memory slots: which process memory is at which IPA
 *
 * Slots and their dirty logs change under vm->slots_lock held for writing
 * and, for the MMU notifier, which cannot take that, under stage2.lock.
 */
#ifndef TRAPLINE_KMOD_SLOTS_H
#define TRAPLINE_KMOD_SLOTS_H

#include <linux/mmu_notifier.h>
#include <linux/types.h>

struct vm;
struct vm_slot;

extern const struct mmu_notifier_ops slots_notifier_ops;

/* Under slots_lock: the slot ipa is in, or NULL. */
struct vm_slot *slots_find(struct vm *vm, u64 ipa);
/* Under slots_lock: the page at ipa is written to; for the dirty log. */
void slots_mark_dirty(struct vm_slot *slot, u64 ipa);

/* The VM's ioctls, with KVM's errors. */
long slots_set_memory(struct vm *vm, unsigned long arg);
long slots_set_memory2(struct vm *vm, unsigned long arg);
long slots_get_dirty(struct vm *vm, unsigned long arg);
void slots_deinit(struct vm *vm);

#endif
