// SPDX-License-Identifier: GPL-2.0-only
/* Counts of the module's objects, for tests that look for leaks. */
#include "counts.h"

#include <linux/debugfs.h>
#include "knobs.h"

atomic_t counts[NR_COUNTS];
static struct dentry *folder;

void counts_init(void)
{
	static const char *const names[NR_COUNTS] = {
		"vms", "vcpus", "vmids", "tables", "mapped", "objects", "kept"
	};

	folder = debugfs_create_dir("trapline", NULL);
	for (unsigned int i = 0; i < NR_COUNTS; i++)
		debugfs_create_atomic_t(names[i], 0400, folder, &counts[i]);
	knobs_init(folder);
}

void counts_deinit(void)
{
	debugfs_remove(folder);
}
