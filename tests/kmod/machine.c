// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * machine.c - see machine.h
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

const char *device = "/dev/trapline";
unsigned long vm_type;
static int nr, nr_failed;

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * TL_USER: become this unprivileged user. The only group has the same number.
 */
static void become_user(const char *id)
{
	uid_t uid = (uid_t)strtoul(id, NULL, 10);

	if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
		die("TL_USER");
}

void tap_begin(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };

	if (argc > 1)
		device = argv[1];
	if (getenv("TL_USER"))
		become_user(getenv("TL_USER"));
	sigaction(SIGALRM, &action, NULL);
}

void ok(const char *what, int good)
{
	nr++;
	nr_failed += !good;
	printf("%s %d - %s\n", good ? "ok" : "not ok", nr, what);
	fflush(stdout);
}

void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t reg_get(struct machine *m, uint64_t id)
{
	uint64_t value = 0;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(m->vcpu, KVM_GET_ONE_REG, &reg))
		die("KVM_GET_ONE_REG");
	return value;
}

int reg_try(struct machine *m, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	return ioctl(m->vcpu, KVM_SET_ONE_REG, &reg) ? -errno : 0;
}

void reg_set(struct machine *m, uint64_t id, uint64_t value)
{
	if (reg_try(m, id, value))
		die("KVM_SET_ONE_REG");
}

/*
 * Copy word by word: memcpy() may use SVE. QEMU 7.2 then discards only the
 * translation of the first byte, and runs the old code for the rest.
 */
void code_copy(struct machine *m, const char *code)
{
	volatile uint32_t *to = (uint32_t *)(m->ram + (CODE - RAM));

	for (size_t i = 0; i < (size_t)(guest_end - code) / 4; i++)
		to[i] = ((const uint32_t *)(const void *)code)[i];
}

void machine_create(struct machine *m, const char *code)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = RAM_SIZE,
	};
	struct kvm_vcpu_init init;
	int size;

	m->kvm = open(device, O_RDWR | O_CLOEXEC);
	m->vm = m->kvm < 0 ? -1 : ioctl(m->kvm, KVM_CREATE_VM, vm_type);
	if (m->vm < 0)
		die(device);
	m->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	region.userspace_addr = (uintptr_t)m->ram;
	if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	m->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      m->vcpu, 0);
	if (m->vcpu < 0 || m->run == MAP_FAILED)
		die("KVM_CREATE_VCPU");
	if (ioctl(m->vm, KVM_ARM_PREFERRED_TARGET, &init))
		die("KVM_ARM_PREFERRED_TARGET");
	init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
	if (ioctl(m->vcpu, KVM_ARM_VCPU_INIT, &init))
		die("KVM_ARM_VCPU_INIT");
	code_copy(m, code);
	reg_set(m, PC, CODE);
	reg_set(m, X(19), DEVICE);
	alarm(ALARM);
}

void machine_destroy(struct machine *m)
{
	alarm(0);
	munmap(m->run, (size_t)getpagesize());
	close(m->vcpu);
	close(m->vm);
	close(m->kvm);
	munmap(m->ram, RAM_SIZE);
}

static void gic_set(struct kvm_create_device *gic, uint32_t group,
		    uint64_t attr, uint64_t value)
{
	struct kvm_device_attr set = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)&value,
	};

	if (ioctl((int)gic->fd, KVM_SET_DEVICE_ATTR, &set))
		die("KVM_SET_DEVICE_ATTR");
}

int machine_vgic(struct machine *m)
{
	struct kvm_create_device gic = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };

	if (ioctl(m->vm, KVM_CREATE_DEVICE, &gic))
		die("KVM_CREATE_DEVICE");
	gic_set(&gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		GICD);
	gic_set(&gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
		GICR);
	gic_set(&gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, 0);
	return (int)gic.fd;
}

void machine_gic(struct machine *m)
{
	close(machine_vgic(m));
}

/* Run to the next exit. ~0: an error, or the alarm. */
uint32_t go(struct machine *m)
{
	if (ioctl(m->vcpu, KVM_RUN, 0)) {
		printf("# KVM_RUN: %s, PC %#llx ELR %#llx ESR %#llx\n",
		       strerror(errno), (unsigned long long)reg_get(m, PC),
		       (unsigned long long)reg_get(m, ELR),
		       (unsigned long long)reg_get(m, ESR));
		return ~0U;
	}
	if (m->run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		printf("# internal error: code %llu ESR %#llx FAR %#llx HPFAR %#llx PC %#llx\n",
		       (unsigned long long)m->run->internal.data[0],
		       (unsigned long long)m->run->internal.data[1],
		       (unsigned long long)m->run->internal.data[2],
		       (unsigned long long)m->run->internal.data[3],
		       (unsigned long long)m->run->internal.data[4]);
	return m->run->exit_reason;
}

int wrote(struct machine *m, uint64_t ipa, unsigned int len, uint64_t value)
{
	uint64_t got = 0;

	if (go(m) != KVM_EXIT_MMIO || !m->run->mmio.is_write) {
		printf("# exit %u instead of a write\n", m->run->exit_reason);
		return 0;
	}
	/* The bytes behind the first len are undefined. */
	memcpy(&got, m->run->mmio.data, len);
	if (m->run->mmio.phys_addr == ipa && m->run->mmio.len == len &&
	    got == value)
		return 1;
	printf("# %u-byte write of %#llx to %#llx\n", m->run->mmio.len,
	       (unsigned long long)got,
	       (unsigned long long)m->run->mmio.phys_addr);
	return 0;
}

int reads(struct machine *m, uint64_t ipa, unsigned int len, uint64_t value)
{
	if (go(m) != KVM_EXIT_MMIO || m->run->mmio.is_write ||
	    m->run->mmio.phys_addr != ipa || m->run->mmio.len != len)
		return 0;
	memcpy(m->run->mmio.data, &value, 8);
	return 1;
}

int count(const char *name)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/trapline/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	return atoi(text);
}

int knob_set(const char *name, const char *value)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/trapline/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

int nothing_left(void)
{
	static const char *const names[] = { "vms",    "vcpus",  "vmids",
					     "tables", "mapped", "objects" };
	const size_t files = sizeof(names) / sizeof(names[0]);
	int left = 1;

	for (int i = 0; i < 5000 && left; i++) {
		left = 0;
		for (size_t n = 0; n < files; n++)
			left |= count(names[n]);
		if (left)
			usleep(20000);
	}
	for (size_t n = 0; n < files && left; n++)
		printf("# %s: %d\n", names[n], count(names[n]));
	return !left;
}

int tap_end(void)
{
	printf("1..%d\n", nr);
	return nr_failed != 0;
}
