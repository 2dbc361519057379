// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheme is that of the ASIDs' generations in arch/arm64/mm/context.c. A
 * CPU publishes the VMID that it uses in its slot, active. The roll-over holds
 * the lock and empties the slot with an exchange. So either the roll-over has
 * seen the VMID and keeps it for that CPU, or the CPU sees its slot empty and
 * takes the lock.
 */
#include "vmid.h"

#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <asm/cpufeature.h>
#include "counts.h"
#include "gate.h"
#include "regs.h"

#define VMID_16_BITS 2
#define GENERATION   (VMID_MASK + 1)

static unsigned int limit;
module_param_named(vmids, limit, uint, 0400);
MODULE_PARM_DESC(vmids, "use no more VMIDs than this (to test roll-over)");

static DEFINE_SPINLOCK(lock); /* protects all but a CPU's own write to active */
static atomic64_t generation;
static unsigned long *taken;
static unsigned int nr_vmids, next;
static DEFINE_PER_CPU(atomic64_t, active);
static DEFINE_PER_CPU(u64, kept);

bool vmid_wide(void)
{
	return FIELD_GET(MMFR1_VMID,
			 read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1)) ==
	       VMID_16_BITS;
}

int vmid_host_init(void)
{
	nr_vmids = vmid_wide() ? BIT(16) : BIT(8);
	if (limit)
		nr_vmids = clamp(limit, num_possible_cpus() + 2, nr_vmids);
	taken = bitmap_zalloc(nr_vmids, GFP_KERNEL);
	atomic64_set(&generation, GENERATION);
	next = 1;
	return taken ? 0 : -ENOMEM;
}

void vmid_host_deinit(void)
{
	bitmap_free(taken);
}

static void roll_over(void)
{
	unsigned int cpu;

	atomic64_add(GENERATION, &generation);
	bitmap_zero(taken, nr_vmids);
	for_each_possible_cpu(cpu) {
		u64 id = atomic64_xchg(per_cpu_ptr(&active, cpu), 0);

		/*
		 * The slot is empty since the last roll-over: the CPU may still
		 * use the kept VMID.
		 */
		if (!id)
			id = per_cpu(kept, cpu);
		per_cpu(kept, cpu) = id;
		__set_bit(id & VMID_MASK, taken);
	}
	/* No VMID may go to another VM until a flush has been done. */
	if (gate_tlb_flush(EL2_TLB_ALL, 0, 0))
		bitmap_fill(taken, nr_vmids);
	next = 1;
}

/*
 * True: CPUs kept id over a roll-over. They now keep renewed, the same VMID in
 * the current generation.
 */
static bool kept_renew(u64 id, u64 renewed)
{
	bool found = false;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(kept, cpu) != id)
			continue;
		per_cpu(kept, cpu) = renewed;
		found = true;
	}
	return found;
}

static u64 id_new(u64 old)
{
	u64 renewed = atomic64_read(&generation) | (old & VMID_MASK);
	unsigned int n;

	if (old && kept_renew(old, renewed))
		return renewed;
	n = find_next_zero_bit(taken, nr_vmids, next);
	if (n >= nr_vmids) {
		roll_over();
		/*
		 * VMID 0 is the host's. There are more VMIDs than CPUs, so one
		 * is free.
		 */
		n = find_next_zero_bit(taken, nr_vmids, 1);
		if (n >= nr_vmids)
			return 0;
	}
	__set_bit(n, taken);
	next = n + 1;
	return atomic64_read(&generation) | n;
}

static bool id_current(u64 id)
{
	return !((id ^ atomic64_read(&generation)) & ~VMID_MASK);
}

u16 vmid_get(struct vmid *vmid)
{
	atomic64_t *mine = this_cpu_ptr(&active);
	u64 id = atomic64_read(&vmid->id), old = atomic64_read(mine);
	unsigned long flags;

	if (old && id_current(id) &&
	    (old == id || atomic64_cmpxchg(mine, old, id) == old))
		return id & VMID_MASK;
	spin_lock_irqsave(&lock, flags);
	old = atomic64_read(&vmid->id);
	id = id_current(old) ? old : id_new(old);
	if (id) {
		count(COUNT_VMIDS, !old);
		atomic64_set(&vmid->id, id);
		atomic64_set(mine, id);
	}
	spin_unlock_irqrestore(&lock, flags);
	/*
	 * Pairs with flush() in stage2.c: set the VMID before the first walk.
	 */
	smp_mb();
	return id & VMID_MASK;
}

void vmid_put(struct vmid *vmid)
{
	count(COUNT_VMIDS, -!!atomic64_read(&vmid->id));
}
