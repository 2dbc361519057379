// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * breakpoints.c - the table of break and watch points of the live VM
 *
 * brk.c plants BRKs, debugreg.c encodes debug registers. This file has the
 * points that the debugger asked for by VA, the debug registers that they take,
 * and the lock. debugexit.c interprets debug exits.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, KVM_SET_GUEST_DEBUG.
 */
#include "breakpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/report.h>
#include <trapline/stage1.h>
#include "brk.h"
#include "debugreg.h"
#include "vmm/regs.h"
#include "vmm/vm.h"
#include "vmm/watch/watch.h"

#define MDSCR_EL1       ARM64_SYS_REG(2, 0, 0, 2, 2)
#define HW_BREAKS_KEPT  1 /* for vcpu.goals */
#define INSN_NOP_WORD   0xd503201fU
#define INSN_MOV_X9_X30 0xaa1e03e9U

/* A break or watch point that a debugger asked for. */
struct point {
	enum guest_break_kind kind;
	va_t va;
	uint64_t len; /* for watches */
	ipa_t ipa; /* the address of va, if mapped */
	bool is_brk; /* planted as a BRK, not in a debug register */
};

struct breakpoints {
	struct vm *vm;
	pthread_mutex_t lock;
	struct brk_table brks;
	bool guard_owed; /* a site may have no guard yet: breakpoints_guard() */
	struct point *points; /* in ascending order, see point_order() */
	unsigned int nr_points, max_points;

	/* The debug registers for points; computed at every change. */
	struct kvm_guest_debug_arch hw;
	unsigned int nr_hw_breaks, nr_hw_watches;
	unsigned int max_hw_breaks, max_hw_watches;
};

int breakpoints_create(struct vm *vm, struct breakpoints **ret)
{
	struct breakpoints *bps = calloc(1, sizeof(*bps));
	int n;

	if (!bps)
		return -ENOMEM;
	bps->vm = vm;
	brk_init(&bps->brks, vm->ram, ARRAY_SIZE(vm->ram));
	pthread_mutex_init(&bps->lock, NULL);
	n = vm->kvm->check(vm->fd, KVM_CAP_GUEST_DEBUG_HW_BPS);
	bps->max_hw_breaks = n < 0 ? 0 : (unsigned int)n;
	n = vm->kvm->check(vm->fd, KVM_CAP_GUEST_DEBUG_HW_WPS);
	bps->max_hw_watches = n < 0 ? 0 : (unsigned int)n;
	if (bps->max_hw_breaks > KVM_ARM_MAX_DBG_REGS)
		bps->max_hw_breaks = KVM_ARM_MAX_DBG_REGS;
	if (bps->max_hw_watches > KVM_ARM_MAX_DBG_REGS)
		bps->max_hw_watches = KVM_ARM_MAX_DBG_REGS;
	*ret = bps;
	return 0;
}

void breakpoints_destroy(struct breakpoints *bps)
{
	if (!bps)
		return;
	pthread_mutex_destroy(&bps->lock);
	brk_deinit(&bps->brks);
	free(bps->points);
	free(bps);
}

unsigned int breakpoints_hw_max(const struct breakpoints *bps)
{
	return bps->max_hw_breaks;
}

/* Make every vCPU load its debug state again. VM stopped. */
static void mark_dirty(struct breakpoints *bps)
{
	for (unsigned int i = 0; i < bps->vm->nr_vcpus; i++)
		bps->vm->vcpu[i].debug_dirty = true;
}

/* --- planted BRKs -------------------------------------------------------- */

static int sw_add_locked(struct breakpoints *bps, ipa_t ipa,
			 enum break_owner owner)
{
	int n = brk_add(&bps->brks, ipa, owner);

	if (n >= 0)
		bps->guard_owed = true;
	if (n > 0)
		mark_dirty(bps);
	return n < 0 ? n : 0;
}

static int sw_del_locked(struct breakpoints *bps, ipa_t ipa,
			 enum break_owner owner)
{
	int n = brk_del(&bps->brks, ipa, owner);

	if (n > 0) {
		watch_text_clear(bps->vm->watch, ipa);
		mark_dirty(bps);
	}
	return n < 0 ? n : 0;
}

int breakpoints_sw_add(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner)
{
	int err;

	pthread_mutex_lock(&bps->lock);
	err = sw_add_locked(bps, ipa, owner);
	pthread_mutex_unlock(&bps->lock);
	return err;
}

int breakpoints_sw_del(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner)
{
	int err;

	pthread_mutex_lock(&bps->lock);
	err = sw_del_locked(bps, ipa, owner);
	pthread_mutex_unlock(&bps->lock);
	return err;
}

unsigned int breakpoints_owners(struct breakpoints *bps, ipa_t ipa)
{
	unsigned int owners;
	struct brk_site *s;

	pthread_mutex_lock(&bps->lock);
	s = brk_find(&bps->brks, ipa);
	owners = s ? s->owners : 0;
	pthread_mutex_unlock(&bps->lock);
	return owners;
}

void breakpoints_lift(struct breakpoints *bps, ipa_t ipa)
{
	struct brk_site *s;

	pthread_mutex_lock(&bps->lock);
	s = brk_find(&bps->brks, ipa);
	if (s)
		brk_lift(s);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_plant(struct breakpoints *bps, ipa_t ipa)
{
	struct brk_site *s;

	pthread_mutex_lock(&bps->lock);
	s = brk_find(&bps->brks, ipa);
	if (s)
		brk_plant(s);
	pthread_mutex_unlock(&bps->lock);
}

bool breakpoints_is_planted(struct breakpoints *bps, ipa_t ipa)
{
	const struct brk_site *s;
	bool planted;

	pthread_mutex_lock(&bps->lock);
	s = brk_find(&bps->brks, ipa);
	planted = s && s->planted;
	pthread_mutex_unlock(&bps->lock);
	return planted;
}

unsigned int breakpoints_replant(struct breakpoints *bps, bool force)
{
	unsigned int nr;

	pthread_mutex_lock(&bps->lock);
	nr = brk_replant(&bps->brks, force);
	pthread_mutex_unlock(&bps->lock);
	return nr;
}

void breakpoints_hide(struct breakpoints *bps, ipa_t ipa, void *buf, size_t len)
{
	pthread_mutex_lock(&bps->lock);
	brk_hide(&bps->brks, ipa, buf, len);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_write(struct breakpoints *bps, ipa_t ipa, uint8_t *host,
		       const void *buf, size_t len)
{
	pthread_mutex_lock(&bps->lock);
	brk_write(&bps->brks, ipa, host, buf, len);
	pthread_mutex_unlock(&bps->lock);
}

/*
 * --- writes of the guest to addresses with BRKs ----------------------------
 */

struct writer {
	struct breakpoints *bps;
	struct vcpu *vcpu; /* NULL: a device */
};

/* May the kernel execute ipa at va? */
static bool is_code(struct vcpu *vcpu, va_t va, ipa_t ipa)
{
	const struct guest ram = { .ram = vcpu->vm->ram,
				   .nr_ram = ARRAY_SIZE(vcpu->vm->ram) };
	struct stage1_mapping map;
	struct stage1_regs regs;

	return !vcpu_stage1_regs(vcpu, va, &regs) &&
	       !stage1_walk(&ram, &regs, va, &map) && map.ipa == ipa &&
	       (map.exec_el1 || !map.desc);
}

/* Does the BRK stay? See breakpoints_guard(). */
static bool stays(void *opaque, const struct brk_site *s)
{
	const struct writer *w = opaque;
	struct breakpoints *bps = w->bps;

	if (watch_text_hides(bps->vm->watch) ||
	    s->owners & ~(unsigned int)BREAK_DEBUGGER)
		return true;
	for (unsigned int i = 0; w->vcpu && i < bps->nr_points; i++) {
		const struct point *p = &bps->points[i];

		if (p->is_brk && p->ipa == s->ipa &&
		    is_code(w->vcpu, p->va, s->ipa))
			return true;
	}
	return false;
}

void breakpoints_keep(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		      void *buf, size_t len)
{
	struct writer w = { bps, vcpu };

	pthread_mutex_lock(&bps->lock);
	brk_keep(&bps->brks, ipa, buf, len, stays, &w);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_lend(struct breakpoints *bps, ipa_t ipa, size_t len,
		      ipa_t except)
{
	pthread_mutex_lock(&bps->lock);
	brk_lend(&bps->brks, ipa, len, except);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_again(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		       size_t len)
{
	struct writer w = { bps, vcpu };

	pthread_mutex_lock(&bps->lock);
	brk_again(&bps->brks, ipa, len, stays, &w);
	pthread_mutex_unlock(&bps->lock);
}

/* --- the debugger's points ----------------------------------------------- */

bool breakpoints_guest_uses(struct vcpu *vcpu)
{
	uint64_t mdscr;

	return !vcpu_reg_get(vcpu, MDSCR_EL1, &mdscr) && mdscr & MDSCR_EL1_MDE;
}

static bool any_guest_uses(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (breakpoints_guest_uses(&vm->vcpu[i]))
			return true;
	return false;
}

/* Can one more breakpoint have a debug register? */
static bool hw_break_free(const struct breakpoints *bps)
{
	return bps->nr_hw_breaks + HW_BREAKS_KEPT < bps->max_hw_breaks;
}

static bool hw_watch_free(const struct breakpoints *bps)
{
	return bps->nr_hw_watches < bps->max_hw_watches;
}

/* Compute bps->hw from the points. -ENOSPC: they do not all fit. */
static int hw_rebuild(struct breakpoints *bps)
{
	struct debugreg regs[KVM_ARM_MAX_DBG_REGS];
	unsigned int nr_b = 0, nr_w = 0;
	int n;

	memset(&bps->hw, 0, sizeof(bps->hw));
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		const struct point *p = &bps->points[i];

		if (p->is_brk)
			continue;
		if (p->kind < GUEST_WATCH_WRITE) {
			if (nr_b + HW_BREAKS_KEPT >= bps->max_hw_breaks)
				return -ENOSPC;
			n = debugreg_break(p->va, regs);
			if (n < 0)
				return n;
			bps->hw.dbg_bvr[nr_b] = regs->value;
			bps->hw.dbg_bcr[nr_b++] = regs->control;
			continue;
		}
		n = debugreg_watch(p->kind, p->va, p->len, regs,
				   bps->max_hw_watches - nr_w);
		if (n < 0)
			return n;
		for (int j = 0; j < n; j++) {
			bps->hw.dbg_wvr[nr_w] = regs[j].value;
			bps->hw.dbg_wcr[nr_w++] = regs[j].control;
		}
	}
	bps->nr_hw_breaks = nr_b;
	bps->nr_hw_watches = nr_w;
	return 0;
}

/* Make room for one more point. */
static int points_grow(struct breakpoints *bps)
{
	unsigned int max = bps->max_points ? bps->max_points * 2 : 16;
	void *p;

	if (bps->nr_points < bps->max_points)
		return 0;
	p = reallocarray(bps->points, max, sizeof(*bps->points));
	if (!p)
		return -ENOMEM;
	bps->points = p;
	bps->max_points = max;
	return 0;
}

/* The order of points; only watches differ by their length. */
static int point_order(const struct point *a, const struct point *b)
{
	if (a->va != b->va)
		return a->va < b->va ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind < GUEST_WATCH_WRITE || a->len == b->len)
		return 0;
	return a->len < b->len ? -1 : 1;
}

/* The first point that is not before want. */
static struct point *point_place(struct breakpoints *bps,
				 const struct point *want)
{
	unsigned int low = 0, high = bps->nr_points;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (point_order(&bps->points[middle], want) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return bps->points + low;
}

static struct point *point_find(struct breakpoints *bps,
				enum guest_break_kind kind, va_t va,
				uint64_t len)
{
	const struct point want = { .kind = kind, .va = va, .len = len };
	struct point *p;

	if (!bps->nr_points)
		return NULL;
	p = point_place(bps, &want);
	return p < bps->points + bps->nr_points && !point_order(p, &want)
		       ? p
		       : NULL;
}

/* There is room: see points_grow(). */
static void point_insert(struct breakpoints *bps, const struct point *want)
{
	struct point *p = point_place(bps, want);
	struct point *end = bps->points + bps->nr_points++;

	memmove(p + 1, p, (size_t)(end - p) * sizeof(*p));
	*p = *want;
}

static void point_remove(struct breakpoints *bps, struct point *p)
{
	struct point *end = bps->points + --bps->nr_points;

	memmove(p, p + 1, (size_t)(end - p) * sizeof(*p));
}

static int brk_point_add_locked(struct breakpoints *bps,
				const struct point *want)
{
	int err = sw_add_locked(bps, want->ipa, BREAK_DEBUGGER);

	if (!err)
		point_insert(bps, want);
	return err;
}

static int hw_point_add_locked(struct breakpoints *bps,
			       const struct point *want)
{
	int err;

	if (any_guest_uses(bps->vm) &&
	    (want->kind >= GUEST_WATCH_WRITE || want->ipa != IPA_NONE))
		return -ENOSPC;
	if (want->kind < GUEST_WATCH_WRITE ? !hw_break_free(bps)
					   : !hw_watch_free(bps))
		return -ENOSPC;
	point_insert(bps, want);
	err = hw_rebuild(bps);
	if (!err) {
		mark_dirty(bps);
		return 0;
	}
	point_remove(bps, point_find(bps, want->kind, want->va, want->len));
	(void)hw_rebuild(bps);
	return err;
}

/*
 * Does ftrace patch the instruction at this point (a NOP at a function's entry,
 * or an instruction that ftrace put there)? ftrace first compares the old
 * instruction. If it finds another one, such as a BRK, ftrace gives up for
 * good.
 */
static bool is_patchable(struct breakpoints *bps, const struct point *want)
{
	const uint8_t *host = vm_ram_at(bps->vm, want->ipa, INSN_SIZE);
	uint32_t insn;

	if (want->kind != GUEST_BREAK_SW || !(want->va & VA_UPPER_HALF) ||
	    watch_text_hides(bps->vm->watch) || !host ||
	    brk_find(&bps->brks, want->ipa))
		return false;
	memcpy(&insn, host, sizeof(insn));
	return insn == INSN_NOP_WORD || insn == INSN_MOV_X9_X30;
}

/*
 * The point's VA now maps to ipa (IPA_NONE: not mapped). Move its BRK: the old
 * page belongs to another use now. Only points in the upper half move. Every
 * process has a lower half of its own, so a point there stays in the memory
 * that it was set in.
 */
static int point_move_locked(struct breakpoints *bps, struct point *p,
			     ipa_t ipa)
{
	int err;

	if (p->kind >= GUEST_WATCH_WRITE || !(p->va & VA_UPPER_HALF) ||
	    p->ipa == ipa)
		return 0;
	if (p->is_brk && ipa != IPA_NONE) {
		err = sw_add_locked(bps, ipa, BREAK_DEBUGGER);
		if (err)
			return err;
	}
	if (p->is_brk && p->ipa != IPA_NONE)
		(void)sw_del_locked(bps, p->ipa, BREAK_DEBUGGER);
	p->ipa = ipa;
	return 0;
}

void breakpoints_follow(struct breakpoints *bps, struct vcpu *vcpu)
{
	ipa_t ipa;

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		struct point *p = &bps->points[i];

		if (vcpu_va_ipa(vcpu, p->va, &ipa))
			ipa = IPA_NONE;
		(void)point_move_locked(bps, p, ipa);
	}
	pthread_mutex_unlock(&bps->lock);
}

static int point_add_locked(struct breakpoints *bps, const struct point *want)
{
	struct point as_brk = *want, *found;
	int err;

	found = point_find(bps, want->kind, want->va, want->len);
	if (found)
		return point_move_locked(bps, found, want->ipa);
	err = points_grow(bps);
	if (err)
		return err;
	if (want->kind != GUEST_BREAK_SW || is_patchable(bps, want)) {
		err = hw_point_add_locked(bps, want);
		if (err != -ENOSPC || want->kind >= GUEST_WATCH_WRITE ||
		    want->ipa == IPA_NONE)
			return err;
	}
	as_brk.is_brk = true;
	return brk_point_add_locked(bps, &as_brk);
}

int breakpoints_set(struct breakpoints *bps, enum guest_break_kind kind,
		    va_t va, ipa_t ipa, uint64_t len)
{
	const struct point want = {
		.kind = kind, .va = va, .ipa = ipa, .len = len
	};
	int err;

	pthread_mutex_lock(&bps->lock);
	err = point_add_locked(bps, &want);
	pthread_mutex_unlock(&bps->lock);
	/* Only for breakpoints: a watch can go to stage 2 instead (watch.h). */
	if (err == -ENOSPC && kind == GUEST_BREAK_HW)
		report(REPORT_ERROR,
		       "no debug register is left for a hardware "
		       "breakpoint at 0x%" PRIx64 ", where nothing is mapped"
		       ": all %u are in use; delete a breakpoint first",
		       va, bps->max_hw_breaks - 1);
	return err;
}

static int point_clear_locked(struct breakpoints *bps, struct point *p)
{
	bool is_brk = p->is_brk;
	int err = 0;

	if (is_brk && p->ipa != IPA_NONE)
		err = sw_del_locked(bps, p->ipa, BREAK_DEBUGGER);
	point_remove(bps, p);
	if (!is_brk) {
		(void)hw_rebuild(bps);
		mark_dirty(bps);
	}
	return err;
}

int breakpoints_clear(struct breakpoints *bps, enum guest_break_kind kind,
		      va_t va, uint64_t len)
{
	struct point *p;
	int err = -ENOENT;

	pthread_mutex_lock(&bps->lock);
	p = point_find(bps, kind, va, len);
	if (p)
		err = point_clear_locked(bps, p);
	pthread_mutex_unlock(&bps->lock);
	return err;
}

void breakpoints_forget(struct breakpoints *bps, va_t va, uint64_t size)
{
	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = bps->nr_points; i-- > 0;) {
		struct point *p = &bps->points[i];

		if (p->kind == GUEST_BREAK_SW && p->va >= va &&
		    p->va - va < size)
			(void)point_clear_locked(bps, p);
	}
	pthread_mutex_unlock(&bps->lock);
}

/* --- before the guest runs ------------------------------------------------ */

static int to_brk_locked(struct breakpoints *bps, struct point *p)
{
	int err = sw_add_locked(bps, p->ipa, BREAK_DEBUGGER);

	p->is_brk = !err;
	return err;
}

/*
 * If the guest has begun to use its debug registers, move our points out of
 * them.
 */
static void yield_registers(struct breakpoints *bps)
{
	if (!(bps->nr_hw_breaks || bps->nr_hw_watches) ||
	    !any_guest_uses(bps->vm))
		return;
	watch_yield(bps->vm->watch);
	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		struct point *p = &bps->points[i];

		if (!p->is_brk && p->kind < GUEST_WATCH_WRITE &&
		    p->ipa != IPA_NONE)
			(void)to_brk_locked(bps, p);
	}
	(void)hw_rebuild(bps);
	mark_dirty(bps);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_guard(struct breakpoints *bps)
{
	yield_registers(bps);
	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; bps->guard_owed && i < bps->brks.nr; i++) {
		struct brk_site *s = &bps->brks.sites[i];

		if (s->guarded ||
		    !(s->owners & (BREAK_DEBUGGER | BREAK_MONITOR)))
			continue;
		s->guarded = true;
		watch_text_set(bps->vm->watch, s->ipa);
	}
	bps->guard_owed = false;
	pthread_mutex_unlock(&bps->lock);
}

/* --- for run control and debug exits -------------------------------------- */

void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg)
{
	memset(dbg, 0, sizeof(*dbg));
	pthread_mutex_lock(&bps->lock);
	if (bps->brks.nr)
		dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP;
	if (bps->nr_hw_breaks || bps->nr_hw_watches) {
		dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW;
		dbg->arch = bps->hw;
	}
	pthread_mutex_unlock(&bps->lock);
}

enum break_state breakpoints_state(struct breakpoints *bps, ipa_t ipa)
{
	enum break_state state;

	pthread_mutex_lock(&bps->lock);
	state = brk_state(&bps->brks, ipa);
	pthread_mutex_unlock(&bps->lock);
	return state;
}

bool breakpoints_hw_break(struct breakpoints *bps, va_t pc, bool *any)
{
	const struct point *p;

	pthread_mutex_lock(&bps->lock);
	*any = bps->nr_hw_breaks || bps->nr_hw_watches;
	p = point_find(bps, GUEST_BREAK_SW, pc, 0);
	if (!p || p->is_brk)
		p = point_find(bps, GUEST_BREAK_HW, pc, 0);
	pthread_mutex_unlock(&bps->lock);
	return p;
}

bool breakpoints_is_swapped(struct breakpoints *bps, enum guest_break_kind kind,
			    va_t va)
{
	const struct point *p;
	bool swapped;

	pthread_mutex_lock(&bps->lock);
	p = point_find(bps, kind, va, 0);
	swapped = p && p->is_brk != (kind == GUEST_BREAK_SW);
	pthread_mutex_unlock(&bps->lock);
	return swapped;
}

bool breakpoints_hw_watch(struct breakpoints *bps, va_t far, bool wnr,
			  va_t *hit, enum guest_access *access, bool *exact)
{
	uint64_t best = ~0ULL, distance;
	bool any = false;
	va_t at;

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		const struct point *p = &bps->points[i];

		if (p->kind < GUEST_WATCH_WRITE)
			continue;
		if (!debugreg_match(p->kind, p->va, p->len, far, wnr, &at,
				    &distance)) {
			/*
			 * No match, but take this watch if there is no better
			 * one. Otherwise the vCPU would run on and hit the same
			 * watch for ever.
			 */
			if (any)
				continue;
			at = p->va;
			distance = ~0ULL;
		}
		if (any && distance >= best)
			continue;
		any = true;
		best = distance;
		*hit = at;
		*access = debugreg_access(p->kind);
	}
	pthread_mutex_unlock(&bps->lock);
	*exact = any && best != ~0ULL;
	return any;
}

void breakpoints_print(struct breakpoints *bps, FILE *out)
{
	static const char *const names[] = {
		[GUEST_BREAK_SW] = "breakpoint",
		[GUEST_BREAK_HW] = "hardware breakpoint",
		[GUEST_WATCH_WRITE] = "write watchpoint",
		[GUEST_WATCH_READ] = "read watchpoint",
		[GUEST_WATCH_ACCESS] = "access watchpoint",
	};

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		const struct point *p = &bps->points[i];

		fprintf(out, "%s at 0x%" PRIx64 "%s", names[p->kind], p->va,
			p->kind == GUEST_BREAK_HW && p->is_brk ? ", as a BRK"
			: p->kind == GUEST_BREAK_SW && !p->is_brk
				? ", in a debug register"
				: "");
		if (p->kind >= GUEST_WATCH_WRITE)
			fprintf(out, ", %" PRIu64 " bytes", p->len);
		fputc('\n', out);
	}
	fprintf(out,
		"debug registers: %u of %u breakpoints, "
		"%u of %u watchpoints\n",
		bps->nr_hw_breaks, bps->max_hw_breaks, bps->nr_hw_watches,
		bps->max_hw_watches);
	pthread_mutex_unlock(&bps->lock);
}
