// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_args.c - see fuzz_args.h
 */
#include "fuzz_args.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <trapline/abi.h>
#include "tests/random.h"

uint8_t *ram, *args;
size_t page;
__thread uint64_t fuzz_state;

uint64_t rnd(void)
{
	return random_next(&fuzz_state);
}

unsigned int below(unsigned int n)
{
	return (unsigned int)(rnd() >> 33) % n;
}

int one_in(unsigned int n)
{
	return !below(n);
}

uint64_t boundary(void)
{
	static const uint64_t values[] = {
		0,          1,          2,          31,         32,
		63,         64,         0xfff,      0x1000,     0xffff,
		0x10000,    1ULL << 31, 1ULL << 32, 1ULL << 40, 1ULL << 47,
		1ULL << 48, 1ULL << 63, ~0ULL,      ~0xfffULL,  ~0ULL << 48,
		~0ULL << 47
	};
	uint64_t value = values[below(ARRAY_SIZE(values))];

	return one_in(3) ? value + below(5) - 2 : value;
}

/* Write or read memory that may not be mapped, without a signal. */
void put(void *to, void *from, size_t size)
{
	struct iovec local = { from, size }, remote = { to, size };

	process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
}

void get(void *to, void *from, size_t size)
{
	struct iovec local = { to, size }, remote = { from, size };

	process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

static uint64_t address(void)
{
	switch (below(5)) {
	case 0:
		return boundary();
	case 1:
		return GICD + below(0x200000);
	default:
		return RAM + below(2 * RAM_SIZE);
	}
}

/* An address for an argument: mapped, half mapped, or not mapped. */
uint8_t *arg_page(void)
{
	switch (below(12)) {
	case 0:
		return NULL;
	case 1:
		return (void *)boundary();
	case 2: /* the end of the mapping */
		return args + ARG_PAGES * page - below(64);
	default:
		return args + below(ARG_PAGES) * page + below(8) * 8;
	}
}

/* Store a value elsewhere. An argument points to it. */
static uint64_t value_at(uint64_t value)
{
	uint8_t *at = arg_page();

	put(at, &value, sizeof(value));
	return (uintptr_t)at;
}

static void fill_region(void *at)
{
	struct kvm_userspace_memory_region *r = at;

	r->slot = one_in(3) ? (uint32_t)boundary() : below(6);
	r->flags = one_in(4) ? below(8) : 0;
	r->guest_phys_addr = one_in(4) ? address()
				       : RAM + below(8) * RAM_SIZE / 4;
	r->memory_size = one_in(3) ? boundary() : below(5) * RAM_SIZE / 4;
	/* Guests may write only the guests' memory. */
	r->userspace_addr = (uintptr_t)ram + below(4) * RAM_SIZE / 4;
	if (r->memory_size > RAM_SIZE / 4)
		r->userspace_addr = one_in(2) ? (uintptr_t)ram
					      : 0xffff000000000000ULL;
	if (r->memory_size > RAM_SIZE && one_in(2))
		r->memory_size = RAM_SIZE;
}

static void fill_init(void *at)
{
	struct kvm_vcpu_init *init = at;

	memset(init, 0, sizeof(*init));
	init->target = one_in(8) ? (uint32_t)boundary()
				 : KVM_ARM_TARGET_GENERIC_V8;
	init->features[0] = one_in(4) ? (uint32_t)rnd()
				      : 1U << KVM_ARM_VCPU_PSCI_0_2;
}

static uint64_t reg_id(void)
{
	switch (below(4)) {
	case 0:
		return KVM_REG_ARM64 | (rnd() & 0x00f000000fffffffULL);
	case 1:
		return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		       below(0x120);
	case 2:
		return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG |
		       (rnd() & 0xffff);
	default:
		return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		       KVM_REG_ARM_CORE_REG(regs.pc);
	}
}

static void fill_reg(void *at)
{
	struct kvm_one_reg *reg = at;

	reg->id = reg_id();
	reg->addr = value_at(one_in(2) ? RAM + below(4) * 0x10000 : boundary());
}

static void fill_attr(void *at)
{
	struct kvm_device_attr *attr = at;

	attr->flags = one_in(16) ? (uint32_t)rnd() : 0;
	attr->group = below(10);
	attr->attr = one_in(3) ? boundary()
			       : (rnd() & 0xf00000000ULL) | below(0x10000);
	attr->addr = value_at(one_in(2) ? (one_in(2) ? GICD : GICR) : rnd());
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_ADDR)
		attr->attr = below(6);
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_CTRL)
		attr->attr = below(3);
}

static void fill_device(void *at)
{
	struct kvm_create_device *dev = at;

	dev->type = one_in(4) ? below(16) : KVM_DEV_TYPE_ARM_VGIC_V3;
	dev->flags = one_in(4) ? (uint32_t)boundary() : 0;
}

static void fill_line(void *at)
{
	struct kvm_irq_level *line = at;

	line->irq = one_in(3) ? (uint32_t)rnd()
			      : (1 + below(2)) << 24 | below(64);
	line->level = below(3);
}

static void fill_irqfd(void *at)
{
	struct kvm_irqfd *irqfd = at;

	memset(irqfd, 0, sizeof(*irqfd));
	irqfd->fd = (uint32_t)(one_in(8) ? (int)boundary() : fuzz_fd());
	irqfd->gsi = one_in(4) ? (uint32_t)boundary() : below(64);
	irqfd->flags = one_in(3) ? below(4) : 0;
	irqfd->resamplefd = (uint32_t)(one_in(8) ? (int)boundary() : fuzz_fd());
}

static void fill_ioeventfd(void *at)
{
	struct kvm_ioeventfd *io = at;

	memset(io, 0, sizeof(*io));
	io->fd = (one_in(8) ? (int)boundary() : fuzz_fd());
	io->addr = address() & ~7ULL;
	io->len = one_in(4) ? (uint32_t)boundary() : 1U << below(4);
	io->flags = below(8);
}

static void fill_debug(void *at)
{
	static const uint32_t flags[] = { 0, KVM_GUESTDBG_USE_HW,
					  KVM_GUESTDBG_BLOCKIRQ,
					  TRAPLINE_GUESTDBG_RANGE };
	struct kvm_guest_debug *debug = at;

	for (size_t i = 0; i < sizeof(*debug) / 8; i++)
		((uint64_t *)at)[i] = one_in(2) ? rnd() : 0;
	debug->control = one_in(3) ? (uint32_t)rnd()
				   : below(4) | flags[below(ARRAY_SIZE(flags))];
	debug->pad = one_in(8) ? 1 : 0;
}

static void fill_mask(void *at)
{
	struct kvm_signal_mask *mask = at;

	mask->len = one_in(4) ? (uint32_t)boundary() : 8;
	memset(mask->sigset, 0, 8);
}

static void fill_cap(void *at)
{
	static const uint32_t caps[] = { KVM_CAP_ARM_NISV_TO_USER,
					 KVM_CAP_ARM_SYSTEM_SUSPEND,
					 KVM_CAP_ONE_REG };
	struct kvm_enable_cap *cap = at;

	memset(cap, 0, sizeof(*cap));
	cap->cap = one_in(4) ? (uint32_t)boundary()
			     : caps[below(ARRAY_SIZE(caps))];
	cap->flags = one_in(8) ? (uint32_t)boundary() : 0;
}

static void fill_dirty(void *at)
{
	struct kvm_dirty_log *log = at;

	memset(log, 0, sizeof(*log));
	log->slot = one_in(4) ? (uint32_t)boundary() : below(6);
	log->dirty_bitmap = arg_page();
}

static void fill_routing(void *at)
{
	struct kvm_irq_routing *routing = at;

	memset(at, 0, 512);
	routing->nr = one_in(4) ? (uint32_t)boundary() : below(9);
	routing->flags = one_in(8);
	for (unsigned int i = 0; i < 8; i++) {
		struct kvm_irq_routing_entry *entry = &routing->entries[i];

		entry->gsi = one_in(8) ? (uint32_t)boundary() : below(64);
		entry->type = one_in(8) ? below(5) : KVM_IRQ_ROUTING_IRQCHIP;
		entry->u.irqchip.pin = one_in(8) ? (uint32_t)rnd() : below(64);
	}
}

static void fill_deny(void *at)
{
	struct kvm_memory_attributes *attr = at;

	attr->address = one_in(3) ? address()
				  : RAM + below(512) * (uint64_t)page;
	attr->size = one_in(3) ? boundary() : (1 + below(8)) * page;
	attr->attributes = one_in(8) ? rnd() : below(8);
	attr->flags = one_in(8) ? boundary() : 0;
}

static void fill_watch(void *at)
{
	struct trapline_watch *watch = at;
	struct trapline_watch_range ranges[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct trapline_watch_range){
			.ipa = address(),
			.size = one_in(4) ? boundary() : below(64),
			.kinds = one_in(8) ? (uint32_t)rnd() : 1 + below(3),
			.reserved = one_in(16),
		};
	watch->nr = one_in(4) ? (uint32_t)boundary() : below(9);
	watch->flags = one_in(8) ? (uint32_t)rnd() : below(2);
	watch->ranges = (uintptr_t)arg_page();
	put((void *)(uintptr_t)watch->ranges, ranges, sizeof(ranges));
}

static void fill_catch(void *at)
{
	*(uint64_t *)at = one_in(4) ? boundary() : rnd() & 0x7ff;
}

static void fill_recorder(void *at)
{
	*(uint32_t *)at = one_in(4) ? (uint32_t)boundary() : 1U << below(9);
}

void fill_random(void *at)
{
	for (unsigned int i = 0; i < 32; i++)
		((uint64_t *)at)[i] = one_in(3) ? rnd() : boundary();
}

static void fill_small(void *at)
{
	memset(at, 0, 256);
	((uint32_t *)at)[0] = below(8);
}

const struct fuzz_ioctl fuzz_ioctls[] = {
	{ SYSTEM, KVM_GET_API_VERSION, NULL },
	{ SYSTEM, KVM_CHECK_EXTENSION, NULL },
	{ SYSTEM, KVM_GET_VCPU_MMAP_SIZE, NULL },
	{ SYSTEM, KVM_CREATE_VM, NULL },
	{ VM, KVM_CHECK_EXTENSION, NULL },
	{ VM, KVM_CREATE_VCPU, NULL },
	{ VM, KVM_SET_USER_MEMORY_REGION, fill_region },
	{ VM, KVM_SET_USER_MEMORY_REGION2, fill_region },
	{ VM, KVM_ARM_PREFERRED_TARGET, fill_small },
	{ VM, KVM_ENABLE_CAP, fill_cap },
	{ VM, KVM_GET_DIRTY_LOG, fill_dirty },
	{ VM, KVM_SET_MEMORY_ATTRIBUTES, fill_deny },
	{ VM, TRAPLINE_SET_WATCH, fill_watch },
	{ VM, TRAPLINE_SET_CATCH, fill_catch },
	{ VM, KVM_CREATE_DEVICE, fill_device },
	{ VM, KVM_IRQ_LINE, fill_line },
	{ VM, KVM_IRQFD, fill_irqfd },
	{ VM, KVM_SET_GSI_ROUTING, fill_routing },
	{ VM, KVM_IOEVENTFD, fill_ioeventfd },
	{ VCPU, KVM_RUN, NULL },
	{ VCPU, KVM_RUN, NULL },
	{ VCPU, KVM_RUN, NULL },
	{ VCPU, KVM_ARM_VCPU_INIT, fill_init },
	{ VCPU, KVM_GET_ONE_REG, fill_reg },
	{ VCPU, KVM_SET_ONE_REG, fill_reg },
	{ VCPU, KVM_GET_REG_LIST, fill_small },
	{ VCPU, KVM_GET_MP_STATE, fill_small },
	{ VCPU, KVM_SET_MP_STATE, fill_small },
	{ VCPU, KVM_SET_GUEST_DEBUG, fill_debug },
	{ VCPU, KVM_GET_VCPU_EVENTS, fill_small },
	{ VCPU, KVM_SET_VCPU_EVENTS, fill_small },
	{ VCPU, KVM_SET_SIGNAL_MASK, fill_mask },
	{ VCPU, TRAPLINE_SET_RECORDER, fill_recorder },
	{ VCPU, KVM_HAS_DEVICE_ATTR, fill_attr },
	{ VCPU, KVM_SET_DEVICE_ATTR, fill_attr },
	{ VCPU, KVM_GET_DEVICE_ATTR, fill_attr },
	{ VGIC, KVM_SET_DEVICE_ATTR, fill_attr },
	{ VGIC, KVM_GET_DEVICE_ATTR, fill_attr },
	{ VGIC, KVM_HAS_DEVICE_ATTR, fill_attr },
};

const unsigned int nr_fuzz_ioctls = ARRAY_SIZE(fuzz_ioctls);
