/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.h - memory slots: the process memory at each IPA
 *
 * A change of slots or of their dirty logs needs vm->slots_lock held for
 * writing, and also stage2.lock, because the MMU notifier cannot take
 * slots_lock.
 */
#ifndef TRAPLINE_KMOD_SLOTS_H
#define TRAPLINE_KMOD_SLOTS_H

#include <linux/mmu_notifier.h>
#include <linux/types.h>

struct vm;
struct vm_slot;

extern const struct mmu_notifier_ops slots_notifier_ops;

/* Under slots_lock: return the slot that contains ipa, or NULL. */
struct vm_slot *slots_find(struct vm *vm, u64 ipa);
/*
 * Under slots_lock: note in the dirty log that the page at ipa is written to.
 */
void slots_mark_dirty(struct vm_slot *slot, u64 ipa);

/* The VM's ioctls. They return the errors that KVM returns. */
long slots_set_memory(struct vm *vm, unsigned long arg);
long slots_set_memory2(struct vm *vm, unsigned long arg);
long slots_get_dirty(struct vm *vm, unsigned long arg);
void slots_deinit(struct vm *vm);

#endif
