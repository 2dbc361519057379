// SPDX-License-Identifier: GPL-2.0-only
/*
 * failures.c - let one call of the kernel by trapline.ko fail
 *
 * A thread writes N to the parameter fail_nth. Then the Nth call by
 * trapline.ko, in this thread, of the functions listed below fails: the
 * function does not run, and returns its value for a failure. The parameter
 * then reads as 0. Before that it reads as the number of calls that are left.
 * Writing 0 stops the count. A thread that has written N may execute insmod of
 * trapline.ko.
 *
 * With N in the parameter fail_one_in, each of these calls in every thread fails
 * with a probability of 1/N instead. The parameter failed counts the failures.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>

/* The value that a function returns on a failure. */
enum result {
	VALUE,
	ALL_BYTES
};

static struct function {
	const char *
		name; /* functions that this kernel does not have are skipped */
	enum result result;
	long value;
	struct kprobe probe;
} functions[] = {
	{ "__kmalloc_noprof" },
	{ "__kmalloc_cache_noprof" },
	{ "__kvmalloc_node_noprof" },
	{ "__vmalloc_noprof" },
	{ "get_free_pages_noprof" },
	{ "get_zeroed_page_noprof" },
	{ "pcpu_alloc_noprof" },
	{ "bitmap_zalloc" },
	{ "__kmalloc" },
	{ "kmalloc_trace" },
	{ "kvmalloc_node" },
	{ "__vmalloc" },
	{ "__get_free_pages" },
	{ "get_zeroed_page" },
	{ "__alloc_percpu_gfp" },
	{ "anon_inode_getfd", VALUE, -ENOMEM },
	{ "anon_inode_getfile", VALUE, -ENOMEM },
	{ "mmu_notifier_register", VALUE, -ENOMEM },
	{ "misc_register", VALUE, -ENOMEM },
	{ "__cpuhp_setup_state", VALUE, -ENOMEM },
	{ "__request_percpu_irq", VALUE, -ENOMEM },
	{ "cpu_pm_register_notifier", VALUE, -ENOMEM },
	{ "get_user_pages_fast_only" },
	{ "get_user_pages_unlocked", VALUE, -ENOMEM },
	{ "__arch_copy_from_user", ALL_BYTES },
	{ "__arch_copy_to_user", ALL_BYTES },
};

static struct task_struct *victim; /* only compared */
static unsigned int to_go;

static unsigned int one_in, failed;
module_param_named(fail_one_in, one_in, uint, 0600);
module_param(failed, uint, 0400);

static bool called_by_trapline(unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, caller);
	return strstr(name, "[trapline]");
}

static bool fails_now(unsigned long caller)
{
	unsigned int n = READ_ONCE(one_in);

	if (n)
		return get_random_u32() % n == 0 && called_by_trapline(caller);
	return READ_ONCE(victim) == current && to_go &&
	       called_by_trapline(caller) && !--to_go;
}

static int on_call(struct kprobe *probe, struct pt_regs *regs)
{
	struct function *f = container_of(probe, struct function, probe);

	if (!fails_now(regs->regs[30]))
		return 0;
	failed++;
	regs->regs[0] = f->result == ALL_BYTES ? regs->regs[2] : f->value;
	regs->pc = regs->regs[30];
	/* It returns, so no branch target is expected. */
	regs->pstate &= ~PSR_BTYPE_MASK;
	return 1;
}

static int fail_nth_set(const char *text, const struct kernel_param *param)
{
	unsigned int nth;
	int ret = kstrtouint(text, 0, &nth);

	if (ret)
		return ret;
	WRITE_ONCE(victim, NULL);
	to_go = nth;
	WRITE_ONCE(victim, current);
	return 0;
}

static int fail_nth_get(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%u\n", to_go);
}

static const struct kernel_param_ops fail_nth_ops = {
	.set = fail_nth_set,
	.get = fail_nth_get,
};
module_param_cb(fail_nth, &fail_nth_ops, NULL, 0600);

static void failures_exit(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].probe.addr)
			unregister_kprobe(&functions[i].probe);
}

static int __init failures_init(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(functions); i++) {
		struct kprobe *probe = &functions[i].probe;
		int ret;

		probe->symbol_name = functions[i].name;
		probe->pre_handler = on_call;
		ret = register_kprobe(probe);
		if (ret)
			probe->addr = NULL;
		else
			n++;
		if (ret && ret != -ENOENT)
			pr_info("%s: not to be probed: %d\n",
				probe->symbol_name, ret);
	}
	return n ? 0 : -ENOENT;
}

module_init(failures_init);
module_exit(failures_exit);
MODULE_DESCRIPTION("Failures of the functions that trapline.ko calls");
MODULE_LICENSE("GPL");
