// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * breakpoints.c - the table of break and watch points of the live VM
 *
 * BRKs are planted in guest RAM through the VMM's own mapping of it. The
 * instruction caches of every Armv8 core that KVM runs on behave as
 * physically indexed to maintenance by VA from another mapping
 * (VIPT caches are maintained for all aliases), so __builtin___clear_cache
 * on the host's alias is what the guest's fetch needs. A guest that runs
 * with its caches off may fetch from beyond the point of unification: KVM
 * cleans a page to the point of coherency when it maps it, which covers what
 * is planted before the first instruction.
 *
 * What a debug exit means is in debugexit.c.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, KVM_SET_GUEST_DEBUG; Arm ARM
 * (DDI 0487), "Synchronization and coherency issues between data and
 * instruction accesses".
 */
#include "breakpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <trapline/decoder.h>
#include "debugreg.h"

/* A planted (or, during a step over it, lifted) BRK. */
struct site {
	ipa_t ipa;
	uint32_t *host;
	uint32_t original;
	unsigned int owners; /* enum break_owner */
	unsigned int refs; /* debugger's points that share it */
	bool planted;
	bool displaced; /* within breakpoints_write() only */
};

/* What a debugger asked for. */
struct point {
	enum guest_break_kind kind;
	va_t va;
	uint64_t len; /* watches */
	ipa_t ipa; /* GUEST_BREAK_SW */
};

struct breakpoints {
	struct vm *vm;
	pthread_mutex_t lock;
	struct site *sites;
	unsigned int nr_sites, max_sites;
	struct point *points;
	unsigned int nr_points, max_points;

	/* The registers that points need, rebuilt at every change. */
	struct kvm_guest_debug_arch hw;
	unsigned int nr_hw_breaks, nr_hw_watches;
	unsigned int max_hw_breaks, max_hw_watches;

	/* Sites whose stop has been shown; ~0: none. */
	ipa_t reported[GUEST_MAX_VCPUS];
};

int breakpoints_create(struct vm *vm, struct breakpoints **ret)
{
	struct breakpoints *bps = calloc(1, sizeof(*bps));
	int n;

	if (!bps)
		return -ENOMEM;
	bps->vm = vm;
	pthread_mutex_init(&bps->lock, NULL);
	n = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_BPS);
	bps->max_hw_breaks = n < 0 ? 0 : (unsigned int)n;
	n = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_DEBUG_HW_WPS);
	bps->max_hw_watches = n < 0 ? 0 : (unsigned int)n;
	if (bps->max_hw_breaks > KVM_ARM_MAX_DBG_REGS)
		bps->max_hw_breaks = KVM_ARM_MAX_DBG_REGS;
	if (bps->max_hw_watches > KVM_ARM_MAX_DBG_REGS)
		bps->max_hw_watches = KVM_ARM_MAX_DBG_REGS;
	memset(bps->reported, 0xff, sizeof(bps->reported));
	*ret = bps;
	return 0;
}

void breakpoints_destroy(struct breakpoints *bps)
{
	if (!bps)
		return;
	pthread_mutex_destroy(&bps->lock);
	free(bps->sites);
	free(bps->points);
	free(bps);
}

/* Every vCPU has to load its debug state again. VM stopped. */
static void mark_dirty(struct breakpoints *bps)
{
	for (unsigned int i = 0; i < bps->vm->nr_vcpus; i++)
		bps->vm->vcpu[i].debug_dirty = true;
}

/* --- planted BRKs -------------------------------------------------------- */

static void put_word(uint32_t *host, uint32_t word)
{
	__atomic_store_n(host, word, __ATOMIC_RELAXED);
	__builtin___clear_cache((char *)host, (char *)(host + 1));
}

static uint32_t get_word(const uint32_t *host)
{
	return __atomic_load_n(host, __ATOMIC_RELAXED);
}

static const uint32_t our_brk = INSN_BRK_IMM(TRAPLINE_BRK_IMM);

static void site_plant(struct site *s)
{
	s->original = get_word(s->host);
	put_word(s->host, our_brk);
	s->planted = true;
}

static void site_lift(struct site *s)
{
	/* A guest that has rewritten its text since keeps what it wrote. */
	if (get_word(s->host) == our_brk)
		put_word(s->host, s->original);
	s->planted = false;
}

static struct site *site_find(struct breakpoints *bps, ipa_t ipa)
{
	for (unsigned int i = 0; i < bps->nr_sites; i++)
		if (bps->sites[i].ipa == ipa)
			return &bps->sites[i];
	return NULL;
}

/* Grow an array by doubling; -ENOMEM leaves it as it was. */
static int grow(void **array, unsigned int *max, unsigned int nr, size_t size)
{
	unsigned int want = *max ? *max * 2 : 16;
	void *p;

	if (nr < *max)
		return 0;
	p = reallocarray(*array, want, size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*max = want;
	return 0;
}

static int site_add_locked(struct breakpoints *bps, ipa_t ipa,
			   enum break_owner owner)
{
	struct site *s = site_find(bps, ipa);
	void *host;
	int err;

	if (ipa % 4)
		return -EINVAL;
	if (!s) {
		host = vm_ram_at(bps->vm, ipa, sizeof(uint32_t));
		if (!host)
			return -EFAULT;
		err = grow((void **)&bps->sites, &bps->max_sites, bps->nr_sites,
			   sizeof(*bps->sites));
		if (err)
			return err;
		s = &bps->sites[bps->nr_sites++];
		*s = (struct site){ .ipa = ipa, .host = host };
		site_plant(s);
		mark_dirty(bps);
	}
	s->owners |= owner;
	if (owner == BREAK_DEBUGGER)
		s->refs++;
	return 0;
}

static int site_del_locked(struct breakpoints *bps, ipa_t ipa,
			   enum break_owner owner)
{
	struct site *s = site_find(bps, ipa);

	if (!s || !(s->owners & owner))
		return -ENOENT;
	if (owner == BREAK_DEBUGGER && --s->refs)
		return 0;
	s->owners &= ~(unsigned int)owner;
	if (s->owners)
		return 0;
	if (s->planted)
		site_lift(s);
	*s = bps->sites[--bps->nr_sites];
	mark_dirty(bps);
	return 0;
}

int breakpoints_sw_add(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner)
{
	int err;

	pthread_mutex_lock(&bps->lock);
	err = site_add_locked(bps, ipa, owner);
	pthread_mutex_unlock(&bps->lock);
	return err;
}

int breakpoints_sw_del(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner)
{
	int err;

	pthread_mutex_lock(&bps->lock);
	err = site_del_locked(bps, ipa, owner);
	pthread_mutex_unlock(&bps->lock);
	return err;
}

unsigned int breakpoints_owners(struct breakpoints *bps, ipa_t ipa)
{
	unsigned int owners;
	struct site *s;

	pthread_mutex_lock(&bps->lock);
	s = site_find(bps, ipa);
	owners = s ? s->owners : 0;
	pthread_mutex_unlock(&bps->lock);
	return owners;
}

void breakpoints_lift(struct breakpoints *bps, ipa_t ipa)
{
	struct site *s;

	pthread_mutex_lock(&bps->lock);
	s = site_find(bps, ipa);
	if (s && s->planted)
		site_lift(s);
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_plant(struct breakpoints *bps, ipa_t ipa)
{
	struct site *s;

	pthread_mutex_lock(&bps->lock);
	s = site_find(bps, ipa);
	if (s && !s->planted)
		site_plant(s);
	pthread_mutex_unlock(&bps->lock);
}

unsigned int breakpoints_replant(struct breakpoints *bps, bool force)
{
	unsigned int gone = 0;

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_sites; i++) {
		struct site *s = &bps->sites[i];

		uint32_t word = get_word(s->host);

		if (!s->planted || word == our_brk ||
		    (!force && word != s->original))
			continue;
		site_plant(s);
		gone++;
	}
	pthread_mutex_unlock(&bps->lock);
	return gone;
}

/* --- memory as the debugger sees it -------------------------------------- */

/*
 * The part of a planted site's word within [ipa, ipa + len): *at is its
 * offset in that range, *from its offset in the word, the result its length.
 * 0 as well when the guest has overwritten the BRK: what stands there now is
 * the truth.
 */
static size_t overlap(const struct site *s, ipa_t ipa, size_t len, size_t *at,
		      size_t *from)
{
	ipa_t start = s->ipa > ipa ? s->ipa : ipa;
	ipa_t end = s->ipa + sizeof(s->original);

	if (end > ipa + len)
		end = ipa + len;
	if (!s->planted || start >= end || get_word(s->host) != our_brk)
		return 0;
	*at = start - ipa;
	*from = start - s->ipa;
	return end - start;
}

void breakpoints_hide(struct breakpoints *bps, ipa_t ipa, void *buf, size_t len)
{
	size_t at, from, n;

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_sites; i++) {
		const struct site *s = &bps->sites[i];

		n = overlap(s, ipa, len, &at, &from);
		if (n)
			memcpy((uint8_t *)buf + at,
			       (const uint8_t *)&s->original + from, n);
	}
	pthread_mutex_unlock(&bps->lock);
}

void breakpoints_write(struct breakpoints *bps, ipa_t ipa, uint8_t *host,
		       const void *buf, size_t len)
{
	size_t at, from, n;

	pthread_mutex_lock(&bps->lock);
	for (unsigned int i = 0; i < bps->nr_sites; i++) {
		struct site *s = &bps->sites[i];

		n = overlap(s, ipa, len, &at, &from);
		if (!n)
			continue;
		memcpy((uint8_t *)&s->original + from,
		       (const uint8_t *)buf + at, n);
		s->displaced = true;
	}
	memcpy(host, buf, len);
	for (unsigned int i = 0; i < bps->nr_sites; i++) {
		struct site *s = &bps->sites[i];

		if (s->displaced)
			put_word(s->host, our_brk);
		s->displaced = false;
	}
	__builtin___clear_cache((char *)host, (char *)host + len);
	pthread_mutex_unlock(&bps->lock);
}

/* --- the debugger's points ----------------------------------------------- */

/* Fill bps->hw from the points. -ENOSPC: they do not all fit. */
static int hw_rebuild(struct breakpoints *bps)
{
	struct debugreg regs[KVM_ARM_MAX_DBG_REGS];
	unsigned int nr_b = 0, nr_w = 0;
	int n;

	memset(&bps->hw, 0, sizeof(bps->hw));
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		const struct point *p = &bps->points[i];

		if (p->kind == GUEST_BREAK_SW)
			continue;
		if (p->kind == GUEST_BREAK_HW) {
			if (nr_b == bps->max_hw_breaks)
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

static struct point *point_find(struct breakpoints *bps,
				enum guest_break_kind kind, va_t va,
				uint64_t len)
{
	for (unsigned int i = 0; i < bps->nr_points; i++) {
		struct point *p = &bps->points[i];

		if (p->kind == kind && p->va == va &&
		    (kind < GUEST_WATCH_WRITE || p->len == len))
			return p;
	}
	return NULL;
}

static int point_add_locked(struct breakpoints *bps, const struct point *want)
{
	int err;

	if (point_find(bps, want->kind, want->va, want->len))
		return 0;
	err = grow((void **)&bps->points, &bps->max_points, bps->nr_points,
		   sizeof(*bps->points));
	if (err)
		return err;
	if (want->kind == GUEST_BREAK_SW) {
		err = site_add_locked(bps, want->ipa, BREAK_DEBUGGER);
		if (err)
			return err;
		bps->points[bps->nr_points++] = *want;
		return 0;
	}
	bps->points[bps->nr_points++] = *want;
	err = hw_rebuild(bps);
	if (err) {
		bps->nr_points--;
		(void)hw_rebuild(bps);
		return err;
	}
	mark_dirty(bps);
	return 0;
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
	if (err == -ENOSPC)
		fprintf(stderr,
			"trapline: no debug register left for %s at 0x%" PRIx64
			" (%" PRIu64 " bytes): %u breakpoints and %u watched "
			"pieces is all there is; delete one first\n",
			kind == GUEST_BREAK_HW ? "a hardware breakpoint"
					       : "a watchpoint",
			va, len, bps->max_hw_breaks, bps->max_hw_watches);
	return err;
}

int breakpoints_clear(struct breakpoints *bps, enum guest_break_kind kind,
		      va_t va, uint64_t len)
{
	struct point *p;
	int err = 0;

	pthread_mutex_lock(&bps->lock);
	p = point_find(bps, kind, va, len);
	if (!p) {
		pthread_mutex_unlock(&bps->lock);
		return -ENOENT;
	}
	if (kind == GUEST_BREAK_SW)
		err = site_del_locked(bps, p->ipa, BREAK_DEBUGGER);
	*p = bps->points[--bps->nr_points];
	if (kind != GUEST_BREAK_SW) {
		(void)hw_rebuild(bps);
		mark_dirty(bps);
	}
	pthread_mutex_unlock(&bps->lock);
	return err;
}

/* --- what run control and debug exits ask -------------------------------- */

void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg)
{
	memset(dbg, 0, sizeof(*dbg));
	pthread_mutex_lock(&bps->lock);
	if (bps->nr_sites)
		dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP;
	if (bps->nr_hw_breaks || bps->nr_hw_watches) {
		dbg->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW;
		dbg->arch = bps->hw;
	}
	pthread_mutex_unlock(&bps->lock);
}

enum break_state breakpoints_state(struct breakpoints *bps, unsigned int vcpu,
				   ipa_t ipa)
{
	enum break_state state = BREAK_NONE;
	const uint32_t *host;
	struct site *s;

	pthread_mutex_lock(&bps->lock);
	/* It arrives anew: the last stop's stepping over is history. */
	bps->reported[vcpu] = ~0ULL;
	s = site_find(bps, ipa);
	host = vm_ram_at(bps->vm, ipa, sizeof(*host));
	if (s && s->planted)
		state = BREAK_OURS;
	else if (host && get_word(host) != our_brk)
		state = BREAK_STALE;
	pthread_mutex_unlock(&bps->lock);
	return state;
}

bool breakpoints_hw_break(struct breakpoints *bps, va_t pc, bool *any)
{
	bool hit;

	pthread_mutex_lock(&bps->lock);
	*any = bps->nr_hw_breaks || bps->nr_hw_watches;
	hit = point_find(bps, GUEST_BREAK_HW, pc, 0);
	pthread_mutex_unlock(&bps->lock);
	return hit;
}

bool breakpoints_hw_watch(struct breakpoints *bps, va_t far, bool wnr,
			  va_t *hit, enum guest_access *access)
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
			/* Running on would hit it again, for ever. */
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
	return any;
}

void breakpoints_mark_reported(struct breakpoints *bps, unsigned int vcpu,
			       ipa_t ipa)
{
	pthread_mutex_lock(&bps->lock);
	bps->reported[vcpu] = ipa;
	pthread_mutex_unlock(&bps->lock);
}

ipa_t breakpoints_reported(struct breakpoints *bps, unsigned int vcpu)
{
	struct site *s;
	ipa_t ipa;

	pthread_mutex_lock(&bps->lock);
	ipa = bps->reported[vcpu];
	s = site_find(bps, ipa);
	if (!s || !s->planted || !(s->owners & ~(unsigned int)BREAK_DEBUGGER))
		ipa = ~0ULL;
	pthread_mutex_unlock(&bps->lock);
	return ipa;
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

		fprintf(out, "%s at 0x%" PRIx64, names[p->kind], p->va);
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
