// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_watch.c - watchpoints by stage 2: from the fault to the stop
 *
 * Each test runs on stock KVM and on a /dev/trapline (fake_watch.h).
 *
 * TSan: yes
 */
#include "fake_watch.h"

#include <stdlib.h>
#include "vmm/watch/watch_engine.h"

#define ROUNDS 40

/* --- stores and loads ----------------------------------------------------------- */

static void store_hits(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), A64_STR(2, 1), END);
	const struct watch_hit *hit;

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 0);
	hit = watch_last(fv->vm.watch);
	assert_int_equal(hit->old, 0);
	assert_int_equal(hit->new, 3);
	/* A resume does the store once, and hits the next one. */
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, WATCHED), BESIDE);
	fake_vm_finish(fv);
}

/* The debugger has moved the PC to another store: this store is reported. */
static void moved_to_another(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), A64_STR(2, 1), END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED, GUEST_WRITE);
	fake_vm_set_pc(fv, 0, at + 4);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 0);
	fake_vm_finish(fv);
}

/* gdb removes the watch, steps, compares, and sets the watch again. */
static void debuggers_round_trip(void **state)
{
	struct fake_vm *fv =
		START(1, A64_STR(3, 1), A64_ADD(3, 3, 1), A64_B(-2));
	unsigned int slots;

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	slots = fake_kvm_nr_slots();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fake_vm_run(fv);
		expect_hit(fv, at, WATCHED, GUEST_WRITE);
		assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
		fake_vm_resume(fv, 0, GUEST_STEP, GUEST_HOLD);
		assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, 0),
				 at + 4);
		assert_int_equal(fake_vm_data(fv, WATCHED), 3 + i);
		/*
		 * The page stays protected, though the watch is removed for the
		 * step.
		 */
		assert_int_equal(fake_kvm_nr_slots(), slots);
		assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
		assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	}
	assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE, WATCHED, 8), -ENOENT);
	fake_vm_run(fv);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	/* Without a watch the page is not protected any more. */
	assert_true(fake_kvm_allows(WATCHED, GUEST_WRITE));
	assert_true(fake_kvm_nr_slots() < slots || slots == 1);
	fake_vm_finish(fv);
}

/* The watch is removed at the hit: the guest itself does the store. */
static void taken_out_at_the_hit(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), A64_ADD(5, 5, 1), END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED, GUEST_WRITE);
	assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	fake_vm_finish(fv);
}

static void beside(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 2), A64_LDR(4, 2),
				   A64_LDR(5, 1), A64_STRB(3, 2),
				   A64_STP(3, 3, 2), END);

	fake_vm_set_data(fv, WATCHED, 0x55);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, BESIDE), 3);
	assert_int_equal(fake_vm_data(fv, BESIDE + 8), 3);
	assert_int_equal(fake_vm_x(fv, 0, 4), 3);
	assert_int_equal(fake_vm_x(fv, 0, 5), 0x55);
	assert_int_equal(fake_vm_pc(fv, 0), at + 4 * 6);
	/* The kernel finishes plain stores itself, if it can. */
	assert_int_equal(fake_kvm_nr_finished(), *(bool *)*state ? 2 : 0);
	fake_vm_finish(fv);
}

static void loads(void **state)
{
	static const enum guest_break_kind kinds[] = { GUEST_WATCH_READ,
						       GUEST_WATCH_ACCESS };
	static const enum guest_access told[] = { GUEST_READ,
						  GUEST_READ_WRITE };

	for (unsigned int i = 0; i < 2; i++) {
		struct fake_vm *fv = START(1, A64_LDR(4, 1), A64_LDR(5, 2),
					   A64_STR(3, 1), END);

		fake_vm_set_data(fv, WATCHED, 0x55);
		fake_vm_set_data(fv, BESIDE, 0x66);
		assert_int_equal(watch(fv, kinds[i], WATCHED, 8), 0);
		fake_vm_run(fv);
		expect_hit(fv, at, WATCHED, told[i]);
		assert_int_equal(fake_vm_x(fv, 0, 4), 0);
		fake_vm_run(fv);
		if (kinds[i] == GUEST_WATCH_ACCESS) {
			expect_hit(fv, at + 8, WATCHED, GUEST_READ_WRITE);
			assert_int_equal(fake_vm_data(fv, WATCHED), 0x55);
			fake_vm_run(fv);
		}
		fake_kvm_wait_idle(0);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_int_equal(fake_vm_x(fv, 0, 4), 0x55);
		assert_int_equal(fake_vm_x(fv, 0, 5), 0x66);
		assert_int_equal(fake_vm_data(fv, WATCHED), 3);
		fake_vm_finish(fv);
	}
}

/* The watch covers one byte in the middle of the stored bytes. */
static void part_of_a_pair(void **state)
{
	struct fake_vm *fv = START(1, A64_STP(3, 3, 1), END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 8, 1), 0);
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED + 8, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	assert_int_equal(fake_vm_data(fv, WATCHED + 8), 3);
	fake_vm_finish(fv);
}

/* gdb does not report a store of the same value, so the VM does not stop. */
static void unchanged(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), A64_ADD(5, 5, 1), END);

	fake_vm_set_data(fv, WATCHED, 3);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_x(fv, 0, 5), 1);
	fake_vm_finish(fv);
}

/*
 * --- instructions that cannot be emulated
 * -------------------------------------------
 */

static void check_alone(void *opaque)
{
	struct fake_vm *fv = opaque;

	/* While the page is open, only one vCPU may run. */
	if (!fv->vm.watch || !fake_kvm_allows(WATCHED, GUEST_WRITE))
		return;
	if (fake_kvm_in_run(0) && fake_kvm_in_run(1))
		fake_kvm_die("an open page is seen by another vCPU", 1);
}

/*
 * The vCPU steps the instruction with the page open and all other vCPUs held.
 * The hit is reported after the instruction.
 */
static void refused(void **state)
{
	struct fake_vm *fv =
		START(2, REFUSED, END, A64_ADD(5, 5, 1), A64_B(-1));
	const struct watch_hit *hit;

	fake_vm_set_pc(fv, 1, at + 12);
	fake_vm_set_data(fv, WATCHED + 8, 7);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 8, 8), 0);
	fake_kvm_on_enter(1, check_alone, fv);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED + 8, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED), WATCHED);
	assert_int_equal(fake_vm_data(fv, WATCHED + 8), 3);
	assert_int_equal(fake_vm_x(fv, 0, 1), WATCHED + 16);
	hit = watch_last(fv->vm.watch);
	assert_true(hit->late);
	assert_int_equal(hit->old, 7);
	assert_int_equal(hit->new, 3);
	assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
	/* The hit is not reported again. */
	fake_vm_run(fv);
	fake_kvm_wait_idle(0);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
	assert_int_equal(fake_vm_x(fv, 0, 1), WATCHED + 16);
	fake_vm_finish(fv);
}

/*
 * A hit was reported after its access: the next instruction's hit is reported.
 */
static void next_after_refused(void **state)
{
	struct fake_vm *fv = START(1, REFUSED, A64_STR(3, 1), END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 16, 8), 0);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED, GUEST_WRITE);
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED + 16, GUEST_WRITE);
	assert_int_equal(fake_vm_data(fv, WATCHED + 16), 0);
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, WATCHED + 16), 3);
	fake_vm_finish(fv);
}

/* A stop is requested during that step: the page is protected again. */
static void stopped_while_open(void **state)
{
	struct fake_vm *fv =
		START(2, REFUSED, END, A64_ADD(5, 5, 1), A64_B(-1));

	fake_vm_set_pc(fv, 1, at + 12);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 8, 8), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		enum guest_stop_kind kind;

		fake_vm_run(fv);
		kind = fake_vm_stop(fv);
		assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
		assert_false(fake_kvm_in_run(0));
		assert_false(fake_kvm_in_run(1));
		if (kind == GUEST_STOP_WATCH)
			assert_int_equal(fake_vm_pc(fv, 0), at + 4);
		else
			assert_int_equal(kind, GUEST_STOP_REQUESTED);
		fake_vm_set_pc(fv, 0, at);
		fake_vm_set_x(fv, 0, 1, WATCHED);
		fake_vm_set_data(fv, WATCHED + 8, 0);
	}
	fake_vm_finish(fv);
}

/* Two vCPUs need such a step at the same time. */
static void two_refused(void **state)
{
	struct fake_vm *fv = START(2, REFUSED, A64_SUB(1, 1, 16), A64_B(-2));

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 0x80, 8), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
		for (unsigned int v = 0; v < 2; v++)
			assert_int_equal(fake_vm_x(fv, v, 1),
					 fake_vm_pc(fv, v) == at + 4
						 ? WATCHED + 16
						 : WATCHED);
	}
	fake_vm_finish(fv);
}

/* If KVM refuses to open the page, the VM stops, and the store is not done. */
static void cannot_be_opened(void **state)
{
	struct fake_vm *fv = START(1, REFUSED, END);
	struct guest_stop stop;

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 8, 8), 0);
	fake_kvm_fail(*(bool *)*state ? FAKE_CALL_ATTRIBUTES_SET
				      : FAKE_CALL_REGION_SET,
		      0, ENOMEM);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_FAILURE);
	assert_int_equal(fake_vm_pc(fv, 0), at);
	assert_int_equal(fake_vm_data(fv, WATCHED), 0);
	assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
	fake_vm_finish(fv);
}

/*
 * The test plants a fault in the decoder's result for STP: the address.
 * Capstone does not confirm the result, so the CPU does the store, which is
 * then reported.
 */
static void disagreement(void **state)
{
	const uint32_t stp = A64_STP(3, 4, 1);
	struct fake_vm *fv = START(1, stp, END);
	struct insn *insn;
	char *text = NULL;
	size_t size;
	FILE *out;

	fake_vm_set_x(fv, 0, 4, 9);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED + 8, 8), 0);
	insn = (struct insn *)decoder_lookup(
		fv->vm.watch->vcpu[0].cpu.cpu.cache, stp);
	assert_int_equal(insn->error, 0);
	insn->imm = 0x20;
	fake_vm_run(fv);
	expect_hit(fv, at + 4, WATCHED + 8, GUEST_WRITE);
	assert_true(watch_last(fv->vm.watch)->late);
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	assert_int_equal(fake_vm_data(fv, WATCHED + 8), 9);
	assert_int_equal(fake_vm_data(fv, WATCHED + 0x20), 0);
	out = open_memstream(&text, &size);
	watch_print(fv->vm.watch, out);
	fclose(out);
	assert_non_null(strstr(text, "1 stepped\n"));
	assert_non_null(strstr(text, "the last one: 0xa9001023, "
				     "stp x3, x4, [x1]\n"));
	free(text);
	fake_vm_finish(fv);
}

/* --- exclusives --------------------------------------------------------------------- */

/* Any number of vCPUs each increment the value at base x4 times. */
#define COUNT(base)                                                \
	A64_LDXR(6, base), A64_ADD(6, 6, 1), A64_STXR(7, 6, base), \
		A64_CBNZ_W(7, -3), A64_SUB(4, 4, 1), A64_CBNZ(4, -5), END

static void set_counts(struct fake_vm *fv, uint64_t count)
{
	for (unsigned int i = 0; i < fv->g->nr_vcpus; i++)
		fake_vm_set_x(fv, i, 4, count);
}

/* No vCPU's store is lost, whether it is emulated or not. */
static void exclusives_beside(void **state)
{
	static const enum guest_break_kind kinds[] = { GUEST_WATCH_WRITE,
						       GUEST_WATCH_ACCESS };

	for (unsigned int i = 0; i < 2; i++) {
		struct fake_vm *fv = START(2, COUNT(2));

		set_counts(fv, ROUNDS);
		assert_int_equal(watch(fv, kinds[i], WATCHED, 8), 0);
		finish_guest(fv);
		assert_int_equal(fake_vm_data(fv, BESIDE), 2 * ROUNDS);
		fake_vm_finish(fv);
	}
}

/* A page that was opened for a load-exclusive is protected again at a stop. */
static void stopped_while_lent(void **state)
{
	struct fake_vm *fv = START(2, COUNT(2));

	set_counts(fv, ~0ULL);
	assert_int_equal(watch(fv, GUEST_WATCH_ACCESS, WATCHED, 8), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fake_vm_run(fv);
		assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
		assert_false(fake_kvm_allows(WATCHED, GUEST_READ));
	}
	fake_vm_finish(fv);
}

/* Each successful store is reported before it is done. */
static void exclusives_hit(void **state)
{
	struct fake_vm *fv = START(1, COUNT(1));

	set_counts(fv, ROUNDS);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		fake_vm_run(fv);
		expect_hit(fv, at + 8, WATCHED, GUEST_WRITE);
		assert_int_equal(fake_vm_data(fv, WATCHED), i);
	}
	finish_guest(fv);
	assert_int_equal(fake_vm_data(fv, WATCHED), ROUNDS);
	fake_vm_finish(fv);
}

/*
 * A vCPU's reported store may fail because of the other vCPU. Then its next
 * attempt is reported, too.
 */
static void exclusives_contend(void **state)
{
	struct fake_vm *fv = START(2, COUNT(1));
	enum guest_action actions[2] = { GUEST_RUN, GUEST_RUN };
	unsigned int told = 0, left = 2;

	set_counts(fv, ROUNDS);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_int_equal(fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_SW,
					       at + 4 * 6, 4),
			 0);
	while (left) {
		struct guest_stop stop;

		assert_int_equal(fv->g->ops->resume(fv->g, actions, NULL), 0);
		fake_vm_wait(fv, &stop);
		if (stop.kind == GUEST_STOP_SW_BREAK) {
			actions[stop.vcpu] = GUEST_HOLD;
			left--;
			continue;
		}
		assert_int_equal(stop.kind, GUEST_STOP_WATCH);
		assert_int_equal(fake_vm_pc(fv, stop.vcpu), at + 8);
		told++;
	}
	assert_int_equal(fake_vm_data(fv, WATCHED), 2 * ROUNDS);
	assert_true(told >= 2 * ROUNDS);
	fake_vm_finish(fv);
}

/* --- several at once ----------------------------------------------------------------- */

/* All vCPUs store to the same word: each store is reported once. */
static void many_stores(void **state)
{
	struct fake_vm *fv =
		START(4, A64_ADD(5, 5, 1), A64_STR(5, 1), A64_B(-2));
	uint64_t told[4] = { 0 };

	/* Each vCPU stores numbers of its own. */
	for (unsigned int i = 0; i < 4; i++)
		fake_vm_set_x(fv, i, 5, 1000 * (i + 1));
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		struct guest_stop stop;

		fake_vm_run(fv);
		fake_vm_wait(fv, &stop);
		assert_int_equal(stop.kind, GUEST_STOP_WATCH);
		told[stop.vcpu]++;
		assert_int_equal(fake_vm_x(fv, stop.vcpu, 5),
				 1000 * (stop.vcpu + 1) + told[stop.vcpu]);
		assert_int_equal(watch_last(fv->vm.watch)->new,
				 fake_vm_x(fv, stop.vcpu, 5));
		assert_int_equal(watch_last(fv->vm.watch)->vcpu, stop.vcpu);
	}
	fake_vm_finish(fv);
}

/*
 * A logged watch does not stop the VM. The log has each store, its vCPU and its
 * value.
 */
static void logged(void **state)
{
	struct fake_vm *fv = START(2, A64_ADD(5, 5, 1), A64_STR(5, 1),
				   A64_SUB(4, 4, 1), A64_CBNZ(4, -3), END);
	struct watch_spec spec = {
		.owner = WATCH_LOG,
		.kind = GUEST_WATCH_WRITE,
		.va = WATCHED,
		.len = 8,
	};
	uint64_t last = 0, seen[2] = { 0 };
	char why[WATCH_WHY] = "";
	const struct watchlog *log;

	set_counts(fv, ROUNDS);
	fake_vm_set_x(fv, 1, 5, 1000);
	assert_int_equal(watch_set(fv->vm.watch, &spec, why), 0);
	finish_guest(fv);
	log = watch_log(fv->vm.watch);
	assert_int_equal(watchlog_count(log), 2 * ROUNDS);
	for (unsigned int i = 0; i < 2 * ROUNDS; i++) {
		const struct watch_hit *hit = watchlog_get(log, i);

		seen[hit->vcpu]++;
		assert_int_equal(hit->new,
				 (hit->vcpu ? 1000 : 0) + seen[hit->vcpu]);
		assert_int_equal(hit->pc, at + 4);
		last = hit->new;
	}
	/*
	 * Hits may be logged in another order than the stores were done, except
	 * for each vCPU's last one.
	 */
	assert_true(fake_vm_data(fv, WATCHED) == ROUNDS ||
		    fake_vm_data(fv, WATCHED) == 1000 + ROUNDS);
	assert_true(last == ROUNDS || last == 1000 + ROUNDS);
	fake_vm_finish(fv);
}

/* Only hits that fulfil the monitor's condition are reported. */
static void conditional(void **state)
{
	struct fake_vm *fv =
		START(1, A64_ADD(5, 5, 1), A64_STR(5, 1), A64_B(-2));
	struct watch_spec spec = {
		.owner = WATCH_MONITOR,
		.kind = GUEST_WATCH_WRITE,
		.va = WATCHED,
		.len = 8,
	};
	char why[WATCH_WHY] = "";
	struct guest_stop stop;

	assert_int_equal(watchcond_parse("new == 5", &spec.cond), 0);
	assert_int_equal(watch_set(fv->vm.watch, &spec, why), 0);
	fake_vm_run(fv);
	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_int_equal(stop.access, GUEST_NO_ACCESS);
	assert_non_null(strstr(stop.text, "changes from 0x4 to 0x5"));
	assert_int_equal(fake_vm_data(fv, WATCHED), 4);
	fake_vm_finish(fv);
}

/* --- devices ------------------------------------------------------------------------ */

struct dma {
	struct fake_vm *fv;
	uint64_t value;
};

static void *device_writes(void *opaque)
{
	const struct dma *dma = opaque;
	struct vm *vm = &dma->fv->vm;
	uint64_t *host = vm_ram_at(vm, WATCHED, 8);
	const struct iovec iov = { .iov_base = host, .iov_len = 8 };
	struct device *dev = vm->bus.devices;

	pthread_mutex_lock(&dev->lock);
	watch_dma(vm->watch, dev, 2, &iov, 1, false);
	__atomic_store_n(host, dma->value, __ATOMIC_RELAXED);
	watch_dma(vm->watch, dev, 2, &iov, 1, true);
	pthread_mutex_unlock(&dev->lock);
	return NULL;
}

static void device_hits(void **state)
{
	struct fake_vm *fv = START(2, A64_STR(3, 2), A64_B(-1));
	struct dma dma = { .fv = fv };

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	for (unsigned int i = 1; i < 10; i++) {
		struct guest_stop stop;
		pthread_t thread;

		dma.value = i;
		fake_vm_run(fv);
		pthread_create(&thread, NULL, device_writes, &dma);
		fake_vm_wait(fv, &stop);
		pthread_join(thread, NULL);
		assert_int_equal(stop.kind, GUEST_STOP_WATCH);
		assert_int_equal(stop.addr, WATCHED);
		assert_non_null(strstr(stop.text, "queue 2, has written"));
		assert_non_null(watch_last(fv->vm.watch)->device);
		assert_int_equal(watch_last(fv->vm.watch)->new, i);
		assert_int_equal(watch_last(fv->vm.watch)->old, i - 1);
	}
	fake_vm_finish(fv);
}

/*
 * --- refusals, reset, and missing slots
 * -----------------------------------------------
 */

static void not_possible(void **state)
{
	struct fake_vm *fv = START(1, END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, 0x1000, 8), -EFAULT);
	assert_non_null(strstr(fv->g->why, "no RAM"));
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 0), -EINVAL);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, ~7ULL, 16), -EINVAL);
	fake_kvm_fail(*(bool *)*state ? FAKE_CALL_ATTRIBUTES_SET
				      : FAKE_CALL_REGION_SET,
		      0, ENOMEM);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), -ENOMEM);
	assert_true(fake_kvm_allows(WATCHED, GUEST_WRITE));
	assert_int_equal(fake_kvm_nr_slots(), 1);
	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
	fake_vm_finish(fv);
}

/* After a reset with a new VM, the pages are protected again. */
static void after_reset(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), END);

	assert_int_equal(watch(fv, GUEST_WATCH_WRITE, WATCHED, 8), 0);
	assert_int_equal(vm_reset(&fv->vm), 0);
	debug_reset(fv->debug);
	assert_false(fake_kvm_allows(WATCHED, GUEST_WRITE));
	fake_vm_set_x(fv, 0, 1, WATCHED);
	fake_vm_set_x(fv, 0, 3, 3);
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED, GUEST_WRITE);
	fake_vm_finish(fv);
}

/* With all memory slots in use, a watch can still be removed. */
static void out_of_slots(void **state)
{
	struct fake_vm *fv = START(1, A64_STR(3, 1), END);
	unsigned int nr = 0;

	while (nr < 100 &&
	       !watch(fv, GUEST_WATCH_WRITE, WATCHED + nr * SZ_64K, 8))
		nr++;
	if (*(bool *)*state) {
		assert_int_equal(nr, 100);
	} else {
		assert_in_range(nr, 10, 99);
		assert_non_null(strstr(fv->g->why, "no memory slot"));
	}
	fake_vm_run(fv);
	expect_hit(fv, at, WATCHED, GUEST_WRITE);
	for (unsigned int i = 0; i < nr; i++)
		assert_int_equal(unwatch(fv, GUEST_WATCH_WRITE,
					 WATCHED + i * SZ_64K, 8),
				 0);
	finish_guest(fv);
	assert_true(fake_kvm_allows(WATCHED, GUEST_WRITE));
	assert_int_equal(fake_vm_data(fv, WATCHED), 3);
	fake_vm_finish(fv);
}

int main(void)
{
	static bool on[] = { false, true };
	const struct CMUnitTest tests[] = {
		ON_BOTH(store_hits),
		ON_BOTH(moved_to_another),
		ON_BOTH(debuggers_round_trip),
		ON_BOTH(taken_out_at_the_hit),
		ON_BOTH(beside),
		ON_BOTH(loads),
		ON_BOTH(part_of_a_pair),
		ON_BOTH(unchanged),
		ON_BOTH(refused),
		ON_BOTH(next_after_refused),
		ON_BOTH(stopped_while_open),
		ON_BOTH(two_refused),
		ON_BOTH(disagreement),
		ON_BOTH(cannot_be_opened),
		ON_BOTH(exclusives_beside),
		ON_BOTH(stopped_while_lent),
		ON_BOTH(exclusives_hit),
		ON_BOTH(exclusives_contend),
		ON_BOTH(many_stores),
		ON_BOTH(logged),
		ON_BOTH(conditional),
		ON_BOTH(device_hits),
		ON_BOTH(not_possible),
		ON_BOTH(after_reset),
		ON_BOTH(out_of_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
