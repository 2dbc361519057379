// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * depot.c - stacks that the kernel has stored (lib/stackdepot.c)
 *
 * A handle of 32 bits names a pool of memory and a place in the pool. The
 * addresses of the pools are in the array stack_pools; in newer kernels the
 * variable is a pointer to this array. The record at the place repeats the
 * handle, which proves that the record is the right one.
 */
#include "state.h"

#include <trapline/util.h>

#define PLACE_UNIT  16 /* DEPOT_STACK_ALIGN */
#define MAX_ENTRIES 64

/* The part of the handle that names the pool, by the kernel's age. */
static const struct {
	const char *part, *pools;
	uint64_t first; /* the value that names the first pool */
} names[] = {
	{ "pool_index_plus_1", "stack_pools", 1 },
	{ "pool_index", "stack_pools", 0 },
	{ "slabindex", "stack_slabs", 0 },
};

static int part(struct introspect *in, va_t handle, const char *name,
		uint64_t *ret)
{
	return introspect_get(in, "union handle_parts", handle, name, ret);
}

/* The record of a pool whose address is in the array pools; 0: none. */
static va_t record_at(struct introspect *in, va_t pools, uint64_t index,
		      uint64_t place, uint32_t handle)
{
	uint32_t at, stored;
	va_t pool, record;

	if (layout_offset(in, "stack_record", "handle", &at) ||
	    introspect_read(in, pools + index * sizeof(pool), &pool,
			    sizeof(pool)) ||
	    !kva_is_kernel(pool))
		return 0;
	record = pool + place * PLACE_UNIT;
	if (introspect_read(in, record + at, &stored, sizeof(stored)) ||
	    stored != handle)
		return 0;
	return record;
}

/* The record of the handle that is stored at this address; 0: none. */
static va_t record_find(struct introspect *in, va_t at)
{
	va_t pools, record = 0;
	uint64_t index, place;
	uint32_t handle;

	if (introspect_read(in, at, &handle, sizeof(handle)) || !handle ||
	    part(in, at, "offset", &place))
		return 0;
	for (unsigned int i = 0; !record && i < ARRAY_SIZE(names); i++) {
		if (part(in, at, names[i].part, &index) ||
		    index < names[i].first ||
		    introspect_symbol_by_name(in, names[i].pools, &pools))
			continue;
		index -= names[i].first;
		record = record_at(in, pools, index, place, handle);
		if (!record &&
		    !introspect_read(in, pools, &pools, sizeof(pools)))
			record = record_at(in, pools, index, place, handle);
	}
	return record;
}

unsigned int introspect_track_stack(struct introspect *in,
				    const struct introspect_track *track,
				    va_t *ret, unsigned int max)
{
	va_t record = track->handle ? record_find(in, track->handle) : 0;
	uint64_t size;
	uint32_t at;

	if (!record ||
	    introspect_get(in, "stack_record", record, "size", &size) ||
	    layout_offset(in, "stack_record", "entries", &at) ||
	    size > MAX_ENTRIES)
		return 0;
	if (max > size)
		max = (unsigned int)size;
	if (introspect_read(in, record + at, ret, max * sizeof(*ret)))
		return 0;
	for (unsigned int i = 0; i < max; i++)
		ret[i] = kva_strip_pac(in, ret[i]);
	return max;
}
