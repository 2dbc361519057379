// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm_api.c - parts of the KVM UAPI that other VMMs use
 *
 *	kvm_api [DEVICE]		/dev/trapline
 *
 * Creation of VMs, stopped vCPUs, eventfds for stores and for interrupts,
 * interrupt lines, pending events, signal masks, attributes of the VGIC and the
 * vCPU, firmware and cache registers, features that a VMM removes. TAP output.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "machine.h"

#define GICD     0x08000000ULL
#define GICR     0x080a0000ULL
#define ISPENDR1 0x204
#define ICFGR2   0xc08
#define SPI      32
#define PFR0     ARM64_SYS_REG(3, 0, 0, 4, 0)
#define ISAR0    ARM64_SYS_REG(3, 0, 0, 6, 0)
#define CCSIDR(n)                                               \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | \
	 KVM_REG_ARM_DEMUX_ID_CCSIDR | (n))

extern const char guest_store[], guest_serror[], guest_load[], guest_psci[],
	guest_spin[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_store\n"
    "guest_store:\n"
    "	str w1, [x19]\n"
    "	str x1, [x19, #8]\n"
    "	strb w1, [x19, #8]\n"
    "	str w1, [x19]\n"
    "	b .\n"
    "	.global guest_serror\n"
    "guest_serror:\n"
    "	msr vbar_el1, x20\n"
    "	isb\n"
    "	msr daifclr, #4\n"
    "	isb\n"
    "	b .\n"
    "	.global guest_load\n"
    "guest_load:\n"
    "	msr vbar_el1, x20\n"
    "	isb\n"
    "	ldr x0, [x19]\n"
    "	b .\n"
    "	.global guest_psci\n"
    "guest_psci:\n" /* x0 to x3: a call; the result is stored */
    "	hvc #0\n"
    "	str x0, [x19]\n"
    "	b .\n"
    "	.global guest_spin\n"
    "guest_spin:\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static const uint32_t store_loop[] = { 0xf9000273, 0x14000000 };

static int has(struct machine *m, int cap)
{
	return ioctl(m->vm, KVM_CHECK_EXTENSION, cap);
}

/* The type of a VM is its number of IPA bits. */
static int vm_try(int kvm, unsigned long type)
{
	int fd = ioctl(kvm, KVM_CREATE_VM, type), err = errno;

	if (fd < 0)
		return -err;
	close(fd);
	return 0;
}

static void test_vm(void)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = 9,
		.guest_phys_addr = 2 * RAM,
		.memory_size = RAM_SIZE,
	};
	struct machine m;
	int bits;

	machine_create(&m, guest_spin);
	bits = has(&m, KVM_CAP_ARM_VM_IPA_SIZE);
	ok("capabilities that the device has, and that it lacks",
	   has(&m, KVM_CAP_SYNC_MMU) && has(&m, KVM_CAP_READONLY_MEM) &&
		   has(&m, KVM_CAP_ARM_IRQ_LINE_LAYOUT_2) &&
		   !has(&m, KVM_CAP_ARM_SVE) && !has(&m, KVM_CAP_ARM_MTE) &&
		   !has(&m, KVM_CAP_ARM_PMU_V3) &&
		   !has(&m, KVM_CAP_ARM_EL1_32BIT) &&
		   !has(&m, KVM_CAP_SIGNAL_MSI) &&
		   !has(&m, KVM_CAP_COALESCED_MMIO));
	ok("IPA sizes from 32 bits to the capability's value",
	   bits >= 32 && !vm_try(m.kvm, 32) &&
		   !vm_try(m.kvm, (unsigned long)bits));
	ok("no other IPA sizes",
	   vm_try(m.kvm, 31) == -EINVAL &&
		   vm_try(m.kvm, (unsigned long)bits + 1) == -EINVAL);
	region.userspace_addr = (uintptr_t)m.ram;
	ok("a slot by KVM_SET_USER_MEMORY_REGION2",
	   !ioctl(m.vm, KVM_SET_USER_MEMORY_REGION2, &region));
	region.slot = 10;
	region.flags = KVM_MEM_GUEST_MEMFD;
	ok("a slot with a guest_memfd is refused",
	   ioctl(m.vm, KVM_SET_USER_MEMORY_REGION2, &region) < 0 &&
		   errno == EINVAL);
	ok("a vCPU id that exists, and one that is too high, are refused",
	   ioctl(m.vm, KVM_CREATE_VCPU, 0) < 0 && errno == EEXIST &&
		   ioctl(m.vm, KVM_CREATE_VCPU, has(&m, KVM_CAP_MAX_VCPU_ID)) <
			   0 &&
		   errno == EINVAL);
	machine_destroy(&m);
}

/* True: KVM_RUN ends with a signal, and the vCPU is still in this state. */
static int waits(struct machine *m, uint32_t state)
{
	struct kvm_mp_state mp = { .mp_state = state };
	uint64_t pc = reg_get(m, PC);

	if (ioctl(m->vcpu, KVM_SET_MP_STATE, &mp))
		return 0;
	ualarm(20000, 0);
	if (!ioctl(m->vcpu, KVM_RUN, 0) || errno != EINTR)
		return 0;
	mp.mp_state = ~state;
	return !ioctl(m->vcpu, KVM_GET_MP_STATE, &mp) && mp.mp_state == state &&
	       reg_get(m, PC) == pc;
}

/*
 * The virtual timer, due in 20 ms, ends the suspension. The VMM resumes the
 * vCPU.
 */
static void test_wakeup(void)
{
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_SUSPENDED };
	struct machine m;
	uint64_t freq;
	uint32_t reason;

	asm volatile("mrs %0, cntfrq_el0" : "=r"(freq));
	machine_create(&m, guest_psci);
	reg_set(&m, KVM_REG_ARM_TIMER_CVAL,
		reg_get(&m, KVM_REG_ARM_TIMER_CNT) + freq / 50);
	reg_set(&m, KVM_REG_ARM_TIMER_CTL, 1);
	ok("suspended with a timer: KVM_SYSTEM_EVENT_WAKEUP",
	   !ioctl(m.vcpu, KVM_SET_MP_STATE, &mp) &&
		   go(&m) == KVM_EXIT_SYSTEM_EVENT &&
		   m.run->system_event.type == KVM_SYSTEM_EVENT_WAKEUP);
	ok("the wakeup does not come before the timer is due",
	   reg_get(&m, KVM_REG_ARM_TIMER_CNT) >=
		   reg_get(&m, KVM_REG_ARM_TIMER_CVAL));
	reason = go(&m);
	mp.mp_state = KVM_MP_STATE_RUNNABLE;
	ok("the guest stays suspended until the VMM lets it run",
	   reason == KVM_EXIT_SYSTEM_EVENT &&
		   m.run->system_event.type == KVM_SYSTEM_EVENT_WAKEUP &&
		   !ioctl(m.vcpu, KVM_GET_MP_STATE, &mp) &&
		   mp.mp_state == KVM_MP_STATE_SUSPENDED &&
		   reg_get(&m, PC) == CODE);
	reg_set(&m, KVM_REG_ARM_TIMER_CTL, 0);
	reg_set(&m, X(0), 0x84000000);
	mp.mp_state = KVM_MP_STATE_RUNNABLE;
	ok("the guest runs after the VMM has resumed it",
	   !ioctl(m.vcpu, KVM_SET_MP_STATE, &mp) &&
		   wrote(&m, DEVICE, 8, 0x10001));
	machine_destroy(&m);
}

static void test_states(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_SYSTEM_SUSPEND };
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_HALTED };
	struct machine m;

	machine_create(&m, guest_psci);
	ok("KVM_RUN of a stopped vCPU waits", waits(&m, KVM_MP_STATE_STOPPED));
	ok("KVM_RUN of a suspended vCPU waits",
	   waits(&m, KVM_MP_STATE_SUSPENDED));
	ok("another state is EINVAL",
	   ioctl(m.vcpu, KVM_SET_MP_STATE, &mp) < 0 && errno == EINVAL);
	mp.mp_state = KVM_MP_STATE_RUNNABLE;
	ok("KVM_CAP_ARM_SYSTEM_SUSPEND",
	   !ioctl(m.vm, KVM_ENABLE_CAP, &cap) &&
		   !ioctl(m.vcpu, KVM_SET_MP_STATE, &mp));
	cap.cap = KVM_CAP_ARM_MTE;
	ok("KVM_ENABLE_CAP of another capability is EINVAL",
	   ioctl(m.vm, KVM_ENABLE_CAP, &cap) < 0 && errno == EINVAL);
	reg_set(&m, X(0), 0xc400000e);
	ok("the guest's SYSTEM_SUSPEND is an exit",
	   go(&m) == KVM_EXIT_SYSTEM_EVENT &&
		   m.run->system_event.type == KVM_SYSTEM_EVENT_SUSPEND);
	machine_destroy(&m);
}

static uint64_t counted(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static int io_try(struct machine *m, int fd, uint64_t addr, uint32_t len,
		  uint32_t flags, uint64_t data)
{
	struct kvm_ioeventfd io = {
		.addr = addr,
		.len = len,
		.fd = fd,
		.flags = flags,
		.datamatch = data,
	};

	return ioctl(m->vm, KVM_IOEVENTFD, &io) ? -errno : 0;
}

static void test_ioeventfd(void)
{
	int one = eventfd(0, EFD_NONBLOCK), any = eventfd(0, EFD_NONBLOCK);
	struct machine m;

	machine_create(&m, guest_store);
	ok("ioeventfd capabilities",
	   has(&m, KVM_CAP_IOEVENTFD) == 1 &&
		   has(&m, KVM_CAP_IOEVENTFD_ANY_LENGTH) == 1);
	ok("an ioeventfd for a store of 7",
	   !io_try(&m, one, DEVICE, 4, KVM_IOEVENTFD_FLAG_DATAMATCH, 7));
	ok("an ioeventfd for stores of any length",
	   !io_try(&m, any, DEVICE + 8, 0, 0, 0));
	ok("the same ioeventfd again is EEXIST",
	   io_try(&m, any, DEVICE + 8, 4, 0, 0) == -EEXIST);
	ok("3 bytes are EINVAL", io_try(&m, any, DEVICE, 3, 0, 0) == -EINVAL);
	ok("ports are EINVAL",
	   io_try(&m, any, DEVICE, 4, KVM_IOEVENTFD_FLAG_PIO, 0) == -EINVAL);
	ok("a descriptor that is not an eventfd is refused",
	   io_try(&m, m.vm, DEVICE, 4, 0, 0) == -EINVAL);
	reg_set(&m, X(1), 7);
	m.run->immediate_exit = 0;
	ok("an ioeventfd that does not exist cannot be detached",
	   io_try(&m, any, DEVICE, 8, KVM_IOEVENTFD_FLAG_DEASSIGN, 0) ==
		   -ENOENT);
	alarm(1);
	ok("a store to an ioeventfd is no exit to user space",
	   ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINTR);
	ok("each store was counted", counted(one) == 2 && counted(any) == 2);
	ok("detach",
	   !io_try(&m, one, DEVICE, 4,
		   KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_DEASSIGN,
		   7));
	alarm(ALARM);
	reg_set(&m, PC, CODE);
	ok("the store is an exit again", wrote(&m, DEVICE, 4, 7));
	machine_destroy(&m);
	close(one);
	close(any);
}

static int attr(int fd, unsigned long cmd, uint32_t group, uint64_t which,
		void *value)
{
	struct kvm_device_attr a = {
		.group = group,
		.attr = which,
		.addr = (uintptr_t)value,
	};

	return ioctl(fd, cmd, &a) ? -errno : 0;
}

static int vgic_refused(struct machine *m)
{
	static const int caps[] = { KVM_CAP_IRQCHIP, KVM_CAP_IRQFD,
				    KVM_CAP_IRQ_ROUTING, KVM_CAP_DEVICE_CTRL };
	int refused = errno == ENODEV;

	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		refused &= !ioctl(m->vm, KVM_CHECK_EXTENSION, caps[i]);
	return refused;
}

/* Create a VGIC. Returns -1 if the module was loaded with no_vgic=1. */
static int vgic_create(struct machine *m)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint64_t gicd = GICD, gicr = GICR;
	uint32_t too_many = 1024;
	int fd;

	if (ioctl(m->vm, KVM_CREATE_DEVICE, &dev)) {
		ok("no VGIC: ENODEV, and its capabilities are 0",
		   vgic_refused(m));
		return -1;
	}
	fd = (int)dev.fd;
	ok("1024 interrupts are EINVAL, because INTIDs from 1020 are special",
	   attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0,
		&too_many) == -EINVAL);
	ok("access to the VGIC's registers before INIT is EBUSY",
	   attr(fd, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
		ISPENDR1, &gicd) == -EBUSY);
	ok("KVM_RUN before the frames have addresses is ENXIO",
	   ioctl(m->vcpu, KVM_RUN, 0) < 0 && errno == ENXIO);
	ok("INIT may come before the addresses",
	   !attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
		 KVM_DEV_ARM_VGIC_CTRL_INIT, NULL) &&
		   !attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			 KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd) &&
		   !attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR,
			 KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr));
	return fd;
}

static int cpu_reg(int fd, unsigned long cmd, unsigned int enc, uint64_t *value)
{
	return attr(fd, cmd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, enc, value);
}

static int line_try(struct machine *m, uint32_t type, uint32_t vcpu,
		    uint32_t intid, uint32_t level)
{
	struct kvm_irq_level line = {
		.irq = type << KVM_ARM_IRQ_TYPE_SHIFT |
		       vcpu << KVM_ARM_IRQ_VCPU_SHIFT | intid,
		.level = level,
	};

	return ioctl(m->vm, KVM_IRQ_LINE, &line) ? -errno : 0;
}

static void test_lines(struct machine *m, int fd)
{
	uint32_t up = 0, down = 1;

	ok("a line goes high, and low",
	   !line_try(m, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 1) &&
		   !attr(fd, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32, &up) &&
		   up == 1U << 8 &&
		   !line_try(m, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 0) &&
		   !attr(fd, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32, &down) &&
		   !down);
	ok("a PPI of a vCPU",
	   !line_try(m, KVM_ARM_IRQ_TYPE_PPI, 0, 20, 1) &&
		   !attr(fd, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0, &up) &&
		   up == 1U << 20 &&
		   !line_try(m, KVM_ARM_IRQ_TYPE_PPI, 0, 20, 0));
	ok("invalid SPIs, PPIs and vCPUs, and the CPU's IRQ and FIQ, are refused",
	   line_try(m, KVM_ARM_IRQ_TYPE_SPI, 0, 20, 1) == -EINVAL &&
		   line_try(m, KVM_ARM_IRQ_TYPE_PPI, 0, 40, 1) == -EINVAL &&
		   line_try(m, KVM_ARM_IRQ_TYPE_PPI, 9, 20, 1) == -EINVAL &&
		   line_try(m, 1U << 4 | KVM_ARM_IRQ_TYPE_PPI, 0, 20, 1) ==
			   -EINVAL &&
		   line_try(m, KVM_ARM_IRQ_TYPE_CPU, 0, 0, 1) == -EINVAL);
}

static void test_vgic_regs(int fd)
{
	uint32_t value = 2, back = 0;
	uint64_t pmr = 0xf0, got = 0;
	const unsigned int icc_pmr = 0xc230, icc_ctlr = 0xc664;

	ok("write and read a priority",
	   !attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0x420,
		 &(uint32_t){ 0xa0b0c0d0 }) &&
		   !attr(fd, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0x420, &back) &&
		   back == 0xa0b0c0d0);
	ok("GICD_ISPENDR gives the pending latch",
	   !attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
		 ISPENDR1, &value) &&
		   !attr(fd, KVM_SET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32,
			 &(uint32_t){ 0xff }) &&
		   !attr(fd, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_DIST_REGS, ISPENDR1, &back) &&
		   back == 2);
	ok("the line levels can be read",
	   !attr(fd, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32,
		 &back) &&
		   back == 0xff);
	value = 0;
	attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32,
	     &value);
	attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, ISPENDR1,
	     &value);
	ok("ICC_PMR_EL1",
	   !cpu_reg(fd, KVM_SET_DEVICE_ATTR, icc_pmr, &pmr) &&
		   !cpu_reg(fd, KVM_GET_DEVICE_ATTR, icc_pmr, &got) &&
		   got == 0xf0);
	ok("ICC_CTLR_EL1 accepts its own value, and no unknown bits",
	   !cpu_reg(fd, KVM_GET_DEVICE_ATTR, icc_ctlr, &got) &&
		   !cpu_reg(fd, KVM_SET_DEVICE_ATTR, icc_ctlr, &got) &&
		   cpu_reg(fd, KVM_SET_DEVICE_ATTR, icc_ctlr,
			   &(uint64_t){ ~0ULL }) == -EINVAL);
	ok("an unknown register, and an unknown vCPU, are refused",
	   attr(fd, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0x40,
		&back) == -ENXIO &&
		   attr(fd, KVM_GET_DEVICE_ATTR,
			KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 9ULL << 32,
			&back) == -EINVAL);
}

static int irqfd_try(struct machine *m, int fd, uint32_t gsi, uint32_t flags)
{
	struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = gsi,
		.flags = flags,
	};

	return ioctl(m->vm, KVM_IRQFD, &irqfd) ? -errno : 0;
}

static int routing_try(struct machine *m, uint32_t gsi, uint32_t pin)
{
	struct {
		struct kvm_irq_routing table;
		struct kvm_irq_routing_entry entry;
	} routing = {
		{ .nr = 1 },
		{ .gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP },
	};

	routing.entry.u.irqchip.pin = pin;
	return ioctl(m->vm, KVM_SET_GSI_ROUTING, &routing) ? -errno : 0;
}

/* An edge leaves its latch set, which user space can see without a guest. */
static void test_irqfd(struct machine *m, int vgic)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint32_t edge = 2 << 4, pending = 0; /* SPI 34 */
	uint64_t n = 1;

	ok("irqfd", !irqfd_try(m, fd, 1, 0));
	ok("the same eventfd again is EBUSY", irqfd_try(m, fd, 2, 0) == -EBUSY);
	ok("unknown flags are EINVAL",
	   irqfd_try(m, eventfd(0, 0), 3, 1U << 2) == -EINVAL);
	ok("a GSI without an SPI can have an irqfd",
	   !irqfd_try(m, eventfd(0, 0), 4000, 0));
	ok("GSI 1 is routed to SPI 34 instead of 33",
	   routing_try(m, 1, 2) == 0);
	ok("a route to an SPI that no GIC has is refused",
	   routing_try(m, 1, 988) == -EINVAL);
	attr(vgic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, ICFGR2,
	     &edge);
	ok("the signal makes SPI 34 pending, and no other",
	   write(fd, &n, sizeof(n)) == sizeof(n) &&
		   !attr(vgic, KVM_GET_DEVICE_ATTR,
			 KVM_DEV_ARM_VGIC_GRP_DIST_REGS, ISPENDR1, &pending) &&
		   pending == 1U << 2);
	ok("the eventfd's count was read", counted(fd) == 0);
	ok("the irqfd can be detached",
	   !irqfd_try(m, fd, 1, KVM_IRQFD_FLAG_DEASSIGN));
	ok("a detached eventfd signals no interrupt",
	   write(fd, &n, sizeof(n)) == sizeof(n) && counted(fd) == 1);
	close(fd);
}

static void test_vgic(void)
{
	struct machine m;
	int fd;

	machine_create(&m, guest_spin);
	ok("irqfd without a VGIC is EAGAIN",
	   irqfd_try(&m, eventfd(0, 0), 1, 0) == -EAGAIN);
	ok("KVM_IRQ_LINE without a VGIC is ENXIO",
	   line_try(&m, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 1) == -ENXIO);
	ok("routes can be set without a VGIC", routing_try(&m, 1, 1) == 0);
	fd = vgic_create(&m);
	if (fd >= 0) {
		test_vgic_regs(fd);
		test_lines(&m, fd);
		test_irqfd(&m, fd);
		close(fd);
	}
	machine_destroy(&m);
}

static void test_events(void)
{
	struct kvm_vcpu_events events = { 0 };
	struct machine m;

	machine_create(&m, guest_serror);
	memcpy(m.ram + 0x10000 + 0x380, store_loop, sizeof(store_loop));
	reg_set(&m, X(20), RAM + 0x10000);
	events.exception.serror_pending = 1;
	ok("an SError can be made pending",
	   !ioctl(m.vcpu, KVM_SET_VCPU_EVENTS, &events));
	memset(&events, 0, sizeof(events));
	ok("the SError is pending",
	   !ioctl(m.vcpu, KVM_GET_VCPU_EVENTS, &events) &&
		   events.exception.serror_pending == 1);
	ok("the guest takes the SError", wrote(&m, DEVICE, 8, DEVICE));
	ok("once", !ioctl(m.vcpu, KVM_GET_VCPU_EVENTS, &events) &&
			   events.exception.serror_pending == 0);
	events.exception.serror_has_esr = 1;
	ok("an ESR for the SError is EINVAL",
	   ioctl(m.vcpu, KVM_SET_VCPU_EVENTS, &events) < 0 && errno == EINVAL);
	machine_destroy(&m);

	machine_create(&m, guest_load);
	memcpy(m.ram + 0x10000 + 0x200, store_loop, sizeof(store_loop));
	reg_set(&m, X(20), RAM + 0x10000);
	memset(&events, 0, sizeof(events));
	events.exception.ext_dabt_pending = 1;
	ok("an external abort for a load",
	   go(&m) == KVM_EXIT_MMIO &&
		   !ioctl(m.vcpu, KVM_SET_VCPU_EVENTS, &events) &&
		   wrote(&m, DEVICE, 8, DEVICE));
	ok("ESR and return address of the abort are right",
	   (reg_get(&m, ESR) >> 26) == 0x25 &&
		   (reg_get(&m, ESR) & 0x3f) == 0x10 &&
		   reg_get(&m, ELR) == CODE + 8);
	machine_destroy(&m);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* A signal that the thread blocks and only KVM_RUN lets through. */
static void test_sigmask(void)
{
	struct {
		struct kvm_signal_mask mask;
		uint64_t set;
	} all = { { .len = 8 }, 0 };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t block, old;
	struct machine m;

	machine_create(&m, guest_spin);
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &old);
	ok("a mask of the wrong size",
	   ioctl(m.vcpu, KVM_SET_SIGNAL_MASK,
		 &(struct kvm_signal_mask){ .len = 4 }) < 0 &&
		   errno == EINVAL);
	ok("KVM_SET_SIGNAL_MASK", !ioctl(m.vcpu, KVM_SET_SIGNAL_MASK, &all));
	raise(SIGUSR1);
	ok("a blocked signal ends KVM_RUN",
	   ioctl(m.vcpu, KVM_RUN, 0) < 0 && errno == EINTR);
	sigpending(&block);
	ok("the signal is still blocked", sigismember(&block, SIGUSR1) == 1);
	sigprocmask(SIG_SETMASK, &old, NULL);
	machine_destroy(&m);
}

static void test_attributes(void)
{
	struct machine m;
	int irq = 0;

	machine_create(&m, guest_spin);
	ok("the physical timer is PPI 30",
	   !attr(m.vcpu, KVM_GET_DEVICE_ATTR, KVM_ARM_VCPU_TIMER_CTRL,
		 KVM_ARM_VCPU_TIMER_IRQ_PTIMER, &irq) &&
		   irq == 30);
	ok("the virtual timer is PPI 27",
	   !attr(m.vcpu, KVM_GET_DEVICE_ATTR, KVM_ARM_VCPU_TIMER_CTRL,
		 KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &irq) &&
		   irq == 27);
	ok("the virtual timer cannot move to another PPI",
	   !attr(m.vcpu, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_TIMER_CTRL,
		 KVM_ARM_VCPU_TIMER_IRQ_VTIMER, &irq) &&
		   attr(m.vcpu, KVM_SET_DEVICE_ATTR, KVM_ARM_VCPU_TIMER_CTRL,
			KVM_ARM_VCPU_TIMER_IRQ_VTIMER,
			&(int){ 20 }) == -EINVAL);
	ok("the attributes of PMU and stolen time are refused",
	   attr(m.vcpu, KVM_HAS_DEVICE_ATTR, KVM_ARM_VCPU_PMU_V3_CTRL,
		KVM_ARM_VCPU_PMU_V3_INIT, NULL) == -ENXIO &&
		   attr(m.vcpu, KVM_HAS_DEVICE_ATTR, KVM_ARM_VCPU_PVTIME_CTRL,
			KVM_ARM_VCPU_PVTIME_IPA, NULL) == -ENXIO);
	machine_destroy(&m);
}

static void test_features(void)
{
	uint64_t isar0, pfr0;
	struct machine m;

	machine_create(&m, guest_psci);
	pfr0 = reg_get(&m, PFR0);
	isar0 = reg_get(&m, ISAR0);
	ok("AES can be taken away",
	   !reg_try(&m, ISAR0, isar0 & ~0xf0ULL) &&
		   reg_get(&m, ISAR0) == (isar0 & ~0xf0ULL));
	ok("AES can be given back", !reg_try(&m, ISAR0, isar0));
	ok("SVE cannot be given",
	   reg_try(&m, PFR0, pfr0 | 1ULL << 32) == -EINVAL);
	ok("EL0 cannot be taken away",
	   reg_try(&m, PFR0, pfr0 & ~0xfULL) == -EINVAL);
	ok("the level-1 data cache has a CCSIDR_EL1",
	   reg_get(&m, CCSIDR(0)) &&
		   !reg_try(&m, CCSIDR(0), reg_get(&m, CCSIDR(0))));
	ok("there is no level 7", reg_try(&m, CCSIDR(12), 0) == -ENOENT);
	machine_destroy(&m);
}

static uint64_t call(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t version)
{
	struct machine m;
	uint64_t ret = 0;

	machine_create(&m, guest_psci);
	if (version)
		reg_set(&m, KVM_REG_ARM_PSCI_VERSION, version);
	reg_set(&m, X(0), x0);
	reg_set(&m, X(1), x1);
	reg_set(&m, X(2), x2);
	if (go(&m) == KVM_EXIT_MMIO)
		memcpy(&ret, m.run->mmio.data, sizeof(ret));
	else if (m.run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
		ret = 0x1000000 | m.run->system_event.type << 8 |
		      m.run->system_event.data[0];
	machine_destroy(&m);
	return ret;
}

static void test_firmware(void)
{
	struct machine m;

	ok("PSCI_VERSION", call(0x84000000, 0, 0, 0) == 0x10001);
	ok("PSCI_VERSION as set", call(0x84000000, 0, 0, 2) == 2);
	ok("PSCI_FEATURES of SYSTEM_RESET2",
	   call(0x8400000a, 0x84000012, 0, 0) == 0);
	ok("PSCI 1.0 has no SYSTEM_RESET2",
	   call(0x8400000a, 0x84000012, 0, 0x10000) == ~0ULL);
	ok("PSCI 0.2 has no PSCI_FEATURES",
	   call(0x8400000a, 0x84000012, 0, 2) == ~0ULL);
	ok("SYSTEM_RESET2", call(0x84000012, 0, 0, 0) ==
				    (0x1000000 | KVM_SYSTEM_EVENT_RESET << 8 |
				     KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2));
	ok("PSCI_SYSTEM_RESET2 of an unknown type is INVALID_PARAMETERS",
	   call(0x84000012, 5, 0, 0) == (uint64_t)-2);
	ok("AFFINITY_INFO of this CPU, and of its cluster",
	   call(0xc4000004, 0, 0, 0) == 0 && call(0xc4000004, 7, 1, 0) == 0);
	ok("AFFINITY_INFO of an unknown CPU is INVALID_PARAMETERS",
	   call(0xc4000004, 7, 0, 0) == (uint64_t)-2);
	ok("AFFINITY_INFO of an unknown level is INVALID_PARAMETERS",
	   call(0xc4000004, 0, 4, 0) == (uint64_t)-2);
	ok("SMCCC 1.1", call(0x80000000, 0, 0, 0) == 0x10001 &&
				call(0x8400000a, 0x80000000, 0, 0) == 0);
	ok("TRNG and vendor calls are NOT_SUPPORTED",
	   call(0x84000050, 0, 0, 0) == ~0ULL &&
		   call(0x8600ff01, 0, 0, 0) == ~0ULL);
	machine_create(&m, guest_psci);
	ok("an unknown PSCI version is EINVAL",
	   reg_try(&m, KVM_REG_ARM_PSCI_VERSION, 0x20000) == -EINVAL);
	ok("the firmware registers of the workarounds exist",
	   reg_get(&m, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1) <= 2 &&
		   reg_get(&m, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2) <= 3 &&
		   reg_get(&m, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3) <= 2);
	machine_destroy(&m);
}

/* ARCH_FEATURES of a workaround must agree with its firmware register. */
static void test_workarounds(void)
{
	static const struct {
		uint32_t id;
		uint64_t reg;
		/* Indexed by the register's value; 5: no answer is right. */
		int32_t answers[4];
	} all[] = {
		{ 0x80008000,
		  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1,
		  { -1, 0, 1, 5 } },
		{ 0x80007fff,
		  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
		  { -1, 5, 5, 1 } },
		{ 0x80003fff,
		  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
		  { -1, 0, 1, 5 } },
	};
	uint64_t state[3], csv2;
	struct machine m;
	int good = 1;

	machine_create(&m, guest_psci);
	csv2 = reg_get(&m, PFR0) >> 56 & 0xf;
	for (int i = 0; i < 3; i++)
		state[i] = reg_get(&m, all[i].reg) & 3;
	machine_destroy(&m);
	for (int i = 0; i < 3; i++) {
		int32_t answer = (int32_t)call(0x80000001, all[i].id, 0, 0);
		int32_t itself = (int32_t)call(all[i].id, 0, 0, 0);

		printf("# workaround %d: register %d, features %d, call %d\n",
		       i + 1, (int)state[i], answer, itself);
		good &= answer == all[i].answers[state[i]] &&
			itself == (answer ? -1 : 0);
	}
	ok("ARCH_FEATURES of the workarounds, and their calls", good);
	ok("with CSV2, workaround 1 is not required", !csv2 || state[0] == 2);
	ok("ARCH_FEATURES of itself, and of an unknown call",
	   call(0x80000001, 0x80000001, 0, 0) == 0 &&
		   call(0x80000001, 0x80000002, 0, 0) == ~0ULL);
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_vm();
	test_states();
	test_wakeup();
	test_ioeventfd();
	test_vgic();
	test_events();
	test_sigmask();
	test_attributes();
	test_features();
	test_firmware();
	test_workarounds();
	return tap_end();
}
