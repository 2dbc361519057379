// SPDX-License-Identifier: GPL-2.0-only
/*
 * planted.c - faults that the kernel's own checks must report
 *
 * The parameter what chooses the fault.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *what = "";
module_param(what, charp, 0444);

/*
 * Store to freed memory: KASAN reports it at once, slub_debug when the cache is
 * destroyed.
 */
static void plant_freed(void)
{
	struct kmem_cache *cache = kmem_cache_create("planted", 64, 0, 0, NULL);
	char *p = cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;

	if (p) {
		kmem_cache_free(cache, p);
		OPTIMIZER_HIDE_VAR(p);
		WRITE_ONCE(p[8], 1);
	}
	kmem_cache_destroy(cache);
}

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(two);
static DEFINE_SPINLOCK(spin);

/* Two mutexes in both orders: lockdep reports it. */
static void plant_lock(void)
{
	mutex_lock(&one);
	mutex_lock(&two);
	mutex_unlock(&two);
	mutex_unlock(&one);
	mutex_lock(&two);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&two);
}

/* A call that may sleep, with a spinlock held: DEBUG_ATOMIC_SLEEP reports it. */
static void plant_sleep(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static int __init planted_init(void)
{
	WARN_ON(!strcmp(what, "warning"));
	if (!strcmp(what, "freed"))
		plant_freed();
	if (!strcmp(what, "lock"))
		plant_lock();
	if (!strcmp(what, "sleep"))
		plant_sleep();
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("faults that the kernel's own checks have to report");
MODULE_LICENSE("GPL");
