// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_uaf - use after free
 *
 * A session is closed and freed, but a delayed work still has a pointer to it.
 * Other code gets the same memory and writes text into it. The work follows
 * a pointer that is now text, and faults on 0x4a4a4a4a4a4a4a4a in
 * crash_uaf_account(), in a kworker, long after the culprit has returned.
 *
 * The fault is certain. The objects have their own cache; because the cache has
 * a constructor, the kernel does not merge it with other caches. The module
 * allocates objects until one has the address of the freed object. The first
 * object almost always has this address.
 *
 * With trapline: the crash stop shows the worker and the pointer made of
 * 'J's. A watchpoint on the session's "stats" shows the code that wrote them.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#define CRASH_UAF_OBJECTS 64

struct crash_uaf_stats {
	u64 packets;
};

struct crash_uaf_session {
	struct crash_uaf_stats *stats;
	char peer[56];
};

static struct kmem_cache *crash_uaf_cache;
static struct crash_uaf_stats crash_uaf_stats;
static struct crash_uaf_session *crash_uaf_stale;

static noinline __noclone void crash_uaf_account(struct crash_uaf_session *s)
{
	WRITE_ONCE(s->stats->packets, s->stats->packets + 1);
}

static void crash_uaf_tick(struct work_struct *work)
{
	/* The work should have been cancelled at the close. */
	crash_uaf_account(crash_uaf_stale);
}

static DECLARE_DELAYED_WORK(crash_uaf_work, crash_uaf_tick);

static noinline void crash_uaf_close(struct crash_uaf_session *s)
{
	kmem_cache_free(crash_uaf_cache, s);
}

/* Innocent code that fills its own memory. */
static noinline void crash_uaf_fill(void *object)
{
	memset(object, 'J', sizeof(struct crash_uaf_session));
}

static void crash_uaf_ctor(void *object)
{
}

static int __init crash_uaf_init(void)
{
	unsigned int i;

	crash_uaf_cache = kmem_cache_create("crash_uaf",
					    sizeof(struct crash_uaf_session), 0,
					    0, crash_uaf_ctor);
	if (!crash_uaf_cache)
		return -ENOMEM;
	crash_uaf_stale = kmem_cache_alloc(crash_uaf_cache, GFP_KERNEL);
	if (!crash_uaf_stale)
		return -ENOMEM;
	crash_uaf_stale->stats = &crash_uaf_stats;
	queue_delayed_work(system_unbound_wq, &crash_uaf_work,
			   msecs_to_jiffies(50));

	crash_uaf_close(crash_uaf_stale);
	for (i = 0; i < CRASH_UAF_OBJECTS; i++) {
		void *object = kmem_cache_alloc(crash_uaf_cache, GFP_KERNEL);

		if (!object)
			return -ENOMEM;
		crash_uaf_fill(object);
		if (object == crash_uaf_stale)
			break;
	}
	return 0;
}

module_init(crash_uaf_init);
MODULE_DESCRIPTION("trapline example: use after free");
MODULE_LICENSE("GPL");
