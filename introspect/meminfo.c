// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * meminfo.c - how much memory there is, and what it is used for
 *
 * The kernel's counters are in vm_zone_stat and vm_node_stat, and BTF names
 * their elements. Each CPU also has differences that are not in these counters
 * yet. They are not added; /proc/meminfo does not add them either.
 */
#include "state.h"

#include <errno.h>
#include <string.h>
#include <trapline/text.h>

#define MAX_NODES 64
#define MAX_ZONES 8

static int counter(struct introspect *in, const char *symbol, uint64_t index,
		   uint64_t *ret)
{
	int64_t value;
	va_t va;

	if (index > 4096 || introspect_symbol_by_name(in, symbol, &va))
		return -ENOENT;
	if (introspect_read(in, va + index * sizeof(value), &value,
			    sizeof(value)))
		return -EFAULT;
	*ret = value < 0 ? 0 : (uint64_t)value;
	return 0;
}

int introspect_vm_stat(struct introspect *in, const char *name, uint64_t *ret)
{
	uint64_t index;

	if (!strcmp(name, "total"))
		return counter(in, "_totalram_pages", 0, ret);
	if (!introspect_enum_value(in, "zone_stat_item", name, &index))
		return counter(in, "vm_zone_stat", index, ret);
	if (!introspect_enum_value(in, "node_stat_item", name, &index))
		return counter(in, "vm_node_stat", index, ret);
	return -ENOENT;
}

int introspect_vm_event(struct introspect *in, const char *name, uint64_t *ret)
{
	uint64_t index, value, sum = 0;
	struct introspect_object o;
	char path[32];
	int err = introspect_enum_value(in, "vm_event_item", name, &index);

	snprintf(path, sizeof(path), "event[%u]", (unsigned int)index);
	for (unsigned int i = 0; !err && i < introspect_nr_cpus(in); i++) {
		err = introspect_percpu(in, "vm_event_states", i, &o);
		if (!err)
			err = introspect_object_member(in, path, &o);
		if (!err)
			err = introspect_object_number(in, &o, &value);
		if (!err)
			sum += value;
	}
	if (!err)
		*ret = sum;
	return err;
}

static int zone_read(struct introspect *in, va_t node, unsigned int i,
		     struct introspect_zone *ret)
{
	struct introspect_zone z = { 0 };
	struct introspect_object o;
	uint64_t free, name;
	char path[48];

	snprintf(path, sizeof(path), "node_zones[%u]", i);
	if (introspect_object(in, "pglist_data", node, path, &o))
		return -ENOENT;
	z.va = o.va;
	if (introspect_get(in, "zone", z.va, "managed_pages.counter",
			   &z.managed) ||
	    introspect_get(in, "zone", z.va, "present_pages", &z.present) ||
	    introspect_get(in, "zone", z.va, "_watermark[0]", &z.min) ||
	    introspect_get(in, "zone", z.va, "_watermark[1]", &z.low) ||
	    introspect_get(in, "zone", z.va, "_watermark[2]", &z.high) ||
	    introspect_get(in, "zone", z.va, "zone_start_pfn", &z.start) ||
	    introspect_get(in, "zone", z.va, "name", &name) ||
	    introspect_enum_value(in, "zone_stat_item", "NR_FREE_PAGES", &free))
		return -EFAULT;
	snprintf(path, sizeof(path), "vm_stat[%u].counter", (unsigned int)free);
	if (introspect_get(in, "zone", z.va, path, &z.free) ||
	    kva_read_string(in, name, z.name, sizeof(z.name)) < 0)
		return -EFAULT;
	text_clean(z.name, strlen(z.name));
	*ret = z;
	return 0;
}

/* node_data[]: one struct pglist_data for each node. */
int introspect_zone_each(struct introspect *in,
			 void (*see)(void *opaque, unsigned int node,
				     const struct introspect_zone *zone),
			 void *opaque)
{
	struct introspect_zone zone;
	va_t table, node;
	int err = introspect_symbol_by_name(in, "node_data", &table);

	for (unsigned int n = 0; !err && n < MAX_NODES; n++) {
		err = introspect_read(in, table + n * sizeof(node), &node,
				      sizeof(node));
		if (err || !kva_is_kernel(node))
			break;
		for (unsigned int i = 0; !err && i < MAX_ZONES; i++) {
			err = zone_read(in, node, i, &zone);
			if (!err && zone.present)
				see(opaque, n, &zone);
		}
		if (err == -ENOENT) /* after the last zone */
			err = 0;
	}
	return err;
}
