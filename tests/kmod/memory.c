// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory.c - guest memory while the process changes its mappings
 *
 *	memory [DEVICE [SWAP]]		/dev/trapline, no swap test
 *
 * Slots, dirty log, swapping, KSM, huge pages, madvise, mremap, fork, and the
 * counts after everything is closed. SWAP is a block device of 64 MiB or more;
 * its contents are lost. Most guests work on a slot of their own at BIG.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <trapline/abi.h>

#define BIG      0x80000000ULL
#define BIG_SLOT 1
#define SZ_2M    0x200000ULL
#define BIG_SIZE (8 * SZ_2M)
#define PAGE     ((uint64_t)getpagesize())
#define KSM      "/sys/kernel/mm/ksm/"
#define HUGE     "/proc/sys/vm/nr_hugepages"

extern const char guest_words[], guest_fill[], guest_peek[], guest_spin[],
	guest_set_way[], guest_scan[];
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_words\n"
    /* x26 passes over x23 bytes at x20; each word is checked. */
    "guest_words:\n"
    "	mov x0, #0\n"
    "1:	mov x1, x20\n"
    "	add x2, x20, x23\n"
    "2:	ldr x3, [x1]\n"
    "	add x4, x1, x0\n"
    "	cbz x0, 3f\n"
    "	cmp x3, x4\n"
    "	b.ne 9f\n"
    "3:	add x4, x4, #1\n"
    "	str x4, [x1], #8\n"
    "	cmp x1, x2\n"
    "	b.ne 2b\n"
    "	add x0, x0, #1\n"
    "	cmp x0, x26\n"
    "	b.ne 1b\n"
    "	str x0, [x19]\n"
    "	b .\n"
    "9:	str x1, [x19, #8]\n"
    "	b .\n"
    "	.global guest_fill\n"
    "guest_fill:\n" /* store x21 to x23 places from x20 on, x24 bytes apart */
    "	str x21, [x20]\n"
    "	add x20, x20, x24\n"
    "	subs x23, x23, #1\n"
    "	b.ne guest_fill\n"
    "	str x22, [x19]\n"
    "	b .\n"
    "	.global guest_scan\n"
    "guest_scan:\n" /* reads x23 places x24 bytes apart from x20 on */
    "	ldr x0, [x20]\n"
    "	add x20, x20, x24\n"
    "	subs x23, x23, #1\n"
    "	b.ne guest_scan\n"
    "	str x22, [x19]\n"
    "	b .\n"
    "	.global guest_peek\n"
    "guest_peek:\n"
    "	ldr x21, [x20]\n"
    "	str x21, [x19]\n"
    "	b .\n"
    "	.global guest_spin\n"
    "guest_spin:\n" /* write everywhere, for ever */
    "	mov x1, x20\n"
    "	add x2, x20, x23\n"
    "1:	str x1, [x1]\n"
    "	add x1, x1, x24\n"
    "	cmp x1, x2\n"
    "	b.lo 1b\n"
    "	b guest_spin\n"
    "	.global guest_set_way\n"
    "guest_set_way:\n" /* x23 times */
    "	dc cisw, xzr\n"
    "	subs x23, x23, #1\n"
    "	b.ne guest_set_way\n"
    "	str x23, [x19]\n"
    "	b .\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");

static int slot_set(struct machine *m, uint32_t flags, uint64_t ipa,
		    uint64_t size, void *host)
{
	struct kvm_userspace_memory_region region = { BIG_SLOT, flags, ipa,
						      size, (uintptr_t)host };

	return ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

/* Map memory that is aligned to 2 MiB. */
static uint8_t *big_map(uint64_t size)
{
	uint8_t *map = mmap(NULL, size + SZ_2M, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		die("mmap");
	return (uint8_t *)(((uintptr_t)map + SZ_2M - 1) & ~(SZ_2M - 1));
}

static uint64_t word(const uint8_t *at)
{
	return *(const volatile uint64_t *)(const volatile void *)at;
}

static long number(const char *path, const char *set)
{
	char text[32] = "";
	int fd = open(path, (set ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = set ? write(fd, set, strlen(set))
		: read(fd, text, sizeof(text) - 1);
	close(fd);
	return n < 0 ? -1 : atol(text);
}

/* Run code once from its start, with the given x20 to x26. */
static int again(struct machine *m, const char *code, uint64_t x20,
		 uint64_t x21, uint64_t x23, uint64_t x24)
{
	m->run->immediate_exit = 1;
	ioctl(m->vcpu, KVM_RUN, 0);
	m->run->immediate_exit = 0;
	code_copy(m, code);
	reg_set(m, PC, CODE);
	reg_set(m, X(20), x20);
	reg_set(m, X(21), x21);
	reg_set(m, X(23), x23);
	reg_set(m, X(24), x24);
	return go(m) == KVM_EXIT_MMIO && m->run->mmio.is_write;
}

static uint64_t peek(struct machine *m, uint64_t ipa)
{
	uint64_t value = ~0ULL;

	if (again(m, guest_peek, ipa, 0, 0, 0))
		memcpy(&value, m->run->mmio.data, 8);
	return value;
}

/* A tag would hide the memory from the notifier: refused, as by KVM. */
static void tagged_slot(struct machine *m, uint8_t *host)
{
	void *tagged = (void *)((uintptr_t)host | 1ULL << 56);

	prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0);
	ok("a tagged address: EINVAL",
	   slot_set(m, 0, BIG, BIG_SIZE, tagged) == -EINVAL);
	prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0);
}

static void test_slots(void)
{
	uint8_t *host = big_map(BIG_SIZE);
	struct machine m;

	machine_create(&m, guest_peek);
	tagged_slot(&m, host);
	ok("deletion of a slot that does not exist: EINVAL",
	   slot_set(&m, 0, BIG, 0, 0) == -EINVAL);
	ok("a slot", !slot_set(&m, 0, BIG, BIG_SIZE, host));
	ok("the same slot can be set again",
	   !slot_set(&m, 0, BIG, BIG_SIZE, host));
	ok("a slot that overlaps another: EEXIST",
	   slot_set(&m, 0, RAM, BIG_SIZE, host) == -EEXIST);
	ok("another size, memory or read-only flag for a slot: EINVAL",
	   slot_set(&m, 0, BIG, BIG_SIZE / 2, host) == -EINVAL &&
		   slot_set(&m, 0, BIG, BIG_SIZE, host + SZ_2M) == -EINVAL &&
		   slot_set(&m, KVM_MEM_READONLY, BIG, BIG_SIZE, host) ==
			   -EINVAL);
	ok("more pages than can be counted: EINVAL",
	   slot_set(&m, 0, 0, (uint64_t)getpagesize() << 31, NULL) == -EINVAL);
	ok("beyond the IPA space: EFAULT",
	   slot_set(&m, 0, (1ULL << 40) - PAGE, BIG_SIZE, host) == -EFAULT);
	*(uint64_t *)host = 0x1234;
	ok("read", peek(&m, BIG) == 0x1234);
	ok("moved", !slot_set(&m, 0, 2 * BIG, BIG_SIZE, host) &&
			    peek(&m, 2 * BIG) == 0x1234);
	again(&m, guest_peek, BIG, 0, 0, 0);
	ok("a moved slot leaves no memory at the old IPA",
	   m.run->mmio.phys_addr == BIG && !m.run->mmio.is_write);
	ok("deleted", !slot_set(&m, 0, 0, 0, 0));
	slot_set(&m, KVM_MEM_READONLY, BIG, BIG_SIZE, host);
	again(&m, guest_fill, BIG, 1, 1, 8);
	ok("a store to read-only memory is MMIO",
	   m.run->mmio.phys_addr == BIG && m.run->mmio.is_write &&
		   word(host) == 0x1234);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
}

static int dirty(struct machine *m, uint8_t *map)
{
	struct kvm_dirty_log log = { .slot = BIG_SLOT, .dirty_bitmap = map };

	return ioctl(m->vm, KVM_GET_DIRTY_LOG, &log) ? -errno : 0;
}

static int bit(const uint8_t *map, uint64_t n)
{
	return map[n / 8] >> n % 8 & 1;
}

/*
 * Access the last page of the IPA space and, if behind is set, the first page
 * after it.
 */
static int last_page(unsigned int bits, int behind)
{
	uint64_t ipa = (1ULL << bits) - PAGE;
	uint8_t *host = big_map(PAGE);
	struct machine m;
	int good;

	vm_type = bits;
	machine_create(&m, guest_fill);
	vm_type = 0;
	good = !slot_set(&m, 0, ipa, PAGE, host) &&
	       again(&m, guest_fill, ipa, bits, 1, 8) && word(host) == bits;
	/* After the last page: an exit or an abort in the guest, not memory. */
	if (behind)
		again(&m, guest_fill, ipa + PAGE, 0, 1, 8);
	good &= word(host) == bits;
	machine_destroy(&m);
	return good;
}

static int type_refused(unsigned int bits)
{
	int kvm = open(device, O_RDWR | O_CLOEXEC);
	int ret = ioctl(kvm, KVM_CREATE_VM, bits) < 0 && errno == EINVAL;

	close(kvm);
	return ret;
}

static void test_ipa(void)
{
	static const unsigned int widths[] = { 32, 36, 40, 42, 44, 48 };
	int kvm = open(device, O_RDWR | O_CLOEXEC), good = 1;
	unsigned int max = (unsigned int)ioctl(kvm, KVM_CHECK_EXTENSION,
					       KVM_CAP_ARM_VM_IPA_SIZE);

	close(kvm);
	for (unsigned int i = 0; i < 6 && widths[i] <= max; i++) {
		if (last_page(widths[i], widths[i] < max))
			continue;
		printf("# %u bits\n", widths[i]);
		good = 0;
	}
	printf("# IPAs of up to %u bits\n", max);
	ok("the last page of each width", good && max >= 40);
	ok("other IPA sizes: EINVAL",
	   type_refused(31) && type_refused(max + 1));
}

static void test_dirty_log(void)
{
	static uint8_t map[BIG_SIZE / 4096 / 8];
	uint8_t *host = big_map(BIG_SIZE);
	uint64_t nr = BIG_SIZE / PAGE;
	struct machine m;
	int good = 1;

	machine_create(&m, guest_fill);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	ok("a slot without a dirty log: ENOENT", dirty(&m, map) == -ENOENT);
	again(&m, guest_fill, BIG, 1, nr, PAGE);
	ok("a dirty log can be turned on for a slot in use",
	   !slot_set(&m, KVM_MEM_LOG_DIRTY_PAGES, BIG, BIG_SIZE, host));
	again(&m, guest_fill, BIG + PAGE, 2, nr / 2, 2 * PAGE);
	ok("read", !dirty(&m, map));
	for (uint64_t i = 0; i < nr; i++)
		good &= bit(map, i) == (int)(i & 1);
	ok("the dirty log has every other page", good);
	good = !dirty(&m, map);
	for (uint64_t i = 0; i < nr; i++)
		good &= !bit(map, i);
	ok("a second read of the dirty log is empty", good);
	peek(&m, BIG + 4 * PAGE);
	again(&m, guest_fill, BIG + 7 * PAGE, 3, 1, 8);
	good = !dirty(&m, map);
	for (uint64_t i = 0; i < nr; i++)
		good &= bit(map, i) == (i == 7);
	ok("the log has one stored page, and no loaded page", good);
	ok("the dirty log can be turned off",
	   !slot_set(&m, 0, BIG, BIG_SIZE, host) && dirty(&m, map) == -ENOENT);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
}

static void test_mappings(void)
{
	uint8_t *host = big_map(BIG_SIZE), *moved;
	struct machine m;
	int status = 1;
	pid_t child;

	machine_create(&m, guest_fill);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	again(&m, guest_fill, BIG, 0x55, BIG_SIZE / PAGE, PAGE);
	madvise(host, SZ_2M / 2, MADV_DONTNEED);
	ok("MADV_DONTNEED", !peek(&m, BIG) && peek(&m, BIG + SZ_2M) == 0x55);
	moved = mremap(host + SZ_2M, SZ_2M, SZ_2M,
		       MREMAP_MAYMOVE | MREMAP_FIXED, big_map(SZ_2M));
	mmap(host + SZ_2M, SZ_2M, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	again(&m, guest_fill, BIG + SZ_2M, 0x66, 1, 8);
	ok("mremap: the guest keeps using the slot's addresses",
	   word(moved) == 0x55 && word(host + SZ_2M) == 0x66);
	mprotect(host, PAGE, PROT_READ);
	reg_set(&m, X(21), 0);
	ok("mprotect: a store to memory the process may not write",
	   peek(&m, BIG) == 0 && !again(&m, guest_fill, BIG, 1, 1, 8));
	mprotect(host, PAGE, PROT_READ | PROT_WRITE);
	child = fork();
	if (!child) {
		sleep(1);
		_exit(word(host + 2 * SZ_2M) != 0x55);
	}
	again(&m, guest_fill, BIG + 2 * SZ_2M, 0x77, 1, 8);
	waitpid(child, &status, 0);
	ok("fork: the guest writes to the parent's memory",
	   word(host + 2 * SZ_2M) == 0x77);
	ok("fork: the guest does not write to the child's memory", !status);
	munmap(moved, SZ_2M);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
}

/* Deny a page of a block, and allow it again: block, pages, block. */
static void blocks(struct machine *m, uint8_t *host, const char *what)
{
	struct kvm_memory_attributes attr = { BIG + PAGE, PAGE,
					      TRAPLINE_MEMORY_DENY_WRITE, 0 };
	int before, block = (int)(SZ_2M / PAGE), good;
	char name[64];

	/* Do not count the code's own page and the block around it. */
	again(m, guest_fill, RAM + SZ_2M, 1, 1, 8);
	before = count("mapped");
	slot_set(m, 0, BIG, BIG_SIZE, host);
	again(m, guest_fill, BIG, 1, 1, 8);
	good = count("mapped") - before >= block;
	if (!good)
		printf("# %d pages mapped\n", count("mapped") - before);
	snprintf(name, sizeof(name), "%s: a block at once", what);
	ok(name, good);
	ioctl(m->vm, KVM_SET_MEMORY_ATTRIBUTES, &attr);
	again(m, guest_fill, BIG, 2, 1, 8);
	good = count("mapped") - before < block;
	again(m, guest_fill, BIG + PAGE, 3, 1, 8);
	good &= m->run->exit_reason == KVM_EXIT_MEMORY_FAULT;
	attr.attributes = 0;
	ioctl(m->vm, KVM_SET_MEMORY_ATTRIBUTES, &attr);
	snprintf(name, sizeof(name), "%s: split by a denial", what);
	ok(name, good);
	again(m, guest_fill, BIG + PAGE, 3, 1, 8);
	snprintf(name, sizeof(name), "%s: merged again", what);
	ok(name, count("mapped") - before >= block && word(host + PAGE) == 3 &&
			 word(host) == 2);
	slot_set(m, 0, 0, 0, 0);
}

static void test_blocks(void)
{
	uint8_t *host = big_map(BIG_SIZE);
	struct machine m;

	if (PAGE != 4096) /* 32 MiB blocks are not tested */
		return;
	machine_create(&m, guest_fill);
	madvise(host, BIG_SIZE, MADV_HUGEPAGE);
	memset(host, 0, BIG_SIZE);
	blocks(&m, host, "transparent huge pages");
	munmap(host, BIG_SIZE);
	number(HUGE, "8");
	if (number(HUGE, NULL) < 8) {
		number("/proc/sys/vm/compact_memory", "1");
		number(HUGE, "8");
	}
	host = mmap(NULL, BIG_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ok("the host has explicit huge pages", host != MAP_FAILED);
	if (host != MAP_FAILED) {
		memset(host, 0, BIG_SIZE);
		blocks(&m, host, "huge pages");
		munmap(host, BIG_SIZE);
	}
	number(HUGE, "0");
	machine_destroy(&m);
}

static long swapped_in(void)
{
	char line[128];
	long n = -1;
	FILE *f = fopen("/proc/vmstat", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "pswpin %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

/*
 * Limit this process to about this much memory, so that the rest is swapped.
 * NULL: no limit.
 */
static int memory_limit(const char *max)
{
	mkdir("/tmp/cgroup", 0700);
	if (!max)
		return number("/tmp/cgroup/cgroup.procs", "0") < 0 ||
		       rmdir("/tmp/cgroup/t") || umount("/tmp/cgroup");
	return mount("none", "/tmp/cgroup", "cgroup2", 0, NULL) ||
	       number("/tmp/cgroup/cgroup.subtree_control", "+memory") < 0 ||
	       mkdir("/tmp/cgroup/t", 0700) ||
	       number("/tmp/cgroup/t/memory.high", max) < 0 ||
	       number("/tmp/cgroup/t/cgroup.procs", "0") < 0;
}

/* Write the fields of a swap header that this kernel checks. */
static int swap_on(const char *path)
{
	uint8_t *page = calloc(1, PAGE);
	int fd = open(path, O_RDWR | O_CLOEXEC), ret;

	((uint32_t *)(page + 1024))[0] = 1;
	((uint32_t *)(page + 1024))[1] = (uint32_t)(0x4000000 / PAGE - 1);
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	ret = pwrite(fd, page, PAGE, 0) == (ssize_t)PAGE && !fsync(fd) ? 0 : -1;
	close(fd);
	free(page);
	return ret ? ret : swapon(path, 0);
}

/* Each word is read, compared and written. Not all of them fit in memory. */
static void test_swap(const char *path)
{
	uint8_t *host = big_map(BIG_SIZE);
	long before = swapped_in();
	struct machine m;

	if (swap_on(path) || memory_limit("6M"))
		die(path);
	machine_create(&m, guest_words);
	alarm(0);
	madvise(host, BIG_SIZE, MADV_NOHUGEPAGE);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	reg_set(&m, X(26), 4);
	again(&m, guest_words, BIG, 0, BIG_SIZE / 2, 0);
	ok("8 MiB four times in 6 MiB and swap, every word",
	   m.run->mmio.phys_addr == DEVICE);
	printf("# %ld pages swapped in\n", swapped_in() - before);
	ok("guest memory was swapped", swapped_in() - before > 1000);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
	if (memory_limit(NULL) || swapoff(path))
		die("swapoff");
}

/* Pages with the same content become one read-only page, and separate again. */
static void test_ksm(void)
{
	uint8_t *host = big_map(BIG_SIZE);
	uint64_t nr = BIG_SIZE / PAGE;
	struct machine m;
	int good = !madvise(host, BIG_SIZE, MADV_MERGEABLE);

	ok("the host has KSM", good);
	machine_create(&m, guest_fill);
	alarm(0);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	again(&m, guest_fill, BIG, 0x5a5a, nr, PAGE);
	number(KSM "pages_to_scan", "5000");
	number(KSM "sleep_millisecs", "10");
	number(KSM "run", "1");
	for (int i = 0; i < 2000 && number(KSM "pages_sharing", NULL) < 100;
	     i++)
		usleep(50000);
	ok("KSM merges", number(KSM "pages_sharing", NULL) >= 100);
	again(&m, guest_fill, BIG, 0x6b6b, nr / 2, 2 * PAGE);
	number(KSM "run", "2");
	for (uint64_t i = 0; i < nr; i++)
		good &= word(host + i * PAGE) == (i & 1 ? 0x5a5a : 0x6b6b);
	ok("only the written page has changed", good);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
}

/* If all memory were cleaned at each operation, SIGALRM would come first. */
static void test_set_way(void)
{
	uint8_t *map = big_map(BIG_SIZE);
	struct machine m;

	machine_create(&m, guest_fill);
	slot_set(&m, 0, BIG, BIG_SIZE, map);
	ok("4,000 operations by set and way end before SIGALRM",
	   again(&m, guest_fill, BIG, 1, BIG_SIZE / PAGE, PAGE) &&
		   again(&m, guest_set_way, 0, 0, 4000, 0));
	machine_destroy(&m);
}

/* Close descriptors and mappings in every order. */
static void test_close(void)
{
	static const char *const orders[] = { "kvcrm", "rmvck", "cvkmr",
					      "mrckv", "vkrcm", "crmkv" };
	struct machine m;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		machine_create(&m, guest_fill);
		again(&m, guest_fill, RAM + SZ_2M, 1, 100, PAGE);
		for (const char *c = orders[i]; *c; c++) {
			switch (*c) {
			case 'k':
				close(m.kvm);
				break;
			case 'v':
				close(m.vm);
				break;
			case 'c':
				close(m.vcpu);
				break;
			case 'r':
				munmap(m.run, PAGE);
				break;
			default:
				munmap(m.ram, RAM_SIZE);
			}
		}
	}
	ok("closed in any order: no object is left", nothing_left());
}

/*
 * A VMM that resets its guest writes a new image through its caches. The guest
 * starts with its caches off. So no memory may stay mapped without having been
 * cleaned.
 */
static void test_reset(void)
{
	uint8_t *host = big_map(BIG_SIZE);
	struct kvm_vcpu_init init;
	struct machine m;

	machine_create(&m, guest_fill);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	again(&m, guest_fill, BIG, 1, BIG_SIZE / PAGE, PAGE);
	ioctl(m.vm, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
	ok("a used vCPU is initialised again",
	   count("mapped") >= (int)(BIG_SIZE / PAGE) &&
		   !ioctl(m.vcpu, KVM_ARM_VCPU_INIT, &init));
	ok("a new initialisation unmaps all memory", !count("mapped"));
	reg_set(&m, X(19), DEVICE);
	memset(host, 0x5a, PAGE);
	ok("the guest finds the new image",
	   peek(&m, BIG) == 0x5a5a5a5a5a5a5a5aULL);
	machine_destroy(&m);
	munmap(host, BIG_SIZE);
}

/*
 * For wake_often(): number of mapped pages before, number of times that fewer
 * were mapped, end flag.
 */
static struct {
	int before;
	volatile int partly;
	volatile int end;
} wakes;

/*
 * A thread with a higher priority than all others on this CPU. It sleeps for
 * short times.
 */
static void *wake_often(void *unused)
{
	const struct timespec moment = { 0, 1 };

	while (!wakes.end) {
		int now = count("mapped");

		/* The guest's code, or a block around it, stays mapped. */
		wakes.partly += now > wakes.before / 8 && now < wakes.before;
		nanosleep(&moment, NULL);
	}
	return unused;
}

/* Move the thread to CPU 0, and to this priority of SCHED_FIFO. */
static void thread_place(pthread_t thread, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	pthread_setaffinity_np(thread, sizeof(cpu), &cpu);
	pthread_setschedparam(thread, priority ? SCHED_FIFO : SCHED_OTHER,
			      &param);
}

/*
 * While one ioctl unmaps much memory, other threads must get their turn. A
 * thread of higher priority on the same CPU must see that some of the memory is
 * unmapped and some is not.
 */
static void test_yields(void)
{
	uint64_t size = 64 * SZ_2M;
	uint8_t *host = big_map(size);
	struct machine m;
	pthread_t thread;
	cpu_set_t cpus;
	int all = 1;

	pthread_getaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	machine_create(&m, guest_scan);
	alarm(0);
	madvise(host, size, MADV_NOHUGEPAGE);
	thread_place(pthread_self(), 0);
	/*
	 * One wakeup in the middle is enough. It may not happen in every round.
	 */
	for (int i = 0; i < 20 && !wakes.partly; i++) {
		slot_set(&m, 0, BIG, size, host);
		again(&m, guest_scan, BIG, 0, size / PAGE, PAGE);
		wakes.before = count("mapped");
		all &= wakes.before >= (int)(size / PAGE);
		wakes.end = 0;
		pthread_create(&thread, NULL, wake_often, NULL);
		thread_place(thread, 1);
		slot_set(&m, 0, 0, 0, 0);
		wakes.end = 1;
		pthread_join(thread, NULL);
	}
	ok("the guest has mapped all pages", all);
	ok("other threads run while the pages are unmapped", wakes.partly);
	printf("# %d times\n", wakes.partly);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	machine_destroy(&m);
	munmap(host, size);
}

/*
 * Memory that the guest's TLB may still map must not be reused, and the guest
 * must not continue. The test uses pages of its own, because they are never
 * freed.
 */
static void test_flush_fails(void)
{
	uint8_t *host = big_map(BIG_SIZE);
	struct machine m, other;
	int kept;

	machine_create(&m, guest_fill);
	machine_create(&other, guest_fill);
	slot_set(&m, 0, BIG, BIG_SIZE, host);
	madvise(host, BIG_SIZE, MADV_NOHUGEPAGE);
	again(&m, guest_fill, BIG, 1, 40, PAGE);
	if (knob_set("flush_fails", "1")) {
		ok("a TLB flush can be made to fail", 0);
		machine_destroy(&m);
		machine_destroy(&other);
		return;
	}
	kept = count("kept");
	madvise(host, 40 * PAGE, MADV_DONTNEED);
	kept = count("kept") - kept;
	if (kept != 40)
		printf("# %d pages kept\n", kept);
	ok("the 40 unmapped pages are kept", kept == 40);
	ok("the VM does not run again",
	   ioctl(m.vcpu, KVM_RUN, 0) && errno == EIO);
	ok("another VM is not affected",
	   again(&other, guest_fill, RAM + SZ_2M, 1, 1, 8));
	machine_destroy(&m);
	machine_destroy(&other);
	munmap(host, BIG_SIZE);
}

/* More VMs at the same time than a CPU has VMIDs, if the module has vmids=. */
static void test_many(void)
{
	static struct machine m[24];
	int nr = sizeof(m) / sizeof(m[0]), good = 1;

	for (int i = 0; i < nr; i++)
		machine_create(&m[i], guest_fill);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < nr; i++)
			good &= again(&m[i], guest_fill, RAM + SZ_2M,
				      (uint64_t)(round * 100 + i), 20, PAGE) &&
				peek(&m[i], RAM + SZ_2M + PAGE) ==
					(uint64_t)(round * 100 + i);
	good &= count("vmids") == nr;
	for (int i = 0; i < nr; i++)
		machine_destroy(&m[i]);
	ok("24 VMs in turn, each with one VMID", good);
}

static void test_kill(void)
{
	for (int i = 0; i < 5; i++) {
		struct machine m;
		pid_t child = fork();
		int status;

		if (!child) {
			uint8_t *host = big_map(BIG_SIZE);

			machine_create(&m, guest_spin);
			slot_set(&m, 0, BIG, BIG_SIZE, host);
			again(&m, guest_spin, BIG, 0, BIG_SIZE, PAGE);
			_exit(1);
		}
		usleep(50000 + 40000 * (unsigned int)i);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	ok("a process killed in KVM_RUN: no object is left", nothing_left());
}

int main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_slots();
	test_ipa();
	test_dirty_log();
	test_mappings();
	test_blocks();
	if (argc > 2)
		test_swap(argv[2]);
	test_ksm();
	test_many();
	test_set_way();
	test_reset();
	test_yields();
	test_flush_fails();
	test_close();
	test_kill();
	return tap_end();
}
