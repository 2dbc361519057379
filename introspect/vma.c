// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vma.c - the areas of a process's memory, from the maple tree of its mm
 */
#include "state.h"
#include "trees.h"

#include <errno.h>

struct vmas {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_vma *vma);
	void *opaque;
	int err;
};

static int vma_number(struct introspect *in, va_t vma, const char *path,
		      uint64_t *ret)
{
	return introspect_get(in, "vm_area_struct", vma, path, ret);
}

static bool vma_see(void *opaque, uint64_t index, va_t entry)
{
	struct introspect_vma vma = { .va = entry };
	struct vmas *v = opaque;

	if (vma_number(v->in, entry, "vm_start", &vma.start) ||
	    vma_number(v->in, entry, "vm_end", &vma.end) ||
	    vma_number(v->in, entry, "vm_flags", &vma.flags) ||
	    vma_number(v->in, entry, "vm_pgoff", &vma.pgoff) ||
	    vma_number(v->in, entry, "vm_file", &vma.file)) {
		v->err = -EFAULT;
		return false;
	}
	return v->see(v->opaque, &vma);
}

int introspect_vma_each(struct introspect *in, va_t mm,
			bool (*see)(void *opaque,
				    const struct introspect_vma *vma),
			void *opaque)
{
	struct vmas v = { .in = in, .see = see, .opaque = opaque };
	uint32_t tree;
	int err;

	if (layout_offset(in, "mm_struct", "mm_mt", &tree))
		return -ENOENT;
	err = tree_maple_each(in, mm + tree, vma_see, &v);
	return err ? err : v.err;
}
