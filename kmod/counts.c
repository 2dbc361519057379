// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's own book-keeping, for tests that look for leaks, and a way to
 * make EL2 take an exception of its own.
 */
#include "counts.h"

#include <linux/debugfs.h>
#include <asm/ptrace.h>
#include "el2/ctx.h"

atomic_t counts[NR_COUNTS];
static atomic_t bug;
static struct dentry *folder;

/* EL3h: an illegal exception return, which is taken at EL2. */
#define PSTATE_ILLEGAL (0xd | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)

void counts_bug_make(struct el2_ctx *ctx)
{
	if (unlikely(atomic_read(&bug)) && atomic_xchg(&bug, 0))
		ctx->pstate = PSTATE_ILLEGAL;
}

void counts_init(void)
{
	static const char *const names[NR_COUNTS] = { "vms",    "vcpus",
						      "vmids",  "tables",
						      "mapped", "objects" };

	folder = debugfs_create_dir("trapline", NULL);
	for (unsigned int i = 0; i < NR_COUNTS; i++)
		debugfs_create_atomic_t(names[i], 0400, folder, &counts[i]);
	debugfs_create_atomic_t("bug", 0600, folder, &bug);
}

void counts_deinit(void)
{
	debugfs_remove(folder);
}
