// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rcu.c - the grace period of RCU, and the CPUs and readers that it waits for
 *
 * The root of the tree of rcu_node has the number of the grace period
 * (kernel/rcu/tree.h). Each CPU has a bit in its leaf, and the bit is set as
 * long as the grace period waits for this CPU.
 */
#include "state.h"

#include <errno.h>
#include <trapline/activity.h>

#define MAX_LEVELS 8

/* The low bits of the number: not 0 while a grace period goes on. */
#define SEQ_STATE GENMASK_ULL(1, 0)

static int cpu_number(struct introspect *in, unsigned int cpu, const char *path,
		      uint64_t *ret)
{
	return introspect_percpu_number(in, "rcu_data", cpu, path, ret);
}

static int root_find(struct introspect *in, va_t *ret)
{
	va_t node, parent;
	int err = cpu_number(in, 0, "mynode", &node);

	for (unsigned int i = 0; !err && i < MAX_LEVELS; i++) {
		err = introspect_get(in, "rcu_node", node, "parent", &parent);
		if (err || !parent)
			break;
		node = parent;
	}
	if (!err)
		*ret = node;
	return err;
}

static bool waits_for(struct introspect *in, unsigned int cpu)
{
	uint64_t mask, bit;
	va_t node;

	return !cpu_number(in, cpu, "mynode", &node) &&
	       !cpu_number(in, cpu, "grpmask", &bit) &&
	       !introspect_get(in, "rcu_node", node, "qsmask", &mask) &&
	       mask & bit;
}

int introspect_rcu_read(struct introspect *in, struct introspect_rcu *ret)
{
	struct introspect_rcu rcu = { .cpu = -1 };
	va_t root;
	int err = root_find(in, &root);

	if (!err)
		err = introspect_get(in, "rcu_node", root, "gp_seq", &rcu.seq);
	if (err)
		return err;
	introspect_get(in, "rcu_node", root, "qsmask", &rcu.mask);
	introspect_get(in, "rcu_node", root, "gp_tasks", &rcu.readers);
	rcu.runs = rcu.seq & SEQ_STATE;
	for (unsigned int i = 0; rcu.runs && i < in->g->nr_vcpus; i++)
		if (rcu.cpu < 0 && waits_for(in, i))
			rcu.cpu = (int)i;
	*ret = rcu;
	return 0;
}
