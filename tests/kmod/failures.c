// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failures.c - each ioctl while memory is short, and while copies fail
 *
 *	failures [DEVICE]
 *
 * A VM is made, used and ended, step by step. In the Nth round the Nth call
 * that may fail does fail: see tests/kmod/power/failures.c. A step that fails
 * must return ENOMEM or EFAULT. It must succeed when it is tried again, so the
 * first try must not leave anything behind. The last round is the first one
 * without a failure.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <trapline/abi.h>
#include <trapline/types.h>

#define FAIL_NTH "/sys/module/failures/parameters/fail_nth"
#define STORES   (RAM + 0x200000)
#define MORE     (RAM + 0x1000000) /* the second slot */
#define DENIED   (RAM + 0x300000)
#define GSI      5

extern const char guest_stores[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "guest_stores:\n" /* to the page at X20, then to the device */
    "	str x19, [x20]\n"
    "	ldr x0, [x21]\n"
    "	str x20, [x19]\n"
    "	b guest_stores\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static struct machine m;
static uint8_t *more;
static int gic, irq_event, resample_event, io_event, fail_nth;

static int create_vm(void)
{
	m.vm = ioctl(m.kvm, KVM_CREATE_VM, vm_type);
	return m.vm;
}

static int set_region(void)
{
	struct kvm_userspace_memory_region region = {
		.flags = KVM_MEM_LOG_DIRTY_PAGES,
		.guest_phys_addr = RAM,
		.memory_size = RAM_SIZE,
		.userspace_addr = (uintptr_t)m.ram,
	};

	return ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int set_region2(void)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = 1,
		.guest_phys_addr = MORE,
		.memory_size = RAM_SIZE,
		.userspace_addr = (uintptr_t)more,
	};

	return ioctl(m.vm, KVM_SET_USER_MEMORY_REGION2, &region);
}

static int delete_region(void)
{
	struct kvm_userspace_memory_region region = { .slot = 1 };

	return ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int create_vcpu(void)
{
	m.vcpu = ioctl(m.vm, KVM_CREATE_VCPU, 0);
	return m.vcpu;
}

static int map_run(void)
{
	m.run = mmap(NULL, (size_t)getpagesize(), PROT_READ | PROT_WRITE,
		     MAP_SHARED, m.vcpu, 0);
	return m.run == MAP_FAILED ? -1 : 0;
}

static int init_vcpu(void)
{
	struct kvm_vcpu_init init;
	int ret = ioctl(m.vm, KVM_ARM_PREFERRED_TARGET, &init);

	init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
	return ret ? ret : ioctl(m.vcpu, KVM_ARM_VCPU_INIT, &init);
}

static int create_gic(void)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int ret = ioctl(m.vm, KVM_CREATE_DEVICE, &dev);

	gic = (int)dev.fd;
	return ret;
}

static int gic_attr(uint32_t group, uint64_t attr, uint64_t value)
{
	struct kvm_device_attr args = { 0, group, attr, (uintptr_t)&value };

	return ioctl(gic, KVM_SET_DEVICE_ATTR, &args);
}

static int gic_dist(void)
{
	return gic_attr(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
			GICD);
}

static int gic_redist(void)
{
	return gic_attr(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
			GICR);
}

static int gic_init(void)
{
	return gic_attr(KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
			0);
}

static int gic_get(void)
{
	uint64_t value;
	struct kvm_device_attr args = { 0, KVM_DEV_ARM_VGIC_GRP_ADDR,
					KVM_VGIC_V3_ADDR_TYPE_DIST,
					(uintptr_t)&value };

	return ioctl(gic, KVM_GET_DEVICE_ATTR, &args);
}

static int enable_cap(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };

	return ioctl(m.vm, KVM_ENABLE_CAP, &cap);
}

static int reg_list(void)
{
	static struct {
		uint64_t n, id[1000];
	} list;

	list.n = 1000;
	return ioctl(m.vcpu, KVM_GET_REG_LIST, &list);
}

static int set_reg(uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { id, (uintptr_t)&value };

	return ioctl(m.vcpu, KVM_SET_ONE_REG, &reg);
}

static int set_regs(void)
{
	return set_reg(PC, CODE) || set_reg(X(19), DEVICE) ||
			       set_reg(X(20), STORES) || set_reg(X(21), MORE)
		       ? -1
		       : 0;
}

static int get_reg(void)
{
	uint64_t value;
	struct kvm_one_reg reg = { PC, (uintptr_t)&value };

	return ioctl(m.vcpu, KVM_GET_ONE_REG, &reg);
}

static int set_routing(void)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} table = {
		.head.nr = 1,
		.entry = { .gsi = GSI,
			   .type = KVM_IRQ_ROUTING_IRQCHIP,
			   .u.irqchip.pin = GSI },
	};

	return ioctl(m.vm, KVM_SET_GSI_ROUTING, &table);
}

static int irqfd(uint32_t flags)
{
	struct kvm_irqfd args = {
		.fd = (uint32_t)irq_event,
		.gsi = GSI,
		.flags = flags,
		.resamplefd = (uint32_t)resample_event,
	};

	return ioctl(m.vm, KVM_IRQFD, &args);
}

static int irqfd_add(void)
{
	return irqfd(KVM_IRQFD_FLAG_RESAMPLE);
}

static int irqfd_remove(void)
{
	return irqfd(KVM_IRQFD_FLAG_DEASSIGN);
}

static int ioeventfd(uint32_t flags)
{
	struct kvm_ioeventfd args = {
		.addr = DEVICE + 64,
		.len = 4,
		.fd = io_event,
		.flags = flags,
	};

	return ioctl(m.vm, KVM_IOEVENTFD, &args);
}

static int ioeventfd_add(void)
{
	return ioeventfd(0);
}

static int ioeventfd_remove(void)
{
	return ioeventfd(KVM_IOEVENTFD_FLAG_DEASSIGN);
}

static int deny(void)
{
	struct kvm_memory_attributes attr = {
		.address = DENIED,
		.size = 0x10000,
		.attributes = TRAPLINE_MEMORY_DENY_WRITE,
	};

	return ioctl(m.vm, KVM_SET_MEMORY_ATTRIBUTES, &attr);
}

static int watch(void)
{
	struct trapline_watch_range range = { .ipa = DENIED,
					      .size = 8,
					      .kinds = 3 };
	struct trapline_watch args = {
		.nr = 1,
		.flags = TRAPLINE_WATCH_FINISH,
		.ranges = (uintptr_t)&range,
	};

	return ioctl(m.vm, TRAPLINE_SET_WATCH, &args);
}

static int catch (void)
{
	uint64_t bits = TRAPLINE_CATCH_TTBR0;

	return ioctl(m.vm, TRAPLINE_SET_CATCH, &bits);
}

static int recorder(void)
{
	uint32_t n = 64;

	return ioctl(m.vcpu, TRAPLINE_SET_RECORDER, &n);
}

static int guest_debug(void)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE };

	return ioctl(m.vcpu, KVM_SET_GUEST_DEBUG, &debug);
}

static int mp_state(void)
{
	struct kvm_mp_state state;
	int ret = ioctl(m.vcpu, KVM_GET_MP_STATE, &state);

	return ret ? ret : ioctl(m.vcpu, KVM_SET_MP_STATE, &state);
}

static int vcpu_events(void)
{
	struct kvm_vcpu_events events;
	int ret = ioctl(m.vcpu, KVM_GET_VCPU_EVENTS, &events);

	return ret ? ret : ioctl(m.vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static int signal_mask(void)
{
	struct {
		struct kvm_signal_mask mask;
		uint64_t set;
	} args = { .mask.len = 8 };

	return ioctl(m.vcpu, KVM_SET_SIGNAL_MASK, &args);
}

static int run(void)
{
	return ioctl(m.vcpu, KVM_RUN, 0);
}

static int irq_line(void)
{
	struct kvm_irq_level line = {
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | 40,
		.level = 1,
	};

	return ioctl(m.vm, KVM_IRQ_LINE, &line);
}

static int dirty_log(void)
{
	static uint64_t bits[RAM_SIZE / 0x1000 / 64];
	struct kvm_dirty_log log = { .dirty_bitmap = bits };

	return ioctl(m.vm, KVM_GET_DIRTY_LOG, &log);
}

/* In the order of a VM's life. */
static const struct {
	const char *name;
	int (*call)(void);
} steps[] = {
	{ "KVM_CREATE_VM", create_vm },
	{ "KVM_SET_USER_MEMORY_REGION", set_region },
	{ "KVM_SET_USER_MEMORY_REGION2", set_region2 },
	{ "KVM_ENABLE_CAP", enable_cap },
	{ "KVM_CREATE_VCPU", create_vcpu },
	{ "mmap", map_run },
	{ "KVM_ARM_VCPU_INIT", init_vcpu },
	{ "KVM_CREATE_DEVICE", create_gic },
	{ "GICD's address", gic_dist },
	{ "GICR's address", gic_redist },
	{ "the VGIC's CTRL_INIT", gic_init },
	{ "KVM_GET_DEVICE_ATTR", gic_get },
	{ "KVM_GET_REG_LIST", reg_list },
	{ "KVM_SET_ONE_REG", set_regs },
	{ "KVM_GET_ONE_REG", get_reg },
	{ "KVM_SET_GSI_ROUTING", set_routing },
	{ "KVM_IRQFD", irqfd_add },
	{ "KVM_IOEVENTFD", ioeventfd_add },
	{ "KVM_SET_MEMORY_ATTRIBUTES", deny },
	{ "TRAPLINE_SET_WATCH", watch },
	{ "TRAPLINE_SET_CATCH", catch },
	{ "TRAPLINE_SET_RECORDER", recorder },
	{ "KVM_SET_GUEST_DEBUG", guest_debug },
	{ "KVM_SET_MP_STATE", mp_state },
	{ "KVM_SET_VCPU_EVENTS", vcpu_events },
	{ "KVM_SET_SIGNAL_MASK", signal_mask },
	{ "KVM_RUN", run },
	{ "KVM_IRQ_LINE", irq_line },
	{ "KVM_GET_DIRTY_LOG", dirty_log },
	{ "KVM_RUN", run },
	{ "KVM_IRQFD, to remove", irqfd_remove },
	{ "KVM_IOEVENTFD, to remove", ioeventfd_remove },
	{ "KVM_SET_USER_MEMORY_REGION, to delete", delete_region },
};

static unsigned int nr_made, nr_seen, nr_bad;

static unsigned int still_to_go(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) <= 0)
		die("fail_nth");
	return (unsigned int)strtoul(text, NULL, 0);
}

static void fail_after(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_nth, text, (size_t)len, 0) != len)
		die("fail_nth");
}

/* Returns how many calls are still to go before one fails; 0: one has failed. */
static unsigned int step(unsigned int i, unsigned int to_go)
{
	unsigned int left;
	int ret, err;

	fail_after(to_go);
	ret = steps[i].call();
	err = errno;
	left = still_to_go();
	fail_after(0);
	if (!left && to_go) {
		nr_made++;
		nr_seen += ret < 0;
		if (ret < 0 && err != ENOMEM && err != EFAULT) {
			nr_bad++;
			printf("# %s fails with %s\n", steps[i].name,
			       strerror(err));
		}
		if (ret >= 0)
			return 0;
		ret = steps[i].call();
		err = errno;
	}
	if (ret < 0) {
		nr_bad++;
		printf("# %s%s: %s\n", steps[i].name,
		       left ? "" : ", tried again", strerror(err));
	}
	return left;
}

static uint8_t *memory(void)
{
	uint8_t *at = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

/* Returns 1: a call has failed in this round. */
static int round_of(unsigned int nth)
{
	unsigned int to_go = nth, bad = nr_bad;

	m = (struct machine){ .vm = -1, .vcpu = -1, .run = MAP_FAILED };
	m.kvm = open(device, O_RDWR | O_CLOEXEC);
	m.ram = memory();
	more = memory();
	gic = -1;
	irq_event = eventfd(0, EFD_CLOEXEC);
	resample_event = eventfd(0, EFD_CLOEXEC);
	io_event = eventfd(0, EFD_CLOEXEC);
	code_copy(&m, guest_stores);
	for (unsigned int i = 0; i < ARRAY_SIZE(steps) && bad == nr_bad; i++)
		to_go = step(i, to_go);
	if (m.run != MAP_FAILED)
		munmap(m.run, (size_t)getpagesize());
	munmap(m.ram, RAM_SIZE);
	munmap(more, RAM_SIZE);
	close(m.vcpu);
	close(m.vm);
	close(m.kvm);
	close(gic);
	close(irq_event);
	close(resample_event);
	close(io_event);
	return !to_go;
}

int main(int argc, char **argv)
{
	unsigned int n = 1;

	tap_begin(argc, argv);
	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		die(FAIL_NTH);
	round_of(0);
	ok("all steps succeed without a failure", !nr_bad);
	while (!nr_bad && round_of(n))
		n++;
	printf("# %u failures, %u of them seen by the program\n", nr_made,
	       nr_seen);
	ok("calls have failed, and the program got errors", nr_made && nr_seen);
	ok("each step reports its failure, and succeeds when tried again",
	   !nr_bad);
	ok("no object is left", nothing_left());
	return tap_end();
}
