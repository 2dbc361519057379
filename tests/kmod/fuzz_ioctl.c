// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_ioctl.c - hostile processes and hostile guests on /dev/trapline
 *
 *	fuzz_ioctl [SECONDS [SEED [DEVICE]]]	10, the time, /dev/trapline
 *
 * A parent starts one child after the other and ends each by SIGKILL after a
 * random while. In a child some threads share descriptors of the device, VMs,
 * vCPUs, the VGIC and eventfds, and call every ioctl there is with plausible,
 * boundary and random arguments; descriptors are closed and replaced meanwhile
 * in any order, argument pages are unmapped, protected or half there, and the
 * guests' memory is taken away under them. The guests run random words, random
 * system instructions, floods of SGIs, and loads and stores everywhere.
 *
 * What the process sees does not matter, as long as the host lives: the caller
 * looks at the kernel's log and unloads the module. TAP output.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/kvm.h>

#define NR_FDS        24
#define NR_THREADS    4
#define RAM           0x40000000ULL
#define RAM_SIZE      0x200000UL
#define GICD          0x08000000ULL
#define GICR          0x080a0000ULL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum kind {
	SYSTEM,
	VM,
	VCPU,
	DEVICE,
	EVENT,
	NR_KINDS
};

struct slot {
	int fd;
	enum kind kind;
	struct kvm_run *run;
};

/* Shared by the child's threads without locks: that is the point. */
static struct slot slots[NR_FDS];
static uint8_t *ram, *args;
static size_t page;
static const char *device = "/dev/trapline";

/* Shared by parent and children. */
static struct counters {
	unsigned long calls, good, runs;
} * counters;

static __thread uint64_t state;

static uint64_t rnd(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(rnd() >> 33) % n;
}

static int one_in(unsigned int n)
{
	return !below(n);
}

static uint64_t boundary(void)
{
	static const uint64_t values[] = {
		0,
		1,
		2,
		31,
		32,
		63,
		64,
		0xfff,
		0x1000,
		0xffff,
		0x10000,
		1ULL << 31,
		1ULL << 32,
		1ULL << 40,
		1ULL << 47,
		1ULL << 48,
		1ULL << 63,
		~0ULL,
		~0xfffULL,
		0xffff000000000000ULL,
		0xffff800000000000ULL,
	};
	uint64_t value = values[below(ARRAY_SIZE(values))];

	return one_in(3) ? value + below(5) - 2 : value;
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

/* --- what the guests run --------------------------------------------------- */
static uint32_t guest_word(unsigned int flavour)
{
	static const uint32_t some[] = {
		0xd5033fdf, /* isb */
		0xd5033f9f, /* dsb sy */
		0xd503207f, /* wfi */
		0xd4000002, /* hvc #0 */
		0xd4000003, /* smc #0 */
		0xd4200000, /* brk #0 */
		0xd69f03e0, /* eret */
		0xd518cba0, /* msr icc_sgi1r_el1, x0 */
		0xd5087640, /* dc isw, x0 */
		0xd5181000, /* msr sctlr_el1, x0 */
		0xd5182000, /* msr ttbr0_el1, x0 */
		0xd5182040, /* msr tcr_el1, x0 */
		0xd538cc00, /* mrs x0, icc_iar1_el1 */
		0xd51be320, /* msr cntv_ctl_el0, x0 */
		0xf9000020, /* str x0, [x1] */
		0xf9400020, /* ldr x0, [x1] */
		0xa9400440, /* ldp x0, x1, [x2] */
		0x4c007020, /* st1 {v0.16b}, [x1] */
		0xd50b7420, /* dc zva, x0 */
		0xd51b4220, /* msr daif, x0 */
	};

	switch (flavour) {
	case 0:
		return (uint32_t)rnd();
	case 1: /* any MSR, MRS, SYS, SYSL, hint or barrier */
		return 0xd5000000 | ((uint32_t)rnd() & 0x3fffff);
	case 2:
		return 0xd518cba0 | below(31);
	default:
		return some[below(ARRAY_SIZE(some))];
	}
}

static void guest_write(void)
{
	volatile uint32_t *to = (void *)(ram + below(4) * 0x10000);
	unsigned int flavour = below(5);

	for (unsigned int i = 0; i < 64; i++)
		to[i] = guest_word(flavour);
	to[64] = 0x17ffffc0; /* b back to the first */
}

/* --- arguments ------------------------------------------------------------ */
/* A place for an argument: good, half there, or not there at all. */
static uint8_t *arg_page(void)
{
	switch (below(12)) {
	case 0:
		return NULL;
	case 1:
		return (void *)boundary();
	case 2: /* the end of what is mapped */
		return args + 4 * page - below(64);
	default:
		return args + below(3) * page + below(8) * 8;
	}
}

static int random_fd(void)
{
	return one_in(8) ? (int)boundary() : slots[below(NR_FDS)].fd;
}

static void fill_region(void *at)
{
	struct kvm_userspace_memory_region *r = at;

	r->slot = one_in(3) ? (uint32_t)boundary() : below(6);
	r->flags = one_in(4) ? below(8) : 0;
	r->guest_phys_addr = one_in(4) ? address()
				       : RAM + below(8) * RAM_SIZE / 4;
	r->memory_size = one_in(3) ? boundary() : below(5) * RAM_SIZE / 4;
	/* Only the guests' memory is theirs to write. */
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
	uint64_t *value = (void *)(args + page);

	reg->id = reg_id();
	reg->addr = one_in(4) ? (uintptr_t)arg_page() : (uintptr_t)value;
	*value = one_in(2) ? RAM + below(4) * 0x10000 : boundary();
}

static void fill_attr(void *at)
{
	struct kvm_device_attr *attr = at;
	uint64_t *value = (void *)(args + page);

	attr->flags = one_in(16) ? (uint32_t)rnd() : 0;
	attr->group = below(10);
	attr->attr = one_in(3) ? boundary()
			       : (rnd() & 0xf00000000ULL) | below(0x10000);
	attr->addr = one_in(4) ? (uintptr_t)arg_page() : (uintptr_t)value;
	*value = one_in(2) ? (one_in(2) ? GICD : GICR) : rnd();
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
	irqfd->fd = (uint32_t)random_fd();
	irqfd->gsi = one_in(4) ? (uint32_t)boundary() : below(64);
	irqfd->flags = one_in(3) ? below(4) : 0;
}

static void fill_ioeventfd(void *at)
{
	struct kvm_ioeventfd *io = at;

	memset(io, 0, sizeof(*io));
	io->fd = random_fd();
	io->addr = address() & ~7ULL;
	io->len = one_in(4) ? (uint32_t)boundary() : 1U << below(4);
	io->flags = below(8);
}

static void fill_debug(void *at)
{
	struct kvm_guest_debug *debug = at;

	for (size_t i = 0; i < sizeof(*debug) / 8; i++)
		((uint64_t *)at)[i] = one_in(2) ? rnd() : 0;
	debug->control = one_in(3) ? (uint32_t)rnd() : below(4);
	debug->pad = one_in(8) ? 1 : 0;
}

static void fill_mask(void *at)
{
	struct kvm_signal_mask *mask = at;

	mask->len = one_in(4) ? (uint32_t)boundary() : 8;
	memset(mask->sigset, 0, 8);
}

static void fill_random(void *at)
{
	for (unsigned int i = 0; i < 32; i++)
		((uint64_t *)at)[i] = one_in(3) ? rnd() : boundary();
}

static void fill_small(void *at)
{
	memset(at, 0, 256);
	((uint32_t *)at)[0] = below(8);
}

static const struct {
	enum kind kind;
	unsigned long cmd;
	void (*fill)(void *at); /* NULL: the argument is a number */
} ioctls[] = {
	{ SYSTEM, KVM_GET_API_VERSION, NULL },
	{ SYSTEM, KVM_CHECK_EXTENSION, NULL },
	{ SYSTEM, KVM_GET_VCPU_MMAP_SIZE, NULL },
	{ SYSTEM, KVM_CREATE_VM, NULL },
	{ VM, KVM_CHECK_EXTENSION, NULL },
	{ VM, KVM_CREATE_VCPU, NULL },
	{ VM, KVM_SET_USER_MEMORY_REGION, fill_region },
	{ VM, KVM_SET_USER_MEMORY_REGION2, fill_region },
	{ VM, KVM_ARM_PREFERRED_TARGET, fill_small },
	{ VM, KVM_ENABLE_CAP, fill_random },
	{ VM, KVM_GET_DIRTY_LOG, fill_random },
	{ VM, KVM_CREATE_DEVICE, fill_device },
	{ VM, KVM_IRQ_LINE, fill_line },
	{ VM, KVM_IRQFD, fill_irqfd },
	{ VM, KVM_SET_GSI_ROUTING, fill_small },
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
	{ VCPU, KVM_SET_DEVICE_ATTR, fill_attr },
	{ VCPU, KVM_GET_DEVICE_ATTR, fill_attr },
	{ DEVICE, KVM_SET_DEVICE_ATTR, fill_attr },
	{ DEVICE, KVM_GET_DEVICE_ATTR, fill_attr },
	{ DEVICE, KVM_HAS_DEVICE_ATTR, fill_attr },
};

/* --- the threads ---------------------------------------------------------- */
static void slot_put(int fd, enum kind kind)
{
	struct slot *slot = &slots[below(NR_FDS)];
	int old = slot->fd;

	slot->fd = fd;
	slot->kind = kind;
	slot->run = NULL;
	if (kind == VCPU)
		slot->run = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
				 fd, 0);
	if (old > 2)
		close(old);
}

/* What an ioctl made; only these return descriptors. */
static void made(unsigned long cmd, int ret, const void *at)
{
	if (cmd == KVM_CREATE_VM)
		slot_put(ret, VM);
	else if (cmd == KVM_CREATE_VCPU)
		slot_put(ret, VCPU);
	else if (cmd == KVM_CREATE_DEVICE)
		slot_put((int)((const struct kvm_create_device *)at)->fd,
			 DEVICE);
}

static unsigned long number(unsigned long cmd)
{
	switch (cmd) {
	case KVM_CREATE_VM:
		return one_in(2) ? 0 : boundary();
	case KVM_CREATE_VCPU:
		return one_in(8) ? boundary() : below(4);
	case KVM_CHECK_EXTENSION:
		return below(300);
	default:
		return one_in(16) ? boundary() : 0;
	}
}

/* The argument in place first, so that a fault of ours does not matter. */
static void call(int fd, unsigned long cmd, void (*fill)(void *at))
{
	uint64_t buffer[64];
	uint8_t *at = NULL;
	unsigned long arg;
	int ret;

	if (fill) {
		at = arg_page();
		fill(buffer);
		/* read() comes back with EFAULT where memcpy() would die. */
		ret = memfd_create("arg", 0);
		if (ret >= 0) {
			if (write(ret, buffer, sizeof(buffer)) > 0 &&
			    pread(ret, at, _IOC_SIZE(cmd), 0) < 0)
				errno = 0;
			close(ret);
		}
		arg = (unsigned long)at;
	} else {
		arg = number(cmd);
	}
	ret = ioctl(fd, cmd, arg);
	counters->calls++;
	counters->good += ret >= 0;
	counters->runs += cmd == KVM_RUN && (!ret || errno == EINTR);
	if (ret >= 0 && cmd != KVM_CREATE_DEVICE)
		made(cmd, ret, NULL);
	else if (!ret && at >= args && at < args + 3 * page)
		made(cmd, ret, at);
}

static void any_ioctl(void)
{
	const struct slot *slot = &slots[below(NR_FDS)];
	unsigned int i = below(ARRAY_SIZE(ioctls));

	if (one_in(20)) {
		call(slot->fd,
		     _IOC(below(4), one_in(4) ? 0xe7 : KVMIO, below(256),
			  below(256)),
		     fill_random);
		return;
	}
	/* Mostly the right kind of descriptor. */
	for (int tries = 0; tries < 20 && slot->kind != ioctls[i].kind; tries++)
		slot = &slots[below(NR_FDS)];
	if (ioctls[i].cmd == KVM_RUN && slot->run && slot->run != MAP_FAILED)
		slot->run->immediate_exit = (uint8_t)one_in(4);
	call(slot->fd, ioctls[i].cmd, ioctls[i].fill);
}

static void any_memory(void)
{
	uint8_t *at = ram + below(RAM_SIZE / (unsigned int)page) * page;

	switch (below(6)) {
	case 0:
		madvise(at, page, MADV_DONTNEED);
		break;
	case 1:
		mprotect(at, page, PROT_READ);
		break;
	case 2:
		mprotect(ram, RAM_SIZE, PROT_READ | PROT_WRITE);
		break;
	case 3:
		mmap(at, page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 4: /* an argument page that is not there, for a moment */
		mprotect(args + 2 * page, page, PROT_NONE);
		usleep(below(500));
		mprotect(args + 2 * page, page, PROT_READ | PROT_WRITE);
		break;
	default:
		mprotect(ram, RAM_SIZE, PROT_READ | PROT_WRITE);
		guest_write();
	}
}

static void any_fd(void)
{
	struct slot *slot = &slots[below(NR_FDS)];
	uint64_t one = 1;

	switch (below(4)) {
	case 0:
		slot_put(open(device, O_RDWR | O_CLOEXEC), SYSTEM);
		break;
	case 1:
		slot_put(eventfd(below(2), EFD_CLOEXEC | EFD_NONBLOCK), EVENT);
		break;
	case 2:
		if (slot->kind == EVENT && write(slot->fd, &one, 8) < 0)
			errno = 0;
		break;
	default:
		if (slot->fd > 2)
			close(slot->fd);
	}
}

static void *thread_main(void *seed)
{
	state = (uintptr_t)seed | 1;
	for (;;) {
		any_ioctl();
		if (one_in(6))
			any_memory();
		if (one_in(30))
			any_fd();
	}
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* One VM that works, to begin with: fuzzing alone seldom gets that far. */
static void prepare(void)
{
	uint64_t gicd = GICD, gicr = GICR;
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = RAM_SIZE,
		.userspace_addr = (uintptr_t)ram,
	};
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct kvm_device_attr attrs[] = {
		{ 0, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		  (uintptr_t)&gicd },
		{ 0, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
		  (uintptr_t)&gicr },
		{ 0, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0 },
	};
	int kvm = open(device, O_RDWR | O_CLOEXEC);
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	slots[0] = (struct slot){ kvm, SYSTEM, NULL };
	slots[1] = (struct slot){ vm, VM, NULL };
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t pc = RAM + i * 0x10000;
		struct kvm_one_reg reg = {
			KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
				KVM_REG_ARM_CORE_REG(regs.pc),
			(uintptr_t)&pc
		};
		struct kvm_vcpu_init init = {
			KVM_ARM_TARGET_GENERIC_V8,
			{ 1U << KVM_ARM_VCPU_PSCI_0_2 },
		};
		int vcpu = ioctl(vm, KVM_CREATE_VCPU, i);

		ioctl(vcpu, KVM_ARM_VCPU_INIT, &init);
		ioctl(vcpu, KVM_SET_ONE_REG, &reg);
		slots[2 + i] = (struct slot){ vcpu, VCPU, NULL };
		slots[2 + i].run = mmap(NULL, page, PROT_READ | PROT_WRITE,
					MAP_SHARED, vcpu, 0);
	}
	if (one_in(2) || ioctl(vm, KVM_CREATE_DEVICE, &dev))
		return;
	slots[5] = (struct slot){ (int)dev.fd, DEVICE, NULL };
	for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++)
		ioctl((int)dev.fd, KVM_SET_DEVICE_ATTR, &attrs[i]);
}

/* Guests that never leave KVM_RUN by themselves leave at a signal. */
static void child_main(uint64_t seed)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t threads[NR_THREADS];

	state = seed | 1;
	for (int i = 0; i < NR_FDS; i++)
		slots[i] = (struct slot){ -1, EVENT, NULL };
	for (unsigned int i = 0; i < 4; i++)
		guest_write();
	prepare();
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < NR_THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_main,
				   (void *)(uintptr_t)rnd()))
			_exit(1);
	for (;;) {
		usleep(300);
		for (int i = 0; i < NR_THREADS; i++)
			pthread_kill(threads[i], SIGUSR1);
	}
}

static int refcount(void)
{
	FILE *file = fopen("/sys/module/trapline/refcnt", "re");
	int n = -1;

	if (file) {
		if (fscanf(file, "%d", &n) != 1)
			n = -1;
		fclose(file);
	}
	return n;
}

int main(int argc, char **argv)
{
	time_t seconds = argc > 1 ? atoi(argv[1]) : 10;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0)
				 : (uint64_t)time(NULL);
	time_t end = time(NULL) + seconds;
	unsigned int children = 0, died = 0;

	if (argc > 3)
		device = argv[3];
	page = (size_t)getpagesize();
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	args = mmap(NULL, 5 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	counters = mmap(NULL, page, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mprotect(args + 4 * page, page, PROT_NONE);
	printf("# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	state = seed | 1;
	while (time(NULL) < end) {
		uint64_t its = rnd();
		pid_t pid = fork();
		int status;

		if (!pid)
			child_main(its);
		if (pid < 0)
			break;
		usleep(20000 + below(800000));
		died += waitpid(pid, &status, WNOHANG) == pid;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		children++;
	}
	/* The last descriptors are closed by a work of the kernel's. */
	for (int i = 0; i < 50 && refcount() > 0; i++)
		usleep(100000);
	printf("# %u children, %u of them died by themselves; %lu calls, %lu of them good, %lu runs of guests\n",
	       children, died, counters->calls, counters->good, counters->runs);
	printf("%s 1 - %ld seconds of hostile processes and guests\n",
	       counters->good && counters->runs ? "ok" : "not ok",
	       (long)seconds);
	printf("%s 2 - nobody holds the module\n",
	       refcount() <= 0 ? "ok" : "not ok");
	printf("1..2\n");
	return !counters->runs || refcount() > 0;
}
