// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_oob - an out-of-bounds write by a neighbour
 *
 * A sampler fills its buffer, but with "<=" instead of "<". So it overwrites
 * the first word of the object behind its buffer. The owner of that object
 * finds out later, and BUG()s in crash_oob_deliver(). The crash shows the
 * victim, not the culprit.
 *
 * With trapline: the crash stop shows the victim. Run the guest again with
 * "watch" on the victim's magic: the guest stops in crash_oob_sample().
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#define CRASH_OOB_OBJECTS 64
#define CRASH_OOB_SAMPLES 16
#define CRASH_OOB_MAGIC   0x78626c69616dULL /* "mailbx" */

struct crash_oob_sampler {
	u64 sample[CRASH_OOB_SAMPLES];
};

struct crash_oob_mailbox {
	u64 magic;
	u64 letter[CRASH_OOB_SAMPLES - 1];
};

static struct kmem_cache *crash_oob_cache;
static void *crash_oob_object[CRASH_OOB_OBJECTS];
static struct crash_oob_sampler *crash_oob_sampler;
static struct crash_oob_mailbox *crash_oob_mailbox;

static noinline __noclone void crash_oob_sample(u64 *sample, unsigned int count)
{
	unsigned int i;

	for (i = 0; i <= count; i++)
		WRITE_ONCE(sample[i], 0x5a5a0000 + i);
}

static noinline __noclone void crash_oob_deliver(struct crash_oob_mailbox *box)
{
	BUG_ON(READ_ONCE(box->magic) != CRASH_OOB_MAGIC);
}

static void crash_oob_sampler_tick(struct work_struct *work)
{
	crash_oob_sample(crash_oob_sampler->sample, CRASH_OOB_SAMPLES);
}

static void crash_oob_mailbox_tick(struct work_struct *work)
{
	crash_oob_deliver(crash_oob_mailbox);
	/* The sampler may run later than this. */
	queue_delayed_work(system_unbound_wq, to_delayed_work(work),
			   msecs_to_jiffies(100));
}

static DECLARE_DELAYED_WORK(crash_oob_sampler_work, crash_oob_sampler_tick);
static DECLARE_DELAYED_WORK(crash_oob_mailbox_work, crash_oob_mailbox_tick);

/* Find two objects that are adjacent in memory. */
static int __init crash_oob_find_neighbours(void)
{
	const size_t size = sizeof(struct crash_oob_sampler);
	unsigned int i, j;

	for (i = 0; i < CRASH_OOB_OBJECTS; i++) {
		for (j = 0; j < CRASH_OOB_OBJECTS; j++) {
			if (crash_oob_object[i] + size != crash_oob_object[j])
				continue;
			crash_oob_sampler = crash_oob_object[i];
			crash_oob_mailbox = crash_oob_object[j];
			return 0;
		}
	}
	return -ENOENT;
}

static int __init crash_oob_init(void)
{
	unsigned int i;

	BUILD_BUG_ON(sizeof(struct crash_oob_sampler) !=
		     sizeof(struct crash_oob_mailbox));
	crash_oob_cache = kmem_cache_create(
		"crash_oob", sizeof(struct crash_oob_sampler), 0, 0, NULL);
	if (!crash_oob_cache)
		return -ENOMEM;
	for (i = 0; i < CRASH_OOB_OBJECTS; i++) {
		crash_oob_object[i] =
			kmem_cache_alloc(crash_oob_cache, GFP_KERNEL);
		if (!crash_oob_object[i])
			return -ENOMEM;
	}
	if (crash_oob_find_neighbours())
		return -ENOENT;
	crash_oob_mailbox->magic = CRASH_OOB_MAGIC;
	queue_delayed_work(system_unbound_wq, &crash_oob_sampler_work,
			   msecs_to_jiffies(20));
	queue_delayed_work(system_unbound_wq, &crash_oob_mailbox_work,
			   msecs_to_jiffies(100));
	return 0;
}

module_init(crash_oob_init);
MODULE_DESCRIPTION("trapline example: out-of-bounds write by a neighbour");
MODULE_LICENSE("GPL");
