// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_ioctl.c - hostile processes and hostile guests on /dev/trapline
 *
 *	fuzz_ioctl [SECONDS [SEED [DEVICE]]]	10, the time, /dev/trapline
 *
 * A parent starts one child after the other, and ends each with SIGKILL after a
 * random time. In a child some threads share descriptors of the device, VMs,
 * vCPUs, the VGIC and eventfds. They call every ioctl with plausible, boundary
 * and random arguments. Meanwhile descriptors are closed and replaced in any
 * order, with struct kvm_run and the recorder's ring still mapped, or unmapped
 * first. Pages of arguments and of the guests are unmapped, protected,
 * discarded, made huge, merged, or wait for a slow userfaultfd. A grandchild
 * inherits all descriptors and keeps using them after the child is dead. The
 * guests run random words, random system instructions, floods of SGIs, and
 * loads and stores everywhere.
 *
 * The results in the process do not matter. The host must survive, and the
 * module's counters must return to 0. The caller checks the kernel's log and
 * unloads the module. TAP output.
 */
#include "fuzz_args.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/userfaultfd.h>
#include <trapline/abi.h>

#define NR_FDS     24
#define NR_THREADS 4

struct slot {
	int fd;
	enum kind kind;
	struct kvm_run *run;
	void *ring; /* the recorder's ring, two pages */
};

/* The child's threads share the slots without locks. This is intended. */
static struct slot slots[NR_FDS];
static int uffd = -1;

/* Shared by parent and children. */
struct counters {
	unsigned long calls, good, runs;
};
static struct counters *counters;

/*
 * Guests of machine.h's programs end here. This program makes its own guests.
 */
const char guest_end[1];

int fuzz_fd(void)
{
	return slots[below(NR_FDS)].fd;
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
	unsigned int flavour = below(5);
	uint32_t words[65];

	for (unsigned int i = 0; i < 64; i++)
		words[i] = guest_word(flavour);
	words[64] = 0x17ffffc0; /* branch back to the first word */
	put(ram + below(4) * 0x10000, words, sizeof(words));
}

/* --- the threads ---------------------------------------------------------- */
/*
 * The mappings may stay after the descriptor is closed. Other threads use both.
 */
static void slot_close(struct slot *slot)
{
	int fd = slot->fd;

	slot->fd = -1;
	if (slot->run && one_in(2)) {
		munmap(slot->run, page);
		munmap(slot->ring, 2 * page);
	}
	if (fd > 2)
		close(fd);
}

static void slot_put(int fd, enum kind kind)
{
	struct slot *slot = &slots[below(NR_FDS)],
		    made = { fd, kind, NULL, NULL };

	if (kind == VCPU) {
		made.run = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
				fd, 0);
		made.ring = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd,
				 TRAPLINE_RECORDER_OFFSET);
	}
	slot_close(slot);
	*slot = made;
}

/* Store the descriptor that an ioctl returned. Only these ioctls return one. */
static void made(unsigned long cmd, int ret, unsigned long arg)
{
	struct kvm_create_device dev = { .fd = 0 };

	if (cmd == KVM_CREATE_VM)
		slot_put(ret, VM);
	else if (cmd == KVM_CREATE_VCPU)
		slot_put(ret, VCPU);
	else if (cmd == KVM_CREATE_DEVICE)
		get(&dev, (void *)arg, sizeof(dev));
	if (dev.fd)
		slot_put((int)dev.fd, VGIC);
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

static void call(int fd, unsigned long cmd, void (*fill)(void *at))
{
	unsigned long arg = number(cmd);
	uint64_t buffer[64] = { 0 };
	int ret;

	if (fill) {
		uint8_t *at = arg_page();

		fill(buffer);
		put(at, buffer, sizeof(buffer));
		arg = (unsigned long)at;
	}
	ret = ioctl(fd, cmd, arg);
	counters->calls++;
	counters->good += ret >= 0;
	counters->runs += cmd == KVM_RUN && (!ret || errno == EINTR);
	if (ret >= 0)
		made(cmd, ret, arg);
}

/* Write random data to memory that the kernel shares with user space. */
static void any_shared(const struct slot *slot)
{
	uint64_t words[16], at = below((unsigned int)sizeof(*slot->run) - 128);
	uint8_t immediate = (uint8_t)one_in(4);

	fill_random(words);
	if (one_in(4))
		put((uint8_t *)slot->run + at, words, 8 * below(16));
	put(&slot->run->immediate_exit, &immediate, 1);
	if (one_in(4))
		get(words, (uint8_t *)slot->ring + at, sizeof(words));
}

static void any_ioctl(void)
{
	const struct slot *slot = &slots[below(NR_FDS)];
	unsigned int i = below(nr_fuzz_ioctls);

	if (one_in(20)) {
		call(slot->fd,
		     _IOC(below(4), one_in(4) ? TRAPLINE_IO : KVMIO, below(256),
			  below(256)),
		     fill_random);
		return;
	}
	/* Usually choose the right kind of descriptor. */
	for (int tries = 0; tries < 20 && slot->kind != fuzz_ioctls[i].kind;
	     tries++)
		slot = &slots[below(NR_FDS)];
	if (fuzz_ioctls[i].cmd == KVM_RUN && slot->run)
		any_shared(slot);
	call(slot->fd, fuzz_ioctls[i].cmd, fuzz_ioctls[i].fill);
}

/* Make a page that uffd_main() supplies late. */
static void slow_page(uint8_t *at)
{
	struct uffdio_register range = {
		.range = { (uintptr_t)at, page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	ioctl(uffd, UFFDIO_REGISTER, &range);
	madvise(at, page, MADV_DONTNEED);
}

static void *uffd_main(void *seed)
{
	struct uffd_msg msg;

	fuzz_state = (uintptr_t)seed | 1;
	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_zeropage zero = {
			.range = { msg.arg.pagefault.address & ~(page - 1),
				   page },
		};

		usleep(below(2000));
		if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
			ioctl(uffd, UFFDIO_WAKE, &zero.range);
	}
	return NULL;
}

/* Take a page of arguments away for a moment. */
static void arg_memory(void)
{
	uint8_t *at = args + below(ARG_PAGES) * page;

	switch (below(4)) {
	case 0:
		mprotect(at, page, PROT_NONE);
		break;
	case 1:
		mprotect(at, page, PROT_READ);
		break;
	case 2:
		munmap(at, page);
		break;
	default:
		slow_page(at);
		return;
	}
	usleep(below(500));
	mmap(at, page, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void any_memory(void)
{
	static const int advice[] = { MADV_DONTNEED,   MADV_HUGEPAGE,
				      MADV_NOHUGEPAGE, MADV_MERGEABLE,
				      MADV_PAGEOUT,    MADV_FREE };
	uint8_t *at = ram + below(RAM_SIZE / (unsigned int)page) * page;

	switch (below(8)) {
	case 0:
		madvise(at, page, MADV_DONTNEED);
		break;
	case 1:
		mprotect(at, page, PROT_READ);
		break;
	case 2:
		madvise(ram, RAM_SIZE, advice[below(ARRAY_SIZE(advice))]);
		break;
	case 3:
		mmap(at, page, one_in(4) ? PROT_NONE : PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 4:
		slow_page(at);
		break;
	case 5:
		arg_memory();
		break;
	default:
		mprotect(ram, RAM_SIZE, PROT_READ | PROT_WRITE);
		guest_write();
	}
}

/*
 * A process with the descriptors, but without the VMs' memory. Nobody waits for
 * it.
 */
static void heir(void)
{
	if (fork())
		return;
	alarm(1);
	for (int i = 0; i < 100; i++)
		any_ioctl();
	usleep(below(100000));
	for (int i = 0; i < 100; i++)
		any_ioctl();
	_exit(0);
}

static void any_fd(void)
{
	struct slot *slot = &slots[below(NR_FDS)];
	uint64_t one = 1;

	switch (below(5)) {
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
	case 3:
		if (one_in(8))
			heir();
		break;
	default:
		slot_close(slot);
	}
}

static void *thread_main(void *seed)
{
	fuzz_state = (uintptr_t)seed | 1;
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

static void vcpu_prepare(int vm, unsigned int i)
{
	uint64_t pc = RAM + i * 0x10000;
	struct kvm_one_reg reg = { KVM_REG_ARM64 | KVM_REG_SIZE_U64 |
					   KVM_REG_ARM_CORE |
					   KVM_REG_ARM_CORE_REG(regs.pc),
				   (uintptr_t)&pc };
	struct kvm_vcpu_init init = {
		KVM_ARM_TARGET_GENERIC_V8,
		{ 1U << KVM_ARM_VCPU_PSCI_0_2 },
	};
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, i);

	ioctl(vcpu, KVM_ARM_VCPU_INIT, &init);
	ioctl(vcpu, KVM_SET_ONE_REG, &reg);
	slot_put(vcpu, VCPU);
}

/* Start with one VM that works, because fuzzing alone seldom makes one. */
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
	for (unsigned int i = 0; i < 3; i++)
		vcpu_prepare(vm, i);
	if (one_in(2) && !ioctl(vm, KVM_CREATE_DEVICE, &dev)) {
		for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++)
			ioctl((int)dev.fd, KVM_SET_DEVICE_ATTR, &attrs[i]);
		slot_put((int)dev.fd, VGIC);
	}
	slot_put(vm, VM);
	slot_put(kvm, SYSTEM);
}

/* A signal ends KVM_RUN of guests that never leave it by themselves. */
static void child_main(uint64_t seed)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t threads[NR_THREADS + 1];

	fuzz_state = seed | 1;
	for (int i = 0; i < NR_FDS; i++)
		slots[i] = (struct slot){ -1, EVENT, NULL, NULL };
	for (unsigned int i = 0; i < 4; i++)
		guest_write();
	prepare();
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	ioctl(uffd, UFFDIO_API, &api);
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i <= NR_THREADS; i++)
		if (pthread_create(&threads[i], NULL,
				   i < NR_THREADS ? thread_main : uffd_main,
				   (void *)(uintptr_t)rnd()))
			_exit(1);
	for (;;) {
		usleep(300);
		for (int i = 0; i < NR_THREADS; i++)
			pthread_kill(threads[i], SIGUSR1);
	}
}

/* Map the memory that all children inherit. */
static void memory_prepare(void)
{
	uintptr_t map;

	page = (size_t)getpagesize();
	map = (uintptr_t)mmap(NULL, 2 * RAM_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ram = (uint8_t *)((map + RAM_SIZE - 1) & ~(RAM_SIZE - 1));
	args = mmap(NULL, (ARG_PAGES + 1) * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(args + ARG_PAGES * page, page, PROT_NONE);
	counters = mmap(NULL, page, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv)
{
	time_t seconds = argc > 1 ? atoi(argv[1]) : 10;
	time_t end = time(NULL) + seconds;
	unsigned int children = 0, died = 0;

	fuzz_state = argc > 2 ? strtoull(argv[2], NULL, 0)
			      : (uint64_t)time(NULL);
	fuzz_state |= 1;
	if (argc > 3)
		device = argv[3];
	memory_prepare();
	printf("# seed %" PRIu64 "\n", fuzz_state);
	fflush(stdout);
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
	printf("# %u children, %u of them died by themselves; %lu calls, %lu of them good, %lu runs of guests\n",
	       children, died, counters->calls, counters->good, counters->runs);
	ok("hostile processes and guests", counters->good && counters->runs);
	ok("no object is left of them", nothing_left());
	return tap_end();
}
