// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm.c - the VM as a whole: RAM, devices, threads; creation, reset, end
 *
 * RAM is anonymous memory. At first only its address range is reserved; the
 * host provides a page when the guest touches it. Huge pages are used if the
 * host has some: otherwise a boot would spend most of its time on stage-2
 * faults, one for each 4 KiB.
 */
#include "vm.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/sandbox.h>
#include <trapline/util.h>
#include "confine.h"
#include "gic.h"
#include "kvm.h"
#include "load.h"
#include "map.h"
#include "run.h"
#include "vcpu.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/devices/ioloop.h"
#include "vmm/devices/terminal.h"
#include "vmm/watch/watch.h"

#define MIN_MEMORY (32 * SZ_1M)

static int check_config(const struct vm_config *config)
{
	struct sysinfo info;

	if (config->cpus < 1 || config->cpus > GUEST_MAX_VCPUS) {
		report(REPORT_ERROR, "--cpus %u: give a number from 1 to %d",
		       config->cpus, GUEST_MAX_VCPUS);
		return -EINVAL;
	}
	if (config->memory < MIN_MEMORY) {
		report(REPORT_ERROR, "--mem %lluM: give at least %lluM",
		       (unsigned long long)(config->memory / SZ_1M),
		       MIN_MEMORY / SZ_1M);
		return -EINVAL;
	}
	if (!sysinfo(&info) && config->memory / info.mem_unit > info.totalram) {
		report(REPORT_ERROR,
		       "--mem %lluM: this host has only %lluM: give the "
		       "guest less",
		       (unsigned long long)(config->memory / SZ_1M),
		       (unsigned long long)(info.totalram * info.mem_unit /
					    SZ_1M));
		return -ENOMEM;
	}
	return 0;
}

/*
 * IPA and host address have the same offset within 2 MiB, at both ends of RAM.
 */
static int ram_create(struct vm *vm)
{
	uint64_t size = ALIGN_UP(vm->config->memory, SZ_2M);
	size_t room = size + SZ_2M;
	uint8_t *map, *host;

	map = mmap(NULL, room, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		int err = -errno;

		report(REPORT_ERROR, "no room for %llu MiB of guest memory: %s",
		       (unsigned long long)(size / SZ_1M), strerror(-err));
		return err;
	}
	host = (uint8_t *)ALIGN_UP((uintptr_t)map, SZ_2M);
	if (host > map)
		munmap(map, (size_t)(host - map));
	munmap(host + size, (size_t)(map + room - (host + size)));
	/* It is no error if there are no huge pages. */
	madvise(host, size, MADV_HUGEPAGE);
	madvise(host, size, MADV_DONTFORK);
	vm->ram[0] = (struct guest_ram){
		.ipa = MAP_RAM,
		.size = size,
		.host = host,
	};
	return 0;
}

void *vm_ram_at(struct vm *vm, ipa_t ipa, uint64_t len)
{
	struct guest_ram *ram = &vm->ram[0];

	if (ipa < ram->ipa || ipa - ram->ipa >= ram->size ||
	    len > ram->size - (ipa - ram->ipa))
		return NULL;
	return ram->host + (ipa - ram->ipa);
}

static struct vm *bus_vm(struct bus *bus)
{
	return container_of(bus, struct vm, bus);
}

static void bus_irq_set(struct bus *bus, unsigned int spi, bool level)
{
	gic_irq_set(bus_vm(bus), spi, level);
}

static void *bus_ram_at(struct bus *bus, ipa_t ipa, uint64_t len)
{
	return vm_ram_at(bus_vm(bus), ipa, len);
}

static int bus_fd_watch(struct bus *bus, struct device *dev, int fd,
			short events,
			void (*fn)(struct device *dev, int fd, short revents))
{
	return ioloop_watch(bus_vm(bus)->ioloop, dev, fd, events, fn);
}

static void bus_request(struct bus *bus, int request)
{
	vm_request(bus_vm(bus), (unsigned int)request);
}

static void bus_dma(struct bus *bus, struct device *dev, unsigned int queue,
		    const struct iovec *iov, unsigned int nr, bool done)
{
	struct vm *vm = bus_vm(bus);

	if (vm->watch)
		watch_dma(vm->watch, dev, queue, iov, nr, done);
}

static const struct bus_ops vm_bus_ops = {
	.irq_set = bus_irq_set,
	.ram_at = bus_ram_at,
	.fd_watch = bus_fd_watch,
	.dma = bus_dma,
	.request = bus_request,
};

/* Address and SPI of the next virtio device, in order of creation. */
static unsigned int virtio_next(unsigned int *nr, ipa_t *ret)
{
	unsigned int n = (*nr)++;

	*ret = MAP_VIRTIO + n * MAP_VIRTIO_SIZE;
	return IRQ_VIRTIO + n;
}

static int virtio_create(struct vm *vm, char *err, size_t err_size)
{
	const struct vm_config *config = vm->config;
	unsigned int nr = 0, irq;
	struct device *dev;
	ipa_t base;
	int ret;

	irq = virtio_next(&nr, &base);
	ret = virtio_console_create(&vm->bus, base, irq, vm->terminal, &dev);
	if (ret)
		return ret;
	irq = virtio_next(&nr, &base);
	ret = virtio_rng_create(&vm->bus, base, irq, &dev);
	for (unsigned int i = 0; i < config->nr_disks && !ret; i++) {
		irq = virtio_next(&nr, &base);
		ret = virtio_blk_create(&vm->bus, base, irq, &config->disk[i],
					err, err_size, &dev);
	}
	for (unsigned int i = 0; i < config->nr_nets && !ret; i++) {
		irq = virtio_next(&nr, &base);
		ret = virtio_net_create(&vm->bus, base, irq, &config->net[i],
					err, err_size, &dev);
	}
	return ret;
}

static int devices_create(struct vm *vm)
{
	char line[256] = "";
	struct device *dev;
	int err;

	vm->bus.ops = &vm_bus_ops;
	err = ioloop_create(&vm->ioloop);
	if (!err)
		err = terminal_create(vm->ioloop, &vm->bus, STDIN_FILENO,
				      STDOUT_FILENO, &vm->terminal);
	if (!err)
		err = pl011_create(&vm->bus, MAP_PL011, IRQ_PL011, vm->terminal,
				   &dev);
	if (!err)
		err = pl031_create(&vm->bus, MAP_PL031, IRQ_PL031, &dev);
	if (!err)
		err = virtio_create(vm, line, sizeof(line));
	if (err && !line[0])
		snprintf(line, sizeof(line), "cannot make the devices: %s",
			 strerror(-err));
	if (err)
		report(REPORT_ERROR, "%s", line);
	return err;
}

static int eventfds_create(struct vm *vm)
{
	vm->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vm->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->stop_fd >= 0 && vm->request_fd >= 0)
		return 0;
	report(REPORT_ERROR, "cannot create an eventfd: %s", strerror(errno));
	return -EMFILE;
}

int vm_create(const struct vm_config *config, const struct kvm_ops *kvm,
	      struct vm *vm)
{
	int err;

	*vm = (struct vm){
		.config = config,
		.kvm = kvm,
		.flight = config->flight,
		.kvm_fd = -1,
		.fd = -1,
		.gic_fd = -1,
		.stop_fd = -1,
		.signal_fd = -1,
		.request_fd = -1,
		.nr_vcpus = config->cpus,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.control = PTHREAD_MUTEX_INITIALIZER,
		.control_thread = pthread_self(),
		.cond = PTHREAD_COND_INITIALIZER,
		.solo = VM_NO_SOLO,
	};
	err = check_config(config);
	if (err) {
		vm->nr_vcpus = 0;
		return err;
	}
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		vm->vcpu[i].vm = vm;
		vm->vcpu[i].index = i;
		vm->vcpu[i].fd = -1;
		pthread_cond_init(&vm->vcpu[i].wake, NULL);
	}
	err = ram_create(vm);
	if (!err)
		err = eventfds_create(vm);
	if (!err)
		err = kvm_open(vm);
	if (!err)
		err = kvm_create_vm(vm);
	if (!err)
		err = breakpoints_create(vm, &vm->breakpoints);
	if (!err)
		err = watch_create(vm, &vm->watch);
	if (!err)
		err = devices_create(vm);
	if (err)
		vm_destroy(vm);
	return err;
}

/*
 * The kick only has to make KVM_RUN return EINTR. SA_RESTART: a late kick must
 * not interrupt a write(2) of a vCPU thread that handles a stop.
 */
static void kick_handler(int sig)
{
}

static int thread_start(struct vcpu *vcpu)
{
	int err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);

	if (err) {
		report(REPORT_ERROR, "cannot start the thread of CPU %u: %s",
		       vcpu->index, strerror(err));
		return -err;
	}
	vcpu->has_thread = true;
	return 0;
}

/* On the device thread. */
static void device_thread_begin(void *opaque)
{
	struct vm *vm = opaque;

	pthread_setname_np(pthread_self(), "devices");
	vm_thread_confine(vm, SANDBOX_DEVICE);
}

int vm_start_threads(struct vm *vm)
{
	struct sigaction kick = {
		.sa_handler = kick_handler,
		.sa_flags = SA_RESTART,
	};
	sigset_t all, old;
	int err;

	sigaction(SIGUSR1, &kick, NULL);
	err = ioloop_start(vm->ioloop, device_thread_begin, vm);
	if (err) {
		report(REPORT_ERROR,
		       "cannot start the thread of the devices: %s",
		       strerror(-err));
		return err;
	}
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned int i = 0; i < vm->nr_vcpus && !err; i++)
		err = thread_start(&vm->vcpu[i]);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int vm_reset(struct vm *vm)
{
	int err;

	ioloop_pause(vm->ioloop);
	kvm_destroy_vcpus(vm);
	err = kvm_create_vm(vm);
	if (err)
		return err;
	bus_reset(&vm->bus);
	err = vm_load(vm);
	pthread_mutex_lock(&vm->lock);
	vm->reset_wanted = false;
	vm->counter_saved = false;
	vm->counter_set = false;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		vm->vcpu[i].action = GUEST_RUN;
		vm->vcpu[i].range = (struct guest_range){ 0 };
	}
	vm->device_owed = false;
	/*
	 * Drop a stop of the guest before the reset, but keep a requested one.
	 */
	if (vm->stop.kind != GUEST_STOP_REQUESTED)
		vm->stop.kind = GUEST_STOP_NONE;
	pthread_mutex_unlock(&vm->lock);
	vm_stop_tell(vm);
	return err;
}

static void threads_join(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	vm->quit = true;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		pthread_cond_signal(&vm->vcpu[i].wake);
	pthread_mutex_unlock(&vm->lock);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].has_thread)
			pthread_join(vm->vcpu[i].thread, NULL);
		vm->vcpu[i].has_thread = false;
	}
}

int vm_destroy(struct vm *vm)
{
	int err;

	threads_join(vm);
	if (vm->ioloop)
		ioloop_stop(vm->ioloop);
	bus_destroy(&vm->bus);
	err = terminal_destroy(vm->terminal);
	ioloop_destroy(vm->ioloop);
	watch_destroy(vm->watch);
	breakpoints_destroy(vm->breakpoints);
	kvm_close(vm);
	for (unsigned int i = 0; i < VM_NR_IMAGE_FILES; i++)
		if (vm->image_file[i].fd > 0)
			close(vm->image_file[i].fd);
	sandbox_destroy(vm->sandbox);
	if (vm->stop_fd >= 0)
		close(vm->stop_fd);
	if (vm->request_fd >= 0)
		close(vm->request_fd);
	if (vm->ram[0].host)
		munmap(vm->ram[0].host, vm->ram[0].size);
	vm->ram[0].host = NULL;
	return err;
}
