// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats.c - the format and the values of KVM's binary statistics
 *
 *	stats [DEVICE]		/dev/trapline
 *
 * Source: "KVM_GET_STATS_FD" in Documentation/virt/kvm/api.rst. The guests do
 * known things, so the exits of each kind are known.
 */
#include "machine.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NAME_MAX_SIZE 256
#define STATS_MAX     128
#define TYPE          0xfU
#define CUMULATIVE    0U
#define INSTANT       1U
#define ROUNDS        20

extern const char guest_does[], guest_hvcs[];
/* clang-format off */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_does\n"
    "guest_does:\n" /* MMIO; RAM; a trapped register; MMIO */
    "	str x0, [x19]\n"
    "	str x0, [x20]\n"
    "	mrs x1, id_aa64pfr0_el1\n"
    "	b guest_does\n"
    "	.global guest_hvcs\n"
    "guest_hvcs:\n" /* PSCI_VERSION, then MMIO */
    "	movz x0, #0x8400, lsl #16\n"
    "	hvc #0\n"
    "	str x0, [x19]\n"
    "	b guest_hvcs\n"
    "	.global guest_end\n"
    "guest_end:\n"
    "	.popsection\n");
/* clang-format on */

/* The contents of a statistics file. */
struct stats {
	struct kvm_stats_header header;
	char id[NAME_MAX_SIZE];
	struct {
		char name[NAME_MAX_SIZE];
		uint32_t type;
		uint64_t value;
	} stat[STATS_MAX];
};

static bool read_at(int fd, void *buffer, size_t size, size_t offset)
{
	return pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

/* False: the file breaks the format. */
static bool stats_read(int fd, struct stats *s)
{
	const struct kvm_stats_header *h = &s->header;
	size_t size;

	memset(s, 0, sizeof(*s));
	if (!read_at(fd, &s->header, sizeof(s->header), 0) || h->flags ||
	    h->name_size > NAME_MAX_SIZE || h->num_desc > STATS_MAX ||
	    !h->num_desc || h->id_offset < sizeof(*h) ||
	    h->desc_offset < h->id_offset + h->name_size ||
	    !read_at(fd, s->id, h->name_size, h->id_offset) ||
	    strnlen(s->id, h->name_size) == h->name_size)
		return false;
	size = sizeof(struct kvm_stats_desc) + h->name_size;
	if (h->data_offset < h->desc_offset + h->num_desc * size)
		return false;
	for (uint32_t i = 0; i < h->num_desc; i++) {
		size_t at = h->desc_offset + i * size;
		struct kvm_stats_desc d;

		if (!read_at(fd, &d, sizeof(d), at) || d.size != 1 ||
		    d.exponent || d.offset % sizeof(uint64_t) ||
		    !read_at(fd, s->stat[i].name, h->name_size,
			     at + sizeof(d)) ||
		    !s->stat[i].name[0] ||
		    strnlen(s->stat[i].name, h->name_size) == h->name_size ||
		    !read_at(fd, &s->stat[i].value, sizeof(uint64_t),
			     h->data_offset + d.offset))
			return false;
		s->stat[i].type = d.flags & TYPE;
	}
	return true;
}

static uint64_t value(const struct stats *s, const char *name)
{
	for (uint32_t i = 0; i < s->header.num_desc; i++)
		if (!strcmp(s->stat[i].name, name))
			return s->stat[i].value;
	die(name);
	return 0;
}

static int stats_fd(int fd)
{
	int ret = ioctl(fd, KVM_GET_STATS_FD, NULL);

	if (ret < 0)
		die("KVM_GET_STATS_FD");
	return ret;
}

static uint64_t now(int fd, const char *name)
{
	static struct stats s;

	if (!stats_read(fd, &s))
		die("the statistics");
	return value(&s, name);
}

static void test_format(struct machine *m, int vm, int vcpu)
{
	static struct stats s, v;
	struct kvm_stats_header again;
	char byte, want[64];
	bool kinds = true;

	ok("the VM's statistics have the format", stats_read(vm, &s));
	ok("the vCPU's statistics have the format", stats_read(vcpu, &v));
	snprintf(want, sizeof(want), "kvm-%d", getpid());
	ok("the VM's name", !strcmp(s.id, want));
	snprintf(want, sizeof(want), "kvm-%d/vcpu-0", getpid());
	ok("the vCPU's name", !strcmp(v.id, want));
	for (uint32_t i = 0; i < v.header.num_desc; i++)
		kinds &= v.stat[i].type == CUMULATIVE;
	for (uint32_t i = 0; i < s.header.num_desc; i++)
		kinds &= s.stat[i].type ==
			 (strcmp(s.stat[i].name, "mapped_pages") ? CUMULATIVE
								 : INSTANT);
	ok("each value is described as cumulative or instant", kinds);
	ok("the file ends after the last value",
	   pread(vm, &byte, 1,
		 (off_t)(s.header.data_offset +
			 s.header.num_desc * sizeof(uint64_t))) == 0);
	ok("read() reads from the start",
	   read(vm, &again, sizeof(again)) == sizeof(again) &&
		   !memcmp(&again, &s.header, sizeof(again)));
	ok("the file cannot be written", write(vm, &byte, 1) < 0);
	ok("the capability",
	   ioctl(m->kvm, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD) == 1);
}

/* The guest does the same ROUNDS times. */
static void test_exits(struct machine *m, int vm, int vcpu)
{
	uint64_t aborts;
	bool good = !now(vcpu, "exits") && !now(vm, "mapped_pages");

	ok("all values are 0 before the guest runs", good);
	reg_set(m, X(20), RAM + 0x10000);
	for (int i = 0; i < ROUNDS; i++)
		good &= go(m) == KVM_EXIT_MMIO;
	ok("MMIO exits", good && now(vcpu, "mmio_exit_user") == ROUNDS);
	/* The last exit comes before the register. */
	ok("trapped registers", now(vcpu, "sysreg_exits") == ROUNDS - 1);
	/* One fault maps code and data, if both are in one huge page. */
	aborts = now(vcpu, "data_abort_exits");
	ok("data aborts", aborts == ROUNDS || aborts == ROUNDS + 1);
	ok("fetch aborts", now(vcpu, "fetch_abort_exits") == 1);
	ok("mapped pages", now(vm, "mapped_pages") >= 2);
	ok("all exits", now(vcpu, "exits") >= 2 * ROUNDS + aborts - ROUNDS);
}

/* A signal that only KVM_RUN does not block. */
static void test_signals(struct machine *m, int vcpu)
{
	uint64_t signals = now(vcpu, "signal_exits");
	union {
		struct kvm_signal_mask mask;
		uint8_t bytes[sizeof(struct kvm_signal_mask) + 8];
	} none = { .mask.len = 8 };
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	if (ioctl(m->vcpu, KVM_SET_SIGNAL_MASK, &none))
		die("KVM_SET_SIGNAL_MASK");
	ok("an exit for a signal",
	   ioctl(m->vcpu, KVM_RUN, 0) < 0 &&
		   now(vcpu, "signal_exits") == signals + 1);
}

static void test_unmap(struct machine *m, int vm)
{
	struct kvm_userspace_memory_region gone = { 0 };
	uint64_t mmu = now(vm, "mmu_invalidations");
	uint64_t tlb = now(vm, "remote_tlb_flush");

	ok("remove the RAM", !ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &gone));
	ok("no page is mapped after the removal", !now(vm, "mapped_pages"));
	ok("the removal has flushed TLBs", now(vm, "remote_tlb_flush") > tlb);
	ok("the removal was an invalidation",
	   now(vm, "mmu_invalidations") > mmu);
}

static void test_calls(void)
{
	struct machine m;
	bool good = true;
	int vcpu;

	machine_create(&m, guest_hvcs);
	vcpu = stats_fd(m.vcpu);
	for (int i = 0; i < ROUNDS; i++)
		good &= go(&m) == KVM_EXIT_MMIO;
	ok("calls", good && now(vcpu, "hvc_exit_stat") == ROUNDS);
	close(vcpu);
	machine_destroy(&m);
}

int main(int argc, char **argv)
{
	struct machine m;
	int vm, vcpu;

	tap_begin(argc, argv);
	machine_create(&m, guest_does);
	vm = stats_fd(m.vm);
	vcpu = stats_fd(m.vcpu);
	test_format(&m, vm, vcpu);
	test_exits(&m, vm, vcpu);
	test_signals(&m, vcpu);
	test_unmap(&m, vm);
	machine_destroy(&m);
	ok("the values stay readable while the descriptor is open",
	   now(vcpu, "mmio_exit_user") == ROUNDS);
	close(vm);
	close(vcpu);
	test_calls();
	return tap_end();
}
