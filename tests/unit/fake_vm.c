// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_vm.c - a whole VM on the fake KVM
 */
#include "fake_vm.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <trapline/arm64.h>
#include "vmm/load.h"
#include "vmm/run.h"

#define WAIT_LIMIT_MS 600000

#define TABLE_DESC 3ULL
#define BLOCK_DESC 1ULL
#define TCR_48BIT  (16ULL | 16ULL << 16)
#define TCR_IPS_40 (2ULL << 32)
#define NR_BLOCKS  16

static void stop_here(void *opaque)
{
	struct fake_vm *fv = opaque;

	fv->nr_entries++;
	if (fv->stop_here)
		fv->stop_here(fv);
}

/*
 * The file's name is that of its descriptor in /proc. The descriptor stays
 * open, so that a reset can load the file again.
 */
static char *code_file(const struct fake_vm_options *options)
{
	int fd = memfd_create("guest", 0);
	size_t size = options->nr_code * sizeof(*options->code);
	const void *data = options->code;
	char *path;

	if (options->image) {
		data = options->image;
		size = options->image_size;
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	assert_true(asprintf(&path, "/proc/self/fd/%d", fd) > 0);
	return path;
}

static void config_fill(struct fake_vm *fv,
			const struct fake_vm_options *options)
{
	fv->config = (struct vm_config){
		.accel = "fake",
		.kernel = code_file(options),
		.cpus = options->cpus,
		.memory = FAKE_VM_SIZE,
		.load_address = options->image ? 0 : FAKE_VM_CODE,
		.catches = options->catches,
	};
}

/* End the console's input, which is never the test's own terminal. */
static void input_close(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	close(fd);
}

void fake_vm_start(const struct fake_vm_options *options, struct fake_vm **ret)
{
	static const uint32_t nothing[] = { A64_WFI, A64_B(-1) };
	struct fake_vm_options o = *options;
	struct fake_vm *fv = calloc(1, sizeof(*fv));
	const struct image *image;

	assert_non_null(fv);
	if (!o.code) {
		o.code = nothing;
		o.nr_code = ARRAY_SIZE(nothing);
	}
	input_close();
	config_fill(fv, &o);
	fake_kvm_start(o.trapline);
	assert_int_equal(vm_create(&fv->config, &fake_kvm_ops, &fv->vm), 0);
	pthread_mutex_lock(&fv->vm.control);
	assert_int_equal(vm_load(&fv->vm), 0);
	image = &fv->vm.image;
	assert_int_equal(debug_create(&fv->vm,
				      image->linux_kernel ? image->text : 0,
				      &fv->debug),
			 0);
	fv->g = debug_guest(fv->debug);
	assert_int_equal(monitor_session(fv->debug, &fv->session), 0);
	fv->vm.stop_here = stop_here;
	fv->vm.stop_opaque = fv;
	for (unsigned int i = 0; i < o.cpus; i++) {
		fake_kvm_power(i, true);
		fake_kvm_execute(i, !o.waits);
		assert_int_equal(vcpu_pc_set(&fv->vm.vcpu[i],
					     image->text + o.entry[i]),
				 0);
	}
	assert_int_equal(vm_start_threads(&fv->vm), 0);
	*ret = fv;
}

void fake_vm_finish(struct fake_vm *fv)
{
	const char *fd = strrchr(fv->config.kernel, '/') + 1;

	vm_exit(&fv->vm, 0);
	session_destroy(fv->session);
	debug_destroy(fv->debug);
	vm_destroy(&fv->vm);
	pthread_mutex_unlock(&fv->vm.control);
	fake_kvm_finish();
	close(atoi(fd));
	free((char *)(uintptr_t)fv->config.kernel);
	free(fv);
}

void fake_vm_resume(struct fake_vm *fv, unsigned int vcpu,
		    enum guest_action action, enum guest_action others)
{
	enum guest_action actions[GUEST_MAX_VCPUS];

	for (unsigned int i = 0; i < fv->g->nr_vcpus; i++)
		actions[i] = i == vcpu ? action : others;
	assert_int_equal(fv->g->ops->resume(fv->g, actions, NULL), 0);
}

void fake_vm_run(struct fake_vm *fv)
{
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_RUN);
}

/* One round of the control loop: vmm.c's loop_once(). */
static int pump(struct fake_vm *fv, int timeout, struct guest_stop *ret)
{
	struct pollfd fds[] = {
		{ .fd = fv->g->stop_fd, .events = POLLIN },
		{ .fd = fv->vm.request_fd, .events = POLLIN },
	};
	int err, ready;

	err = fv->g->ops->stop_get(fv->g, ret);
	vm_stop_tell(&fv->vm);
	if (!err)
		return 1;
	pthread_mutex_unlock(&fv->vm.control);
	ready = poll(fds, ARRAY_SIZE(fds), timeout);
	pthread_mutex_lock(&fv->vm.control);
	if (ready > 0 && fds[1].revents)
		return 1;
	err = fv->g->ops->stop_get(fv->g, ret);
	vm_stop_tell(&fv->vm);
	return ready > 0 ? !err : -1;
}

static void state_print(struct fake_vm *fv)
{
	struct vm *vm = &fv->vm;

	fprintf(stderr, "no stop: vm state %d, %u running, solo %u, stop %d\n",
		vm->state, vm->nr_running, vm->solo, vm->stop.kind);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		fprintf(stderr,
			"CPU %u: state %d, action %d, leaves %d, in KVM_RUN %d "
			"(%u times), PC 0x%" PRIx64 "\n",
			i, vm->vcpu[i].state, vm->vcpu[i].action,
			vm->vcpu[i].leave.how, fake_kvm_in_run(i),
			fake_kvm_nr_runs(i),
			(uint64_t)fake_kvm_cpu(i)->core.regs.pc);
}

void fake_vm_wait(struct fake_vm *fv, struct guest_stop *ret)
{
	int got;

	ret->kind = GUEST_STOP_NONE;
	do {
		got = pump(fv, WAIT_LIMIT_MS, ret);
	} while (!got);
	session_stopped(fv->session);
	if (got < 0) {
		state_print(fv);
		fail_msg("no stop has come");
	}
}

va_t fake_vm_expect(struct fake_vm *fv, enum guest_stop_kind kind,
		    unsigned int vcpu)
{
	struct guest_stop stop;

	fake_vm_wait(fv, &stop);
	if (stop.kind != kind)
		print_error("%s\n", stop.text);
	assert_int_equal(stop.kind, kind);
	assert_int_equal(stop.vcpu, vcpu);
	return fake_vm_pc(fv, vcpu);
}

enum guest_stop_kind fake_vm_stop(struct fake_vm *fv)
{
	struct guest_stop stop;

	assert_int_equal(fv->g->ops->stop_request(fv->g), 0);
	fake_vm_wait(fv, &stop);
	return stop.kind;
}

void fake_vm_expect_none(struct fake_vm *fv)
{
	struct guest_stop stop = { .kind = GUEST_STOP_NONE };

	assert_true(pump(fv, 0, &stop) <= 0);
	assert_int_equal(stop.kind, GUEST_STOP_NONE);
}

/* --- registers and memory -------------------------------------------------- */

static struct guest_regs regs_of(struct fake_vm *fv, unsigned int vcpu)
{
	struct gdbstub_target *t = session_target(fv->session);
	struct guest_regs regs;

	assert_int_equal(t->ops->regs_get(t, vcpu, GUEST_REG_ALL, &regs), 0);
	return regs;
}

va_t fake_vm_pc(struct fake_vm *fv, unsigned int vcpu)
{
	return regs_of(fv, vcpu).pc;
}

uint64_t fake_vm_x(struct fake_vm *fv, unsigned int vcpu, unsigned int n)
{
	return regs_of(fv, vcpu).x[n];
}

void fake_vm_set_pc(struct fake_vm *fv, unsigned int vcpu, va_t pc)
{
	struct guest_regs regs = regs_of(fv, vcpu);

	regs.pc = pc;
	assert_int_equal(fv->g->ops->regs_set(fv->g, vcpu, &regs), 0);
}

void fake_vm_set_x(struct fake_vm *fv, unsigned int vcpu, unsigned int n,
		   uint64_t value)
{
	struct guest_regs regs = regs_of(fv, vcpu);

	regs.x[n] = value;
	assert_int_equal(fv->g->ops->regs_set(fv->g, vcpu, &regs), 0);
}

uint32_t fake_vm_word(struct fake_vm *fv, ipa_t ipa)
{
	uint32_t word;

	memcpy(&word, vm_ram_at(&fv->vm, ipa, sizeof(word)), sizeof(word));
	return word;
}

uint64_t fake_vm_data(struct fake_vm *fv, ipa_t ipa)
{
	uint64_t value;

	memcpy(&value, vm_ram_at(&fv->vm, ipa, sizeof(value)), sizeof(value));
	return value;
}

void fake_vm_set_data(struct fake_vm *fv, ipa_t ipa, uint64_t value)
{
	memcpy(vm_ram_at(&fv->vm, ipa, sizeof(value)), &value, sizeof(value));
}

/*
 * Three tables of 4 KiB at the end of RAM, for levels 0 to 2. Both halves of
 * the address space use the same level 1 and 2 tables.
 */
void fake_vm_mmu_on(struct fake_vm *fv)
{
	const ipa_t l0 = FAKE_VM_RAM + FAKE_VM_SIZE - 4 * SZ_4K;
	const ipa_t l1 = l0 + SZ_4K, l2 = l1 + SZ_4K;

	fake_vm_set_data(fv, l0, l1 | TABLE_DESC);
	/* Map RAM at its own address and at the start of the upper half. */
	fake_vm_set_data(fv, l1 + FAKE_VM_RAM / SZ_1G * 8, l2 | TABLE_DESC);
	fake_vm_set_data(fv, l1, l2 | TABLE_DESC);
	fake_vm_set_data(fv, l0 + 256 * 8, l1 | TABLE_DESC);
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		fake_vm_set_data(fv, l2 + i * 8,
				 (FAKE_VM_RAM + i * SZ_2M) | DESC_AF |
					 BLOCK_DESC);
	for (unsigned int i = 0; i < fv->vm.nr_vcpus; i++) {
		struct vcpu *vcpu = &fv->vm.vcpu[i];

		assert_int_equal(vcpu_sysreg_set(vcpu, GUEST_TTBR0_EL1, l0), 0);
		assert_int_equal(vcpu_sysreg_set(vcpu, GUEST_TTBR1_EL1, l0), 0);
		assert_int_equal(vcpu_sysreg_set(vcpu, GUEST_TCR_EL1,
						 TCR_48BIT | TCR_TG1_4K |
							 TCR_IPS_40),
				 0);
		assert_int_equal(vcpu_sysreg_set(vcpu, GUEST_SCTLR_EL1, 1), 0);
	}
}
