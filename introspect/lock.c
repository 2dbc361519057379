// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lock.c - who holds a lock, and who waits for it
 *
 * The owner of a mutex or semaphore is the address of its task, with flags in
 * the low bits (kernel/locking/mutex.h, rwsem.c). Each waiter is a structure on
 * the stack of its task. The lock has the head of a list of these; in newer
 * kernels, only the address of the first waiter. A spinlock does not name its
 * owner, only the CPU that waits last (kernel/locking/qspinlock.h).
 */
#include "state.h"

#include <errno.h>
#include <string.h>
#include <trapline/util.h>

#define MAX_WAITERS 1024
#define MAX_STACK   SZ_64K /* at least THREAD_SIZE */

#define MUTEX_FLAGS   GENMASK_ULL(2, 0)
#define RWSEM_FLAGS   GENMASK_ULL(1, 0)
#define RWSEM_READER  BIT_ULL(0) /* of the owner */
#define RWSEM_WRITER  BIT_ULL(0) /* of the count */
#define RWSEM_READERS GENMASK_ULL(62, 8)

#define SPIN_LOCKED  GENMASK_ULL(7, 0)
#define SPIN_PENDING BIT_ULL(8)
#define SPIN_TAIL    GENMASK_ULL(31, 18) /* number of the CPU, plus 1 */

static const struct {
	const char *word, *type, *waiter;
} kinds[] = {
	[INTROSPECT_MUTEX] = { "mutex", "mutex", "mutex_waiter" },
	[INTROSPECT_RWSEM] = { "rwsem", "rw_semaphore", "rwsem_waiter" },
	[INTROSPECT_SPINLOCK] = { "spinlock", "qspinlock", NULL },
};

const char *introspect_lock_name(enum introspect_lock_kind kind)
{
	return kinds[kind].word;
}

/*
 * Find the head of the list of waiters, or the first waiter; 0: there are none.
 */
static int first_waiter(struct introspect *in, enum introspect_lock_kind kind,
			va_t lock, uint32_t node, va_t *ret, bool *is_head)
{
	uint32_t at;

	*is_head = !layout_offset(in, kinds[kind].type, "wait_list", &at);
	if (*is_head) {
		*ret = lock + at;
		return 0;
	}
	if (introspect_get(in, kinds[kind].type, lock, "first_waiter", ret))
		return -ENOENT;
	if (*ret)
		*ret += node;
	return 0;
}

int introspect_lock_waiters(struct introspect *in,
			    enum introspect_lock_kind kind, va_t lock,
			    bool (*see)(void *opaque, va_t task), void *opaque)
{
	struct introspect_list l;
	uint32_t node, task_at;
	va_t head, at, task;
	bool is_head;
	int err;

	if (!kinds[kind].waiter)
		return 0;
	if (layout_offset(in, kinds[kind].waiter, "list", &node) ||
	    layout_offset(in, kinds[kind].waiter, "task", &task_at))
		return -ENOENT;
	err = first_waiter(in, kind, lock, node, &head, &is_head);
	if (err || !head)
		return err;
	introspect_list_init(&l, head);
	at = head;
	do {
		if (at == head && is_head)
			continue;
		if (l.nr > MAX_WAITERS)
			return -ELOOP;
		if (introspect_read(in, at - node + task_at, &task,
				    sizeof(task)))
			return -EFAULT;
		if (!see(opaque, task))
			return 0;
	} while ((err = introspect_list_next(in, &l, &at)) > 0);
	return err;
}

static int spinlock_read(struct introspect *in, va_t va,
			 struct introspect_lock *ret)
{
	uint64_t value;
	int err = introspect_get(in, "qspinlock", va, "val.counter", &value);

	if (err)
		return err;
	ret->held = FIELD_GET(SPIN_LOCKED, value);
	ret->pending = FIELD_GET(SPIN_PENDING, value);
	ret->last_cpu = (int)FIELD_GET(SPIN_TAIL, value) - 1;
	return 0;
}

int introspect_lock_read(struct introspect *in, enum introspect_lock_kind kind,
			 va_t va, struct introspect_lock *ret)
{
	struct introspect_lock lock = { .va = va, .kind = kind };
	uint64_t owner, count;
	int err;

	lock.last_cpu = -1;
	if (kind == INTROSPECT_SPINLOCK) {
		err = spinlock_read(in, va, &lock);
		if (!err)
			*ret = lock;
		return err;
	}
	err = introspect_get(in, kinds[kind].type, va, "owner.counter", &owner);
	if (err)
		return err;
	if (kind == INTROSPECT_MUTEX) {
		lock.owner = owner & ~MUTEX_FLAGS;
		lock.held = lock.owner;
	} else {
		err = introspect_get(in, "rw_semaphore", va, "count.counter",
				     &count);
		if (err)
			return err;
		lock.owner = owner & ~RWSEM_FLAGS;
		lock.readers = FIELD_GET(RWSEM_READERS, count);
		lock.held = lock.readers || count & RWSEM_WRITER;
	}
	*ret = lock;
	return 0;
}

/*
 * Is the first node of the list before its head? If not, there is no head, but
 * another pointer to a waiter, such as the end of another lock's list.
 */
static bool has_head(struct introspect *in, enum introspect_lock_kind kind,
		     va_t lock)
{
	va_t head, next, prev;
	bool is_head;

	if (first_waiter(in, kind, lock, 0, &head, &is_head))
		return false;
	return !is_head || (!introspect_read(in, head, &next, sizeof(next)) &&
			    !introspect_read(in, next + sizeof(next), &prev,
					     sizeof(prev)) &&
			    prev == head);
}

struct search {
	va_t task;
	bool found;
};

static bool is_task(void *opaque, va_t task)
{
	struct search *s = opaque;

	s->found = task == s->task;
	return !s->found;
}

/*
 * The lock that the task waits for is one of the addresses on its stack. The
 * lock itself is not on this stack. The stack also has the task's node of the
 * lock's list, and an address before this node looks like a lock whose list has
 * this node.
 */
int introspect_lock_of(struct introspect *in, const struct introspect_task *t,
		       struct introspect_lock *ret)
{
	struct search s = { .task = t->va };
	struct guest_regs regs;
	uint64_t words[512];
	va_t at;
	int err = introspect_task_regs(in, t->va, &regs);

	if (err)
		return err;
	at = ALIGN_DOWN(regs.sp, 8ULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		if (introspect_read(in, at + i * 8, &words[i], 8))
			break;
		if (words[i] % 8 || !kva_is_kernel(words[i]) ||
		    words[i] - t->stack < MAX_STACK)
			continue;
		for (enum introspect_lock_kind kind = INTROSPECT_MUTEX;
		     kind <= INTROSPECT_RWSEM; kind++) {
			introspect_lock_waiters(in, kind, words[i], is_task,
						&s);
			if (s.found && has_head(in, kind, words[i]))
				return introspect_lock_read(in, kind, words[i],
							    ret);
			s.found = false;
		}
	}
	return -ENOENT;
}
