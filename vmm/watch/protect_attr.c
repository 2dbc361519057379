// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * protect_attr.c - deny single pages: /dev/trapline
 *
 * The back end of protect.h for a kernel that has permissions of guest pages.
 * All RAM is one memory slot, and a watched page stays in it. The watch engine
 * knows which pages are watched; after a reset it sets them again.
 *
 * Source: include/trapline/abi.h, "permissions of guest pages", "watched
 * bytes".
 */
#include "protect.h"

#include "watch.h"
#include "vmm/vm.h"

#define DENIALS (TRAPLINE_MEMORY_DENY_READ | TRAPLINE_MEMORY_DENY_WRITE)

_Static_assert((int)GUEST_READ == TRAPLINE_MEMORY_DENY_READ &&
		       (int)GUEST_WRITE == TRAPLINE_MEMORY_DENY_WRITE,
	       "accesses are denied by their own bits");

bool protect_attr_available(const struct vm *vm)
{
	const struct kvm_ops *kvm = vm->kvm;
	int bits = kvm->check(vm->kvm_fd, KVM_CAP_MEMORY_ATTRIBUTES);

	return bits > 0 && (bits & (int)DENIALS) == (int)DENIALS &&
	       kvm->check(vm->kvm_fd, KVM_CAP_MEMORY_FAULT_INFO) > 0 &&
	       kvm->check(vm->kvm_fd, TRAPLINE_CAP_WATCH) > 0 &&
	       kvm->check(vm->kvm_fd, TRAPLINE_CAP_EXEC_ONLY) > 0;
}

static int attr_create(struct vm *vm)
{
	const struct guest_ram *ram = &vm->ram[0];
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = ram->ipa,
		.memory_size = ram->size,
		.userspace_addr = (uintptr_t)ram->host,
	};

	return vm->kvm->region_set(vm->fd, &region);
}

static int attr_set(struct vm *vm, ipa_t ipa, uint64_t size, unsigned int deny)
{
	struct kvm_memory_attributes attr = {
		.address = ipa,
		.size = size,
		.attributes = deny,
	};

	return vm->kvm->attributes_set(vm->fd, &attr);
}

static int attr_watch(struct vm *vm, const struct trapline_watch_range *ranges,
		      unsigned int nr)
{
	struct trapline_watch watch = {
		.nr = nr,
		.flags = nr ? TRAPLINE_WATCH_FINISH : 0,
		.ranges = (uintptr_t)ranges,
	};

	return vm->kvm->watch_set(vm->fd, &watch);
}

static int attr_restore(struct vm *vm)
{
	int err = attr_create(vm);

	return err ? err : watch_protect_again(vm->watch);
}

static void attr_destroy(struct vm *vm)
{
}

static void attr_print(struct vm *vm, FILE *out)
{
	fprintf(out, "trapline.ko completes plain accesses beside the watched "
		     "bytes, and does not count them\n");
}

const struct protect_ops protect_attr = {
	.name = "page attributes",
	.create = attr_create,
	.restore = attr_restore,
	.destroy = attr_destroy,
	.set = attr_set,
	.watch = attr_watch,
	.hides_code = true,
	.print = attr_print,
};
