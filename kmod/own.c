// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take EL2 from a stock kernel without a private symbol. HVC_SOFT_RESTART runs
 * two instructions of ours at EL2 that report VBAR_EL2, so that the stub can be
 * restored. HVC_SET_VECTORS installs our vectors, and the first call to them
 * turns the EL2 MMU on. Source: arch/arm64/kernel/hyp-stub.S,
 * Documentation/arch/arm64/booting.rst.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include <linux/bitfield.h>
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/cpuhotplug.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/kvm_arm.h>
#include <asm/virt.h>
#include "cpu.h"
#include "el2/ctx.h"
#include "el2/el2.h"
#include "el2map.h"
#include "knobs.h"
#include "own.h"
#include "regs.h"

static_assert(offsetof(struct el2_cpu, stub) == EL2_CPU_STUB);
static_assert(offsetof(struct el2_cpu, ttbr0) == EL2_CPU_TTBR0);
static_assert(offsetof(struct el2_cpu, tcr) == EL2_CPU_TCR);
static_assert(offsetof(struct el2_cpu, mair) == EL2_CPU_MAIR);
static_assert(offsetof(struct el2_cpu, sctlr) == EL2_CPU_SCTLR);
static_assert(offsetof(struct el2_cpu, stack) == EL2_CPU_STACK);
static_assert(offsetof(struct el2_cpu, running) == EL2_CPU_RUNNING);
static_assert(offsetof(struct el2_cpu, bug_esr) == EL2_CPU_BUG);

DEFINE_PER_CPU(struct el2_ctx *, el2_running);

/* struct el2_cpu is at the start; the EL2 stack grows down towards it. */
#define EL2_CPU_ORDER 1
#define EL2_CPU_SIZE  (PAGE_SIZE << EL2_CPU_ORDER)

/*
 * Modules cannot get a hotplug state of their own among those that run before
 * the first online callback. This state belongs to 32-bit Arm; no arm64 kernel
 * uses it.
 */
#define STARTING CPUHP_AP_ARM_VFP_STARTING

/*
 * Free pages that EL2 can access, for the next vCPU. They stay mapped until
 * unload.
 */
struct spare {
	struct list_head list;
};

static DEFINE_MUTEX(pages_lock);
static LIST_HEAD(pages);

static void *text; /* the copy that EL2 runs */
static unsigned int text_order;
static struct el2_cpu *cpus[NR_CPUS];
static int hotplug_state = -1;

static phys_addr_t text_pa(const char *linked)
{
	return virt_to_phys(text) + (linked - el2_text_start);
}

u64 own_guest_vectors(void)
{
	return text ? text_pa(el2_guest_vectors_nvhe)
		    : (u64)el2_guest_vectors_vhe;
}

static bool owned(void)
{
	return el2_hvc(EL2_CALL_OWNED, 0) == EL2_OWNED;
}

void own_report_bug(u64 error)
{
	const struct el2_cpu *cpu = cpus[smp_processor_id()];

	if (error != EL2_EXIT_BUG) {
		pr_err_once(
			"CPU %u: this module does not own EL2 any more: please report this\n",
			smp_processor_id());
		return;
	}
	pr_err_once(
		"EL2 took an exception of its own (ESR %#llx, PC %#llx, FAR %#llx): unload the module, and please report this\n",
		cpu->bug_esr, cpu->bug_pc - virt_to_phys(text), cpu->bug_far);
}

/* Runs on the CPU itself, with interrupts off. */
static int take_this_cpu(void)
{
	struct el2_cpu *cpu = cpus[smp_processor_id()];

	cpu->stub = el2_hvc(HVC_SOFT_RESTART, text_pa(el2_read_vbar));
	el2map_clean(cpu, sizeof(*cpu));
	if (el2_hvc(HVC_SET_VECTORS, text_pa(el2_vectors)))
		return -EBUSY;
	el2_hvc(EL2_CALL_INIT, virt_to_phys(cpu));
	return owned() ? 0 : -EBUSY;
}

/*
 * Runs before anything else on the CPU: from the first online callback on, the
 * CPU may have to flush a guest's translations. Interrupts are off, and
 * callbacks of this kind must not fail. own_online() checks the result.
 */
static int own_starting(unsigned int cpu)
{
	if (!owned() && !knob_take(KNOB_NO_TAKE))
		take_this_cpu();
	return 0;
}

/* Runs last on a CPU that goes offline. */
static int own_dying(unsigned int cpu)
{
	if (owned())
		el2_hvc(HVC_RESET_VECTORS, 0);
	return 0;
}

/* Runs later, in a callback that may keep the CPU from coming online. */
static int own_online(unsigned int cpu)
{
	if (owned())
		return 0;
	pr_err("CPU %u stays offline: its EL2 does not answer as the boot-time stub does\n",
	       cpu);
	return -EBUSY;
}

/* A power-down loses EL2: the CPU wakes with the kernel's own stub at EL2. */
static int power_event(struct notifier_block *nb, unsigned long event,
		       void *unused)
{
	if (event == CPU_PM_EXIT && !owned())
		take_this_cpu();
	return NOTIFY_OK;
}

static struct notifier_block power_notifier = { .notifier_call = power_event };

static int text_copy(void)
{
	size_t size = el2_text_end - el2_text_start;

	text_order = get_order(size);
	text = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, text_order);
	if (!text)
		return -ENOMEM;
	memcpy(text, el2_text_start, size);
	el2map_clean(text, size);
	/* The text runs before EL2 itself invalidates the instruction cache. */
	asm volatile("ic ialluis\n\tdsb ish\n\tisb" : : : "memory");
	return el2map_add(virt_to_phys(text), PAGE_SIZE << text_order,
			  EL2MAP_TEXT);
}

static int cpus_create(void)
{
	unsigned int i;
	int ret = 0;

	for_each_possible_cpu(i) {
		struct el2_cpu *cpu = (void *)__get_free_pages(
			GFP_KERNEL | __GFP_ZERO, EL2_CPU_ORDER);

		if (!cpu)
			return -ENOMEM;
		cpus[i] = cpu;
		cpu->stack = virt_to_phys(cpu) + EL2_CPU_SIZE;
		el2map_registers(&cpu->ttbr0, &cpu->tcr, &cpu->mair,
				 &cpu->sctlr);
		el2map_clean(cpu, sizeof(*cpu));
		ret = el2map_add(virt_to_phys(cpu), EL2_CPU_SIZE, EL2MAP_DATA);
		if (ret)
			return ret;
	}
	return 0;
}

static void own_free(void)
{
	unsigned int i;

	for_each_possible_cpu(i) {
		free_pages((unsigned long)cpus[i], EL2_CPU_ORDER);
		cpus[i] = NULL;
	}
	if (text)
		free_pages((unsigned long)text, text_order);
	text = NULL;
	el2map_destroy();
}

void *own_page_get(void)
{
	struct spare *spare;
	void *page = NULL;

	mutex_lock(&pages_lock);
	spare = list_first_entry_or_null(&pages, struct spare, list);
	if (spare) {
		list_del(&spare->list);
		page = spare;
		clear_page(page);
	} else {
		page = (void *)get_zeroed_page(GFP_KERNEL);
		if (page && text &&
		    el2map_add(virt_to_phys(page), PAGE_SIZE, EL2MAP_DATA)) {
			free_page((unsigned long)page);
			page = NULL;
		}
	}
	mutex_unlock(&pages_lock);
	return page;
}

void own_page_put(void *page)
{
	struct spare *spare = page;

	mutex_lock(&pages_lock);
	clear_page(page);
	list_add(&spare->list, &pages);
	mutex_unlock(&pages_lock);
}

static void pages_free(void)
{
	struct spare *spare, *next;

	list_for_each_entry_safe(spare, next, &pages, list) {
		list_del(&spare->list);
		free_page((unsigned long)spare);
	}
}

/*
 * On some CPUs HCR_EL2.E2H is fixed at 1, even if the kernel runs at EL1. The
 * registers of EL2 then have a layout that the nVHE code does not use.
 */
static void e2h_look(void *found)
{
	u64 hcr = el2_hvc(HVC_SOFT_RESTART, text_pa(el2_read_hcr));

	if ((hcr & HCR_E2H) ||
	    FIELD_GET(MMFR4_E2H0, cpu_id(REG_MMFR4)) >= E2H0_NI_NV1)
		WRITE_ONCE(*(bool *)found, true);
}

static int e2h_check(void)
{
	bool found = false;

	on_each_cpu(e2h_look, &found, 1);
	if (!found)
		return 0;
	pr_err("HCR_EL2.E2H is fixed at 1 here: let the kernel run at EL2 (no id_aa64mmfr1.vh=0, no kvm-arm.mode=nvhe)\n");
	return -EOPNOTSUPP;
}

int own_take(enum host_mode mode)
{
	int ret;

	if (mode == HOST_VHE)
		return 0;
	ret = el2map_create();
	if (!ret)
		ret = text_copy();
	if (!ret)
		ret = e2h_check();
	if (!ret)
		ret = cpus_create();
	if (ret)
		goto free;
	ret = cpuhp_setup_state(STARTING, "trapline:starting", own_starting,
				own_dying);
	if (ret) {
		pr_err("another module uses CPU hotplug state %d: unload that module\n",
		       STARTING);
		goto free;
	}
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "trapline:online",
				own_online, NULL);
	if (ret < 0)
		goto remove_starting;
	hotplug_state = ret;
	ret = cpu_pm_register_notifier(&power_notifier);
	if (ret)
		goto remove_state;
	return 0;

remove_state:
	cpuhp_remove_state(hotplug_state);
remove_starting:
	cpuhp_remove_state(STARTING);
free:
	own_free();
	return ret;
}

void own_give_back(enum host_mode mode)
{
	if (mode == HOST_VHE) {
		pages_free();
		return;
	}
	cpu_pm_unregister_notifier(&power_notifier);
	cpuhp_remove_state(hotplug_state);
	cpuhp_remove_state(STARTING);
	pages_free();
	own_free();
}
