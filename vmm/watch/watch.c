// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch.c - the table of watchpoints: set, clear, apply
 *
 * Control thread, VM stopped. The address of a watch is translated when the
 * watch is set; from then on the watch stays at that IPA.
 */
#include "watch_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/report.h>
#include "protect.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/hostcpu.h"
#include "vmm/regs.h"
#include "vmm/vm.h"

/* When the MMU is off there is no descriptor that limits a piece. */
#define FLAT_PIECE SZ_2M

int watch_create(struct vm *vm, struct watch_engine **ret)
{
	struct watch_engine *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->vm = vm;
	e->next_id = 1;
	pthread_mutex_init(&e->lock, NULL);
	watchtab_init(&e->tab, protect_page_size());
	e->vcpu = calloc(vm->nr_vcpus, sizeof(*e->vcpu));
	err = watchlog_init(&e->log);
	for (unsigned int i = 0; e->vcpu && i < vm->nr_vcpus && !err; i++)
		err = emulate_vcpu_init(&e->vcpu[i].cpu, &vm->vcpu[i]);
	if (!e->vcpu || err) {
		watch_destroy(e);
		return -ENOMEM;
	}
	*ret = e;
	return 0;
}

static void watch_free(struct watch *w)
{
	free(w->ranges);
	free(w);
}

void watch_destroy(struct watch_engine *e)
{
	if (!e)
		return;
	while (e->watches) {
		struct watch *w = e->watches;

		e->watches = w->next;
		watch_free(w);
	}
	for (unsigned int i = 0; e->vcpu && i < e->vm->nr_vcpus; i++)
		emulate_vcpu_deinit(&e->vcpu[i].cpu);
	free(e->vcpu);
	watchlog_deinit(&e->log);
	watchtab_deinit(&e->tab);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static struct guest ram_of(const struct vm *vm)
{
	return (struct guest){ .ram = vm->ram, .nr_ram = ARRAY_SIZE(vm->ram) };
}

/* --- where the bytes are ---------------------------------------------------- */

static int range_add(struct watch *w, ipa_t ipa, uint64_t len)
{
	struct watch_range *last = w->nr_ranges ? &w->ranges[w->nr_ranges - 1]
						: NULL;
	void *p;

	if (last && last->ipa + last->len == ipa) {
		last->len += len;
		return 0;
	}
	/* Double the array at each power of two. */
	if (!(w->nr_ranges & (w->nr_ranges - 1))) {
		p = reallocarray(w->ranges, w->nr_ranges ? 2 * w->nr_ranges : 1,
				 sizeof(*w->ranges));
		if (!p)
			return -ENOMEM;
		w->ranges = p;
	}
	w->ranges[w->nr_ranges++] = (struct watch_range){ ipa, len };
	return 0;
}

/* On /dev/kvm, code that cannot be read cannot be fetched either. */
static int check_piece(struct watch_engine *e, const struct watch_spec *spec,
		       va_t va, const struct stage1_mapping *map, uint64_t len,
		       char *why)
{
	const struct guest ram = ram_of(e->vm);

	if (!guest_ram_at(&ram, map->ipa, len)) {
		snprintf(why, WATCH_WHY,
			 "0x%" PRIx64 " is at 0x%" PRIx64
			 ", which is no RAM but a device or nothing: only RAM "
			 "can be watched; set a breakpoint in the driver",
			 va, map->ipa);
		return -EFAULT;
	}
	if (e->vm->protect->breaks_tables && map->desc && map->exec_el1 &&
	    spec->kind != GUEST_WATCH_WRITE) {
		snprintf(why, WATCH_WHY,
			 "0x%" PRIx64
			 " is on a page with code, which /dev/kvm cannot keep "
			 "from being read without keeping it from running: "
			 "use watch (writes), or a breakpoint",
			 va);
		return -EPERM;
	}
	return 0;
}

static int resolve(struct watch_engine *e, struct watch *w, char *why)
{
	const struct guest ram = ram_of(e->vm);
	const struct watch_spec *spec = &w->spec;
	struct stage1_mapping map;
	uint64_t done = 0, piece;
	int err = 0;

	while (done < spec->len && !err) {
		va_t va = spec->va + done;

		if (stage1_walk(&ram, &spec->space, va, &map)) {
			snprintf(why, WATCH_WHY,
				 "0x%" PRIx64
				 " is not mapped: watch it once it is, for "
				 "example from a breakpoint after its "
				 "allocation",
				 va);
			return -EFAULT;
		}
		piece = map.desc && map.size ? map.size : FLAT_PIECE;
		piece -= map.ipa & (piece - 1);
		if (piece > spec->len - done)
			piece = spec->len - done;
		err = check_piece(e, spec, va, &map, piece, why);
		if (!err)
			err = range_add(w, map.ipa, piece);
		done += piece;
	}
	return err;
}

/* --- page tables ------------------------------------------------------------ */

/* Is a table of any CPU, or of the watch's own space, in the watched memory? */
static bool any_table(struct watch_engine *e, const struct watch *w, ipa_t *ret)
{
	const struct guest ram = ram_of(e->vm);

	for (unsigned int i = 0; i < w->nr_ranges; i++) {
		const struct watch_range *r = &w->ranges[i];
		struct stage1_regs regs = w->spec.space;

		if (stage1_table_in(&ram, &regs, r->ipa, r->len, ret))
			return true;
		for (unsigned int j = 0; j < e->vm->nr_vcpus; j++) {
			struct vcpu *vcpu = &e->vm->vcpu[j];

			if (!vcpu_online(vcpu) ||
			    vcpu_sysreg_get(vcpu, GUEST_SCTLR_EL1,
					    &regs.sctlr) ||
			    vcpu_sysreg_get(vcpu, GUEST_TCR_EL1, &regs.tcr) ||
			    vcpu_sysreg_get(vcpu, GUEST_TTBR0_EL1,
					    &regs.ttbr0) ||
			    vcpu_sysreg_get(vcpu, GUEST_TTBR1_EL1, &regs.ttbr1))
				continue;
			if (stage1_table_in(&ram, &regs, r->ipa, r->len, ret))
				return true;
		}
	}
	return false;
}

static int check_tables(struct watch_engine *e, const struct watch *w,
			char *why)
{
	ipa_t at;

	if (!e->vm->protect->breaks_tables || !any_table(e, w, &at))
		return 0;
	snprintf(why, WATCH_WHY,
		 "the page at 0x%" PRIx64
		 " is a page table in use, and /dev/kvm lets the hardware "
		 "neither walk nor update a protected one: break in the code "
		 "that changes it (set_pte), or use --accel trapline",
		 at);
	return -EPERM;
}

/* --- set, clear ------------------------------------------------------------- */

static bool is_same(const struct watch_spec *a, enum watch_owner owner,
		    enum guest_break_kind kind, va_t va, uint64_t len)
{
	return a->owner == owner && a->kind == kind && a->va == va &&
	       a->len == len;
}

/*
 * A hash, because a session may set thousands of watches, and clears them all
 * at its end.
 */
static struct watch **chain_of(struct watch_engine *e, va_t va)
{
	return &e->chain[(va ^ va >> 12 ^ va >> 24) % ARRAY_SIZE(e->chain)];
}

static struct watch *find(struct watch_engine *e, enum watch_owner owner,
			  enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct watch *w = *chain_of(e, va);

	while (w && !is_same(&w->spec, owner, kind, va, len))
		w = w->next_same;
	return w;
}

static void list_add(struct watch_engine *e, struct watch *w)
{
	struct watch **chain = chain_of(e, w->spec.va);

	w->next = e->watches;
	e->watches = w;
	w->next_same = *chain;
	*chain = w;
}

static void chain_del(struct watch_engine *e, struct watch *w)
{
	struct watch **link = chain_of(e, w->spec.va);

	while (*link != w)
		link = &(*link)->next_same;
	*link = w->next_same;
}

unsigned int watch_access(enum guest_break_kind kind)
{
	static const unsigned int access[] = {
		[GUEST_WATCH_WRITE] = GUEST_WRITE,
		[GUEST_WATCH_READ] = GUEST_READ,
		[GUEST_WATCH_ACCESS] = GUEST_READ_WRITE,
	};

	return access[kind];
}

static void table_del(struct watch_engine *e, struct watch *w)
{
	for (unsigned int i = 0; i < w->nr_ranges; i++)
		watchtab_del(&e->tab, w, w->ranges[i].ipa, w->ranges[i].len);
}

static int table_add(struct watch_engine *e, struct watch *w)
{
	va_t va = w->spec.va;
	int err = 0;

	for (unsigned int i = 0; i < w->nr_ranges && !err; i++) {
		err = watchtab_add(&e->tab, w, w->ranges[i].ipa,
				   w->ranges[i].len, va,
				   watch_access(w->spec.kind), !w->hw);
		va += w->ranges[i].len;
	}
	if (err)
		table_del(e, w);
	return err;
}

static int protect_set(void *opaque, ipa_t ipa, uint64_t size,
		       unsigned int deny)
{
	struct vm *vm = opaque;

	return vm->protect->set(vm, ipa, size, deny);
}

/* Delete the watches that are marked out. Their pages become free. */
static void drop_out(struct watch_engine *e)
{
	struct watch **link = &e->watches;

	while (*link) {
		struct watch *w = *link;

		if (!w->out) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		chain_del(e, w);
		if (!w->hw)
			table_del(e, w);
		watch_device_forget(e, w);
		watch_free(w);
		e->tell = true;
	}
}

static void forget_out(struct watch_engine *e)
{
	int err;

	drop_out(e);
	err = watchtab_apply(&e->tab, false, protect_set, e->vm);
	if (err)
		report(REPORT_ERROR,
		       "pages without a watchpoint stay protected, "
		       "and slow: %s",
		       strerror(-err));
}

static int protect_pages(struct watch_engine *e, struct watch *w)
{
	int err = table_add(e, w);

	if (err)
		return err;
	err = watchtab_apply(&e->tab, true, protect_set, e->vm);
	if (err)
		table_del(e, w);
	return err;
}

/*
 * Protect the pages of w at stage 2. Watches that are out may belong to a
 * debugger that steps. So such watches keep their slots until another watch
 * needs one.
 */
static int protect(struct watch_engine *e, struct watch *w, char *why)
{
	int err;

	w->hw = false;
	err = protect_pages(e, w);
	if (err == -ENOSPC) {
		forget_out(e);
		err = protect_pages(e, w);
	}
	if (!err)
		return 0;
	snprintf(why, WATCH_WHY,
		 err == -ENOSPC
			 ? "no memory slot of /dev/kvm is left for it (%s): "
			   "delete a watchpoint, watch one range instead of "
			   "many, or use --accel trapline"
			 : "its pages cannot be protected: %s",
		 strerror(-err));
	return err;
}

/*
 * Debug registers compare virtual addresses in every address space, so they
 * serve only kernel addresses. While the MMU is off they are not used: the
 * memory will soon have another address.
 */
static bool may_use_registers(const struct watch *w)
{
	const struct watch_spec *spec = &w->spec;

	if (spec->owner != WATCH_DEBUGGER || w->stage2_only)
		return false;
	return spec->va & VA_UPPER_HALF && spec->space.sctlr & SCTLR_ELx_M;
}

static int put_in(struct watch_engine *e, struct watch *w, char *why)
{
	const struct watch_spec *spec = &w->spec;
	int err;

	w->hw = may_use_registers(w) &&
		!breakpoints_set(e->vm->breakpoints, spec->kind, spec->va, 0,
				 spec->len);
	if (w->hw)
		return table_add(e, w);
	err = check_tables(e, w, why);
	return err ? err : protect(e, w, why);
}

static int check_length(struct watch_engine *e, const struct watch_spec *spec,
			char *why)
{
	const char *what = NULL;

	if (!spec->len)
		what = "no length";
	else if (spec->va + (spec->len - 1) < spec->va)
		what = "a range that wraps around";
	else if (spec->len > e->vm->ram[0].size)
		what = "longer than all of RAM";
	if (!what)
		return 0;
	snprintf(why, WATCH_WHY,
		 "%" PRIu64 " bytes at 0x%" PRIx64 " cannot be watched: %s",
		 spec->len, spec->va, what);
	return -EINVAL;
}

static int watch_new(struct watch_engine *e, const struct watch_spec *spec,
		     char *why)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->spec = *spec;
	err = resolve(e, w, why);
	if (!err)
		err = put_in(e, w, why);
	if (err) {
		watch_free(w);
		return err;
	}
	watch_untell(e);
	w->id = spec->owner == WATCH_TEXT ? 0 : e->next_id++;
	list_add(e, w);
	return 0;
}

/* Disable a watch, for a step or for good. Its hits are kept. */
static void take_out(struct watch_engine *e, struct watch *w)
{
	w->out = true;
	if (!w->hw)
		return;
	breakpoints_clear(e->vm->breakpoints, w->spec.kind, w->spec.va,
			  w->spec.len);
	table_del(e, w);
}

static bool is_same_place(const struct watch *a, const struct watch *b)
{
	if (a->nr_ranges != b->nr_ranges)
		return false;
	for (unsigned int i = 0; i < a->nr_ranges; i++)
		if (a->ranges[i].ipa != b->ranges[i].ipa ||
		    a->ranges[i].len != b->ranges[i].len)
			return false;
	return true;
}

/*
 * The watch that was added last replaces one of the same kind on the same
 * memory. If the same address now means other memory (also in another process),
 * both stay.
 */
static void replace_old(struct watch_engine *e)
{
	struct watch *w = e->watches;

	for (struct watch *old = w->next_same; old; old = old->next_same) {
		if (old->out ||
		    !is_same(&old->spec, w->spec.owner, w->spec.kind,
			     w->spec.va, w->spec.len) ||
		    !is_same_place(old, w))
			continue;
		w->id = old->id;
		w->nr_hits = old->nr_hits;
		take_out(e, old);
	}
}

/* For a person's watch, which replaces the older one. */
static int watch_set_anew(struct watch_engine *e, const struct watch_spec *spec,
			  char *why)
{
	int err = watch_new(e, spec, why);

	if (!err)
		replace_old(e);
	return err;
}

void watch_tasks(struct watch_engine *e, watch_task_fn *get, void *opaque)
{
	e->task_get = get;
	e->task_opaque = opaque;
}

int watch_set(struct watch_engine *e, const struct watch_spec *spec, char *why)
{
	struct watch *w;
	int err = check_length(e, spec, why);

	if (err)
		return err;
	if (spec->owner == WATCH_MONITOR || spec->owner == WATCH_LOG)
		return watch_set_anew(e, spec, why);
	w = find(e, spec->owner, spec->kind, spec->va, spec->len);
	if (!w)
		return watch_new(e, spec, why);
	if (!w->out)
		return 0;
	/*
	 * Put the watch back where it was: the debug registers are free again,
	 * or stage 2 is still set.
	 */
	w->out = false;
	err = w->hw ? put_in(e, w, why) : 0;
	w->out = err;
	return err;
}

int watch_clear(struct watch_engine *e, enum watch_owner owner,
		enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct watch *w = find(e, owner, kind, va, len);

	if (!w || w->out)
		return -ENOENT;
	take_out(e, w);
	return 0;
}

void watch_yield(struct watch_engine *e)
{
	char why[WATCH_WHY] = "no memory";

	for (struct watch *w = e->watches; w; w = w->next) {
		if (!w->hw || w->out)
			continue;
		take_out(e, w);
		w->stage2_only = true;
		w->out = false;
		w->out = put_in(e, w, why);
		if (w->out)
			report(REPORT_ERROR,
			       "watchpoint %u is lost, because the "
			       "guest uses its debug registers: %s",
			       w->id, why);
		watch_untell(e);
	}
}

static enum guest_break_kind text_kind(const struct watch_engine *e)
{
	return watch_text_hides(e) ? GUEST_WATCH_ACCESS : GUEST_WATCH_WRITE;
}

bool watch_text_hides(const struct watch_engine *e)
{
	return e && e->vm->protect->hides_code;
}

void watch_text_set(struct watch_engine *e, ipa_t ipa)
{
	/* No space, so the MMU is off: the address is the IPA. */
	const struct watch_spec spec = {
		.owner = WATCH_TEXT,
		.kind = text_kind(e),
		.va = ipa,
		.len = sizeof(uint32_t),
	};
	char why[WATCH_WHY] = "no memory";

	if (watch_set(e, &spec, why))
		report(REPORT_ERROR,
		       "the breakpoint at IPA 0x%" PRIx64
		       " is lost if the guest overwrites it: %s",
		       ipa, why);
}

void watch_text_clear(struct watch_engine *e, ipa_t ipa)
{
	if (e)
		(void)watch_clear(e, WATCH_TEXT, text_kind(e), ipa,
				  sizeof(uint32_t));
}

uint64_t watch_time(const struct watch_engine *e)
{
	return host_counter() + e->time_offset;
}

/* Use the counter that the next resume sets: see run.c. */
static void time_set(struct watch_engine *e)
{
	uint64_t now = e->vm->counter;

	if (!e->vm->counter_saved &&
	    vcpu_reg_get(&e->vm->vcpu[0], KVM_REG_ARM_TIMER_CNT, &now))
		now = 0;
	e->time_offset = now - host_counter();
}

void watch_apply(struct watch_engine *e, bool free)
{
	time_set(e);
	for (unsigned int i = 0; i < e->vm->nr_vcpus; i++)
		emulate_vcpu_forget(&e->vcpu[i].cpu);
	if (free)
		forget_out(e);
	if (e->tell)
		watch_tell(e);
}

int watch_protect_again(struct watch_engine *e)
{
	const struct watch_page *page = NULL;
	int err = 0;

	while (!err && (page = watchtab_next(&e->tab, page)))
		if (page->deny)
			err = protect_set(e->vm, page->ipa, e->tab.page_size,
					  page->deny);
	if (!err)
		watch_tell(e);
	return err;
}

/* Has the address been mapped elsewhere since? */
static bool has_moved(struct watch_engine *e, const struct watch *w)
{
	const struct guest ram = ram_of(e->vm);
	struct stage1_mapping map;

	return stage1_walk(&ram, &w->spec.space, w->spec.va, &map) ||
	       map.ipa != w->ranges[0].ipa;
}

/*
 * Tell if the memory of the watch is no longer at its address: the page was
 * freed, swapped or copied.
 */
static void tell_moved(struct watch_engine *e, const struct watch *w,
		       struct guest_stop *stop)
{
	if (!has_moved(e, w))
		return;
	snprintf(stop->text, sizeof(stop->text),
		 "watchpoint %u has hit at IPA 0x%" PRIx64
		 ", the memory of 0x%" PRIx64
		 " when it was set; that address is now mapped elsewhere or "
		 "not at all",
		 w->id, w->ranges[0].ipa, w->spec.va);
}

bool watch_stopped(struct watch_engine *e, struct guest_stop *stop)
{
	struct watch_vcpu *w = &e->vcpu[stop->vcpu];

	if (stop->kind == GUEST_STOP_WATCH && stop->device) {
		if (watch_device_stopped(e, stop, &e->last))
			e->has_last = true;
		return false;
	}
	if (stop->kind != GUEST_STOP_WATCH || w->touch.stop < 0)
		return false;
	tell_moved(e, w->touch.watch[w->touch.stop], stop);
	e->last = w->touch.hit[w->touch.stop];
	e->has_last = true;
	return true;
}

/* --- for people ------------------------------------------------------------- */

int watch_delete(struct watch_engine *e, unsigned int id)
{
	for (struct watch *w = e->watches; w; w = w->next)
		if (w->id && w->id == id && w->spec.owner != WATCH_DEBUGGER &&
		    !w->out) {
			take_out(e, w);
			return 0;
		}
	return -ENOENT;
}

void watch_delete_all(struct watch_engine *e, enum watch_owner owner)
{
	for (struct watch *w = e->watches; w; w = w->next)
		if (w->spec.owner == owner && !w->out)
			take_out(e, w);
}

struct watch_hit *watch_last(struct watch_engine *e)
{
	return e->has_last ? &e->last : NULL;
}

struct watchlog *watch_log(struct watch_engine *e)
{
	return &e->log;
}

static void print_one(struct watch_engine *e, const struct watch *w, FILE *out)
{
	static const char *const owners[] = {
		[WATCH_DEBUGGER] = "gdb",
		[WATCH_MONITOR] = "monitor watch",
		[WATCH_LOG] = "whowrote",
	};
	static const char *const kinds[] = {
		[GUEST_WATCH_WRITE] = "writes",
		[GUEST_WATCH_READ] = "reads",
		[GUEST_WATCH_ACCESS] = "accesses",
	};

	fprintf(out,
		"%3u 0x%016" PRIx64 " %8" PRIu64 " bytes %-8s %-13s %s, IPA "
		"0x%" PRIx64 "%s, %" PRIu64 " hits%s\n",
		w->id, w->spec.va, w->spec.len, kinds[w->spec.kind],
		owners[w->spec.owner],
		w->hw ? "debug registers" : e->vm->protect->name,
		w->ranges[0].ipa, w->nr_ranges > 1 ? " and others" : "",
		w->nr_hits,
		has_moved(e, w) ? "; the address is mapped elsewhere now, the "
				  "memory is still watched"
				: "");
}

/* vCPU 0 is parked, so its Capstone handle is free. */
static void disagreed_print(struct watch_engine *e, FILE *out)
{
	struct insn_text insn;

	if (!e->nr_disagreed)
		return;
	decoder_text(e->vcpu[0].cpu.cpu.second, e->disagreed, 0, &insn);
	fprintf(out,
		"%" PRIu64 " accesses left to the CPU, because Capstone names "
		"another memory operand than the decoder; the last one: "
		"0x%08" PRIx32 ", %s\n",
		e->nr_disagreed, e->disagreed, insn.text);
}

void watch_print(struct watch_engine *e, FILE *out)
{
	for (struct watch *w = e->watches; w; w = w->next)
		if (!w->out && w->spec.owner != WATCH_TEXT)
			print_one(e, w, out);
	fprintf(out,
		"%u pages protected; accesses beside the watched bytes: %" PRIu64
		" plain, %" PRIu64 " decoded, %" PRIu64 " stepped\n",
		e->tab.nr_denied, e->nr_false, e->nr_decoded, e->nr_refused);
	disagreed_print(e, out);
	e->vm->protect->print(e->vm, out);
}
