// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_kvm.c - a KVM without a kernel: descriptors, registers, memory
 *
 * KVM_RUN is in fake_kvm_run.c. One table maps descriptor numbers to objects,
 * because numbers belong to the process, as in a real kernel.
 */
#include "fake_kvm_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vmm/hostcpu.h"
#include "vmm/map.h"

#define MAX_FDS     1024
#define KVM_API     12
#define NR_RECORDER 65536

enum fd_kind {
	FD_NONE,
	FD_DEVICE,
	FD_VM,
	FD_GIC,
	FD_VCPU0, /* FD_VCPU0 + n: vCPU n */
};

struct fake_kvm fake_kvm;

static unsigned int fd_kinds[MAX_FDS];
static ino_t fd_inodes
	[MAX_FDS]; /* of a vCPU's descriptor, as its number may be reused */

void fake_kvm_die(const char *what, unsigned int vcpu)
{
	fprintf(stderr, "fake_kvm: CPU %u: %s\n", vcpu, what);
	abort();
}

static int fd_add(int fd, unsigned int kind)
{
	struct stat st;

	if (fd < 0 || fd >= MAX_FDS || fstat(fd, &st))
		fake_kvm_die("no descriptor", 0);
	fd_inodes[fd] = st.st_ino;
	__atomic_store_n(&fd_kinds[fd], kind, __ATOMIC_RELAXED);
	return fd;
}

static unsigned int kind_of(int fd)
{
	return fd >= 0 && fd < MAX_FDS
		       ? __atomic_load_n(&fd_kinds[fd], __ATOMIC_RELAXED)
		       : FD_NONE;
}

static void check_fd(int fd, unsigned int kind)
{
	if (kind_of(fd) != kind)
		fake_kvm_die("a call to the wrong descriptor", 0);
}

struct fake_vcpu *fake_vcpu_of(int fd)
{
	unsigned int kind = kind_of(fd);

	if (kind < FD_VCPU0 || kind >= FD_VCPU0 + GUEST_MAX_VCPUS)
		fake_kvm_die("a vCPU's call to another descriptor", 0);
	return &fake_kvm.vcpu[kind - FD_VCPU0];
}

/* --- failures on demand ---------------------------------------------------- */

void fake_kvm_fail(enum fake_call call, unsigned int skip, int err)
{
	struct fake_failure *f = &fake_kvm.failure[call];

	__atomic_store_n(&f->err, err, __ATOMIC_RELAXED);
	__atomic_store_n(&f->left, skip + 1, __ATOMIC_RELEASE);
}

/* 0, or the error that is due. */
static int failure(enum fake_call call)
{
	struct fake_failure *f = &fake_kvm.failure[call];

	if (!__atomic_load_n(&f->left, __ATOMIC_ACQUIRE) ||
	    __atomic_sub_fetch(&f->left, 1, __ATOMIC_RELAXED))
		return 0;
	return -__atomic_load_n(&f->err, __ATOMIC_RELAXED);
}

/* --- the device ------------------------------------------------------------ */

static int op_open(const char *path)
{
	int err = failure(FAKE_CALL_OPEN);

	return err ? err : fd_add(eventfd(0, EFD_CLOEXEC), FD_DEVICE);
}

static int op_api_version(int fd)
{
	check_fd(fd, FD_DEVICE);
	return KVM_API;
}

static int op_check(int fd, unsigned long cap)
{
	static const struct {
		unsigned long cap;
		int answer;
		bool trapline;
	} caps[] = {
		{ KVM_CAP_ONE_REG, 1, false },
		{ KVM_CAP_ARM_PSCI_0_2, 1, false },
		{ KVM_CAP_IMMEDIATE_EXIT, 1, false },
		{ KVM_CAP_SET_GUEST_DEBUG, 1, false },
		{ KVM_CAP_GUEST_DEBUG_HW_BPS, FAKE_KVM_NR_BREAKS, false },
		{ KVM_CAP_GUEST_DEBUG_HW_WPS, FAKE_KVM_NR_WATCHES, false },
		{ KVM_CAP_NR_MEMSLOTS, FAKE_KVM_MAX_SLOTS, false },
		{ KVM_CAP_ARM_VM_IPA_SIZE, 40, false },
		{ KVM_CAP_SET_GUEST_DEBUG2,
		  KVM_GUESTDBG_BLOCKIRQ | TRAPLINE_GUESTDBG_RANGE, true },
		{ KVM_CAP_MEMORY_ATTRIBUTES, (int)TRAPLINE_MEMORY_DENY_ALL,
		  true },
		{ KVM_CAP_MEMORY_FAULT_INFO, 1, true },
		{ TRAPLINE_CAP_EXEC_ONLY, 1, true },
		{ TRAPLINE_CAP_SYNC, (int)TRAPLINE_SYNC_ALL, true },
		{ TRAPLINE_CAP_WATCH, FAKE_MAX_WATCHED, true },
		{ TRAPLINE_CAP_CATCH, (int)TRAPLINE_CATCH_TTBR0, true },
		{ TRAPLINE_CAP_RECORDER, NR_RECORDER, true },
	};

	if (kind_of(fd) != FD_VM)
		check_fd(fd, FD_DEVICE);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].cap == cap &&
		    (!caps[i].trapline || fake_kvm.trapline))
			return caps[i].answer;
	return 0;
}

static int op_run_size(int fd)
{
	check_fd(fd, FD_DEVICE);
	return FAKE_RUN_SIZE;
}

/* At a reset the old VM still exists. Forget it. */
static int op_vm_create(int fd, unsigned long type)
{
	int err = failure(FAKE_CALL_VM_CREATE);

	check_fd(fd, FD_DEVICE);
	if (err)
		return err;
	memset(fake_kvm.slot, 0, sizeof(fake_kvm.slot));
	memset(fake_kvm.deny, 0, sizeof(fake_kvm.deny));
	fake_kvm.nr_watched = 0;
	fake_kvm.watch_flags = 0;
	__atomic_store_n(&fake_kvm.counter_offset, 0, __ATOMIC_RELAXED);
	return fd_add(eventfd(0, EFD_CLOEXEC), FD_VM);
}

/* --- memory ---------------------------------------------------------------- */

static void check_nobody_runs(const char *what)
{
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++)
		if (fake_kvm_in_run(i))
			fake_kvm_die(what, i);
}

static int op_cap_enable(int fd, const struct kvm_enable_cap *cap)
{
	check_fd(fd, FD_VM);
	return cap->cap == KVM_CAP_ARM_NISV_TO_USER ? 0 : -EINVAL;
}

/* KVM's rules: an existing slot can only be deleted; slots do not overlap. */
static int op_region_set(int fd,
			 const struct kvm_userspace_memory_region *region)
{
	struct kvm_userspace_memory_region *slot = fake_kvm.slot;
	int err = failure(FAKE_CALL_REGION_SET);

	check_fd(fd, FD_VM);
	check_nobody_runs("memory slots are changed while it runs");
	if (err)
		return err;
	if (region->slot >= FAKE_KVM_MAX_SLOTS ||
	    (region->memory_size && slot[region->slot].memory_size))
		return -EINVAL;
	for (unsigned int i = 0; region->memory_size && i < FAKE_KVM_MAX_SLOTS;
	     i++)
		if (slot[i].memory_size &&
		    region->guest_phys_addr <
			    slot[i].guest_phys_addr + slot[i].memory_size &&
		    slot[i].guest_phys_addr <
			    region->guest_phys_addr + region->memory_size)
			return -EEXIST;
	slot[region->slot] = *region;
	/*
	 * At first one slot holds all of RAM. Stage-1 tables are read from this
	 * largest slot.
	 */
	if (region->memory_size > fake_kvm.ram.size)
		fake_kvm.ram = (struct guest_ram){
			.ipa = region->guest_phys_addr,
			.size = region->memory_size,
			.host = (uint8_t *)(uintptr_t)region->userspace_addr,
		};
	return 0;
}

static int op_attributes_set(int fd, const struct kvm_memory_attributes *attr)
{
	uint64_t first = (attr->address - MAP_RAM) / FAKE_PAGE;
	int err = failure(FAKE_CALL_ATTRIBUTES_SET);

	check_fd(fd, FD_VM);
	check_nobody_runs("page attributes are changed while it runs");
	if (!fake_kvm.trapline)
		return -ENOTTY;
	if (err)
		return err;
	if (attr->address % FAKE_PAGE || attr->size % FAKE_PAGE ||
	    first + attr->size / FAKE_PAGE > ARRAY_SIZE(fake_kvm.deny))
		return -EINVAL;
	memset(&fake_kvm.deny[first], (int)attr->attributes,
	       attr->size / FAKE_PAGE);
	return 0;
}

/* vCPUs may run during this call, so this call alone takes a lock. */
static int op_watch_set(int fd, const struct trapline_watch *watch)
{
	check_fd(fd, FD_VM);
	if (!fake_kvm.trapline)
		return -ENOTTY;
	if (watch->nr > FAKE_MAX_WATCHED)
		return -E2BIG;
	pthread_mutex_lock(&fake_kvm.watch_lock);
	if (watch->nr)
		memcpy(fake_kvm.watched, (void *)(uintptr_t)watch->ranges,
		       watch->nr * sizeof(fake_kvm.watched[0]));
	fake_kvm.nr_watched = watch->nr;
	fake_kvm.watch_flags = watch->flags;
	pthread_mutex_unlock(&fake_kvm.watch_lock);
	return 0;
}

static uint8_t *slot_at(ipa_t ipa, unsigned int size, unsigned int access)
{
	for (unsigned int i = 0; i < FAKE_KVM_MAX_SLOTS; i++) {
		const struct kvm_userspace_memory_region *s = &fake_kvm.slot[i];
		ipa_t offset = ipa - s->guest_phys_addr;

		if (ipa < s->guest_phys_addr || offset >= s->memory_size ||
		    size > s->memory_size - offset)
			continue;
		if (access & GUEST_WRITE && s->flags & KVM_MEM_READONLY)
			return NULL;
		return (uint8_t *)(uintptr_t)s->userspace_addr + offset;
	}
	return NULL;
}

/*
 * A fetch does not count as a read. The bits of enum guest_access are those of
 * TRAPLINE_MEMORY_DENY_*.
 */
uint8_t *fake_memory_at(ipa_t ipa, unsigned int size, unsigned int access)
{
	uint64_t page = (ipa - MAP_RAM) / FAKE_PAGE;
	unsigned int deny =
		page < ARRAY_SIZE(fake_kvm.deny) ? fake_kvm.deny[page] : 0;

	return access & deny ? NULL : slot_at(ipa, size, access);
}

bool fake_kvm_allows(ipa_t ipa, unsigned int access)
{
	return fake_memory_at(ipa, 1, access);
}

unsigned int fake_kvm_nr_slots(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < FAKE_KVM_MAX_SLOTS; i++)
		nr += fake_kvm.slot[i].memory_size != 0;
	return nr;
}

/* --- other calls of a VM's and its devices' -------------------------------- */

static int op_catch_set(int fd, const uint64_t *catch)
{
	check_fd(fd, FD_VM);
	return fake_kvm.trapline ? 0 : -ENOTTY;
}

static int op_irq_line(int fd, const struct kvm_irq_level *line)
{
	unsigned int spi = (line->irq & KVM_ARM_IRQ_NUM_MASK) - 32;

	check_fd(fd, FD_VM);
	if (spi >= NR_SPIS)
		return -EINVAL;
	__atomic_store_n(&fake_kvm.irq_level[spi], line->level,
			 __ATOMIC_RELAXED);
	return 0;
}

bool fake_kvm_irq_level(unsigned int spi)
{
	return __atomic_load_n(&fake_kvm.irq_level[spi], __ATOMIC_RELAXED);
}

static int op_device_create(int fd, struct kvm_create_device *dev)
{
	check_fd(fd, FD_VM);
	if (dev->type != KVM_DEV_TYPE_ARM_VGIC_V3)
		return -ENODEV;
	dev->fd = (uint32_t)fd_add(eventfd(0, EFD_CLOEXEC), FD_GIC);
	return 0;
}

static int op_device_attr(int fd, const struct kvm_device_attr *attr)
{
	check_fd(fd, FD_GIC);
	return 0;
}

static int op_target(int fd, struct kvm_vcpu_init *init)
{
	check_fd(fd, FD_VM);
	*init = (struct kvm_vcpu_init){ .target = KVM_ARM_TARGET_GENERIC_V8 };
	return 0;
}

/* --- a vCPU, except KVM_RUN ----------------------------------------------- */

static void vcpu_forget(struct fake_vcpu *v)
{
	if (v->run)
		munmap(v->run, FAKE_RUN_SIZE);
	v->run = NULL;
}

static int op_vcpu_create(int fd, unsigned long index)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[index];
	int err = failure(FAKE_CALL_VCPU_CREATE);
	int vcpu_fd;
	void *run;

	check_fd(fd, FD_VM);
	if (err)
		return err;
	if (index >= GUEST_MAX_VCPUS)
		return -EINVAL;
	vcpu_fd = memfd_create("vcpu", MFD_CLOEXEC);
	if (ftruncate(vcpu_fd, FAKE_RUN_SIZE))
		fake_kvm_die("ftruncate", (unsigned int)index);
	run = mmap(NULL, FAKE_RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu_fd, 0);
	if (run == MAP_FAILED)
		fake_kvm_die("mmap", (unsigned int)index);
	vcpu_forget(v);
	v->run = run;
	v->mmio_due = false;
	v->cpu = (struct fake_cpu){ .memory = &fake_kvm.memory };
	return fd_add(vcpu_fd, FD_VCPU0 + (unsigned int)index);
}

static int op_vcpu_init(int fd, const struct kvm_vcpu_init *init)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	bool off = init->features[0] & (1U << KVM_ARM_VCPU_POWER_OFF);

	fake_cpu_reset(&v->cpu, (unsigned int)(v - fake_kvm.vcpu));
	__atomic_store_n(&v->powered, !off, __ATOMIC_RELAXED);
	return 0;
}

static void check_parked(const struct fake_vcpu *v, const char *what)
{
	unsigned int index = (unsigned int)(v - fake_kvm.vcpu);

	if (fake_kvm_in_run(index))
		fake_kvm_die(what, index);
}

static uint64_t counter_now(void)
{
	return host_counter() +
	       __atomic_load_n(&fake_kvm.counter_offset, __ATOMIC_RELAXED);
}

static int op_reg_get(int fd, const struct kvm_one_reg *reg)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	void *ret = (void *)(uintptr_t)reg->addr;
	int err = failure(FAKE_CALL_REG_GET);
	uint64_t now = counter_now();

	check_parked(v, "KVM_GET_ONE_REG while it runs");
	if (err)
		return err;
	if (reg->id != KVM_REG_ARM_TIMER_CNT)
		return fake_cpu_reg_get(&v->cpu, reg->id, ret);
	memcpy(ret, &now, sizeof(now));
	return 0;
}

static int op_reg_set(int fd, const struct kvm_one_reg *reg)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	const void *value = (void *)(uintptr_t)reg->addr;
	int err = failure(FAKE_CALL_REG_SET);
	uint64_t counter;

	check_parked(v, "KVM_SET_ONE_REG while it runs");
	if (err)
		return err;
	if (reg->id != KVM_REG_ARM_TIMER_CNT)
		return fake_cpu_reg_set(&v->cpu, reg->id, value);
	memcpy(&counter, value, sizeof(counter));
	__atomic_store_n(&fake_kvm.counter_offset, counter - host_counter(),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&fake_kvm.counter_set, counter, __ATOMIC_RELAXED);
	return 0;
}

uint64_t fake_kvm_counter_set(void)
{
	return __atomic_load_n(&fake_kvm.counter_set, __ATOMIC_RELAXED);
}

static int op_mp_state(int fd, struct kvm_mp_state *ret)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	bool on = __atomic_load_n(&v->powered, __ATOMIC_RELAXED);

	check_parked(v, "KVM_GET_MP_STATE while it runs");
	ret->mp_state = on ? KVM_MP_STATE_RUNNABLE : KVM_MP_STATE_STOPPED;
	return 0;
}

static int op_guest_debug(int fd, const struct kvm_guest_debug *debug)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	int err = failure(FAKE_CALL_GUEST_DEBUG);

	check_parked(v, "KVM_SET_GUEST_DEBUG while it runs");
	if (err)
		return err;
	v->cpu.debug = *debug;
	v->nr_debug_sets++;
	return 0;
}

unsigned int fake_kvm_nr_debug_sets(unsigned int vcpu)
{
	return fake_kvm.vcpu[vcpu].nr_debug_sets;
}

/* The ring stays empty: nothing here writes records. */
static int op_recorder(int fd, const uint32_t *nr)
{
	struct trapline_ring ring = {
		.nr = *nr,
		.record_size = sizeof(struct trapline_record),
	};
	off_t at = TRAPLINE_RECORDER_OFFSET;
	size_t size = sizeof(ring) + *nr * sizeof(struct trapline_record);

	fake_vcpu_of(fd);
	if (!fake_kvm.trapline)
		return -ENOTTY;
	if (*nr && (ftruncate(fd, at + (off_t)ALIGN_UP(size, FAKE_PAGE)) ||
		    pwrite(fd, &ring, sizeof(ring), at) != sizeof(ring)))
		return -ENOMEM;
	return 0;
}

struct fake_cpu *fake_kvm_cpu(unsigned int vcpu)
{
	return &fake_kvm.vcpu[vcpu].cpu;
}

const struct kvm_ops fake_kvm_ops = {
	.open = op_open,
	.api_version = op_api_version,
	.check = op_check,
	.run_size = op_run_size,
	.vm_create = op_vm_create,
	.cap_enable = op_cap_enable,
	.region_set = op_region_set,
	.attributes_set = op_attributes_set,
	.watch_set = op_watch_set,
	.catch_set = op_catch_set,
	.irq_line = op_irq_line,
	.device_create = op_device_create,
	.target = op_target,
	.vcpu_create = op_vcpu_create,
	.device_attr = op_device_attr,
	.vcpu_init = op_vcpu_init,
	.run = fake_kvm_run,
	.reg_get = op_reg_get,
	.reg_set = op_reg_set,
	.mp_state = op_mp_state,
	.guest_debug = op_guest_debug,
	.recorder = op_recorder,
};

/* --- life ------------------------------------------------------------------ */

void fake_kvm_start(bool trapline)
{
	memset(&fake_kvm, 0, sizeof(fake_kvm));
	memset(fd_kinds, 0, sizeof(fd_kinds));
	fake_kvm.trapline = trapline;
	fake_kvm.memory.at = fake_memory_at;
	fake_kvm.memory.ram = &fake_kvm.ram;
	pthread_mutex_init(&fake_kvm.watch_lock, NULL);
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++) {
		struct fake_vcpu *v = &fake_kvm.vcpu[i];

		pthread_mutex_init(&v->lock, NULL);
		pthread_cond_init(&v->changed, NULL);
		v->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
}

static bool is_left_open(int fd)
{
	struct stat st;

	return fd_kinds[fd] >= FD_VCPU0 && !fstat(fd, &st) &&
	       st.st_ino == fd_inodes[fd];
}

void fake_kvm_finish(void)
{
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++) {
		struct fake_vcpu *v = &fake_kvm.vcpu[i];

		vcpu_forget(v);
		close(v->wake_fd);
		pthread_cond_destroy(&v->changed);
		pthread_mutex_destroy(&v->lock);
	}
	pthread_mutex_destroy(&fake_kvm.watch_lock);
	for (int fd = 0; fd < MAX_FDS; fd++)
		if (is_left_open(fd))
			fake_kvm_die("its descriptor is still open",
				     fd_kinds[fd] - FD_VCPU0);
}
