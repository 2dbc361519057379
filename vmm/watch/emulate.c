// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * emulate.c - do one load or store for the guest
 *
 * A region of the decoder spans at most two pages. One usually is the page that
 * faulted, which the CPU has just translated. The other page is walked and
 * checked before anything is done.
 *
 * A guest that runs with its caches off sees memory, not our cache. So every
 * store is cleaned to the point of coherency, and lines are cleaned and
 * invalidated before they are read. On hardware where stage 2 forces write-back
 * this is unnecessary but cheap.
 *
 * Source: Arm ARM (DDI 0487), "Single-copy atomicity", "Mismatched memory
 * attributes".
 */
#include "emulate.h"

#include <errno.h>
#include <string.h>
#include <trapline/arm64.h>
#include "cacheline.h"

#define PAGE SZ_4K /* the smallest page; enough to see a crossing */
#define X_SP BIT_ULL(EMULATE_SP)

/* --- memory ------------------------------------------------------------- */

#define STORE_ATOMIC(type, host, from)                           \
	do {                                                     \
		type value_;                                     \
		memcpy(&value_, from, sizeof(value_));           \
		__atomic_store_n((type *)(void *)(host), value_, \
				 __ATOMIC_RELEASE);              \
	} while (0)

#define LOAD_ATOMIC(type, host, to)                                            \
	do {                                                                   \
		type value_ = __atomic_load_n(                                 \
			(const type *)(const void *)(host), __ATOMIC_ACQUIRE); \
		memcpy(to, &value_, sizeof(value_));                           \
	} while (0)

void emulate_store_plain(uint8_t *host, const void *from, unsigned int size)
{
	if ((uintptr_t)host & (size - 1))
		memcpy(host, from, size);
	else if (size == 1)
		STORE_ATOMIC(uint8_t, host, from);
	else if (size == 2)
		STORE_ATOMIC(uint16_t, host, from);
	else if (size == 4)
		STORE_ATOMIC(uint32_t, host, from);
	else
		STORE_ATOMIC(uint64_t, host, from);
	cacheline_clean(host, size);
}

static void load_unit(const uint8_t *host, uint8_t *to, unsigned int size)
{
	if ((uintptr_t)host & (size - 1))
		memcpy(to, host, size);
	else if (size == 1)
		LOAD_ATOMIC(uint8_t, host, to);
	else if (size == 2)
		LOAD_ATOMIC(uint16_t, host, to);
	else if (size == 4)
		LOAD_ATOMIC(uint32_t, host, to);
	else
		LOAD_ATOMIC(uint64_t, host, to);
}

void emulate_load_plain(const uint8_t *host, void *to, unsigned int size)
{
	cacheline_drop(host, size);
	load_unit(host, to, size);
}

static bool cas16(uint8_t *host, const uint8_t *old, const uint8_t *new)
{
	unsigned __int128 from, to;

	memcpy(&from, old, sizeof(from));
	memcpy(&to, new, sizeof(to));
	return __sync_bool_compare_and_swap((unsigned __int128 *)(void *)host,
					    from, to);
}

#define CAS(type, host, old, new)                                           \
	({                                                                  \
		type from_, to_;                                            \
		memcpy(&from_, old, sizeof(from_));                         \
		memcpy(&to_, new, sizeof(to_));                             \
		__atomic_compare_exchange_n((type *)(void *)(host), &from_, \
					    to_, false, __ATOMIC_SEQ_CST,   \
					    __ATOMIC_SEQ_CST);              \
	})

/* size is the size of the whole access, which is aligned. */
static bool compare_exchange(uint8_t *host, const uint8_t *old,
			     const uint8_t *new, unsigned int size)
{
	switch (size) {
	case 1:
		return CAS(uint8_t, host, old, new);
	case 2:
		return CAS(uint16_t, host, old, new);
	case 4:
		return CAS(uint32_t, host, old, new);
	case 8:
		return CAS(uint64_t, host, old, new);
	default:
		return cas16(host, old, new);
	}
}

/* Copy unit by unit, if host and length are multiples of the unit. */
static void copy_units(uint8_t *host, uint8_t *buf, uint32_t len,
		       unsigned int unit, bool store)
{
	if (unit > 8)
		unit = 8;
	if (len % unit || (uintptr_t)host % unit) {
		if (store)
			memcpy(host, buf, len);
		else
			memcpy(buf, host, len);
		return;
	}
	for (uint32_t i = 0; i < len; i += unit) {
		if (store)
			emulate_store_plain(host + i, buf + i, unit);
		else
			load_unit(host + i, buf + i, unit);
	}
}

/*
 * Is the access atomic as a whole? Such an access is aligned, as the CPU has
 * checked.
 */
static bool is_whole(const struct emulation *e)
{
	const struct access_mem *mem = &e->access.mem[e->write];
	unsigned int both = ACCESS_READ | ACCESS_WRITE;

	return (mem->flags & both) == both || mem->unit == 16 ||
	       e->insn.flags & INSN_EXCLUSIVE;
}

static void region_copy(struct emulate_cpu *cpu, struct emulation *e,
			unsigned int mem, uint8_t *buf, bool store)
{
	bool raw = is_whole(e) && mem == e->write;

	for (unsigned int i = 0; i < e->nr_parts[mem]; i++) {
		const struct emulate_part *part = &e->part[mem][i];

		if (store && !raw && cpu->ops->kept)
			cpu->ops->kept(cpu, part->ipa, buf, part->len);
		if (!store)
			cacheline_drop(part->host, part->len);
		copy_units(part->host, buf, part->len, e->access.mem[mem].unit,
			   store);
		if (store)
			cacheline_clean(part->host, part->len);
		if (!store && !raw && cpu->ops->seen)
			cpu->ops->seen(cpu, part->ipa, buf, part->len);
		buf += part->len;
	}
}

/* --- registers ---------------------------------------------------------- */

static bool needs_pstate(const struct insn *insn, va_t pc)
{
	/*
	 * BTYPE must be cleared, but it matters only if the next instruction is
	 * in a page of another kind (guarded or not).
	 */
	return insn->op == INSN_OP_COPY || insn->op == INSN_OP_FILL ||
	       (pc + INSN_SIZE) % PAGE == 0;
}

static int regs_fetch(struct emulate_cpu *cpu, struct emulation *e)
{
	uint32_t want = e->insn.x_src;
	int err = 0;

	e->regs.pstate = 0;
	e->has_pstate = needs_pstate(&e->insn, e->regs.pc);
	if (e->has_pstate)
		err = cpu->ops->pstate_get(cpu, &e->regs.pstate);
	for (; want && !err; want &= want - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(want);

		err = cpu->ops->x_get(
			cpu, n, n == EMULATE_SP ? &e->regs.sp : &e->regs.x[n]);
	}
	for (want = e->insn.v_src; want && !err; want &= want - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(want);

		err = cpu->ops->v_get(cpu, n, &e->v[n]);
	}
	return err;
}

int emulate_finish(struct emulate_cpu *cpu, struct emulation *e)
{
	uint32_t want = e->insn.x_dst;
	int err = 0;

	for (; want && !err; want &= want - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(want);

		err = cpu->ops->x_set(
			cpu, n, n == EMULATE_SP ? e->after.sp : e->after.x[n]);
	}
	for (want = e->insn.v_dst; want && !err; want &= want - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(want);

		err = cpu->ops->v_set(cpu, n, &e->v_after[n]);
	}
	if (!err && e->has_pstate && e->after.pstate != e->regs.pstate)
		err = cpu->ops->pstate_set(cpu, e->after.pstate);
	if (!err && e->after.pc != e->regs.pc)
		err = cpu->ops->pc_set(cpu, e->after.pc);
	return err;
}

/* --- where the bytes are ------------------------------------------------- */

/* A fault, and the VA of the byte that faulted. */
struct located {
	const struct emulate_fault *fault; /* NULL: va is not known */
	va_t va;
};

/* Has the CPU translated va and checked this access there? */
static bool is_checked(const struct located *at, va_t va, unsigned int access)
{
	return at->fault && (va ^ at->va) / PAGE == 0 &&
	       !(access & (ACCESS_READ | ACCESS_WRITE) & ~at->fault->checked);
}

static int part_find(struct emulate_cpu *cpu, va_t va, unsigned int access,
		     uint32_t len, const struct located *at,
		     struct emulate_part *ret)
{
	const struct guest g = { .ram = cpu->ram, .nr_ram = cpu->nr_ram };
	int err;

	if (is_checked(at, va, access)) {
		ret->ipa = ALIGN_DOWN(at->fault->ipa, PAGE) | (va & (PAGE - 1));
	} else {
		err = cpu->ops->translate(cpu, va, access, &ret->ipa);
		if (err)
			return err;
	}
	ret->len = len;
	ret->host = guest_ram_at(&g, ret->ipa, len);
	return ret->host ? 0 : -EFAULT;
}

/*
 * Find the VA of the byte that faulted, by its offset in its page. A region is
 * shorter than a page, so at most one VA in the region fits.
 */
static bool region_has(const struct access_mem *mem, ipa_t fault, va_t *ret)
{
	uint64_t delta = (fault - mem->addr) & (PAGE - 1);

	if (fault == IPA_NONE || delta >= mem->size)
		return false;
	*ret = mem->addr + delta;
	return true;
}

static int region_find(struct emulate_cpu *cpu, struct emulation *e,
		       unsigned int i, const struct located *at)
{
	const struct access_mem *mem = &e->access.mem[i];
	uint32_t first = (uint32_t)(PAGE - (mem->addr & (PAGE - 1)));
	int err;

	if (first > mem->size)
		first = mem->size;
	err = part_find(cpu, mem->addr, mem->flags, first, at, &e->part[i][0]);
	e->nr_parts[i] = 1;
	if (err || first == mem->size)
		return err;
	e->nr_parts[i] = 2;
	return part_find(cpu, mem->addr + first, mem->flags, mem->size - first,
			 at, &e->part[i][1]);
}

/*
 * A copy may read and write the page that faulted. Then the fault's offset is
 * in both regions, and both are walked.
 */
static int regions_find(struct emulate_cpu *cpu, struct emulation *e,
			const struct emulate_fault *fault)
{
	const struct located nowhere = { 0 };
	struct located at = { .fault = fault };
	unsigned int nr = 0, which = 0;
	int err = 0;

	for (unsigned int i = 0; i < e->access.nr; i++) {
		va_t here;

		if (!region_has(&e->access.mem[i], fault->ipa, &here))
			continue;
		at.va = here;
		which = i;
		nr++;
	}
	if (fault->ipa != IPA_NONE && e->access.nr && !nr)
		return -ESTALE;
	for (unsigned int i = 0; i < e->access.nr && !err; i++)
		err = region_find(cpu, e, i,
				  nr == 1 && i == which ? &at : &nowhere);
	return err;
}

int emulate_begin(struct emulate_cpu *cpu, const struct emulate_fault *fault,
		  struct emulation *e, const char **reason)
{
	struct decoder_env *env = &cpu->env;
	uint32_t word;
	int err;

	*reason = "its registers cannot be read";
	err = cpu->ops->fetch(cpu, &e->regs.pc, &word);
	if (err)
		return err;
	e->insn = *decoder_lookup_agreed(cpu->cache, cpu->second, word);
	if (e->insn.error) {
		*reason = e->insn.refused ? e->insn.refused
					  : "no load or store";
		return e->insn.error == -EPROTO ? -EPROTO : -ENOTSUP;
	}
	err = regs_fetch(cpu, e);
	if (err)
		return err;
	if (e->insn.flags & INSN_PAC)
		cpu->ops->pac_mask(cpu, env->pac_mask);
	err = decoder_access(&e->insn, &e->regs, env, &e->access);
	if (err) {
		*reason = "big-endian data";
		return -ENOTSUP;
	}
	e->write = e->access.nr == 2 ? 1 : 0;
	*reason = "one of its pages is not accessible";
	return regions_find(cpu, e, fault);
}

/* --- doing it ------------------------------------------------------------ */

/* The access does not read these bytes, but the caller compares them. */
static void region_drop(const struct emulation *e)
{
	for (unsigned int i = 0; i < e->nr_parts[e->write]; i++)
		cacheline_drop(e->part[e->write][i].host,
			       e->part[e->write][i].len);
}

static void v_copy(struct emulation *e)
{
	uint32_t want = e->insn.v_src | e->insn.v_dst;

	for (; want; want &= want - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(want);

		e->v_after[n] = e->v[n];
	}
}

void emulate_compute(struct emulate_cpu *cpu, struct emulation *e, bool passed)
{
	uint8_t read[ACCESS_MAX_BYTES];
	const uint8_t *old = e->old;
	unsigned int flags = e->access.mem[e->write].flags;

	if (e->access.nr && !(flags & ACCESS_CACHE)) {
		if (flags & ACCESS_READ || is_whole(e))
			region_copy(cpu, e, e->write, e->old, false);
		else
			region_drop(e);
	}
	if (e->access.nr == 2) {
		region_copy(cpu, e, 0, read, false);
		old = read;
	}
	e->after = e->regs;
	v_copy(e);
	e->stores = decoder_apply(&e->insn, &e->access, &e->after, e->v_after,
				  &cpu->env, passed, old, e->stored);
}

bool emulate_store(struct emulate_cpu *cpu, struct emulation *e)
{
	const struct access_mem *mem = &e->access.mem[e->write];
	const struct emulate_part *part = &e->part[e->write][0];
	bool done;

	if (!e->access.nr)
		return true;
	if (mem->flags & ACCESS_CACHE)
		cacheline_drop(part->host, part->len);
	if (!e->stores)
		return true;
	if (!is_whole(e) || e->nr_parts[e->write] != 1) {
		region_copy(cpu, e, e->write, e->stored, true);
		return true;
	}
	if (!(mem->flags & ACCESS_READ) && cpu->ops->kept)
		cpu->ops->kept(cpu, part->ipa, e->stored, part->len);
	done = compare_exchange(part->host, e->old, e->stored, mem->size);
	cacheline_clean(part->host, part->len);
	return done;
}
