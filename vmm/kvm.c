// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm.c - the file descriptors of a VM: /dev/kvm, the VM, its memory
 *
 * Source: Documentation/virt/kvm/api.rst. Everything that KVM keeps of a guest
 * can be thrown away and made again behind the same descriptor numbers. In this
 * way a reset gets a GIC, timers and vCPUs in power-on state: the UAPI can
 * reset none of these. Guest RAM belongs to the VMM and survives a reset, as it
 * does on a board.
 *
 * The back end of protect.h gives RAM to KVM. Both ends of RAM are aligned to 2
 * MiB, so that KVM can map it by blocks.
 */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <trapline/abi.h>
#include <trapline/report.h>
#include "gic.h"
#include "map.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/debug/catchreg.h"
#include "vmm/watch/protect.h"

#define KVM_PATH         "/dev/kvm"
#define TRAPLINE_PATH    "/dev/trapline"
#define KVM_API          12
#define DEFAULT_IPA_BITS 40U
#define STEP_CONTROL     (KVM_GUESTDBG_BLOCKIRQ | TRAPLINE_GUESTDBG_RANGE)

static const char *accel_path(const struct vm_config *config)
{
	const char *accel = config->accel ? config->accel : "auto";

	if (!strcmp(accel, "auto"))
		return access(KVM_PATH, F_OK) && !access(TRAPLINE_PATH, F_OK)
			       ? TRAPLINE_PATH
			       : KVM_PATH;
	if (!strcmp(accel, "kvm"))
		return KVM_PATH;
	if (!strcmp(accel, "trapline"))
		return TRAPLINE_PATH;
	return accel;
}

static void explain_open(const char *path, int err)
{
	bool absent = err == ENOENT || err == ENODEV || err == ENXIO;

	if (absent && !strcmp(path, TRAPLINE_PATH))
		report(REPORT_ERROR,
		       "%s is not there: boot this host with "
		       "kvm-arm.mode=none, then insmod trapline.ko",
		       path);
	else if (err == EACCES || err == EPERM)
		report(REPORT_ERROR,
		       "%s: permission denied: add yourself to "
		       "group %s, or run as root",
		       path, strcmp(path, TRAPLINE_PATH) ? "kvm" : "trapline");
	else if (absent)
		report(REPORT_ERROR,
		       "%s: this host has no KVM: boot its kernel at EL2 "
		       "and without kvm-arm.mode=none",
		       path);
	else
		report(REPORT_ERROR, "%s: %s", path, strerror(err));
}

static int check_cap(struct vm *vm, unsigned long cap, const char *name)
{
	int has = vm->kvm->check(vm->kvm_fd, cap);

	if (has > 0)
		return 0;
	if (has < 0) {
		report(REPORT_ERROR, "KVM does not say whether it has %s: %s",
		       name, strerror(-has));
		return has;
	}
	report(REPORT_ERROR, "this host's KVM has no %s: use a newer kernel",
	       name);
	return -ENOTSUP;
}

/* Find the step controls that only /dev/trapline offers. */
static void find_step_control(struct vm *vm)
{
	int bits = vm->kvm->check(vm->kvm_fd, KVM_CAP_SET_GUEST_DEBUG2);

	vm->step_control = bits > 0 ? (uint32_t)bits & STEP_CONTROL : 0;
}

int kvm_open(struct vm *vm)
{
	const char *path = accel_path(vm->config);
	int version, size, err;

	vm->kvm_fd = vm->kvm->open(path);
	if (vm->kvm_fd < 0) {
		explain_open(path, -vm->kvm_fd);
		return vm->kvm_fd;
	}
	version = vm->kvm->api_version(vm->kvm_fd);
	if (version < 0 && version != -ENOTTY) {
		report(REPORT_ERROR, "%s: %s", path, strerror(-version));
		return version;
	}
	if (version != KVM_API) {
		report(REPORT_ERROR,
		       "%s does not have version %d of the KVM API: give "
		       "another device with --accel",
		       path, KVM_API);
		return -ENOTSUP;
	}
	err = check_cap(vm, KVM_CAP_ONE_REG, "KVM_CAP_ONE_REG");
	if (!err)
		err = check_cap(vm, KVM_CAP_ARM_PSCI_0_2, "PSCI 0.2");
	if (!err)
		err = check_cap(vm, KVM_CAP_IMMEDIATE_EXIT,
				"KVM_CAP_IMMEDIATE_EXIT");
	if (!err)
		err = check_cap(vm, KVM_CAP_SET_GUEST_DEBUG,
				"KVM_CAP_SET_GUEST_DEBUG");
	if (err)
		return err;
	size = vm->kvm->run_size(vm->kvm_fd);
	if (size < (int)sizeof(struct kvm_run)) {
		err = size < 0 ? size : -ENOTSUP;
		report(REPORT_ERROR, "%s: KVM_GET_VCPU_MMAP_SIZE: %s", path,
		       strerror(-err));
		return err;
	}
	vm->run_size = (size_t)size;
	find_step_control(vm);
	return 0;
}

/*
 * KVM_CREATE_VM's type is the width of an IPA. 0 means 40 bits. Small CPUs do
 * not have that many, and big guests need more.
 */
static int ipa_bits(struct vm *vm, unsigned long *ret)
{
	ipa_t last = vm->ram[0].ipa + vm->ram[0].size - 1;
	unsigned int need = 64 - (unsigned int)__builtin_clzll(last);
	int max = vm->kvm->check(vm->kvm_fd, KVM_CAP_ARM_VM_IPA_SIZE);
	unsigned int limit = max > 0 ? (unsigned int)max : DEFAULT_IPA_BITS;

	if (need > limit) {
		report(REPORT_ERROR,
		       "guests of this host have %u address bits: give at "
		       "most %lluM with --mem",
		       limit,
		       (unsigned long long)(((1ULL << limit) - MAP_RAM) /
					    SZ_1M));
		return -E2BIG;
	}
	*ret = limit >= DEFAULT_IPA_BITS && need <= DEFAULT_IPA_BITS
		       ? 0
		       : KVM_VM_TYPE_ARM_IPA_SIZE(limit);
	return 0;
}

static int set_memory(struct vm *vm)
{
	int err;

	if (vm->protect) {
		err = vm->protect->restore(vm);
	} else {
		vm->protect = protect_attr_available(vm) ? &protect_attr
							 : &protect_slots;
		err = vm->protect->create(vm);
	}
	if (err)
		report(REPORT_ERROR, "KVM refuses the guest's memory: %s",
		       strerror(-err));
	return err;
}

/*
 * Let an access without a valid syndrome exit to the VMM, instead of an abort
 * in the guest.
 */
static void enable_nisv(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	/*
	 * Kernels before 5.5 fail KVM_RUN with ENOSYS instead; that works, too.
	 */
	vm->kvm->cap_enable(vm->fd, &cap);
}

int kvm_create_vm(struct vm *vm)
{
	unsigned long type;
	int err, fd;

	err = ipa_bits(vm, &type);
	if (err)
		return err;
	fd = vm->kvm->vm_create(vm->kvm_fd, type);
	if (fd < 0) {
		report(REPORT_ERROR, "KVM cannot create a VM: %s",
		       strerror(-fd));
		return fd;
	}
	/*
	 * At a reset the descriptor keeps its number: the device thread may be
	 * using it to raise an interrupt line.
	 */
	if (vm->fd >= 0) {
		dup3(fd, vm->fd, O_CLOEXEC);
		close(fd);
	} else {
		vm->fd = fd;
	}
	enable_nisv(vm);
	err = set_memory(vm);
	if (err)
		return err;
	err = catchreg_restore(vm);
	if (!err)
		err = gic_create(vm);
	if (err)
		return err;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		err = vcpu_create(&vm->vcpu[i]);
		if (err)
			return err;
	}
	return gic_init(vm);
}

void kvm_destroy_vcpus(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu_close(&vm->vcpu[i]);
	if (vm->gic_fd >= 0)
		close(vm->gic_fd);
	vm->gic_fd = -1;
}

void kvm_close(struct vm *vm)
{
	kvm_destroy_vcpus(vm);
	if (vm->protect)
		vm->protect->destroy(vm);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm_fd >= 0)
		close(vm->kvm_fd);
	vm->fd = -1;
	vm->kvm_fd = -1;
}
