// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module_gone.c - where modules were that the kernel has unloaded
 *
 * A list of modules is compared with the list before it. What has gone is kept
 * in a ring: the text of a module that was unloaded, and the init text that the
 * kernel has freed after a module's init. The addresses may belong to other
 * modules by now, so a caller looks for a symbol first.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <trapline/code.h>

static void range_add(struct modules_gone *gone, const char *name,
		      const struct module_range *range, bool is_init)
{
	struct module_gone *to = &gone->ring[gone->nr % MODULES_GONE_MAX];

	if (!range->size)
		return;
	memcpy(to->name, name, sizeof(to->name));
	to->range = *range;
	to->is_init = is_init;
	gone->nr++;
}

static const struct module_info *find(const struct module_list *l,
				      const struct module_info *m)
{
	for (unsigned int i = 0; i < l->nr; i++)
		if (l->m[i].va == m->va && !strcmp(l->m[i].name, m->name))
			return &l->m[i];
	return NULL;
}

void modules_gone_compare(struct introspect *in, const struct module_list *old)
{
	for (unsigned int i = 0; i < old->nr; i++) {
		const struct module_info *m = &old->m[i];
		const struct module_info *now = find(&in->mods, m);

		if (!now || !now->init_text.size)
			range_add(&in->gone, m->name, &m->init_text, true);
		if (!now)
			range_add(&in->gone, m->name, &m->text, false);
	}
}

int introspect_module_gone(struct introspect *in, va_t va, char *text,
			   size_t size)
{
	unsigned int nr = in->gone.nr;

	for (unsigned int i = 0; i < MODULES_GONE_MAX && i < nr; i++) {
		const struct module_gone *m =
			&in->gone.ring[(nr - 1 - i) % MODULES_GONE_MAX];

		if (va < m->range.base || va - m->range.base >= m->range.size)
			continue;
		snprintf(text, size,
			 m->is_init ? "was in the init text of %s, freed"
				    : "was in %s, unloaded",
			 m->name);
		return 0;
	}
	return -ENOENT;
}

int introspect_module_went(struct introspect *in, unsigned int *seen,
			   va_t *base, uint64_t *size)
{
	unsigned int nr = in->gone.nr;
	const struct module_gone *m;

	if (*seen > nr) /* another kernel has booted */
		*seen = 0;
	if (nr - *seen > MODULES_GONE_MAX)
		*seen = nr - MODULES_GONE_MAX;
	if (*seen == nr)
		return -ENOENT;
	m = &in->gone.ring[(*seen)++ % MODULES_GONE_MAX];
	*base = m->range.base;
	*size = m->range.size;
	return 0;
}

void introspect_module_leaves(struct introspect *in, va_t module)
{
	/* The list may be older than the module. */
	introspect_modules_refresh(in);
	in->gone.leaving = module;
	introspect_modules_refresh(in);
}
