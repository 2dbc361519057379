// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list.c - walk a list of the kernel that may be damaged
 *
 * A node is followed only if it can be read. A list that never comes back to
 * its head is detected with Brent's algorithm: the walk compares each node with
 * one remembered node, and remembers a newer node at each power of 2.
 */
#include "state.h"

#include <errno.h>

#define MAX_NODES (1U << 22)

void introspect_list_init(struct introspect_list *l, va_t head)
{
	*l = (struct introspect_list){ .head = head, .at = head, .limit = 1 };
}

int introspect_list_next(struct introspect *in, struct introspect_list *l,
			 va_t *ret)
{
	va_t next;

	if (introspect_read(in, l->at, &next, sizeof(next)))
		return -EFAULT;
	if (!next || next == l->head)
		return 0;
	if (next == l->mark || l->nr == MAX_NODES)
		return -ELOOP;
	if (++l->nr == l->limit) {
		l->mark = next;
		l->limit *= 2;
	}
	l->at = next;
	*ret = next;
	return 1;
}
