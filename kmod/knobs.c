// SPDX-License-Identifier: GPL-2.0-only
#include "knobs.h"

#include <linux/debugfs.h>
#include <linux/moduleparam.h>

static bool test_knobs;
module_param(test_knobs, bool, 0400);
MODULE_PARM_DESC(
	test_knobs,
	"let root cause faults through debugfs's trapline/ (only for tests)");

atomic_t knobs[NR_KNOBS];

bool knobs_allowed(void)
{
	return test_knobs;
}

void knobs_init(struct dentry *folder)
{
	static const char *const names[NR_KNOBS] = { "bug", "flush_fails",
						     "no_take", "serror" };

	for (unsigned int i = 0; test_knobs && i < NR_KNOBS; i++)
		debugfs_create_atomic_t(names[i], 0600, folder, &knobs[i]);
}
