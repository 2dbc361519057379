// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * enum.c - enumerators of the kernel, by name and by value
 *
 * The numbers of flags and counters change from kernel to kernel; their names
 * are in BTF.
 */
#include "state.h"
#include "btf.h"

#include <errno.h>
#include <string.h>

static bool enumeration_find(struct introspect *in, const char *name,
			     struct btf_record *ret)
{
	struct btf_view *btf = layouts_btf(in);
	uint32_t id = btf ? btf_find(btf, BTF_KINDS(ENUM), name) : 0;

	return id && btf_get(btf, id, ret);
}

int introspect_enum_value(struct introspect *in, const char *enumeration,
			  const char *name, uint64_t *ret)
{
	struct btf_record r;
	struct btf_enum e;

	if (!enumeration_find(in, enumeration, &r))
		return -ENOENT;
	for (uint32_t i = 0;
	     i < r.vlen && btf_entry(layouts_btf(in), &r, i, &e, sizeof(e));
	     i++) {
		if (!btf_name_is(layouts_btf(in), e.name_off, name,
				 strlen(name)))
			continue;
		*ret = (uint64_t)(int64_t)e.val;
		return 0;
	}
	return -ENOENT;
}

void introspect_enum_name(struct introspect *in, const char *enumeration,
			  uint64_t value, char *buf, size_t size)
{
	struct btf_record r;
	struct btf_enum e;

	*buf = '\0';
	if (!enumeration_find(in, enumeration, &r))
		return;
	for (uint32_t i = 0;
	     i < r.vlen && btf_entry(layouts_btf(in), &r, i, &e, sizeof(e));
	     i++) {
		if ((uint64_t)(int64_t)e.val != value)
			continue;
		btf_name(layouts_btf(in), e.name_off, buf, size);
		return;
	}
}
