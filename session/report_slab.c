// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_slab.c - the slab objects that registers point to, and their owners
 *
 * Who allocated and who freed an object is known only if the kernel has
 * recorded it (SLUB's debugging: slub_debug=U on the kernel's command line).
 */
#include "reportcrash.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"

#define OWNER_MAX 250

static bool object_of(struct crash *c, unsigned int reg,
		      struct introspect_slab_object *ret)
{
	return reg < 31 && !crash_is_low(c->regs.x[reg]) &&
	       !introspect_slab_object(c->in, c->regs.x[reg], ret);
}

void crash_objects(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "register", DOC_TEXT },     { "object", DOC_HEX },
		{ "offset", DOC_NUMBER },     { "size", DOC_NUMBER },
		{ "cache", DOC_TEXT },        { "state", DOC_TEXT },
		{ "allocated_by", DOC_TEXT }, { "freed_by", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "objects",
					"Slab objects at the registers",
					columns, ARRAY_SIZE(columns));

	for (unsigned int i = 0; i < 31; i++) {
		char allocated[OWNER_MAX], freed[OWNER_MAX];
		struct introspect_slab_object o;

		if (!object_of(c, i, &o))
			continue;
		linux_track_text(c->in, &o.allocated, allocated,
				 sizeof(allocated));
		linux_track_text(c->in, &o.freed, freed, sizeof(freed));
		doc_cell(c->d, t, "x%u", i);
		doc_cell(c->d, t, "0x%016" PRIx64, o.object);
		doc_cell(c->d, t, "%" PRId64, o.offset);
		doc_cell(c->d, t, "%" PRIu64, o.cache.object_size);
		doc_cell(c->d, t, "%s", o.cache.name);
		doc_cell(c->d, t, "%s", linux_slab_states[o.state]);
		doc_cell(c->d, t, "%s", allocated);
		doc_cell(c->d, t, "%s", freed);
	}
}

void crash_object_detail(struct crash *c, unsigned int reg)
{
	char allocated[OWNER_MAX], freed[OWNER_MAX];
	struct introspect_slab_object o;

	if (!object_of(c, reg, &o))
		return;
	doc_detail(c->d,
		   "x%u points to byte %" PRId64 " of an object of %s (%" PRIu64
		   " bytes), %s.",
		   reg, o.offset, o.cache.name, o.cache.object_size,
		   linux_slab_states[o.state]);
	linux_track_text(c->in, &o.allocated, allocated, sizeof(allocated));
	linux_track_text(c->in, &o.freed, freed, sizeof(freed));
	if (*allocated || *freed)
		doc_detail(c->d, "%s%s%s%s%s%s",
			   *allocated ? "It was allocated by " : "", allocated,
			   *allocated ? "." : "",
			   *freed ? *allocated ? " It was last freed by "
					       : "It was last freed by "
				  : "",
			   freed, *freed ? "." : "");
}
